package wasm

import "bytes"

// A memory is the linear memory of one instance, at its greatest size from the start, so that its address and length
// never change. It belongs to one goroutine at a time.
type memory interface {
	// Bytes is all of it. It must not be used after Free.
	Bytes() []byte
	// Reset makes the content equal to the image that the memory was made from, or to zeros if there was none. After an
	// error the content is unknown.
	Reset() error
	// Free gives the memory back to the system.
	Free()
}

// An image is the content that the memories of a module start with. It is safe for concurrent use.
type image interface {
	// Memory returns a memory of this content, which must be freed before the image is.
	Memory() (memory, error)
	// Bytes is the content, without the zeros at its end. It must not be changed.
	Bytes() []byte
	Free()
}

// backing is how memories are made and reset. It is safe for concurrent use.
type backing interface {
	// Blank returns a memory of size bytes, all zero. Size is a multiple of 64 KiB and not 0.
	Blank(size int) (memory, error)
	// Image makes an image of what a memory that Blank returned holds now.
	Image(m memory) (image, error)
	// Free is called last, after all images and memories are freed.
	Free()
}

// stride is the unit in which memories are compared and copied where the system does not tell what has changed. It is the
// size of a page on most systems, and divides it on the others.
const stride = 4096

var zeros [stride]byte

// restore makes mem equal to want, whose length is a multiple of stride, and writes only where they differ.
func restore(mem, want []byte) {
	for i := 0; i < len(want); i += stride {
		if was := want[i : i+stride]; !bytes.Equal(mem[i:i+stride], was) {
			copy(mem[i:], was)
		}
	}
}

// wipe makes mem zero, whose length is a multiple of stride, and writes only where it is not.
func wipe(mem []byte) {
	for i := 0; i < len(mem); i += stride {
		if part := mem[i : i+stride]; !bytes.Equal(part, zeros[:]) {
			clear(part)
		}
	}
}

// used returns how long mem is without the zeros at its end, rounded up to a multiple of stride.
func used(mem []byte) int {
	n := len(mem)
	for n > 0 && bytes.Equal(mem[n-stride:n], zeros[:]) {
		n -= stride
	}
	return n
}
