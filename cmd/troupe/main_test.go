package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/troupe-run/troupe/cmd/troupe/command"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

var update = flag.Bool("update", false, "rewrite the scripts in testdata with what is printed now, and the tables of runtime/OPERATIONS.md")

// TestMain makes this binary two commands when a script asks for them: troupe, and the binary of a user.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"troupe": main, "mytroupe": mytroupe})
}

func TestScripts(t *testing.T) {
	account, err := os.ReadFile(filepath.Join("..", "..", "bench", "guest", "account.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("TROUPE_CACHE", filepath.Join(env.WorkDir, ".cache"))
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, ".config"))
			env.Setenv("GORACE", os.Getenv("GORACE")) // what the race detector is told, it is told about each command
			return goEnv(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "damage": damage, "missing": missing,
			"wait-locked": waitLocked, "guest": guest(account), "contract": contract, "registry": registry, "fill": fill,
			"classic": classic, "serving": serving, "same": same, "repin": repin, "bearer": bearer},
	})
}

// goEnv lets scripts use the go command: its caches are in a home that scripts do not have.
func goEnv(env *testscript.Env) error {
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			return err
		}
		env.Setenv(name, strings.TrimSpace(string(out)))
	}
	env.Setenv("GOPROXY", "off")
	return nil
}

// TestExamples runs the transcripts of the examples with the modules that are built in.
func TestExamples(t *testing.T) {
	for _, c := range []struct{ example, modules string }{
		{"mmo", "currency,warrior,naive"},
		{"kitchen", "seller,chef,waiter,cards,order"},
		{"transfer", "account,escrow"},
	} {
		t.Run(c.example, func(t *testing.T) {
			t.Setenv("TROUPE_CACHE", t.TempDir())
			p, err := program()
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			p.Stdout, p.Stderr = &out, &out
			args := []string{"test", filepath.Join("..", "..", "examples", c.example, "testdata"), "--modules", c.modules}
			if code := p.Run(t.Context(), args); code != command.ExitOK {
				t.Errorf("ended with %d:\n%s", code, out.String())
			}
		})
	}
}

// exits CODE COMMAND... runs a command that must end with the code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%q ended with %d, want %d", args[1:], got, want)
	}
}

// contract FILE writes a contract of CosmWasm: the one of runtime/wasm/cosmwasm that does what it is told.
func contract(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: contract FILE")
	}
	code, err := os.ReadFile(filepath.Join("..", "..", "runtime", "wasm", "cosmwasm", "testdata", "mime.wasm"))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), code, 0o644))
}

// registry FILE NAME VERSION lets npm_config_registry be one that has a package with the file, as data/FILE, and writes
// the SHA-256 of the file to the variable SUM. "registry gone" lets it be one that is not there.
func registry(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 1 && args[0] == "gone" {
		ts.Setenv("npm_config_registry", "http://127.0.0.1:1/")
		return
	}
	if neg || len(args) != 3 {
		ts.Fatalf("usage: registry FILE NAME VERSION")
	}
	code, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	var archive bytes.Buffer
	z := gzip.NewWriter(&archive)
	w := tar.NewWriter(z)
	ts.Check(w.WriteHeader(&tar.Header{Name: "package/data/" + args[0], Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(code))}))
	_, err = w.Write(code)
	ts.Check(errors.Join(err, w.Close(), z.Close()))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/"+args[1]+"/-/"+args[1]+"-"+args[2]+".tgz" {
			http.NotFound(w, r)
			return
		}
		w.Write(archive.Bytes())
	}))
	ts.Defer(server.Close)
	ts.Setenv("npm_config_registry", server.URL)
	ts.Setenv("SUM", fmt.Sprintf("%x", sha256.Sum256(code)))
}

// fill FROM TO copies a file, with variables in the place of their names.
func fill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fill FROM TO")
	}
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o644))
}

