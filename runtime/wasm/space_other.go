//go:build !linux && !darwin

package wasm

// space is the memory of an instance, from the heap.
type space struct{ bytes []byte }

func newSpace(size int) (*space, error) { return &space{make([]byte, size)}, nil }

// wipe makes everything from an offset on zero.
func (s *space) wipe(from int) error {
	wipe(s.bytes[from:])
	return nil
}

func (s *space) free() { s.bytes = nil }

func roundUp(n int) int { return (n + stride - 1) / stride * stride }
