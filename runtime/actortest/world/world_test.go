package world_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/runtime/actortest/world"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/state"
)

func open(t *testing.T) *world.World {
	t.Helper()
	w, err := world.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := w.Bind("p", puppet.Actor{}); err != nil {
		t.Fatal(err)
	}
	return w
}

func send(t *testing.T, w *world.World, to actor.Address, program string) *state.Receipt {
	t.Helper()
	r, err := w.Send(context.Background(), "alice", actor.Message{To: to, Body: []byte(program)})
	if r == nil {
		t.Fatal(err)
	}
	return r
}

func verify(t *testing.T, w *world.World) {
	t.Helper()
	if err := w.Use(func(h *runtime.Host) error {
		_, err := h.Verify(context.Background())
		return err
	}); err != nil {
		t.Error(err)
	}
}

func TestSameWorldsAreSame(t *testing.T) {
	var roots []state.Hash
	for range 2 {
		w := open(t)
		send(t, w, "p/1", "set r={rand}\nset t={time}")
		w.Clock().Advance(time.Minute)
		send(t, w, "p/1", "set r2={rand}\nset t2={time}")
		head, err := w.Head()
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, head.Root)
	}
	if roots[0] != roots[1] {
		t.Error("two worlds of the same seed, to which the same happened, differ")
	}
}

func TestRestoreGoesOnAlike(t *testing.T) {
	w := open(t)
	send(t, w, "p/1", "set r={rand}")
	w.Fail(world.Failure{N: 2})
	s, err := w.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	var roots []state.Hash
	for range 3 {
		if err := w.Bind("later", puppet.Actor{}); err != nil {
			t.Fatal(err)
		}
		w.Clock().Advance(time.Hour)
		send(t, w, "p/1", "set r={rand}\nset t={time}")
		if r := send(t, w, "later", "set r={rand}"); r.Err == nil {
			t.Error("the failure that was still to come was forgotten")
		}
		send(t, w, "later", "set r={rand}")
		verify(t, w)
		head, err := w.Head()
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, head.Root)
		w.Crash(100)
		if err := w.Restore(s); err != nil {
			t.Fatal(err)
		}
	}
	if roots[0] != roots[1] || roots[1] != roots[2] {
		t.Errorf("what follows a restore differs: %v", roots)
	}
	if err := s.Discard(); err != nil {
		t.Fatal(err)
	}
	if err := w.Restore(s); err == nil {
		t.Error("a snapshot that was discarded was restored")
	}
	send(t, w, "p/1", "set still=here")
}

func TestForkIsAlone(t *testing.T) {
	w := open(t)
	send(t, w, "p/1", "set n=1")
	fork, err := w.Fork()
	if err != nil {
		t.Fatal(err)
	}
	defer fork.Close()
	send(t, fork, "p/1", "set n=2\ndelete gone")
	send(t, fork, "p/2", "set n=3")
	fork.Crash(100)
	send(t, w, "p/3", "set n=4")
	if err := fork.Reopen(); err != nil {
		t.Fatal(err)
	}
	diff, err := w.Diff(fork)
	if err != nil {
		t.Fatal(err)
	}
	want := `p/1
  - n: "1"
  + n: "2"
p/2
  + (module p)
  + n: "3"
p/3
  - (module p)
  - n: "4"
`
	if diff != want {
		t.Errorf("the diff is\n%s\nwant\n%s", diff, want)
	}
	verify(t, w)
	verify(t, fork)
}

func TestCrash(t *testing.T) {
	w := open(t)
	send(t, w, "p/1", "set n=1")
	w.CrashAt(1, 100) // the log, before it is synced
	_, err := w.Send(context.Background(), "alice", actor.Message{To: "p/1", Body: []byte("set n=2")})
	if !errors.Is(err, world.ErrCrashed) {
		t.Fatalf("send: %v", err)
	}
	if _, err := w.Query(context.Background(), "p/1", nil); !errors.Is(err, world.ErrCrashed) {
		t.Errorf("query: %v", err)
	}
	if _, err := w.Snapshot(); !errors.Is(err, world.ErrCrashed) {
		t.Errorf("snapshot: %v", err)
	}
	if err := w.Reopen(); err != nil {
		t.Fatal(err)
	}
	pairs, err := w.State("p/1")
	if err != nil || len(pairs) != 1 || string(pairs[0].Value) != "1" {
		t.Errorf("left is %v, %v", pairs, err)
	}
}

