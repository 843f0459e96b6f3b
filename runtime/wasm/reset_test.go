package wasm

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// deeds are what a guest can do to its instance. Each is run in the same instance as the one before, and must see
// nothing of it.
var deeds = []struct {
	name string
	fuel int64
	do   func(c *Call) (uint64, error)
	want string
}{
	{"memory", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooBump, 100) }, "42 <nil>"},
	{"globals", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooGlobal) }, fmt.Sprint(1000+1<<40+100+6, " <nil>")},
	{"data", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooLoad, 70000) }, fmt.Sprint(0x55aa55aa, " <nil>")},
	{"above the image", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooBump, 5<<16) }, "0 <nil>"},
	{"above what there is", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooBump, 60<<16) }, "0 <nil>"},
	{"at the end", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooBump, 64<<16-4) }, "0 <nil>"},
	{"behind the end", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooBump, 64<<16-3) }, "0 out of bounds memory access"},
	{"grow", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooGrow, 5) }, "6 <nil>"},
	{"grow too far", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooGrow, 59) }, fmt.Sprint(1<<32-1, " <nil>")},
	{"size", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooSize) }, "6 <nil>"},
	{"many pages", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooDirty, 0, 1000) }, "0 <nil>"},
	{"every other page", 1e7, func(c *Call) (uint64, error) {
		for i := uint64(0); i < 64<<16; i += 8192 {
			if _, err := c.Invoke(zooBump, i); err != nil {
				return 0, err
			}
		}
		return c.Invoke(zooBump, 8192)
	}, "1 <nil>"},
	{"traps", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooSpoil) }, "0 unreachable"},
	{"out of fuel", 12345, func(c *Call) (uint64, error) { return c.Invoke(zooSpin) }, "0 out of fuel"},
	{"no fuel", 0, func(c *Call) (uint64, error) { return c.Invoke(zooAdd, 1, 2) }, "0 out of fuel"},
	{"less than none", -5, func(c *Call) (uint64, error) { return c.Invoke(zooAdd, 1, 2) }, "0 out of fuel"},
	{"too deep", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooNest, 1000) }, "0 call depth exceeded"},
	{"deep", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooNest, 150) }, "7 <nil>"},
	{"deep twice", 1e6, func(c *Call) (uint64, error) { c.Invoke(zooNest, 150); return c.Invoke(zooNest, 150) }, "7 <nil>"},
	{"divide by zero", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooDivide, 1, 0) }, "0 integer divide by zero"},
	{"divide", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooDivide, 1<<31, 1<<32-1) }, "0 integer overflow"},
	{"truncate", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooTruncate, 0x7ff0000000000000) }, "0 integer overflow"},
	{"no number", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooTruncate, 0x7ff8000000000000) }, "0 invalid conversion to integer"},
	{"table", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooTable, 0) }, "0 <nil>"},
	{"table, type", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooTable, 1) }, "0 indirect call type mismatch"},
	{"table, empty", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooTable, 2) }, "0 invalid table access"},
	{"table, behind", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooTable, 3) }, "0 invalid table access"},
	{"the host ends it", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooHost, 1) }, "0 the host ends it"},
	{"the host uses fuel", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooHost, 2) }, "0 out of fuel"},
	{"the host writes", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooHost, 3) }, "10 <nil>"},
	{"trapped, and goes on", 1e6, func(c *Call) (uint64, error) { c.Invoke(zooSpoil); return c.Invoke(zooAdd, 1, 2) }, "0 unreachable"},
	{"twice", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooTwice, 5) }, "15 <nil>"},
	{"add", 1e6, func(c *Call) (uint64, error) { return c.Invoke(zooAdd, 1, 2) }, "3 <nil>"},
}

var errHost = errors.New("the host ends it")

// deedHost is the host of the deeds.
func deedHost(c *Call, arg uint32) uint32 {
	switch arg {
	case 1:
		c.Trap(errHost)
	case 2:
		c.SetFuel(-1)
	case 3:
		if err := c.Write(200000, []byte("written by the host")); err != nil {
			c.Trap(err)
		}
		return 9
	}
	return arg
}

// TestNothingLeaks runs every deed after every other, in one instance, and compares all of it with the image each time.
func TestNothingLeaks(t *testing.T) {
	code := zoo().Encode()
	fuels := map[string]int64{} // what is left must be the same in all variants
	forVariants(t, func(t *testing.T, e *Engine) {
		m := loaded(t, e, code, testDialect())
		for _, first := range deeds {
			for _, second := range deeds {
				for _, deed := range []struct {
					name string
					fuel int64
					do   func(c *Call) (uint64, error)
					want string
				}{first, second} {
					var got string
					var left int64
					if err := m.Call(deed.fuel, testUser(deedHost), func(c *Call) error {
						result, err := deed.do(c)
						got, left = fmt.Sprint(uint32OrMore(result), " ", err), c.Fuel()
						return nil
					}); err != nil {
						t.Fatal(err)
					}
					if got != deed.want {
						t.Fatalf("after %s, %s gives %s, want %s", first.name, deed.name, got, deed.want)
					}
					if was, ok := fuels[deed.name]; ok && was != left {
						t.Fatalf("after %s, %s leaves %d of its fuel, and before %d", first.name, deed.name, left, was)
					}
					fuels[deed.name] = left
					sameAsImage(t, m)
				}
			}
		}
		if s := e.Stats(); m.pool != nil && e.options.Idle > 0 && s.Instances != 1 {
			t.Errorf("%d instances, and one call at a time", s.Instances)
		} else if s.Dropped != 0 {
			t.Errorf("%d instances were dropped", s.Dropped)
		}
	})
}

