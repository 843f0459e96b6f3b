package command

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// showFlags say what to show.
type showFlags struct {
	actor  bool
	id     string
	keys   int
	recent int
}

func (c *call) showCommand() *cobra.Command {
	var f showFlags
	cmd := &cobra.Command{
		Use:   "show ADDRESS | SEQ",
		Short: "Show an actor, or a transaction",
		Long: `Show an actor: its record, its state, and the last transactions that it took part in. Or show a transaction, by its
number or by the id of its request: who sent what, what it left and what it wrote. A number means a transaction;
--actor makes it an address.`,
		Example: c.examples(`
			% show currency/gold
			% show 17
			% show --id order-17 -o json`),
		ValidArgsFunction: c.completeAddress,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.id != "" {
				return noArgs(cmd, args)
			}
			return between(1, 1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.keys < 0 || f.recent < 0 {
				return usagef("--keys and --recent are 0 or more")
			}
			if f.id != "" {
				return c.asking(cmd.Context(), func(p place) error { return c.showRequest(cmd.Context(), p, f.id) })
			}
			if seq, err := strconv.ParseUint(args[0], 10, 64); err == nil && !f.actor {
				return c.asking(cmd.Context(), func(p place) error { return c.showTx(cmd.Context(), p, seq) })
			}
			who, err := parseAddress(args[0])
			if err != nil {
				return err
			}
			return c.asking(cmd.Context(), func(p place) error { return c.showActor(cmd.Context(), p, who, &f) })
		},
	}
	cmd.Flags().BoolVar(&f.actor, "actor", false, "the argument is an address, although it is a number")
	cmd.Flags().StringVar(&f.id, "id", "", "show the transaction that the request with this `id` became")
	cmd.Flags().IntVar(&f.keys, "keys", 20, "show at most so many `keys` of the state")
	cmd.Flags().IntVar(&f.recent, "recent", 5, "show at most so many `transactions`")
	return cmd
}

// actorDetail is what show tells machines about an actor.
type actorDetail struct {
	actorView
	State  []pairView  `json:"state"`
	More   bool        `json:"state_more,omitempty"`
	Recent []entryView `json:"recent"`
}

// recentSearch bounds how far back the transactions of an actor are looked for.
const recentSearch = 10_000

func (c *call) showActor(ctx context.Context, p place, who actor.Address, f *showFlags) error {
	info, err := p.actor(ctx, who)
	if err != nil {
		return err
	}
	c.printer.text = textOf(p).module(ctx, info.Module)
	page := query.Page{}
	if f.keys > 0 {
		if page, err = p.scan(ctx, who, query.Range{Limit: f.keys}); err != nil {
			return err
		}
	}
	recent, err := recentOf(ctx, p, who, f.recent)
	if exitCode(err) == ExitDenied {
		// The rest of it is worth seeing.
		fmt.Fprintf(c.Stderr, "%s: without its transactions: %s\n", c.Name, explain(err))
		err = nil
	}
	if err != nil {
		return err
	}
	if c.printer.json {
		v := actorDetail{actorView: viewActor(&info), State: []pairView{}, More: page.Token != "", Recent: []entryView{}}
		for _, p := range page.Pairs {
			v.State = append(v.State, c.printer.viewPair(p.Key, p.Value))
		}
		for i := range recent {
			v.Recent = append(v.Recent, c.printer.viewEntry(&recent[i]))
		}
		return c.printer.object(v)
	}
	c.printer.actor(&info, &page, recent, f)
	return nil
}

// recentOf returns the last transactions that an actor took part in.
func recentOf(ctx context.Context, p place, who actor.Address, limit int) ([]entry, error) {
	head, err := p.head(ctx)
	if err != nil {
		return nil, err
	}
	filter := logFlags{actor: string(who)}
	oldest := head - min(head, recentSearch)
	return backward(ctx, p, oldest, head, limit, filter.chosen)
}

func (p *printer) actor(info *query.Info, page *query.Page, recent []entry, f *showFlags) {
	p.printf("%s\n", p.style(show.Name, string(info.Address)))
	p.printf("  module   %s\n  creator  %s, in seq %d\n", info.Module, orDash(string(info.Creator)), info.Created)
	if info.Admin != "" {
		p.printf("  admin    %s\n", info.Admin)
	}
	if f.keys > 0 {
		p.printf("state\n")
		var rows [][]string
		for _, pair := range page.Pairs {
			rows = append(rows, []string{"  " + show.Key(pair.Key), p.value(pair.Value)})
		}
		p.table(rows)
		switch {
		case len(rows) == 0:
			p.printf("  no keys\n")
		case page.Token != "":
			p.printf("  … there is more: see scan\n")
		}
	}
	if f.recent > 0 && len(recent) > 0 {
		p.printf("recent\n")
		for i := range recent {
			e := &recent[i]
			p.printf("  seq %d  %s  %s\n", e.Command.Sequence, orDash(string(e.Command.Sender)), shortened(p.messageText(e), 80))
			if e.Receipt == nil {
				continue
			}
			if e.Receipt.Err != nil {
				p.printf("    %s\n", p.style(show.RolledBack, "rolled back: "+harmless(e.Receipt.Err.Error())))
			}
			for line := range strings.Lines(show.Events(eventsOf(e.Receipt, info.Address), p.options())) {
				p.printf("    %s", line)
			}
		}
	}
}

func eventsOf(r *state.Receipt, who actor.Address) (list []actor.Event) {
	for _, ev := range r.Events {
		if ev.Actor == who {
			list = append(list, ev)
		}
	}
	return list
}