// damage FILE... changes a byte in the middle of each file.
func damage(ts *testscript.TestScript, neg bool, args []string) {
	for _, arg := range args {
		files, err := filepath.Glob(ts.MkAbs(arg))
		ts.Check(err)
		if neg || len(files) == 0 {
			ts.Fatalf("damage: no file matches %s", arg)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			ts.Check(err)
			b[len(b)/2] ^= 0xff
			ts.Check(os.WriteFile(file, b, 0o644))
		}
	}
}

// missing FILE... checks that nothing is there.
func missing(ts *testscript.TestScript, neg bool, args []string) {
	for _, arg := range args {
		if _, err := os.Lstat(ts.MkAbs(arg)); (err == nil) != neg {
			ts.Fatalf("missing %s: %v", arg, err)
		}
	}
}

// guest FILE [CODE] writes a module: the account of bench/guest. With a code, that is what it says of who has not enough;
// so there are several versions of it.
func guest(account []byte) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		const said = "insufficient_funds"
		if neg || len(args) == 0 || len(args) > 2 || len(args) == 2 && len(args[1]) != len(said) {
			ts.Fatalf("usage: guest FILE [CODE]; a code has %d letters", len(said))
		}
		module := account
		if len(args) == 2 {
			module = bytes.Replace(module, []byte(said), []byte(args[1]), 1)
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), module, 0o644))
	}
}

// waitLocked waits until somebody has the directory troupe-data open for writing: the seal of an orderly end is gone.
func waitLocked(ts *testscript.TestScript, _ bool, _ []string) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs("troupe-data/SEAL")); err != nil {
			return
		}
	}
	ts.Fatalf("nobody opens troupe-data")
}

// mytroupe is a binary with actors of its own, whose clock and randomness do not change from run to run.
func mytroupe() {
	command.Program{
		Name: "mytroupe",
		Modules: command.Modules{
			"purse": purse(), "counter": counter{}, "dice": dice{}, "doll": puppet.Actor{},
		},
		Options: runtime.Options{
			Limits: dispatch.Limits{Body: 4096},
			Executor: dispatch.Options{
				Clock: func() time.Time { return time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC) },
				Seed:  func() [32]byte { return [32]byte{} },
			},
		},
		Version: "v1.2.3",
	}.Main()
}

// Put and Pay are what a purse can be told, Content what it can be asked.
type (
	Put struct {
		Amount uint64 `json:"amount"`
	}
	Pay struct {
		To     actor.Address `json:"to"`
		Amount uint64        `json:"amount"`
	}
	Content struct{}
)

// purse is a typed actor.
func purse() actor.Actor {
	coins := typed.NewValue[uint64]("coins")
	note := typed.NewMap[string, string]("note")
	return typed.New(
		typed.OnExecute(func(c *typed.Call, m Put) error {
			coins.Set(c.State, coins.Or(c.State, 0)+m.Amount)
			note.Set(c.State, "last", "put by "+string(c.Sender))
			return nil
		}),
		typed.OnExecute(func(c *typed.Call, m Pay) error {
			has := coins.Or(c.State, 0)
			if has < m.Amount {
				return actor.Errorf("insufficient_funds", "%s has %d, needs %d", c.Self, has, m.Amount)
			}
			coins.Set(c.State, has-m.Amount)
			c.Emit("paid", "to", m.To, "amount", m.Amount)
			c.Execute(m.To, Put{Amount: m.Amount})
			return nil
		}),
		typed.OnQuery(func(v *typed.View, _ Content) (uint64, error) { return coins.Or(v.State, 0), nil }),
	)
}

// counter is an actor on bytes.
type counter struct{}

func (counter) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	n, _ := env.State.Get([]byte("n"))
	total := make([]byte, 8)
	copy(total, n)
	binary.BigEndian.PutUint64(total, binary.BigEndian.Uint64(total)+uint64(len(msg.Body)))
	env.State.Set([]byte("n"), total)
	return actor.Response{Data: msg.Body}, nil
}

// dice breaks the rule that all randomness comes from the Env.
type dice struct{}

func (dice) Execute(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
	env.State.Set([]byte("thrown"), strconv.AppendInt(nil, time.Now().UnixNano(), 10))
	return actor.Response{}, nil
}
