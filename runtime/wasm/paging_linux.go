package wasm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// paging is the backing for Linux. An image is a file in memory, and a memory is a private mapping of it with anonymous
// memory above. The kernel copies a page when it is written to first and knows which it has copied: these are copied back
// from the image, and those above it cleared, and stay resident. So the next call that writes to the same pages has no
// faults, and no other processor is interrupted, as it would be if they were given back.
type paging struct {
	pagemap int // descriptor of /proc/self/pagemap
	find    finder
	marks   *marks    // nil: pages have none
	rooms   sync.Pool // of *scratch
}

// A finder lists, in s.own, the pages of a mapping that are its own.
type finder func(pagemap int, mem []byte, s *scratch) error

// scratch is what a finder works in: the kernel writes into it, so that it must not move.
type scratch struct {
	own     []span
	stale   []span
	scan    pagemapScan
	regions [64]pageRegion
	entries []uint64
}

// span is a range of bytes of a memory, in whole pages.
type span struct{ from, to int }

// appendTo appends the span to a list, or makes the last one of the list longer by it.
func (s span) appendTo(list []span) []span {
	if last := len(list) - 1; last >= 0 && list[last].to == s.from {
		list[last].to = s.to
		return list
	}
	return append(list, s)
}

// newPaging finds out which way of asking for pages works here. Those that do not tell the truth, as emulations of Linux
// may, count as not working.
func newPaging() (backing, error) {
	fd, err := unix.Open("/proc/self/pagemap", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("wasm: which pages were written to cannot be asked for: %w", err)
	}
	marks, failed := newMarks()
	if failed == nil {
		p := &paging{pagemap: fd, find: findByMarks, marks: marks}
		if failed = p.probe(); failed == nil {
			return p, nil
		}
		marks.free()
	}
	for _, find := range []finder{findByScan, findByPagemap} {
		p := &paging{pagemap: fd, find: find}
		if err := p.probe(); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		return p, nil
	}
	unix.Close(fd)
	return nil, fmt.Errorf("wasm: which pages were written to cannot be asked for: %w", failed)
}

// probe tries a small image out: what is only read must not be found, and what is written must be.
func (p *paging) probe() error {
	page := os.Getpagesize()
	size := 16 * page
	blank, err := p.Blank(size)
	if err != nil {
		return err
	}
	defer blank.Free()
	for i := range 8 {
		blank.Bytes()[i*page] = byte(i + 1)
	}
	img, err := p.Image(blank)
	if err != nil {
		return err
	}
	defer img.Free()
	m, err := img.Memory()
	if err != nil {
		return err
	}
	defer m.Free()
	b := m.Bytes()
	var sum byte
	for i := range 8 {
		sum += b[i*page] // read all of the image
	}
	b[2*page], b[3*page+1], b[9*page] = 1, 1, 1
	s := p.room()
	if err := m.(*pageMemory).own(s); err != nil {
		return err
	}
	own := 0
	for _, s := range s.own {
		own += (s.to - s.from) / page
	}
	p.rooms.Put(s)
	if sum != 36 || own != 3 {
		return fmt.Errorf("three pages of a test were written to, and the system reports %d", own)
	}
	if err := m.Reset(); err != nil {
		return err
	}
	if b[2*page] != 3 || b[3*page+1] != 0 || b[9*page] != 0 {
		return errors.New("the pages of a test were not restored")
	}
	return nil
}

func (p *paging) Free() {
	unix.Close(p.pagemap)
	if p.marks != nil {
		p.marks.free()
	}
}

func (p *paging) Blank(size int) (memory, error) { return p.memory(size, nil) }

// nearBytes is how much memory above its image a guest is expected to use: looking through it takes a fifth of the time
// that what lies above it adds, once that is in use.
const nearBytes = 256 << 10

func (p *paging) memory(size int, img *pageImage) (*pageMemory, error) {
	low := nearBytes
	if img != nil {
		low += len(img.content)
	}
	s, err := newSpaceApart(size, low)
	if err != nil {
		return nil, err
	}
	m := &pageMemory{space: s, paging: p, image: img}
	if img != nil && len(img.content) > 0 {
		_, err := unix.MmapPtr(img.fd, 0, s.addr, uintptr(len(img.content)), readWrite,
			unix.MAP_PRIVATE|unix.MAP_FIXED|unix.MAP_NORESERVE)
		if err != nil {
			s.free()
			return nil, fmt.Errorf("wasm: mapping the image of a module: %w", err)
		}
		if p.marks != nil {
			if err := p.marks.watch(s.bytes[:len(img.content)]); err != nil {
				s.free()
				return nil, err
			}
		}
	}
	// A huge page would be cleared and copied as a whole for one byte that is written to. Kernels that have none refuse.
	_ = unix.Madvise(s.bytes, unix.MADV_NOHUGEPAGE)
	return m, nil
}

func (p *paging) Image(m memory) (image, error) {
	b, end := m.Bytes(), 0
	s := p.room()
	defer p.rooms.Put(s)
	if err := m.(*pageMemory).own(s); err != nil {
		return nil, err
	}
	for _, own := range s.own {
		if n := used(b[own.from:own.to]); n > 0 {
			end = roundUp(own.from + n)
		}
	}
	img := &pageImage{paging: p, size: len(b), fd: -1}
	if end == 0 {
		return img, nil
	}
	fd, err := unix.MemfdCreate("troupe-wasm-image", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("wasm: making the image of a module: %w", err)
	}
	img.fd = fd
	if err := img.fill(b[:end], s.own); err != nil {
		img.Free()
		return nil, fmt.Errorf("wasm: making the image of a module: %w", err)
	}
	return img, nil
}

