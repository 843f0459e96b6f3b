package command

import (
	"errors"
	"strings"

	"github.com/nats-io/nkeys"
	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/actor"
)

// generateFlags say where a key is kept, and whether its seed is shown.
type generateFlags struct {
	name, directory string
	showSeed        bool
}

func (c *call) generateKeyCommand() *cobra.Command {
	var f generateFlags
	var kinds []string
	for _, kind := range claims.Kinds() {
		kinds = append(kinds, claims.KindName(kind))
	}
	cmd := &cobra.Command{
		Use:     "generate KIND",
		Aliases: []string{"gen"},
		Short:   "Make a key of any kind",
		Long: `Make a key of a kind: ` + strings.Join(kinds, ", ") + `. A module is also an actor or a component, a provider a service, a server a node or
a host. The key is kept, under a name made of its kind and its public half if there is no other.

With --show-seed the seed is printed, and the key is kept only if it has a name: whoever sees the seed has the key.`,
		Example: c.examples(`
			% keys generate account --name team
			% keys gen module --show-seed`),
		Args:      between(1, 1),
		ValidArgs: kinds,
		RunE:      func(_ *cobra.Command, args []string) error { return c.generateKey(&f, args[0]) },
	}
	cmd.Flags().StringVar(&f.name, "name", "", "the `name` under which it is kept")
	cmd.Flags().BoolVar(&f.showSeed, "show-seed", false, "print the seed, which is the secret half")
	directoryFlag(cmd, &f.directory)
	return cmd
}

// seedView is the JSON of wash, and where the key is.
type seedView struct {
	Success   bool   `json:"success"`
	PublicKey string `json:"public_key"`
	Seed      string `json:"seed,omitempty"`
	Name      string `json:"name,omitempty"`
}

func (c *call) generateKey(f *generateFlags, word string) error {
	kind, ok := claims.ParseKind(strings.ToLower(word))
	if !ok {
		return usagef("there are no keys of the kind %s: say account, user, module, provider, server, operator or cluster", quoted(shortened(word, 20)))
	}
	key, name, err := c.newKey(f, kind)
	if err != nil {
		return err
	}
	defer key.Wipe()
	v := seedView{Success: true, PublicKey: key.Public(), Name: name}
	if f.showSeed {
		seed, err := key.Seed()
		if err != nil {
			return err
		}
		v.Seed = string(seed)
	}
	if c.printer.json {
		return c.printer.object(v)
	}
	c.printer.printf("Public Key: %s\n", v.PublicKey)
	if v.Seed != "" {
		c.printer.printf("Seed: %s\n\nRemember that the seed is private, treat it as a secret.\n", v.Seed)
	}
	if name != "" {
		c.printer.printf("Kept as: %s\n", name)
	}
	return nil
}

// newKey makes a key, and keeps it unless it is to be shown and has no name.
func (c *call) newKey(f *generateFlags, kind nkeys.PrefixByte) (key claims.Key, name string, err error) {
	if f.showSeed && f.name == "" {
		key, err = claims.NewKey(kind)
		return key, "", err
	}
	if err := checkKeyName(f.name); f.name != "" && err != nil {
		return key, "", err
	}
	keys, err := c.keysIn(f.directory)
	if err != nil {
		return key, "", err
	}
	if f.name != "" {
		key, err = keys.Create(f.name, kind)
	} else {
		key, f.name, err = createNamed(keys, kind)
	}
	if errors.Is(err, claims.ErrKeyExists) {
		err = usagef("%w", err)
	}
	return key, f.name, err
}

// checkKeyName refuses what cannot be the name of a key: the grammar is that of the names of actors.
func checkKeyName(name string) error {
	if who := actor.Address(name); who.Validate() != nil || who.Key() != "" {
		return usagef("%s cannot be the name of a key: it matches [a-z0-9][a-z0-9._-]*", quoted(shortened(name, 60)))
	}
	return nil
}

// createNamed makes a key that has a part of its public half in its name.
func createNamed(keys *claims.Keys, kind nkeys.PrefixByte) (claims.Key, string, error) {
	key, err := claims.NewKey(kind)
	if err != nil {
		return key, "", err
	}
	defer key.Wipe()
	seed, err := key.Seed()
	if err != nil {
		return key, "", err
	}
	defer clear(seed)
	name := claims.KindName(kind) + "-" + strings.ToLower(key.Public()[1:9])
	kept, err := keys.Import(name, seed)
	return kept, name, err
}

func (c *call) getKeyCommand(complete cobra.CompletionFunc) *cobra.Command {
	var directory string
	var showSeed bool
	cmd := &cobra.Command{
		Use:               "get NAME",
		Short:             "Print the public half of a key, or its seed",
		Example:           c.examples("% keys get team\n% keys get team --show-seed"),
		Args:              between(1, 1),
		ValidArgsFunction: complete,
		RunE:              func(_ *cobra.Command, args []string) error { return c.getKey(args[0], directory, showSeed) },
	}
	cmd.Flags().BoolVar(&showSeed, "show-seed", false, "print the seed, which is the secret half, and nothing else")
	directoryFlag(cmd, &directory)
	return cmd
}

func (c *call) getKey(name, directory string, showSeed bool) error {
	keys, err := c.keysIn(directory)
	if err != nil {
		return err
	}
	key, err := keys.Load(strings.TrimSuffix(name, ".nk"))
	if errors.Is(err, claims.ErrNoKey) {
		return notFoundf("%w", err)
	}
	if err != nil {
		return err
	}
	defer key.Wipe()
	v := seedView{Success: true, PublicKey: key.Public()}
	if showSeed {
		seed, err := key.Seed()
		if err != nil {
			return err
		}
		v.Seed = string(seed)
	}
	switch {
	case c.printer.json:
		return c.printer.object(v)
	case showSeed:
		c.printer.printf("%s\n", v.Seed)
	default:
		c.printer.printf("Public Key: %s\n", v.PublicKey)
	}
	return nil
}
