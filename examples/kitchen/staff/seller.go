package staff

import (
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// The messages of a seller.
type (
	// Hire instantiates a seller: whom he works with. Chefs are asked in this order.
	Hire struct {
		Cards  actor.Address   `json:"cards"`
		Waiter actor.Address   `json:"waiter"`
		Chefs  []actor.Address `json:"chefs"`
	}
	// Order asks for a meal, which the sender pays by card. The data that comes back is the address of the order.
	Order struct {
		Dishes []string `json:"dishes"`
	}
)

var (
	team = typed.NewValue[Hire]("team")
	open = typed.NewMap[actor.Address, uint64]("open") // order → dishes that are not done
)

// A task is one dish of one order, given to one chef. It travels as the payload of the sub-message, so the reply says
// what it is about, and the seller has to remember nothing but how many are open.
type task struct {
	Order actor.Address `json:"order"`
	Dish  string        `json:"dish"`
	Chef  int           `json:"chef"` // which of Hire.Chefs
}

// The IDs of the replies that the seller asks for.
const (
	ordered  = 1
	prepared = 2
)

// Seller returns the actor that takes orders.
func Seller() actor.Actor {
	return typed.New(
		typed.OnInstantiate(func(c *typed.Call, m Hire) error {
			team.Set(c.State, m)
			return nil
		}),
		typed.OnExecute(sell),
		typed.OnReply(ordered, distribute),
		typed.OnReply(prepared, collect),
	)
}

// sell does what a seller does himself: charge the payment and create the order. The order is an actor of its own. The
// host chooses its address, and the reply tells it.
func sell(c *typed.Call, m Order) error {
	if len(m.Dishes) == 0 {
		return actor.Errorf("no_dishes", "an order has at least one dish")
	}
	var price uint64
	for _, dish := range m.Dishes {
		r, err := lookUp(dish)
		if err != nil {
			return err
		}
		price += r.price
	}
	c.Execute(team.Or(c.State, Hire{}).Cards, Charge{Card: c.Sender, Amount: price})
	c.Instantiate(OrderModule, Place{Guest: c.Sender, Dishes: uint64(len(m.Dishes))}).OnSuccess(ordered).Payload(m)
	return nil
}

// distribute keeps the address of the new order and gives each dish to a chef.
func distribute(c *typed.Call, r *typed.Reply[Order]) error {
	order := r.Callee
	open.Set(c.State, order, uint64(len(r.Payload.Dishes)))
	for _, dish := range r.Payload.Dishes {
		if err := assign(c, task{Order: order, Dish: dish}); err != nil {
			return err
		}
	}
	return nil
}

// assign gives a task to the first chef, from t.Chef on, who says that he can do it. That is an answer of this moment:
// two dishes may be promised the same last pickle, and then one of the two fails.
func assign(c *typed.Call, t task) error {
	chefs, needs := team.Or(c.State, Hire{}).Chefs, menu[t.Dish].needs
	for ; t.Chef < len(chefs); t.Chef++ {
		can, err := typed.Ask[bool](c, chefs[t.Chef], Have{needs})
		if err != nil {
			return err
		}
		if can {
			c.Execute(chefs[t.Chef], Prepare{t.Dish}).Always(prepared).Payload(t)
			return nil
		}
	}
	return actor.Errorf("no_chef", "nobody can make %s", t.Dish)
}

// collect puts a dish on the tray, or gives its task to the next chef. If there is none, its error is the error of the
// whole order, and rolls all of it back.
func collect(c *typed.Call, r *typed.Reply[task]) error {
	t := r.Payload
	if r.Err != nil {
		t.Chef++
		return assign(c, t)
	}
	c.Execute(t.Order, Put{Dish: t.Dish, By: r.Callee})
	left, _ := open.Get(c.State, t.Order)
	if left > 1 {
		open.Set(c.State, t.Order, left-1)
		return nil
	}
	open.Delete(c.State, t.Order)
	c.Execute(team.Or(c.State, Hire{}).Waiter, Serve{t.Order})
	return c.Return(t.Order)
}
