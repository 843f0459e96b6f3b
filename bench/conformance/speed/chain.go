package speed

import (
	"bytes"
	"maps"
	"slices"

	"github.com/CosmWasm/wasmvm/v3/types"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/address"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

const (
	prefix  = address.Prefix("cosmos")
	gasUnit = 140_000 // gas of the VM for one of a chain

	denom    = "ucosm"
	contract = "cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr"
)

// chain is the world of one contract, in memory. It serves Troupe's VM; overFFI serves wasmvm from the same rows.
type chain struct {
	rows    map[string][]byte
	balance string
}

var _ vm.Host = (*chain)(nil)

func newChain() *chain { return &chain{map[string][]byte{}, "1000000"} }

func priceOfGet(key, value []byte) uint64 {
	return uint64(1000+3*(33+len(key)+len(value))) * gasUnit
}

func priceOfSet(key, value []byte) uint64 {
	return uint64(2000+30*(33+len(key)+len(value))) * gasUnit
}

const priceOfRemove, priceOfQuery = 1000 * gasUnit, 1000 * gasUnit

// Get implements vm.Host.
func (c *chain) Get(key []byte) ([]byte, uint64, error) {
	value := c.rows[string(key)]
	return value, priceOfGet(key, value), nil
}

// Set implements vm.Host.
func (c *chain) Set(key, value []byte) (uint64, error) {
	c.rows[string(key)] = bytes.Clone(value)
	return priceOfSet(key, value), nil
}

// Remove implements vm.Host.
func (c *chain) Remove(key []byte) (uint64, error) {
	delete(c.rows, string(key))
	return priceOfRemove, nil
}

// Scan implements vm.Host.
func (c *chain) Scan(start, end []byte, descending bool) (vm.Iterator, uint64, error) {
	r := c.scan(start, end, descending)
	return r, r.price(), nil
}

// Query implements vm.Host: it knows balances, of whom ever they are asked for.
func (c *chain) Query(request []byte, _ uint64) ([]byte, uint64, error) {
	q, failed := wire.DecodeQueryRequest(request)
	result := wire.SystemResult{}
	switch {
	case failed != nil:
		result.Err = failed
	case q.Bank != nil && q.Bank.Balance != nil:
		answer := wire.BalanceResponse{Amount: wire.Coin{Denom: q.Bank.Balance.Denom, Amount: c.balance}}
		result.Ok = &wire.QueryResult{Ok: wire.AppendBalanceResponse(nil, &answer)}
	case q.Bank != nil && q.Bank.AllBalances != nil:
		answer := wire.AllBalancesResponse{Amount: []wire.Coin{{Denom: denom, Amount: c.balance}}}
		result.Ok = &wire.QueryResult{Ok: wire.AppendAllBalancesResponse(nil, &answer)}
	default:
		result.Err = &wire.SystemError{UnsupportedRequest: &wire.UnsupportedRequest{Kind: "query"}}
	}
	return wire.AppendSystemResult(nil, &result), priceOfQuery, nil
}

// Canonicalize implements vm.Host.
func (c *chain) Canonicalize(human string) ([]byte, uint64, error) {
	canonical, err := prefix.Canonical(human)
	return canonical, 4 * gasUnit, ofUser(err)
}

// Humanize implements vm.Host.
func (c *chain) Humanize(canonical []byte) (string, uint64, error) {
	human, err := prefix.Human(canonical)
	return human, 5 * gasUnit, ofUser(err)
}

// Validate implements vm.Host.
func (c *chain) Validate(human string) (uint64, error) {
	return 9 * gasUnit, ofUser(prefix.Validate(human))
}

func ofUser(err error) error {
	if err == nil {
		return nil
	}
	return &vm.UserError{Text: err.Error()}
}

// scan returns the rows of a range.
func (c *chain) scan(start, end []byte, descending bool) *scanned {
	r := &scanned{chain: c}
	for _, key := range slices.Sorted(maps.Keys(c.rows)) {
		if (start == nil || key >= string(start)) && (end == nil || key < string(end)) {
			r.keys = append(r.keys, key)
		}
	}
	if descending {
		slices.Reverse(r.keys)
	}
	return r
}

type scanned struct {
	chain *chain
	keys  []string
}

func (r *scanned) price() uint64 {
	if len(r.keys) == 0 {
		return 30 * gasUnit
	}
	return uint64(30+3*(33+len(r.keys[0])+len(r.chain.rows[r.keys[0]]))) * gasUnit
}

// Next implements vm.Iterator.
func (r *scanned) Next() (key, value []byte, ok bool, gas uint64, err error) {
	if len(r.keys) == 0 {
		return nil, nil, false, 0, nil
	}
	gas = r.price()
	key, value = []byte(r.keys[0]), r.chain.rows[r.keys[0]]
	r.keys = r.keys[1:]
	return key, value, true, gas, nil
}

// Close implements vm.Iterator.
func (r *scanned) Close() {}

// overFFI shows the rows of a chain to wasmvm, and is its gas meter and its querier.
type overFFI struct {
	chain    *chain
	consumed uint64
}

var (
	_ types.KVStore = (*overFFI)(nil)
	_ types.Querier = (*overFFI)(nil)
)

func (s *overFFI) GasConsumed() uint64 { return s.consumed }

func (s *overFFI) Get(key []byte) []byte {
	value := s.chain.rows[string(key)]
	s.consumed += priceOfGet(key, value)
	return value
}

// Set keeps the value as it is: wasmvm has copied it.
func (s *overFFI) Set(key, value []byte) {
	s.chain.rows[string(key)] = value
	s.consumed += priceOfSet(key, value)
}

func (s *overFFI) Delete(key []byte) {
	delete(s.chain.rows, string(key))
	s.consumed += priceOfRemove
}

func (s *overFFI) Iterator(start, end []byte) types.Iterator { return s.scan(start, end, false) }

func (s *overFFI) ReverseIterator(start, end []byte) types.Iterator { return s.scan(start, end, true) }

func (s *overFFI) scan(start, end []byte, descending bool) types.Iterator {
	r := s.chain.scan(start, end, descending)
	s.consumed += r.price()
	return &iterator{r, s, start, end}
}

func (s *overFFI) Query(q types.QueryRequest, _ uint64) ([]byte, error) {
	s.consumed += priceOfQuery
	switch {
	case q.Bank != nil && q.Bank.Balance != nil:
		return encode(types.BalanceResponse{Amount: types.Coin{Denom: q.Bank.Balance.Denom, Amount: s.chain.balance}}), nil
	case q.Bank != nil && q.Bank.AllBalances != nil:
		return encode(types.AllBalancesResponse{Amount: []types.Coin{{Denom: denom, Amount: s.chain.balance}}}), nil
	}
	return nil, types.UnsupportedRequest{Kind: "query"}
}

func (s *overFFI) api() types.GoAPI {
	return types.GoAPI{
		HumanizeAddress: func(canonical []byte) (string, uint64, error) {
			human, err := prefix.Human(canonical)
			return human, 5 * gasUnit, err
		},
		CanonicalizeAddress: func(human string) ([]byte, uint64, error) {
			canonical, err := prefix.Canonical(human)
			return canonical, 4 * gasUnit, err
		},
		ValidateAddress: func(human string) (uint64, error) { return 9 * gasUnit, prefix.Validate(human) },
	}
}

type iterator struct {
	rows       *scanned
	store      *overFFI
	start, end []byte
}

func (it *iterator) Domain() ([]byte, []byte) { return it.start, it.end }
func (it *iterator) Valid() bool              { return len(it.rows.keys) > 0 }
func (it *iterator) Key() []byte              { return []byte(it.rows.keys[0]) }
func (it *iterator) Value() []byte            { return it.rows.chain.rows[it.rows.keys[0]] }
func (it *iterator) Error() error             { return nil }
func (it *iterator) Close() error             { return nil }

func (it *iterator) Next() {
	_, _, _, gas, _ := it.rows.Next()
	it.store.consumed += gas
}