// pageImage is a sealed file in memory.
type pageImage struct {
	paging  *paging
	fd      int // -1 if there is no content
	size    int // of memories
	addr    unsafe.Pointer
	content []byte // mapped, for reading
}

// fill writes the pages of b that are in use and maps the file for reading. Pages of zeros stay holes.
func (i *pageImage) fill(b []byte, own []span) error {
	if err := unix.Ftruncate(i.fd, int64(len(b))); err != nil {
		return err
	}
	page := os.Getpagesize()
	for _, s := range own {
		for from := s.from; from < min(s.to, len(b)); from += page {
			if used(b[from:from+page]) == 0 {
				continue
			}
			if n, err := unix.Pwrite(i.fd, b[from:from+page], int64(from)); err != nil {
				return err
			} else if n < page {
				return io.ErrShortWrite
			}
		}
	}
	// From here on nobody changes the content, not by mistake either.
	if _, err := unix.FcntlInt(uintptr(i.fd), unix.F_ADD_SEALS,
		unix.F_SEAL_SEAL|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_WRITE); err != nil {
		return err
	}
	addr, err := unix.MmapPtr(i.fd, 0, nil, uintptr(len(b)), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return err
	}
	i.addr, i.content = addr, unsafe.Slice((*byte)(addr), len(b))
	return nil
}

func (i *pageImage) Memory() (memory, error) { return i.paging.memory(i.size, i) }
func (i *pageImage) Bytes() []byte           { return i.content }

func (i *pageImage) Free() {
	if i.addr != nil {
		if err := unix.MunmapPtr(i.addr, uintptr(len(i.content))); err != nil {
			panic(fmt.Sprintf("wasm: munmap: %v", err))
		}
		i.addr, i.content = nil, nil
	}
	if i.fd >= 0 {
		unix.Close(i.fd)
		i.fd = -1
	}
}

// pageMemory is a private mapping of an image, or anonymous memory if there is none.
type pageMemory struct {
	space  *space
	paging *paging
	image  *pageImage // nil: zeros
}

// A memory keeps up to settledBytes resident of its own between two calls, whatever they are, and never more than
// keepBytes.
const (
	settledBytes = 64 << 10
	keepBytes    = 2 << 20
)

func (m *pageMemory) Bytes() []byte { return m.space.bytes }
func (m *pageMemory) Free()         { m.space.free() }

// own lists the pages that differ from the image, or from zeros above it, and maybe some that do not, in ascending order,
// in s.own.
func (m *pageMemory) own(s *scratch) error {
	s.own = s.own[:0]
	return m.paging.find(m.paging.pagemap, m.space.bytes, s)
}

// room returns what own works in, to be put back into rooms.
func (p *paging) room() *scratch {
	if s, ok := p.rooms.Get().(*scratch); ok {
		return s
	}
	return new(scratch)
}

func (m *pageMemory) Reset() error {
	s := m.paging.room()
	defer m.paging.rooms.Put(s)
	if err := m.own(s); err != nil {
		return err
	}
	total := 0
	for _, own := range s.own {
		total += own.to - own.from
	}
	if total <= settledBytes {
		for _, own := range s.own {
			m.restore(own)
		}
		return nil
	}
	return m.settle(s, total)
}

// restore makes pages equal to the image.
func (m *pageMemory) restore(pages span) {
	mem := m.space.bytes[pages.from:pages.to]
	if m.image != nil && pages.from < len(m.image.content) {
		mem = mem[copy(mem, m.image.content[pages.from:]):]
	}
	wipe(mem)
}

// settle makes the pages in s.own equal to the image, which are many, and gives back those that cost more than they are
// worth: what is above keepBytes, and those that an earlier call has written to and this one has not, if they are most
// of all. A call that writes to many pages would make all that come after it slow otherwise.
func (m *pageMemory) settle(s *scratch, total int) error {
	page, room, stale := os.Getpagesize(), keepBytes, 0
	s.stale = s.stale[:0]
	for _, own := range s.own {
		kept := span{own.from, min(own.to, own.from+room)}
		room -= kept.to - kept.from
		if err := m.giveBack(span{kept.to, own.to}); err != nil {
			return err
		}
		for ; kept.from < kept.to; kept.from += page {
			if one := (span{kept.from, kept.from + page}); m.isRestored(one) {
				stale += page
				s.stale = one.appendTo(s.stale)
			} else {
				m.restore(one)
			}
		}
	}
	if stale <= total/2 {
		return nil
	}
	for _, pages := range s.stale {
		if err := m.giveBack(pages); err != nil {
			return err
		}
	}
	return nil
}

// isRestored reports whether pages are equal to the image.
func (m *pageMemory) isRestored(pages span) bool {
	mem := m.space.bytes[pages.from:pages.to]
	if m.image != nil && pages.from < len(m.image.content) {
		want := m.image.content[pages.from:min(pages.to, len(m.image.content))]
		if !bytes.Equal(mem[:len(want)], want) {
			return false
		}
		mem = mem[len(want):]
	}
	return used(mem) == 0
}

// giveBack gives pages back to the system: then they are those of the image again, or zero above it.
func (m *pageMemory) giveBack(pages span) error {
	if pages.from == pages.to {
		return nil
	}
	if err := unix.Madvise(m.space.bytes[pages.from:pages.to], unix.MADV_DONTNEED); err != nil {
		return fmt.Errorf("wasm: giving back memory of an instance: %w", err)
	}
	if m.paging.marks == nil || m.image == nil || pages.from >= len(m.image.content) {
		return nil
	}
	return m.paging.marks.mark(m.space.bytes[pages.from:min(pages.to, len(m.image.content))])
}
