package command

import (
	"time"

	"github.com/nats-io/nkeys"
	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/claims"
)

func (c *call) claimsTokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Sign a token alone: of an account, an operator, a provider or a module",
		Long: `Sign a token and print it. An operator's token of an account, and an account's of its signers, let a host that trusts the
operator run what the account has signed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.moduleTokenCommand(), c.providerTokenCommand(), c.accountTokenCommand(), c.operatorTokenCommand())
	return cmd
}

// printToken ends a command that signs one.
func (c *call) printToken(token string, err error) error {
	switch {
	case err != nil:
		return usagef("%w", err)
	case c.printer.json:
		return c.printer.object(struct {
			Success bool   `json:"success"`
			Token   string `json:"token"`
		}{true, token})
	}
	c.printer.printf("%s\n", token)
	return nil
}

func (c *call) moduleTokenCommand() *cobra.Command {
	var f moduleFlags
	var hash string
	cmd := &cobra.Command{
		Use:     "actor",
		Aliases: []string{"module"},
		Short:   "Sign a token of a module",
		Long: `Sign a token of a module and print it. Without the hash of its code it is for no code, and no host takes it: claims sign puts a
token into a module.`,
		Example: c.examples(`% claims token actor --name Echo --ver 0.1.0 --rev 1 --http_server`),
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			m, err := f.module(time.Now())
			if err != nil {
				return err
			}
			m.Hash = hash
			if err := signable(m, func(account claims.Key, m claims.Module) (err error) {
				_, err = claims.SignModuleToken(account, m)
				return err
			}); err != nil {
				return usagef("%w", err)
			}
			account, err := c.signingKey(&f.signFlags, claims.AccountKey, accountName())
			if err != nil {
				return err
			}
			defer account.Wipe()
			if m.Subject, err = c.subjectKey(&f.signFlags, claims.ModuleKey, keyName(f.name, "module")); err != nil {
				return err
			}
			return c.printToken(claims.SignModuleToken(account, m))
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&hash, "hash", "", "the SHA-256 of the code without a token, in capital hex `digits`")
	return cmd
}

func (c *call) providerTokenCommand() *cobra.Command {
	var f signFlags
	var p claims.Provider
	cmd := &cobra.Command{
		Use:     "provider",
		Short:   "Sign a token of a provider",
		Example: c.examples(`% claims token provider --name Redis --capid wasmcloud:keyvalue --vendor wasmCloud`),
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) (err error) {
			p.Issued = time.Now()
			if p.NotBefore, p.Expires, err = f.times(p.Issued); err != nil {
				return err
			}
			account, err := c.signingKey(&f, claims.AccountKey, accountName())
			if err != nil {
				return err
			}
			defer account.Wipe()
			if p.Subject, err = c.subjectKey(&f, claims.ProviderKey, keyName(p.Name, "service")); err != nil {
				return err
			}
			return c.printToken(claims.SignProvider(account, p))
		},
	}
	f.add(cmd, "account", "provider")
	flags := cmd.Flags()
	flags.StringVarP(&p.Name, "name", "n", "", "the `name` of the provider, for people")
	flags.StringVarP(&p.Contract, "capid", "c", "", "the `contract` that it implements")
	flags.StringVarP(&p.Vendor, "vendor", "v", "", "`who` has made it, for people")
	flags.Int32VarP(&p.Revision, "revision", "r", 0, "its `revision`, which grows")
	flags.StringVarP(&p.Version, "version", "e", "", "its `version`, for people")
	for _, name := range []string{"name", "capid", "vendor"} {
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}

// accountFlags are what a token says of an account or an operator.
type accountFlags struct {
	signFlags
	name    string
	signers []string
}

func (f *accountFlags) add(cmd *cobra.Command, subject string, what string) {
	f.signFlags.add(cmd, "operator", subject)
	cmd.Flags().StringVarP(&f.name, "name", "n", "", "the `name` of the "+what+", for people")
	cmd.Flags().StringArrayVarP(&f.signers, "additional-key", "a", nil, "another `key` that signs for the "+what+": its name, its public half, the file of its seed or the seed")
	_ = cmd.MarkFlagRequired("name")
}

// token signs a token of an account or operator of that kind. Without a subject it is the issuer's own.
func (c *call) accountToken(f *accountFlags, kind nkeys.PrefixByte) (err error) {
	a := claims.Account{Name: f.name, Issued: time.Now()}
	if a.NotBefore, a.Expires, err = f.times(a.Issued); err != nil {
		return err
	}
	operator, err := c.signingKey(&f.signFlags, claims.OperatorKey, keyName(f.name, "operator"))
	if err != nil {
		return err
	}
	defer operator.Wipe()
	a.Subject = operator.Public()
	if kind == claims.AccountKey {
		if a.Subject, err = c.subjectKey(&f.signFlags, kind, accountName()); err != nil {
			return err
		}
	}
	for _, text := range f.signers {
		signer, err := c.publicOf("--additional-key", text, &f.signFlags, kind, "")
		if err != nil {
			return err
		}
		a.ValidSigners = append(a.ValidSigners, signer)
	}
	return c.printToken(claims.SignAccount(operator, a))
}

func (c *call) accountTokenCommand() *cobra.Command {
	var f accountFlags
	cmd := &cobra.Command{
		Use: "account", Short: "Sign a token of an account, as its operator", Args: noArgs,
		Example: c.examples(`% claims token account --name team --subject user_account --issuer company_operator`),
		RunE:    func(*cobra.Command, []string) error { return c.accountToken(&f, claims.AccountKey) },
	}
	f.add(cmd, "account", "account")
	return cmd
}

func (c *call) operatorTokenCommand() *cobra.Command {
	var f accountFlags
	cmd := &cobra.Command{
		Use: "operator", Short: "Sign a token of an operator, by itself", Args: noArgs,
		Example: c.examples(`% claims token operator --name company --additional-key second_operator`),
		RunE:    func(*cobra.Command, []string) error { return c.accountToken(&f, claims.OperatorKey) },
	}
	f.add(cmd, "", "operator")
	return cmd
}
