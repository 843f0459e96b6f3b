package transcript

import (
	"context"
	"fmt"
	"strings"

	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actortest/world"
)

// reading are the commands that look at the state.
func reading() []Command {
	return []Command{
		{Name: "query", Usage: "ADDRESS [BODY]", least: 1, most: 2,
			Help: "Ask an actor, and print the answer.", run: ask},
		{Name: "get", Usage: "ADDRESS KEY", least: 2, most: 2,
			Help: `Print the value of a key, "–" if there is none. A key is text or hex:DIGITS.`, run: get},
		{Name: "scan", Usage: "ADDRESS [prefix=KEY] [start=KEY] [end=KEY] [limit=N] [desc]", least: 1, most: 2,
			names: []string{"prefix", "start", "end", "limit"},
			Help:  "Print the pairs of a range, one in a line.", run: scan},
		{Name: "state", Usage: "ADDRESS", least: 1, most: 1,
			Help: "Print everything that an actor keeps.", run: stateOf},
		{Name: "actors", Usage: "[PREFIX]", most: 1,
			Help: "List actors with their modules and admins.", run: actors},
	}
}

func ask(ctx context.Context, s *session, a *args) (string, error) {
	body, err := a.body(1)
	if err != nil {
		return "", err
	}
	answer, err := s.world.Query(ctx, a.address(0), body)
	if err != nil {
		return said(err), nil
	}
	return s.show.Value(answer), nil
}

func get(_ context.Context, s *session, a *args) (string, error) {
	k, err := key(a.words[1])
	if err != nil {
		return "", err
	}
	var value []byte
	if err := s.world.Use(func(h *runtime.Host) (err error) {
		value, _, err = h.Get(a.address(0), k)
		return err
	}); err != nil {
		return said(err), nil
	}
	return s.show.Value(value), nil
}

func scan(_ context.Context, s *session, a *args) (string, error) {
	var rg query.Range
	var err error
	if a.has(1, "desc") {
		rg.Order = actor.Descending
	}
	if len(a.words) > 1 {
		return "", fmt.Errorf("%q is unknown", a.words[1].raw)
	}
	for name, field := range map[string]*[]byte{"prefix": &rg.Prefix, "start": &rg.Start, "end": &rg.End} {
		if *field, err = a.bound(name); err != nil {
			return "", err
		}
	}
	if rg.Limit, err = number(a.named["limit"], 0); err != nil {
		return "", err
	}
	var page query.Page
	if err := s.world.Use(func(h *runtime.Host) (err error) {
		page, err = h.Reader().Scan(a.address(0), rg)
		return err
	}); err != nil {
		return said(err), nil
	}
	text := s.pairs(page.Pairs)
	if page.Token != "" {
		text += "and more\n"
	}
	return text, nil
}

func stateOf(_ context.Context, s *session, a *args) (string, error) {
	all, err := s.world.State(a.address(0))
	if err != nil {
		return said(err), nil
	}
	return s.pairs(all), nil
}

func (s *session) pairs(list []query.Pair) string {
	var b strings.Builder
	for i := range list {
		b.WriteString(world.Line(&list[i], &s.show) + "\n")
	}
	return b.String()
}

func actors(_ context.Context, s *session, a *args) (string, error) {
	all, err := s.world.Actors(a.word(0))
	if err != nil {
		return said(err), nil
	}
	var b strings.Builder
	for _, info := range all {
		fmt.Fprintf(&b, "%s  module %s", info.Address, info.Module)
		if info.Admin != "" {
			fmt.Fprintf(&b, "  admin %s", info.Admin)
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}
