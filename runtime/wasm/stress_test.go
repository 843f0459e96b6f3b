package wasm

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	goruntime "runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var mixedCalls = flag.Int("mixed.calls", 5000, "how many calls are made at random, at once")

// TestMixedCalls has goroutines do all deeds at once, some of them in calls within one another, while modules are loaded
// and closed, and instances dropped because they are idle.
func TestMixedCalls(t *testing.T) {
	const goroutines = 8
	for _, v := range []struct {
		name string
		o    Options
	}{
		{"auto", Options{}}, {"one idle", Options{Idle: 1}}, {"copy", Options{Reset: ResetCopy}},
		{"interpreter", Options{Interpreter: true}},
	} {
		t.Run(v.name, func(t *testing.T) {
			code := zoo().Encode()
			v.o.CacheDir = t.TempDir()
			v.o.Watchdog, v.o.OnStall = time.Minute, func(Stall) {}
			e := engine(t, v.o)
			m := loaded(t, e, code, testDialect())
			n := *mixedCalls
			if v.name != "auto" {
				n /= 5
			}
			var left atomic.Int64
			left.Store(int64(n))
			done := make(chan bool)
			var others, workers sync.WaitGroup
			others.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					d := testDialect()
					other, err := e.Load(context.Background(), code, d)
					if err != nil {
						t.Error(err)
						return
					}
					other.Call(1e6, testUser(deedHost), func(c *Call) error { _, err := c.Invoke(zooHost, 3); return err })
					other.Close()
					m.shrink()
					e.Stats()
				}
			})
			for g := range goroutines {
				workers.Go(func() {
					r := rand.New(rand.NewPCG(uint64(g), 1))
					for left.Add(-1) >= 0 {
						mixedCall(t, m, r, 3)
					}
				})
			}
			workers.Wait()
			close(done)
			others.Wait()
			sameAsImage(t, m)
			if s := e.Stats(); s.Dropped != 0 || s.Instances != s.Idle {
				t.Errorf("%+v", s)
			}
		})
	}
}

// mixedCall does one deed, or lets the host do others within it, or panic.
func mixedCall(t *testing.T, m *Module, r *rand.Rand, depth int) {
	deed := deeds[r.IntN(len(deeds))]
	switch r.IntN(10) {
	case 0:
		if depth == 0 {
			return
		}
		user := testUser(func(*Call, uint32) uint32 { mixedCall(t, m, r, depth-1); return 6 })
		if err := m.Call(1e6, user, func(c *Call) error {
			v, err := c.Invoke(zooHost, 1)
			if uint32(v) != 7 {
				return fmt.Errorf("%d, %v", v, err)
			}
			return err
		}); err != nil {
			t.Errorf("nested: %v", err)
		}
	case 1:
		defer func() {
			if v := recover(); v != r {
				t.Errorf("panicked with %v", v)
			}
		}()
		m.Call(1e6, testUser(func(*Call, uint32) uint32 { panic(r) }), func(c *Call) error {
			_, err := c.Invoke(zooHost, 1)
			return err
		})
	default:
		var got string
		if err := m.Call(deed.fuel, testUser(deedHost), func(c *Call) error {
			result, err := deed.do(c)
			got = fmt.Sprint(uint32OrMore(result), " ", err)
			return nil
		}); err != nil {
			t.Error(err)
		}
		if got != deed.want {
			t.Errorf("%s gives %s, want %s", deed.name, got, deed.want)
		}
	}
}

// TestNothingIsLeftBehind counts goroutines, descriptors and mappings before and after engines that did everything.
func TestNothingIsLeftBehind(t *testing.T) {
	code := zoo().Encode()
	use := func() {
		for _, v := range variants {
			v.o.CacheDir = t.TempDir()
			v.o.Watchdog, v.o.OnStall = time.Second, func(Stall) {}
			e, err := NewEngine(v.o)
			if err != nil {
				continue
			}
			for round := range 3 {
				d := testDialect()
				m, err := e.Load(context.Background(), code, d)
				if err != nil {
					t.Fatal(err)
				}
				for _, deed := range deeds {
					m.Call(deed.fuel, testUser(deedHost), func(c *Call) error { deed.do(c); return nil })
				}
				bad := testDialect()
				bad.InitFuel = 3
				if _, err := e.Load(context.Background(), code, bad); err == nil {
					t.Error("no fuel is enough")
				}
				if round < 2 {
					m.Close() // the last one is closed with the engine
				}
			}
			e.Close()
		}
	}
	count := func() [3]int {
		for range 3 {
			goruntime.GC() // wazero gives code back when it is collected
			time.Sleep(5 * time.Millisecond)
		}
		maps := 0
		if b, err := os.ReadFile("/proc/self/maps"); err == nil {
			for line := range strings.Lines(string(b)) {
				if strings.Contains(line, "troupe-wasm") || strings.Contains(line, "r-xp 00000000 00:00") {
					maps++
				}
			}
		}
		files, _ := os.ReadDir("/proc/self/fd")
		return [3]int{goruntime.NumGoroutine(), len(files), maps}
	}
	use()
	before := count()
	use()
	var after [3]int
	eventually(t, "as many goroutines, descriptors and mappings as before", func() bool {
		after = count()
		return after[0] <= before[0] && after[1] <= before[1] && after[2] <= before[2]
	})
	if before[2] > 60 {
		t.Errorf("%d mappings of modules that are closed", before[2])
	}
	t.Logf("goroutines, descriptors, mappings: %v before, %v after", before, after)
}

// TestIdleInstanceIsSmall measures what the system says that idle instances take up.
func TestIdleInstanceIsSmall(t *testing.T) {
	needPaging(t)
	const n = 200
	e := engine(t, Options{Idle: n})
	m := loaded(t, e, benchGuest(), benchDialect())
	var nest func(n int) error
	nest = func(n int) error {
		return m.Call(1e6, nil, func(c *Call) error {
			if _, err := c.Invoke(zooDirty, 4096, 4); err != nil || n == 1 {
				return err
			}
			return nest(n - 1)
		})
	}
	nest(1)
	before := resident(t)
	if err := nest(n); err != nil {
		t.Fatal(err)
	}
	each := (resident(t) - before) / n
	t.Logf("an idle instance takes up %d KiB", each>>10)
	if s := e.Stats(); s.Idle != n || each > 100<<10 {
		t.Errorf("each of %d idle instances takes up %d bytes", s.Idle, each)
	}
}

// resident returns how much memory the process has for itself, in bytes.
func resident(t *testing.T) int {
	t.Helper()
	goruntime.GC()
	b, err := os.ReadFile("/proc/self/smaps_rollup")
	if err != nil {
		t.Skip(err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "Anonymous:"); ok {
			var kb int
			fmt.Sscan(rest, &kb)
			return kb << 10
		}
	}
	t.Skip("no line Anonymous in smaps_rollup")
	return 0
}
