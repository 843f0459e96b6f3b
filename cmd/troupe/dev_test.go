package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/cmd/troupe/command"
)

// screen is where a command prints, for a test that reads meanwhile.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
	seen int // up to where a test has read
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// unread returns what the test has not read yet.
func (s *screen) unread() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()[s.seen:]
}

// wait reads up to a text, which must come. Behind it there may be a compiler that has nothing in its cache.
func (s *screen) wait(t *testing.T, want string) {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if i := strings.Index(s.unread(), want); i >= 0 {
			s.mu.Lock()
			s.seen += i + len(want)
			s.mu.Unlock()
			return
		}
	}
	t.Fatalf("%q was not printed, but\n%s", want, s.unread())
}

// save writes a file as an editor does. A clock that ticks slowly must not hide a change.
func save(t *testing.T, file string, text []byte) {
	t.Helper()
	before, _ := os.Stat(file)
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if before == nil {
		return
	}
	if after, err := os.Stat(file); err != nil || !after.ModTime().After(before.ModTime()) {
		later := before.ModTime().Add(time.Second)
		if err := errors.Join(err, os.Chtimes(file, later, later)); err != nil {
			t.Fatal(err)
		}
	}
}

// developing is troupe dev under way.
type developing struct {
	*screen
	in    io.WriteCloser
	ended chan int
}

func develop(t *testing.T, ctx context.Context, args ...string) *developing {
	t.Helper()
	t.Setenv("TROUPE_CACHE", t.TempDir())
	p, err := program()
	if err != nil {
		t.Fatal(err)
	}
	in, out := io.Pipe()
	d := &developing{&screen{}, out, make(chan int, 1)}
	p.Stdin, p.Stdout, p.Stderr = in, d.screen, d.screen
	go func() { d.ended <- p.Run(ctx, append([]string{"dev"}, args...)) }()
	t.Cleanup(func() { out.Close() })
	return d
}

func (d *developing) say(t *testing.T, line string) {
	t.Helper()
	if _, err := io.WriteString(d.in, line+"\n"); err != nil {
		t.Fatal(err)
	}
}

func (d *developing) end(t *testing.T, want int) {
	t.Helper()
	select {
	case code := <-d.ended:
		if code != want {
			t.Errorf("ended with %d, want %d:\n%s", code, want, d.unread())
		}
	case <-time.After(time.Minute):
		t.Fatalf("does not end:\n%s", d.unread())
	}
}

