package vm

import "encoding/binary"

// A region is what a contract points at when it hands over bytes, or room for bytes: three numbers in its memory (2.1).
type region struct{ offset, capacity, length uint32 }

const regionSize = 12

// region returns the region that lies at ptr.
func (r *run) region(ptr uint32) (region, *Error) {
	b, err := r.guest.Read(ptr, regionSize)
	if err != nil {
		return region{}, badPointer(ptr)
	}
	g := region{binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])}
	switch {
	case g.offset == 0:
		return g, badRegion("Got a zero Wasm address in the offset")
	case g.length > g.capacity:
		return g, badRegion("Region length exceeds capacity. Length %d, capacity %d", g.length, g.capacity)
	case g.capacity > ^uint32(0)-g.offset:
		return g, badRegion("Region exceeds address space. Offset %d, capacity %d", g.offset, g.capacity)
	}
	return g, nil
}

func badPointer(ptr uint32) *Error {
	return communication("The Wasm memory address %d provided by the contract could not be dereferenced: "+
		"Could not dereference this pointer to a Region", ptr)
}

// access is the error of a region that lies outside of the memory.
func (r *run) access(g region) *Error {
	return communication("Tried to access memory of region Region { offset: %d, capacity: %d, length: %d } in Wasm memory "+
		"of size %d bytes. This typically happens when the given Region pointer does not point to a proper Region struct.",
		g.offset, g.capacity, g.length, r.guest.MemorySize())
}

// read returns the bytes of the region at ptr, at most limit. It pays for all of them, before it looks at the limit. They
// are a part of the guest's memory.
func (r *run) read(ptr uint64, limit int) ([]byte, *Error) {
	g, err := r.region(uint32(ptr))
	if err != nil {
		return nil, err
	}
	if err := r.charge(gasToRead(int(g.length))); err != nil {
		return nil, err
	}
	if uint64(g.length) > uint64(limit) {
		return nil, tooBig(int(g.length), limit)
	}
	b, out := r.guest.Read(g.offset, g.length)
	if out != nil {
		return nil, r.access(g)
	}
	return b, nil
}

func tooBig(length, limit int) *Error {
	e := communication("Region length too big. Got %d, limit %d", length, limit)
	e.Kind = RegionLengthTooBig
	return e
}

// write puts the parts into the region at ptr, one after the other, and sets its length.
func (r *run) write(ptr uint32, parts ...[]byte) *Error {
	g, err := r.region(ptr)
	if err != nil {
		return err
	}
	size := total(parts)
	if err := r.charge(gasWriteRegion.of(size)); err != nil {
		return err
	}
	if uint64(size) > uint64(g.capacity) {
		return communication("Region too small. Got %d, required %d", g.capacity, size)
	}
	if _, out := r.guest.Read(g.offset, uint32(size)); out != nil {
		return r.access(g)
	}
	at := g.offset
	for _, p := range parts {
		if r.guest.Write(at, p) != nil {
			return r.access(g)
		}
		at += uint32(len(p))
	}
	// The bytes may have been written over the region itself. The offset and the capacity go back as they were.
	var b [regionSize]byte
	binary.LittleEndian.PutUint32(b[:], g.offset)
	binary.LittleEndian.PutUint32(b[4:], g.capacity)
	binary.LittleEndian.PutUint32(b[8:], uint32(size))
	if r.guest.Write(ptr, b[:]) != nil {
		return badPointer(ptr)
	}
	return nil
}

// give asks the guest for room and puts the parts there. It returns where the region is. The error is an *Error, or that
// of the host if an import that the guest called meanwhile has failed so.
func (r *run) give(parts ...[]byte) (uint64, error) {
	size := total(parts)
	if uint64(size) > 1<<32-1 {
		return 0, fail(CommunicationErr, "Couldn't convert from usize to u32. Input: %d", size)
	}
	ptr, err := r.allocate(size)
	if err != nil {
		return 0, err
	}
	if err := r.write(uint32(ptr), parts...); err != nil {
		return 0, err
	}
	return uint64(uint32(ptr)), nil
}

func (r *run) allocate(size int) (uint64, error) {
	ptr, err := r.invoke(entryAllocate, 1, uint64(size))
	if err != nil {
		return 0, err
	}
	if uint32(ptr) == 0 {
		return 0, communication("Got a zero Wasm address")
	}
	return ptr, nil
}

func total(parts [][]byte) (n int) {
	for _, p := range parts {
		n += len(p)
	}
	return n
}
