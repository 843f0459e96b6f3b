package staff

import (
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// The messages of an order.
type (
	// Place instantiates an order of so many dishes.
	Place struct {
		Guest  actor.Address `json:"guest"`
		Dishes uint64        `json:"dishes"`
	}
	// Put puts a dish on the tray. Only the seller who has placed the order may.
	Put struct {
		Dish string        `json:"dish"`
		By   actor.Address `json:"by"`
	}
	// Look asks what is on the tray. The answer is a Meal.
	Look struct{}
)

// A Meal is what is on the tray of an order, and how many dishes it lacks.
type Meal struct {
	Guest   actor.Address `json:"guest"`
	Plates  []Put         `json:"plates"`
	Missing uint64        `json:"missing"`
}

var (
	placedBy = typed.NewValue[actor.Address]("placed_by")
	guest    = typed.NewValue[actor.Address]("guest")
	missing  = typed.NewValue[uint64]("missing")
	plates   = typed.NewMap[uint64, Put]("plates") // by how many are missing when it comes
)

// Tray returns the actor that an order is.
func Tray() actor.Actor {
	return typed.New(
		typed.OnInstantiate(func(c *typed.Call, m Place) error {
			placedBy.Set(c.State, c.Sender)
			guest.Set(c.State, m.Guest)
			missing.Set(c.State, m.Dishes)
			return nil
		}),
		typed.OnExecute(func(c *typed.Call, m Put) error {
			left := missing.Or(c.State, 0)
			switch {
			case c.Sender != placedBy.Or(c.State, ""):
				return actor.Errorf(actor.CodeUnauthorized, "%s has not placed this order", c.Sender)
			case left == 0:
				return actor.Errorf("complete", "the order has all its dishes")
			}
			plates.Set(c.State, left, m)
			missing.Set(c.State, left-1)
			return nil
		}),
		typed.OnQuery(look),
	)
}

// look has to say when nobody has placed the order: its module is bound to the kind "order", so the host lets it answer
// for every address of that kind.
func look(v *typed.View, _ Look) (Meal, error) {
	who, placed := guest.Get(v.State)
	if !placed {
		return Meal{}, actor.Errorf(actor.CodeUnknownActor, "nobody has placed %s", v.Self)
	}
	meal := Meal{Guest: who, Missing: missing.Or(v.State, 0)}
	for _, plate := range plates.Range(v.State, nil, nil, actor.Descending) {
		meal.Plates = append(meal.Plates, plate)
	}
	return meal, nil
}
