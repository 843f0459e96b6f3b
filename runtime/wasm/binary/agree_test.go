package binary

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
)

// lenient are the refusals of modules that wazero takes although they are malformed or invalid.
var lenient = []string{
	"the type of a table is",                 // it takes any byte
	"the number of segments: the input ends", // it takes a data count section of no bytes at the end
	"which can change",                       // it takes constant expressions that read imported globals that change
	"imported global",                        // or globals of the module
}

// mutate returns code with one or two of its bytes changed, inserted or removed.
func mutate(rng *rand.Rand, code []byte) []byte {
	b := slices.Clone(code)
	for range 1 + rng.IntN(2) {
		i := rng.IntN(len(b))
		switch rng.IntN(4) {
		case 0:
			b[i] ^= 1 << rng.IntN(8)
		case 1:
			b[i] = byte(rng.IntN(256))
		case 2:
			b = slices.Insert(b, i, byte(rng.IntN(256)))
		case 3:
			b = append(slices.Delete(b, i, i+1), 0)
		}
	}
	return b
}

// TestAgreement changes modules of the specification's tests. What wazero accepts of them, Parse and Check must accept;
// what they accept, wazero must judge without a panic, in its validator and in its compiler.
func TestAgreement(t *testing.T) {
	interpreter := engine(t)
	compiler := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfig().WithCoreFeatures(features))
	t.Cleanup(func() { compiler.Close(t.Context()) })
	rng := rand.New(rand.NewPCG(3, 4))
	total, accepted, both, each := 0, 0, 0, 10
	if testing.Short() {
		each = 2
	}
	specCommands(t, func(t *testing.T, cmd specCommand, code []byte) {
		if len(code) > 2000 || cmd.Type == "assert_malformed" {
			return
		}
		for range each {
			total++
			mutant := mutate(rng, code)
			m, err := Parse(mutant)
			if err == nil {
				err = wide.Check(m)
			}
			if err == nil {
				accepted++
				m.Customs = nil
				encoded := m.Encode()
				if compiles(t, interpreter, encoded) == nil {
					both++
					if err := compiles(t, compiler, encoded); err != nil {
						t.Errorf("%s: the compiler says %v: %x", cmd.Filename, err, mutant)
					}
				}
				continue
			}
			// Counts that the input cannot fill make wazero allocate what they say.
			if strings.Contains(err.Error(), "cannot hold") || strings.Contains(err.Error(), "locals") ||
				slices.ContainsFunc(lenient, func(s string) bool { return strings.Contains(err.Error(), s) }) {
				continue
			}
			if wazeroAccepts(t, interpreter, mutant) {
				t.Errorf("%s: wazero accepts, but: %v: %x", cmd.Filename, err, mutant)
			}
		}
	})
	t.Logf("%d of %d mutants accepted, %d of them by wazero too", accepted, total, both)
}

// wazeroAccepts asks wazero for a module that was refused. Its validator panics for some of those.
func wazeroAccepts(t *testing.T, rt wazero.Runtime, code []byte) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return compiles(t, rt, code) == nil
}
