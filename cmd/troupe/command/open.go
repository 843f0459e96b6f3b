package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// What a path can be, for a command that wants a data directory.
type dirKind int

const (
	dirMissing dirKind = iota
	dirEmpty
	dirOurs    // a store, or pieces of one: the store can tell
	dirForeign // something else
)

// inspect looks at dir without changing anything.
func inspect(dir string) (dirKind, error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return dirMissing, nil
	case err != nil:
		if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
			return dirForeign, directoryf("%s is a file, not a data directory", dir)
		}
		return dirForeign, &classified{ExitDirectory, err}
	}
	kind := dirEmpty
	for _, e := range entries {
		name := e.Name()
		switch {
		case name == "LOCK":
		case strings.HasPrefix(name, "MANIFEST-"), strings.HasPrefix(name, "OPTIONS-"), strings.HasPrefix(name, "marker."),
			name == "CURRENT", name == "SEAL", filepath.Ext(name) == ".sst":
			return dirOurs, nil
		default:
			kind = dirForeign
		}
	}
	return kind, nil
}

// checkDir checks the flag --dir.
func (c *call) checkDir() error {
	if c.dir == "" {
		return usagef("--dir names no directory")
	}
	return nil
}

// read runs fn on a host that is open for reading. It does not create the directory.
func (c *call) read(fn func(*runtime.Host) error) error {
	if err := c.checkDir(); err != nil {
		return err
	}
	if err := c.checkData(); err != nil {
		return err
	}
	return c.open(c.dir, true, c.bound(fn))
}

// look is read without the modules of the binary, for what runs no code.
func (c *call) look(fn func(*runtime.Host) error) error {
	if err := c.checkDir(); err != nil {
		return err
	}
	if err := c.checkData(); err != nil {
		return err
	}
	return c.open(c.dir, true, fn)
}

// checkData checks that the data directory is there, without changing anything.
func (c *call) checkData() error {
	kind, err := inspect(c.dir)
	switch {
	case err != nil:
		return err
	case kind == dirMissing:
		return directoryf("there is no data directory %s; name one by --dir or TROUPE_DIR, or make it by '%s send' or '%s up'", c.dir, c.Name, c.Name)
	case kind == dirEmpty:
		return directoryf("the directory %s is empty; '%s send' makes a data directory of it", c.dir, c.Name)
	case kind == dirForeign:
		return directoryf("%s is not a data directory of Troupe", c.dir)
	}
	return nil
}

// write runs fn on a host that is open for writing. It creates the directory if it is missing or empty.
func (c *call) write(fn func(*runtime.Host) error) error {
	if err := c.checkDir(); err != nil {
		return err
	}
	kind, err := inspect(c.dir)
	switch {
	case err != nil:
		return err
	case kind == dirForeign:
		return directoryf("%s is not a data directory of Troupe, and it is not empty", c.dir)
	}
	return c.open(c.dir, false, c.bound(func(h *runtime.Host) error {
		if kind != dirOurs && !c.printer.json {
			fmt.Fprintf(c.Stderr, "%s: made the data directory %s\n", c.Name, c.dir)
		}
		return fn(h)
	}))
}

// rehearse runs fn on a host in memory if the data directory is missing or empty, and returns its error. What fails there
// would fail in the directory, too, which then need not be made.
func (c *call) rehearse(fn func(*runtime.Host) error) error {
	if err := c.checkDir(); err != nil {
		return err
	}
	kind, err := inspect(c.dir)
	if err != nil || kind == dirOurs || kind == dirForeign {
		return nil // whoever opens it says what is wrong with it
	}
	return c.open("", false, c.bound(fn))
}

// bound is fn on a host that has the modules of the binary.
func (c *call) bound(fn func(*runtime.Host) error) func(*runtime.Host) error {
	return func(h *runtime.Host) error {
		if err := c.chooseModules(h); err != nil {
			return err
		}
		if err := c.bindModules(h); err != nil {
			return err
		}
		return c.explainUnbound(h, fn(h))
	}
}

// chooseModules asks the program which of its modules are for the directory of a host.
func (c *call) chooseModules(h *runtime.Host) error {
	if c.ModulesFor == nil {
		return nil
	}
	list, err := h.Reader().Modules()
	if err != nil || len(list) == 0 {
		return err
	}
	head, err := h.Reader().Head()
	if err != nil {
		return err
	}
	var has []actor.ModuleID
	ours := true
	for _, m := range list {
		has = append(has, m.ID)
		ours = ours && c.Modules[string(m.ID)] != nil
	}
	// The log has its configuration and these modules, and no more: the process ended while it made the directory.
	if ours && head.Sequence <= uint64(len(list))+1 {
		return nil
	}
	c.Modules = c.ModulesFor(has)
	return nil
}

// open runs fn on a host that has no modules yet, and closes it. An empty dir is in memory.
func (c *call) open(dir string, readOnly bool, fn func(*runtime.Host) error) (err error) {
	opts := c.hostOptions()
	opts.ReadOnly = readOnly
	h, err := runtime.Open(dir, &opts)
	if err != nil {
		return c.openError(dir, err)
	}
	defer func() {
		if closeErr := h.Close(); err == nil {
			err = closeErr
		}
	}()
	return fn(h)
}

// hostOptions returns the options of a host that a command opens.
func (c *call) hostOptions() runtime.Options {
	opts := c.Options
	opts.Lazy = true // a command runs few modules
	if opts.Engine == nil && opts.Wasm.CacheDir == "" {
		opts.Wasm.CacheDir = cacheDir()
	}
	return opts
}

// cacheEnv names the folder for compiled modules.
const cacheEnv = "TROUPE_CACHE"

// cacheDir returns the folder that compiled modules are kept in, so that the next command need not compile them; empty
// if there can be none, which costs time and nothing else.
func cacheDir() string {
	dir := os.Getenv(cacheEnv)
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(user, "troupe")
	}
	if os.MkdirAll(dir, 0o700) != nil {
		return ""
	}
	return dir
}

// openError says in the words of a user why a directory cannot be opened.
func (c *call) openError(dir string, err error) error {
	if errors.Is(err, state.ErrLocked) {
		text := fmt.Sprintf("the data directory %s is open in %s; close that first", dir, holder(dir))
		return &classified{ExitDirectory, reworded{text, err}}
	}
	text := err.Error()
	for _, prefix := range []string{"runtime: open " + dir + ": ", "state: open " + dir + ": "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return &classified{exitCodeOfOpen(err), fmt.Errorf("the data directory %s cannot be opened: %w", dir, reworded{text, err})}
}

func exitCodeOfOpen(err error) int {
	var path *fs.PathError
	switch code := exitCode(err); {
	case code == ExitHost && errors.As(err, &path) && !errors.Is(err, context.Canceled):
		return ExitDirectory
	default:
		return code
	}
}

// reworded is an error with another text.
type reworded struct {
	text string
	err  error
}

func (e reworded) Error() string { return e.text }
func (e reworded) Unwrap() error { return e.err }
