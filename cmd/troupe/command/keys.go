package command

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/api"
)

func (c *call) keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Your keys: list them, make one, show the public half",
		Long: `Your keys sign what you ask of servers, and modules. Each is a file in a private folder, which TROUPE_KEYS names, or else one in your
folder for configuration. The key "` + defaultKey + `" is made when it is needed first. What others may know of a key, such as the operator who
grants it something, is its public half. The other half, its seed, is printed only with --show-seed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	complete := func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
		if keys, err := c.openKeys(); err == nil {
			list, _ := keys.List() // errors are nothing that a shell could show
			for _, k := range list {
				names = append(names, k.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	cmd.AddCommand(
		c.listKeysCommand(),
		&cobra.Command{Use: "create NAME", Short: "Make a key", Example: c.examples(`% keys create work`), Args: between(1, 1),
			RunE: func(_ *cobra.Command, args []string) error { return c.createKey(args[0]) }},
		&cobra.Command{Use: "show [NAME]", Short: "Print the public half of a key", Args: between(0, 1), ValidArgsFunction: complete,
			Example: c.examples("% keys show\n% keys show work"),
			RunE: func(_ *cobra.Command, args []string) error {
				name := defaultKey
				if len(args) > 0 {
					name = args[0]
				}
				return c.showKey(name)
			}},
		c.generateKeyCommand(), c.getKeyCommand(complete))
	return cmd
}

func (c *call) listKeysCommand() *cobra.Command {
	var directory string
	cmd := &cobra.Command{Use: "list", Short: "List your keys", Example: c.examples(`% keys list`), Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return c.listKeys(directory) }}
	directoryFlag(cmd, &directory)
	return cmd
}

// directoryFlag lets a command work on another folder of keys.
func directoryFlag(cmd *cobra.Command, directory *string) {
	cmd.Flags().StringVarP(directory, "directory", "d", "", "the `folder` of keys, in place of yours")
	_ = cmd.MarkFlagDirname("directory")
}

type keyView struct {
	Name   string `json:"name"`
	Public string `json:"public,omitempty"`
	Error  string `json:"error,omitempty"`
}

func (c *call) listKeys(directory string) error {
	keys, err := c.keysIn(directory)
	if err != nil {
		return err
	}
	list, err := keys.List()
	if err != nil {
		return err
	}
	rows := [][]string{{"NAME", "PUBLIC KEY"}}
	for _, k := range list {
		v := keyView{Name: k.Name, Public: k.Public}
		if k.Err != nil {
			v.Error = k.Err.Error()
		}
		if c.printer.json {
			if err := c.printer.object(v); err != nil {
				return err
			}
			continue
		}
		if v.Error != "" {
			v.Public = harmless(v.Error)
		}
		rows = append(rows, []string{v.Name, v.Public})
	}
	if len(list) == 0 && !c.printer.json {
		c.printer.printf("no keys in %s\n", keys.Dir())
		return nil
	}
	c.printer.table(rows)
	return nil
}

func (c *call) createKey(name string) error {
	if err := checkKeyName(name); err != nil {
		return err
	}
	keys, err := c.openKeys()
	if err != nil {
		return err
	}
	key, err := keys.Create(name, claims.UserKey)
	switch {
	case errors.Is(err, claims.ErrKeyExists):
		return usagef("%w", err)
	case err != nil:
		return err
	}
	defer key.Wipe()
	return c.printKey(name, key)
}

func (c *call) showKey(name string) error {
	key, err := c.loadKey(name)
	if err != nil {
		return err
	}
	defer key.Wipe()
	return c.printKey(name, key)
}

func (c *call) printKey(name string, key claims.Key) error {
	if c.printer.json {
		return c.printer.object(keyView{Name: name, Public: key.Public()})
	}
	c.printer.printf("%s\n", key.Public())
	return nil
}

// tokenFlags say what a token allows.
type tokenFlags struct {
	lifetime time.Duration
	readOnly bool
	ops      []string
	actors   []string
}

func (c *call) tokenCommand() *cobra.Command {
	var f tokenFlags
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Sign a token: what a browser or curl shows in your name",
		Long: `Sign a token with your key, for one server, or for the node that serves the data directory, and print it. Whoever has it may ask what