func TestDiskFails(t *testing.T) {
	w := open(t)
	send(t, w, "p/1", "set n=1")
	d := w.Disk()
	d.FailAt(d.Ops()+2, syscall.ENOSPC)
	_, err := w.Send(context.Background(), "alice", actor.Message{To: "p/1", Body: []byte("set n=2")})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("send: %v", err)
	}
	if err := w.Reopen(); err != nil {
		t.Fatal(err)
	}
	send(t, w, "p/1", "set n=3")
	verify(t, w)
}

func TestClosed(t *testing.T) {
	w := open(t)
	for range 2 {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Send(context.Background(), "alice", actor.Message{To: "p"}); !errors.Is(err, world.ErrClosed) {
		t.Errorf("send: %v", err)
	}
	if err := w.Reopen(); !errors.Is(err, world.ErrClosed) {
		t.Errorf("reopen: %v", err)
	}
	if err := w.Bind("q", puppet.Actor{}); !errors.Is(err, world.ErrClosed) {
		t.Errorf("bind: %v", err)
	}
}

func TestFailures(t *testing.T) {
	type Ping struct{}
	type Pong struct {
		N int `json:"n"`
	}
	table := typed.New(
		typed.OnExecute(func(*typed.Call, Ping) error { return nil }),
		typed.OnExecute(func(*typed.Call, Pong) error { return nil }),
	)
	tests := []struct {
		name    string
		failure world.Failure
		bodies  []string
		codes   []string // "" for success
	}{
		{"first", world.Failure{}, []string{`"ping"`, `"ping"`}, []string{"failed", ""}},
		{"third", world.Failure{N: 3}, []string{`"ping"`, `"ping"`, `"ping"`, `"ping"`}, []string{"", "", "failed", ""}},
		{"twice", world.Failure{Times: 2}, []string{`"ping"`, `"ping"`, `"ping"`}, []string{"failed", "failed", ""}},
		{"ever", world.Failure{N: 2, Times: -1}, []string{`"ping"`, `"ping"`, `"ping"`}, []string{"", "failed", "failed"}},
		{"by name", world.Failure{Message: "pong"}, []string{`"ping"`, `{"pong":{"n":1}}`}, []string{"", "failed"}},
		{"by name in CBOR", world.Failure{Message: "pong"}, []string{"dping", "\xa1dpong\xa1an\x01"}, []string{"", "failed"}},
		{"by kind", world.Failure{Kinds: []actor.Kind{actor.KindSudo}}, []string{`"ping"`}, []string{""}},
		{"other actor", world.Failure{Actor: "table/2"}, []string{`"ping"`}, []string{""}},
		{"actors of a kind", world.Failure{Actor: "table/"}, []string{`"ping"`}, []string{"failed"}},
		{"code", world.Failure{Err: actor.Errorf("flaky", "x")}, []string{`"ping"`}, []string{"flaky"}},
		{"panic", world.Failure{Panic: true}, []string{`"ping"`}, []string{"panic"}},
		{"match", world.Failure{Match: func(_ actor.Address, m actor.Message) bool { return len(m.Body) > 6 }},
			[]string{`"ping"`, `{"pong":{}}`}, []string{"", "failed"}},
		{"after", world.Failure{After: true, Err: actor.Errorf("late", "")}, []string{`"ping"`}, []string{"late"}},
		{"after a failure of its own", world.Failure{After: true}, []string{`"nothing"`}, []string{"unknown_message"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := open(t)
			if err := w.Bind("table", table); err != nil {
				t.Fatal(err)
			}
			in := w.Fail(test.failure)
			hits := 0
			for i, body := range test.bodies {
				code := ""
				if r := send(t, w, "table/1", body); r.Err != nil {
					code = r.Err.Code
				}
				if code != test.codes[i] {
					t.Errorf("message %d ended with %q, want %q", i+1, code, test.codes[i])
				}
				if code != "" {
					hits++
				}
			}
			if in.Hits() != hits {
				t.Errorf("%d hits, want %d", in.Hits(), hits)
			}
			in.Stop()
			verify(t, w)
		})
	}
}

// entryPoints is an actor with a choice of optional entry points.
type (
	bare   struct{}
	births struct{ bare }
)

func (bare) Execute(context.Context, *actor.Env, actor.Message) (actor.Response, error) {
	return actor.Response{}, nil
}

func (births) Instantiate(context.Context, *actor.Env, actor.Message) (actor.Response, error) {
	return actor.Response{Data: []byte("born")}, nil
}

func TestEntryPointsStayAsTheyAre(t *testing.T) {
	w := open(t)
	for name, a := range map[string]actor.Actor{"bare": bare{}, "births": births{}} {
		if err := w.Bind(name, a); err != nil {
			t.Fatal(err)
		}
		if r := send(t, w, actor.Address(name), ""); r.Err != nil {
			t.Error(r.Err)
		}
		_, err := w.Query(context.Background(), actor.Address(name), nil)
		if e := actor.AsError(err); e == nil || e.Code != actor.CodeUnsupported {
			t.Errorf("query of %s: %v", name, err)
		}
	}
	r, err := w.Send(context.Background(), "alice", actor.Message{Kind: actor.KindInstantiate, To: "child", Module: "births", Body: []byte("x")})
	if err != nil || string(r.Data) != "born" {
		t.Errorf("instantiate: %v, %v", r, err)
	}
	r, _ = w.Send(context.Background(), "alice", actor.Message{Kind: actor.KindInstantiate, To: "child2", Module: "bare", Body: []byte("x")})
	if r.Err == nil || r.Err.Code != actor.CodeUnsupported {
		t.Errorf("instantiate without an entry point: %v", r.Err)
	}
}

// purse is code that takes funds and has no other entry point than Execute.
type purse struct{ puppet.Actor }

func (purse) Code() dispatch.Code { return dispatch.Code{Payable: true} }

// TestWrappedStaysWhatItIs: a world puts itself in front of actors, and dispatch sees what they are all the same.
func TestWrappedStaysWhatItIs(t *testing.T) {
	w, err := world.Open(&world.Options{Host: runtime.Options{Chain: &cosmwasm.Chain{Names: true}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	for name, a := range map[string]actor.Actor{"purse": purse{}, "p": puppet.Actor{}} {
		if err := w.Bind(name, a); err != nil {
			t.Fatal(err)
		}
	}
	mint := `{"mint":{"to_address":"alice","amount":[{"denom":"ucosm","amount":"9"}]}}`
	if _, err := w.Do(context.Background(), dispatch.Request{Message: actor.Message{Kind: actor.KindSudo, To: "bank", Body: []byte(mint)}}); err != nil {
		t.Fatal(err)
	}
	funds := []actor.Coin{{Denom: "ucosm", Amount: "4"}}
	if _, err := w.Send(context.Background(), "alice", actor.Message{To: "purse/1", Funds: funds}); err != nil {
		t.Error(err)
	}
	if _, err := w.Send(context.Background(), "alice", actor.Message{To: "p/1", Funds: funds}); actor.AsError(err).Code != actor.CodeUnsupported {
		t.Errorf("an actor that takes no funds: %v", err)
	}
	// The bank is system code: its events have its words, and no others.
	if last := w.Last().Receipt; last.Err == nil || len(last.Events) > 0 {
		t.Errorf("the receipt of what was refused: %+v", last)
	}
}
