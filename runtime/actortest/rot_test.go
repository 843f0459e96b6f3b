package actortest_test

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/state/simdisk"
)

// rot are the ways in which a file can change behind the host's back.
func rot(other []byte) map[string]simdisk.Mutation {
	m := map[string]simdisk.Mutation{
		"swap blocks": simdisk.SwapBlocks(512, 0, 1),
		"misdirect":   simdisk.Misdirect(other, 512, 0),
		"empty":       simdisk.Truncate(0),
	}
	for _, at := range []int{0, 123, 500, 871, 1000} {
		m[fmt.Sprintf("flip at %d", at)] = simdisk.FlipBit(at, uint(at))
	}
	for _, keep := range []int{300, 700, 999} {
		m[fmt.Sprintf("truncate to %d", keep)] = simdisk.Truncate(keep)
	}
	return m
}

// TestRot changes every file of a world that was closed in order, in several ways. The world must refuse to be opened or
// read, or it must be right; it must never answer wrongly.
func TestRot(t *testing.T) {
	disk := simdisk.New()
	l := newLedger()
	if err := l.runOn(disk, 1); err != nil {
		t.Fatal(err)
	}
	want, err := dump(disk.Clone())
	if err != nil {
		t.Fatal(err)
	}
	files := disk.Files()
	refused, right := 0, 0
	for i, file := range files {
		other, err := disk.ReadFile(files[(i+1)%len(files)])
		if err != nil {
			t.Fatal(err)
		}
		ways := rot(other)
		for j, way := range slices.Sorted(maps.Keys(ways)) {
			if (i+j)%stride(1) != 0 {
				continue
			}
			rotten := disk.Clone()
			if changed, err := rotten.Corrupt(file, ways[way]); err != nil {
				t.Fatal(err)
			} else if !changed {
				continue
			}
			have, err := dump(rotten)
			switch {
			case err != nil:
				refused++
			case have == want:
				right++
			default:
				t.Errorf("%s, %s: the world was opened and answers wrongly", path.Base(file), way)
			}
		}
	}
	t.Logf("%d files, refused %d times, right %d times", len(files), refused, right)
}

// dump opens a world and returns all that it says.
func dump(disk *simdisk.Disk) (text string, err error) {
	w, err := open(disk)
	if err != nil {
		return "", err
	}
	defer w.Close()
	head, err := w.Head()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintln(&b, head)
	all, err := rows(w)
	if err != nil {
		return "", err
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%q=%q\n", key, all[key])
	}
	err = w.Use(func(h *runtime.Host) error {
		for seq := uint64(1); seq <= head.Sequence; seq++ {
			cmd, err := h.Reader().Command(seq)
			if err != nil {
				return err
			}
			r, err := h.Reader().Receipt(seq)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%x %x\n", cmd.Append(nil), r.Append(nil))
		}
		_, err := h.Verify(context.Background())
		return err
	})
	return b.String(), err
}
