package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// A governor is asked the operations that say who may do what: a server, or a host in this process.
type governor interface {
	Ask(ctx context.Context, op, id string, req, answer any) error
}

// A localNode answers for a directory. Nobody signs: who has the directory open is its operator.
type localNode struct{ *node.Node }

// Ask implements governor.
func (n localNode) Ask(ctx context.Context, op, id string, req, answer any) error {
	result, failed := n.Do(ctx, node.Caller{RequestID: id, Via: "local"}, op, req)
	if failed != nil {
		return failed
	}
	switch answer := answer.(type) {
	case *api.Done:
		*answer = *result.(*api.Done)
	case *api.Grants:
		*answer = *result.(*api.Grants)
	}
	return nil
}

// governing runs fn with the governor of the place that the command line means. A directory that nobody has founded yet is
// founded for the user, if it is to be changed.
func (c *call) governing(ctx context.Context, change bool, fn func(governor) error) error {
	open := c.read
	if change {
		open = func(fn func(*runtime.Host) error) error {
			if err := c.checkData(); err != nil { // there is nothing to govern where there is nothing
				return err
			}
			return c.write(fn)
		}
	}
	return c.govern(ctx, change, fn, open)
}

func (c *call) govern(ctx context.Context, change bool, fn func(governor) error, open func(func(*runtime.Host) error) error) error {
	on := func(p place) error {
		d, here := p.(directory)
		if !here {
			return localError(fn(p.(*remote)))
		}
		founded, err := d.host.Founded()
		if err == nil && !founded {
			if !change {
				return nil
			}
			err = c.found(ctx, d.host)
		}
		if err != nil {
			return err
		}
		key, err := claims.NewKey(claims.NodeKey) // nothing is signed for it
		if err != nil {
			return err
		}
		n, err := node.New(d.host, node.Options{Key: key})
		if err != nil {
			return err
		}
		err = fn(localNode{n})
		return localError(errors.Join(err, n.Drain(ctx)))
	}
	return c.at(ctx, on, func() error { return open(func(h *runtime.Host) error { return on(directory{c, h}) }) })
}

// found makes the user the operator of a directory.
func (c *call) found(ctx context.Context, h *runtime.Host) error {
	key, err := c.ownKey("")
	if err != nil {
		return err
	}
	defer key.Wipe()
	if err := h.Found(ctx, key.Public()); err != nil {
		return err
	}
	if !c.printer.json {
		fmt.Fprintf(c.Stderr, "%s: your key %s is the operator of %s now\n", c.Name, claims.Short(key.Public()), c.dir)
	}
	return nil
}

func (c *call) grantsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "grants",
		Short: "List who may do what",
		Long: `List the grants of all keys: the role, for which actors, as whom, and until when. A reader reads, a caller sends messages too, a
deployer also installs modules and makes actors, an operator also does what this group of commands does.`,
		Example: c.examples(`
			% grants
			% grants --server prod -o json`),
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list api.Grants
			err := c.governing(cmd.Context(), false, func(g governor) error {
				return g.Ask(cmd.Context(), "grants", "", &api.Empty{}, &list)
			})
			if err != nil {
				return err
			}
			return c.grants(&list)
		},
	}
}

// grantView is a grant as machines get it.
type grantView struct {
	Subject string     `json:"subject"`
	Name    string     `json:"name,omitempty"`
	Role    string     `json:"role"`
	Actors  []string   `json:"actors,omitempty"`
	As      []string   `json:"as,omitempty"`
	Until   *time.Time `json:"until,omitempty"`
}

func viewGrant(g *api.Grant) grantView {
	v := grantView{Subject: g.Subject, Name: g.Name, Role: g.Role, Actors: g.Actors, As: g.As}
	if g.Until != 0 {
		until := time.Unix(g.Until, 0).UTC()
		v.Until = &until
	}
	return v
}

