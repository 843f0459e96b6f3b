package claims_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/claims"
)

func openKeys(t testing.TB) *claims.Keys {
	t.Helper()
	keys, err := claims.OpenKeys(filepath.Join(t.TempDir(), "deep", "keys"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// has checks that err contains the part.
func has(t testing.TB, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("got %v, want an error with %q", err, part)
	}
}

func TestKeysAreKept(t *testing.T) {
	keys := openKeys(t)
	made, created, err := keys.LoadOrCreate("alice")
	if err != nil || !created {
		t.Fatal(made, created, err)
	}
	again, created, err := keys.LoadOrCreate("alice")
	if err != nil || created || again.Public() != made.Public() {
		t.Errorf("again: %s, %v, %v", again, created, err)
	}
	node, err := keys.Create("node", claims.NodeKey)
	if err != nil || node.Public()[0] != 'N' {
		t.Errorf("%s, %v", node, err)
	}
	imported, err := keys.Import("bob", []byte(" "+testSeed(t)+"\r\n"))
	if err != nil || imported.Public() != alice(t).Public() {
		t.Errorf("%s, %v", imported, err)
	}
	loaded, err := keys.Load("bob")
	if err != nil || loaded.Public() != imported.Public() {
		t.Errorf("%s, %v", loaded, err)
	}
	list, err := keys.List()
	want := []claims.Named{{Name: "alice", Public: made.Public()}, {Name: "bob", Public: imported.Public()}, {Name: "node", Public: node.Public()}}
	if err != nil || !slices.Equal(list, want) {
		t.Errorf("got  %v, %v\nwant %v", list, err, want)
	}
	entries, err := os.ReadDir(keys.Dir())
	if err != nil || len(entries) != 3 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func TestKeysRefuse(t *testing.T) {
	keys := openKeys(t)
	for _, name := range []string{"alice", "carol"} {
		if _, _, err := keys.LoadOrCreate(name); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(keys.Dir(), name+".nk"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := keys.Load("bob")
	has(t, err, `there is no such key: "bob"`)
	has(t, err, "those that are there: alice, carol")
	if !errors.Is(err, claims.ErrNoKey) {
		t.Errorf("%v is not ErrNoKey", err)
	}
	_, err = openKeys(t).Load("bob")
	has(t, err, "create one or import one")

	_, err = keys.Create("alice", claims.UserKey)
	if has(t, err, "alice.nk: there is a key already"); !errors.Is(err, claims.ErrKeyExists) {
		t.Errorf("%v is not ErrKeyExists", err)
	}
	if _, err = keys.Import("alice", []byte(testSeed(t))); !errors.Is(err, claims.ErrKeyExists) {
		t.Errorf("%v is not ErrKeyExists", err)
	}
	if key, err := keys.Load("alice"); err != nil || key.Public() == alice(t).Public() {
		t.Errorf("a key was replaced: %s, %v", key, err)
	}
	_, err = keys.Import("dave", []byte(alice(t).Public()))
	has(t, err, "is not a seed")

	for _, name := range []string{"", ".", "..", "../alice", "a/b", `a\b`, "Alice", "-a", ".a", "a b", "a\n", "é", strings.Repeat("a", 65)} {
		_, err := keys.Load(name)
		has(t, err, "cannot be the name of a key")
		_, err = keys.Import(name, []byte(testSeed(t)))
		has(t, err, "cannot be the name of a key")
	}

	write("empty", "")
	write("twice", testSeed(t)+"\n"+testSeed(t)+"\n")
	write("public", alice(t).Public())
	write("large", strings.Repeat(testSeed(t), 100))
	if err := os.Mkdir(filepath.Join(keys.Dir(), "folder.nk"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"empty": "holds no key", "twice": "holds no key", "public": "holds no key", "large": "too large", "folder": "not a regular file",
	} {
		_, err := keys.Load(name)
		has(t, err, want)
		has(t, err, name+".nk")
		if strings.Contains(err.Error(), testSeed(t)[4:40]) {
			t.Errorf("the error shows a seed: %v", err)
		}
	}
	write("node", string(must(os.ReadFile(filepath.Join(keys.Dir(), "alice.nk")))))
	_, _, err = claims.LoadOrCreateFile(filepath.Join(keys.Dir(), "node.nk"), claims.NodeKey)
	has(t, err, "that of a user, and one of a server is needed")

	list, err := keys.List()
	if err != nil || len(list) != 8 {
		t.Errorf("the list is %v, %v", list, err)
	}
	for _, named := range list {
		if (named.Err == nil) != (named.Public != "") {
			t.Errorf("listed: %+v", named)
		}
	}
	_, err = claims.OpenKeys("")
	has(t, err, "needs a name")
	_, err = claims.OpenKeys(filepath.Join(keys.Dir(), "alice.nk"))
	has(t, err, "no folder for keys")
}

func TestKeysArePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the mode of a file says nothing there")
	}
	keys := openKeys(t)
	if _, _, err := keys.LoadOrCreate("alice"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(keys.Dir(), "alice.nk")
	for path, want := range map[string]os.FileMode{keys.Dir(): 0o700, file: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o777} {
		chmod(t, file, mode)
		_, err := keys.Load("alice")
		has(t, err, "run chmod 0600")
		_, _, err = keys.LoadOrCreate("alice")
		has(t, err, file)
	}
	chmod(t, file, 0o400)
	if _, err := keys.Load("alice"); err != nil {
		t.Error(err)
	}
	for _, mode := range []os.FileMode{0o750, 0o705, 0o711, 0o755} {
		chmod(t, keys.Dir(), mode)
		_, err := claims.OpenKeys(keys.Dir())
		has(t, err, "run chmod 0700")
	}
}

func chmod(t testing.TB, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// TestKeyIsMadeOnce makes a key from many goroutines at once: they all get the same.
func TestKeyIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "host.nk")
	publics := make([]string, 16)
	var created [16]bool
	var wg sync.WaitGroup
	for i := range publics {
		wg.Go(func() {
			key, made, err := claims.LoadOrCreateFile(path, claims.NodeKey)
			if err != nil {
				t.Error(err)
			}
			publics[i], created[i] = key.Public(), made
		})
	}
	wg.Wait()
	if len(slices.Compact(publics)) != 1 || publics[0] == "" {
		t.Errorf("got the keys %v", publics)
	}
	n := 0
	for _, made := range created {
		if made {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d have made the key", n)
	}
}

func TestDefaultKeysDir(t *testing.T) {
	t.Setenv("TROUPE_KEYS", "elsewhere")
	if dir, err := claims.DefaultKeysDir(); err != nil || dir != "elsewhere" {
		t.Errorf("%q, %v", dir, err)
	}
	t.Setenv("TROUPE_KEYS", "")
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("HOME", "")
	t.Setenv("AppData", "")
	if dir, err := claims.DefaultKeysDir(); err == nil {
		t.Errorf("without a home the folder is %q", dir)
	} else {
		has(t, err, "set TROUPE_KEYS")
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("AppData", home)
	if dir, err := claims.DefaultKeysDir(); err != nil || !strings.HasPrefix(dir, home) || !strings.HasSuffix(dir, filepath.Join("troupe", "keys")) {
		t.Errorf("%q, %v", dir, err)
	}
}
