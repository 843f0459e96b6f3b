package access

import (
	"context"
	"errors"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/actor"
)

// Query implements actor.Querier: see Question.
func (Actor) Query(_ context.Context, view *actor.View, body []byte) ([]byte, error) {
	var q Question
	if Decode(body, &q) != nil {
		return nil, errQuestion()
	}
	switch {
	case q.Grants != nil && q.Paused == nil:
		return encode(grantsPage(view.State, q.Grants)), nil
	case q.Paused != nil && q.Grants == nil:
		return encode(pausedPage(view.State, q.Paused)), nil
	}
	return nil, errQuestion()
}

func errQuestion() error {
	return actor.Errorf(actor.CodeMalformed, "a question to %s is JSON with one of grants and paused, and no other field", Address)
}

// pageBytes is how many bytes of state make a page, however few keys they have: an answer has a bound.
const pageBytes = 64 << 10

// walk yields the rows of a page without their prefix.
func walk(state actor.Reader, prefix string, p *Page, row func(name string, value []byte)) {
	start := []byte(prefix)
	end := actor.PrefixEnd(start)
	if p.After != "" {
		start = append(append(start, p.After...), 0)
	}
	limit := p.Limit
	if limit <= 0 || limit > MaxPage {
		limit = MaxPage
	}
	size := 0
	for key, value := range state.Range(start, end, actor.Ascending) {
		if limit == 0 || size >= pageBytes {
			return
		}
		limit, size = limit-1, size+len(key)+len(value)
		row(string(key[len(prefix):]), value)
	}
}

func grantsPage(state actor.Reader, p *Page) []Granted {
	list := []Granted{}
	walk(state, grantsPrefix, p, func(subject string, value []byte) {
		grants, err := claims.DecodeGrants(value)
		if err != nil {
			return
		}
		for i := range grants {
			list = append(list, *granted(subject, &grants[i]))
		}
	})
	return list
}

func pausedPage(state actor.Reader, p *Page) []Pause {
	list := []Pause{}
	walk(state, pausedPrefix, p, func(who string, value []byte) {
		list = append(list, Pause{actor.Address(who), string(value)})
	})
	return list
}

// An Asker asks an actor about its state.
type Asker func(ctx context.Context, to actor.Address, body []byte) ([]byte, error)

// AllGrants returns the grants of all keys, sorted by key. It asks page by page: what is granted or revoked in between may
// be in it or not.
func AllGrants(ctx context.Context, ask Asker) ([]Granted, error) {
	return all(func(after string) ([]Granted, string, error) {
		list, err := page[Granted](ctx, ask, Question{Grants: &Page{After: after}})
		if len(list) > 0 {
			after = list[len(list)-1].Subject
		}
		return list, after, err
	})
}

// AllPaused returns all pauses, sorted by address, as AllGrants does.
func AllPaused(ctx context.Context, ask Asker) ([]Pause, error) {
	return all(func(after string) ([]Pause, string, error) {
		list, err := page[Pause](ctx, ask, Question{Paused: &Page{After: after}})
		if len(list) > 0 {
			after = string(list[len(list)-1].Actor)
		}
		return list, after, err
	})
}

func page[T any](ctx context.Context, ask Asker, q Question) ([]T, error) {
	b, err := ask(ctx, Address, encode(q))
	if errors.Is(err, &actor.Error{Code: actor.CodeUnknownActor}) {
		return nil, nil // the host is not founded
	}
	if err != nil {
		return nil, err
	}
	var list []T
	return list, Decode(b, &list)
}

// all collects pages until one is empty.
func all[T any](next func(after string) ([]T, string, error)) ([]T, error) {
	var list []T
	for after := ""; ; {
		page, last, err := next(after)
		if err != nil || len(page) == 0 {
			return list, err
		}
		list, after = append(list, page...), last
	}
}
