package command

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/capability"
)

// moduleFlags are what a token says of a module.
type moduleFlags struct {
	signFlags
	name, version, alias string
	revision             int32
	caps, tags           []string
	standard             [len(standardCaps)]bool
	provider             bool
}

// standardCaps are the contracts that have flags of their own, in the order of wash.
var standardCaps = [...]struct{ flag, short, contract, what string }{
	{"keyvalue", "k", capability.KeyValue, "keys and values"},
	{"msg", "g", capability.Messaging, "messages"},
	{"http-client", "", capability.HTTPClient, "requests by HTTP"},
	{"http-server", "q", capability.HTTPServer, "a server of HTTP"},
	{"blob-store", "f", capability.Blobstore, "blobs"},
	{"extras", "z", capability.NumberGen, "random numbers"},
	{"logging", "l", capability.Logging, "lines of a log"},
	{"events", "e", "wasmcloud:eventstreams", "streams of events"},
}

func (f *moduleFlags) add(cmd *cobra.Command) {
	f.signFlags.add(cmd, "account", "module")
	flags := cmd.Flags()
	flags.StringVarP(&f.name, "name", "n", "", "the `name` of the module, for people")
	flags.StringVarP(&f.version, "ver", "v", "", "its `version`, for people")
	flags.Int32VarP(&f.revision, "rev", "r", 0, "its `revision`, which grows with each version that is to replace another")
	flags.StringVarP(&f.alias, "call-alias", "a", "", "a `name` by which other actors call it, of small letters, digits, _ and /")
	flags.StringArrayVarP(&f.caps, "cap", "c", nil, "a `contract` that it may use, besides those below")
	flags.StringArrayVarP(&f.tags, "tag", "t", nil, "a `word` about it, for people")
	for i, s := range standardCaps {
		flags.BoolVarP(&f.standard[i], s.flag, s.short, false, "it may use "+s.contract+": "+s.what)
	}
	flags.BoolVarP(&f.provider, "prov", "p", false, "it implements its one contract for others")
	for _, name := range []string{"name", "ver", "rev"} {
		_ = cmd.MarkFlagRequired(name)
	}
}

// module returns what the flags say.
func (f *moduleFlags) module(now time.Time) (claims.Module, error) {
	m := claims.Module{Name: f.name, Version: f.version, Revision: f.revision, Alias: f.alias, Tags: f.tags, Provider: f.provider, Issued: now}
	for i, s := range standardCaps {
		if f.standard[i] {
			m.Caps = append(m.Caps, s.contract)
		}
	}
	m.Caps = append(m.Caps, f.caps...)
	if f.provider && len(m.Caps) > 1 {
		return m, usagef("a provider implements one contract, and these are %s: %s", count(len(m.Caps), "contract"), strings.Join(m.Caps, ", "))
	}
	var err error
	m.NotBefore, m.Expires, err = f.times(now)
	return m, err
}

func (c *call) claimsSignCommand() *cobra.Command {
	var f moduleFlags
	var destination string
	cmd := &cobra.Command{
		Use:   "sign FILE",
		Short: "Sign a module",
		Long: `Sign a module: write it anew with a token, in the place of any that it has. The token names the account that signs, the key of the
module, and the contracts that it may use. Keys that are not named are kept in your folder of keys, and made the first time:
one for you as an account, and one for each module.

Whoever has the seed of the account can sign in its name. A seed on the command line is seen by others on this machine: name
a key, or a file.`,
		Example: c.examples(`
			% claims sign echo.wasm --name Echo --ver 0.1.0 --rev 1 --http_server
			% claims sign echo.wasm -n Echo -v 0.1.1 -r 2 -q -k -d signed/echo.wasm -x 30`),
		Args: between(1, 1),
		RunE: func(_ *cobra.Command, args []string) error { return c.claimsSign(&f, args[0], destination) },
	}
	f.add(cmd)
	cmd.Flags().StringVarP(&destination, "destination", "d", "", "the `file` to write, in place of FILE with _s behind its name")
	return cmd
}

// signable returns why a module cannot be signed, before keys are made for it: it is signed by keys that nobody keeps.
func signable(m claims.Module, sign func(claims.Key, claims.Module) error) error {
	account, err := claims.NewKey(claims.AccountKey)
	if err != nil {
		return err
	}
	defer account.Wipe()
	module, err := claims.NewKey(claims.ModuleKey)
	if err != nil {
		return err
	}
	defer module.Wipe()
	m.Subject = module.Public()
	return sign(account, m)
}

func (c *call) claimsSign(f *moduleFlags, source, destination string) error {
	code, err := c.moduleFile(source)
	if err != nil {
		return err
	}
	m, err := f.module(time.Now())
	if err != nil {
		return err
	}
	if err := signable(m, func(account claims.Key, m claims.Module) (err error) {
		_, err = claims.SignModule(account, code, m)
		return err
	}); err != nil {
		return usagef("%s: %w", source, err)
	}
	if info, err := os.Stat(destination); err == nil && info.IsDir() {
		return usagef("--destination: %s is a folder, and the name of a file is wanted", destination)
	}
	account, err := c.signingKey(&f.signFlags, claims.AccountKey, accountName())
	if err != nil {
		return err
	}
	defer account.Wipe()
	stem := strings.TrimSuffix(filepath.Base(source), filepath.Ext(source))
	if m.Subject, err = c.subjectKey(&f.signFlags, claims.ModuleKey, keyName(stem, "module")); err != nil {
		return err
	}
	signed, err := claims.SignModule(account, code, m)
	if err != nil {
		return usagef("%s: %w", source, err)
	}
	if destination == "" {
		destination = filepath.Dir(source) + string(filepath.Separator) + stem + "_s.wasm"
	}
	if err := os.MkdirAll(filepath.Dir(destination), 0o755); err != nil {
		return fileError(err)
	}
	if err := writeWhole(destination, signed); err != nil {
		return err
	}
	if c.printer.json {
		return c.printer.object(struct {
			Success      bool     `json:"success"`
			Destination  string   `json:"destination"`
			Capabilities []string `json:"capabilities"`
			Module       string   `json:"module"`
			Account      string   `json:"account"`
		}{true, destination, append([]string{}, m.Caps...), m.Subject, account.Public()})
	}
	c.printer.printf("Successfully signed %s with capabilities: %s\n", destination, strings.Join(m.Caps, ","))
	return nil
}
