package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
)

// glance is how often a watcher looks at the files. A change counts when the files have been the same for that long.
const glance = 200 * time.Millisecond

// A news is what a watcher has found: a manifest that has changed, or a module that was built again.
type news struct {
	app *app // the application as it is now
	mod *manifest.Module
	// code is that of the module, unless err says why there is none. Without a module, err says what is wrong with the
	// manifest.
	code manifest.Code
	took time.Duration
	err  error
}

// A watcher looks at the files of an application and builds what has changed. It polls, which works on every file system.
type watcher struct {
	call *call
	path string // of the folder or the manifest
	told chan<- news
	// read reads it again.
	read func(path string) (*app, error)

	app      *app
	manifest string
	modules  []*watched
}

// watched is a module with its files.
type watched struct {
	mod     *manifest.Module
	sources *toolchain.Sources // nil: its file is mod.Wasm, or it is published and stays what it is
	stamp   string             // of the files that the last build has seen
}

// run tells news until ctx ends: all modules at first, and then what changes.
func (w *watcher) run(ctx context.Context) {
	w.follow(ctx)
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		w.look(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// follow takes over the modules of the manifest.
func (w *watcher) follow(ctx context.Context) {
	w.manifest = stampOf(w.app.Path(w.app.File))
	w.modules = nil
	for i := range w.app.Modules {
		if mod := &w.app.Modules[i]; mod.Native == "" {
			w.modules = append(w.modules, &watched{mod: mod, sources: locate(ctx, w.app, mod)})
		}
	}
}

// locate finds the sources of a module. If the tool fails the build will say so.
func locate(ctx context.Context, a *app, mod *manifest.Module) *toolchain.Sources {
	if mod.Source == "" {
		return nil
	}
	sources, _ := toolchain.Locate(ctx, a.Path(mod.Source), mod.Language)
	return sources
}

// look builds what has changed since the last look.
func (w *watcher) look(ctx context.Context) {
	if stampOf(w.app.Path(w.app.File)) != w.manifest {
		w.settle(ctx, func() string { return stampOf(w.app.Path(w.app.File)) })
		w.reload(ctx)
	}
	for _, m := range w.modules {
		if ctx.Err() != nil {
			return
		}
		if now := w.stamp(m); now != m.stamp {
			m.stamp = w.settle(ctx, func() string { return w.stamp(m) })
			w.build(ctx, m)
		}
	}
}

// settle waits until a stamp stays the same: who saves many files shall be built for once. It returns the stamp.
func (w *watcher) settle(ctx context.Context, stamp func() string) string {
	for now := stamp(); ; {
		select {
		case <-time.After(glance):
		case <-ctx.Done():
			return now
		}
		was := now
		if now = stamp(); now == was {
			return now
		}
	}
}

func (w *watcher) reload(ctx context.Context) {
	a, err := w.read(w.path)
	if err != nil {
		w.manifest = stampOf(w.app.Path(w.app.File))
		w.tell(ctx, news{app: w.app, err: err})
		return
	}
	w.app = a
	w.follow(ctx)
	w.tell(ctx, news{app: a})
}

func (w *watcher) build(ctx context.Context, m *watched) {
	start := time.Now()
	code, err := w.call.codeFor(ctx, w.app.Manifest, m.mod)
	if ctx.Err() != nil {
		return
	}
	// What the sources import may have changed as well.
	if m.mod.Source != "" {
		m.sources = locate(ctx, w.app, m.mod)
	}
	w.tell(ctx, news{app: w.app, mod: m.mod, code: code, took: time.Since(start), err: err})
}

func (w *watcher) tell(ctx context.Context, n news) {
	select {
	case w.told <- n:
	case <-ctx.Done():
	}
}

// stamp says which files a module has and how old they are.
func (w *watcher) stamp(m *watched) string {
	if m.mod.Package != nil || m.mod.URL != "" {
		return m.mod.Sum.String()
	}
	if m.sources == nil {
		return stampOf(w.app.Path(m.mod.Wasm))
	}
	files, err := m.sources.Files()
	if err != nil {
		return err.Error()
	}
	return stampOf(files...)
}

// stampOf changes when one of the files does.
func stampOf(files ...string) string {
	var b strings.Builder
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			fmt.Fprintf(&b, "%s %v\n", filepath.Base(name), err)
			continue
		}
		fmt.Fprintf(&b, "%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
	}
	return b.String()
}
