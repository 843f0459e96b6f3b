package wasm

import (
	"bytes"
	"errors"
	"fmt"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
)

// TestNested has a guest call the host, which calls the same module and another, and those call the host again.
func TestNested(t *testing.T) {
	forVariants(t, func(t *testing.T, e *Engine) {
		m, d := loaded(t, e, zoo().Encode(), testDialect()), testDialect()
		d.Name = "other"
		other := loaded(t, e, zoo().Encode(), d)
		var user testUser
		user = func(c *Call, arg uint32) uint32 {
			if v, err := c.Invoke(zooBump, 100); err != nil || uint32(v) != 42 {
				t.Errorf("the guest, from the host: %d, %v", v, err)
			}
			if arg == 0 {
				return 0
			}
			sum := uint32(0)
			for _, m := range []*Module{m, other} {
				if err := m.Call(1e6, user, func(inner *Call) error {
					v, err := inner.Invoke(zooHost, uint64(arg-1))
					sum += uint32(v)
					return err
				}); err != nil {
					t.Errorf("nested: %v", err)
				}
			}
			return sum
		}
		if err := m.Call(1e6, user, func(c *Call) error {
			v, err := c.Invoke(zooHost, 4)
			if uint32(v) != 1<<5-1 { // one for each guest that was called
				t.Errorf("%d, want %d", v, 1<<5-1)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		sameAsImage(t, m)
		sameAsImage(t, other)
	})
}

// TestReentered has a host function enter the function of the guest that called it.
func TestReentered(t *testing.T) {
	forVariants(t, func(t *testing.T, e *Engine) {
		m := loaded(t, e, zoo().Encode(), testDialect())
		user := testUser(func(c *Call, arg uint32) uint32 {
			if arg == 0 {
				return 0
			}
			v, err := c.Invoke(zooTwice, uint64(arg-1))
			if err != nil {
				c.Trap(err)
			}
			return uint32(v)
		})
		want := uint64(0)
		for i := range uint64(10) {
			want = 2*want + i
		}
		for range 3 {
			if err := m.Call(1e6, user, func(c *Call) error {
				v, err := c.Invoke(zooTwice, 9)
				if v != want {
					t.Errorf("%d, want %d", v, want)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			sameAsImage(t, m)
		}
	})
}

// TestPanics has host functions panic, with values of all sorts, through guests within one another.
func TestPanics(t *testing.T) {
	type private struct{ n int }
	forVariants(t, func(t *testing.T, e *Engine) {
		m := loaded(t, e, zoo().Encode(), testDialect())
		for _, value := range []any{"text", errors.New("error"), private{7}, &private{7}, &Trap{Kind: Unreachable}} {
			var user testUser
			user = func(c *Call, arg uint32) uint32 {
				if arg == 0 {
					panic(value)
				}
				err := m.Call(1e6, user, func(c *Call) error { _, err := c.Invoke(zooHost, uint64(arg-1)); return err })
				t.Errorf("a call that panics returns %v", err)
				return 0
			}
			got := func() (got any) {
				defer func() { got = recover() }()
				return m.Call(1e6, user, func(c *Call) error { _, err := c.Invoke(zooHost, 3); return err })
			}()
			if got != value {
				t.Errorf("panicked with %v, and %v came out", value, got)
			}
			sameAsImage(t, m)
		}
		// Who recovers within the call finds a guest that cannot go on, and the next call one that can.
		m.Call(1e6, testUser(func(*Call, uint32) uint32 { panic("x") }), func(c *Call) error {
			func() {
				defer func() { recover() }()
				c.Invoke(zooHost, 0)
			}()
			if _, err := c.Invoke(zooAdd, 1, 2); err == nil {
				t.Error("a guest goes on after a panic")
			}
			return nil
		})
		m.Call(1e6, nil, func(c *Call) error {
			if v, err := c.Invoke(zooAdd, 1, 2); v != 3 || err != nil {
				t.Errorf("after a panic: %d, %v", v, err)
			}
			return nil
		})
		if s := e.Stats(); s.Dropped > 0 {
			t.Errorf("%d instances were dropped", s.Dropped)
		}
	})
}

// TestRuntimeErrorPasses has a host function fail as a bug does.
func TestRuntimeErrorPasses(t *testing.T) {
	m := loaded(t, engine(t, Options{}), zoo().Encode(), testDialect())
	defer func() {
		if err, ok := recover().(goruntime.Error); !ok || !strings.Contains(err.Error(), "index out of range") {
			t.Errorf("%v came out", err)
		}
	}()
	none := []int{}
	m.Call(1e6, testUser(func(c *Call, arg uint32) uint32 { return uint32(none[arg]) }), func(c *Call) error {
		_, err := c.Invoke(zooHost, 3)
		return err
	})
	t.Error("the panic is gone")
}

// TestGoexit ends a goroutine within a host function: the guest is left in the middle, and nobody gets it again.
func TestGoexit(t *testing.T) {
	forVariants(t, func(t *testing.T, e *Engine) {
		m := loaded(t, e, zoo().Encode(), testDialect())
		var wait sync.WaitGroup
		wait.Go(func() {
			m.Call(1e6, testUser(func(*Call, uint32) uint32 { goruntime.Goexit(); return 0 }), func(c *Call) error {
				_, err := c.Invoke(zooHost, 3)
				return err
			})
		})
		wait.Wait()
		if s := e.Stats(); s.Instances != 0 {
			t.Errorf("%d instances are there", s.Instances)
		}
		if err := m.Call(1e6, nil, func(c *Call) error { _, err := c.Invoke(zooAdd, 1, 2); return err }); err != nil {
			t.Error(err)
		}
	})
}

// TestTrapOfAnother ends a guest from a host function of a guest that it called.
func TestTrapOfAnother(t *testing.T) {
	m := loaded(t, engine(t, Options{}), zoo().Encode(), testDialect())
	err := m.Call(1e6, testUser(func(outer *Call, _ uint32) uint32 {
		err := m.Call(1e6, testUser(func(*Call, uint32) uint32 { outer.Trap(errHost); return 0 }), func(c *Call) error {
			_, err := c.Invoke(zooHost, 0)
			return err
		})
		t.Errorf("the inner call returns %v", err)
		return 0
	}), func(c *Call) error {
		_, err := c.Invoke(zooHost, 0)
		return err
	})
	if err != errHost {
		t.Errorf("the outer call returns %v", err)
	}
	sameAsImage(t, m)
}

// TestTrapPassesUnnoticed has a host function ignore that the guest has trapped: the guest must not go on.
func TestTrapPassesUnnoticed(t *testing.T) {
	forVariants(t, func(t *testing.T, e *Engine) {
		m := loaded(t, e, zoo().Encode(), testDialect())
		calls := 0
		err := m.Call(1e6, testUser(func(c *Call, _ uint32) uint32 { calls++; c.Invoke(zooSpoil); return 1 }), func(c *Call) error {
			_, err := c.Invoke(zooTwice, 1)
			before, _ := c.Read(0, 4)
			before = bytes.Clone(before)
			c.Invoke(zooBump, 0)
			if after, _ := c.Read(0, 4); !bytes.Equal(before, after) {
				t.Error("a guest that has trapped still runs")
			}
			return err
		})
		if err == nil || err.Error() != "unreachable" || calls != 1 {
			t.Errorf("%v after %d calls of the host, want unreachable after one", err, calls)
		}
	})
}

// TestFuelRunsOutAnywhere gives a guest every amount of fuel up to what it needs: the host is never called without any,
// and what returns has had enough.
func TestFuelRunsOutAnywhere(t *testing.T) {
	forVariants(t, func(t *testing.T, e *Engine) {
		for _, exact := range []bool{false, true} {
			d := testDialect()
			d.Gas.Exact = exact
			m := loaded(t, e, zoo().Encode(), d)
			cost := int64(0)
			for fuel := int64(200); fuel >= 0; fuel-- {
				calls := 0
				user := testUser(func(c *Call, _ uint32) uint32 {
					if calls++; c.Fuel() < 0 {
						t.Errorf("with %d, the host is called with %d", fuel, c.Fuel())
					}
					return 1
				})
				m.Call(fuel, user, func(c *Call) error {
					_, err := c.Invoke(zooTwice, 1)
					switch {
					case err == nil && c.Fuel() < 0:
						t.Errorf("with %d, the guest returns and has %d", fuel, c.Fuel())
					case err == nil && cost == 0:
						cost = fuel - c.Fuel()
					case (err == nil) != (fuel >= cost), err != nil && err.Error() != "out of fuel":
						t.Errorf("with %d of %d: %v", fuel, cost, err)
					}
					return nil
				})
			}
			if cost < 20 || cost > 100 {
				t.Errorf("it costs %d", cost)
			}
		}
	})
}

// TestFuelBeforeDepth has a guest that calls itself too often, with every amount of fuel: what it meets first counts,
// although fuel is looked at later.
func TestFuelBeforeDepth(t *testing.T) {
	forVariants(t, func(t *testing.T, e *Engine) {
		d := testDialect()
		d.Gas.Exact, d.Depth = true, 5
		m := loaded(t, e, zoo().Encode(), d)
		nest := func(fuel int64) (left int64, err error) {
			m.Call(fuel, nil, func(c *Call) error {
				_, err = c.Invoke(zooNest, 100)
				left = c.Fuel()
				return nil
			})
			return left, err
		}
		left, _ := nest(1e6)
		cost := 1e6 - left
		for fuel := range cost + 2 {
			want := "out of fuel"
			if fuel >= cost {
				want = "call depth exceeded"
			}
			if _, err := nest(fuel); err == nil || err.Error() != want {
				t.Errorf("with %d of %d: %v, want %s", fuel, cost, err, want)
			}
		}
	})
}

func TestInvokeWrongly(t *testing.T) {
	m := loaded(t, engine(t, Options{}), zoo().Encode(), testDialect())
	m.Call(1e6, nil, func(c *Call) error {
		for _, bad := range []func() (uint64, error){
			func() (uint64, error) { return c.Invoke(-1) },
			func() (uint64, error) { return c.Invoke(zooMissing) },
			func() (uint64, error) { return c.Invoke(zooMissing + 1) },
			func() (uint64, error) { return c.Invoke(zooAdd, 1) },
			func() (uint64, error) { return c.Invoke(zooSize, 1) },
		} {
			if _, err := bad(); err == nil {
				t.Error("a wrong invocation is no error")
			}
		}
		if v, err := c.Invoke(zooAdd, 1, 2); v != 3 || err != nil {
			t.Errorf("after wrong invocations: %d, %v", v, err)
		}
		return nil
	})
	if m.HasEntry(-1) || m.HasEntry(zooMissing) || m.HasEntry(zooMissing+1) || !m.HasEntry(zooAdd) {
		t.Error("HasEntry is wrong")
	}
	for entry, want := range map[int][2]int{-1: {0, 0}, zooMissing: {0, 0}, zooMissing + 1: {0, 0}, zooAdd: {2, 1}} {
		if params, results := m.Arity(entry); params != want[0] || results != want[1] {
			t.Errorf("entry %d has %d parameters and %d results", entry, params, results)
		}
	}
}

// TestMemoryAccess reads and writes at the borders of memory.
func TestMemoryAccess(t *testing.T) {
	forVariants(t, func(t *testing.T, e *Engine) {
		m := loaded(t, e, zoo().Encode(), testDialect())
		m.Call(1e6, nil, func(c *Call) error {
			const end = 6 << 16
			if got := c.MemorySize(); got != end {
				t.Fatalf("memory has %d bytes, want %d", got, end)
			}
			for _, at := range []struct {
				ptr, n uint32
				ok     bool
			}{
				{0, 0, true}, {0, 4, true}, {0, end, true}, {0, end + 1, false}, {end, 0, true}, {end, 1, false}, {end + 1, 0, false},
				{end - 4, 4, true}, {end - 4, 5, false}, {1<<32 - 1, 0, false}, {1<<32 - 1, 1<<32 - 1, false}, {4, 1<<32 - 1, false},
				{1 << 31, 1 << 31, false},
			} {
				b, err := c.Read(at.ptr, at.n)
				if (err == nil) != at.ok || at.ok && len(b) != int(at.n) {
					t.Errorf("Read(%d, %d): %d bytes, %v", at.ptr, at.n, len(b), err)
				}
				if at.n > 1<<20 {
					continue
				}
				if err := c.Write(at.ptr, make([]byte, at.n)); (err == nil) != at.ok {
					t.Errorf("Write(%d, %d bytes): %v", at.ptr, at.n, err)
				}
			}
			if err := c.Write(end-3, []byte("abc")); err != nil {
				t.Error(err)
			}
			if b, err := c.Read(end-4, 4); err != nil || !bytes.Equal(b, []byte("\x00abc")) {
				t.Errorf("%q, %v", b, err)
			}
			if _, err := c.Invoke(zooGrow, 1); err != nil {
				t.Error(err)
			}
			if err := c.Write(end-3, []byte("abcdef")); err != nil {
				t.Errorf("after growing: %v", err)
			}
			return nil
		})
		sameAsImage(t, m)
	})
}

// TestNoMemory has a guest without memory.
func TestNoMemory(t *testing.T) {
	forVariants(t, func(t *testing.T, e *Engine) {
		m := assemble([]part{{"add", "i32 i32", "i32", "", "local.get 0 local.get 1 i32.add end"}}, nil, nil)
		mod := loaded(t, e, m.Encode(), testDialect())
		for range 2 {
			if err := mod.Call(1e6, nil, func(c *Call) error {
				if c.MemorySize() != 0 || c.Write(0, nil) != nil || c.Write(0, []byte{1}) == nil {
					t.Error("a guest without memory has one")
				}
				if v, err := c.Invoke(zooAdd, 40, 2); v != 42 || err != nil {
					return fmt.Errorf("%d, %v", v, err)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestStackIsTrimmed has calls that need much stack: it is not kept.
func TestStackIsTrimmed(t *testing.T) {
	d := testDialect()
	d.Depth = 1900
	m := loaded(t, engine(t, Options{Idle: 1}), zoo().Encode(), d)
	for _, depth := range []uint64{1, 1800, 5000, 1} {
		m.Call(1e6, nil, func(c *Call) error { c.Invoke(zooNest, depth); return nil })
		f := &m.pool.shards[0].idle[0].functions[zooNest]
		if kept := f.api != nil; kept != (depth == 1) {
			t.Errorf("after %d calls within one another, the stack is kept: %v", depth, kept)
		}
		if depth == 1 && f.size.Len() != 10240 {
			t.Errorf("the stack is %d bytes, and wazero begins with 10240: is the field still the stack?", f.size.Len())
		}
	}
}
