package crash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/guest/wasmbus/sample"
)

// counting is the application of the test: an actor that counts, and one that counts twice and fails or not.
const counting = `modules:
  kvcounter: {wasm: kvcounter.wasm}
  twice: {wasm: twice.wasm}
providers:
  httpserver: {kind: httpserver}
  keyvalue: {kind: keyvalue}
  messaging: {kind: messaging}
links:
  - {actor: kvcounter, provider: httpserver, values: {address: %q}}
  - {actor: kvcounter, provider: keyvalue}
  - {actor: twice, provider: httpserver, values: {address: %q}}
  - {actor: twice, provider: keyvalue}
  - {actor: twice, provider: messaging}
`

// newApplication returns the folder of the application, and where its actors will be served.
func newApplication(t *testing.T) (dir, counter, twice string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"kvcounter", "twice"} {
		if err := os.WriteFile(filepath.Join(dir, name+".wasm"), sample.Code(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var at [2]string
	for i := range at {
		l, err := net.Listen("tcp", "127.0.0.1:0") // both are open, so that they differ
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		at[i] = l.Addr().String()
	}
	if err := os.WriteFile(filepath.Join(dir, "troupe.yaml"), fmt.Appendf(nil, counting, at[0], at[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, "http://" + at[0], "http://" + at[1]
}

// A counted is what clients were told of one counter, by requests each of which adds one.
type counted struct {
	mu      sync.Mutex
	answers map[int]bool
	most    int
	open    int // requests that may have been executed, and had no answer
	refused int // by an actor that has failed
}

// told notes an answer, and reports whether nobody had it before.
func (c *counted) told(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := c.answers[n]
	c.answers[n], c.most = true, max(c.most, n)
	return !seen
}

// heard is how many were told a number, and how many that an actor has failed.
func (c *counted) heard() (answered, refused int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.answers), c.refused
}

// check compares with what there is in the end.
func (c *counted) check(t *testing.T, end int) {
	t.Helper()
	if end < c.most || end < len(c.answers) || end > len(c.answers)+c.open {
		t.Errorf("%d requests were answered, by numbers up to %d, and %d had no answer, but %d are counted", len(c.answers), c.most, c.open, end)
	}
}

// ask makes one request. No status: it had no answer; then it reports whether it can have arrived.
//
// It is a POST, which the client of Go does not send again by itself.
func ask(ctx context.Context, c *http.Client, url string) (status int, body string, arrived bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return 0, "", false, err
	}
	res, err := c.Do(req)
	if err != nil {
		return 0, "", !errors.Is(err, syscall.ECONNREFUSED), nil
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, "", true, nil
	}
	return res.StatusCode, string(b), true, nil
}

// count asks one request after the other until the context ends. Each path is asked in turn; what is told of one that begins
// with /error or /trap must be a failure, of others the numbers of read.
func (c *counted) count(ctx context.Context, t *testing.T, url string, paths []string, read func(body string) (int, error)) {
	client := &http.Client{Transport: &http.Transport{}, Timeout: patience}
	defer client.CloseIdleConnections()
	last := 0
	for i := 0; ctx.Err() == nil; i++ {
		path := paths[i%len(paths)]
		fails := path == "/error" || path == "/trap"
		status, body, arrived, err := ask(context.Background(), client, url+path)
		switch {
		case err != nil:
			t.Error(err)
			return
		case status == 0:
			if arrived && !fails {
				c.mu.Lock()
				c.open++
				c.mu.Unlock()
			}
			time.Sleep(5 * time.Millisecond)
		case fails:
			if status != http.StatusInternalServerError || body != "" {
				t.Errorf("%s is answered by %d %q", path, status, body)
				return
			}
			c.mu.Lock()
			c.refused++
			c.mu.Unlock()
		default:
			n, err := read(body)
			if err != nil || status != http.StatusOK || n <= last || !c.told(n) {
				t.Errorf("%s is answered by %d %q behind %d: %v", path, status, body, last, err)
				return
			}
			last = n
		}
	}
}

// visits reads the answer of kvcounter, and both that of twice, whose two numbers are the same unless something is left of a
// failure.
func visits(body string) (n int, err error) {
	var answer struct{ Counter int }
	err = json.Unmarshal([]byte(body), &answer)
	return answer.Counter, err
}

func both(body string) (n int, err error) {
	var answer struct{ First, Second int }
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		return 0, err
	}
	if answer.First != answer.Second {
		return 0, errors.New("the two numbers differ")
	}
	return answer.First, nil
}

// TestCounter kills the process while many clients let classic actors count over HTTP. None is told a number that another
// was told, what was answered is counted, and what failed behind its second write has left nothing. In the end a thousand
// requests at the same time count a thousand.
func TestCounter(t *testing.T) {
	const counters, doublers, together = 16, 4, 1000
	if *seed == 0 {
		*seed = rand.Uint64N(1 << 32)
	}
	t.Logf("-crash.rounds %d -crash.seed %d", *rounds, *seed)
	b, rng := newBinary(t), rand.New(rand.NewPCG(*seed, 0))
	dir, counter, twice := newApplication(t)
	p := b.serve(t, "--app", dir)
	asking, stop := context.WithCancel(context.Background())
	defer stop()
	one, two := &counted{answers: map[int]bool{}}, &counted{answers: map[int]bool{}}
	var clients sync.WaitGroup
	for range counters {
		clients.Go(func() { one.count(asking, t, counter, []string{"/visits"}, visits) })
	}
	for range doublers {
		clients.Go(func() { two.count(asking, t, twice, []string{"/error", "/ok", "/trap"}, both) })
	}
	// more waits until both actors have answered again, however long that takes on a busy machine.
	more := func() {
		answered, _ := one.heard()
		_, refused := two.heard()
		for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			a, _ := one.heard()
			_, r := two.heard()
			if a > answered && r > refused {
				return
			}
		}
		t.Error("one of the actors does not answer")
	}
	for i := range *rounds {
		more()
		time.Sleep(time.Duration(rng.Int64N(int64(200 * time.Millisecond))))
		p.kill()
		if i%2 == 0 {
			p = b.serve(t) // what was served is served again
		} else {
			p = b.serve(t, "--app", dir)
		}
	}
	more()
	stop()
	clients.Wait()

	end := func(url string, read func(string) (int, error)) int {
		status, body, _, err := ask(t.Context(), http.DefaultClient, url)
		if err != nil || status != http.StatusOK {
			t.Fatalf("%s is answered by %d %q: %v", url, status, body, err)
		}
		n, err := read(body)
		if err != nil {
			t.Fatal(err)
		}
		return n - 1 // without this one
	}
	one.check(t, end(counter+"/visits", visits))
	two.check(t, end(twice+"/ok", both))
	t.Logf("%d kills: %d numbers for one write and %d requests without answer; %d for two and %d without, beside %d failures behind the second",
		*rounds, len(one.answers), one.open, len(two.answers), two.open, two.refused)

	last := &counted{answers: map[int]bool{}}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: together}, Timeout: 5 * time.Minute}
	defer client.CloseIdleConnections()
	for range together {
		clients.Go(func() {
			status, body, _, err := ask(t.Context(), client, counter+"/exact")
			n, bad := visits(body)
			if err != nil || status != http.StatusOK || bad != nil || !last.told(n) {
				t.Errorf("answered by %d %q: %v %v", status, body, err, bad)
			}
		})
	}
	clients.Wait()
	if n := end(counter+"/exact", visits); n != together || last.most != together {
		t.Errorf("%d requests at the same time count %d, and the greatest answer is %d", together, n, last.most)
	}
	p.stop(t)
	if out := b.run(t, "verify"); !strings.HasPrefix(out, "verified") {
		t.Errorf("verify says %q", out)
	}
}
