package transcript

import (
	"context"
	"fmt"
	"strings"

	"github.com/troupe-run/troupe/query"
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
	answer, err := s.target().Query(ctx, a.address(0), body)
	if err != nil {
		return said(err), nil
	}
	return s.show.Value(answer), nil
}

func get(ctx context.Context, s *session, a *args) (string, error) {
	k, err := key(a.words[1])
	if err != nil {
		return "", err
	}
	value, _, err := s.target().Get(ctx, a.address(0), k)
	if err != nil {
		return said(err), nil
	}
	return s.show.Value(value), nil
}

func scan(ctx context.Context, s *session, a *args) (string, error) {
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
	page, err := s.target().Scan(ctx, a.address(0), rg)
	if err != nil {
		return said(err), nil
	}
	text := s.pairs(page.Pairs)
	if page.Token != "" {
		text += "and more\n"
	}
	return text, nil
}

func stateOf(ctx context.Context, s *session, a *args) (string, error) {
	var text strings.Builder
	for rg := (query.Range{Limit: query.MaxLimit}); ; {
		page, err := s.target().Scan(ctx, a.address(0), rg)
		if err != nil {
			return said(err), nil
		}
		text.WriteString(s.pairs(page.Pairs))
		if rg.Token = page.Token; rg.Token == "" {
			return text.String(), nil
		}
	}
}

func (s *session) pairs(list []query.Pair) string {
	var b strings.Builder
	for i := range list {
		b.WriteString(world.Line(&list[i], &s.show) + "\n")
	}
	return b.String()
}

func actors(ctx context.Context, s *session, a *args) (string, error) {
	all, err := s.target().Actors(ctx, a.word(0))
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
