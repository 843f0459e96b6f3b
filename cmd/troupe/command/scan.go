package command

import (
	"context"
	"errors"
	"math"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
)

// pageFlags bound a list.
type pageFlags struct {
	limit int
	token string
}

func (f *pageFlags) add(cmd *cobra.Command, what string) {
	cmd.Flags().IntVarP(&f.limit, "limit", "n", query.DefaultLimit, "list at most so many `"+what+"`; 0 means all")
	cmd.Flags().StringVar(&f.token, "token", "", "go on behind an earlier page, whose `token` was printed at its end")
}

func (f *pageFlags) check() error {
	if f.limit < 0 {
		return usagef("--limit is 0 or more, not %d", f.limit)
	}
	return nil
}

// pages calls page with limits and tokens until it has listed enough or there are no more. Page returns how many it has
// listed and the next token, which pages returns when there is more to list.
func (f *pageFlags) pages(page func(limit int, token string) (listed int, next string, err error)) (string, error) {
	left, token := f.limit, f.token
	if left == 0 {
		left = math.MaxInt
	}
	for {
		n, next, err := page(min(left, query.MaxLimit), token)
		if errors.Is(err, query.ErrToken) {
			return "", usagef("--token: it is damaged, or belongs to another list")
		}
		if left -= n; err != nil || next == "" || left <= 0 {
			return next, err
		}
		token = next
	}
}

// more says how to go on.
func (p *printer) more(token string) error {
	switch {
	case token == "":
		return nil
	case p.json:
		return p.object(map[string]string{"token": token})
	}
	p.printf("… there is more: add --token %s\n", token)
	return nil
}

func (c *call) scanCommand() *cobra.Command {
	var page pageFlags
	var prefix, from, to string
	var reverse, hexKeys bool
	cmd := &cobra.Command{
		Use:   "scan ADDRESS [PREFIX]",
		Short: "List the keys and values of an actor",
		Long: `List the keys of an actor, in their order, with their values, as they are in the latest durable state. When there are
more than --limit, the last line has a token by which the list goes on; with -o json it is an object {"token"}.`,
		Example: c.examples(`
			% scan currency/gold
			% scan currency/gold balances/ --reverse -n 10
			% scan ledger --from entries/b10 --to entries/b20 -o json`),
		Args:              between(1, 2),
		ValidArgsFunction: c.completeAddress,
		RunE: func(cmd *cobra.Command, args []string) error {
			who, err := parseAddress(args[0])
			if err != nil {
				return err
			}
			if len(args) > 1 {
				prefix = args[1]
			}
			rg := query.Range{Order: actor.Ascending}
			if reverse {
				rg.Order = actor.Descending
			}
			for bound, text := range map[*[]byte]string{&rg.Prefix: prefix, &rg.Start: from, &rg.End: to} {
				if *bound, err = parseKey(text, hexKeys); err != nil {
					return err
				}
			}
			if err := page.check(); err != nil {
				return err
			}
			return c.asking(cmd.Context(), func(p place) error { return c.scan(cmd.Context(), p, who, rg, page) })
		},
	}
	page.add(cmd, "keys")
	cmd.Flags().StringVar(&from, "from", "", "begin at this `key`")
	cmd.Flags().StringVar(&to, "to", "", "end before this `key`")
	cmd.Flags().BoolVarP(&reverse, "reverse", "r", false, "list the last key first")
	cmd.Flags().BoolVar(&hexKeys, "hex-key", false, "PREFIX, --from and --to are in hexadecimal")
	return cmd
}

// parseKey returns the bound that a text says, nil for none.
func parseKey(text string, isHex bool) ([]byte, error) {
	switch {
	case text == "":
		return nil, nil
	case isHex:
		return parseHex("the key "+quoted(text), []byte(text))
	}
	return []byte(text), nil
}

func (c *call) scan(ctx context.Context, at place, who actor.Address, rg query.Range, page pageFlags) error {
	c.printer.text = textOf(at).actor(ctx, who)
	none := true
	token, err := page.pages(func(limit int, token string) (int, string, error) {
		rg.Limit, rg.Token = limit, token
		p, err := at.scan(ctx, who, rg)
		if err != nil {
			return 0, "", err
		}
		var rows [][]string
		for _, pair := range p.Pairs {
			if !c.printer.json {
				rows = append(rows, []string{show.Key(pair.Key), c.printer.value(pair.Value)})
				continue
			}
			if err := c.printer.object(c.printer.viewPair(pair.Key, pair.Value)); err != nil {
				return 0, "", err
			}
		}
		c.printer.table(rows)
		none = none && len(p.Pairs) == 0
		return len(p.Pairs), p.Token, c.printer.flush()
	})
	if err != nil {
		return err
	}
	if none && !c.printer.json {
		c.printer.printf("no keys\n")
	}
	return c.printer.more(token)
}
