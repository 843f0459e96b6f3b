package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/cmd/troupe/config"
	"github.com/troupe-run/troupe/cmd/troupe/server"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actortest/world"
	"github.com/troupe-run/troupe/runtime/gateway"
	"github.com/troupe-run/troupe/runtime/lattice/embedded"
)

// defaultKey is the name of the key that a user has unless he says otherwise.
const defaultKey = "default"

type serveFlags struct {
	file       string
	reference  bool
	updateLock bool
	replace    bool
	watch      bool
	lenient    lenientFlags
	// tell tells what became of the parts of an application, the log if it is nil.
	tell func(applied, error)
}

func (c *call) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the data directory over HTTP and NATS, with a dashboard",
		Long: `Serve the data directory until SIGINT or SIGTERM: requests over HTTP and NATS, signed by keys that have a grant, and a dashboard.
Only this machine can reach it unless the configuration says otherwise. The first time, your key is made, if you have none, and
becomes the operator of the directory: the one who grants others something.

What --config, variables and flags can say is the same: an option http.listen of the file is the variable TROUPE_HTTP_LISTEN and
the flag --http-listen. A flag counts before a variable, and that before the file. --reference prints a file with all options.`,
		Example: c.examples(`
			% serve --app examples/mmo
			% serve --config node.yaml
			% serve --reference > node.yaml
			% serve --http-listen 127.0.0.1:9000 --log-format json`),
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.reference {
				c.printer.printf("%s", config.Reference())
				return nil
			}
			cfg, err := c.configured(cmd, &f)
			if err != nil {
				return err
			}
			return c.serve(cmd.Context(), cfg, &f)
		},
	}
	cmd.Flags().BoolVar(&f.reference, "reference", false, "print a configuration file with all options and what they are for")
	f.add(cmd)
	return cmd
}

// add adds the flags that say how to serve.
func (f *serveFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.file, "config", os.Getenv("TROUPE_CONFIG"), "the `file` of the configuration; TROUPE_CONFIG names another default")
	flags.BoolVar(&f.watch, "watch", false, "of an application: when a module, or the manifest, changes, put it in the place of what runs")
	f.lenient.add(cmd)
	flags.BoolVar(&f.replace, "replace", false, "of an application: modules may have other code than the directory has")
	lockFlag(cmd, &f.updateLock)
	for _, o := range config.Options() {
		if flags.Lookup(o.Flag()) == nil && o.Key != "dir" && o.Key != "app" { // these are flags of all commands
			flags.String(o.Flag(), o.Default, o.Doc)
		}
		if o.Kind == "yes or no" {
			flags.Lookup(o.Flag()).NoOptDefVal = "yes"
		}
	}
}

// configured returns the configuration that the file, the environment and the flags say.
func (c *call) configured(cmd *cobra.Command, f *serveFlags) (*config.Config, error) {
	given := map[string]string{}
	for _, o := range config.Options() {
		if flag := cmd.Flag(o.Flag()); flag != nil && flag.Changed {
			given[o.Flag()] = flag.Value.String()
		}
	}
	cfg, err := config.Load(f.file, os.LookupEnv, given)
	var wrong *config.Error
	switch {
	case errors.As(err, &wrong):
		return nil, usagef("the configuration: %w", err)
	case err != nil:
		return nil, fileError(err)
	}
	c.dir, c.app = cfg.Dir, cfg.App
	return cfg, nil
}

// serve opens the directory and serves it.
func (c *call) serve(ctx context.Context, cfg *config.Config, f *serveFlags) (err error) {
	var a *app
	var problems []error
	if cfg.App != "" {
		if a, problems, err = c.openParts(ctx, cfg.App, f.updateLock); err != nil {
			return err
		}
		if len(problems) > 0 && !a.lenient() {
			return appError(problems[0])
		}
		c.take(a)
	}
	defer shareProcessors()()
	logger := logTo(c, cfg)
	ap := &applying{call: c, app: a, opts: f.options(), problems: problems, tell: f.tell}
	if ap.tell == nil {
		ap.tell = logApplied(logger)
	}
	// Whoever cannot be served, or follows a manifest of which nothing can be, shall not find a new directory all the same.
	if a != nil && !f.watch {
		if _, err := ap.rehearsed(ctx); err != nil {
			return err
		}
	}
	p := *c.Program
	p.Options.Logger, p.Options.Executor.Queue, p.Options.Executor.CacheBytes = logger, cfg.Limits.Queue, int(cfg.Limits.Cache)
	edges := server.NewEdges()
	defer edges.Close()
	p.Options.Executor.Outside = edges.Outside
	c.Program = &p
	before, err := inspect(c.dir)
	if err != nil {
		return err
	}
	listener, err := server.Listen(cfg, logger)
	if err != nil {
		return servingError(err)
	}
	if listener != nil {
		defer listener.Close()
	}
	operator, err := c.ownKey(cfg.Keys)
	if err != nil {
		return err
	}
	defer operator.Wipe()
	if a != nil {
		if err := c.keepPins(a); err != nil {
			return err
		}
	}
	return c.write(func(h *runtime.Host) error {
		if ap.place = (directory{c, h}); a != nil {
			if err := c.stage(ctx, ap, before); err != nil {
				return err
			}
			if f.watch {
				defer c.watchApp(ctx, cfg.App, ap, logApplied(logger))()
			}
		}
		err := server.Run(ctx, h, server.Options{Config: cfg, Version: c.Version, Logger: logger, Operator: operator,
			Listener: listener, Edges: edges, Reopen: c.reopen, Started: func(at server.Address) { c.announce(at, a) }})
		if err != nil || a == nil {
			return servingError(err)
		}
		return ap.outcome()
	})
}

