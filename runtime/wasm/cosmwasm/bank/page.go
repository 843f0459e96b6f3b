package bank

import (
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// pageSize is how much of a list there is in an answer if nobody says.
const pageSize = 100

// paginate calls visit with what stands behind the prefix, page by page as chains do: from page.Key on, which is itself
// a part of the page, at most page.Limit of them. It returns the key that the next page begins with, nil at the end.
func paginate(state actor.Reader, prefix []byte, page *wire.PageRequest, visit func(name string, value []byte) error) (next []byte, err error) {
	if page == nil {
		page = &wire.PageRequest{}
	}
	limit := page.Limit
	if limit == 0 {
		limit = pageSize
	}
	start, end, order := prefix, actor.PrefixEnd(prefix), actor.Ascending
	if from := append(prefix[:len(prefix):len(prefix)], page.Key...); page.Reverse {
		order = actor.Descending
		if len(page.Key) > 0 {
			end = behind(state, from, end)
		}
	} else {
		start = from
	}
	for k, v := range state.Range(start, end, order) {
		name := k[len(prefix):]
		if limit == 0 {
			return append([]byte{}, name...), nil
		}
		limit--
		if err := visit(string(name), v); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// behind returns the end of a range that has the first key from one on as its last, and end if there is none: a page in
// descending order begins with it.
func behind(state actor.Reader, from, end []byte) []byte {
	for k := range state.Range(from, end, actor.Ascending) {
		return append(append([]byte{}, k...), 0)
	}
	return end
}
