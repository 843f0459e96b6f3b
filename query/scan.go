package query

import (
	"bytes"
	"fmt"

	"github.com/troupe-run/troupe/runtime/actor"
)

// A Range says which keys of an actor to list: those that begin with Prefix, and for which Start <= key < End. A nil
// bound is open.
type Range struct {
	Prefix     []byte
	Start, End []byte
	// Order is that of the keys, and of the pages. The zero value is ascending.
	Order actor.Order
	// Limit bounds the pairs of a page: DefaultLimit if zero, at most MaxLimit.
	Limit int
	// Token is that of the page before, empty for the first page. It works with the same actor, bounds and order only.
	Token string
}

// A Pair is a key and its value. They are copies and belong to the caller.
type Pair struct{ Key, Value []byte }

// A Page is a part of the pairs of a Range. It is one state; the next page is of the state that is then the latest. So
// a key that is there all the time is listed exactly once, and one that comes or goes between two pages may be missed or
// listed. Who needs all pages to be of one state compares their sequences.
type Page struct {
	Pairs []Pair
	// Token asks for the next page. It is empty if there was none.
	Token string
	// Sequence is the last transaction that the page counts in.
	Sequence uint64
}

// Scan lists keys of an actor in order. Nobody at the address is an error as in Get. A Token that does not belong to the
// request is ErrToken.
func (r *Router) Scan(to actor.Address, rg Range) (Page, error) {
	if rg.Order > actor.Descending {
		return Page{}, fmt.Errorf("query: there is no order %d", rg.Order)
	}
	w := walk{limit: limited(rg.Limit), request: request{
		what: "keys", partition: uint16(r.partition), actor: to, order: rg.Order, lower: rg.lower(), upper: rg.upper(),
	}}
	if err := w.resume(rg.Token); err != nil {
		return Page{}, err
	}
	number, known := r.names.number(to) // before the view, see Get
	v, err := r.view()
	if err != nil {
		return Page{}, err
	}
	defer v.Release()
	page := Page{Sequence: v.Head.Sequence}
	if !known {
		if number, known, err = r.find(v, to); err != nil {
			return Page{}, err
		} else if !known {
			return page, nil
		}
	}
	w.prefix = r.partition.AppendStatePrefix(nil, number)
	page.Token, err = w.run(v, func(key, value []byte) error {
		b := append(append(make([]byte, 0, len(key)+len(value)), key...), value...)
		page.Pairs = append(page.Pairs, Pair{Key: b[:len(key):len(key)], Value: b[len(key):]})
		return nil
	})
	if err != nil {
		return Page{}, err
	}
	return page, nil
}

func (rg *Range) lower() []byte {
	if bytes.Compare(rg.Start, rg.Prefix) > 0 {
		return rg.Start
	}
	return rg.Prefix
}

func (rg *Range) upper() []byte {
	end := actor.PrefixEnd(rg.Prefix)
	if rg.End != nil && (end == nil || bytes.Compare(rg.End, end) < 0) {
		return rg.End
	}
	return end
}
