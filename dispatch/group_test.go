package dispatch

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// A group holds few transactions if they are great, whatever it is that makes them so: it lies in memory, and so does what
// waits for it.
func TestGreatTransactionsMakeSmallGroups(t *testing.T) {
	const each, count = 1 << 20, 40
	bulk := strings.Repeat("x", each)
	attribute := []actor.Attribute{{Key: "bulk", Value: bulk}}
	for name, act := range map[string]func(*actor.Env) actor.Response{
		"bodies": func(*actor.Env) actor.Response { return actor.Response{} },
		"data":   func(*actor.Env) actor.Response { return actor.Response{Data: []byte(bulk)} },
		"events": func(*actor.Env) actor.Response { return actor.Response{Attributes: attribute} },
		"lines": func(env *actor.Env) actor.Response {
			for range each / MaxLine {
				env.Services.(caller).Say("info", bulk)
			}
			return actor.Response{}
		},
	} {
		g := newGate()
		e := start(t, openStore(t, ""), goActors{"gate": g.stand, "bulky": func(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
			return act(env), nil
		}}, Options{OnSaid: func(Said) {}})
		var wg sync.WaitGroup
		wg.Go(func() { e.Submit(t.Context(), message("gate")) })
		<-g.entered
		req := message("bulky")
		if name == "bodies" {
			req.Message.Body = []byte(bulk)
		}
		for range count {
			wg.Go(func() {
				if r, err := e.Submit(t.Context(), req); err != nil || r.Err != nil {
					t.Error(r, err)
				}
			})
		}
		until(t, "all are in the queue", func() bool { return e.queue.length() == count })
		before := e.Stats().Groups
		close(g.release)
		wg.Wait()
		if made := e.Stats().Groups - before; made < count*each/groupBytes {
			t.Errorf("%s: %d transactions of a mebibyte were %d groups", name, count, made)
		}
		e.Close()
	}
}

// Traces are not what a host stops of: those of one group that would be too much together are not kept.
func TestGreatTraces(t *testing.T) {
	store := openStore(t, "")
	bulk := []byte(strings.Repeat("x", 3<<20))
	e := start(t, store, goActors{"b": calling, "a": func(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
		for range int(msg.Body[0]) {
			if _, err := env.Services.(caller).Call(ctx, "b", bulk); err != nil && actor.AsError(err).Code != actor.CodeKeyTooLarge {
				return actor.Response{}, err
			}
		}
		return actor.Response{}, nil
	}}, Options{KeepTraces: true})
	var kept []bool
	for _, n := range []byte{1, 20, 1} {
		msg := message("a")
		msg.Message.Body = []byte{n}
		r, err := e.Submit(t.Context(), msg)
		if err != nil || r.Err != nil {
			t.Fatal(r, err)
		}
		_, ok, err := store.Get(state.Partition(0).AppendTrace(nil, r.Sequence))
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, ok)
	}
	if !kept[0] || kept[1] || !kept[2] {
		t.Errorf("of the traces, small, great, small, these are kept: %v", kept)
	}
}
