package command

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/cmd/troupe/config"
	"github.com/troupe-run/troupe/cmd/troupe/manifest"
)

func (c *call) upCommand() *cobra.Command {
	var f serveFlags
	var labels []string
	file := "."
	cmd := &cobra.Command{
		Use:   "up [-m FILE]",
		Short: "Serve what a manifest says",
		Long: `Apply a manifest to the data directory, as 'apply' does, and serve it until SIGINT or SIGTERM, as 'serve' does. It takes
nothing beside: no network, no other server. What cannot be is told, and keeps nothing else from being; then the exit code is 1 in
the end.

With --watch a module whose file changes takes the place of what runs, between two requests, whatever its revision is, and a manifest that
changes is applied again. If the new module is none, the old one goes on. The lock file is not looked at then.`,
		Example: c.examples(`
			% up
			% up -m echo/troupe.yaml --watch
			% up -m wasmcloud.yaml --dir /var/lib/echo --http-listen off`),
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := os.Stat(file); err != nil {
				return fileError(err)
			}
			if info, err := os.Stat(file); err == nil && info.IsDir() && !isApp(file) {
				return notFoundf("there is no %s in %s: -m names a manifest", manifest.File, file)
			}
			if err := cmd.Flags().Set("app", file); err != nil {
				return err
			}
			cfg, err := c.configured(cmd, &f)
			if err != nil {
				return err
			}
			if len(labels) > 0 {
				fmt.Fprintf(c.Stderr, "%s: warning: %s\n", c.Name, unlabelled(labels))
			}
			return c.up(cmd.Context(), cfg, &f)
		},
	}
	manifestFlag(cmd, &file)
	f.add(cmd)
	cmd.Flags().StringArrayVar(&labels, "label", nil, "`name=value` of the host")
	_ = cmd.Flags().MarkHidden("label") // which people have in their scripts from wash
	return cmd
}

func (c *call) up(ctx context.Context, cfg *config.Config, f *serveFlags) error {
	if !c.printer.json {
		f.tell = c.tellApplied
	}
	return c.serve(ctx, cfg, f)
}

// watchApp puts what changes of an application into the place of what runs, until the function that it returns is called.
// What becomes of it is told from another goroutine.
func (c *call) watchApp(ctx context.Context, path string, ap *applying, tell func(applied, error)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	told := make(chan news)
	var running sync.WaitGroup
	builder := c.builder()
	running.Go(func() { (&watcher{call: builder, path: path, read: builder.readApp, app: ap.app, told: told}).run(ctx) })
	running.Go(func() {
		live := &applying{call: builder, app: ap.app, place: ap.place, opts: ap.opts, tell: tell}
		live.opts.replace, live.opts.start.AnyRevision = true, true
		for {
			select {
			case n := <-told:
				live.hear(ctx, &n)
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}

// hear applies what a watcher has found. What fails stays as it is.
func (ap *applying) hear(ctx context.Context, n *news) {
	part := *ap.app
	now := *ap
	now.app, now.problems = &part, nil
	var err error
	switch {
	case n.err != nil && n.mod == nil:
		now.tell(applied{Did: partFailed, Error: explain(n.err)}, n.err)
	case n.err != nil:
		now.done("module", n.mod.Name, "", n.err)
	case n.mod == nil:
		// The watcher brings the code of the modules one by one.
		n.app.codes, ap.app = ap.app.codes, n.app
		part = *n.app
		part.codes = nil
		for _, p := range n.app.Problems {
			now.problems = append(now.problems, p)
		}
		err = now.run(ctx)
	default:
		ap.app.keep(n)
		part.codes = []manifest.Code{n.code}
		var before *cast
		if before, err = now.place.cast(ctx); err == nil {
			err = now.modules(ctx, before)
		}
	}
	if err != nil && ctx.Err() == nil {
		now.tell(applied{Did: partFailed, Error: explain(err)}, err)
	}
}

// keep remembers the code of a module, as the last.
func (a *app) keep(n *news) {
	kept := a.codes[:0:0]
	for _, code := range a.codes {
		if code.Module.Name != n.mod.Name {
			kept = append(kept, code)
		}
	}
	a.codes = append(kept, n.code)
}
