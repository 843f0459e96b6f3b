package command

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/state/simdisk"
)

// run runs a command line in this process.
func run(t *testing.T, opts runtime.Options, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	p := Program{Name: "troupe", Modules: Modules{"puppet": puppet.Actor{}}, Options: opts, Stdout: &out, Stderr: &err}
	code = p.Run(t.Context(), args)
	return code, out.String(), err.String()
}

func TestFullDisk(t *testing.T) {
	disk := simdisk.New()
	dir := filepath.Join(t.TempDir(), "data")
	disk.FailFrom(60, syscall.ENOSPC)
	code, stdout, stderr := run(t, runtime.Options{Store: state.Options{FS: disk}}, "--dir", dir, "send", "puppet/a", "--raw", "set k={fill:100}")
	if code != ExitHost || !strings.Contains(stderr, "no space left on device") || stdout != "" {
		t.Errorf("a full disk ends with %d, prints %q and says %q", code, stdout, stderr)
	}
}

// brokenPipe is a standard output that nobody reads.
type brokenPipe struct{ io.Writer }

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestBrokenPipe(t *testing.T) {
	var stderr bytes.Buffer
	p := Program{Name: "troupe", Stdout: brokenPipe{}, Stderr: &stderr}
	if code := p.Run(t.Context(), []string{"version"}); code != ExitHost || !strings.Contains(stderr.String(), "broken pipe") {
		t.Errorf("a broken pipe ends with %d and says %q", code, stderr.String())
	}
}

func TestInterruptedBeforeItBegins(t *testing.T) {
	t.Setenv(cacheEnv, t.TempDir())
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&interruptedError{syscall.SIGINT})
	var stdout, stderr bytes.Buffer
	p := Program{Name: "troupe", Modules: Modules{"puppet": puppet.Actor{}}, Stdout: &stdout, Stderr: &stderr}
	code := p.Run(ctx, []string{"--dir", t.TempDir(), "send", "puppet/a", "--raw", "set k=v"})
	if code != 130 || stdout.Len() > 0 {
		t.Errorf("interrupted with %d, printed %q, said %q", code, stdout.String(), stderr.String())
	}
}

// TestHolderInThisProcess looks for the holder of a lock that this very process has, and must not let go of it.
func TestHolderInThisProcess(t *testing.T) {
	dir := t.TempDir()
	h, err := runtime.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for range 2 {
		code, _, stderr := run(t, runtime.Options{}, "--dir", dir, "log")
		if code != ExitDirectory || !strings.Contains(stderr, "close that first") {
			t.Errorf("a directory that is open ends with %d and says %q", code, stderr)
		}
	}
}

func TestModulesBind(t *testing.T) {
	t.Setenv(cacheEnv, t.TempDir())
	m := Modules{}
	if err := m.Bind("puppet", puppet.Actor{}); err != nil {
		t.Fatal(err)
	}
	if err := m.Bind("puppet", puppet.Actor{}); err == nil {
		t.Error("bound a name twice")
	}
	code, _, stderr := run(t, runtime.Options{}, "--dir", filepath.Join(t.TempDir(), "d"), "send", "puppet/a")
	if code != ExitOK {
		t.Errorf("ended with %d: %s", code, stderr)
	}
	p := Program{Name: "troupe", Modules: Modules{"Bad Name": puppet.Actor{}}, Stdout: io.Discard, Stderr: new(bytes.Buffer)}
	if code := p.Run(t.Context(), []string{"--dir", filepath.Join(t.TempDir(), "d"), "send", "puppet/a"}); code == ExitOK {
		t.Error("a module with a name that is none was bound")
	}
}

// Who was killed while he made a directory goes on where he was: it has some of his modules and nothing else. Once something
// has happened in it, a directory without the others is somebody else's.
func TestDirectoryThatWasBegun(t *testing.T) {
	t.Setenv(cacheEnv, t.TempDir())
	for _, test := range []struct {
		name  string
		sends bool
	}{{"begun", false}, {"another's", true}} {
		dir := filepath.Join(t.TempDir(), "data")
		h, err := runtime.Open(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Bind("account", puppet.Actor{}); err != nil {
			t.Fatal(err)
		}
		if test.sends {
			if _, err := h.Send(t.Context(), "me", actor.Message{To: "account/a", Body: []byte("set k=v")}); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		var out, said bytes.Buffer
		p := Program{Name: "troupe", Modules: Modules{"account": puppet.Actor{}, "puppet": puppet.Actor{}}, Stdout: &out, Stderr: &said,
			ModulesFor: func([]actor.ModuleID) Modules { return nil }}
		code := p.Run(t.Context(), []string{"--dir", dir, "send", "account/b", "--raw", "set k=v"})
		if (code == ExitOK) == test.sends {
			t.Errorf("%s: it ends with %d and says %q", test.name, code, said.String())
		}
	}
}
