//go:build cgo

package hostile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/CosmWasm/wasmvm/v3/types"

	"github.com/troupe-run/troupe/bench/conformance/machine"
)

// host is a machine.Host that writes down what it is asked, and answers in ways that try how answers are passed on.
type host struct {
	rows map[string][]byte
	log  []string
}

func newHost() *host {
	return &host{rows: map[string][]byte{
		"a": []byte("1"), "b": []byte("22"), "c": {}, "ant": []byte("insect"), "x": []byte("xx"), "xx": bytes.Repeat([]byte{7}, 1000),
	}}
}

func (h *host) note(format string, args ...any) { h.log = append(h.log, fmt.Sprintf(format, args...)) }

// Get implements machine.Host.
func (h *host) Get(key []byte) ([]byte, uint64) {
	h.note("get %q", key)
	return h.rows[string(key)], 99_001 + uint64(len(key))
}

// Set implements machine.Host.
func (h *host) Set(key, value []byte) (uint64, error) {
	h.note("set %q %q", key, value)
	h.rows[string(key)] = value
	return 187_000, nil
}

// Remove implements machine.Host.
func (h *host) Remove(key []byte) uint64 {
	h.note("remove %q", key)
	delete(h.rows, string(key))
	return 142_000
}

// Scan implements machine.Host.
func (h *host) Scan(start, end []byte, descending bool) (machine.Cursor, uint64) {
	h.note("scan %q %t %q %t %t", start, start == nil, end, end == nil, descending)
	c := &cursor{}
	for _, key := range slices.Sorted(maps.Keys(h.rows)) {
		if (start == nil || key >= string(start)) && (end == nil || key < string(end)) {
			c.rows = append(c.rows, [2][]byte{[]byte(key), h.rows[key]})
		}
	}
	if descending {
		slices.Reverse(c.rows)
	}
	return c, 261_000
}

type cursor struct{ rows [][2][]byte }

func (c *cursor) Valid() bool              { return len(c.rows) > 0 }
func (c *cursor) Row() (key, value []byte) { return c.rows[0][0], c.rows[0][1] }
func (c *cursor) Next() uint64             { c.rows = c.rows[1:]; return 31_000 }
func (c *cursor) Close()                   {}

// Query implements machine.Host.
func (h *host) Query(request types.QueryRequest, limit uint64) ([]byte, uint64, error) {
	b, err := json.Marshal(request)
	if err != nil {
		return nil, 0, err
	}
	h.note("query %s %d", b, limit)
	switch len(b) % 5 {
	case 0:
		return []byte(`{"x":1}`), 1000, nil
	case 1:
		return nil, 1000, types.NoSuchContract{Addr: "a<b>&\u2028\x01\"\\é"}
	case 2:
		return nil, 1000, types.UnsupportedRequest{Kind: "<kind>\n\t\b\f"}
	case 3:
		return nil, 1000, fmt.Errorf("an error <&> \x7f %q", b)
	}
	return []byte{}, 1000, nil
}

// Canonicalize implements machine.Host: an address is canonical backwards.
func (h *host) Canonicalize(human string) ([]byte, uint64, error) {
	h.note("canonicalize %q", human)
	if len(human) > 40 {
		return nil, 440, errors.New("too long \xff" + strings.Repeat("é", 5000))
	}
	b := []byte(human)
	slices.Reverse(b)
	return b, 440, nil
}

// Humanize implements machine.Host.
func (h *host) Humanize(canonical []byte) (string, uint64, error) {
	h.note("humanize %q", canonical)
	if len(canonical)%7 == 3 {
		return "", 550, errors.New("odd")
	}
	b := slices.Clone(canonical)
	slices.Reverse(b)
	return string(b), 550, nil
}

// Validate implements machine.Host.
func (h *host) Validate(human string) (uint64, error) {
	h.note("validate %q", human)
	if human != strings.ToLower(human) {
		return 990, errors.New("not normalized")
	}
	return 990, nil
}