// TestDev changes the files of an application while it runs.
func TestDev(t *testing.T) {
	account, err := os.ReadFile(filepath.Join("..", "..", "bench", "guest", "account.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	version := func(code string) []byte { return bytes.Replace(account, []byte("insufficient_funds"), []byte(code), 1) }
	dir := t.TempDir()
	manifest, module := filepath.Join(dir, "troupe.yaml"), filepath.Join(dir, "account.wasm")
	const modules = "modules:\n  account: {wasm: account.wasm}\n  doll: {native: puppet}\n"
	save(t, manifest, []byte(modules+"actors:\n- {address: main, module: doll}\n"))
	save(t, module, version("insufficient_funds"))
	const pay200 = "send alice account/a hex:7000000000000000c86163636f756e742f62"

	d := develop(t, t.Context(), dir)
	d.wait(t, "watching  "+dir)
	d.wait(t, "created  main, module doll")
	d.wait(t, "installed  account, ")

	// A prompt.
	d.say(t, "send alice main text:\"set greeting=hello\"")
	d.wait(t, `set greeting: – → "hello"`)
	d.say(t, "get main greeting")
	d.wait(t, "hello")
	d.say(t, "sned alice main")
	d.wait(t, `there is no command "sned"`)
	d.say(t, "crash")
	d.wait(t, "crash is about simulated surroundings")
	d.say(t, "help")
	d.wait(t, "  send FROM TO [BODY] [id=ID] [funds=COINS]\n")
	if strings.Contains(d.unread(), "  crash [at=N]") {
		t.Error("help lists what is refused")
	}

	// Other code, and the migration of an actor that refuses it.
	save(t, module, version("insufficient_coins"))
	d.wait(t, "installed  account, ")
	d.say(t, "send alice account/a hex:6f0000000000000064")
	d.wait(t, "committed seq")
	d.say(t, pay200)
	d.wait(t, "rolled back: insufficient_coins")
	save(t, module, version("insufficient_bucks"))
	d.wait(t, "migrate account")
	d.wait(t, "account  host → account/a: malformed")
	d.say(t, pay200)
	d.wait(t, "rolled back: insufficient_coins")

	// Mistakes change nothing.
	save(t, module, []byte("This is text."))
	d.wait(t, "account  module account cannot be installed: ")
	save(t, manifest, []byte("modules: [\n"))
	d.wait(t, "manifest  "+manifest+":1:10: sequence end token ']' not found")
	d.say(t, pay200)
	d.wait(t, "rolled back: insufficient_coins")

	// The manifest changes, too.
	save(t, module, version("insufficient_coins"))
	save(t, manifest, []byte(modules+"  other: {native: puppet}\nactors:\n- {address: main, module: doll}\n- {address: second, module: other}\n"))
	d.wait(t, "read  "+manifest)
	d.wait(t, "created  second, module other")
	d.wait(t, "unchanged  account, ")
	d.say(t, "exit")
	d.end(t, command.ExitOK)
}

// TestDevOfSources follows the sources of a Go project, through a version that does not compile.
func TestDevOfSources(t *testing.T) {
	source, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOPROXY", "off")
	dir := filepath.Join(t.TempDir(), "tally")
	must(t, "new", "go", dir, "--source", source)
	file := filepath.Join(dir, "actor.go")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	d := develop(t, ctx, dir)
	d.wait(t, "installed  tally, ")
	d.say(t, `send alice tally/a {"add":{"n":5}}`)
	d.wait(t, "event added by=alice n=5")
	save(t, file, append(text, "\nfunc broken() { nonsense() }\n"...))
	d.wait(t, "undefined: nonsense")
	save(t, file, bytes.Replace(text, []byte(`"added"`), []byte(`"counted"`), 1))
	d.wait(t, "installed  tally, ")
	d.say(t, `send alice tally/a {"add":{"n":5}}`)
	d.wait(t, "set total: 5 → 10")
	d.wait(t, "event counted by=alice n=5")
	d.in.Close() // the input may end before the work does
	save(t, file, text)
	d.wait(t, "installed  tally, ")
	cancel()
	d.end(t, command.ExitHost)
}

func TestDevRefuses(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"dev", t.TempDir()}, command.ExitNotFound, "troupe.yaml: no such file"},
		{[]string{"dev", "-o", "json"}, command.ExitUsage, "dev is for people"},
		{[]string{"dev", "a", "b"}, command.ExitUsage, "too many"},
	} {
		if code, _, errs := troupe(t, test.args...); code != test.code || !strings.Contains(errs, test.want) {
			t.Errorf("troupe %q ended with %d: %s", test.args, code, errs)
		}
	}
}

// TestDevContract: a contract on a chain is stored as one more code when it changes.
func TestDevContract(t *testing.T) {
	code, err := os.ReadFile(filepath.Join("..", "..", "runtime", "wasm", "cosmwasm", "testdata", "mime.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	module := filepath.Join(dir, "mime.wasm")
	save(t, filepath.Join(dir, "troupe.yaml"), []byte("chain:\nmodules: {mime: {wasm: mime.wasm}}\n"))
	save(t, module, code)
	d := develop(t, t.Context(), dir)
	d.wait(t, "stored  code 1, mime, ")
	d.say(t, `instantiate @alice a mime [["set","k","v"]] admin=@alice`)
	d.wait(t, "committed seq")
	d.say(t, `get @a k`)
	d.wait(t, `"v"`)
	save(t, module, append(code, 0, 2, 1, 'x')) // one more custom section
	d.wait(t, "stored  code 2, mime-")
	d.say(t, `upgrade @alice @a 2 []`)
	d.wait(t, "committed seq")
	d.say(t, "exit")
	d.end(t, command.ExitOK)
}
