package typed_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// The messages of a currency, and its state.
type (
	Mint struct {
		To     actor.Address `json:"to"`
		Amount uint64        `json:"amount"`
	}
	Transfer struct {
		To     actor.Address `json:"to"`
		Amount uint64        `json:"amount"`
	}
	BalanceOf struct {
		Who actor.Address `json:"who"`
	}
)

var balances = typed.NewMap[actor.Address, uint64]("balances")

var currency = typed.New(
	typed.OnExecute(mint),
	typed.OnExecute(transfer),
	typed.OnQuery(balanceOf),
)

func mint(c *typed.Call, m Mint) error {
	return balances.Update(c.State, m.To, func(b *uint64) error { *b += m.Amount; return nil })
}

func transfer(c *typed.Call, m Transfer) error {
	from, _ := balances.Get(c.State, c.Sender)
	if from < m.Amount {
		return actor.Errorf("insufficient_funds", "%s has %d, needs %d", c.Sender, from, m.Amount)
	}
	balances.Set(c.State, c.Sender, from-m.Amount)
	to, _ := balances.Get(c.State, m.To)
	balances.Set(c.State, m.To, to+m.Amount)
	c.Emit("transfer", "to", m.To, "amount", m.Amount)
	return c.Return(from - m.Amount)
}

func balanceOf(v *typed.View, q BalanceOf) (uint64, error) {
	n, _ := balances.Get(v.State, q.Who)
	return n, nil
}

// A handler is tested without any host: an Env with a state in memory is enough.
func ExampleNew() {
	ctx := context.Background()
	env := &actor.Env{Self: "currency", Sender: "alice", State: &actor.MemState{}}

	currency.Execute(ctx, env, actor.Message{Body: typed.Encode(Mint{To: "alice", Amount: 100})})
	res, err := currency.Execute(ctx, env, actor.Message{Body: []byte(`{"transfer": {"to": "bob", "amount": 30}}`)})
	left, _ := typed.Decode[uint64](res.Data)
	fmt.Println(left, res.Events[0].Attributes, err)

	_, err = currency.Execute(ctx, env, actor.Message{Body: typed.Encode(Transfer{To: "bob", Amount: 300})})
	fmt.Println(err)

	for who, balance := range balances.All(env.State) {
		fmt.Println(who, balance)
	}
	// Output:
	// 70 [{to bob} {amount 30}] <nil>
	// insufficient_funds: alice has 70, needs 300
	// alice 70
	// bob 30
}

func ExampleActor_Execute_errors() {
	env := &actor.Env{Sender: "alice", State: &actor.MemState{}}
	for _, body := range []string{
		`{"transfre": {}}`,
		`{"transfer": {"to": "bob", "amount": "5"}}`,
		`{"transfer": {"to": "bob", "amuont": 5}}`,
		`{"transfer": {"to": "bob", "amount": -5}}`,
		`{"transfer": {"to": "bob", "amount": 5`,
	} {
		_, err := currency.Execute(context.Background(), env, actor.Message{Body: []byte(body)})
		fmt.Println(err)
	}
	// Output:
	// unknown_message: no execute message "transfre"; known are mint, transfer
	// malformed: transfer.amount: expected an unsigned integer, found text
	// malformed: transfer: unknown field "amuont"; known are amount, to
	// malformed: transfer.amount: the integer is out of range for uint64
	// malformed: transfer: byte 38: the text ends too early
}

// Order buys something: it pays by a sub-message and remembers the order in its payload.
type Order struct {
	Item  string `json:"item"`
	Price uint64 `json:"price"`
}

// paid is the ID of replies to payments.
const paid = 1

var shop = typed.New(
	typed.OnExecute(func(c *typed.Call, m Order) error {
		c.Execute("currency", Transfer{To: "shop", Amount: m.Price}).Always(paid).Payload(m)
		return nil
	}),
	typed.OnReply(paid, func(c *typed.Call, r *typed.Reply[Order]) error {
		if r.Err != nil {
			c.Emit("declined", "item", r.Payload.Item, "why", r.Err.Code)
			return nil
		}
		left, err := typed.Decode[uint64](r.Data)
		if err != nil {
			return err
		}
		return c.Return(fmt.Sprintf("%s is yours, %d left", r.Payload.Item, left))
	}),
)

func ExampleOnReply() {
	ctx := context.Background()
	env := &actor.Env{Self: "shop", Sender: "alice", State: &actor.MemState{}}
	res, _ := shop.Execute(ctx, env, actor.Message{Body: typed.Encode(Order{Item: "lamp", Price: 30})})
	sub := res.Messages[0]
	body, _ := typed.ToJSON(sub.Msg.Body)
	fmt.Println(sub.Msg.To, string(body), sub.ReplyOn)

	res, _ = shop.Reply(ctx, env, actor.Reply{ID: sub.ID, Payload: sub.Payload, Data: typed.EncodeValue(uint64(70))})
	text, _ := typed.Decode[string](res.Data)
	fmt.Println(text)

	res, _ = shop.Reply(ctx, env, actor.Reply{ID: sub.ID, Payload: sub.Payload, Err: &actor.Error{Code: "insufficient_funds"}})
	fmt.Println(res.Events[0].Type, res.Events[0].Attributes)
	// Output:
	// currency {"transfer":{"amount":30,"to":"shop"}} always
	// lamp is yours, 70 left
	// declined [{item lamp} {why insufficient_funds}]
}

