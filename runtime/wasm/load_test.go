package wasm

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

func TestLoadIsShared(t *testing.T) {
	e := engine(t, Options{})
	code, d := zoo().Encode(), testDialect()
	modules := make([]*Module, 8)
	var wait sync.WaitGroup
	for i := range modules {
		wait.Go(func() {
			var err error
			if modules[i], err = e.Load(context.Background(), code, d); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if s := e.Stats(); s.Modules != 1 || s.Created != 1 {
		t.Errorf("eight loads of one module: %+v", s)
	}
	for _, m := range modules {
		if m != modules[0] {
			t.Error("the same code and dialect are another module")
		}
	}
	if got := modules[0].Hash(); got != sha256.Sum256(code) {
		t.Errorf("the hash is %x", got)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(code)
	z.Close()
	m, err := e.Load(context.Background(), zipped.Bytes(), d)
	if err != nil || m != modules[0] {
		t.Errorf("compressed, it is another module: %v", err)
	}
	if other := loaded(t, e, code, testDialect()); other == m {
		t.Error("another dialect has the same module")
	}
	m.Close()
	for i, m := range modules {
		if err := m.Call(1e6, nil, func(c *Call) error { _, err := c.Invoke(zooAdd, 1, 2); return err }); err != nil {
			t.Errorf("after %d of 8 loads were closed: %v", i, err)
		}
		m.Close()
	}
	if err := modules[0].Call(1e6, nil, func(*Call) error { return nil }); err != ErrClosed {
		t.Errorf("a call of a closed module: %v", err)
	}
	modules[0].Close() // once too often: it takes nothing from anybody
	if again := loaded(t, e, code, d); again == modules[0] {
		t.Error("a closed module came back")
	}
}

// TestRefusals loads what must not be loaded.
func TestRefusals(t *testing.T) {
	edit := func(change func(m *binary.Module)) []byte {
		m := zoo()
		change(m)
		return m.Encode()
	}
	body := func(name, text string) func(*binary.Module) {
		return func(m *binary.Module) {
			index, ok := m.ExportedFunc(name)
			if name == "!start" {
				index, ok = *m.Start, true
			}
			if !ok {
				t.Fatal(name)
			}
			m.Codes[index-zooImports].Body = assembleBody(text)
		}
	}
	forVariants(t, func(t *testing.T, e *Engine) {
		for _, bad := range []struct {
			name string
			code []byte
			want string
		}{
			{"nothing", nil, "wasm"},
			{"text", []byte("(module)"), "no WebAssembly module"},
			{"half of it", zoo().Encode()[:500], ""},
			{"gzip of nothing", []byte{0x1f, 0x8b}, "gzip"},
			{"an invalid body", edit(body("add", "local.get 0 local.get 1 i64.add end")), "cannot be compiled"},
			{"an empty stack", edit(body("add", "i32.add end")), ""},
			{"start traps", edit(body("!start", "unreachable end")), "running troupe:start: unreachable"},
			{"start loops", edit(body("!start", "loop br 0 end end")), "running troupe:start: out of fuel"},
			{"start nests", edit(body("!start", fmt.Sprint("call ", *zoo().Start, " end"))), "running troupe:start: call depth exceeded"},
			{"initialize traps", edit(body("_initialize", "i32.const -1 i32.load drop end")), "running _initialize: out of bounds memory access"},
			{"initialize loops", edit(body("_initialize", "loop i32.const 0 i32.const 7 i32.store br 0 end end")), "running _initialize: out of fuel"},
			{"initialize has parameters", edit(func(m *binary.Module) {
				for i := range m.Exports {
					if m.Exports[i].Name == "_initialize" {
						m.Exports[i].Index, _ = m.ExportedFunc("add")
					}
				}
			}), `"_initialize" has 2 parameters`},
			{"an entry has results", edit(func(m *binary.Module) {
				index, _ := m.ExportedFunc("size")
				m.Types[m.Functions[index-zooImports]].Results = valueTypes("i32 i32")
				m.Codes[index-zooImports].Body = assembleBody("i32.const 1 i32.const 2 end")
			}), `"size" has 2 results`},
			{"an unknown import", edit(func(m *binary.Module) { m.Imports[0].Name = "guest" }), `"env" "guest": the test dialect has no such function`},
			{"an unknown module", edit(func(m *binary.Module) { m.Imports[0].Module = "" }), `"" "host": the test dialect has no such function`},
			{"an import of another type", edit(func(m *binary.Module) { m.Types[1].Params = valueTypes("i64") }), `it must take [i32]`},
			{"an import that is no function", edit(func(m *binary.Module) {
				m.Imports = append(m.Imports, binary.Import{Module: "env", Name: "g", Kind: binary.ExternGlobal, Global: binary.GlobalType{Type: binary.I32, Mutable: true}})
			}), "functions only"},
			{"data outside of memory", edit(func(m *binary.Module) { m.Data[0].Offset = binary.EncodeConst(binary.I32, 4<<16-3) }), "data segment 0"},
			{"data far outside of memory", edit(func(m *binary.Module) { m.Data[0].Offset = binary.EncodeConst(binary.I32, 1<<32-1) }), "data segment 0"},
			{"too much memory", edit(func(m *binary.Module) { m.Memories[0].Min = 65 }), "memory"},
			{"an export of the host's", edit(func(m *binary.Module) { m.Exports[0].Name = "troupe:gas" }), "troupe:gas"},
		} {
			m, err := e.Load(context.Background(), bad.code, testDialect())
			if err == nil {
				t.Errorf("%s is loaded", bad.name)
				m.Close()
				continue
			}
			var refusal *Refusal
			if !errors.As(err, &refusal) || !strings.Contains(err.Error(), bad.want) {
				t.Errorf("%s: %T %q, want a refusal with %q", bad.name, err, err, bad.want)
			}
		}
		if s := e.Stats(); s.Modules != 0 || s.Instances != 0 {
			t.Errorf("after refusals: %+v", s)
		}
	})
}

func TestWrongDialects(t *testing.T) {
	e := engine(t, Options{})
	for name, change := range map[string]func(d *Dialect){
		"too many pages":   func(d *Dialect) { d.MaxPages = 65536 },
		"too much fuel":    func(d *Dialect) { d.InitFuel = 1 << 63 },
		"no function":      func(d *Dialect) { d.Host[0].Func = nil },
		"no host module":   func(d *Dialect) { d.Host[0].Module = "" },
		"free gas":         func(d *Dialect) { d.Gas.Cost = [256]uint32{} },
		"too deep":         func(d *Dialect) { d.Depth = 1 << 20 },
		"refused by Check": func(d *Dialect) { d.Check = func(*binary.Module) error { return errHost } },
	} {
		d := testDialect()
		change(d)
		if _, err := e.Load(context.Background(), zoo().Encode(), d); err == nil {
			t.Errorf("a dialect with %s is accepted", name)
		}
	}
}

// TestInitFailsInTheHost has the host function that _initialize calls panic and end the guest.
func TestInitFailsInTheHost(t *testing.T) {
	m := zoo()
	index, _ := m.ExportedFunc("_initialize")
	m.Codes[index-zooImports].Body = assembleBody("i32.const 5 call 0 drop end")
	d := testDialect()
	e := engine(t, Options{})
	for _, host := range []struct {
		do   func(c *Call)
		want string
	}{
		{func(c *Call) { panic("oops") }, "oops"},
		{func(c *Call) { c.Trap(errHost) }, errHost.Error()},
		{func(c *Call) { c.SetFuel(-1) }, "out of fuel"},
		{func(c *Call) {
			if c.User() != nil {
				panic("there is a user")
			}
			c.Trap(&Trap{Kind: MemoryBounds})
		}, "out of bounds memory access"},
	} {
		d.Host[0].Func = func(c *Call, _ []uint64) { host.do(c) }
		if _, err := e.Load(context.Background(), m.Encode(), d); err == nil || !strings.Contains(err.Error(), host.want) {
			t.Errorf("%v, want %q", err, host.want)
		}
	}
	if s := e.Stats(); s.Instances != 0 || s.Modules != 0 || e.users != 1 {
		t.Errorf("after failures: %+v, %d users", s, e.users)
	}
}

// TestLoadIsCancelled leaves loads alone while a host function holds them up.
func TestLoadIsCancelled(t *testing.T) {
	m := zoo()
	index, _ := m.ExportedFunc("_initialize")
	m.Codes[index-zooImports].Body = assembleBody("i32.const 5 call 0 drop end")
	code := m.Encode()
	d := testDialect()
	entered, proceed := make(chan bool, 10), make(chan bool)
	d.Host[0].Func = func(*Call, []uint64) { entered <- true; <-proceed }
	e := engine(t, Options{})

	type result struct {
		m   *Module
		err error
	}
	load := func(ctx context.Context) chan result {
		out := make(chan result, 1)
		go func() {
			m, err := e.Load(ctx, code, d)
			out <- result{m, err}
		}()
		return out
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	impatient, patient := load(ctx), load(context.Background())
	<-entered
	eventually(t, "both wait", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		l := e.loads[loadKey{sha256.Sum256(code), d}]
		return l != nil && l.waiting == 2
	})
	cancel()
	if r := <-impatient; r.err != context.Canceled {
		t.Errorf("who does not wait gets %v", r.err)
	}
	// Another module is loaded, and called, meanwhile.
	other := loaded(t, e, zoo().Encode(), testDialect())
	if err := other.Call(1e6, nil, func(c *Call) error { _, err := c.Invoke(zooAdd, 1, 2); return err }); err != nil {
		t.Error(err)
	}
	proceed <- true
	r := <-patient
	if r.err != nil {
		t.Fatal(r.err)
	}
	if n := r.m.refs; n != 1 {
		t.Errorf("the module is counted %d times", n)
	}
	r.m.Close()

	// When nobody waits any more, who comes begins anew, and the first one is given back.
	ctx, cancel = context.WithCancel(context.Background())
	first := load(ctx)
	<-entered
	cancel()
	if r := <-first; r.err != context.Canceled {
		t.Errorf("%v", r.err)
	}
	second := load(context.Background())
	<-entered
	proceed <- true
	proceed <- true
	if r = <-second; r.err != nil {
		t.Fatal(r.err)
	}
	r.m.Close()
	eventually(t, "both are given back", func() bool { return e.Stats().Instances == 1 && e.useCount() == 2 })

	// The engine is closed while a load goes on.
	third := load(context.Background())
	<-entered
	e.Close()
	proceed <- true
	if r := <-third; !errors.Is(r.err, ErrClosed) {
		t.Errorf("a load when the engine is closed: %v", r.err)
	}
	if _, err := e.Load(context.Background(), code, d); err != ErrClosed {
		t.Errorf("a load after the engine was closed: %v", err)
	}
	other.Close()
	eventually(t, "all is given back", func() bool { return e.useCount() == 0 })
}

func (e *Engine) useCount() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.users
}

// TestCloseWaitsForNobody closes the module and the engine within a call, which goes on to its end.
func TestCloseWaitsForNobody(t *testing.T) {
	forVariants(t, func(t *testing.T, e *Engine) {
		code := zoo().Encode()
		m := loaded(t, e, code, testDialect())
		if err := m.Call(1e6, testUser(func(*Call, uint32) uint32 {
			m.Close()
			if err := m.Call(1, nil, func(*Call) error { return nil }); err != ErrClosed {
				t.Errorf("a call begins after Close: %v", err)
			}
			e.Close()
			return 4
		}), func(c *Call) error {
			if v, err := c.Invoke(zooHost, 1); uint32(v) != 5 || err != nil {
				return fmt.Errorf("%d, %v", v, err)
			}
			v, err := c.Invoke(zooBump, 100)
			if uint32(v) != 42 {
				return fmt.Errorf("%d, %v", v, err)
			}
			if e.useCount() != 1 {
				t.Errorf("%d uses of the backing during the call", e.useCount())
			}
			return err
		}); err != nil {
			t.Error(err)
		}
		if e.useCount() != 0 {
			t.Errorf("%d uses of the backing after the call", e.useCount())
		}
		if s := e.Stats(); s.Calls != 2 {
			t.Errorf("%+v, want the call and the initialization", s)
		}
	})
}

// TestWatchdog has two calls stand still, one of them within the other, and others go by.
func TestWatchdog(t *testing.T) {
	stalls := make(chan Stall, 100)
	e := engine(t, Options{Watchdog: 40 * time.Millisecond, OnStall: func(s Stall) { stalls <- s }})
	m := loaded(t, e, zoo().Encode(), testDialect())
	quick := loaded(t, e, numbered(3), testDialect())
	start := time.Now()
	var seen []Stall
	var busy uint64
	var user testUser
	user = func(_ *Call, arg uint32) uint32 {
		if arg == 0 {
			for len(seen) < 2 {
				select {
				case s := <-stalls:
					if s.Module == quick.Hash() && s.Running >= 40*time.Millisecond {
						busy++ // a busy machine has let it stand still
						continue
					}
					seen = append(seen, s)
				default:
					if time.Since(start) > time.Minute {
						t.Error("a call that stands still is not reported")
						return 0
					}
					quick.Call(1e6, nil, func(c *Call) error { _, err := c.Invoke(zooSize); return err })
				}
			}
			time.Sleep(100 * time.Millisecond) // long enough for a second report of the same
			return 0
		}
		m.Call(1e6, user, func(c *Call) error { _, err := c.Invoke(zooHost, 0); return err })
		return 0
	}
	m.Call(1e6, user, func(c *Call) error { _, err := c.Invoke(zooHost, 1); return err })
	took := time.Since(start)
	for _, s := range seen {
		if s.Module != m.Hash() || s.Dialect != "test" || s.Running < 40*time.Millisecond || s.Running > took {
			t.Errorf("reported after %v: %+v", took, s)
		}
	}
	if took < 40*time.Millisecond {
		t.Errorf("reported after %v", took)
	}
	for len(stalls) > 0 {
		if s := <-stalls; s.Module == quick.Hash() {
			busy++
		} else {
			t.Errorf("reported once more: %+v", s)
		}
	}
	if n := e.Stats().Stalls; n != 2+busy {
		t.Errorf("%d reports in all, and %d of calls that a busy machine has let stand still", n, busy)
	}
}

// TestShrink lets instances be idle.
func TestShrink(t *testing.T) {
	e := engine(t, Options{Idle: 6})
	m := loaded(t, e, zoo().Encode(), testDialect())
	var nest func(n int) error
	nest = func(n int) error {
		return m.Call(1e6, nil, func(c *Call) error {
			if n > 1 {
				return nest(n - 1)
			}
			return nil
		})
	}
	nest(9)
	if s := e.Stats(); s.Idle != 6 || s.Instances != 6 || s.Created != 10 {
		t.Errorf("after nine calls within one another: %+v", s)
	}
	m.shrink()
	if s := e.Stats(); s.Idle != 6 {
		t.Errorf("instances that were just used are dropped: %+v", s)
	}
	nest(2)
	m.shrink()
	if s := e.Stats(); s.Idle < 2 || s.Idle > 4 || s.Instances != s.Idle {
		t.Errorf("two were needed, and there are %+v", s)
	}
	m.shrink()
	if s := e.Stats(); s.Idle != 0 || s.Instances != 0 {
		t.Errorf("none were needed, and there are %+v", s)
	}
	if err := nest(2); err != nil {
		t.Error(err)
	}
	// The engine does it by itself.
	e.beat.mu.Lock()
	e.beat.shrunk = time.Time{}
	e.beat.mu.Unlock()
	e.beat.tick(e)
	if s := e.Stats(); s.Idle != 2 {
		t.Errorf("after the first beat: %+v", s)
	}
	e.beat.shrunk = time.Time{}
	e.beat.tick(e)
	if s := e.Stats(); s.Idle != 0 {
		t.Errorf("after the second beat: %+v", s)
	}
	e.Close()
	e.beat.tick(e) // one that had begun
	if e.beat.timer.Stop() {
		t.Error("the heart beats on after Close")
	}
}

func TestPool(t *testing.T) {
	p := newPool(10)
	instances := make([]*instance, 12)
	for i := range instances {
		instances[i] = &instance{}
		if got, want := p.put(0, instances[i]), i < 10; got != want {
			t.Errorf("instance %d is kept: %v", i, got)
		}
	}
	seen := map[*instance]bool{}
	last := p.take(0)
	p.put(0, last)
	if p.take(0) != last {
		t.Error("the last one is not taken first")
	}
	seen[last] = true
	for inst := p.take(1); inst != nil; inst = p.take(1) {
		if seen[inst] {
			t.Fatal("an instance is taken twice")
		}
		seen[inst] = true
	}
	if len(seen) != 10 || p.len() != 0 {
		t.Errorf("%d were taken, %d are left", len(seen), p.len())
	}
	p.put(0, last)
	if got := p.close(); !slices.Equal(got, []*instance{last}) || p.put(0, last) || p.take(0) != nil {
		t.Error("a closed pool still works")
	}
	none := newPool(0)
	if none.put(0, last) || none.take(0) != nil {
		t.Error("a pool without room keeps an instance")
	}
}

func TestOptions(t *testing.T) {
	if _, err := NewEngine(Options{Reset: 99}); err == nil {
		t.Error("a way of resetting that does not exist is accepted")
	}
	for r, want := range []string{"auto", "pages", "copy", "fresh", "unknown"} {
		if got := Reset(r).String(); got != want {
			t.Errorf("%d is %q", r, got)
		}
	}
}

// TestLoadEndsAsItIsLeft has a load end at the moment when nobody waits for it any more.
func TestLoadEndsAsItIsLeft(t *testing.T) {
	e := engine(t, Options{})
	d := testDialect()
	m := loaded(t, e, numbered(1), d)
	again, err := e.Load(context.Background(), numbered(1), d)
	if err != nil || again != m {
		t.Fatal(err)
	}
	l := &load{waiting: 1, cancel: func() {}, module: again}
	if err := e.leave(l, m.key, context.Canceled); err != context.Canceled || m.refs != 1 {
		t.Errorf("%v, and the module is counted %d times", err, m.refs)
	}
}

// TestCompilerFails has the compiler panic, as a bug in it would.
func TestCompilerFails(t *testing.T) {
	e, d := engine(t, Options{}), testDialect()
	p, err := prepare(numbered(1), [32]byte{}, d)
	if err != nil {
		t.Fatal(err)
	}
	p.imports = []int{99}
	var refusal *Refusal
	if _, err := e.compile(context.Background(), p, nil); !errors.As(err, &refusal) || !strings.Contains(err.Error(), "index out of range") {
		t.Errorf("%v", err)
	}
}

// TestCustomsAreDropped checks that what is compiled has no names and no information for debuggers.
func TestCustomsAreDropped(t *testing.T) {
	m := zoo()
	m.Customs = []binary.Custom{{Name: "name", Data: []byte("wrong")}, {Name: ".debug_info", Data: make([]byte, 1000)}}
	p, err := prepare(m.Encode(), [32]byte{}, testDialect())
	if err != nil {
		t.Fatal(err)
	}
	if m, err := binary.Parse(p.code); err != nil || len(m.Customs) > 0 || len(m.Data) > 0 || m.Start != nil {
		t.Errorf("%v: %d custom sections, %d segments", err, len(m.Customs), len(m.Data))
	}
}

// TestModuleSize has modules at the limit of their size and above it, packed and not.
func TestModuleSize(t *testing.T) {
	e := engine(t, Options{})
	pack := func(b []byte) []byte {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		z.Write(b)
		z.Close()
		return packed.Bytes()
	}
	sized := func(size int) []byte {
		m := zoo()
		m.Customs = []binary.Custom{{Name: "pad"}}
		m.Customs[0].Data = make([]byte, size-len(m.Encode())-3) // the length of the section is longer by 3 bytes then
		code := m.Encode()
		if len(code) != size {
			t.Fatalf("%d bytes, want %d", len(code), size)
		}
		return code
	}
	for _, c := range []struct {
		code []byte
		want string
	}{
		{sized(binary.DefaultBytes), ""},
		{pack(sized(binary.DefaultBytes)), ""},
		{sized(binary.DefaultBytes + 1), "the module has 16777217 bytes, which is over the limit of 16777216"},
		{pack(sized(binary.DefaultBytes + 1)), "unpacked, the module has more bytes than the limit of 16777216"},
	} {
		m, err := e.Load(t.Context(), c.code, testDialect())
		if err == nil {
			m.Close()
		}
		var refusal *Refusal
		if (err == nil) != (c.want == "") || err != nil && (!errors.As(err, &refusal) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%d bytes: %v, want %q", len(c.code), err, c.want)
		}
	}
}

// TestWorkIsBounded loads modules of a few kilobytes that would keep the compiler busy for minutes.
func TestWorkIsBounded(t *testing.T) {
	e := engine(t, Options{})
	for name, body := range map[string]string{
		"memory.fill": strings.Repeat("i32.const 0 i32.const 0 i32.const 0 memory.fill ", 20_000) + "i32.const 0 end",
		"loops":       strings.Repeat("loop end ", 20_000) + "i32.const 0 end",
	} {
		m := zoo()
		m.Codes[zooAdd].Body = assembleBody(body)
		began := time.Now()
		_, err := e.Load(t.Context(), m.Encode(), testDialect())
		if took := time.Since(began); err == nil || !strings.Contains(err.Error(), "its work, most of it for ") || took > time.Minute {
			t.Errorf("%s: %v, after %v", name, err, took)
		}
	}
}
