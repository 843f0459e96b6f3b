package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/examples/mmo/game"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// An engine drives the game and tells what happens. It stops at the first error, which it keeps, so that the story in
// main reads without any.
type engine struct {
	ctx  context.Context
	host *runtime.Host
	out  io.Writer
	err  error
}

// setUp binds the modules and creates the actors. The engine is who it says it is because it calls as "engine"; messages
// from a network would be signed.
func (g *engine) setUp() {
	if g.err = game.Bind(g.host); g.err != nil {
		return
	}
	post := typed.EncodeValue(game.Post{Currency: "currency", Engine: "engine"})
	for _, a := range []struct {
		at     actor.Address
		module actor.ModuleID
		body   []byte
	}{
		{"currency", game.CurrencyModule, nil},
		{"warrior", game.WarriorModule, post},
		{"naive", game.NaiveModule, post},
	} {
		if _, g.err = g.host.Create(g.ctx, "engine", a.at, a.module, a.body); g.err != nil {
			return
		}
	}
}

// do runs one transaction. That an actor refuses it is a part of the story, and no error.
func (g *engine) do(to actor.Address, msg any, trace *dispatch.Trace) {
	if g.err != nil {
		return
	}
	req := dispatch.Request{Sender: "engine", Message: actor.Message{To: to, Body: typed.Encode(msg)}, Trace: trace}
	_, err := g.host.Do(g.ctx, req)
	var refused *runtime.TxError
	if err != nil && !errors.As(err, &refused) {
		g.err = err
	}
}

func (g *engine) send(to actor.Address, msg any) { g.do(to, msg, nil) }

// show runs one transaction and draws its tree: every call, what it wrote, and what became of it.
func (g *engine) show(to actor.Address, msg any) {
	var trace dispatch.Trace
	if g.do(to, msg, &trace); g.err == nil {
		fmt.Fprintln(g.out, show.Trace(&trace, nil))
	}
}

// say begins a chapter.
func (g *engine) say(format string, args ...any) {
	if g.err == nil {
		fmt.Fprintf(g.out, format+"\n\n", args...)
	}
}

// spend sends players to a warrior, from a number on, until he owns nothing. It returns the one who comes too late.
func (g *engine) spend(who actor.Address, from int) actor.Address {
	var rewards strings.Builder
	owned := g.balance(who)
	for ; g.err == nil && owned > 0; from++ {
		g.send(who, game.Payout{Player: player(from)})
		left := g.balance(who)
		fmt.Fprintf(&rewards, " %d", owned-left)
		owned = left
	}
	fmt.Fprintf(g.out, "%-8s%s\n\n", who, rewards.String())
	return player(from)
}

func player(n int) actor.Address { return actor.Address(fmt.Sprintf("p%02d", n)) }

func (g *engine) balance(of actor.Address) uint64 {
	return ask[uint64](g, "currency", game.Balance{Of: of})
}

// ask asks an actor on the latest durable state.
func ask[A any](g *engine, to actor.Address, question any) (answer A) {
	if g.err != nil {
		return answer
	}
	data, err := g.host.Query(g.ctx, to, typed.Encode(question))
	if err == nil {
		answer, err = typed.Decode[A](data)
	}
	g.err = err
	return answer
}

// list prints what an actor keeps under a prefix: every state can be read, without asking the actor's code.
func (g *engine) list(who actor.Address, prefix string, entry func(key, value string) string) {
	if g.err != nil {
		return
	}
	page, err := g.host.Reader().Scan(who, query.Range{Prefix: []byte(prefix)})
	g.err = err
	var line strings.Builder
	for _, p := range page.Pairs {
		word := entry(strings.TrimPrefix(string(p.Key), prefix), show.Value(p.Value))
		if line.Len()+len(word) > 96 {
			fmt.Fprintf(g.out, "   %s\n", line.String())
			line.Reset()
		}
		line.WriteString(" " + word)
	}
	fmt.Fprintf(g.out, "   %s\n\n", line.String())
}

// verify executes the whole log again.
func (g *engine) verify() {
	if g.err != nil {
		return
	}
	head, err := g.host.Verify(g.ctx)
	g.err = err
	fmt.Fprintf(g.out, "All %d transactions were executed again, with the same results.\n", head.Sequence)
}