func (c *call) grants(list *api.Grants) error {
	rows := [][]string{{"KEY", "NAME", "ROLE", "ACTORS", "AS", "UNTIL"}}
	for i := range list.Grants {
		v := viewGrant(&list.Grants[i])
		if c.printer.json {
			if err := c.printer.object(v); err != nil {
				return err
			}
			continue
		}
		actors, until := "all", "-"
		if len(v.Actors) > 0 {
			actors = strings.Join(v.Actors, ",")
		}
		if v.Until != nil {
			until = v.Until.Format(time.RFC3339)
		}
		name := orDash(harmless(v.Name))
		if v.Subject == list.You && v.Subject != "" {
			name += " (you)"
		}
		rows = append(rows, []string{v.Subject, name, v.Role, actors, orDash(strings.Join(v.As, ",")), until})
	}
	if len(list.Grants) == 0 && !c.printer.json {
		c.printer.printf("no grants: nobody has served this directory yet\n")
		return nil
	}
	c.printer.table(rows)
	return nil
}

func (c *call) grantCommand() *cobra.Command {
	var g api.Grant
	var until string
	cmd := &cobra.Command{
		Use:   "grant KEY ROLE",
		Short: "Allow the holder of a key something",
		Long: `Allow the holder of a key what a role says: reader, caller, deployer or operator, each of which includes those before it. KEY is a
public key, which '` + c.Name + ` keys show' prints, or the name of one of yours. A key may have several grants. With --actors the grant is
about these only; a pattern ends in *. The holder sends as his key, or as a plain name that --as allows.`,
		Example: c.examples(`
			% grant UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4 reader --name bob
			% grant ci caller --actors 'currency/*' --as ci --until 720h
			% grant UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4 operator --server prod`),
		Args: between(2, 2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) (found []string, _ cobra.ShellCompDirective) {
			if len(args) == 1 {
				for _, r := range claims.Roles() {
					found = append(found, string(r))
				}
			}
			return found, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if g.Subject, err = c.publicKey(args[0]); err != nil {
				return err
			}
			role, err := claims.ParseRole(args[1])
			if err != nil {
				return usagef("%w", err)
			}
			g.Role = string(role)
			if until != "" {
				end, err := parseUntil(until, time.Now())
				if err != nil {
					return err
				}
				g.Until = end.Unix()
			}
			var done api.Done
			err = c.governing(cmd.Context(), true, func(to governor) error { return to.Ask(cmd.Context(), "grant", "", &g, &done) })
			if err != nil {
				return err
			}
			return c.ordered(done.Sequence, "%s is granted: %s", claims.Short(g.Subject), g.Role)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&g.Name, "name", "", "what people call the `holder`")
	flags.StringSliceVar(&g.Actors, "actors", nil, "the `addresses` that it is about; all if empty")
	flags.StringSliceVar(&g.As, "as", nil, "the plain `names` that the holder may act as")
	flags.StringVar(&until, "until", "", "the `end`: a time from now such as 720h, or a date such as 2027-01-31")
	return cmd
}

// ordered prints that something was done.
func (c *call) ordered(seq uint64, format string, args ...any) error {
	if c.printer.json {
		return c.printer.object(map[string]uint64{"seq": seq})
	}
	c.printer.printf(format+", seq %d\n", append(args, seq)...)
	return nil
}

// parseUntil reads the end of something: a duration from now, a day, which counts whole, or a time.
func parseUntil(text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(d), nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, 1), nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	return time.Time{}, usagef("%s is no end: it is a time from now such as 720h, a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z",
		quoted(text))
}

