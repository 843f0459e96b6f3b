// Command troupe is the command line of Troupe: see its help. A binary with actors of its own gets the same commands from
// package command.
//
// For trying things out it has these modules built in:
//
//	puppet                               an actor that does what its messages say: see package puppet
//	currency, warrior, naive             examples/mmo
//	seller, chef, waiter, cards, order   examples/kitchen
//	account, escrow                      examples/transfer
//
// They are bound in memory, in a new directory, and in one that has them. In a directory that troupe bench has left there
// are those of package bench. A manifest can name one more: payroll, of examples/cw20. In the directories of other binaries there are none: what runs code says so, and all else
// works.
package main

import (
	"errors"
	"log"
	"os"
	"runtime/debug"
	"slices"

	"github.com/troupe-run/troupe/bench"
	"github.com/troupe-run/troupe/cmd/troupe/command"
	"github.com/troupe-run/troupe/examples/cw20/payroll"
	"github.com/troupe-run/troupe/examples/kitchen/staff"
	"github.com/troupe-run/troupe/examples/mmo/game"
	"github.com/troupe-run/troupe/examples/transfer/bank"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
)

// gcPercent lets garbage grow to four times what is in use: for a host, processor time is dearer than memory. GOGC in the
// environment overrides it.
const gcPercent = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	p, err := program()
	if err != nil {
		log.Fatal(err)
	}
	p.Main()
}

// program is the command line with the modules that are built in.
func program() (command.Program, error) {
	demo, measured, named := command.Modules{"puppet": puppet.Actor{}}, command.Modules{}, command.Modules{}
	err := errors.Join(
		game.Bind(demo),
		staff.Bind(demo),
		bank.Bind(demo),
		bench.Bind(measured),
		payroll.Bind(named),
	)
	return command.Program{
		Modules: demo,
		Natives: named,
		ModulesFor: func(has []actor.ModuleID) command.Modules {
			switch {
			case hasAll(has, "puppet", game.NaiveModule, staff.CardsModule):
				return demo
			case hasAll(has, "opener", "shelf", "noop"):
				return measured
			}
			return nil
		},
	}, err
}

// hasAll reports whether all names are there. No directory of another binary has a use for just these together.
func hasAll(has []actor.ModuleID, names ...actor.ModuleID) bool {
	for _, name := range names {
		if !slices.Contains(has, name) {
			return false
		}
	}
	return true
}
