package cw20

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/command"
	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/cmd/troupe/npm"
	"github.com/troupe-run/troupe/examples/cw20/payroll"
)

// TestRun runs the transcripts, as troupe test examples/cw20 does.
func TestRun(t *testing.T) {
	needContracts(t)
	natives := command.Modules{}
	if err := payroll.Bind(natives); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	p := command.Program{Name: "troupe", Natives: natives, Stdout: &out, Stderr: &out}
	if code := p.Run(t.Context(), []string{"test", ".", "-v"}); code != command.ExitOK {
		t.Errorf("ended with %d:\n%s", code, out.String())
	}
}

// needContracts skips the test if the contracts are neither in the cache nor to be had.
func needContracts(t *testing.T) {
	t.Helper()
	m, err := manifest.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Codes(t.Context(), npm.Library{Dir: cache(t)})
	if errors.Is(err, npm.ErrUnreachable) {
		t.Skipf("the contracts are not in the cache of this machine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// cache is where the command looks for packages.
func cache(t *testing.T) string {
	dir := os.Getenv("TROUPE_CACHE")
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(user, "troupe")
	}
	return filepath.Join(dir, "npm")
}
