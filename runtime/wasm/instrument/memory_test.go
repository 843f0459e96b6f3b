package instrument_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/instrument"
)

// grower grows memory by its first argument and returns the result and the sizes before and after.
const grower = `memory.size local.get 0 memory.grow memory.size end`

// TestMemoryGrows checks memory.size and memory.grow against the original, for a module with and without a maximum.
func TestMemoryGrows(t *testing.T) {
	for _, most := range []uint32{3, 4, 100, 1 << 16} {
		m := module(function{name: "run", t: signature("i32 : i32 i32 i32"), body: grower})
		m.Memories[0].Max = &most
		limited := m.Encode()
		m.Memories[0].Max = nil
		for _, r := range runners(t) {
			for _, wasm := range [][]byte{limited, m.Encode()} {
				o := instrument.Options{Gas: unit(false), MaxPages: 4}
				c := r.compile(t, rewritten(t, wasm, o))
				bound := uint64(o.MaxPages)
				if &wasm[0] == &limited[0] {
					bound = min(bound, uint64(most))
				}
				for _, delta := range []uint64{0, 1, 2, 3, 4, 5, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff} {
					want := [3]uint64{1, 0xffffffff, 1}
					if 1+delta <= bound {
						want = [3]uint64{1, 1, 1 + delta}
					}
					if got := c.run("run", enough, delta); got.trap != "" || [3]uint64(got.results) != want {
						t.Errorf("%s, at most %d pages, grow %d: %v, want %v", r.name, bound, delta, got, want)
					}
				}
				c.close()
			}
		}
	}
}

// TestMemoryIsDeclaredWhole checks the declared memory, and that the host sees and sets the virtual size.
func TestMemoryIsDeclaredWhole(t *testing.T) {
	for _, k := range []struct {
		most           *uint32
		maxPages, want uint32
	}{{nil, 10, 10}, {new(uint32(6)), 10, 6}, {new(uint32(60)), 10, 10}, {new(uint32(1)), 10, 1}, {nil, 1 << 20, 1 << 16}} {
		m := module(function{name: "run", t: signature("i32 : i32"), body: `memory.size end`})
		m.Memories[0].Max = k.most
		info, err := instrument.Rewrite(m, instrument.Options{MaxPages: k.maxPages})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Memories[0]; got.Min != k.want || got.Max == nil || *got.Max != k.want {
			t.Errorf("at most %d pages: %+v, want %d", k.maxPages, got, k.want)
		}
		if info.Pages != 1 || info.MaxPages != k.want {
			t.Errorf("at most %d pages: %+v", k.maxPages, info)
		}
	}
}

// TestMemoryStays checks that a module without memory gets none, and that the shared slice of the original stays.
func TestMemoryStays(t *testing.T) {
	m := module(function{name: "run", t: signature("i32 : i32"), body: `local.get 0 end`})
	m.Memories, m.Exports = nil, m.Exports[1:]
	info, err := instrument.Rewrite(m, instrument.Options{Gas: unit(false), MaxPages: 10, Depth: 5})
	if err != nil || len(m.Memories) != 0 || info.Pages != 0 || info.MaxPages != 0 {
		t.Errorf("%+v, %v, memories %v", info, err, m.Memories)
	}
	instantiate(t, wazero.NewRuntimeConfigInterpreter(), m.Encode())
	m = module(function{name: "run", t: signature("i32 : i32"), body: `local.get 0 end`})
	memories := m.Memories
	if _, err := instrument.Rewrite(m, instrument.Options{MaxPages: 10}); err != nil || memories[0].Min != 1 || *memories[0].Max != 4 {
		t.Errorf("the memories that the module had are %+v, %v", memories, err)
	}
}

// TestDataOutside checks that data that the original's instantiation would refuse is refused, and no other.
func TestDataOutside(t *testing.T) {
	for _, k := range []struct {
		offset uint32
		size   int
		ok     bool
	}{
		{0, 1 << 16, true}, {1, 1 << 16, false}, {65535, 1, true}, {65536, 1, false}, {65536, 0, true}, {65537, 0, false},
		{0xffffffff, 2, false}, {0x80000000, 1, false},
	} {
		m := module(function{name: "run", t: signature("i32 : i32"), body: `local.get 0 end`})
		m.Data = []binary.Data{{Offset: binary.EncodeConst(binary.I32, uint64(k.offset)), Init: make([]byte, k.size)}}
		ctx := context.Background()
		r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
		_, original := r.Instantiate(ctx, m.Encode())
		r.Close(ctx)
		_, err := instrument.Rewrite(m, instrument.Options{MaxPages: 4})
		if (original == nil) != k.ok || (err == nil) != k.ok {
			t.Errorf("%d bytes at %d: the original says %v, Rewrite %v, want none: %v", k.size, k.offset, original, err, k.ok)
		}
		if err != nil && !strings.Contains(err.Error(), "data segment 0") {
			t.Errorf("%v does not name the segment", err)
		}
	}
}

// TestPassiveDataAnywhere checks that data that is copied later is not judged.
func TestPassiveDataAnywhere(t *testing.T) {
	m := module(function{name: "run", t: signature("i32 : i32"), body: `local.get 0 end`})
	m.Data = []binary.Data{{Passive: true, Init: make([]byte, 1<<17)}}
	if _, err := instrument.Rewrite(m, instrument.Options{MaxPages: 4}); err != nil {
		t.Error(err)
	}
}
