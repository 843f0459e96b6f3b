package cosmwasm

import (
	"encoding/binary"
	"encoding/json"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// A CodeRecord is code that contracts can be made of.
type CodeRecord struct {
	Checksum wire.Checksum  `json:"checksum"`
	Module   actor.ModuleID `json:"module"`
	Creator  actor.Address  `json:"creator"`
	// MigrateVersion is what the code says of itself, if it does (S70).
	MigrateVersion *uint64 `json:"migrate_version,omitempty"`
	// IBC says that the code has the entry points for packets.
	IBC bool `json:"ibc,omitempty"`
	// Only, if not nil, are those who may make contracts of it: nobody if it is empty.
	Only []actor.Address `json:"only,omitzero"`
}

// A ContractRecord is a contract.
type ContractRecord struct {
	CodeID  uint64        `json:"code_id"`
	Creator actor.Address `json:"creator"`
	Admin   actor.Address `json:"admin,omitempty"`
	Label   string        `json:"label"`
	Created uint64        `json:"created"` // the sequence of the transaction
	History []HistoryItem `json:"history"`
}

// A HistoryItem is how a contract came to a code.
type HistoryItem struct {
	Operation string          `json:"operation"` // init or migrate
	CodeID    uint64          `json:"code_id"`
	Updated   uint64          `json:"updated"` // the sequence of the transaction
	Msg       json.RawMessage `json:"msg"`
}

// The keys of the keeper: a code, a contract, and the two sequences.
const (
	codeSpace     = "code/"
	contractSpace = "contract/"
	codeSequence  = "sequence/code"
	instances     = "sequence/instance"
)

func codeKey(id uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(codeSpace), id)
}

func contractKey(addr actor.Address) []byte { return append([]byte(contractSpace), addr...) }

// next returns the next number of a sequence, from 1.
func next(s actor.State, sequence string) uint64 {
	n := last(s, sequence) + 1
	s.Set([]byte(sequence), binary.BigEndian.AppendUint64(nil, n))
	return n
}

func last(s actor.Reader, sequence string) uint64 {
	b, ok := s.Get([]byte(sequence))
	if !ok || len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// A raw reads keys of the keeper: the keeper itself from its state, anybody else by raw queries.
type raw func(key []byte) ([]byte, bool)

func rawOf(state State) raw {
	return func(key []byte) ([]byte, bool) { return state.QueryRaw(KeeperAddress, key) }
}

func (r raw) code(id uint64) (*CodeRecord, bool) {
	c := new(CodeRecord)
	return c, r.read(codeKey(id), c)
}

func (r raw) contract(addr actor.Address) (*ContractRecord, bool) {
	c := new(ContractRecord)
	return c, r.read(contractKey(addr), c)
}

// read reports false for a record that is not there. There are none that the keeper has not written.
func (r raw) read(key []byte, into any) bool {
	b, ok := r(key)
	return ok && json.Unmarshal(b, into) == nil
}

func put(s actor.State, key []byte, record any) {
	b, err := json.Marshal(record)
	if err != nil {
		panic(err) // of fields that marshal always
	}
	s.Set(key, b)
}
