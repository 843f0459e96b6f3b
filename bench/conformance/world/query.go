package world

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/CosmWasm/wasmvm/v3/types"

	"github.com/troupe-run/troupe/bench/conformance/machine"
)

var errRedacted = errors.New("codespace: wasm, code: 29")

// query answers what a contract asks of the chain. Gas is that of contracts that were asked.
func (w *World) query(q types.QueryRequest, limit uint64, depth int) ([]byte, uint64, error) {
	switch {
	case q.Bank != nil:
		answer, err := w.queryBank(q.Bank)
		return answer, 0, err
	case q.Wasm != nil:
		return w.queryWasm(q.Wasm, limit, depth)
	case q.Custom != nil:
		answer, err := queryCustom(q.Custom)
		return answer, 0, err
	case q.Staking != nil:
		answer, err := w.queryStaking(q.Staking)
		return answer, 0, err
	case q.IBC != nil && q.IBC.PortID != nil:
		return encode(types.PortIDResponse{PortID: "wasm.here"}), 0, nil
	case q.IBC != nil:
		return nil, 0, types.UnsupportedRequest{Kind: "ibc"}
	case q.Stargate != nil, q.Grpc != nil:
		return nil, 0, types.UnsupportedRequest{Kind: "stargate"}
	case q.Distribution != nil:
		return nil, 0, types.UnsupportedRequest{Kind: "distribution"}
	}
	return nil, 0, types.Unknown{}
}

func (w *World) queryBank(q *types.BankQuery) ([]byte, error) {
	switch {
	case q.Balance != nil:
		return encode(types.BalanceResponse{Amount: coin(q.Balance.Denom, w.Balance(q.Balance.Address, q.Balance.Denom))}), nil
	case q.AllBalances != nil:
		var coins []types.Coin
		held := w.bank[q.AllBalances.Address]
		for _, denom := range slices.Sorted(maps.Keys(held)) {
			coins = append(coins, coin(denom, held[denom]))
		}
		return encode(types.AllBalancesResponse{Amount: coins}), nil
	case q.Supply != nil:
		var total uint64
		for _, held := range w.bank {
			total += held[q.Supply.Denom]
		}
		return encode(types.SupplyResponse{Amount: coin(q.Supply.Denom, total)}), nil
	}
	return nil, types.UnsupportedRequest{Kind: "unknown BankQuery variant"}
}

func coin(denom string, amount uint64) types.Coin {
	return types.Coin{Denom: denom, Amount: strconv.FormatUint(amount, 10)}
}

func (w *World) queryWasm(q *types.WasmQuery, limit uint64, depth int) ([]byte, uint64, error) {
	switch {
	case q.Smart != nil:
		return w.smart(q.Smart.ContractAddr, q.Smart.Msg, limit, depth)
	case q.Raw != nil:
		c := w.contracts[q.Raw.ContractAddr]
		if c == nil {
			return nil, 0, types.NoSuchContract{Addr: q.Raw.ContractAddr}
		}
		return c.Store.Get(q.Raw.Key), 0, nil
	case q.CodeInfo != nil:
		return nil, 0, types.NoSuchCode{CodeID: q.CodeInfo.CodeID}
	case q.ContractInfo != nil:
		c := w.contracts[q.ContractInfo.ContractAddr]
		if c == nil {
			return nil, 0, types.NoSuchContract{Addr: q.ContractInfo.ContractAddr}
		}
		return encode(types.ContractInfoResponse{CodeID: c.CodeID, Creator: c.Creator}), 0, nil
	}
	return nil, 0, types.UnsupportedRequest{Kind: "unknown WasmQuery variant"}
}

// smart has a contract answer, on the same machine.
func (w *World) smart(address string, msg []byte, limit uint64, depth int) ([]byte, uint64, error) {
	c := w.contracts[address]
	if c == nil {
		return nil, 0, types.NoSuchContract{Addr: address}
	}
	if depth > maxQueryDepth {
		return nil, 0, errors.New("codespace: wasm, code: 27")
	}
	h := &Host{world: w, store: c.Store, depth: depth, Silent: true}
	out := w.machine.Run(c.Code, &machine.Call{Entry: "query", Args: [][]byte{encode(w.Env(address, nil)), msg}, Gas: limit, Host: h})
	gas := out.Used + out.External
	if out.Err != nil {
		return nil, gas, errRedacted
	}
	var result types.QueryResult
	if err := json.Unmarshal(out.Result, &result); err != nil {
		return nil, gas, errRedacted
	}
	if result.Err != "" {
		return nil, gas, fmt.Errorf("%s: query wasm contract failed", result.Err)
	}
	return result.Ok, gas, nil
}

// queryCustom answers what the contract reflect asks.
func queryCustom(request json.RawMessage) ([]byte, error) {
	var q struct {
		Ping        *struct{}
		Capitalized *struct{ Text string }
	}
	if err := json.Unmarshal(request, &q); err != nil {
		return nil, errors.New("codespace: sdk, code: 18")
	}
	switch {
	case q.Ping != nil:
		return encode(map[string]string{"msg": "PONG"}), nil
	case q.Capitalized != nil:
		return encode(map[string]string{"msg": strings.ToUpper(q.Capitalized.Text)}), nil
	}
	return nil, types.UnsupportedRequest{} // a kind that is empty is left out of the JSON
}

// queryStaking answers a little, so that contracts that stake get on.
func (w *World) queryStaking(q *types.StakingQuery) ([]byte, error) {
	switch {
	case q.BondedDenom != nil:
		return encode(types.BondedDenomResponse{Denom: "ustake"}), nil
	case q.AllValidators != nil:
		return encode(types.AllValidatorsResponse{Validators: []types.Validator{validator}}), nil
	case q.Validator != nil:
		if q.Validator.Address != validator.Address {
			return encode(types.ValidatorResponse{}), nil
		}
		return encode(types.ValidatorResponse{Validator: &validator}), nil
	case q.AllDelegations != nil:
		return encode(types.AllDelegationsResponse{Delegations: types.Array[types.Delegation]{{
			Delegator: q.AllDelegations.Delegator, Validator: validator.Address, Amount: coin("ustake", w.Balance(q.AllDelegations.Delegator, "ustake")),
		}}}), nil
	}
	return nil, types.UnsupportedRequest{Kind: "unknown Staking variant"}
}

// Validator is the only one there is.
const Validator = "cosmosvaloper1the"

var validator = types.Validator{Address: Validator, Commission: "0.05", MaxCommission: "0.2", MaxChangeRate: "0.01"}
