package capability

import (
	"context"
	"encoding/json"

	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
)

// A Question is what Address can be asked: JSON, of which one field is set. The answer is a list in JSON, in the order of the
// names and addresses, of at most a page. That to Decide is `{"permitted":true}`, or an error that says why not: see Case.Body.
type Question struct {
	Actors    *Page `json:"actors,omitempty"`    // a list of Actor
	Providers *Page `json:"providers,omitempty"` // of Provider
	Links     *Page `json:"links,omitempty"`     // of Link
	Trust     *Page `json:"trust,omitempty"`     // of Anchor
	Bans      *Page `json:"bans,omitempty"`      // of Ban
	Status    *Page `json:"status,omitempty"`    // of Status
	Decide    *Case `json:"decide,omitempty"`
}

// A Page says which part of a list is asked for.
type Page struct {
	// Actor asks for the links of one actor alone.
	Actor actor.Address `json:"actor,omitempty"`
	// After is what stands in Next of the answer before.
	After string `json:"after,omitempty"`
	// Limit is how many there are in a page; MaxPage if it is 0 or greater.
	Limit int `json:"limit,omitempty"`
}

// MaxPage is how many rows there are in a page at most.
const MaxPage = access.MaxPage

// pageBytes is how many bytes of state make a page, however few rows they are: an answer has a bound.
const pageBytes = 64 << 10

// An Answer is a page. Next is empty if it is the last.
type Answer[T any] struct {
	List []T    `json:"list"`
	Next string `json:"next,omitempty"`
}

// A Ban is a key that may not run, or whose modules may not.
type Ban struct {
	Key    string `json:"key"`
	Reason string `json:"reason,omitempty"`
}

// Query implements actor.Querier: see Question.
func (kp *Keeper) Query(ctx context.Context, view *actor.View, body []byte) ([]byte, error) {
	var q Question
	if decode(body, &q) != nil {
		return nil, errQuestion()
	}
	switch {
	case q.Actors != nil && q == Question{Actors: q.Actors} && q.Actors.Actor == "":
		return page(view.State, actorPrefix, q.Actors, row(DecodeActor)), nil
	case q.Providers != nil && q == Question{Providers: q.Providers} && q.Providers.Actor == "":
		return page(view.State, providerPrefix, q.Providers, row(DecodeProvider)), nil
	case q.Links != nil && q == Question{Links: q.Links}:
		prefix := linkPrefix
		if q.Links.Actor != "" {
			prefix = string(linksOf(string(q.Links.Actor)))
		}
		return page(view.State, prefix, q.Links, row(DecodeLink)), nil
	case q.Trust != nil && q == Question{Trust: q.Trust} && q.Trust.Actor == "":
		return page(view.State, trustPrefix, q.Trust, row(decodeAnchor)), nil
	case q.Bans != nil && q == Question{Bans: q.Bans} && q.Bans.Actor == "":
		return page(view.State, banPrefix, q.Bans, ban), nil
	case q.Status != nil && q == Question{Status: q.Status} && q.Status.Actor == "":
		return page(view.State, statusPrefix, q.Status, row(decodeStatus)), nil
	case q.Decide != nil && q == Question{Decide: q.Decide}:
		return []byte(permitted), kp.foresee(ctx, view, q.Decide)
	}
	return nil, errQuestion()
}

func errQuestion() error {
	return actor.Errorf(actor.CodeMalformed, "a question to %s is JSON with one of actors, providers, links, trust, bans, status and decide, and no other field", Address)
}

// row is a decoder without the key.
func row[T any](decode func([]byte) (*T, error)) func(name string, value []byte) (*T, error) {
	return func(_ string, value []byte) (*T, error) { return decode(value) }
}

func ban(key string, reason []byte) (*Ban, error) { return &Ban{key, string(reason)}, nil }

// page returns the rows of a page. What cannot be read is left out.
func page[T any](state actor.Reader, prefix string, p *Page, read func(name string, value []byte) (*T, error)) []byte {
	start := []byte(prefix)
	end := actor.PrefixEnd(start)
	if p.After != "" {
		start = append(append(start, p.After...), 0)
	}
	limit := p.Limit
	if limit <= 0 || limit > MaxPage {
		limit = MaxPage
	}
	a := Answer[*T]{List: []*T{}}
	size, last := 0, ""
	for key, value := range state.Range(start, end, actor.Ascending) {
		if limit == 0 || size >= pageBytes {
			a.Next = last
			break
		}
		limit, size, last = limit-1, size+len(key)+len(value), string(key[len(prefix):])
		if r, err := read(last, value); err == nil {
			a.List = append(a.List, r)
		}
	}
	b, err := json.Marshal(a)
	if err != nil {
		panic(err) // of fields that marshal always
	}
	return b
}

// A Listing is all that is kept.
type Listing struct {
	Actors    []Actor    `json:"actors"`
	Providers []Provider `json:"providers"`
	Links     []Link     `json:"links"`
	Status    []Status   `json:"status"`
	Trust     []Anchor   `json:"trust"`
	Bans      []Ban      `json:"bans"`
	// Policy is nil if there is no policy actor.
	Policy *PolicyActor `json:"policy,omitempty"`
}

// List returns all that is kept in a state of Address, each list in the order of its rows. What cannot be read is left out.
func List(state actor.Reader) Listing {
	var policy *PolicyActor
	if b, ok := state.Get([]byte(policyKey)); ok {
		p := decodePolicy(b)
		policy = &p
	}
	return Listing{
		Actors:    all(state, actorPrefix, row(DecodeActor)),
		Providers: all(state, providerPrefix, row(DecodeProvider)),
		Links:     all(state, linkPrefix, row(DecodeLink)),
		Status:    all(state, statusPrefix, row(decodeStatus)),
		Trust:     all(state, trustPrefix, row(decodeAnchor)),
		Bans:      all(state, banPrefix, ban),
		Policy:    policy,
	}
}

func all[T any](state actor.Reader, prefix string, read func(name string, value []byte) (*T, error)) []T {
	list := []T{}
	for key, value := range state.Range([]byte(prefix), actor.PrefixEnd([]byte(prefix)), actor.Ascending) {
		if r, err := read(string(key[len(prefix):]), value); err == nil {
			list = append(list, *r)
		}
	}
	return list
}
