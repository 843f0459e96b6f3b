// Command troupe is the command line of Troupe: see its help. A binary with actors of its own gets the same commands from
// package command.
//
// For trying things out it has these modules built in:
//
//	puppet                               an actor that does what its messages say: see package puppet
//	currency, warrior, naive             examples/mmo
//	seller, chef, waiter, cards, order   examples/kitchen
//
// They are bound in memory, in a new directory, and in one that has them: not to the directories of other binaries.
package main

import (
	"errors"
	"log"
	"slices"

	"github.com/troupe-run/troupe/cmd/troupe/command"
	"github.com/troupe-run/troupe/examples/kitchen/staff"
	"github.com/troupe-run/troupe/examples/mmo/game"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
)

func main() {
	p, err := program()
	if err != nil {
		log.Fatal(err)
	}
	p.Main()
}

// program is the command line with the modules that are built in.
func program() (command.Program, error) {
	m := command.Modules{"puppet": puppet.Actor{}}
	err := errors.Join(
		m.Bind(game.CurrencyModule, game.Currency()),
		m.Bind(game.WarriorModule, game.Warrior()),
		m.Bind(game.NaiveModule, game.Naive()),
		staff.Bind(m),
	)
	return command.Program{
		Modules: m,
		BindTo:  ours,
	}, err
}

// ours reports whether the modules are those of a directory that this binary has made. No other has a use for all of
// these.
func ours(has []actor.ModuleID) bool {
	return slices.Contains(has, "puppet") && slices.Contains(has, game.NaiveModule) && slices.Contains(has, staff.CardsModule)
}