// uint32OrMore is there because nobody says what the upper half of an i32 is.
func uint32OrMore(v uint64) uint64 {
	if v>>32 == 1<<32-1 {
		return uint64(uint32(v))
	}
	return v
}

// sameAsImage compares the memory and the globals of all idle instances with the image.
func sameAsImage(t *testing.T, m *Module) {
	t.Helper()
	if m.pool == nil {
		return
	}
	for i := range m.pool.shards {
		s := &m.pool.shards[i]
		s.mu.Lock() // a test that is held up for long must not look at what is dropped meanwhile
		defer s.mu.Unlock()
		for _, inst := range s.idle {
			if got := inst.capture(); !slices.Equal(got, m.globals) {
				t.Fatalf("globals are %x, and in the image %x", got, m.globals)
			}
			mem, img := inst.memory.Bytes(), m.image.Bytes()
			if !bytes.Equal(mem[:len(img)], img) {
				t.Fatal("memory is not that of the image")
			}
			if n := used(mem[len(img):]); n > 0 {
				t.Fatalf("memory above the image is not zero at %d", n)
			}
			if got := inst.guest.Memory().Size(); int(got) != len(mem) {
				t.Fatalf("the engine sees a memory of %d bytes, not of %d", got, len(mem))
			}
			if m.engine.options.Interpreter {
				continue
			}
			for _, f := range inst.functions {
				if f.api != nil && (!f.size.IsValid() || f.size.Len() < 10240 || f.size.Len() > maxStack) {
					t.Fatalf("the stack of %s has %d bytes", f.Name, f.size.Len())
				}
			}
		}
	}
}

// TestFreshModules has calls of a module that changes its table, which is not put back.
func TestFreshModules(t *testing.T) {
	forVariants(t, func(t *testing.T, e *Engine) {
		m := zoo()
		// The function that adds sets an element of the table instead of adding.
		n := zooAdd
		m.Codes[n].Body = assembleBody(`i32.const 0 ref.null funcref table.set 0 i32.const 100 call 1 end`)
		mod := loaded(t, e, m.Encode(), testDialect())
		if mod.Fresh() == "" {
			t.Fatal("a module that writes to its table has instances that are reused")
		}
		for range 3 {
			if err := mod.Call(1e6, nil, func(c *Call) error {
				if c.inst.turns.Load()%2 == 0 {
					t.Error("the watchdog does not see the call")
				}
				if _, err := c.Invoke(zooTable, 0); err != nil {
					return err
				}
				if v, err := c.Invoke(zooAdd, 0, 0); err != nil || uint32(v) != 42 {
					return fmt.Errorf("%d, %v", v, err)
				}
				if v, err := c.Invoke(zooSize); err != nil || v != 6 {
					return fmt.Errorf("%d pages, %v", v, err)
				}
				if _, err := c.Invoke(zooTable, 0); fmt.Sprint(err) != "invalid table access" {
					return fmt.Errorf("the element is still there: %v", err)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		if s := e.Stats(); s.Instances != 0 || s.Created != 4 {
			t.Errorf("%d instances are there, %d were made", s.Instances, s.Created)
		}
	})
}

// TestDataIsShared has a module that counts its segments of data, as those of most compilers do, and one with instructions
// that refer to them.
func TestDataIsShared(t *testing.T) {
	forVariants(t, func(t *testing.T, e *Engine) {
		for _, refers := range []bool{false, true} {
			parts := []part{
				{"load", "i32", "i32", "", "local.get 0 i32.load end"},
				{"bump", "i32", "i32", "", "i32.const 500000 i32.const 0 local.get 0 memory.init 1 i32.const 500000 i32.load end"},
				{"spoil", "", "", "", "i32.const 0 i32.const 0 i32.const 1 memory.init 0 end"},
			}
			if !refers {
				parts = parts[:1]
			}
			m := assemble(parts, nil, nil)
			segments := uint32(2)
			m.DataCount, m.Memories = &segments, []binary.Limits{{Min: 16}}
			m.Data = []binary.Data{
				{Offset: binary.EncodeConst(binary.I32, 4), Init: bytes.Repeat([]byte("data"), 80_000)},
				{Passive: true, Init: []byte{1, 2, 3, 4, 5}},
			}
			mod := loaded(t, e, m.Encode(), testDialect())
			if err := mod.Call(1e6, nil, func(c *Call) error {
				if n := ownBytes(t, c.inst.memory); n > 0 && mod.Fresh() == "" {
					t.Errorf("a new instance has %d bytes of its own", n)
				}
				for _, want := range []struct{ entry, arg, result uint64 }{
					{zooLoad, 4, 0x61746164}, {zooLoad, 320_000, 0x61746164}, {zooLoad, 320_004, 0}, {zooBump, 4, 0x04030201},
				} {
					if want.entry == zooBump && !refers {
						return nil
					}
					if v, err := c.Invoke(int(want.entry), want.arg); v != want.result || err != nil {
						t.Errorf("%v: %x, %v", want, v, err)
					}
				}
				// Segments that were copied at the start are empty afterwards.
				_, err := c.Invoke(zooSpoil)
				if fmt.Sprint(err) != "out of bounds memory access" {
					t.Errorf("a segment is there that was copied: %v", err)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if mod.Fresh() == "" {
				sameAsImage(t, mod)
			}
		}
	})
}
