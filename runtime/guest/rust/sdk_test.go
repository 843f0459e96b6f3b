package rust_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/troupe"
)

// readAll reads the files below a folder, so that the go command knows what the result of a test depends on.
func readAll(t *testing.T, folder string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			_, err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCargo runs the tests of the crate on this machine.
func TestCargo(t *testing.T) {
	cargo := os.Getenv("CARGO")
	if cargo == "" {
		cargo = "cargo"
	}
	if _, err := exec.LookPath(cargo); err != nil {
		t.Skip("cargo is not there: ", err)
	}
	readAll(t, ".")
	out, err := exec.Command(cargo, "test", "--offline", "--locked", "--target-dir", t.TempDir()).CombinedOutput()
	if err != nil || strings.Count(string(out), "test result: ok.") != 3 {
		t.Errorf("cargo test: %v\n%s", err, out)
	}
}

// alone is what an actor has that is on its own.
type alone struct{ logs []string }

func (a *alone) Query(context.Context, actor.Address, []byte) ([]byte, error) {
	return nil, errors.New("nobody is there")
}
func (a *alone) QueryRaw(actor.Address, []byte) ([]byte, bool) { return nil, false }
func (a *alone) GasLeft() uint64                               { return 1 << 40 }
func (a *alone) UseGas(uint64)                                 {}
func (a *alone) Log(text string)                               { a.logs = append(a.logs, text) }

// TestStandardLibrary builds an actor that links the standard library, and lets it panic.
func TestStandardLibrary(t *testing.T) {
	readAll(t, ".")
	code, err := toolchain.Build(t.Context(), filepath.Join("testdata", "std"), toolchain.Rust)
	var missing *toolchain.MissingError
	if errors.As(err, &missing) {
		t.Skip(missing)
	}
	if err != nil {
		t.Fatal(err)
	}
	engine, err := wasm.NewEngine(wasm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	module, err := engine.Load(t.Context(), code, troupe.Dialect())
	if err != nil {
		t.Fatal(err)
	}
	defer module.Close()
	a, services := troupe.New(module, "words"), &alone{}
	env := &actor.Env{Self: "self", State: &actor.MemState{}, Services: services}
	send := func(body string) (actor.Response, error) {
		return a.Execute(t.Context(), env, actor.Message{Body: []byte(body)})
	}
	res, err := send(`{"count": {"text": "to be or not to be"}}`)
	if n, _ := typed.Decode[uint64](res.Data); n != 2 || err != nil {
		t.Errorf("counts %d, %v", n, err)
	}
	_, err = send(`{"panic": {"why": "too many words"}}`)
	if !errors.Is(err, &actor.Error{Code: actor.CodePanic}) {
		t.Errorf("panics with %v", err)
	}
	if said := strings.Join(services.logs, ""); !strings.HasPrefix(said, "panic: panicked at ") || !strings.Contains(said, "too many words") {
		t.Errorf("the trace has %q", services.logs)
	}
}
