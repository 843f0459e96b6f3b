package examples

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// signed is the example echo as a revision of one module.
func signed(t *testing.T, account, module claims.Key, m claims.Module) []byte {
	t.Helper()
	code, err := os.ReadFile(filepath.Join("echo", "echo.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	m.Subject, m.Name = module.Public(), "echo"
	if code, err = claims.SignModule(account, code, m); err != nil {
		t.Fatal(err)
	}
	return code
}

// TestUpdateUnderLoad puts the next revision of an actor in the place of one that answers 200 requests a second over HTTP: none
// of them fails. What must not take its place is refused, and it goes on. The folder that TROUPE_WASMBUS_ACTORS names has the
// actors of the classic wasmCloud that were made for this.
func TestUpdateUnderLoad(t *testing.T) {
	account, module := newKey(t, claims.AccountKey), newKey(t, claims.ModuleKey)
	revision := func(n int32, caps ...string) []byte {
		return signed(t, account, module, claims.Module{Revision: n, Caps: caps})
	}
	t.Run("example", func(t *testing.T) {
		l := newLattice(t)
		url := l.serve("echo", revision(1, capability.HTTPServer))
		steady(t, url, func() { l.start("echo", revision(2, capability.HTTPServer)) })
		if a, _ := l.Table().Actor("echo"); a.Revision != 2 {
			t.Errorf("there is %+v", a)
		}
		broken := revision(3, capability.HTTPServer)
		broken[len(broken)-1] ^= 1
		same := signed(t, account, module, claims.Module{Revision: 2, Caps: []string{capability.HTTPServer}, Version: "other"})
		steady(t, url, func() {
			for _, refused := range []struct {
				what string
				code []byte
				why  error
			}{
				{"an older revision", revision(1, capability.HTTPServer), &actor.Error{Code: capability.CodeOlderRevision}},
				{"the same revision", same, &actor.Error{Code: capability.CodeOlderRevision}},
				{"other capabilities", revision(3, capability.HTTPServer, capability.KeyValue), &actor.Error{Code: capability.CodeChangedCaps}},
				{"broken code", broken, runtime.ErrCode},
			} {
				if _, err := l.Start(t.Context(), "echo", refused.code, runtime.StartOptions{}); !errors.Is(err, refused.why) {
					t.Errorf("%s: %v", refused.what, err)
				}
			}
		})
		if a, _ := l.Table().Actor("echo"); a.Revision != 2 {
			t.Errorf("there is %+v", a)
		}
	})
	t.Run("real", func(t *testing.T) {
		dir := os.Getenv("TROUPE_WASMBUS_ACTORS")
		if dir == "" {
			t.Skip("TROUPE_WASMBUS_ACTORS names no folder of classic actors")
		}
		var codes [2][]byte
		for i := range codes {
			var err error
			if codes[i], err = os.ReadFile(filepath.Join(dir, fmt.Sprintf("v018_echo_r%d.wasm", i))); err != nil {
				t.Skip(err)
			}
		}
		l := newLattice(t)
		url := l.serve("echo", codes[0])
		_, before, after := steady(t, url, func() { l.start("echo", codes[1]) })
		if !strings.Contains(before, `"revision":0`) || !strings.Contains(after, `"revision":1`) {
			t.Errorf("it answered %s and then %s", before, after)
		}
	})
}

// steady makes 200 requests a second, whether or not those before are answered, while something is done, and half a second before
// and behind it. Each must be answered, and by 200. A machine that is too busy for so many gets fewer: it has 200 at once at most. It
// returns how many there were, the first answer and the last.
func steady(t *testing.T, url string, do func()) (n int, first, last string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200}, Timeout: 5 * time.Minute}
	defer client.CloseIdleConnections()
	var requests, load sync.WaitGroup
	stop := make(chan struct{})
	under := make(chan struct{}, 200) // way
	begun := time.Now()
	request := func() {
		defer func() { <-under }()
		res, err := client.Get(url)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("a request was answered by %s", res.Status)
		}
	}
	load.Go(func() {
		ticks := time.NewTicker(5 * time.Millisecond)
		defer ticks.Stop()
		for due := 0; ; {
			select {
			case <-stop:
				return
			case <-ticks.C:
			}
			for range int(time.Since(begun)/(5*time.Millisecond)) - due {
				due++
				select {
				case under <- struct{}{}:
					n++
					requests.Go(request)
				default:
				}
			}
		}
	})
	_, first = ask(t, "GET", url, "")
	time.Sleep(500 * time.Millisecond)
	do()
	time.Sleep(500 * time.Millisecond)
	close(stop)
	load.Wait()
	requests.Wait()
	_, last = ask(t, "GET", url, "")
	t.Logf("%d requests in %s", n, time.Since(begun).Round(time.Millisecond))
	return n + 2, first, last
}
