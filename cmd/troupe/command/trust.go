package command

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/capability"
)

// A trustChange is what is done about a key. It is checked here before it is sent: what is sent stands in the log for good.
type trustChange struct {
	cmd *cobra.Command
	// modules says that it can be about a module, too, and not only about who signs.
	modules bool
	order   func(key string) (capability.Order, error)
	// undoes reports whether there is what the change takes away, nil if it takes nothing away. Where is nothing says so.
	undoes  func(t *api.Trust, key string) bool
	nothing string
	done    string
}

// trustCommands are those that say whose modules may run.
func (c *call) trustCommands() []*cobra.Command {
	var reason, token string
	ban := &trustChange{
		cmd: &cobra.Command{Use: "ban KEY", Short: "Keep a module, or all that an account has signed, from running, at once",
			Example: c.examples("% ban MBCFOPM6JW2APJLXJD3Z5O4CN7CPYJ2B4FTKLJUR5YR5MITIU7HD3WD5 --reason 'leaked key'")},
		modules: true, done: "Banned %s",
		order: func(key string) (capability.Order, error) {
			return capability.Order{Ban: []capability.BanOrder{{Key: key, Reason: reason}}}, nil
		},
	}
	unban := &trustChange{
		cmd:     &cobra.Command{Use: "unban KEY", Short: "End a ban", Example: c.examples("% unban MBCFOPM6JW2APJLXJD3Z5O4CN7CPYJ2B4FTKLJUR5YR5MITIU7HD3WD5")},
		modules: true, done: "Unbanned %s", nothing: "%s is not banned; '%s get trust' lists who is",
		order: func(key string) (capability.Order, error) { return capability.Order{Unban: []string{key}}, nil },
		undoes: func(t *api.Trust, key string) bool {
			return slices.ContainsFunc(t.Bans, func(b api.Ban) bool { return b.Key == key })
		},
	}
	trust := &trustChange{
		cmd: &cobra.Command{Use: "trust KEY", Short: "Let modules run only if this key, or another that is trusted, vouches for their issuer",
			Example: c.examples("% trust ADPCF65BVZVFN43HS3Z43HJMI5E55T2UKCEK5FSMXSF2EYLMYMI2UD7V")},
		done: "Trusted %s",
		order: func(key string) (capability.Order, error) {
			o := capability.TrustOrder{Key: key}
			if token != "" {
				text, err := readFile(token)
				if err != nil {
					return capability.Order{}, err
				}
				o.Token = strings.TrimSpace(string(text))
			}
			return capability.Order{Trust: []capability.TrustOrder{o}}, nil
		},
	}
	distrust := &trustChange{
		cmd: &cobra.Command{Use: "distrust KEY", Short: "Trust a key no more",
			Example: c.examples("% distrust ADPCF65BVZVFN43HS3Z43HJMI5E55T2UKCEK5FSMXSF2EYLMYMI2UD7V")},
		done: "Distrusted %s", nothing: "%s is not trusted by name; '%s get trust' lists who is",
		order: func(key string) (capability.Order, error) { return capability.Order{Distrust: []string{key}}, nil },
		undoes: func(t *api.Trust, key string) bool {
			return slices.ContainsFunc(t.Anchors, func(a api.Anchor) bool { return a.Key == key })
		},
	}
	ban.cmd.Flags().StringVar(&reason, "reason", "", "the `reason`, which is told to whoever is refused")
	trust.cmd.Flags().StringVar(&token, "token", "", "the `file` with the claims of the key, which may name valid signers")
	return []*cobra.Command{c.changeCommand(ban), c.changeCommand(trust), c.changeCommand(unban), c.changeCommand(distrust), c.policyCommand()}
}

