package staff

import (
	"context"
	"errors"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// ask is a kitchen of chefs who answer Have; all else of a host the seller does not need.
type ask struct {
	actor.Services
	have map[actor.Address]bool
}

func (a ask) Query(_ context.Context, to actor.Address, _ []byte) ([]byte, error) {
	return typed.EncodeValue(a.have[to]), nil
}

// The seller is tested without any host: what he answers to a reply shows whom he turns to next.
func TestSellerTurnsToTheNextChef(t *testing.T) {
	chefs := []actor.Address{"chef/a", "chef/b", "chef/c"}
	burnt := actor.Errorf("burnt_fries", "chef/a has no oil left")
	for _, test := range []struct {
		name string
		have map[actor.Address]bool
		want actor.Address // empty: nobody is left
	}{
		{"the next one has oil", map[actor.Address]bool{"chef/b": true, "chef/c": true}, "chef/b"},
		{"the next one has none", map[actor.Address]bool{"chef/c": true}, "chef/c"},
		{"nobody has any", nil, ""},
		{"the one who failed is not asked again", map[actor.Address]bool{"chef/a": true}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := &actor.Env{Self: "seller", State: &actor.MemState{}, Services: ask{have: test.have}}
			team.Set(env.State, Hire{Chefs: chefs})
			res, err := Seller().(actor.Replier).Reply(t.Context(), env, actor.Reply{
				ID: prepared, Callee: "chef/a", Err: burnt, Payload: typed.EncodeValue(task{Order: "order/1", Dish: "fries"}),
			})
			if test.want == "" {
				if !errors.Is(err, &actor.Error{Code: "no_chef"}) {
					t.Errorf("the error is %v, want no_chef", err)
				}
				return
			}
			if err != nil || len(res.Messages) != 1 || res.Messages[0].Msg.To != test.want {
				t.Errorf("sends %v, %v, want one message to %s", res.Messages, err, test.want)
			}
		})
	}
}

// The seller serves when the last of the open dishes is done, and not before.
func TestSellerCounts(t *testing.T) {
	env := &actor.Env{Self: "seller", State: &actor.MemState{}}
	team.Set(env.State, Hire{Waiter: "waiter"})
	open.Set(env.State, "order/1", 3)
	open.Set(env.State, "order/2", 1)
	for left := 2; left >= 0; left-- {
		res, err := Seller().(actor.Replier).Reply(t.Context(), env, actor.Reply{
			ID: prepared, Callee: "chef/a", Payload: typed.EncodeValue(task{Order: "order/1", Dish: "fries"}),
		})
		if err != nil {
			t.Fatal(err)
		}
		count, counting := open.Get(env.State, "order/1")
		if int(count) != left || counting != (left > 0) {
			t.Errorf("%d dishes are open, want %d", count, left)
		}
		if last := res.Messages[len(res.Messages)-1].Msg.To; (last == "waiter") != (left == 0) {
			t.Errorf("with %d dishes open the last message goes to %s", left, last)
		}
	}
	if other, _ := open.Get(env.State, "order/2"); other != 1 {
		t.Errorf("another order has %d dishes open, want 1", other)
	}
}
