package runtime

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// slowLoader loads texts, whose actors answer with them. Those that begin with "slow" wait until they are let go, and
// "bad" is refused.
type slowLoader struct {
	release chan struct{}
	loads   atomic.Int32
	closed  atomic.Bool
}

func (l *slowLoader) load(ctx context.Context, code []byte) (program, error) {
	l.loads.Add(1)
	switch {
	case strings.HasPrefix(string(code), "slow"):
		select {
		case <-l.release:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	case string(code) == "bad":
		return nil, fmt.Errorf("%w: it is bad", ErrCode)
	}
	return text(code), nil
}

func (l *slowLoader) close() error {
	l.closed.Store(true)
	return nil
}

type text string

func (t text) dialect() string                  { return "text" }
func (t text) hash() state.Hash                 { return sha256.Sum256([]byte(t)) }
func (t text) actor(actor.ModuleID) actor.Actor { return t }

func (t text) Execute(context.Context, *actor.Env, actor.Message) (actor.Response, error) {
	return actor.Response{Data: []byte(t)}, nil
}

func (t text) Query(context.Context, *actor.View, []byte) ([]byte, error) { return []byte(t), nil }

func openSlow(t *testing.T, dir string) (*Host, *slowLoader) {
	t.Helper()
	l := &slowLoader{release: make(chan struct{})}
	h, err := Open(dir, &Options{loader: l})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h, l
}

func says(t *testing.T, h *Host, to actor.Address, want string) {
	t.Helper()
	r, err := h.Send(t.Context(), "tester", actor.Message{To: to})
	if err != nil || string(r.Data) != want {
		t.Errorf("%s: %+v, %v, want %q", to, r, err, want)
	}
}

func TestFirstUseWaitsForItsOwnModule(t *testing.T) {
	dir := t.TempDir()
	h, l := openSlow(t, dir)
	close(l.release)
	for _, name := range []string{"slow", "quick"} {
		if _, err := h.Install(t.Context(), name, []byte(name), nil); err != nil {
			t.Fatal(err)
		}
	}
	h.Close()
	if !l.closed.Load() {
		t.Error("the loader is open")
	}

	h, l = openSlow(t, dir)
	says(t, h, "quick", "quick") // while slow is being loaded
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		says(t, h, "slow", "slow")
	}()
	if got, err := h.Query(t.Context(), "quick", nil); err != nil || string(got) != "quick" {
		t.Errorf("a query while somebody waits: %q, %v", got, err)
	}
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := h.Ready(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Ready says %v", err)
	}
	select {
	case <-answered:
		t.Error("slow has answered before it was loaded")
	default:
	}
	close(l.release)
	<-answered
	if err := h.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if n := l.loads.Load(); n != 2 {
		t.Errorf("there were %d loads", n)
	}
}

