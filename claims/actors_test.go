package claims_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/claims"
)

// actors returns the files of real classic actors whose names end so, from the folder that TROUPE_WASMBUS_ACTORS names.
func actors(t *testing.T, suffix string) (files []string) {
	t.Helper()
	dir := os.Getenv("TROUPE_WASMBUS_ACTORS")
	if dir == "" {
		t.Skip("TROUPE_WASMBUS_ACTORS names no folder of actors")
	}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, suffix) {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files end in %s, %v", len(files), suffix, err)
	}
	return files
}

// TestClassicActors is acceptance 1 and 2, and the hole a of 1.5, with real actors: each that has a token opens, and none that
// was altered. Those that were signed before 2020 say their claims in another place, and upstream refuses them too.
func TestClassicActors(t *testing.T) {
	opened, legacy := 0, 0
	for _, path := range actors(t, ".wasm") {
		name := filepath.Base(path)
		code := must(os.ReadFile(path))
		m, token, err := claims.OpenModule(code)
		switch {
		case err != nil && (strings.Contains(err.Error(), "before 2020") || err.(*claims.Refusal).Reason == claims.Unsigned || !bytes.HasPrefix(code, []byte("\x00asm"))):
			t.Logf("%s: %v", name, err)
			continue
		case err != nil:
			t.Errorf("%s: %v", name, err)
			continue
		}
		opened++
		if m.Format < 3 {
			legacy++
		}
		if claims.CheckPublic(m.Subject, claims.ModuleKey) != nil || claims.CheckPublic(m.Issuer, claims.AccountKey) != nil || token == "" || m.Check(now) != nil {
			t.Errorf("%s: %+v", name, m)
		}
		for _, at := range []int{9, len(code) / 3, len(code) / 2, len(code) - len(token) - 30} {
			altered := bytes.Clone(code)
			altered[at] ^= 0x10
			if _, _, err := claims.OpenModule(altered); err == nil {
				t.Errorf("%s, format %d, opens with byte %d altered", name, m.Format, at)
			}
		}
		_, _, err = claims.OpenModule(append(bytes.Clone(code), custom("x", "", 1)...))
		refused(t, err, claims.BadHash, "")
		_, _, err = claims.OpenModule(embed(code, token))
		refused(t, err, claims.Ambiguous, "")
	}
	t.Logf("%d opened, %d of them of a format whose hash upstream does not check", opened, legacy)
}

// TestClassicActorIsSignedAgain is acceptance 5 with real actors.
func TestClassicActorIsSignedAgain(t *testing.T) {
	for _, path := range actors(t, "_s.wasm") {
		m, _, err := claims.OpenModule(must(os.ReadFile(path)))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		m.Subject = moduleKey(t).Public()
		again, _, err := claims.OpenModule(signModule(t, must(os.ReadFile(path)), m))
		if err != nil || again.Issuer != account(t).Public() || again.Name != m.Name || again.Format != 3 {
			t.Errorf("%s: %+v, %v", path, again, err)
		}
	}
}

// TestClassicArchives opens the archives of real providers.
func TestClassicArchives(t *testing.T) {
	for _, path := range actors(t, ".par.gz") {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		a, err := claims.OpenArchive(f)
		_ = f.Close()
		if err != nil || a.Provider.Contract == "" || len(a.Programs) == 0 {
			t.Errorf("%s: %+v, %v", path, a, err)
		}
	}
}