// changeCommand completes the command of a change.
func (c *call) changeCommand(t *trustChange) *cobra.Command {
	t.cmd.Args = between(1, 1)
	t.cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx, key := cmd.Context(), args[0]
		if err := checkSigner(key, t.modules); err != nil {
			return err
		}
		o, err := t.order(key)
		if err != nil {
			return err
		}
		in := c.ordering
		if t.undoes != nil {
			in = c.changing
		}
		return in(ctx, func(p place) error {
			if t.undoes != nil {
				now, err := p.trusted(ctx)
				if err != nil {
					return err
				}
				if !t.undoes(now, key) {
					return notFoundf(t.nothing, key, c.Name)
				}
			}
			if err := p.order(ctx, o); err != nil {
				return orderError(err)
			}
			return c.did(map[string]string{"key": key}, t.done, key)
		})
	}
	return t.cmd
}

// checkSigner refuses what is not the public key of who signs modules, or of a module.
func checkSigner(key string, orModule bool) error {
	what, is := "an account or of an operator", []error{claims.CheckPublic(key, claims.AccountKey), claims.CheckPublic(key, claims.OperatorKey)}
	if orModule {
		what, is = "a module, an account or an operator", append(is, claims.CheckPublic(key, claims.ModuleKey))
	}
	return checkKey(key, what, is...)
}

// checkKey refuses what is none of some kinds of public key, of which each check has an error. A seed is not repeated.
func checkKey(arg, what string, checks ...error) error {
	switch {
	case slices.Contains(checks, nil):
		return nil
	case claims.LooksLikeSeed(arg):
		return usagef("this is the secret half of a key, which nobody else should see: give the public half")
	}
	return usagef("%s is not the public key of %s", quoted(shortened(arg, 60)), what)
}

func (d directory) trusted(context.Context) (*api.Trust, error) {
	all, err := d.host.Capabilities()
	t := &api.Trust{}
	for _, a := range all.Trust {
		t.Anchors = append(t.Anchors, api.Anchor{Key: a.Key, Issuer: a.Issuer, Name: a.Name, ValidSigners: a.ValidSigners})
	}
	for _, b := range all.Bans {
		t.Bans = append(t.Bans, api.Ban{Key: b.Key, Reason: b.Reason})
	}
	if p := all.Policy; p != nil {
		t.Policy = p.Actor
		for _, a := range p.Actions {
			t.PolicyActions = append(t.PolicyActions, string(a))
		}
	}
	return t, err
}

func (s *remote) trusted(ctx context.Context) (*api.Trust, error) {
	return ask[api.Trust](ctx, s, "trusted", &api.Empty{})
}

// trusted lists whose modules may run, and who decides about the rest.
func (c *call) trusted(ctx context.Context, p place) error {
	t, err := p.trusted(ctx)
	if err != nil {
		return err
	}
	if c.printer.json {
		out := map[string]any{"anchors": append([]api.Anchor{}, t.Anchors...), "bans": append([]api.Ban{}, t.Bans...), "success": true}
		if t.Policy != "" {
			out["policy"], out["policy_actions"] = t.Policy, t.PolicyActions
		}
		return c.printer.object(out)
	}
	if len(t.Anchors) == 0 {
		c.printer.printf("any issuer may sign: '%s trust KEY' names the first that is trusted, and then no other is\n", c.Name)
	} else {
		rows := [][]string{{"TRUSTED", "NAME", "VOUCHES FOR"}}
		for _, a := range t.Anchors {
			rows = append(rows, []string{a.Key, orDash(harmless(a.Name)), orDash(strings.Join(a.ValidSigners, ","))})
		}
		c.printer.table(rows)
	}
	c.printer.printf("\n")
	if len(t.Bans) == 0 {
		c.printer.printf("nobody is banned\n")
		c.printPolicy(t)
		return nil
	}
	rows := [][]string{{"BANNED", "REASON"}}
	for _, b := range t.Bans {
		rows = append(rows, []string{b.Key, orDash(harmless(b.Reason))})
	}
	c.printer.table(rows)
	c.printPolicy(t)
	return nil
}
