// Command kitchen tells the story of four guests in a small restaurant: everything is there, a chef is replaced by
// another, nobody can make the fries, and the card is empty. See package staff for who does what.
//
//	go run ./examples/kitchen
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/examples/kitchen/staff"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// A scene is one guest with an order.
type scene struct {
	title  string
	guest  actor.Address
	dishes []string
}

var story = []scene{
	{"Ann orders a burger and fries.", "ann", []string{"burger", "fries"}},
	{"Bob orders two burgers. Anna has one pickle left, which is promised twice; so Bert makes the second one.",
		"bob", []string{"burger", "burger"}},
	{"Cleo orders fries twice. There is oil for one portion, and nobody else to ask: all of it is rolled back.",
		"cleo", []string{"fries", "fries"}},
	{"Dan orders a burger, but his card is empty. No chef ever hears of it.", "dan", []string{"burger"}},
}

func run(ctx context.Context, w io.Writer) error {
	host, err := runtime.Open("", nil)
	if err != nil {
		return err
	}
	defer host.Close()
	if err := open(ctx, host); err != nil {
		return err
	}
	for _, s := range story {
		if err := play(ctx, w, host, s); err != nil {
			return err
		}
	}
	return closingTime(ctx, w, host)
}

// open hires everybody, fills the shelves and tops up the cards.
func open(ctx context.Context, host *runtime.Host) error {
	if err := staff.Bind(host); err != nil {
		return err
	}
	create := func(at actor.Address, module actor.ModuleID, msg any) error {
		_, err := host.Create(ctx, "boss", at, module, typed.EncodeValue(msg))
		return err
	}
	send := func(to actor.Address, msg any) error {
		_, err := host.Send(ctx, "boss", actor.Message{To: to, Body: typed.Encode(msg)})
		return err
	}
	topUp := func(card actor.Address, amount uint64) error {
		_, err := host.Sudo(ctx, "cards", typed.Encode(staff.TopUp{Card: card, Amount: amount}))
		return err
	}
	return errors.Join(
		create("cards", staff.CardsModule, staff.Trust{Seller: "seller"}),
		create("seller", staff.SellerModule,
			staff.Hire{Cards: "cards", Waiter: "waiter", Chefs: []actor.Address{"chef/anna", "chef/bert"}}),
		send("chef/anna", staff.Supply{What: "pickles", Portions: 2}),
		send("chef/anna", staff.Supply{What: "oil", Portions: 1}),
		send("chef/bert", staff.Supply{What: "pickles", Portions: 3}),
		send("chef/bert", staff.Supply{What: "oil", Portions: 1}),
		topUp("ann", 20), topUp("bob", 20), topUp("cleo", 20), topUp("dan", 2),
	)
}

// play sends one order and shows what came of it. An order that is refused is a part of the story, not an error.
func play(ctx context.Context, w io.Writer, host *runtime.Host, s scene) error {
	var trace dispatch.Trace
	_, err := host.Do(ctx, dispatch.Request{
		Sender:  s.guest,
		Message: actor.Message{To: "seller", Body: typed.Encode(staff.Order{Dishes: s.dishes})},
		Trace:   &trace,
	})
	var refused *runtime.TxError
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	fmt.Fprintf(w, "%s\n\n%s\n", s.title, show.Trace(&trace, nil))
	return nil
}

// closingTime shows what the evening has left, and that all of it can be told again from the log.
func closingTime(ctx context.Context, w io.Writer, host *runtime.Host) error {
	fmt.Fprintln(w, "What is left in the evening:")
	fmt.Fprintln(w)
	for _, who := range []actor.Address{"cards", "chef/anna", "chef/bert", "waiter"} {
		pairs, err := host.Reader().Scan(who, query.Range{})
		if err != nil {
			return err
		}
		for _, p := range pairs.Pairs {
			fmt.Fprintf(w, "%-10s %s: %s\n", who, show.Key(p.Key), show.Value(p.Value))
		}
	}
	head, err := host.Verify(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nAll %d transactions were executed again, with the same results.\n", head.Sequence)
	return nil
}
