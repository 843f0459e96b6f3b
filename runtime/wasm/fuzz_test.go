package wasm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/wasmtest"
)

// FuzzLoad loads modules that are nearly right, compiled and interpreted, and calls them. Whatever they are, they are
// refused or run, the same in both, and leave nothing behind.
func FuzzLoad(f *testing.F) {
	f.Add(zoo().Encode(), uint64(1), uint16(1000))
	f.Add(numbered(3), uint64(0), uint16(5))
	for seed := range uint64(6) {
		f.Add(wasmtest.Generate(seed, 60), seed, uint16(300*seed))
	}
	f.Add([]byte("\x1f\x8b\x08\x00"), uint64(1), uint16(1))
	d := testDialect()
	d.MaxPages, d.InitFuel = 8, 10_000
	d.Entry = []string{wasmtest.Run, "bump", "global", "dirty", "grow", "spoil", "spin", "nest", "f0", "f1", "size"}
	engines := []*Engine{engine(f, Options{}), engine(f, Options{Interpreter: true})}
	f.Fuzz(func(t *testing.T, code []byte, arg uint64, fuel uint16) {
		var outcomes [2]strings.Builder
		for i, e := range engines {
			out := &outcomes[i]
			m, err := e.Load(context.Background(), code, d)
			if err != nil {
				var refusal *Refusal
				if !errors.As(err, &refusal) || strings.Contains(err.Error(), "the compiler failed") {
					t.Errorf("not a refusal: %v", err)
				}
				fmt.Fprint(out, err)
				continue
			}
			t.Cleanup(func() { m.Close() }) // a failure must not be laid to the inputs that come later
			for entry := range d.Entry {
				if !m.HasEntry(entry) {
					continue
				}
				args := make([]uint64, m.prepared.entries[entry].Params)
				for i := range args {
					args[i] = arg >> i
				}
				for range 2 {
					if err := m.Call(int64(fuel), nil, func(c *Call) error {
						v, err := c.Invoke(entry, args...)
						fmt.Fprintln(out, d.Entry[entry], uint32(v), err, c.Fuel(), c.MemorySize())
						return nil
					}); err != nil {
						t.Error(err)
					}
				}
			}
			if m.Fresh() == "" && m.image != nil {
				sameAsImage(t, m)
			}
			m.Close()
			if s := e.Stats(); s.Instances != 0 || s.Modules != 0 {
				t.Errorf("left behind: %+v", s)
			}
		}
		if a, b := outcomes[0].String(), outcomes[1].String(); a != b {
			t.Errorf("compiled:\n%s\ninterpreted:\n%s", a, b)
		}
	})
}
