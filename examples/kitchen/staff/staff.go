// Package staff runs a small restaurant. A guest orders from the seller, who charges the guest's card, lets an order come
// into being, and has each dish prepared by a chef. A chef who fails is replaced by another. When the last dish is done
// the waiter serves the meal. If nobody can make a dish, all of that has never happened: the guest has his money, the
// chefs have their pickles.
//
// Each of them is an actor, and there is no code that takes anything back.
package staff

import (
	"errors"

	"github.com/troupe-run/troupe/runtime/actor"
)

// The names under which the modules are bound.
const (
	SellerModule = "seller"
	ChefModule   = "chef"
	WaiterModule = "waiter"
	CardsModule  = "cards"
	OrderModule  = "order"
)

// Bind binds all modules of the restaurant to a host.
func Bind(host interface {
	Bind(name string, a actor.Actor) error
}) error {
	return errors.Join(
		host.Bind(SellerModule, Seller()),
		host.Bind(ChefModule, Chef()),
		host.Bind(WaiterModule, Waiter()),
		host.Bind(CardsModule, Cards()),
		host.Bind(OrderModule, Tray()),
	)
}

// A recipe says what a dish costs, what a chef needs for it, and what it is called when he does not have that.
type recipe struct {
	price   uint64
	needs   string
	without string
}

var menu = map[string]recipe{
	"burger": {price: 5, needs: "pickles", without: "no_pickles"},
	"fries":  {price: 3, needs: "oil", without: "burnt_fries"},
}

func lookUp(dish string) (recipe, error) {
	r, ok := menu[dish]
	if !ok {
		return r, actor.Errorf("not_on_the_menu", "there is no %q here", dish)
	}
	return r, nil
}
