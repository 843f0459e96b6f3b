package actortest

import (
	"encoding/json"
	"fmt"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
	"github.com/troupe-run/troupe/state"
)

// These are for hosts with a chain: Options.Host.Chain, with the prices cosmwasm.Gas. Messages for contracts are JSON: a
// string or []byte as it stands, any other value as encoding/json has it.

// JSON returns the body of a message for a contract.
func JSON(v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return []byte("{}"), nil
	case []byte:
		return v, nil
	case string:
		return []byte(v), nil
	}
	return json.Marshal(v)
}

// Coins returns an amount of one coin.
func Coins(amount uint64, denom string) []actor.Coin {
	return []actor.Coin{{Denom: denom, Amount: fmt.Sprint(amount)}}
}

// Account returns the address of a user, which is made of a name.
func (h *Host) Account(name string) actor.Address {
	h.t.Helper()
	return h.chain().Account(name)
}

func (h *Host) chain() *cosmwasm.Chain {
	h.t.Helper()
	if h.world.Chain() == nil {
		h.t.Fatal("the host has no chain: Options.Host.Chain")
	}
	return h.world.Chain()
}

// StoreCode stores a contract as the module of that name, and returns the id of the code. If it cannot be, the test ends.
func (h *Host) StoreCode(name string, code []byte) (id uint64) {
	h.t.Helper()
	from := h.Account("operator")
	h.must(h.world.Use(func(host *runtime.Host) (err error) {
		id, err = host.StoreCode(h.t.Context(), from, name, code)
		return err
	}))
	return id
}

// A Birth is what a contract is made with. The zero value is a contract without admin and funds.
type Birth struct {
	Admin actor.Address
	Label string // "contract" if it is empty
	Funds []actor.Coin
	// Salt, if there is one, makes the address predictable, as instantiate2 does.
	Salt []byte
}

// Instantiate makes a contract of a code, and returns its address, and what came of the transaction. If the tree was
// rolled back there is no address, and the error is a *runtime.TxError.
func (h *Host) Instantiate(from actor.Address, code uint64, msg any, b *Birth) (actor.Address, *state.Receipt, error) {
	body, err := JSON(msg)
	if err != nil {
		return "", nil, err
	}
	if b == nil {
		b = new(Birth)
	}
	label := b.Label
	if label == "" {
		label = "contract"
	}
	order := cosmwasm.KeeperMsg{Instantiate: &wire.InstantiateMsg{CodeID: code, Msg: body, Funds: wireCoins(b.Funds), Label: label,
		Admin: string(b.Admin)}}
	if b.Salt != nil {
		order = cosmwasm.KeeperMsg{Instantiate2: &wire.Instantiate2Msg{CodeID: code, Msg: body, Funds: wireCoins(b.Funds), Label: label,
			Admin: string(b.Admin), Salt: b.Salt}}
	}
	r, err := h.keep(from, &order)
	if err != nil {
		return "", r, err
	}
	var kept cosmwasm.Kept
	if err := json.Unmarshal(r.Data, &kept); err != nil {
		return "", r, fmt.Errorf("actortest: the keeper of contracts answered %q: %w", r.Data, err)
	}
	return kept.Address, r, nil
}

// MustInstantiate is Instantiate for what must succeed: else the test ends.
func (h *Host) MustInstantiate(from actor.Address, code uint64, msg any, b *Birth) actor.Address {
	h.t.Helper()
	addr, _, err := h.Instantiate(from, code, msg, b)
	h.must(err)
	return addr
}

// Upgrade puts a contract on another code, as its admin.
func (h *Host) Upgrade(from, contract actor.Address, code uint64, msg any) (*state.Receipt, error) {
	body, err := JSON(msg)
	if err != nil {
		return nil, err
	}
	return h.keep(from, &cosmwasm.KeeperMsg{Migrate: &wire.MigrateMsg{ContractAddr: string(contract), NewCodeID: code, Msg: body}})
}

func (h *Host) keep(from actor.Address, msg *cosmwasm.KeeperMsg) (*state.Receipt, error) {
	body, err := json.Marshal(msg)
	if err != nil {
		return nil, err
	}
	return h.world.Send(h.t.Context(), from, actor.Message{To: cosmwasm.KeeperAddress, Body: body})
}

// Pay sends a message to a contract, with funds.
func (h *Host) Pay(from, to actor.Address, msg any, funds []actor.Coin) (*state.Receipt, error) {
	body, err := JSON(msg)
	if err != nil {
		return nil, err
	}
	return h.world.Send(h.t.Context(), from, actor.Message{To: to, Body: body, Funds: funds})
}

// Mint makes coins for an address. If it cannot, the test ends.
func (h *Host) Mint(to actor.Address, coins []actor.Coin) {
	h.t.Helper()
	body, err := json.Marshal(map[string]any{"mint": map[string]any{"to_address": to, "amount": wireCoins(coins)}})
	h.must(err)
	_, err = h.Do(dispatch.Request{Message: actor.Message{Kind: actor.KindSudo, To: cosmwasm.BankAddress, Body: body}})
	h.must(err)
}

// Balance returns how much of a coin an address has, in decimal digits. If it cannot be read, the test ends.
func (h *Host) Balance(of actor.Address, denom string) string {
	h.t.Helper()
	answer := AskJSON[wire.BalanceResponse](h, cosmwasm.BankAddress, &wire.BankQuery{Balance: &wire.BalanceQuery{Address: string(of), Denom: denom}})
	return answer.Amount.Amount
}

// AskJSON asks a contract and decodes the answer. If that fails, the test ends.
func AskJSON[A any](h *Host, to actor.Address, query any) (answer A) {
	h.t.Helper()
	body, err := JSON(query)
	h.must(err)
	data, err := h.Query(to, body)
	h.must(err)
	h.must(json.Unmarshal(data, &answer))
	return answer
}

func wireCoins(coins []actor.Coin) []wire.Coin {
	list := make([]wire.Coin, len(coins))
	for i, c := range coins {
		list[i] = wire.Coin(c)
	}
	return list
}
