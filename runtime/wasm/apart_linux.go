package wasm

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The kernel's tables of pages have an entry for each 1 GiB on the architectures with pages of 4 KiB, and below it one for
// each 2 MiB. A walk steps over an empty one of the former at once; over the 31 of the latter in a memory of 64 MiB that
// uses the first, it takes as long as over all that is used.
const (
	tableReach = 1 << 30
	leafReach  = 2 << 20
)

// newSpaceApart returns a space whose bytes from low on begin at a multiple of tableReach, with nothing else behind them up
// to the next one: while they are not in use, a walk over the pages of the space costs what lies below. It takes
// addresses, not memory; where there are none to waste, it is a space as others.
func newSpaceApart(size, low int) (*space, error) {
	if size <= leafReach || low >= size || size-low > tableReach {
		return newSpace(size)
	}
	// Of low bytes below a boundary and everything up to the next one, whatever address the kernel chooses.
	want := uintptr(low) + 2*tableReach
	reserved, err := unix.MmapPtr(-1, 0, nil, want, unix.PROT_NONE, anonymous)
	if err != nil {
		return newSpace(size)
	}
	start := uintptr(reserved)
	boundary := (start + uintptr(low) + tableReach - 1) &^ (tableReach - 1)
	skip := boundary - uintptr(low) - start
	end := boundary + tableReach - start
	s := &space{addr: unsafe.Add(reserved, skip), reach: int(end - skip)}
	s.bytes = unsafe.Slice((*byte)(s.addr), size)
	for _, unused := range [][2]uintptr{{0, skip}, {end, want}} {
		if unused[0] < unused[1] {
			err = unix.MunmapPtr(unsafe.Add(reserved, unused[0]), unused[1]-unused[0])
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = unix.Mprotect(s.bytes, readWrite)
	}
	if err != nil {
		s.free()
		return newSpace(size)
	}
	return s, nil
}
