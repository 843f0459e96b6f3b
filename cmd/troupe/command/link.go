package command

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

func (c *call) linkCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "link",
		Short: "Links between actors and providers: put, delete, list",
		Long: `A link lets an actor reach a provider of a contract, and the provider reach the actor. It counts from the transaction on that puts
it, and may be changed while requests come in.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.linkPutCommand(), c.linkDelCommand(), c.linkQueryCommand())
	return cmd
}

func (c *call) linkPutCommand() *cobra.Command {
	var name string
	var wash washFlags
	cmd := &cobra.Command{
		Use:   "put ACTOR PROVIDER [CONTRACT] [NAME=VALUE]...",
		Short: "Link an actor to a provider",
		Long: `Link an actor, which is named by its address, its key "M…" or its alias, to a provider, which is named by its name or its
key "V…". The values say what the provider does for this actor, such as where it listens. A link of the same actor, contract
and --link-name is replaced. The contract may be left out if the provider is there.`,
		Example: c.examples(`
			% link put echo http wasmcloud:httpserver address=127.0.0.1:8080
			% link put kvcounter store
			% link put kvcounter VAZVC4RX54J2NVCMCW7BPCAHGGG5XZXDBXFUMDUXGESTMQEJLC3YVZWB wasmcloud:keyvalue -l sessions`),
		Args: between(2, 1000),
		RunE: func(cmd *cobra.Command, args []string) error {
			order := capability.LinkOrder{LinkName: capability.LinkName{Actor: args[0], Name: name}, Provider: args[1], Values: map[string]string{}}
			for i, arg := range args[2:] {
				key, value, ok := strings.Cut(arg, "=")
				switch {
				case ok && key != "":
					order.Values[key] = value
				case i == 0 && !ok:
					order.Contract = arg
				default:
					return misuse("a value is NAME=VALUE, and %s is not", quoted(arg))
				}
			}
			wash.warn(c)
			return c.ordering(cmd.Context(), func(p place) error { return c.putLink(cmd.Context(), p, &order) })
		},
	}
	cmd.Flags().StringVarP(&name, "link-name", "l", capability.DefaultLink, "the `name` of the link")
	wash.add(cmd)
	return cmd
}

func (c *call) putLink(ctx context.Context, p place, order *capability.LinkOrder) error {
	cast, err := p.cast(ctx)
	if err != nil {
		return err
	}
	provider := cast.provider(order.Provider)
	if order.Contract == "" {
		if provider == nil {
			return notFoundf("there is no provider %s, so its contract cannot be known; %s", quoted(order.Provider), cast.providersHint(c))
		}
		order.Contract = provider.Contract
	}
	a, missing := cast.find(order.Actor)
	if missing == nil {
		order.Actor = string(a.Address)
	}
	if err := p.order(ctx, capability.Order{Link: []capability.LinkOrder{*order}}); err != nil {
		return orderError(err)
	}
	if provider == nil {
		fmt.Fprintf(c.Stderr, "%s: warning: there is no provider %s yet: the link fails until there is; %s\n", c.Name, order.Provider, cast.providersHint(c))
	}
	if missing != nil {
		fmt.Fprintf(c.Stderr, "%s: warning: %s; the link counts when the actor starts\n", c.Name, missing)
	}
	return c.did(map[string]string{"actor_id": order.Actor, "provider_id": order.Provider, "contract_id": order.Contract, "link_name": order.Name},
		"Published link (%s) <-> (%s) successfully", order.Actor, order.Provider)
}

// providersHint says which providers there are, or how one is made.
func (c *cast) providersHint(by *call) string {
	if len(c.Providers) == 0 {
		return fmt.Sprintf("'%s start provider keyvalue --name store' makes one", by.Name)
	}
	var names []string
	for i := range c.Providers {
		names = append(names, c.Providers[i].Name)
	}
	return "there are " + strings.Join(names, ", ")
}

// did prints what was done: a sentence for people, or an object with the parts of it.
func (c *call) did(parts map[string]string, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if !c.printer.json {
		c.printer.printf("%s\n", text)
		return nil
	}
	out := map[string]any{"result": text, "success": true}
	for key, value := range parts {
		out[key] = value
	}
	return c.printer.object(out)
}

func (c *call) linkDelCommand() *cobra.Command {
	var name string
	var wash washFlags
	cmd := &cobra.Command{
		Use:     "del ACTOR CONTRACT",
		Aliases: []string{"delete"},
		Short:   "Delete a link",
		Example: c.examples(`
			% link del echo wasmcloud:httpserver
			% link del kvcounter wasmcloud:keyvalue -l sessions`),
		Args: between(2, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 3 {
				name = args[2]
			}
			ctx := cmd.Context()
			return c.changing(ctx, func(p place) error {
				cast, err := p.cast(ctx)
				if err != nil {
					return err
				}
				who := args[0]
				if a, err := cast.find(who); err == nil {
					who = string(a.Address)
				}
				if !cast.linked(actor.Address(who), args[1], name) {
					return notFoundf("%s has no link for %s named %s; '%s link query' lists all", who, args[1], name, c.Name)
				}
				err = p.order(ctx, capability.Order{Unlink: []capability.LinkName{{Actor: who, Contract: args[1], Name: name}}})
				if err != nil {
					return orderError(err)
				}
				return c.did(map[string]string{"actor_id": who, "contract_id": args[1], "link_name": name},
					"Deleted link for %s on %s (%s) successfully", who, args[1], name)
			})
		},
	}
	cmd.Flags().StringVarP(&name, "link-name", "l", capability.DefaultLink, "the `name` of the link")
	wash.add(cmd)
	return cmd
}

// linked reports whether there is a link.
func (c *cast) linked(who actor.Address, contract, name string) bool {
	for _, l := range c.Links {
		if l.Actor == who && l.Contract == contract && l.Name == name {
			return true
		}
	}
	return false
}

func (c *call) linkQueryCommand() *cobra.Command {
	var wash washFlags
	cmd := &cobra.Command{
		Use:     "query",
		Aliases: []string{"list", "get"},
		Short:   "List the links, and how they are",
		Example: c.examples(`
			% link query
			% link query -o json --server home`),
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.asking(cmd.Context(), func(p place) error { return c.links(cmd.Context(), p) })
		},
	}
	wash.add(cmd)
	return cmd
}

// linkView is a link as machines get it, with the names that wash has for its parts.
type linkView struct {
	Actor    actor.Address     `json:"actor_id"`
	Provider string            `json:"provider_id"`
	Contract string            `json:"contract_id"`
	Name     string            `json:"link_name"`
	Values   map[string]string `json:"values"`
	State    string            `json:"state,omitempty"`
	Reason   string            `json:"reason,omitempty"`
	Detail   string            `json:"detail,omitempty"`
	Since    uint64            `json:"since_seq"`
}

func (c *call) links(ctx context.Context, p place) error {
	cast, err := p.cast(ctx)
	if err != nil {
		return err
	}
	if c.printer.json {
		views := []linkView{}
		for _, l := range cast.Links {
			s := cast.health(l.Provider, l.Actor, l.Name)
			views = append(views, linkView{l.Actor, l.Provider, l.Contract, l.Name, shownValues(l.Values), string(s.State), s.Reason, s.Detail, l.Since})
		}
		return c.printer.object(map[string]any{"links": views, "success": true})
	}
	if len(cast.Links) == 0 {
		c.printer.printf("no links: '%s link put ACTOR PROVIDER' makes one\n", c.Name)
		return nil
	}
	rows := [][]string{{"ACTOR", "PROVIDER", "CONTRACT", "LINK NAME", "STATE"}}
	var notes []string
	for _, l := range cast.Links {
		s := cast.health(l.Provider, l.Actor, l.Name)
		state := orDash(string(s.State))
		if cast.provider(l.Provider) == nil {
			state = "no provider"
		}
		rows = append(rows, []string{string(l.Actor), claims.Short(l.Provider), l.Contract, l.Name, state})
		if text := s.Reason + s.Detail; text != "" {
			notes = append(notes, fmt.Sprintf("%s → %s: %s", c.printer.style(show.Name, string(l.Actor)), l.Provider, strings.TrimSpace(s.Reason+" "+s.Detail)))
		}
	}
	c.printer.table(rows)
	for _, note := range notes {
		c.printer.printf("%s\n", note)
	}
	return nil
}

// shownValues returns values without what looks like a secret.
func shownValues(values map[string]string) map[string]string {
	out := map[string]string{}
	for name, value := range values {
		for _, word := range [...]string{"seed", "secret", "password", "passwd", "token", "jwt", "credential", "private"} {
			if strings.Contains(strings.ToLower(name), word) {
				value = "(hidden)"
			}
		}
		out[name] = value
	}
	return out
}
