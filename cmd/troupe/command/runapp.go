package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actortest/transcript"
	"github.com/troupe-run/troupe/runtime/actortest/world"
)

// runApps runs applications.
func (c *call) runApps(ctx context.Context, folders []string, f *runFlags) (err error) {
	switch {
	case len(f.only) > 0:
		return misuse("--modules and an application exclude each other: its %s says which modules there are", manifest.File)
	case (f.replace || f.migrate) && !f.onDisk:
		return misuse("--replace and --migrate go with --dir: in memory nothing is there to be replaced")
	case len(folders) > 1 && f.onDisk:
		return misuse("a data directory takes one application, and here are %d", len(folders))
	}
	for _, folder := range folders {
		if !isApp(folder) {
			return misuse("%s is no application, and applications run alone: it has no %s", folder, manifest.File)
		}
	}
	closeEngine := c.shareEngine()
	defer func() { err = errors.Join(err, closeEngine()) }()
	for _, folder := range folders {
		a, err := c.openApp(ctx, folder, f.updateLock)
		if err != nil {
			return err
		}
		if err := c.runApp(ctx, a, f); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) runApp(ctx context.Context, a *app, f *runFlags) error {
	var files []string
	for _, script := range a.Scripts {
		files = append(files, a.Path(script))
	}
	scripts, err := c.scripts(files, f.onDisk)
	if err != nil {
		return err
	}
	if !c.printer.json {
		a.describe(c.printer)
	}
	if !f.onDisk {
		return c.runInWorlds(ctx, a, scripts, f)
	}
	c.take(a)
	return c.write(func(h *runtime.Host) error {
		opts := runtime.InstallOptions{Replace: f.replace, Migrate: f.migrate}
		if err := a.deploy(ctx, h, opts); err != nil {
			return err
		}
		return c.playAll(ctx, world.Around(h), scripts, f)
	})
}

// runInWorlds runs each script in a world of its own; if there are none, the application is deployed all the same.
func (c *call) runInWorlds(ctx context.Context, a *app, scripts []*transcript.Script, f *runFlags) error {
	if len(scripts) == 0 {
		return c.inWorld(f.seed, a.stage(ctx), func(*world.World) error { return nil })
	}
	for _, s := range scripts {
		one := []*transcript.Script{s}
		if err := c.inWorld(f.seed, a.stage(ctx), func(w *world.World) error { return c.playAll(ctx, w, one, f) }); err != nil {
			return err
		}
	}
	return nil
}

// playAll executes scripts, each under its name.
func (c *call) playAll(ctx context.Context, w *world.World, scripts []*transcript.Script, f *runFlags) error {
	for _, s := range scripts {
		if !c.printer.json {
			c.printer.printf("\n%s\n\n", c.printer.style(show.Faint, fmt.Sprintf("# %s", s.Name)))
		}
		if err := c.play(ctx, w, s, f); err != nil {
			return err
		}
	}
	return nil
}