func TestCloseGivesUpLoading(t *testing.T) {
	dir := t.TempDir()
	h, l := openSlow(t, dir)
	close(l.release)
	if _, err := h.Install(t.Context(), "slow", []byte("slow"), nil); err != nil {
		t.Fatal(err)
	}
	h.Close()
	h, _ = openSlow(t, dir)
	installing := make(chan error)
	go func() {
		_, err := h.Install(context.Background(), "other", []byte("slow as well"), nil)
		installing <- err
	}()
	for n := 0; n < 2; time.Sleep(time.Millisecond) { // until both are being loaded
		h.modules.mu.RLock()
		n = len(h.modules.slots)
		h.modules.mu.RUnlock()
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if err := <-installing; !errors.Is(err, context.Canceled) && !errors.Is(err, dispatch.ErrClosed) {
		t.Errorf("the installation says %v", err)
	}
}

func TestInstallThatIsGivenUpGoesOnLoading(t *testing.T) {
	h, l := openSlow(t, "")
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := h.Install(short, "slow", []byte("slow"), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	close(l.release)
	if _, err := h.Install(t.Context(), "slow", []byte("slow"), nil); err != nil {
		t.Error(err)
	}
	if n := l.loads.Load(); n != 1 {
		t.Errorf("there were %d loads", n)
	}
}

// A module whose code this host refuses, although another has taken it, concerns nobody else.
func TestCodeThatCannotRunAnyMore(t *testing.T) {
	dir := t.TempDir()
	h, l := openSlow(t, dir)
	close(l.release)
	if _, err := h.Install(t.Context(), "quick", []byte("quick"), nil); err != nil {
		t.Fatal(err)
	}
	in := dispatch.Installation{Module: "poor", Kind: "text", Code: []byte("bad")}
	if r, err := h.executor.Install(t.Context(), dispatch.InstallRequest{Installation: in}); err != nil || r.Err != nil {
		t.Fatal(r, err)
	}
	check := func() {
		t.Helper()
		if _, err := h.Install(t.Context(), "new", []byte("bad"), nil); !errors.Is(err, ErrCode) {
			t.Errorf("to install it gives %v", err)
		}
		var unbound *dispatch.UnboundError
		_, err := h.Send(t.Context(), "tester", actor.Message{To: "poor"})
		if !errors.As(err, &unbound) || !errors.Is(err, ErrCode) || !strings.Contains(err.Error(), "it is bad") {
			t.Errorf("a message gives %v", err)
		}
		if _, err := h.Query(t.Context(), "poor", nil); !errors.As(err, &unbound) || !errors.Is(err, ErrCode) {
			t.Errorf("a query gives %v", err)
		}
		if err := h.Ready(t.Context()); !errors.Is(err, ErrCode) || !strings.Contains(err.Error(), "module poor") {
			t.Errorf("Ready says %v", err)
		}
		says(t, h, "quick", "quick")
	}
	check()
	h.Close()
	h, _ = openSlow(t, dir)
	check()
}

// Code that was replaced is forgotten, but not under whoever still looks at an earlier state.
func TestReplacedCodeIsForgotten(t *testing.T) {
	h, l := openSlow(t, "")
	install := func(name, code string) {
		t.Helper()
		if _, err := h.Install(t.Context(), name, []byte(code), &InstallOptions{Replace: true}); err != nil {
			t.Fatal(err)
		}
	}
	install("a", "one")
	install("b", "one")
	says(t, h, "a", "one")
	before := h.executor.View()
	defer before.Release()
	resolve := func(name actor.ModuleID, code string) {
		t.Helper()
		c, ok := before.Dispatcher.Resolver.Resolve(name, sha256.Sum256([]byte(code)))
		if !ok || c.Actor != text(code) {
			t.Errorf("%s of an earlier state is %v", name, c)
		}
	}
	for i := range 5 {
		install("a", fmt.Sprintf("next %d", i))
		says(t, h, "a", fmt.Sprintf("next %d", i))
	}
	if n, m := len(h.modules.slots), len(h.modules.code); n != 2 || m > 2 {
		t.Errorf("there are %d programs and %d modules", n, m)
	}
	loads := l.loads.Load()
	resolve("b", "one")
	if l.loads.Load() != loads {
		t.Error("code that a module has was loaded again")
	}
	install("b", "two")
	resolve("a", "one")
	if l.loads.Load() != loads+2 {
		t.Error("code that no module has was kept")
	}
	install("c", "three")
	if n := len(h.modules.slots); n != 3 {
		t.Errorf("there are %d programs", n)
	}
	if head, err := h.Verify(t.Context()); err != nil || head != before.Head && head.Sequence <= before.Head.Sequence {
		t.Errorf("verify: %+v, %v", head, err)
	}
	if n := len(h.modules.slots); n != 3 {
		t.Errorf("behind verify there are %d programs", n)
	}
}

// A log with more versions than a replay holds on to.
func TestVerifyManyVersions(t *testing.T) {
	h, _ := openSlow(t, "")
	for i := range 2*maxHeld + 3 {
		code := fmt.Sprintf("version %d", i)
		if _, err := h.Install(t.Context(), "a", []byte(code), &InstallOptions{Replace: true}); err != nil {
			t.Fatal(err)
		}
		says(t, h, "a", code)
	}
	if _, err := h.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAround(t *testing.T) {
	l := &slowLoader{}
	h, err := Open("", &Options{loader: l, Around: func(a actor.Actor) actor.Actor { return "around " + a.(text) }})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := h.Install(t.Context(), "a", []byte("one"), nil); err != nil {
		t.Fatal(err)
	}
	says(t, h, "a", "around one")
}

// Resolving takes no turns: any number of goroutines at once get the same code, loaded once.
func TestResolveAtOnce(t *testing.T) {
	h, l := openSlow(t, "")
	close(l.release)
	if _, err := h.Install(t.Context(), "slow", []byte("slow"), nil); err != nil {
		t.Fatal(err)
	}
	h.modules.sweep(func() map[state.Hash]bool { return nil })
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if c, ok := h.modules.Resolve("slow", sha256.Sum256([]byte("slow"))); !ok || c.Actor != text("slow") {
				t.Errorf("got %v, %t", c, ok)
			}
		})
	}
	wg.Wait()
	if n := l.loads.Load(); n != 2 {
		t.Errorf("there were %d loads", n)
	}
}