// publicKey returns the public key that an argument is, or that the user's key of that name has.
func (c *call) publicKey(arg string) (string, error) {
	if claims.CheckPublic(arg, claims.UserKey) == nil {
		return arg, nil
	}
	if claims.CheckPublic(arg, claims.NodeKey) == nil {
		return "", usagef("%s is the key of a node, not of a user", arg)
	}
	if claims.LooksLikeSeed(arg) {
		return "", usagef("this is the secret half of a key, which nobody else should see: name the key, or give the public half, which begins with U")
	}
	key, err := c.loadKey(arg)
	if err != nil {
		return "", notFoundf("%s is neither a public key nor the name of one of your keys: %w", quoted(shortened(arg, 60)), err)
	}
	defer key.Wipe()
	return key.Public(), nil
}

func (c *call) revokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke KEY",
		Short: "Take all grants of a key away, at once",
		Long: `Take all grants of a key away. Requests that it has signed and tokens are worth nothing from then on. KEY is a public key, the name
that its grants have, or the name of one of yours. The last operator cannot be revoked.`,
		Example: c.examples(`
			% revoke bob
			% revoke UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4 --server prod`),
		Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if claims.LooksLikeSeed(args[0]) {
				_, err := c.publicKey(args[0])
				return err
			}
			var done api.Done
			subject := ""
			err := c.governing(cmd.Context(), true, func(to governor) (err error) {
				if subject, err = c.granted(cmd.Context(), to, args[0]); err != nil {
					return err
				}
				return to.Ask(cmd.Context(), "revoke", "", &api.RevokeRequest{Subject: subject}, &done)
			})
			if err != nil {
				return err
			}
			return c.ordered(done.Sequence, "%s has no grants any more", claims.Short(subject))
		},
	}
}

// granted returns the key that an argument means, which may be the name that its grants have.
func (c *call) granted(ctx context.Context, to governor, arg string) (string, error) {
	if claims.CheckPublic(arg, claims.UserKey) == nil {
		return arg, nil
	}
	var list api.Grants
	if err := to.Ask(ctx, "grants", "", &api.Empty{}, &list); err != nil {
		return "", err
	}
	found := map[string]bool{}
	subject := ""
	for i := range list.Grants {
		if g := &list.Grants[i]; g.Name == arg {
			found[g.Subject], subject = true, g.Subject
		}
	}
	switch len(found) {
	case 0:
		return c.publicKey(arg)
	case 1:
		return subject, nil
	}
	return "", usagef("%s keys are called %s: name the key itself, which '%s grants' lists", strconv.Itoa(len(found)), quoted(arg), c.Name)
}

func (c *call) pauseCommand() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "pause ADDRESS",
		Short: "Let an actor take no more messages",
		Long: `Let an actor take no more messages, whoever sends them, until '` + c.Name + ` resume'. A transaction that would reach it is rolled back
with the code "paused" and the reason. Its state can be read all the time.`,
		Example:           c.examples(`% pause currency/gold --reason 'audit until noon'`),
		Args:              between(1, 1),
		ValidArgsFunction: c.completeAddress,
		RunE: func(cmd *cobra.Command, args []string) error {
			who, err := parseAddress(args[0])
			if err != nil {
				return err
			}
			return c.setPause(cmd.Context(), who, "pause", "is paused", &api.PauseRequest{Actor: who, Reason: reason})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "the `text` that senders are told")
	return cmd
}

func (c *call) resumeCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "resume ADDRESS",
		Short:             "Let a paused actor take messages again",
		Example:           c.examples(`% resume currency/gold`),
		Args:              between(1, 1),
		ValidArgsFunction: c.completeAddress,
		RunE: func(cmd *cobra.Command, args []string) error {
			who, err := parseAddress(args[0])
			if err != nil {
				return err
			}
			return c.setPause(cmd.Context(), who, "resume", "takes messages again", &api.ResumeRequest{Actor: who})
		},
	}
}

func (c *call) setPause(ctx context.Context, who actor.Address, op, said string, req any) error {
	var done api.Done
	if err := c.governing(ctx, true, func(to governor) error { return to.Ask(ctx, op, "", req, &done) }); err != nil {
		return err
	}
	return c.ordered(done.Sequence, "%s %s", c.printer.style(show.Name, string(who)), said)
}