your key may ask, or less if the flags say so, until it expires: treat it as a password. To revoke the key revokes its tokens.`,
		Example: c.examples(`
			% token --server prod --for 15m
			% token --read-only --actors 'currency/*'
			curl -H "Authorization: Bearer $(` + c.Name + ` token)" http://127.0.0.1:8880/v1/actors`),
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.token(cmd.Context(), &f) },
	}
	flags := cmd.Flags()
	flags.DurationVar(&f.lifetime, "for", time.Hour, "how long it is good")
	flags.BoolVar(&f.readOnly, "read-only", false, "only operations that change nothing")
	flags.StringSliceVar(&f.ops, "ops", nil, "only these `operations`, such as send,query")
	flags.StringSliceVar(&f.actors, "actors", nil, "only what is about these `addresses`; a pattern ends in *")
	cmd.MarkFlagsMutuallyExclusive("read-only", "ops")
	return cmd
}

func (c *call) token(ctx context.Context, f *tokenFlags) error {
	if f.lifetime <= 0 || f.lifetime > claims.MaxTokenLifetime {
		return usagef("--for is more than nothing and at most %s, not %s", claims.MaxTokenLifetime, f.lifetime)
	}
	for _, name := range f.ops {
		if _, ok := api.Find(name); !ok {
			return usagef("--ops: there is no operation %s", quoted(name))
		}
	}
	if f.readOnly {
		for _, op := range api.Ops() {
			if op.Safe() {
				f.ops = append(f.ops, op.Name)
			}
		}
	}
	key, audience, err := c.tokenFor(ctx)
	if err != nil {
		return err
	}
	defer key.Wipe()
	now := time.Now()
	t := claims.Token{Audience: audience, Issued: now, Expires: now.Add(f.lifetime), Ops: f.ops, Actors: f.actors}
	text, err := claims.SignToken(key, t)
	if err != nil {
		return usagef("%w", err)
	}
	if c.printer.json {
		return c.printer.object(struct {
			Token   string    `json:"token"`
			Subject string    `json:"subject"`
			Node    string    `json:"node"`
			Expires time.Time `json:"expires"`
		}{text, key.Public(), audience, t.Expires.UTC().Truncate(time.Second)})
	}
	c.printer.printf("%s\n", text)
	return nil
}

// tokenFor returns the key to sign a token with, and the public key of the node that it is for.
func (c *call) tokenFor(ctx context.Context) (key claims.Key, audience string, err error) {
	name, err := c.serverName()
	if err != nil {
		return key, "", err
	}
	if name == "" {
		own, err := claims.LoadFile(filepath.Join(c.dir, "node", "host.nk"))
		switch {
		case errors.Is(err, claims.ErrNoKey), errors.Is(err, fs.ErrNotExist):
			return key, "", directoryf("a token is for a node, and the directory %s was never served: '%s serve' does, and --server names another node", c.dir, c.Name)
		case err != nil:
			return key, "", err
		}
		defer own.Wipe()
		name := defaultKey
		if c.key != "" {
			name = c.key
		}
		key, err = c.loadKey(name)
		return key, own.Public(), err
	}
	s, err := c.connect(ctx, name)
	if err != nil {
		return key, "", err
	}
	defer func() { _ = s.Client.Close() }() // the key goes on
	if !s.key.Valid() {
		return key, "", usagef("a token signs no other tokens: name the server alone, and your key by --key")
	}
	if s.node != "" {
		return s.key, s.node, nil
	}
	info, err := s.hello(ctx)
	if err != nil {
		return key, "", localError(err)
	}
	return s.key, info.Host, nil
}
