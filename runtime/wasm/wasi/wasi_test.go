package wasi

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// guest is a memory without code.
type guest struct {
	memory []byte
	spent  int64
}

func newGuest() *guest { return &guest{memory: make([]byte, 4096)} }

func (g *guest) Read(ptr, n uint32) ([]byte, error) {
	if uint64(ptr)+uint64(n) > uint64(len(g.memory)) {
		return nil, errors.New("out of bounds")
	}
	return g.memory[ptr : ptr+n], nil
}

func (g *guest) Write(ptr uint32, b []byte) error {
	into, err := g.Read(ptr, uint32(len(b)))
	copy(into, b)
	return err
}

func (g *guest) Spend(fuel int64) { g.spent += fuel }

func (g *guest) u32(at uint32) uint32 { return binary.LittleEndian.Uint32(g.memory[at:]) }
func (g *guest) u64(at uint32) uint64 { return binary.LittleEndian.Uint64(g.memory[at:]) }

// ask calls the function of the name.
func (g *guest) ask(t *testing.T, w *World, name string, args ...uint64) Errno {
	t.Helper()
	i := slices.IndexFunc(functions, func(f function) bool { return f.name == name })
	if i < 0 || len(functions[i].params) != len(args) {
		t.Fatalf("there is no %s with %d parameters", name, len(args))
	}
	stack := append(slices.Clone(args), 0)
	for j, p := range functions[i].params {
		if p == 'i' {
			stack[j] |= 0xdead << 48 // the engine leaves anything there
		}
	}
	return functions[i].do(w, g, stack)
}

// lines collects a log.
type lines []string

func (l *lines) Log(line string) { *l = append(*l, line) }

func begin(now int64) (*World, *lines) {
	w, l := new(World), new(lines)
	w.Begin(now, &[32]byte{1, 2, 3}, 7, l)
	return w, l
}

func TestClock(t *testing.T) {
	g := newGuest()
	w, _ := begin(1_700_000_000_123_456_789)
	for id := range uint64(4) {
		if e := g.ask(t, w, "clock_time_get", id, 1, 64); e != Success || g.u64(64) != 1_700_000_000_123_456_789 {
			t.Errorf("clock %d: %d, %d", id, e, g.u64(64))
		}
		if e := g.ask(t, w, "clock_res_get", id, 72); e != Success || g.u64(72) != 1 {
			t.Errorf("resolution of clock %d: %d, %d", id, e, g.u64(72))
		}
	}
	if e := g.ask(t, w, "clock_time_get", 4, 1, 64); e != inval {
		t.Errorf("clock 4: %d", e)
	}
	if e := g.ask(t, w, "clock_time_get", 0, 1, 4089); e != fault {
		t.Errorf("at the end of memory: %d", e)
	}
}

// TestPreparing checks that everything works before there is a call. The runtime of Go wants a clock that is not 0.
func TestPreparing(t *testing.T) {
	g, w := newGuest(), new(World)
	if e := g.ask(t, w, "clock_time_get", 1, 0, 0); e != Success || g.u64(0) != origin {
		t.Errorf("the clock: %d, %d", e, g.u64(0))
	}
	if e := g.ask(t, w, "random_get", 0, 8); e != Success || g.u64(0) == 0 {
		t.Errorf("random: %d, %x", e, g.u64(0))
	}
	copy(g.memory[100:], "text\n")
	binary.LittleEndian.PutUint32(g.memory[200:], 100)
	binary.LittleEndian.PutUint32(g.memory[204:], 5)
	if e := g.ask(t, w, "fd_write", 2, 200, 1, 300); e != Success || g.u32(300) != 5 {
		t.Errorf("fd_write: %d, %d", e, g.u32(300))
	}
	w.End()
}

func TestBeforeTheEpoch(t *testing.T) {
	w, _ := begin(math.MinInt64)
	if w.time() != origin {
		t.Error(w.time())
	}
}

// TestRandom checks the stream against its definition.
func TestRandom(t *testing.T) {
	seed, span := [32]byte{9, 8, 7}, uint64(5)
	sum := sha256.Sum256(append(binary.BigEndian.AppendUint64(seed[:], span), "wasi"...))
	want := make([]byte, 300)
	rand.NewChaCha8(sum).Read(want)

	g, w := newGuest(), new(World)
	for range 2 { // a world that is used again begins again
		w.Begin(1, &seed, span, new(lines))
		at := uint64(0)
		for _, n := range []uint64{0, 1, 31, 200, 68} {
			if e := g.ask(t, w, "random_get", at, n); e != Success {
				t.Fatal(e)
			}
			at += n
		}
		if !bytes.Equal(g.memory[:300], want) {
			t.Errorf("got  %x\nwant %x", g.memory[:300], want)
		}
		w.End()
	}
	if w.Begin(1, &seed, span+1, new(lines)); g.ask(t, w, "random_get", 0, 300) != Success || bytes.Equal(g.memory[:300], want) {
		t.Error("another call has the same random bytes")
	}
	if e := g.ask(t, w, "random_get", 4000, 97); e != fault {
		t.Errorf("beyond the end of memory: %d", e)
	}
}

