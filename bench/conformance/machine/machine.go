// Package machine says what the two virtual machines that are compared have in common: bytes in, bytes out, gas.
package machine

import (
	"errors"

	"github.com/CosmWasm/wasmvm/v3/types"
)

// ErrOutOfGas is the reason of a call that used more gas than it had.
var ErrOutOfGas = errors.New("out of gas")

// A Machine runs contracts. It may be used by several goroutines.
type Machine interface {
	Name() string
	// Store takes code as a chain does, and makes it ready to be called without delay.
	Store(code []byte) (Code, error)
	// Check says what Store would say of the code, without taking it.
	Check(code []byte) error
	Run(code Code, call *Call) Outcome
	Close() error
}

// Code is what a machine knows a stored contract by.
type Code any

// Call is one entry into a contract.
type Call struct {
	Entry string   // instantiate, execute, migrate, sudo, reply, query, ibc_...
	Args  [][]byte // as the contract sees them: env, info, msg, ...
	Gas   uint64   // limit, in the gas of the VM
	Host  Host
}

// Outcome is all that can be observed of a call from outside.
type Outcome struct {
	Result         []byte // what the contract returned; nil if Err is set
	Used, External uint64 // gas of the VM itself, and gas that the host charged
	Left           uint64
	Err            error // ErrOutOfGas is in its chain if that was the reason
}

// Host is what a call sees of the world. All gas is that of the VM.
type Host interface {
	Get(key []byte) (value []byte, gas uint64)
	Set(key, value []byte) (gas uint64, err error)
	Remove(key []byte) (gas uint64)
	Scan(start, end []byte, descending bool) (Cursor, uint64)
	Query(request types.QueryRequest, limit uint64) (answer []byte, gas uint64, err error)
	Canonicalize(human string) ([]byte, uint64, error)
	Humanize(canonical []byte) (string, uint64, error)
	Validate(human string) (uint64, error)
}

// Cursor walks over rows as they were when it was made.
type Cursor interface {
	Valid() bool
	Row() (key, value []byte)
	Next() (gas uint64) // the price of the row that is left
	Close()
}
