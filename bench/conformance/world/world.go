// Package world is what contracts are run in: an in-memory store for each, a bank, and other contracts to query. Each
// machine gets a world of its own; worlds that were given the same calls are to stay equal.
package world

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/CosmWasm/wasmvm/v3/types"

	"github.com/troupe-run/troupe/bench/conformance/machine"
)

// maxQueryDepth bounds how deep contracts query one another (S26).
const maxQueryDepth = 10

// Addresses maps addresses as contracts store them to addresses as people write them.
type Addresses interface {
	Canonical(human string) ([]byte, error)
	Human(canonical []byte) (string, error)
}

// A World runs contracts on one machine.
type World struct {
	machine   machine.Machine
	addresses Addresses
	Block     types.BlockInfo
	contracts map[string]*Contract
	bank      map[string]map[string]uint64 // address, denom
}

// A Contract is code with an address and rows.
type Contract struct {
	Address string
	Code    machine.Code
	CodeID  uint64
	Creator string
	Store   *Store
}

// New returns an empty world.
func New(m machine.Machine, a Addresses) *World {
	return &World{
		machine: m, addresses: a, contracts: map[string]*Contract{}, bank: map[string]map[string]uint64{},
		Block: types.BlockInfo{Height: 12_345, Time: 1_571_797_419_879_305_533, ChainID: "conformance-1"},
	}
}

// Add puts a contract into the world, with an empty store. Its instantiate is a call like any other.
func (w *World) Add(address, creator string, code machine.Code, codeID uint64) {
	w.contracts[address] = &Contract{address, code, codeID, creator, NewStore()}
}

// Become gives a contract other code.
func (w *World) Become(address string, code machine.Code, codeID uint64) {
	c := w.contracts[address]
	c.Code, c.CodeID = code, codeID
}

// Code returns the code of a contract.
func (w *World) Code(address string) (machine.Code, uint64) {
	c := w.contracts[address]
	return c.Code, c.CodeID
}

// Remove takes a contract out.
func (w *World) Remove(address string) { delete(w.contracts, address) }

// Mint adds to a balance.
func (w *World) Mint(address, denom string, amount uint64) {
	if w.bank[address] == nil {
		w.bank[address] = map[string]uint64{}
	}
	w.bank[address][denom] += amount
}

// Send moves coins and reports whether they were there.
func (w *World) Send(from, to string, coins []types.Coin) bool {
	var amounts []uint64
	for _, c := range coins {
		n, err := strconv.ParseUint(c.Amount, 10, 64)
		if err != nil || w.bank[from][c.Denom] < n {
			return false
		}
		amounts = append(amounts, n)
	}
	for i, c := range coins {
		if w.bank[from][c.Denom] < amounts[i] {
			return false
		}
		w.bank[from][c.Denom] -= amounts[i]
		w.Mint(to, c.Denom, amounts[i])
	}
	return true
}

// Balance returns a balance.
func (w *World) Balance(address, denom string) uint64 { return w.bank[address][denom] }

// Host returns what a call of a contract sees.
func (w *World) Host(address string) *Host {
	return &Host{world: w, store: w.contracts[address].Store}
}

// A Step is one call and what came of it.
type Step struct {
	machine.Outcome
	Accesses []Access
	Requests [][]byte // queries as the contract wrote them; nil for wasmvm, which does not show them
	Changed  []Row
}

// Run calls a contract. What it writes is not kept before Commit, and gone after Rollback.
func (w *World) Run(address, entry string, args [][]byte, gas uint64) Step {
	h := w.Host(address)
	c := w.contracts[address]
	out := w.machine.Run(c.Code, &machine.Call{Entry: entry, Args: args, Gas: gas, Host: h})
	return Step{out, h.Accesses, h.Requests, c.Store.Changed()}
}

// Commit keeps what a contract wrote.
func (w *World) Commit(address string) { w.contracts[address].Store.Mark() }

// Rollback drops what a contract wrote since Commit.
func (w *World) Rollback(address string) { w.contracts[address].Store.Rollback() }

// Rows is the number of rows of a contract.
func (w *World) Rows(address string) int { return w.contracts[address].Store.Len() }

// Differs names a contract whose rows are not the same in both worlds, or returns "".
func (w *World) Differs(o *World) string {
	for _, address := range slices.Sorted(maps.Keys(w.contracts)) {
		if other := o.contracts[address]; other == nil || !other.Store.Equal(w.contracts[address].Store) {
			return address
		}
	}
	if len(w.contracts) != len(o.contracts) {
		return "contracts"
	}
	return ""
}

// Env is what a contract is told of the block.
func (w *World) Env(address string, tx *types.TransactionInfo) types.Env {
	return types.Env{Block: w.Block, Transaction: tx, Contract: types.ContractInfo{Address: address}}
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("world: %T cannot be encoded: %v", v, err)) // types of wasmvm and plain maps can
	}
	return b
}
