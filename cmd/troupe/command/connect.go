package command

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/cmd/troupe/contexts"
	"github.com/troupe-run/troupe/cmd/troupe/server"
	"github.com/troupe-run/troupe/runtime/client"
	"github.com/troupe-run/troupe/runtime/lattice"
)

// patience is how long a command goes on asking a server that cannot answer.
const patience = 5 * time.Second

// serverFlags are those of all commands that say which server is meant, and who asks.
func (c *call) serverFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.StringVar(&c.server, "server", os.Getenv("TROUPE_SERVER"), "the server to ask in place of a data directory: a `URL`, or the name of a context; "+
		"TROUPE_SERVER names another default")
	flags.StringVar(&c.key, "key", "", "the `name` of your key to sign with: that of the context, or "+defaultKey)
	_ = root.RegisterFlagCompletionFunc("server", func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
		if l, err := c.contexts(); err == nil {
			names = l.Names()
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
}

// contextStore returns the contexts of the user.
func contextStore() (contexts.Store, error) {
	file, err := contexts.DefaultFile()
	return contexts.Open(file), err
}

func (c *call) contexts() (*contexts.List, error) {
	store, err := contextStore()
	if err != nil {
		// Who has no folder for configuration has no contexts.
		return &contexts.List{}, nil
	}
	return store.Load()
}

// serverName returns the server that the command line means: the one that it names, or the context in use where no
// directory is named; empty for a directory.
func (c *call) serverName() (string, error) {
	if c.server != "" {
		if c.dirGiven {
			return "", misuse("--server and --dir exclude each other")
		}
		return c.server, nil
	}
	if c.dirGiven || c.app != "" {
		return "", nil
	}
	l, err := c.contexts()
	if err != nil {
		return "", err
	}
	return l.Current, nil
}

// needsDirectory refuses --server for a command that works on a data directory only, or on none.
func needsDirectory(cmd *cobra.Command) error {
	path := strings.Fields(cmd.CommandPath())
	if !cmd.Flags().Changed("server") || len(path) < 2 || askable[path[1]] {
		return nil
	}
	return misuse("%s cannot be asked of a server: leave --server out", strings.Join(path[1:], " "))
}

// askable are the commands that a server can be asked.
var askable = map[string]bool{
	"send": true, "install": true, "instantiate": true, "migrate": true, "test": true, "shell": true, "top": true,
	"query": true, "get": true, "scan": true, "actors": true, "modules": true, "module": true, "show": true, "watch": true,
	"log": true, "trace": true, "grants": true, "grant": true, "revoke": true, "pause": true, "resume": true, "token": true,
	"backup": true, "apply": true, "call": true, "start": true, "stop": true, "scale": true, "update": true, "link": true,
	"ban": true, "unban": true, "trust": true, "distrust": true, "policy": true,
	cobra.ShellCompRequestCmd: true, cobra.ShellCompNoDescRequestCmd: true,
}

// connect returns the server of a name or URL.
func (c *call) connect(ctx context.Context, name string) (*remote, error) {
	l, err := c.contexts()
	if err != nil {
		return nil, err
	}
	if !strings.Contains(name, "://") {
		found, err := l.Find(name)
		if err != nil {
			return nil, notFoundf("%w; '%s context add' makes one", err, c.Name)
		}
		return c.reach(ctx, name, found)
	}
	if address, token, ok := strings.Cut(name, "#token="); ok {
		return c.bearer(ctx, strings.TrimSuffix(address, "/"), token)
	}
	name = strings.TrimSuffix(name, "/")
	if known := l.At(name); known != "" {
		return c.reach(ctx, known, l.Contexts[known])
	}
	return c.reach(ctx, "", contexts.Context{URL: name, Key: defaultKey})
}

// reach returns the server of a context. What has no name was given by its URL.
func (c *call) reach(ctx context.Context, name string, at contexts.Context) (*remote, error) {
	keyName := at.Key
	if c.key != "" {
		keyName = c.key
	}
	key, err := c.loadKey(keyName)
	if err != nil {
		return nil, err
	}
	way, err := dial(ctx, at.URL, key)
	if err != nil {
		key.Wipe()
		return nil, err
	}
	s := &remote{Client: client.New(way, client.Identity{Key: key, Node: at.Node}), url: at.URL, key: key, node: at.Node}
	s.Patience = patience
	if name != "" {
		s.replaced = fmt.Sprintf("if that is right, say '%s context add %s %s'", c.Name, name, at.URL)
	}
	return s, nil
}

// bearer returns a server that is asked with a token.
func (c *call) bearer(ctx context.Context, address, token string) (*remote, error) {
	way, err := dial(ctx, address, claims.Key{})
	if err != nil {
		return nil, err
	}
	s := &remote{Client: client.New(way, client.Identity{Token: token}), url: address}
	s.Patience = patience
	return s, nil
}

// nodeName is that of a node on NATS whose URL does not say it: what a configuration has by default.
const nodeName = "troupe"

// dial returns the way to a server: by HTTP, which connects when it is used, or by NATS, where the key signs in.
func dial(ctx context.Context, address string, key claims.Key) (client.Transport, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, usagef("%s is no URL of a server", quoted(address))
	}
	switch u.Scheme {
	case "http", "https":
		way, err := client.NewHTTP(address, nil)
		if err != nil {
			return nil, usagef("%w", err)
		}
		return way, nil
	case "nats", "tls":
		name := strings.Trim(u.Path, "/")
		if name == "" {
			name = nodeName
		}
		u.Path = ""
		way, err := lattice.Dial(ctx, lattice.Connection{URL: u.String(), Key: key}, name)
		if err != nil {
			return nil, localError(err)
		}
		return way, nil
	}
	return nil, usagef("%s is no URL of a server: it begins with http://, https://, nats:// or tls://, and one of NATS may end in the name of the node",
		quoted(address))
}