// write prints the parts through fd_write.
func (g *guest) write(t *testing.T, w *World, fd uint64, parts ...string) Errno {
	t.Helper()
	at := uint32(1024)
	for i, p := range parts {
		binary.LittleEndian.PutUint32(g.memory[512+8*i:], at)
		binary.LittleEndian.PutUint32(g.memory[516+8*i:], uint32(len(p)))
		at += uint32(copy(g.memory[at:], p))
	}
	return g.ask(t, w, "fd_write", fd, 512, uint64(len(parts)), 500)
}

func TestOutput(t *testing.T) {
	g := newGuest()
	w, log := begin(1)
	for _, c := range []struct {
		fd    uint64
		parts []string
		n     uint32
	}{
		{1, []string{"one ", "", "line\nand a"}, 14}, {2, []string{"error\n\n"}, 7}, {1, []string{"nother\nrest"}, 11}, {1, nil, 0},
	} {
		if e := g.write(t, w, c.fd, c.parts...); e != Success || g.u32(500) != c.n {
			t.Errorf("%q: %d, %d bytes", c.parts, e, g.u32(500))
		}
	}
	w.End()
	if want := []string{"one line", "error", "", "and another", "rest"}; !slices.Equal(*log, want) {
		t.Errorf("%q, want %q", *log, want)
	}
	if w.End(); len(*log) != 5 {
		t.Errorf("the end of a call that has ended prints %q", (*log)[5:])
	}
}

func TestLongLines(t *testing.T) {
	g := newGuest()
	w, log := begin(1)
	for range 5 {
		g.write(t, w, 1, strings.Repeat("x", 2000))
	}
	w.End()
	if len(*log) != 2 || len((*log)[0]) != MaxLine || len((*log)[1]) != 10000-MaxLine {
		t.Errorf("%d lines", len(*log))
	}
}

// TestOutputIsBounded checks that parts that lie over each other do not make much of little.
func TestOutputIsBounded(t *testing.T) {
	g := newGuest()
	g.memory = make([]byte, 64<<10)
	w, log := begin(1)
	for i := range 1024 {
		binary.LittleEndian.PutUint32(g.memory[512+8*i+4:], 32<<10)
	}
	if e := g.ask(t, w, "fd_write", 1, 512, 1024, 500); e != inval || len(*log) > 0 || g.spent > 0 {
		t.Errorf("%d, %d lines, %d fuel", e, len(*log), g.spent)
	}
	if e := g.ask(t, w, "fd_write", 1, 512, 1025, 500); e != inval {
		t.Errorf("1025 parts: %d", e)
	}
	if e := g.ask(t, w, "fd_write", 1, 512, 32, 500); e != Success || g.spent < 1<<20 || g.u32(500) != 1<<20 {
		t.Errorf("a MiB: %d, %d fuel", e, g.spent)
	}
}

func TestOutputAtTheEnds(t *testing.T) {
	g := newGuest()
	w, log := begin(1)
	for _, args := range [][4]uint64{
		{1, 4090, 1, 500},           // the list is not all in memory
		{1, math.MaxUint32, 1, 500}, // its address overflows
		{1, math.MaxUint32 - 7, 2, 500},
	} {
		if e := g.ask(t, w, "fd_write", args[0], args[1], args[2], args[3]); e != fault {
			t.Errorf("%v: %d", args, e)
		}
	}
	binary.LittleEndian.PutUint32(g.memory[512:], 4000)
	binary.LittleEndian.PutUint32(g.memory[516:], 4)
	binary.LittleEndian.PutUint32(g.memory[520:], 4094)
	binary.LittleEndian.PutUint32(g.memory[524:], 4)
	if e := g.ask(t, w, "fd_write", 1, 512, 2, 500); e != fault {
		t.Errorf("a part beyond the end: %d", e)
	}
	if w.End(); len(*log) > 0 {
		t.Errorf("%q was printed by calls that failed", *log)
	}
}

