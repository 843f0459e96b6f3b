package staff

import (
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// Serve tells the waiter to bring an order to its guest.
type Serve struct {
	Order actor.Address `json:"order"`
}

var served = typed.NewMap[actor.Address, actor.Address]("served") // order → guest

// Waiter returns the actor that serves meals.
func Waiter() actor.Actor {
	return typed.New(typed.OnExecute(serve))
}

// serve looks at the tray, and sees what the same transaction has put there a moment ago.
func serve(c *typed.Call, m Serve) error {
	if served.Has(c.State, m.Order) {
		return actor.Errorf("already_served", "%s has been served", m.Order)
	}
	meal, err := typed.Ask[Meal](c, m.Order, Look{})
	if err != nil {
		return err
	}
	if meal.Missing > 0 {
		return actor.Errorf("not_ready", "%s lacks %d dishes", m.Order, meal.Missing)
	}
	served.Set(c.State, m.Order, meal.Guest)
	c.Emit("served", "guest", meal.Guest, "order", m.Order)
	return nil
}
