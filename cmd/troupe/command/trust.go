package command

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/runtime/capability"
)

// trustCommands are those that say whose modules may run.
func (c *call) trustCommands() []*cobra.Command {
	one := func(use, short, example string, order func(key string) (capability.Order, error), done string) *cobra.Command {
		return &cobra.Command{
			Use: use, Short: short, Example: c.examples(example), Args: between(1, 1),
			RunE: func(cmd *cobra.Command, args []string) error {
				o, err := order(args[0])
				if err != nil {
					return err
				}
				in := c.ordering
				if len(o.Unban)+len(o.Distrust) > 0 {
					in = c.changing
				}
				return in(cmd.Context(), func(p place) error {
					if err := p.order(cmd.Context(), o); err != nil {
						return orderError(err)
					}
					return c.did(map[string]string{"key": args[0]}, done, args[0])
				})
			},
		}
	}
	var reason, token string
	ban := one("ban KEY", "Keep a module, or all that an account has signed, from running, at once",
		"% ban MBCFOPM6JW2APJLXJD3Z5O4CN7CPYJ2B4FTKLJUR5YR5MITIU7HD3WD5 --reason 'leaked key'", func(key string) (capability.Order, error) {
			return capability.Order{Ban: []capability.BanOrder{{Key: key, Reason: reason}}}, nil
		}, "Banned %s")
	ban.Flags().StringVar(&reason, "reason", "", "the `reason`, which is told to whoever is refused")
	trust := one("trust KEY", "Let modules run only if this key, or another that is trusted, vouches for their issuer",
		"% trust ADPCF65BVZVFN43HS3Z43HJMI5E55T2UKCEK5FSMXSF2EYLMYMI2UD7V", func(key string) (capability.Order, error) {
			o := capability.TrustOrder{Key: key}
			if token != "" {
				text, err := readFile(token)
				if err != nil {
					return capability.Order{}, err
				}
				o.Token = strings.TrimSpace(string(text))
			}
			return capability.Order{Trust: []capability.TrustOrder{o}}, nil
		}, "Trusted %s")
	trust.Flags().StringVar(&token, "token", "", "the `file` with the claims of the key, which may name valid signers")
	return []*cobra.Command{
		ban, trust,
		one("unban KEY", "End a ban", "% unban MBCFOPM6JW2APJLXJD3Z5O4CN7CPYJ2B4FTKLJUR5YR5MITIU7HD3WD5", func(key string) (capability.Order, error) {
			return capability.Order{Unban: []string{key}}, nil
		}, "Unbanned %s"),
		one("distrust KEY", "Trust a key no more", "% distrust ADPCF65BVZVFN43HS3Z43HJMI5E55T2UKCEK5FSMXSF2EYLMYMI2UD7V", func(key string) (capability.Order, error) {
			return capability.Order{Distrust: []string{key}}, nil
		}, "Distrusted %s"),
	}
}
