// Command mmo pays rewards in a game until the one who pays is broke, and shows what a reply on error is good for: two
// warriors get the same messages, and only one of them still knows afterwards who has finished his quest. See package game
// for the two.
//
//	go run ./examples/mmo
package main

import (
	"context"
	"io"
	"log"
	"os"

	"github.com/troupe-run/troupe/examples/mmo/game"
	"github.com/troupe-run/troupe/runtime"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run prints the same in every run: transactions are numbered in order, and gas is counted, not measured.
func run(ctx context.Context, w io.Writer) error {
	host, err := runtime.Open("", nil)
	if err != nil {
		return err
	}
	defer host.Close()
	g := &engine{ctx: ctx, host: host, out: w}
	g.setUp()
	g.say("The game engine mints 1,000 for each of two warriors.")
	g.show("currency", game.Mint{To: "warrior", Amount: 1000})
	g.send("currency", game.Mint{To: "naive", Amount: 1000})

	g.say("A warrior pays 15 %% of what he owns, at least 1, at most 100, to each player who has finished his quest.")
	g.show("warrior", game.Payout{Player: "p01"})

	g.say("A player is paid once.")
	g.show("warrior", game.Payout{Player: "p01"})

	g.say("The reward shrinks with what is left, until both warriors are broke:")
	g.send("naive", game.Payout{Player: "p01"})
	next := g.spend("warrior", 2)
	g.spend("naive", 2)

	g.say("%s has finished the quest, too. The warrior asked for a reply on error: the transfer is rolled back alone.", next)
	g.show("warrior", game.Payout{Player: next})

	g.say("The naive one asked for no reply: his record is rolled back together with the transfer.")
	g.show("naive", game.Payout{Player: next})

	g.say("Both have paid the same in the end:")
	g.list("currency", "balances/", func(who, amount string) string { return who + "=" + amount })

	g.say("The warrior's list of those who succeeded ends with %s:", next)
	g.list("warrior", "succeeded/", func(who, _ string) string { return who })

	g.say("That of the naive one does not:")
	g.list("naive", "succeeded/", func(who, _ string) string { return who })

	g.verify()
	return g.err
}
