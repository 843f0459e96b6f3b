package dispatch

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
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
