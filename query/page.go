package query

import (
	"bytes"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// Bounds of one page. A page also ends before it has more than MaxPageBytes of keys and values, but has at least one
// element if there is one.
const (
	DefaultLimit = 100
	MaxLimit     = 10_000
	MaxPageBytes = 1 << 20
)

// limited fills in the default and cuts to the maximum.
func limited(limit int) int {
	if limit <= 0 {
		return DefaultLimit
	}
	return min(limit, MaxLimit)
}

// A walk is one page over the rows whose keys begin with prefix; the bounds of the request are relative to it.
type walk struct {
	request
	prefix []byte
	limit  int
	last   []byte // where the page before ended, nil for the first page
}

// resume takes over a token, empty for the first page.
func (w *walk) resume(text string) (err error) {
	if text == "" {
		return nil
	}
	w.last, err = w.open(text)
	if w.last == nil {
		w.last = []byte{}
	}
	return err
}

// run hands the rows of the page to add, which may not keep its arguments, and returns the token of the next page,
// empty if there is none. Keys are without the prefix.
func (w *walk) run(v *dispatch.View, add func(key, value []byte) error) (next string, err error) {
	lower, upper := w.full(w.lower), actor.PrefixEnd(w.prefix)
	if w.upper != nil {
		upper = w.full(w.upper)
	}
	if upper != nil && bytes.Compare(lower, upper) >= 0 {
		return "", nil
	}
	it, err := v.Iter(lower, upper)
	if err != nil {
		return "", hostError(err)
	}
	defer it.Close()
	var last []byte
	count, size := 0, 0
	for more := w.begin(it); more; more = w.step(it) {
		key, value := it.Key()[len(w.prefix):], it.Value()
		size += len(key) + len(value)
		if count == w.limit || count > 0 && size > MaxPageBytes {
			return w.token(last).String(), nil
		}
		if err := add(key, value); err != nil {
			return "", err
		}
		last = append(last[:0], key...)
		count++
	}
	return "", hostError(it.Err())
}

func (w *walk) full(key []byte) []byte {
	return append(append(make([]byte, 0, len(w.prefix)+len(key)+1), w.prefix...), key...)
}

func (w *walk) begin(it *state.Iter) bool {
	switch {
	case w.order == actor.Descending && w.last != nil:
		return it.SeekLT(w.full(w.last))
	case w.order == actor.Descending:
		return it.Last()
	case w.last != nil:
		return it.SeekGE(append(w.full(w.last), 0)) // the least key behind last
	}
	return it.First()
}

func (w *walk) step(it *state.Iter) bool {
	if w.order == actor.Descending {
		return it.Prev()
	}
	return it.Next()
}
