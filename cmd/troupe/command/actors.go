package command

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime/actor"
)

// actorView is an actor as machines get it.
type actorView struct {
	Address actor.Address  `json:"address"`
	Module  actor.ModuleID `json:"module"`
	Creator actor.Address  `json:"creator,omitempty"`
	Admin   actor.Address  `json:"admin,omitempty"`
	Created uint64         `json:"created_seq"`
}

func viewActor(a *query.Info) actorView {
	return actorView{a.Address, a.Module, a.Creator, a.Admin, a.Created}
}

func (c *call) actorsCommand() *cobra.Command {
	var page pageFlags
	cmd := &cobra.Command{
		Use:   "actors [PREFIX]",
		Short: "List the actors",
		Long: `List the actors whose addresses begin with PREFIX, sorted by address, with their modules, who created them, and in which
transaction.`,
		Example: c.examples(`
			% actors
			% actors account/ -n 20
			% actors -o json --limit 0`),
		Args: between(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := page.check(); err != nil {
				return err
			}
			prefix := ""
			if len(args) > 0 {
				prefix = args[0]
			}
			return c.asking(cmd.Context(), func(p place) error { return c.actors(cmd.Context(), p, prefix, page) })
		},
		ValidArgsFunction: c.completeAddress,
	}
	page.add(cmd, "actors")
	return cmd
}

func (c *call) actors(ctx context.Context, p place, prefix string, page pageFlags) error {
	rows := [][]string{{"ADDRESS", "MODULE", "CREATOR", "CREATED"}}
	none := true
	token, err := page.pages(func(limit int, token string) (int, string, error) {
		list, err := p.actors(ctx, prefix, limit, token)
		if err != nil {
			return 0, "", err
		}
		for i := range list.Actors {
			a := &list.Actors[i]
			if !c.printer.json {
				rows = append(rows, []string{string(a.Address), string(a.Module), orDash(string(a.Creator)), "seq " + strconv.FormatUint(a.Created, 10)})
				continue
			}
			if err := c.printer.object(viewActor(a)); err != nil {
				return 0, "", err
			}
		}
		if len(list.Actors) > 0 {
			c.printer.table(rows)
			rows, none = nil, false
		}
		return len(list.Actors), list.Token, c.printer.flush()
	})
	if err != nil {
		return err
	}
	if none && !c.printer.json {
		c.printer.printf("no actors\n")
	}
	return c.printer.more(token)
}
