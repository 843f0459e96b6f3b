package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
)

// opening is what each account has in the beginning.
const opening = 1_000_000_000

// The messages of an account begin with one of these bytes, then eight bytes of an amount. A payment goes on with the
// address of who gets it.
const (
	msgPay     = 'p'
	msgReceive = 'r'
	msgOpen    = 'o'
)

var (
	balanceKey = []byte("balance")
	countKey   = []byte("count")
)

// account is a virtual actor with a balance and a count of what happened to it. Its bodies and values are binary, as
// those of an actor in which speed matters.
type account struct{}

// Execute implements actor.Actor.
func (account) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	if len(msg.Body) < 9 {
		return actor.Response{}, actor.Errorf(actor.CodeMalformed, "a message has 9 bytes at least")
	}
	amount := binary.BigEndian.Uint64(msg.Body[1:])
	balance := number(env.State, balanceKey)
	switch msg.Body[0] {
	case msgPay:
		if balance < amount {
			return actor.Response{}, actor.Errorf("insufficient_funds", "%s has %d", env.Self, balance)
		}
		put(env.State, balanceKey, balance-amount)
		put(env.State, countKey, number(env.State, countKey)+1)
		to := actor.Address(msg.Body[9:])
		return actor.Response{Messages: []actor.SubMsg{{Msg: actor.Message{To: to, Body: amountBody(msgReceive, amount, "")}}}}, nil
	case msgReceive:
		put(env.State, balanceKey, balance+amount)
		put(env.State, countKey, number(env.State, countKey)+1)
		return actor.Response{}, nil
	case msgOpen:
		put(env.State, balanceKey, amount)
		put(env.State, countKey, 0)
		return actor.Response{}, nil
	}
	return actor.Response{}, actor.Errorf(actor.CodeUnknownMessage, "%q", msg.Body[0])
}

// Query implements actor.Querier. The answer is the balance.
func (account) Query(_ context.Context, view *actor.View, _ []byte) ([]byte, error) {
	v, _ := view.State.Get(balanceKey)
	return v, nil
}

func number(r actor.Reader, key []byte) uint64 {
	v, ok := r.Get(key)
	if !ok || len(v) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(v)
}

func put(s actor.State, key []byte, n uint64) {
	var v [8]byte
	binary.BigEndian.PutUint64(v[:], n)
	s.Set(key, v[:])
}

func amountBody(kind byte, amount uint64, to actor.Address) []byte {
	body := make([]byte, 9, 9+len(to))
	body[0] = kind
	binary.BigEndian.PutUint64(body[1:], amount)
	return append(body, to...)
}

// opener opens accounts, many in one transaction: from the number in the first eight bytes of the body up to the one in
// the next eight.
type opener struct{}

// setupBatch is how many accounts, or keys, one transaction makes.
const setupBatch = 1000

// Execute implements actor.Actor.
func (opener) Execute(_ context.Context, _ *actor.Env, msg actor.Message) (actor.Response, error) {
	if len(msg.Body) != 16 {
		return actor.Response{}, actor.Errorf(actor.CodeMalformed, "a message has 16 bytes")
	}
	var resp actor.Response
	for i := binary.BigEndian.Uint64(msg.Body); i < binary.BigEndian.Uint64(msg.Body[8:]); i++ {
		resp.Messages = append(resp.Messages, actor.SubMsg{Msg: actor.Message{
			To: accountAddress(int(i)), Body: amountBody(msgOpen, opening, ""),
		}})
	}
	return resp, nil
}

func accountAddress(i int) actor.Address { return actor.Address(fmt.Sprintf("account/%d", i)) }

// bank is the accounts of a run.
type bank struct {
	host      *runtime.Host
	addresses []actor.Address
	choose    chooser
}

// openBank opens all accounts.
func openBank(ctx context.Context, h *runtime.Host, c Config) (*bank, error) {
	b := &bank{host: h, addresses: make([]actor.Address, c.Keys), choose: newChooser(c.Keys, c.Zipf)}
	for i := range b.addresses {
		b.addresses[i] = accountAddress(i)
	}
	err := inBatches(c.Keys, func(from, to uint64) error {
		body := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, from), to)
		_, err := h.Send(ctx, "bench", actor.Message{To: "opener", Body: body})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open accounts: %w", err)
	}
	return b, nil
}

// inBatches calls do for the numbers below n, from one up to another.
func inBatches(n int, do func(from, to uint64) error) error {
	for from := 0; from < n; from += setupBatch {
		if err := do(uint64(from), uint64(min(from+setupBatch, n))); err != nil {
			return err
		}
	}
	return nil
}

// transfer is a payment of 1 between two accounts.
func (b *bank) transfer(rng *rand.Rand) actor.Message {
	from := b.choose.next(rng)
	return b.payment(from, b.other(rng, from))
}

// throughFirst is a payment of 1 between the first account and another, in turns to it and from it.
func (b *bank) throughFirst(rng *rand.Rand) actor.Message {
	i := b.other(rng, 0)
	if rng.Uint64()&1 == 0 {
		return b.payment(0, i)
	}
	return b.payment(i, 0)
}

func (b *bank) other(rng *rand.Rand, than int) int {
	for {
		if i := b.choose.next(rng); i != than {
			return i
		}
	}
}

func (b *bank) payment(from, to int) actor.Message {
	return actor.Message{To: b.addresses[from], Body: amountBody(msgPay, 1, b.addresses[to])}
}

// audit checks that no money was made or lost, and that the accounts counted each payment twice.
func (b *bank) audit(payments uint64) error {
	var total, count uint64
	for _, a := range b.addresses {
		for key, sum := range map[string]*uint64{string(balanceKey): &total, string(countKey): &count} {
			v, _, err := b.host.Get(a, []byte(key))
			if err != nil {
				return fmt.Errorf("audit: %w", err)
			}
			if len(v) == 8 {
				*sum += binary.BigEndian.Uint64(v)
			}
		}
	}
	if want := opening * uint64(len(b.addresses)); total != want {
		return fmt.Errorf("the balances were %d in total and are %d: money was made or lost", want, total)
	}
	if count != 2*payments {
		return fmt.Errorf("%d payments were answered, the accounts counted %d sides of them, not twice as many", payments, count)
	}
	return nil
}
