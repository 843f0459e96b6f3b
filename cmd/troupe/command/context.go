package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/cmd/troupe/contexts"
	"github.com/troupe-run/troupe/runtime/client"
)

func (c *call) contextCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "context",
		Short: "Names for servers: add, list, use, remove",
		Long: `Give a server a name, so that --server NAME means it, and make one the default. A context holds where the server is, which of your
keys to ask it with, and the key of the node itself, which is asked for once: if another node answers there later, it is told.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	complete := func(_ *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
		if l, err := c.contexts(); err == nil && len(args) == 0 {
			names = l.Names()
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	cmd.AddCommand(
		&cobra.Command{Use: "add NAME URL", Short: "Give the server at a URL a name", Args: between(2, 2),
			Example: c.examples("% context add local http://127.0.0.1:8880\n% context add prod https://troupe.example.org --key work"),
			RunE: func(cmd *cobra.Command, args []string) error {
				return c.addContext(cmd.Context(), args[0], strings.TrimSuffix(args[1], "/"))
			}},
		&cobra.Command{Use: "list", Short: "List your contexts", Example: c.examples("% context list"), Args: noArgs,
			RunE: func(*cobra.Command, []string) error { return c.listContexts() }},
		&cobra.Command{Use: "use [NAME]", Short: "Make a context the default, or none", Args: between(0, 1), ValidArgsFunction: complete,
			Long:    `Make a context what commands ask if neither --server nor --dir says otherwise. Without a name they work on a data directory again.`,
			Example: c.examples("% context use prod\n% context use"),
			RunE:    func(_ *cobra.Command, args []string) error { return c.useContext(strings.Join(args, "")) }},
		&cobra.Command{Use: "remove NAME", Short: "Take the name of a server away", Args: between(1, 1), ValidArgsFunction: complete,
			Example: c.examples("% context remove prod"),
			RunE:    func(_ *cobra.Command, args []string) error { return c.removeContext(args[0]) }})
	return cmd
}

// contextView is a context as machines get it.
type contextView struct {
	Name string `json:"name"`
	contexts.Context
	Current bool `json:"current"`
}

// changeContexts classifies what is wrong with a change.
func changeContexts(fn func(*contexts.List) error) error {
	store, err := contextStore()
	if err != nil {
		return err
	}
	err = store.Change(fn)
	if errors.Is(err, contexts.ErrNone) {
		return notFoundf("%w", err)
	}
	return err
}

func (c *call) addContext(ctx context.Context, name, url string) error {
	keyName := defaultKey
	if c.key != "" {
		keyName = c.key
	}
	key, err := c.loadKey(keyName)
	if err != nil {
		return err
	}
	defer key.Wipe()
	way, err := dial(ctx, url, key)
	if err != nil {
		return err
	}
	defer way.Close()
	info, err := client.Hello(ctx, way)
	if err != nil {
		return localError(err)
	}
	added := contexts.Context{URL: url, Node: info.Host, Key: keyName}
	before := ""
	err = changeContexts(func(l *contexts.List) error {
		before = l.Contexts[name].Node
		if err := l.Add(name, added); err != nil {
			return usagef("%w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s, err := c.reach(ctx, name, added)
	if err != nil {
		return err
	}
	defer s.close()
	me, err := s.Info(ctx)
	if c.printer.json {
		return c.printer.object(contextView{Name: name, Context: added})
	}
	c.printer.printf("%s is node %s at %s\n", name, claims.Short(info.Host), url)
	if before != "" && before != info.Host {
		c.printer.printf("it was node %s before\n", claims.Short(before))
	}
	if err != nil || len(me.Roles) == 0 {
		c.printer.printf("your key has no grant there: an operator says '%s grant %s caller' there\n", c.Name, key.Public())
		return nil
	}
	c.printer.printf("your key %s is %s there\n", keyName, strings.Join(me.Roles, ", "))
	return nil
}

func (c *call) listContexts() error {
	l, err := c.contexts()
	if err != nil {
		return err
	}
	rows := [][]string{{"", "NAME", "URL", "NODE", "KEY"}}
	for _, name := range l.Names() {
		v := contextView{name, l.Contexts[name], name == l.Current}
		if c.printer.json {
			if err := c.printer.object(v); err != nil {
				return err
			}
			continue
		}
		mark := " "
		if v.Current {
			mark = "*"
		}
		rows = append(rows, []string{mark, name, v.URL, claims.Short(v.Node), v.Key})
	}
	if len(rows) == 1 && !c.printer.json {
		c.printer.printf("no contexts: '%s context add NAME URL' makes one\n", c.Name)
		return nil
	}
	c.printer.table(rows)
	return nil
}

func (c *call) useContext(name string) error {
	if err := changeContexts(func(l *contexts.List) error { return l.Use(name) }); err != nil {
		return err
	}
	if !c.printer.json {
		said := fmt.Sprintf("commands ask %s now", name)
		if name == "" {
			said = "commands work on a data directory now"
		}
		c.printer.printf("%s\n", said)
	}
	return nil
}

func (c *call) removeContext(name string) error {
	return changeContexts(func(l *contexts.List) error { return l.Remove(name) })
}
