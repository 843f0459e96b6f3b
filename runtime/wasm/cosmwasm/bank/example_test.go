package bank_test

import (
	"context"
	"fmt"
	"log"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/bank"
)

// A bank on a host of native actors: the operator mints, alice pays bob, and cannot pay what she has not.
func Example() {
	ctx := context.Background()
	host, err := runtime.Open("", nil) // in memory
	if err != nil {
		log.Fatal(err)
	}
	defer host.Close()
	if err := host.Bind("bank", bank.New(nil)); err != nil {
		log.Fatal(err)
	}
	send := func(amount string) error {
		body := fmt.Sprintf(`{"send": {"to_address": "bob", "amount": [{"denom": "ucosm", "amount": "%s"}]}}`, amount)
		receipt, err := host.Send(ctx, "alice", actor.Message{To: "bank", Body: []byte(body)})
		if err == nil {
			for _, ev := range receipt.Events {
				fmt.Println(ev.Type, ev.Attributes)
			}
		}
		return err
	}
	fmt.Println(send("1"))
	mint := []byte(`{"mint": {"to_address": "alice", "amount": [{"denom": "ucosm", "amount": "10"}]}}`)
	if _, err := host.Do(ctx, dispatch.Request{Message: actor.Message{Kind: actor.KindSudo, To: "bank", Body: mint}}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(send("7"))
	answer, err := host.Query(ctx, "bank", []byte(`{"all_balances": {"address": "bob"}}`))
	fmt.Println(string(answer), err)
	// Output:
	// alice → bank: insufficient_funds: spendable balance 0ucosm is smaller than 1ucosm: insufficient funds
	// coin_spent [{spender alice} {amount 7ucosm}]
	// coin_received [{receiver bob} {amount 7ucosm}]
	// transfer [{recipient bob} {sender alice} {amount 7ucosm}]
	// <nil>
	// {"amount":[{"denom":"ucosm","amount":"7"}]} <nil>
}
