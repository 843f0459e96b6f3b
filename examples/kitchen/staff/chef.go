package staff

import (
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// The messages of a chef.
type (
	// Supply puts portions of something on the chef's shelf.
	Supply struct {
		What     string `json:"what"`
		Portions uint64 `json:"portions"`
	}
	// Prepare asks for one portion of a dish.
	Prepare struct {
		Dish string `json:"dish"`
	}
	// Have asks: do we still have pickles? The answer is yes or no.
	Have struct {
		What string `json:"what"`
	}
)

var (
	shelf  = typed.NewMap[string, uint64]("shelf")
	dishes = typed.NewCounter("dishes")
)

// Chef returns the actor that prepares dishes.
func Chef() actor.Actor {
	return typed.New(
		typed.OnExecute(func(c *typed.Call, m Supply) error {
			return shelf.Update(c.State, m.What, func(n *uint64) error { *n += m.Portions; return nil })
		}),
		typed.OnExecute(prepare),
		typed.OnQuery(func(v *typed.View, q Have) (bool, error) {
			n, _ := shelf.Get(v.State, q.What)
			return n > 0, nil
		}),
	)
}

// prepare counts the dish before it looks at the shelf. That needs no care: if something is missing, the dish has not
// been counted.
func prepare(c *typed.Call, m Prepare) error {
	r, err := lookUp(m.Dish)
	if err != nil {
		return err
	}
	dishes.Next(c.State)
	return shelf.Update(c.State, r.needs, func(n *uint64) error {
		if *n == 0 {
			return actor.Errorf(r.without, "%s has no %s left", c.Self, r.needs)
		}
		*n--
		return nil
	})
}
