package state

import (
	"fmt"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/state/simdisk"
)

// TestCorruption lets every file of a store that was closed in order rot in every way. Afterwards the store may refuse to
// open or to answer; what it answers must be right.
func TestCorruption(t *testing.T) {
	clean := simdisk.New()
	if _, err := work(clean, 1); err != nil {
		t.Fatal(err)
	}
	// A second life, so that there are rows in tables and rows in the log.
	if _, err := work(clean, crashBatches+1); err != nil {
		t.Fatal(err)
	}
	const total = 2 * crashBatches
	if got := check(t, clean.Clone(), "untouched"); got != total {
		t.Fatalf("%d batches, want %d", got, total)
	}
	var refused, answered, unchanged int
	for _, path := range clean.Files() {
		if strings.HasSuffix(path, "/LOCK") {
			continue
		}
		for name, m := range mutations(t, clean, path) {
			disk := clean.Clone()
			changed, err := disk.Corrupt(path, m)
			if err != nil {
				t.Fatal(err)
			}
			if !changed {
				unchanged++
				continue
			}
			s, err := Open("db", &Options{FS: disk, MemTableSize: 64 << 10, CacheSize: 1 << 20})
			if err != nil {
				refused++
				continue
			}
			last, err := lastBatch(s)
			switch {
			case err == nil && last != total:
				t.Errorf("%s, %s: answers that there are %d batches, of %d", path, name, last, total)
			case err == nil:
				answered++
			case strings.HasPrefix(err.Error(), "state: "):
				refused++
			default:
				t.Errorf("%s, %s: wrong answer: %v", path, name, err)
			}
			_ = s.Close()
		}
	}
	t.Logf("%d refused, %d answered rightly, %d without effect", refused, answered, unchanged)
	if refused == 0 || answered == 0 {
		t.Error("the test does not test")
	}
}

func mutations(t *testing.T, disk *simdisk.Disk, path string) map[string]simdisk.Mutation {
	t.Helper()
	m := map[string]simdisk.Mutation{}
	for i := range 12 {
		m[fmt.Sprintf("flip at %d", i*90)] = simdisk.FlipBit(i*90, uint(i))
	}
	for _, n := range []int{0, 1, 500, 900, 990} {
		m[fmt.Sprintf("truncate to %d", n)] = simdisk.Truncate(n)
	}
	for _, size := range []int{16, 512, 4096} {
		for i := range 3 {
			m[fmt.Sprintf("swap blocks %d and %d of %d", i, i+1, size)] = simdisk.SwapBlocks(size, i, i+1)
		}
	}
	for _, other := range disk.Files() {
		content, err := disk.ReadFile(other)
		if err != nil {
			t.Fatal(err)
		}
		if other != path {
			m["misdirect from "+other] = simdisk.Misdirect(content, 512, 0)
		}
	}
	return m
}
