package vm

import (
	"fmt"

	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// importModule is the module that all imports are in.
const importModule = "env"

// importFunc is what the host does for an import. It finds the arguments in slots, an i32 in the low half of its number,
// and leaves the result in the first. An error ends the guest.
type importFunc struct {
	name   string
	params int               // all of them i32
	result *binary.ValueType // nil: none
	do     func(r *run, slots []uint64) error
}

var (
	i32 = binary.I32
	i64 = binary.I64
)

// importFuncs are the imports that there are, in the order of the reference VM, which its errors list them in (S65).
var importFuncs = []importFunc{
	{"abort", 1, nil, (*run).abort},
	{"db_read", 1, &i32, (*run).dbRead},
	{"db_write", 2, nil, (*run).dbWrite},
	{"db_remove", 1, nil, (*run).dbRemove},
	{"addr_validate", 1, &i32, (*run).addrValidate},
	{"addr_canonicalize", 2, &i32, (*run).addrCanonicalize},
	{"addr_humanize", 2, &i32, (*run).addrHumanize},
	{"bls12_381_aggregate_g1", 2, &i32, (*run).aggregateG1},
	{"bls12_381_aggregate_g2", 2, &i32, (*run).aggregateG2},
	{"bls12_381_pairing_equality", 4, &i32, (*run).pairingEquality},
	{"bls12_381_hash_to_g1", 4, &i32, (*run).hashToG1},
	{"bls12_381_hash_to_g2", 4, &i32, (*run).hashToG2},
	{"secp256k1_verify", 3, &i32, (*run).secp256k1Verify},
	{"secp256k1_recover_pubkey", 3, &i64, (*run).secp256k1Recover},
	{"secp256r1_verify", 3, &i32, (*run).secp256r1Verify},
	{"secp256r1_recover_pubkey", 3, &i64, (*run).secp256r1Recover},
	{"ed25519_verify", 3, &i32, (*run).ed25519Verify},
	{"ed25519_batch_verify", 3, &i32, (*run).ed25519BatchVerify},
	{"debug", 1, nil, (*run).debug},
	{"query_chain", 1, &i32, (*run).queryChain},
	{"db_scan", 3, &i32, (*run).dbScan},
	{"db_next", 1, &i32, (*run).dbNext},
	{"db_next_key", 1, &i32, (*run).dbNextKey},
	{"db_next_value", 1, &i32, (*run).dbNextValue},
}

func (f *importFunc) signature() (params, results []binary.ValueType) {
	for range f.params {
		params = append(params, binary.I32)
	}
	if f.result != nil {
		results = append(results, *f.result)
	}
	return params, results
}

// hostFunctions returns the imports as the engine calls them.
func hostFunctions() []wasm.HostFunc {
	var list []wasm.HostFunc
	for i := range importFuncs {
		f := &importFuncs[i]
		params, results := f.signature()
		list = append(list, wasm.HostFunc{Module: importModule, Name: f.name, Params: params, Results: results,
			Func: func(guest *wasm.Call, slots []uint64) {
				r, ok := guest.User().(*run)
				if !ok {
					guest.Trap(&wasm.Refusal{Err: fmt.Errorf("%s was called before the contract was", f.name)})
				}
				if err := r.charge(gasHostCall); err != nil {
					guest.Trap(err)
				}
				if err := f.do(r, slots); err != nil {
					guest.Trap(err)
				}
			}})
	}
	return list
}

// asError makes an error of an *Error, which may be nil.
func asError(e *Error) error {
	if e == nil {
		return nil
	}
	return e
}
