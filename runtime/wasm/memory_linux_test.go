package wasm

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// systemBackings returns the backings that only Linux has.
func systemBackings(t testing.TB) map[string]backing {
	b, err := newPaging()
	if err != nil {
		t.Logf("pages cannot be asked for here: %v", err)
		return nil
	}
	all := map[string]backing{}
	for name, find := range map[string]finder{"marks": findByMarks, "scan": findByScan, "pagemap": findByPagemap} {
		fd, err := unix.Dup(b.(*paging).pagemap)
		if err != nil {
			t.Fatal(err)
		}
		p := &paging{pagemap: fd, find: find}
		if name == "marks" {
			if p.marks, err = newMarks(); err != nil {
				t.Logf("%s do not work here: %v", name, err)
				p.Free()
				continue
			}
		}
		if err := p.probe(); err != nil {
			if errors.Is(err, unix.ENOTTY) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSYS) {
				t.Logf("%s does not work here: %v", name, err)
			} else {
				t.Errorf("%s: %v", name, err)
			}
			p.Free()
			continue
		}
		all[name] = p
	}
	b.Free()
	return all
}

// ownBytes returns how much of a memory is not shared with its image.
func ownBytes(t *testing.T, m memory) (n int) {
	t.Helper()
	if p, ok := m.(*pageMemory); ok {
		var s scratch
		if err := p.own(&s); err != nil {
			t.Fatal(err)
		}
		for _, own := range s.own {
			n += own.to - own.from
		}
	}
	return n
}

// TestProbeRefusesLies has finders that are wrong, as those of an emulation of Linux may be.
func TestProbeRefusesLies(t *testing.T) {
	needPaging(t)
	b, err := newPaging()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Free()
	for name, find := range map[string]finder{
		"nothing":    func(int, []byte, *scratch) error { return nil },
		"everything": func(_ int, mem []byte, s *scratch) error { s.own = append(s.own, span{0, len(mem)}); return nil },
		"not all": func(pagemap int, mem []byte, s *scratch) error {
			err := findByPagemap(pagemap, mem, s)
			s.own = s.own[:len(s.own)-1]
			return err
		},
	} {
		if err := (&paging{pagemap: b.(*paging).pagemap, find: find}).probe(); err == nil {
			t.Errorf("a finder that finds %s is believed", name)
		}
	}
}

// TestPagesAreRestored has a call that writes to more places than the kernel lists at once, on both sides of the end of
// the image, and of the numbers of pages that are read at once.
func TestPagesAreRestored(t *testing.T) {
	needPaging(t)
	const page, size, end = 4096, 40 << 20, 33 << 20
	for name, b := range systemBackings(t) {
		t.Run(name, func(t *testing.T) {
			defer b.Free()
			blank, err := b.Blank(size)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < end; i += 3 * page {
				blank.Bytes()[i+5] = 7
			}
			blank.Bytes()[end-1] = 7
			want := bytes.Clone(blank.Bytes())
			img, err := b.Image(blank)
			if err != nil {
				t.Fatal(err)
			}
			defer img.Free()
			blank.Free()
			m, err := img.Memory()
			if err != nil {
				t.Fatal(err)
			}
			defer m.Free()
			for _, call := range []struct{ from, to, step int }{
				{0, size, 200 * page}, {8191 * page, 8193 * page, page}, {8192 * page, 8193 * page, page},
				{end - page, end + page, page}, {size - page, size, page}, {0, 200 * page, 2 * page}, {0, size, 2 * page},
			} {
				for i := call.from; i < call.to; i += call.step {
					m.Bytes()[i+9]++
				}
				if err := m.Reset(); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(m.Bytes(), want) {
					t.Fatalf("after a call that wrote to pages %d, %d and so on, memory is not that of the image",
						call.from/page, (call.from+call.step)/page)
				}
			}
		})
	}
}

