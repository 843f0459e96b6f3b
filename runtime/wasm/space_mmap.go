//go:build linux || darwin

package wasm

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// space is a range of addresses that takes up no memory before it is written to.
type space struct {
	addr  unsafe.Pointer
	bytes []byte
	reach int // how many bytes of addresses from addr on are the space's: at least as many as it has
}

const (
	readWrite = unix.PROT_READ | unix.PROT_WRITE
	anonymous = unix.MAP_PRIVATE | unix.MAP_ANON | unix.MAP_NORESERVE
)

func newSpace(size int) (*space, error) {
	addr, err := unix.MmapPtr(-1, 0, nil, uintptr(size), readWrite, anonymous)
	if err != nil {
		return nil, fmt.Errorf("wasm: reserving %d bytes of address space for the memory of an instance: %w", size, err)
	}
	return &space{addr, unsafe.Slice((*byte)(addr), size), size}, nil
}

// wipe makes everything from an offset on zero, which is a multiple of the size of a page.
func (s *space) wipe(from int) error {
	if from == len(s.bytes) {
		return nil
	}
	_, err := unix.MmapPtr(-1, 0, unsafe.Add(s.addr, from), uintptr(len(s.bytes)-from), readWrite, anonymous|unix.MAP_FIXED)
	if err != nil {
		return fmt.Errorf("wasm: clearing the memory of an instance: %w", err)
	}
	return nil
}

// free gives the addresses back. It cannot fail for a range that newSpace returned.
func (s *space) free() {
	if err := unix.MunmapPtr(s.addr, uintptr(s.reach)); err != nil {
		panic(fmt.Sprintf("wasm: munmap: %v", err))
	}
	s.addr, s.bytes = nil, nil
}

// roundUp rounds a length up to a multiple of the size of a page.
func roundUp(n int) int {
	page := os.Getpagesize()
	return (n + page - 1) / page * page
}
