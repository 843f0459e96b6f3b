package world

import (
	"errors"
	"fmt"

	"github.com/CosmWasm/wasmvm/v3/types"

	"github.com/troupe-run/troupe/bench/conformance/machine"
)

// gasUnit is how much gas of the VM one unit of a chain's gas is.
const gasUnit = 140_000

// What a chain asks for storage, addresses and queries (S61).
const (
	readFlat, readByte       = 1000 * gasUnit, 3 * gasUnit
	writeFlat, writeByte     = 2000 * gasUnit, 30 * gasUnit
	deleteFlat               = 1000 * gasUnit
	nextFlat, nextByte       = 30 * gasUnit, 3 * gasUnit
	keyPrefix                = 33 // bytes that a chain puts before each key
	humanizeCost             = 5 * gasUnit
	canonicalizeCost         = 4 * gasUnit
	validateCost             = 9 * gasUnit
	queryFlat, queryByteCost = 500 * gasUnit, gasUnit
)

var errEmptyKey = errors.New("key is nil or empty")

// Access is one thing that a contract asked of its host.
type Access struct {
	Op         string
	Key, Value []byte
	Gas        uint64
}

func (a Access) String() string {
	return fmt.Sprintf("%s %q %q gas %d", a.Op, a.Key, a.Value, a.Gas)
}

// A Host serves one call of one contract and writes down what it was asked.
type Host struct {
	world    *World
	store    *Store
	depth    int // of queries
	Accesses []Access
	Requests [][]byte // queries as the contract wrote them, from machines that show them
	Silent   bool     // nothing is written down
}

var _ machine.Host = (*Host)(nil)

func (h *Host) note(op string, key, value []byte, gas uint64) {
	if !h.Silent {
		h.Accesses = append(h.Accesses, Access{op, key, value, gas})
	}
}

// Asked is told of a query before it is understood, by machines that show it.
func (h *Host) Asked(request []byte) {
	if !h.Silent {
		h.Requests = append(h.Requests, request)
	}
}

// Get implements machine.Host.
func (h *Host) Get(key []byte) ([]byte, uint64) {
	value := h.store.Get(key)
	gas := uint64(readFlat + readByte*(keyPrefix+len(key)+len(value)))
	h.note("get", key, value, gas)
	return value, gas
}

// Set implements machine.Host. A write with an empty key is not written down: Troupe's VM refuses it before it asks.
func (h *Host) Set(key, value []byte) (uint64, error) {
	if len(key) == 0 {
		return 0, errEmptyKey
	}
	gas := uint64(writeFlat + writeByte*(keyPrefix+len(key)+len(value)))
	h.note("set", key, value, gas)
	h.store.Set(key, value)
	return gas, nil
}

// Remove implements machine.Host.
func (h *Host) Remove(key []byte) uint64 {
	h.note("remove", key, nil, deleteFlat)
	h.store.Remove(key)
	return deleteFlat
}

// Scan implements machine.Host.
func (h *Host) Scan(start, end []byte, descending bool) (machine.Cursor, uint64) {
	c := &cursor{host: h, rows: h.store.Scan(start, end, descending)}
	gas := uint64(nextFlat)
	if c.Valid() {
		gas = c.price()
	}
	op := "scan up"
	if descending {
		op = "scan down"
	}
	h.note(op, start, end, gas)
	return c, gas
}

type cursor struct {
	host *Host
	rows []Row
}

func (c *cursor) Valid() bool { return len(c.rows) > 0 }

func (c *cursor) Row() ([]byte, []byte) { return c.rows[0].Key, c.rows[0].Value }

func (c *cursor) price() uint64 {
	return uint64(nextFlat + nextByte*(keyPrefix+len(c.rows[0].Key)+len(c.rows[0].Value)))
}

func (c *cursor) Next() uint64 {
	gas := c.price()
	c.host.note("next", c.rows[0].Key, c.rows[0].Value, gas)
	c.rows = c.rows[1:]
	return gas
}

func (c *cursor) Close() { c.rows = nil }

// Canonicalize implements machine.Host.
func (h *Host) Canonicalize(human string) ([]byte, uint64, error) {
	canonical, err := h.world.addresses.Canonical(human)
	h.note("canonicalize", []byte(human), canonical, canonicalizeCost)
	return canonical, canonicalizeCost, err
}

// Humanize implements machine.Host.
func (h *Host) Humanize(canonical []byte) (string, uint64, error) {
	human, err := h.world.addresses.Human(canonical)
	h.note("humanize", canonical, []byte(human), humanizeCost)
	return human, humanizeCost, err
}

// Validate implements machine.Host.
func (h *Host) Validate(human string) (uint64, error) {
	gas := uint64(validateCost)
	canonical, err := h.world.addresses.Canonical(human)
	if err != nil {
		gas = canonicalizeCost
	} else if again, e := h.world.addresses.Human(canonical); e != nil || again != human {
		err = errors.New("address not normalized")
	}
	h.note("validate", []byte(human), nil, gas)
	return gas, err
}

// Query implements machine.Host.
func (h *Host) Query(request types.QueryRequest, limit uint64) ([]byte, uint64, error) {
	answer, gas, err := h.world.query(request, limit, h.depth+1)
	gas += queryFlat + queryByteCost*uint64(len(answer))
	if !h.Silent {
		text := ""
		if err != nil {
			text = err.Error()
		}
		h.note(fmt.Sprintf("query limit %d error %q", limit, text), encode(request), answer, gas)
	}
	return answer, gas, err
}
