package dispatch_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
)

// TestQueryRange checks rule S53 as far as the host is concerned.
func TestQueryRange(t *testing.T) {
	type ranger interface {
		QueryRange(to actor.Address, start, end []byte, order actor.Order, limit int) ([][2][]byte, []byte)
		FuelPerGas() uint64
	}
	var said []string
	w := newFnWorld(t, func(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
		r := env.Services.(ranger)
		for _, q := range []struct {
			to         actor.Address
			start, end string
			order      actor.Order
			limit      int
		}{
			{"p", "", "", actor.Ascending, 9}, {"p", "", "", actor.Descending, 2}, {"p", "b", "c", actor.Ascending, 9},
			{"p", "c", "b", actor.Ascending, 9}, {"p", "", "", actor.Ascending, 0}, {"nobody", "", "", actor.Ascending, 9}, {"No", "", "", 0, 1},
		} {
			bound := func(s string) []byte {
				if s == "" {
					return nil
				}
				return []byte(s)
			}
			pairs, next := r.QueryRange(q.to, bound(q.start), bound(q.end), q.order, q.limit)
			text := ""
			for _, p := range pairs {
				text += fmt.Sprintf("%s=%s ", p[0], p[1])
			}
			said = append(said, fmt.Sprintf("%s(%s)", text, next))
		}
		said = append(said, fmt.Sprint(r.FuelPerGas()))
		return actor.Response{}, nil
	})
	w.D.Gas.Fuel = 7
	if res := w.Send(t.Context(), "alice", actor.Message{To: "p", Body: []byte("set a=1\nset b=2\nset c=3")}); res.Err != nil {
		t.Fatal(res.Err)
	}
	w.D.Gas.Range, w.D.Gas.ReadByte = 10, 1
	before := w.Send(t.Context(), "alice", actor.Message{To: "f"})
	if before.Err != nil {
		t.Fatal(before.Err)
	}
	want := "a=1 b=2 c=3 () c=3 b=2 (a) b=2 () () (a) () () 7"
	if got := strings.Join(said, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// Seven ranges are asked for, five of them are opened, and eight pairs looked at, of two bytes each.
	if want := uint64(7*10 + 5*10 + 8*(10+2)); before.GasUsed != want {
		t.Errorf("it used %d gas, want %d", before.GasUsed, want)
	}

	w.Bind("f", dispatch.Code{Actor: fn(func(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
		env.Services.(ranger).QueryRange("p", make([]byte, dispatch.MaxStateKey+1), nil, actor.Ascending, 1)
		return actor.Response{}, nil
	})})
	if res := w.Send(t.Context(), "alice", actor.Message{To: "f"}); res.Err == nil || res.Err.Code != actor.CodeKeyTooLarge {
		t.Errorf("a bound that is too long: %v", res.Err)
	}
}