// fakeHost answers queries by the currency of the examples.
type fakeHost struct {
	actor.Services
	state actor.State
}

func (h fakeHost) Query(ctx context.Context, to actor.Address, body []byte) ([]byte, error) {
	return currency.Query(ctx, &actor.View{Self: to, State: h.state}, body)
}

func ExampleAsk() {
	type Rich struct {
		Of    actor.Address `json:"of"`
		Limit uint64        `json:"limit"`
	}
	bank := typed.New(typed.OnQuery(func(v *typed.View, q Rich) (bool, error) {
		n, err := typed.Ask[uint64](v, "currency", BalanceOf{Who: q.Of})
		return n >= q.Limit, err
	}))

	state := &actor.MemState{}
	balances.Set(state, "alice", 5000)
	view := &actor.View{State: &actor.MemState{}, Services: fakeHost{state: state}}
	data, err := bank.Query(context.Background(), view, typed.Encode(Rich{Of: "alice", Limit: 1000}))
	rich, _ := typed.Decode[bool](data)
	fmt.Println(rich, err)
	// Output: true <nil>
}

func ExampleVirtual() {
	type Init struct {
		Owner actor.Address `json:"owner"`
	}
	owner := typed.NewValue[actor.Address]("owner")
	setup := typed.OnInstantiate(func(c *typed.Call, m Init) error {
		if m.Owner == "" {
			m.Owner = c.Sender
		}
		owner.Set(c.State, m.Owner)
		return nil
	})
	env := &actor.Env{Sender: "alice", State: &actor.MemState{}}

	_, err := typed.New(setup).Instantiate(context.Background(), env, actor.Message{})
	fmt.Println(errors.Is(err, &actor.Error{Code: actor.CodeMalformed}))

	_, err = typed.New(setup, typed.Virtual()).Instantiate(context.Background(), env, actor.Message{})
	fmt.Println(owner.Or(env.State, "nobody"), err)
	// Output:
	// true
	// alice <nil>
}

func ExampleUnder() {
	allowances := typed.NewMap[typed.Pair[actor.Address, uint64], string]("allowances")
	state := &actor.MemState{}
	allowances.Set(state, typed.Join(actor.Address("alice"), uint64(7)), "seven")
	allowances.Set(state, typed.Join(actor.Address("alice"), uint64(42)), "forty-two")
	allowances.Set(state, typed.Join(actor.Address("bob"), uint64(1)), "one")

	for n, word := range typed.Under(allowances, "alice").All(state) {
		fmt.Println(n, word)
	}
	for key := range state.Range(nil, nil, actor.Descending) {
		fmt.Printf("%q\n", key)
	}
	// Output:
	// 7 seven
	// 42 forty-two
	// "allowances/bob\x00a1"
	// "allowances/alice\x00b42"
	// "allowances/alice\x00a7"
}

func ExampleMap_Range() {
	orders := typed.NewMap[uint64, string]("orders")
	ids := typed.NewCounter("last_order")
	state := &actor.MemState{}
	for _, item := range []string{"lamp", "table", "chair"} {
		orders.Set(state, ids.Next(state), item)
	}
	for id, item := range orders.Range(state, new(uint64(2)), nil, actor.Descending) {
		fmt.Println(id, item)
	}
	// Output:
	// 3 chair
	// 2 table
}

func ExampleSet() {
	members := typed.NewSet[actor.Address]("members")
	state := &actor.MemState{}
	fmt.Println(members.Add(state, "bob"), members.Add(state, "bob"), members.Add(state, "alice"))
	for who := range members.All(state) {
		fmt.Println(who)
	}
	// Output:
	// true false true
	// alice
	// bob
}

func ExampleToJSON() {
	data := typed.EncodeValue(struct {
		Hash []byte  `json:"hash"`
		N    uint64  `json:"n"`
		Rate float64 `json:"rate"`
	}{[]byte("\x01\x02"), 1<<64 - 1, 1})
	json, err := typed.ToJSON(data)
	fmt.Println(string(json), err)
	// Output: {"hash":"AQI=","n":18446744073709551615,"rate":1.0} <nil>
}

func ExampleFromJSON() {
	data, err := typed.FromJSON([]byte(`{"b": 1, "a": [1.5, null, "x"]}`))
	fmt.Printf("%x %v\n", data, err)
	_, err = typed.FromJSON([]byte(`{"a": 1, "a": 2}`))
	fmt.Println(err)
	// Output:
	// a2616183f93e00f66178616201 <nil>
	// malformed: json: the key "a" appears twice
}

func ExampleActor_Describe() {
	for _, m := range currency.Describe().Messages {
		fmt.Print(m.Kind, " ", m.Name)
		for _, f := range m.Fields {
			fmt.Print(" ", f.Name, ":", f.Type)
		}
		if m.Returns != nil {
			fmt.Print(" → ", m.Returns.Type)
		}
		fmt.Println()
	}
	// Output:
	// execute mint to:text amount:uint64
	// execute transfer to:text amount:uint64
	// query balance_of who:text → uint64
}
