package command

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
)

// followFlags say what is watched.
type followFlags struct {
	keys, events bool
	types        []string
	prefix       string
	from         uint64
	limit        int
}

func (c *call) watchCommand() *cobra.Command {
	var f followFlags
	cmd := &cobra.Command{
		Use:   "watch [ADDRESS]",
		Short: "Follow what happens on a server",
		Long: `Print the keys that change and the events of one actor, or of all, as transactions become durable, until SIGINT. It goes on by itself
when the connection breaks. A data directory is open in one process at a time: to be followed it is to be served.`,
		Example: c.examples(`
			% watch currency/gold
			% watch --events --type transfer -o json
			% watch puppet/alice --keys --prefix inbox/ --from 100`),
		Args:              between(0, 1),
		ValidArgsFunction: c.completeAddress,
		RunE: func(cmd *cobra.Command, args []string) error {
			q := api.WatchRequest{Keys: f.keys, Events: f.events, EventTypes: f.types, From: f.from, Now: !cmd.Flags().Changed("from")}
			if !f.keys && !f.events {
				// What narrows one of them means it alone.
				q.Keys, q.Events = f.prefix != "", len(f.types) > 0
			}
			if f.prefix != "" {
				q.Prefix = []byte(f.prefix)
			}
			if len(args) > 0 {
				who, err := parseAddress(args[0])
				if err != nil {
					return err
				}
				q.Actor = who
			}
			if f.limit < 0 {
				return usagef("--limit is 0 or more, not %d", f.limit)
			}
			ctx := cmd.Context()
			nobody := func() error {
				return c.look(func(*runtime.Host) error {
					return directoryf("nothing happens in the data directory %s while it is open here: '%s serve' serves it, so that it can be followed", c.dir, c.Name)
				})
			}
			return c.at(ctx, func(p place) error { return c.follow(ctx, p.(*remote), &q, f.limit) }, nobody)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.keys, "keys", false, "print keys that change; both are printed if neither is asked for")
	flags.BoolVar(&f.events, "events", false, "print events")
	flags.StringSliceVar(&f.types, "type", nil, "only events of these `types`")
	flags.StringVar(&f.prefix, "prefix", "", "only keys that begin with this `text`")
	flags.Uint64Var(&f.from, "from", 0, "begin behind this `transaction`, 0 for the beginning, and not now")
	flags.IntVarP(&f.limit, "limit", "n", 0, "end behind so many `transactions`; 0 means never")
	return cmd
}

// noticeView is what a transaction did of what is watched, as machines get it.
type noticeView struct {
	Sequence uint64        `json:"seq"`
	Time     string        `json:"time"`
	Changes  []changeView  `json:"changes,omitempty"`
	Events   []actor.Event `json:"events,omitempty"`
}

func (c *call) follow(ctx context.Context, s *remote, q *api.WatchRequest, limit int) error {
	text := textOf(s)
	seen := 0
	for n, err := range s.Watch(ctx, q) {
		if err != nil {
			return localError(err)
		}
		if err := c.notice(ctx, text, &n); err != nil {
			return err
		}
		if seen++; seen == limit {
			return nil
		}
	}
	return nil
}

func (c *call) notice(ctx context.Context, text *textual, n *api.Notice) error {
	p := c.printer
	if p.json {
		v := noticeView{Sequence: n.Sequence, Time: timeText(n.Time.UnixNano()), Events: n.Events}
		for _, ch := range n.Changes {
			p.text = text.actor(ctx, ch.Actor)
			v.Changes = append(v.Changes, changeView{ch.Actor, keyData(ch.Key), p.data(ch.Value), ch.Deleted})
		}
		if err := p.object(v); err != nil {
			return err
		}
		return p.flush()
	}
	p.printf("%s  %s\n", p.style(show.Word, "seq "+show.Count(n.Sequence)), p.style(show.Faint, timeText(n.Time.UnixNano())))
	for _, ch := range n.Changes {
		p.text = text.actor(ctx, ch.Actor)
		value := p.value(ch.Value)
		if ch.Deleted {
			value = show.None
		}
		p.printf("  %s %s: %s\n", p.style(show.Name, string(ch.Actor)), show.Key(ch.Key), value)
	}
	for line := range strings.Lines(show.Events(n.Events, p.options())) {
		p.printf("  %s", line)
	}
	return p.flush()
}
