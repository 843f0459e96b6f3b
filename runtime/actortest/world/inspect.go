package world

import (
	"fmt"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// Head returns the last durable transaction.
func (w *World) Head() (head state.Head, err error) {
	err = w.Use(func(h *runtime.Host) error {
		head, err = h.Reader().Head()
		return err
	})
	return head, err
}

// Actors returns all actors whose addresses begin with prefix, sorted.
func (w *World) Actors(prefix string) (all []query.Info, err error) {
	err = w.Use(func(h *runtime.Host) error {
		for token := ""; ; {
			list, err := h.Reader().Actors(prefix, query.MaxLimit, token)
			all = append(all, list.Actors...)
			if token = list.Token; err != nil || token == "" {
				return err
			}
		}
	})
	return all, err
}

// State returns all keys of an actor with their values, sorted. One that is not there has none.
func (w *World) State(addr actor.Address) (all []query.Pair, err error) {
	err = w.Use(func(h *runtime.Host) error {
		if _, err := h.Reader().Actor(addr); isUnknown(err) {
			return nil
		}
		for token := ""; ; {
			page, err := h.Reader().Scan(addr, query.Range{Limit: query.MaxLimit, Token: token})
			all = append(all, page.Pairs...)
			if token = page.Token; err != nil || token == "" {
				return err
			}
		}
	})
	return all, err
}

func isUnknown(err error) bool {
	e := actor.AsError(err)
	return e != nil && e.Code == actor.CodeUnknownActor
}

// Diff tells in which actors two worlds differ, and in which of their keys; it is empty if they are the same. What
// stands in w is marked with "-", what stands in other with "+". The logs are not compared.
func (w *World) Diff(other *World) (string, error) {
	before, err := w.Actors("")
	if err != nil {
		return "", err
	}
	after, err := other.Actors("")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, pair := range merge(before, after, func(a, b query.Info) int { return strings.Compare(string(a.Address), string(b.Address)) }) {
		if err := diffActor(&b, w, other, pair[0], pair[1]); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// diffActor compares one actor, which is nil where it is not.
func diffActor(b *strings.Builder, w, other *World, was, is *query.Info) error {
	var mine, theirs []query.Pair
	var err error
	var lines []string
	addr := actor.Address("")
	if was != nil {
		addr = was.Address
		mine, err = w.State(addr)
	}
	if is != nil && err == nil {
		addr = is.Address
		theirs, err = other.State(addr)
	}
	if err != nil {
		return err
	}
	if old, now := record(was), record(is); old != now {
		lines = mark(lines, was != nil, "-", old)
		lines = mark(lines, is != nil, "+", now)
	}
	for _, pair := range merge(mine, theirs, func(a, b query.Pair) int { return strings.Compare(string(a.Key), string(b.Key)) }) {
		old, now := lineOf(pair[0]), lineOf(pair[1])
		if pair[0] != nil && pair[1] != nil && string(pair[0].Value) == string(pair[1].Value) {
			continue
		}
		lines = mark(lines, pair[0] != nil, "-", old)
		lines = mark(lines, pair[1] != nil, "+", now)
	}
	if len(lines) > 0 {
		fmt.Fprintf(b, "%s\n%s", addr, strings.Join(lines, ""))
	}
	return nil
}

func mark(lines []string, there bool, sign, text string) []string {
	if there {
		lines = append(lines, "  "+sign+" "+text+"\n")
	}
	return lines
}

// record shows what there is to know about an actor beside its state.
func record(a *query.Info) string {
	if a == nil {
		return ""
	}
	s := "(module " + string(a.Module)
	if a.Admin != "" {
		s += ", admin " + string(a.Admin)
	}
	return s + ")"
}

// Line shows a pair as "key: value".
func Line(p *query.Pair, opts *show.Options) string {
	return show.Key(p.Key) + ": " + opts.Value(p.Value)
}

// whole shows values in their full length.
var whole = show.Options{Width: -1}

func lineOf(p *query.Pair) string {
	if p == nil {
		return ""
	}
	return Line(p, &whole)
}

// merge pairs up what is the same by cmp in two sorted lists.
func merge[T any](a, b []T, cmp func(T, T) int) (pairs [][2]*T) {
	for i, j := 0, 0; i < len(a) || j < len(b); {
		order := 0
		switch {
		case i == len(a):
			order = 1
		case j == len(b):
			order = -1
		default:
			order = cmp(a[i], b[j])
		}
		var pair [2]*T
		if order <= 0 {
			pair[0] = &a[i]
			i++
		}
		if order >= 0 {
			pair[1] = &b[j]
			j++
		}
		pairs = append(pairs, pair)
	}
	return slices.Clip(pairs)
}
