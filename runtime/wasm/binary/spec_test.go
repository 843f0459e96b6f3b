package binary

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// wide are rules that allow every feature and more than any module of the tests has.
var wide = Rules{
	Tables: 1000, TableElements: math.MaxInt, BrTable: 1 << 20, Work: math.MaxInt, TotalWork: math.MaxInt,
	MemoryPages: MaxPages, Params: 1000, Results: 1000, Locals: 1 << 20, TotalLocals: 1 << 24,
	BulkMemory: true, ReferenceTypes: true, SignExt: true, SatFloat: true, MultiValue: true, Floats: true,
}

const features = api.CoreFeaturesV2 &^ api.CoreFeatureSIMD

// engine returns wazero with the features of this package. Its interpreter validates as its compiler does, and is fast.
func engine(t testing.TB) wazero.Runtime {
	rt := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(features))
	t.Cleanup(func() { rt.Close(t.Context()) })
	return rt
}

// compiles returns what wazero has against a module.
func compiles(t testing.TB, rt wazero.Runtime, code []byte) error {
	compiled, err := rt.CompileModule(t.Context(), code)
	if err == nil {
		err = compiled.Close(t.Context())
	}
	return err
}

// A specCommand is a line of a script of the specification's own tests.
type specCommand struct {
	Type       string
	ModuleType string `json:"module_type"`
	Filename   string
	Text       string // of an error
}

// specCommands calls fn with every module in the specification's tests, as wazero carries them, vectors aside.
func specCommands(t *testing.T, fn func(t *testing.T, cmd specCommand, code []byte)) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil {
		t.Skipf("the sources of wazero are not there: %v", err)
	}
	pattern := filepath.Join(strings.TrimSpace(string(dir)), "internal/integration_test/spectest/v[12]/testdata/*.json")
	scripts, err := filepath.Glob(pattern)
	if err != nil || len(scripts) == 0 {
		t.Skipf("no tests of the specification at %s: %v", pattern, err)
	}
	for _, script := range scripts {
		name := strings.TrimSuffix(filepath.Base(script), ".json")
		if strings.HasPrefix(name, "simd_") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(script)
			if err != nil {
				t.Fatal(err)
			}
			var parsed struct{ Commands []specCommand }
			if err := json.Unmarshal(text, &parsed); err != nil {
				t.Fatal(err)
			}
			for _, cmd := range parsed.Commands {
				if !strings.HasSuffix(cmd.Filename, ".wasm") {
					continue
				}
				code, err := os.ReadFile(filepath.Join(filepath.Dir(script), cmd.Filename))
				if err != nil {
					t.Fatal(err)
				}
				fn(t, cmd, code)
			}
		})
	}
}

// TestSpecification takes the modules of the specification's tests: those that are malformed must be refused by Parse or
// by the walk of Check, those that are invalid because of an index by Check, and all others must be accepted and come
// out of Encode as good as they went in.
func TestSpecification(t *testing.T) {
	rt := engine(t)
	accepted, malformed, refused, left := 0, 0, 0, 0
	specCommands(t, func(t *testing.T, cmd specCommand, code []byte) {
		m, err := Parse(code)
		if err == nil {
			err = wide.Check(m)
		}
		switch cmd.Type {
		case "assert_malformed":
			malformed++
			if err == nil {
				t.Errorf("%s: accepted, but malformed: %s", cmd.Filename, cmd.Text)
			}
		case "assert_invalid":
			if err != nil {
				refused++
				return
			}
			left++
			if strings.HasPrefix(cmd.Text, "unknown ") {
				t.Errorf("%s: accepted, but invalid: %s", cmd.Filename, cmd.Text)
			}
		default:
			accepted++
			if want := compiles(t, rt, code); want != nil {
				return // vectors
			}
			if err != nil {
				t.Errorf("%s: %v", cmd.Filename, err)
				return
			}
			roundTrip(t, cmd.Filename, code)
			if err := compiles(t, rt, m.Encode()); err != nil {
				t.Errorf("%s: encoded again: %v", cmd.Filename, err)
			}
		}
	})
	t.Logf("%d accepted, %d malformed, %d of %d invalid refused, the others by their types", accepted, malformed, refused, refused+left)
}