func (f *serveFlags) options() applyOptions {
	return (&applyFlags{replace: f.replace, lenient: f.lenient}).options()
}

// stage makes the directory what the application says, and plays what it shows itself with if the directory is new.
func (c *call) stage(ctx context.Context, ap *applying, before dirKind) error {
	err := ap.run(ctx)
	if flushErr := c.printer.flush(); err == nil {
		err = flushErr
	}
	if err == nil && len(ap.problems) > 0 && !ap.app.lenient() {
		err = ap.problems[0]
	}
	if err != nil || before == dirOurs {
		return err
	}
	return c.perform(ctx, ap.app, ap.place.(directory).host)
}

// reopen opens the data directory again, as it was opened, for a node that goes on.
func (c *call) reopen() (*runtime.Host, error) {
	opts := c.hostOptions()
	h, err := runtime.Open(c.dir, &opts)
	if err != nil {
		return nil, err
	}
	if err = c.chooseModules(h); err == nil {
		err = c.bindModules(h)
	}
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// ownKey returns the key of whoever runs the command, and makes one the first time.
func (c *call) ownKey(dir string) (claims.Key, error) {
	if dir == "" {
		var err error
		if dir, err = claims.DefaultKeysDir(); err != nil {
			return claims.Key{}, err
		}
	}
	keys, err := claims.OpenKeys(dir)
	if err != nil {
		return claims.Key{}, err
	}
	key, made, err := keys.LoadOrCreate(defaultKey)
	if made && !c.printer.json {
		fmt.Fprintf(c.Stderr, "%s: made your key %s in %s\n", c.Name, claims.Short(key.Public()), keys.Dir())
	}
	return key, err
}

// perform plays the transcript that an application shows itself with, on a directory that is new.
func (c *call) perform(ctx context.Context, a *app, h *runtime.Host) error {
	if a.Demo == "" {
		return nil
	}
	scripts, err := c.scripts([]string{a.Path(a.Demo)}, true)
	if err != nil {
		return err
	}
	quiet := *c
	quiet.printer = newPrinter(new(strings.Builder))
	return quiet.play(ctx, world.Around(h), scripts[0], &runFlags{})
}

// announce prints where the node is reached, and what to do next.
func (c *call) announce(at server.Address, a *app) {
	if c.printer.json {
		_ = c.printer.object(at)
		_ = c.printer.flush()
		return
	}
	if at.URL != "" {
		c.printer.printf("%s/#token=%s\n", at.URL, at.Token)
	}
	next := "actors"
	switch {
	case a != nil && a.Next != "":
		next = a.Next
	case a != nil && len(a.Links) > 0:
		next = "get inventory"
	}
	c.printer.printf("next: %s %s --server %s\n", c.commandName(), next, cmp.Or(at.URL, at.NATS))
	_ = c.printer.flush()
}

// commandName returns how the program is called from a shell. What go run has built has a name for as long as it runs.
func (c *call) commandName() string {
	exe, err := os.Executable()
	info, ok := debug.ReadBuildInfo()
	if err != nil || !ok || !strings.Contains(filepath.ToSlash(exe), "/go-build") || strings.HasSuffix(exe, ".test") {
		return c.Name
	}
	return "go run " + info.Path
}

// logTo returns the logger that the configuration asks for.
func logTo(c *call, cfg *config.Config) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.Log.Level)) // the configuration has no other
	opts := &slog.HandlerOptions{Level: level}
	if cfg.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(c.Stderr, opts))
	}
	return slog.New(slog.NewTextHandler(c.Stderr, opts))
}

// servingError classifies why a node could not be served.
func servingError(err error) error {
	var taken *gateway.TakenError
	switch {
	case errors.As(err, &taken):
		return &classified{ExitBusy, fmt.Errorf("%w: --http-listen", err)}
	case errors.Is(err, syscall.EADDRINUSE):
		return &classified{ExitBusy, fmt.Errorf("%w: --nats-listen, or --nats-url", err)}
	case errors.Is(err, embedded.ErrWide):
		return &classified{ExitUsage, fmt.Errorf("%w: --nats-cert and --nats-key, or --nats-listen", err)}
	case errors.Is(err, gateway.ErrWide):
		return &classified{ExitUsage, fmt.Errorf("%w: --http-cert and --http-key, --http-listen, or --http-insecure", err)}
	}
	return err
}