// subscribe puts a subscription into memory.
func (g *guest) subscribe(at int, user uint64, kind byte, id uint32, timeout uint64, flags uint16) {
	b := g.memory[at : at+subscriptionSize]
	clear(b)
	binary.LittleEndian.PutUint64(b, user)
	b[8] = kind
	binary.LittleEndian.PutUint32(b[16:], id)
	binary.LittleEndian.PutUint64(b[24:], timeout)
	binary.LittleEndian.PutUint16(b[40:], flags)
}

func TestSleep(t *testing.T) {
	g := newGuest()
	w, _ := begin(1000)
	g.subscribe(0, 11, eventClock, 1, 500, 0)
	g.subscribe(48, 22, eventClock, 0, 1400, absoluteTime)
	g.subscribe(96, 33, eventClock, 0, 1401, absoluteTime)
	if e := g.ask(t, w, "poll_oneoff", 0, 1024, 3, 2048); e != Success || g.u32(2048) != 1 || g.u64(1024) != 22 || g.memory[1034] != eventClock {
		t.Errorf("%d, %d events, the first for %d", e, g.u32(2048), g.u64(1024))
	}
	if w.time() != 1400 {
		t.Errorf("it is %d", w.time())
	}
	if e := g.ask(t, w, "poll_oneoff", 0, 1024, 1, 2048); e != Success || w.time() != 1900 {
		t.Errorf("%d, it is %d", e, w.time())
	}
	g.subscribe(0, 11, eventClock, 1, 100, absoluteTime) // long ago
	if e := g.ask(t, w, "poll_oneoff", 0, 1024, 3, 2048); e != Success || g.u32(2048) != 3 || w.time() != 1900 {
		t.Errorf("%d, %d events, it is %d", e, g.u32(2048), w.time())
	}
	for range 2 { // to the end of time, and beyond
		g.subscribe(0, 11, eventClock, 1, math.MaxUint64, 0)
		if e := g.ask(t, w, "poll_oneoff", 0, 1024, 1, 2048); e != Success || g.u32(2048) != 1 || w.time() != math.MaxInt64 {
			t.Errorf("%d, %d events, it is %d", e, g.u32(2048), w.time())
		}
	}
}

func TestPollDescriptors(t *testing.T) {
	g := newGuest()
	w, _ := begin(1000)
	g.subscribe(0, 1, eventClock, 1, 500, 0)
	g.subscribe(48, 2, eventWrite, 1, 0, 0)
	g.subscribe(96, 3, eventRead, 0, 0, 0)
	g.subscribe(144, 4, eventRead, 5, 0, 0)
	g.subscribe(192, 5, eventClock, 9, 0, 0)
	if e := g.ask(t, w, "poll_oneoff", 0, 1024, 5, 2048); e != Success || g.u32(2048) != 4 || w.time() != 1000 {
		t.Fatalf("%d, %d events, it is %d", e, g.u32(2048), w.time())
	}
	for i, want := range []struct {
		user  uint64
		errno Errno
	}{{2, Success}, {3, Success}, {4, badf}, {5, inval}} {
		b := g.memory[1024+eventSize*i:]
		if binary.LittleEndian.Uint64(b) != want.user || Errno(binary.LittleEndian.Uint16(b[8:])) != want.errno {
			t.Errorf("event %d: %x", i, b[:eventSize])
		}
	}
	g.subscribe(0, 1, 3, 0, 0, 0)
	for _, args := range [][4]uint64{{0, 1024, 0, 2048}, {0, 1024, 1, 2048}, {0, 1024, maxSubscriptions + 1, 2048}} {
		if e := g.ask(t, w, "poll_oneoff", args[0], args[1], args[2], args[3]); e != inval {
			t.Errorf("%v: %d", args, e)
		}
	}
	g.subscribe(0, 1, eventWrite, 1, 0, 0)
	for _, args := range [][4]uint64{{4090, 0, 1, 0}, {0, 4090, 1, 0}, {0, 1024, 1, 4093}} {
		if e := g.ask(t, w, "poll_oneoff", args[0], args[1], args[2], args[3]); e != fault {
			t.Errorf("%v: %d", args, e)
		}
	}
}

