package troupe

import (
	"os"
	goruntime "runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/wasm"
)

// held is what a process holds of the system.
type held struct {
	goroutines, files int
	programs          int    // mappings that are executable or images of modules
	mappings          int    // of any kind
	addresses         uint64 // in bytes
	heap              uint64 // in bytes, after a collection
}

// What may be more than before: the Go runtime reserves addresses and keeps tables as it likes. One instance takes 64 MiB
// of addresses at least, and 1 GiB where they are kept apart.
const (
	moreMappings  = 16
	moreAddresses = 256 << 20
	moreHeap      = 8 << 20
)

func (h held) exceeds(before held) bool {
	return h.goroutines > before.goroutines || h.files > before.files || h.programs > before.programs ||
		h.mappings > before.mappings+moreMappings || h.addresses > before.addresses+moreAddresses || h.heap > before.heap+moreHeap
}

func holds(t *testing.T) (h held) {
	t.Helper()
	goruntime.GC()
	goruntime.GC() // what the first one finalized
	debug.FreeOSMemory()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	h.goroutines, h.files = goruntime.NumGoroutine(), len(files)
	for line := range strings.Lines(string(maps)) {
		h.mappings++
		area, rest, _ := strings.Cut(line, " ")
		from, to, _ := strings.Cut(area, "-")
		h.addresses += address(t, to) - address(t, from)
		if strings.Contains(rest, "troupe-wasm-image") || len(rest) > 3 && rest[2] == 'x' {
			h.programs++
		}
	}
	var stats goruntime.MemStats
	goruntime.ReadMemStats(&stats)
	h.heap = stats.HeapAlloc
	return h
}

func address(t *testing.T, hex string) (v uint64) {
	t.Helper()
	for _, digit := range []byte(hex) {
		n := strings.IndexByte("0123456789abcdef", digit)
		if n < 0 {
			t.Fatalf("%q is no address", hex)
		}
		v = v<<4 | uint64(n)
	}
	return v
}

// TestHostileLeavesNothing runs everything that is hostile, in engines of its own that are closed then, and looks at what
// the process holds. The first round is for what is made once and kept.
func TestHostileLeavesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the hostile tests twice")
	}
	if raceEnabled {
		t.Skip("the race detector maps memory of its own as it goes, and keeps it")
	}
	shared := engine
	t.Cleanup(func() { engine = shared })
	suite := func(t *testing.T) {
		engine = sync.OnceValue(func() *wasm.Engine { return must(wasm.NewEngine(wasm.Options{})) })
		for name, test := range map[string]func(*testing.T){
			"allocator": TestHostileAllocator, "odd allocator": TestOddAllocator, "output": TestHostileOutput,
			"pointers": TestHostilePointers, "empty ranges": TestEmptyRanges, "iterators": TestHostileIterators,
			"open iterators": TestOpenIterators, "code": TestHostileCode, "install": TestHostileInstall,
			"events": TestManyEvents, "fault": TestFault,
		} {
			t.Run(name, test)
		}
		if s := engine().Stats(); s.Calls < 500 {
			t.Errorf("only %d calls were made", s.Calls)
		}
		if err := engine().Close(); err != nil {
			t.Error(err)
		}
	}
	t.Run("first", suite)
	before := holds(t)
	t.Run("second", suite)
	after := holds(t)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); after = holds(t) {
		if !after.exceeds(before) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("held before: %+v\nand after:   %+v", before, after)
}