// openKeys returns the folder of the user's keys.
func (c *call) openKeys() (*claims.Keys, error) {
	dir, err := claims.DefaultKeysDir()
	if err != nil {
		return nil, err
	}
	return claims.OpenKeys(dir)
}

// loadKey returns a key of the user. The default one is made the first time.
func (c *call) loadKey(name string) (claims.Key, error) {
	if name == defaultKey {
		return c.ownKey("")
	}
	keys, err := c.openKeys()
	if err != nil {
		return claims.Key{}, err
	}
	key, err := keys.Load(name)
	if errors.Is(err, claims.ErrNoKey) {
		return key, notFoundf("%w; '%s keys create' makes one", err, c.Name)
	}
	return key, err
}

// running returns the server that has the data directory open, if it is one and the user's key has a grant there; else an
// error that is locked, or says more.
func (c *call) running(ctx context.Context, locked error) (*remote, error) {
	at, err := server.Announced(c.dir)
	if err != nil || at.URL == "" {
		return nil, locked
	}
	keys, err := c.openKeys()
	if err != nil {
		return nil, locked
	}
	name := defaultKey
	if c.key != "" {
		name = c.key
	}
	key, err := keys.Load(name)
	if err != nil {
		return nil, locked
	}
	way, err := dial(ctx, at.URL, key)
	if err != nil {
		key.Wipe()
		return nil, locked
	}
	s := &remote{Client: client.New(way, client.Identity{Key: key, Node: at.Node}), url: at.URL, key: key, node: at.Node}
	s.Patience = -1
	info, err := s.Info(ctx)
	switch {
	case err != nil:
		s.close()
		return nil, locked
	case len(info.Roles) == 0:
		s.close()
		return nil, directoryf("the data directory %s is served at %s, where your key %s has no grant: an operator says '%s grant %s caller' there",
			c.dir, at.URL, claims.Short(key.Public()), c.Name, key.Public())
	}
	s.Patience = patience
	if !c.told.Swap(true) {
		fmt.Fprintf(c.Stderr, "%s: %s is served at %s: asking there\n", c.Name, c.dir, at.URL)
	}
	return s, nil
}
