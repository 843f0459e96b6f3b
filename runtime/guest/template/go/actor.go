package main

import (
	"math"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// The messages of a counter. Their names are those of the types in snake case: {"add": {"n": 5}}.
type (
	// Open makes a counter. The first message to an address does, too.
	Open struct {
		Start uint64 `json:"start"`
	}
	// Add adds. The new total is the data of the call.
	Add struct {
		N uint64 `json:"n"`
	}
	// Reset sets the counter back to zero. Only who made it may.
	Reset struct{}
	// Total asks what the counter stands at. The answer is a number.
	Total struct{}
)

// What a counter keeps. The state of an actor is all that is left of a call; variables begin anew.
var (
	owner = typed.NewValue[actor.Address]("owner")
	total = typed.NewValue[uint64]("total")
)

// Counter returns the actor.
func Counter() actor.Actor {
	return typed.New(
		typed.Virtual(), // the first message to an address makes the actor
		typed.OnInstantiate(open),
		typed.OnExecute(add),
		typed.OnExecute(reset),
		typed.OnQuery(func(v *typed.View, _ Total) (uint64, error) { return total.Or(v.State, 0), nil }),
	)
}

func open(c *typed.Call, m Open) error {
	owner.Set(c.State, c.Sender)
	total.Set(c.State, m.Start)
	return nil
}

// add fails when the counter is full: then nothing of the call has happened.
func add(c *typed.Call, m Add) error {
	sum := total.Or(c.State, 0)
	if m.N > math.MaxUint64-sum {
		return actor.Errorf("full", "the counter stands at %d and cannot take %d more", sum, m.N)
	}
	sum += m.N
	total.Set(c.State, sum)
	c.Emit("added", "by", c.Sender, "n", m.N)
	return c.Return(sum)
}

func reset(c *typed.Call, _ Reset) error {
	if c.Sender != owner.Or(c.State, "") {
		return actor.Errorf(actor.CodeUnauthorized, "%s has not made this counter", c.Sender)
	}
	total.Set(c.State, 0)
	return nil
}
