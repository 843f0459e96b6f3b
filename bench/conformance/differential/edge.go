package differential

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/CosmWasm/wasmvm/v3/types"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// The edge of a contract is JSON. wasmvm has Go types for it; Troupe has package wire. Each must encode and understand the
// same, so each call is looked at twice.

// encoded says where wire encodes what a call begins with in another way.
func encoded(entry string, env types.Env, info types.MessageInfo, args [][]byte) (differences []string) {
	e := wire.Env{
		Block:    wire.BlockInfo{Height: env.Block.Height, Time: uint64(env.Block.Time), ChainID: env.Block.ChainID},
		Contract: wire.ContractInfo{Address: env.Contract.Address},
	}
	if t := env.Transaction; t != nil {
		e.Transaction = &wire.TransactionInfo{Index: t.Index, Hash: t.Hash}
	}
	if got := wire.AppendEnv(nil, &e); !bytes.Equal(got, args[0]) {
		differences = append(differences, fmt.Sprintf("env: wasmvm %s, wire %s", args[0], got))
	}
	if entry != "instantiate" && entry != "execute" {
		return differences
	}
	i := wire.Info{Sender: info.Sender}
	for _, c := range info.Funds {
		i.Funds = append(i.Funds, wire.Coin{Denom: c.Denom, Amount: c.Amount})
	}
	if got := wire.AppendInfo(nil, &i); !bytes.Equal(got, args[1]) {
		differences = append(differences, fmt.Sprintf("info: wasmvm %s, wire %s", args[1], got))
	}
	return differences
}

// understood says where wire understands an answer of a contract in another way.
func understood(entry string, answer []byte) []string {
	var want, got string
	switch {
	case entry == "query":
		var r types.QueryResult
		want = told(hidden(json.Unmarshal(answer, &r)), r.Err, r)
		s, err := wire.DecodeQueryResult(answer)
		got = told(hidden(err), s.Err, s)
	case strings.HasPrefix(entry, "ibc"):
		return nil // not a matter of wire
	default:
		var r types.ContractResult
		want = told(hidden(json.Unmarshal(answer, &r)), r.Err, r.Ok)
		s, err := wire.DecodeResult(answer)
		text, _ := s.Failed()
		got = told(hidden(err), text, s.Ok)
	}
	if want != got {
		return []string{fmt.Sprintf("the answer %s: wasmvm %s, wire %s", brief(string(answer)), brief(want), brief(got))}
	}
	return nil
}

// asked says where wire understands a query of a contract in another way.
func asked(request []byte) []string {
	var q types.QueryRequest
	want := told(json.Unmarshal(request, &q), "", q)
	r, failed := wire.DecodeQueryRequest(request)
	got := told(nil, "", r)
	if failed != nil {
		got = "error: "
		if failed.InvalidRequest != nil {
			got += failed.InvalidRequest.Err
		}
	}
	if want != got {
		return []string{fmt.Sprintf("the query %s: wasmvm %s, wire %s", brief(string(request)), brief(want), brief(got))}
	}
	return nil
}

// hidden drops the text of an error that no contract sees. It names the types of Go that it is about.
func hidden(err error) error {
	if err == nil {
		return nil
	}
	return errNotUnderstood
}

var errNotUnderstood = errors.New("it cannot be read")

// told is what was understood, in one form for both.
func told(err error, text string, v any) string {
	switch {
	case err != nil:
		return "error: " + err.Error()
	case text != "":
		return "refused: " + text
	}
	return string(encode(v))
}
