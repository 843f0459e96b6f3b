package cosmwasm

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// Query implements vm.Host (S48 to S54).
func (k *call) Query(request []byte, gasLimit uint64) (answer []byte, gas uint64, err error) {
	// What the contract has used so far is paid first: the query has the rest.
	k.meter.settle(k.meter.used(gasLimit))
	before := k.meter.left()
	var result wire.SystemResult
	if data, failure := k.ask(request); failure == nil {
		result.Ok = &wire.QueryResult{Ok: data}
	} else if system := (*wire.SystemError)(nil); errors.As(failure, &system) {
		result.Err = system
	} else {
		result.Ok = &wire.QueryResult{Err: redact(actor.AsError(failure), k.native)}
	}
	k.answer = wire.AppendSystemResult(k.answer[:0], &result)
	return k.answer, k.meter.taken(before), nil
}

func (k *call) ask(request []byte) ([]byte, error) {
	q, bad := wire.DecodeQueryRequest(request)
	if bad != nil {
		return nil, bad
	}
	switch variant := q.Variant(); variant {
	case "bank":
		return k.askBank(q.Bank)
	case "wasm":
		return k.askWasm(q.Wasm)
	case "custom":
		if k.contract.chain.CustomQuery == nil {
			return nil, unsupported("custom")
		}
		return k.contract.chain.CustomQuery(k.ctx, k.services, q.Custom)
	case "":
		return nil, &wire.SystemError{Unknown: &wire.Unknown{}}
	case "stargate":
		return nil, unsupported("Stargate queries are disabled on this chain")
	case "grpc":
		return nil, unsupported("gRPC queries are disabled on this chain")
	default:
		return nil, unsupported(variant)
	}
}

func unsupported(kind string) error {
	return &wire.SystemError{UnsupportedRequest: &wire.UnsupportedRequest{Kind: kind}}
}

func (k *call) askBank(q *wire.BankQuery) ([]byte, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	if string(body) == "{}" {
		return nil, unsupported("unknown BankQuery variant")
	}
	return k.services.Query(k.ctx, BankAddress, body)
}

func (k *call) askWasm(q *wire.WasmQuery) ([]byte, error) {
	switch {
	case q.Smart != nil:
		return k.smart(q.Smart)
	case q.Raw != nil:
		to, err := k.asked(q.Raw.ContractAddr)
		if err != nil {
			return nil, err
		}
		value, _ := k.services.QueryRaw(to, q.Raw.Key) // S52
		return value, nil
	case q.ContractInfo != nil:
		return k.contractInfo(q.ContractInfo.ContractAddr)
	case q.CodeInfo != nil:
		return k.codeInfo(q.CodeInfo.CodeID)
	case q.RawRange != nil:
		return k.rawRange(q.RawRange)
	}
	return nil, unsupported("unknown WasmQuery variant")
}

// asked returns the address of whom a query is about.
func (k *call) asked(text string) (actor.Address, error) {
	addr, err := k.contract.chain.account(text)
	if err != nil {
		return "", actor.Errorf(actor.CodeInvalidAddress, "%s: invalid address", text)
	}
	return addr, nil
}

func (k *call) smart(q *wire.SmartQuery) ([]byte, error) {
	to, err := k.asked(q.ContractAddr)
	if err != nil {
		return nil, err
	}
	if !json.Valid(q.Msg) {
		return nil, actor.Errorf(CodeInvalid, "json msg: invalid")
	}
	data, err := k.services.Query(k.ctx, to, q.Msg)
	if e := actor.AsError(err); e != nil && e.Code == actor.CodeUnknownActor {
		return nil, noContract(string(to))
	}
	return data, err
}

func (k *call) codeInfo(id uint64) ([]byte, error) {
	if id == 0 {
		return nil, actor.Errorf(CodeEmpty, "code id: empty")
	}
	code, ok := rawOf(k.services).code(id)
	if !ok {
		return nil, &wire.SystemError{NoSuchCode: &wire.NoSuchCode{CodeID: id}}
	}
	return json.Marshal(&wire.CodeInfoResponse{CodeID: id, Creator: string(code.Creator), Checksum: code.Checksum})
}

func noContract(addr string) error {
	return &wire.SystemError{NoSuchContract: &wire.NoSuchContract{Addr: addr}}
}

// contractInfo answers about a contract. One that is being instantiated is not there yet to itself (S2). The ports of IBC
// are those that it would have on a chain.
func (k *call) contractInfo(text string) ([]byte, error) {
	addr, err := k.asked(text)
	if err != nil {
		return nil, err
	}
	keeper := rawOf(k.services)
	record, ok := keeper.contract(addr)
	if !ok || k.kind == actor.KindInstantiate && addr == k.self {
		return nil, noContract(text)
	}
	info := wire.ContractInfoResponse{CodeID: record.CodeID, Creator: string(record.Creator), Admin: string(record.Admin),
		IBC2Port: "wasm2" + strings.TrimPrefix(string(addr), string(k.contract.chain.prefix()))}
	if code, ok := keeper.code(record.CodeID); ok && code.IBC {
		info.IBCPort = "wasm." + string(addr)
	}
	return json.Marshal(&info)
}

// ranger are services that read a range of any actor's keys: dispatch does.
type ranger interface {
	// QueryRange returns up to limit pairs, and the key behind them, nil at the end.
	QueryRange(to actor.Address, start, end []byte, order actor.Order, limit int) (pairs [][2][]byte, next []byte)
}

// rawRange is rule S53.
func (k *call) rawRange(q *wire.RawRangeQuery) ([]byte, error) {
	services, ok := k.services.(ranger)
	if !ok {
		return nil, unsupported("raw_range")
	}
	to, err := k.asked(q.ContractAddr)
	if err != nil {
		return nil, err
	}
	var order actor.Order
	switch q.Order {
	case "ascending":
	case "descending":
		order = actor.Descending
	default:
		return nil, actor.Errorf(actor.CodeInvalidMessage, "unknown order %s: invalid request", q.Order)
	}
	pairs, next := services.QueryRange(to, q.Start, q.End, order, int(q.Limit))
	if k.meter.exact() {
		k.services.UseGas(uint64(1+len(pairs)) * gasPrefix)
	}
	answer := wire.RawRangeResponse{NextKey: next}
	for _, p := range pairs {
		answer.Data = append(answer.Data, wire.RawRangeEntry{Key: p[0], Value: p[1]})
	}
	return json.Marshal(&answer)
}