// TestNothingElse checks what there is not.
func TestNothingElse(t *testing.T) {
	g := newGuest()
	w, _ := begin(1)
	for _, f := range functions {
		var want Errno
		switch {
		case f.name == "fd_prestat_get", strings.HasPrefix(f.name, "fd_") && f.name != "fd_readdir":
			want = badf
		case strings.HasPrefix(f.name, "path_"), strings.HasPrefix(f.name, "sock_"), f.name == "fd_readdir":
			want = badf
		default:
			continue
		}
		args := make([]uint64, len(f.params))
		args[0] = 3
		if f.name == "path_symlink" {
			args[0], args[2] = 0, 3
		}
		if e := g.ask(t, w, f.name, args...); e != want {
			t.Errorf("%s of descriptor 3: %d, want %d", f.name, e, want)
		}
	}
	for _, name := range []string{"args", "environ"} {
		clear(g.memory)
		g.memory[0], g.memory[8] = 1, 1
		if e := g.ask(t, w, name+"_sizes_get", 0, 8); e != Success || g.u32(0) != 0 || g.u32(8) != 0 {
			t.Errorf("%s: %d", name, e)
		}
		if e := g.ask(t, w, name+"_get", 0, 8); e != Success {
			t.Errorf("%s: %d", name, e)
		}
	}
	if e := g.ask(t, w, "fd_read", 0, 0, 0, 64); e != Success || g.u32(64) != 0 {
		t.Errorf("fd_read: %d", e)
	}
	if e := g.ask(t, w, "fd_fdstat_get", 1, 64); e != Success || g.memory[64] != characterDevice || g.u64(72) != rightWrite {
		t.Errorf("fd_fdstat_get: %d, %x", e, g.memory[64:88])
	}
	if e := g.ask(t, w, "fd_seek", 1, 0, 0, 64); e != spipe {
		t.Errorf("fd_seek: %d", e)
	}
	if !bytes.Equal(g.memory[2048:], make([]byte, 2048)) {
		t.Error("something was written where nobody asked for it")
	}
}

// TestSignatures checks the parameters against those of wasi_snapshot_preview1, as witx lists them.
func TestSignatures(t *testing.T) {
	const preview1 = `args_get ii args_sizes_get ii clock_res_get ii clock_time_get iIi environ_get ii environ_sizes_get ii
fd_advise iIIi fd_allocate iII fd_close i fd_datasync i fd_fdstat_get ii fd_fdstat_set_flags ii fd_fdstat_set_rights iII
fd_filestat_get ii fd_filestat_set_size iI fd_filestat_set_times iIIi fd_pread iiiIi fd_prestat_dir_name iii
fd_prestat_get ii fd_pwrite iiiIi fd_read iiii fd_readdir iiiIi fd_renumber ii fd_seek iIii fd_sync i fd_tell ii
fd_write iiii path_create_directory iii path_filestat_get iiiii path_filestat_set_times iiiiIIi path_link iiiiiii
path_open iiiiiIIii path_readlink iiiiii path_remove_directory iii path_rename iiiiii path_symlink iiiii
path_unlink_file iii poll_oneoff iiii proc_raise i random_get ii sched_yield - sock_accept iii sock_recv iiiiii
sock_send iiiii sock_shutdown ii`
	want := map[string]string{}
	fields := strings.Fields(preview1)
	for i := 0; i < len(fields); i += 2 {
		want[fields[i]] = strings.Trim(fields[i+1], "-")
	}
	for _, f := range functions {
		if params, ok := want[f.name]; !ok || params != f.params {
			t.Errorf("%s has the parameters %s, want %s", f.name, f.params, params)
		}
		delete(want, f.name)
	}
	for name := range want {
		t.Errorf("%s is missing", name)
	}
}

// FuzzFunctions calls any function with anything. Nothing may panic, and the memory keeps its size.
func FuzzFunctions(f *testing.F) {
	f.Add([]byte{}, byte(8), uint64(0), uint64(1024), uint64(2), uint64(2048))
	for i := range functions {
		f.Add([]byte("\x01"), byte(i), uint64(1), uint64(64), uint64(1), uint64(128))
		f.Add(bytes.Repeat([]byte{0xff}, 64), byte(i), uint64(math.MaxUint64), uint64(4095), uint64(math.MaxUint32), uint64(4090))
	}
	f.Fuzz(func(t *testing.T, memory []byte, which byte, a, b, c, d uint64) {
		g := newGuest()
		copy(g.memory, memory)
		w, log := begin(1000)
		fn := functions[int(which)%len(functions)]
		args := []uint64{a, b, c, d, a, b, c, d, a}
		for range 2 {
			if e := fn.do(w, g, args); e > 76 {
				t.Errorf("%s answers %d", fn.name, e)
			}
		}
		w.End()
		printed := 0
		for _, line := range *log {
			printed += len(line) + 1
		}
		if int64(printed) > g.spent+2 {
			t.Errorf("%s prints %d bytes for %d fuel", fn.name, printed, g.spent)
		}
	})
}
