package troupe

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/runtime/actor"
)

// plain is the actor of testdata/plain, which is built and loaded once: the engine closes it.
var plain = sync.OnceValues(func() (*Actor, error) {
	ctx := context.Background()
	code, err := toolchain.Build(ctx, filepath.Join("testdata", "plain"), toolchain.Go)
	if err != nil {
		return nil, err
	}
	m, err := engine().Load(ctx, code, dialect())
	if err != nil {
		return nil, err
	}
	return New(m, "plain"), nil
})

func loadPlain(t testing.TB) *Actor {
	t.Helper()
	a, err := plain()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestGoRuntime checks how a program with the runtime of Go gets on: what it may do, and how it ends.
func TestGoRuntime(t *testing.T) {
	w := world(t, loadPlain(t))
	w.D.Limits.Gas = 200_000_000
	for _, c := range []struct{ name, body, want, log string }{
		{"clocks", "c", "2128-06-11T08:53:20Z, 1h30m0s later, .*", ""},
		{"randomness", "r", "[0-9a-f]{16} [0-9a-f]{32} [0-9]+", ""},
		{"printing", "ptwo\nlines", "", "to two|lines|and to standard error"},
		{"files", "f", "open /etc/passwd: .*; open .: .*; 0 EOF; 0 \\[\\]", ""},
		{"goroutines", "g", "285", ""},
		{"goroutines again", "g", "285", ""},
		{"maps", "m", "[0-9 ]+", ""},
		{"memory", "w", "20", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, tr := trace(t, w, "g", "\x00body:"+c.body+";")
			data := succeeds(t, res)
			if !regexp.MustCompile("^" + c.want + "$").Match(data) {
				t.Errorf("%q, want %q", data, c.want)
			}
			if got := strings.Join(tr.Root.Logs, "|"); got != c.log {
				t.Errorf("log %q, want %q", got, c.log)
			}
			for range 3 { // each call is as the first
				again, _ := trace(t, w, "g", "\x00body:"+c.body+";")
				if !bytes.Equal(again.Data, data) || again.GasUsed != res.GasUsed {
					t.Errorf("first %q for %d gas, then %q for %d", data, res.GasUsed, again.Data, again.GasUsed)
				}
			}
		})
	}
	for _, c := range []struct{ name, body, code, message, log string }{
		{"exit", "x", trap, "the guest exited with status 3", ""},
		{"panic", "Pno", trap, "unreachable", "panic: oh no"},
		{"deadlock", "d", trap, "unreachable", "fatal error: all goroutines are asleep - deadlock!"},
		{"memory", "b", trap, "unreachable", "fatal error: out of memory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, tr := trace(t, w, "g", "\x00body:"+c.body+";")
			fails(t, res, c.code, c.message)
			if c.log != "" && !slices.Contains(tr.Root.Logs, c.log) {
				t.Errorf("log %q, want %q", tr.Root.Logs, c.log)
			}
			again, _ := trace(t, w, "g", "\x00body:"+c.body+";")
			if again.GasUsed != res.GasUsed {
				t.Errorf("%d gas, then %d", res.GasUsed, again.GasUsed)
			}
		})
	}
	if w.StateText() != "" {
		t.Error(w.StateText())
	}
	succeeds(t, send(t, w, "g", "\x00body:g;"))
}

// TestEntries checks what each entry point is given. The guest answers with its input.
func TestEntries(t *testing.T) {
	a := loadPlain(t)
	env := func() *actor.Env {
		return &actor.Env{Self: "k/self", Sender: "alice", Sequence: 300, Time: time.Unix(5, 6), Seed: [32]byte{31: 9}, Span: 4,
			State: &actor.MemState{}, Services: &allowance{gas: 10_000_000}}
	}
	msg := actor.Message{To: "k/self", Body: []byte("body"), Module: "k", Admin: "bob"}
	reply := actor.Reply{ID: 5, Payload: []byte{}, Callee: "b", GasUsed: 9, Data: []byte("data"), Events: []actor.Event{{Actor: "b", Type: "told"}}}
	ctx := t.Context()
	for name, c := range map[string]struct {
		call func() (actor.Response, error)
		want []byte
	}{
		"execute": {func() (actor.Response, error) { return a.Execute(ctx, env(), msg) }, appendMessage(nil, env(), &msg)},
		"migrate": {func() (actor.Response, error) { return a.Migrate(ctx, env(), msg) }, appendMessage(nil, env(), &msg)},
		"sudo":    {func() (actor.Response, error) { return a.Sudo(ctx, env(), msg) }, appendMessage(nil, env(), &msg)},
		"reply":   {func() (actor.Response, error) { return a.Reply(ctx, env(), reply) }, appendReply(nil, env(), &reply)},
		"query": {func() (actor.Response, error) {
			view := &actor.View{Self: "k/self", Sequence: 300, Time: time.Unix(5, 6), State: &actor.MemState{}, Services: &allowance{gas: 10_000_000}}
			data, err := a.Query(ctx, view, []byte("body"))
			return actor.Response{Data: data}, err
		}, appendQuery(nil, &actor.View{Self: "k/self", Sequence: 300, Time: time.Unix(5, 6)}, []byte("body"))},
	} {
		if got, err := c.call(); err != nil || !bytes.Equal(got.Data, c.want) {
			t.Errorf("%s:\n got  %x, %v\n want %x", name, got.Data, err, c.want)
		}
	}
	if got, err := a.Instantiate(ctx, env(), msg); err != nil || got.Data != nil {
		t.Errorf("instantiate: %x, %v", got.Data, err)
	}
}

// TestConcurrentCalls runs one actor on several goroutines, as queries do.
func TestConcurrentCalls(t *testing.T) {
	a := loadPlain(t)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 50 {
				body := []byte(fmt.Sprintf("%d of %d", j, i))
				view := &actor.View{Self: "a", State: &actor.MemState{}, Services: &allowance{gas: 10_000_000}}
				got, err := a.Query(t.Context(), view, body)
				if want := appendQuery(nil, view, body); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%x, %v", got, err)
					return
				}
			}
		})
	}
	group.Wait()
}
