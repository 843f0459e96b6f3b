package vm_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

// world is a Host with a store in memory. Addresses are lower case, and canonical if they are written backwards. What
// costs nothing in price costs nothing.
type world struct {
	store    map[string]string
	price    map[string]uint64 // by method
	fail     map[string]error  // by method
	readOnly bool
	answer   string // of queries
	asked    []string
	limits   []uint64
	printed  []string
	open     int // iterators
}

func newWorld() *world {
	return &world{store: map[string]string{}, price: map[string]uint64{}, fail: map[string]error{}}
}

func (w *world) print(text string) { w.printed = append(w.printed, text) }

func (w *world) Get(key []byte) ([]byte, uint64, error) {
	value, ok := w.store[string(key)]
	if !ok || w.fail["get"] != nil {
		return nil, w.price["get"], w.fail["get"]
	}
	return []byte(value), w.price["get"], nil
}

func (w *world) Set(key, value []byte) (uint64, error) {
	w.store[string(key)] = string(value)
	return w.price["set"], w.fail["set"]
}

func (w *world) Remove(key []byte) (uint64, error) {
	delete(w.store, string(key))
	return w.price["remove"], w.fail["remove"]
}

func (w *world) Scan(start, end []byte, down bool) (vm.Iterator, uint64, error) {
	if err := w.fail["scan"]; err != nil {
		return nil, w.price["scan"], err
	}
	it := &pairs{world: w}
	for _, key := range slices.Sorted(maps.Keys(w.store)) {
		if (start == nil || bytes.Compare([]byte(key), start) >= 0) && (end == nil || bytes.Compare([]byte(key), end) < 0) {
			it.list = append(it.list, [2]string{key, w.store[key]})
		}
	}
	if down {
		slices.Reverse(it.list)
	}
	w.open++
	return it, w.price["scan"], nil
}

type pairs struct {
	world *world
	list  [][2]string
	over  bool
}

func (p *pairs) Next() (key, value []byte, ok bool, gas uint64, err error) {
	if p.over {
		panic("an iterator was asked again after its end")
	}
	if err := p.world.fail["next"]; err != nil {
		return nil, nil, false, p.world.price["next"], err
	}
	if len(p.list) == 0 {
		p.over = true
		return nil, nil, false, 0, nil
	}
	pair := p.list[0]
	p.list = p.list[1:]
	return []byte(pair[0]), []byte(pair[1]), true, p.world.price["next"], nil
}

func (p *pairs) Close() { p.world.open-- }

func (w *world) Query(request []byte, limit uint64) ([]byte, uint64, error) {
	w.asked = append(w.asked, string(request))
	w.limits = append(w.limits, limit)
	return []byte(w.answer), w.price["query"], w.fail["query"]
}

func (w *world) Canonicalize(human string) ([]byte, uint64, error) {
	if err := w.fail["canonicalize"]; err != nil {
		return nil, w.price["canonicalize"], err
	}
	return reversed(human), w.price["canonicalize"], nil
}

func (w *world) Humanize(canonical []byte) (string, uint64, error) {
	if err := w.fail["humanize"]; err != nil {
		return "", w.price["humanize"], err
	}
	return string(reversed(string(canonical))), w.price["humanize"], nil
}

func reversed(s string) []byte {
	b := []byte(s)
	slices.Reverse(b)
	return b
}

func (w *world) Validate(human string) (uint64, error) {
	if err := w.fail["validate"]; err != nil {
		return w.price["validate"], err
	}
	switch {
	case len(human) < 3:
		return w.price["validate"], fmt.Errorf("wrapped: %w", &vm.UserError{Text: "human address too short"})
	case human != strings.ToLower(human):
		return w.price["validate"], &vm.UserError{Text: "address not normalized"}
	}
	return w.price["validate"], nil
}

var errHost = errors.New("the disk is on fire")
