package wasm

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pagemapScan is struct pm_scan_arg of linux/fs.h.
type pagemapScan struct {
	size             uint64
	flags            uint64
	start            uint64
	end              uint64
	walkEnd          uint64 // out: where the kernel stopped
	vec              uint64
	vecLen           uint64
	maxPages         uint64
	categoryInverted uint64
	categoryMask     uint64
	categoryAnyOf    uint64
	returnMask       uint64
}

// pageRegion is struct page_region of linux/fs.h: addresses of pages with the same categories.
type pageRegion struct {
	start, end uint64
	_          uint64 // categories
}

// The request number of PAGEMAP_SCAN, on the architectures that number requests as most do; on the others it is none,
// and findByPagemap serves. Then the categories of pages that matter here.
const (
	pagemapScanRequest = 0xc0606610

	pageIsWritten = 1 << 1 // it has no mark, see marks
	pageIsFile    = 1 << 2
	pageIsPresent = 1 << 3
	pageIsSwapped = 1 << 4
	pageIsZero    = 1 << 5 // the page of zeros that everybody shares
)

// findByScan asks for pages by the ioctl PAGEMAP_SCAN, which Linux has since 6.7. A page is the mapping's own if there is
// one and it is not the file's.
func findByScan(pagemap int, mem []byte, s *scratch) error {
	return scan(pagemap, mem, s, pagemapScan{
		categoryInverted: pageIsFile | pageIsZero, categoryMask: pageIsFile | pageIsZero,
		categoryAnyOf: pageIsPresent | pageIsSwapped, returnMask: pageIsFile,
	})
}

// findByMarks asks as findByScan does, in a memory whose part of the image is marked. A page is the mapping's own if there
// is one without a mark: above the image none has one.
func findByMarks(pagemap int, mem []byte, s *scratch) error {
	return scan(pagemap, mem, s, pagemapScan{
		categoryInverted: pageIsZero, categoryMask: pageIsZero | pageIsWritten,
		categoryAnyOf: pageIsPresent | pageIsSwapped, returnMask: pageIsWritten,
	})
}

// scan appends to s.own the pages of mem that a question of PAGEMAP_SCAN is answered with.
func scan(pagemap int, mem []byte, s *scratch, question pagemapScan) error {
	base := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(mem))))
	s.scan = question
	s.scan.size, s.scan.start, s.scan.end = uint64(unsafe.Sizeof(s.scan)), base, base+uint64(len(mem))
	s.scan.vec, s.scan.vecLen = uint64(uintptr(unsafe.Pointer(&s.regions))), uint64(len(s.regions))
	defer runtime.KeepAlive(s)
	for s.scan.start < s.scan.end {
		// Raw: it takes two microseconds and waits for nobody, and the scheduler need not be told.
		n, _, errno := unix.RawSyscall(unix.SYS_IOCTL, uintptr(pagemap), pagemapScanRequest, uintptr(unsafe.Pointer(&s.scan)))
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			return fmt.Errorf("wasm: asking for written pages by PAGEMAP_SCAN: %w", errno)
		}
		if int(n) > len(s.regions) || s.scan.walkEnd <= s.scan.start || s.scan.walkEnd > s.scan.end {
			return fmt.Errorf("wasm: asking for written pages by PAGEMAP_SCAN: the answer makes no sense")
		}
		for _, r := range s.regions[:n] {
			if r.start < s.scan.start || r.end > s.scan.walkEnd || r.start >= r.end {
				return fmt.Errorf("wasm: asking for written pages by PAGEMAP_SCAN: the answer makes no sense")
			}
			s.own = append(s.own, span{int(r.start - base), int(r.end - base)})
		}
		s.scan.start = s.scan.walkEnd
	}
	return nil
}

// Bits of an entry of /proc/self/pagemap.
const (
	entryFile    = 1 << 61
	entrySwapped = 1 << 62
	entryPresent = 1 << 63
)

// findByPagemap reads the entries of /proc/self/pagemap, one for each page. It cannot tell the shared page of zeros, so
// that pages above the image that were only read are among those that it finds.
func findByPagemap(pagemap int, mem []byte, s *scratch) error {
	if s.entries == nil {
		s.entries = make([]uint64, 8192)
	}
	page := os.Getpagesize()
	first := int64(uintptr(unsafe.Pointer(unsafe.SliceData(mem)))) / int64(page)
	total, run := len(mem)/page, -1
	for i := 0; i < total; {
		entries := s.entries[:min(len(s.entries), total-i)]
		raw := unsafe.Slice((*byte)(unsafe.Pointer(&entries[0])), len(entries)*8)
		n, err := unix.Pread(pagemap, raw, (first+int64(i))*8)
		if err == unix.EINTR {
			continue
		}
		if err == nil && n != len(raw) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("wasm: reading /proc/self/pagemap: %w", err)
		}
		for _, e := range entries {
			own := e&(entryPresent|entrySwapped) != 0 && e&entryFile == 0
			if own && run < 0 {
				run = i
			}
			if !own && run >= 0 {
				s.own = append(s.own, span{run * page, i * page})
				run = -1
			}
			i++
		}
	}
	if run >= 0 {
		s.own = append(s.own, span{run * page, total * page})
	}
	return nil
}