// TestMarks has pages of an image that are only read: they are nobody's own, also after they were given back.
func TestMarks(t *testing.T) {
	needPaging(t)
	marks, err := newMarks()
	if err != nil {
		t.Skip(err)
	}
	marks.free()
	all := systemBackings(t)
	for _, b := range all {
		defer b.Free()
	}
	b := all["marks"]
	if b == nil {
		t.Fatal("the kernel has marks, and they are not used")
	}
	blank, err := b.Blank(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	for i := range blank.Bytes() {
		blank.Bytes()[i] = byte(i) | 1
	}
	img, err := b.Image(blank)
	if err != nil {
		t.Fatal(err)
	}
	defer img.Free()
	blank.Free()
	m, err := img.Memory()
	if err != nil {
		t.Fatal(err)
	}
	defer m.Free()
	for range 2 {
		if !bytes.Equal(m.Bytes(), img.Bytes()) {
			t.Error("memory is not that of the image")
		}
		if n := ownBytes(t, m); n > 0 {
			t.Errorf("%d bytes were read, and count as written", n)
		}
		m.Bytes()[5000]++
		if n := ownBytes(t, m); n != 4096 {
			t.Errorf("one byte was written to, and %d count as written", n)
		}
		if err := m.(*pageMemory).giveBack(span{0, 1 << 20}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMemoryGivesBack has a call that writes to much more than a memory keeps.
func TestMemoryGivesBack(t *testing.T) {
	for name, b := range systemBackings(t) {
		t.Run(name, func(t *testing.T) {
			defer b.Free()
			blank, err := b.Blank(64 << 20)
			if err != nil {
				t.Fatal(err)
			}
			copy(blank.Bytes()[3<<20:], "the end of the image")
			img, err := b.Image(blank)
			if err != nil {
				t.Fatal(err)
			}
			blank.Free()
			m, err := img.Memory()
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < 64<<20; i += 4096 * (1 + i>>12%2) { // runs of pages, and pages alone
				m.Bytes()[i+7]++
			}
			if err := m.Reset(); err != nil {
				t.Fatal(err)
			}
			if kept := ownBytes(t, m); kept > keepBytes {
				t.Errorf("%d bytes are still resident, more than %d", kept, keepBytes)
			}
			if got := string(m.Bytes()[3<<20 : 3<<20+20]); got != "the end of the image" || used(m.Bytes()[4<<20:]) != 0 {
				t.Errorf("memory is not that of the image: %q", got)
			}
			m.Free()
			img.Free()
		})
	}
}

// TestMemorySettles has one call write to many pages, and others to few and to as many.
func TestMemorySettles(t *testing.T) {
	for name, b := range systemBackings(t) {
		t.Run(name, func(t *testing.T) {
			defer b.Free()
			blank, err := b.Blank(4 << 20)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < 2<<20; i += 100 {
				blank.Bytes()[i] = 7
			}
			img, err := b.Image(blank)
			if err != nil {
				t.Fatal(err)
			}
			blank.Free()
			m, err := img.Memory()
			if err != nil {
				t.Fatal(err)
			}
			const page = 4096
			for i, call := range []struct{ pages, kept int }{
				{4, 4}, {1, 4}, {300, 300}, {300, 300}, {200, 300}, {100, 100}, {100, 100}, {3, 3}, {20, 20}, {1, 1}, {15, 15}, {1, 15},
			} {
				for i := range call.pages {
					m.Bytes()[i*page+9]++
				}
				if err := m.Reset(); err != nil {
					t.Fatal(err)
				}
				if got := ownBytes(t, m) / page; got != call.kept {
					t.Errorf("call %d, to %d pages: %d are kept, want %d", i, call.pages, got, call.kept)
				}
				if !bytes.Equal(m.Bytes()[:len(img.Bytes())], img.Bytes()) { // to read above it would leave pages of zeros there
					t.Fatalf("call %d: memory is not that of the image", i)
				}
			}
			m.Free()
			img.Free()
		})
	}
}

// TestSpaceApart has spaces of every shape: all that is theirs can be written to, and the rest is given back.
func TestSpaceApart(t *testing.T) {
	before := addresses(t)
	for _, shape := range []struct{ size, low int }{
		{64 << 10, 0}, {leafReach, 1 << 20}, {64 << 20, 1 << 20}, {64 << 20, 4096}, {64 << 20, 63 << 20}, {8 << 20, 8 << 20}, {8 << 20, 9 << 20},
		{1<<30 + 1<<20, 1 << 20}, {1<<30 + 2<<20, 1 << 20},
	} {
		s, err := newSpaceApart(shape.size, shape.low)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.bytes) != shape.size {
			t.Errorf("%+v: a space of %d bytes", shape, len(s.bytes))
		}
		s.bytes[0], s.bytes[shape.size-1] = 1, 1
		if s.reach > shape.size {
			if at := uintptr(unsafe.Pointer(&s.bytes[shape.low])); at%tableReach != 0 {
				t.Errorf("%+v: what is not near begins at %#x", shape, at)
			}
		} else if shape.size == 64<<20 {
			t.Errorf("%+v: not apart", shape)
		}
		s.free()
	}
	if after := addresses(t); after > before+tableReach/2 {
		t.Errorf("the process has %d MiB more of addresses than before", (after-before)>>20)
	}
}

// addresses returns how many bytes of addresses the process has.
func addresses(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	var pages int
	if _, err := fmt.Sscan(string(text), &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// BenchmarkFind asks for the written pages of a memory of 64 MiB, of which 300 pages were read, and one was written to.
func BenchmarkFind(b *testing.B) {
	const page, size, read = 4096, 64 << 20, 300 * 4096
	for name, backing := range systemBackings(b) {
		b.Run(name, func(b *testing.B) {
			defer backing.Free()
			blank, err := backing.Blank(size)
			if err != nil {
				b.Fatal(err)
			}
			for i := 0; i < read; i += page {
				blank.Bytes()[i] = 1
			}
			img, err := backing.Image(blank)
			if err != nil {
				b.Fatal(err)
			}
			defer img.Free()
			blank.Free()
			m, err := img.Memory()
			if err != nil {
				b.Fatal(err)
			}
			defer m.Free()
			if !bytes.Equal(m.Bytes()[:read], img.Bytes()) {
				b.Fatal("memory is not that of the image")
			}
			m.Bytes()[5]++
			var s scratch
			for b.Loop() {
				if err := m.(*pageMemory).own(&s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
