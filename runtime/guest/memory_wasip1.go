package guest

import "unsafe"

// The memory of a module is thrown away after each call, and a host pays for every page of it that a call has written.
// So what a call reads and answers stands in one place, one part behind the other, and nothing is ever freed.

const (
	chunk = 16 << 10 // of what is read; a usual call needs one
	least = 512      // when less of a chunk is left, another is begun: most values fit at once, without a second call of the host
)

var (
	first [chunk]byte
	free  = first[:] // the rest of the current chunk
)

// room returns the free part of the current chunk. Nobody has it before reserve.
func room() []byte {
	if len(free) < least {
		free = make([]byte, chunk)
	}
	return free
}

// reserve takes n bytes off the front of what room has returned.
func reserve(n int) []byte {
	b := free[:n:n]
	free = free[n:]
	return b
}

// result returns what a host call has found: the n bytes that it has written to room, or those that it keeps because
// they do not fit.
func result(n int32) []byte {
	if int(n) <= len(free) {
		return reserve(int(n))
	}
	b := make([]byte, n)
	take(bytesAt(b))
	return b
}

// alloc is where the host puts the input of a call.
//
//go:wasmexport troupe_alloc
func alloc(size uint32) unsafe.Pointer {
	if int(size) <= len(room())/2 {
		input = reserve(int(size))
	} else {
		input = make([]byte, size)
	}
	return unsafe.Pointer(unsafe.SliceData(input))
}

var (
	input  []byte
	output []byte // kept here because the host reads it after the call
)
