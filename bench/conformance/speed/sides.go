package speed

import (
	"context"
	"encoding/json"
	"fmt"

	wasmvm "github.com/CosmWasm/wasmvm/v3"
	"github.com/CosmWasm/wasmvm/v3/types"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

const (
	height  = 12_345
	seconds = 1_571_797_419_879_305_533
	chainID = "conformance-1"
	plenty  = 500_000_000_000_000
)

// A request is one call of the contract. Entry is instantiate, execute or query.
type request struct {
	entry, sender string
	msg           []byte
}

// A side calls one contract again and again. It belongs to one goroutine.
type side interface {
	call(r *request) error
}

// reference is wasmvm as a chain uses it.
type reference struct {
	vm       *wasmvm.VM
	checksum wasmvm.Checksum
	store    overFFI
	api      types.GoAPI
	env      types.Env
}

func newReference(v *wasmvm.VM, sum wasmvm.Checksum, index int) *reference {
	r := &reference{vm: v, checksum: sum, store: overFFI{chain: newChain()}, env: types.Env{
		Block:       types.BlockInfo{Height: height, Time: seconds, ChainID: chainID},
		Transaction: &types.TransactionInfo{Index: uint32(index)},
		Contract:    types.ContractInfo{Address: contract},
	}}
	r.api = r.store.api()
	return r
}

func (r *reference) call(q *request) error {
	r.env.Block.Height++
	free := types.UFraction{Numerator: 1, Denominator: 1}
	if q.entry == "query" {
		result, _, err := r.vm.Query(r.checksum, r.env, q.msg, &r.store, r.api, &r.store, &r.store, plenty, free)
		if err == nil && result.Err != "" {
			err = fmt.Errorf("refused: %s", result.Err)
		}
		return err
	}
	info := types.MessageInfo{Sender: q.sender}
	do := r.vm.Execute
	if q.entry == "instantiate" {
		do = r.vm.Instantiate
	}
	result, _, err := do(r.checksum, r.env, info, q.msg, &r.store, r.api, &r.store, &r.store, plenty, free)
	if err == nil && result.Ok == nil {
		err = fmt.Errorf("refused: %s", result.Err)
	}
	return err
}

// subject is Troupe.
type subject struct {
	contract  *vm.Contract
	chain     *chain
	env       wire.Env
	info      wire.Info
	text      []byte
	arguments [3][]byte
	run       vm.Call
}

func newSubject(c *vm.Contract, index int) *subject {
	return &subject{contract: c, chain: newChain(), env: wire.Env{
		Block:       wire.BlockInfo{Height: height, Time: seconds, ChainID: chainID},
		Transaction: &wire.TransactionInfo{Index: uint32(index)},
		Contract:    wire.ContractInfo{Address: contract},
	}}
}

func (s *subject) call(q *request) error {
	s.env.Block.Height++
	s.text = wire.AppendEnv(s.text[:0], &s.env)
	end := len(s.text)
	query := q.entry == "query"
	args := s.arguments[:2]
	if !query {
		s.info.Sender = q.sender
		s.text = wire.AppendInfo(s.text, &s.info)
		args = s.arguments[:3]
		args[1] = s.text[end:]
	}
	args[0], args[len(args)-1] = s.text[:end:end], q.msg
	s.run = vm.Call{Entry: q.entry, Args: args, ReadOnly: query, Gas: plenty, Host: s.chain}
	answer, _, err := s.contract.Run(context.Background(), &s.run)
	if err != nil {
		return err
	}
	if query {
		result, err := wire.DecodeQueryResult(answer)
		if err == nil && result.Err != "" {
			err = fmt.Errorf("refused: %s", result.Err)
		}
		return err
	}
	result, err := wire.DecodeResult(answer)
	if text, failed := result.Failed(); err == nil && failed {
		err = fmt.Errorf("refused: %s", text)
	}
	return err
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values can be encoded
	}
	return b
}
