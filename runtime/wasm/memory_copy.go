package wasm

import "slices"

// copying is the backing for every system: a memory is compared with its image, and copied where it differs. What lies
// above the image is replaced as a whole where the system can do that, and compared with zeros elsewhere.
type copying struct{}

func (copying) Blank(size int) (memory, error) { return newCopyMemory(size, nil) }

func (copying) Image(m memory) (image, error) {
	b := m.Bytes()
	return &copyImage{size: len(b), content: slices.Clone(b[:roundUp(used(b))])}, nil
}

func (copying) Free() {}

type copyImage struct {
	size    int // of memories
	content []byte
}

func (i *copyImage) Memory() (memory, error) { return newCopyMemory(i.size, i.content) }
func (i *copyImage) Bytes() []byte           { return i.content }
func (i *copyImage) Free()                   {}

type copyMemory struct {
	space   *space
	content []byte // of the image
}

func newCopyMemory(size int, content []byte) (memory, error) {
	s, err := newSpace(size)
	if err != nil {
		return nil, err
	}
	copy(s.bytes, content)
	return &copyMemory{s, content}, nil
}

func (m *copyMemory) Bytes() []byte { return m.space.bytes }
func (m *copyMemory) Free()         { m.space.free() }

func (m *copyMemory) Reset() error {
	restore(m.space.bytes, m.content)
	return m.space.wipe(len(m.content))
}
