package wasi

import "encoding/binary"

// The functions that do something. Each takes its parameters as the guest gives them. A result is written last, so that
// an error leaves the memory as it was, but for what poll_oneoff had written before.

func put32(g Guest, ptr, v uint32) Errno {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], v)
	return put(g, ptr, b[:])
}

func put64(g Guest, ptr uint32, v uint64) Errno {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], v)
	return put(g, ptr, b[:])
}

func put(g Guest, ptr uint32, b []byte) Errno {
	if g.Write(ptr, b) != nil {
		return fault
	}
	return Success
}

// sizes answers args_sizes_get and environ_sizes_get: nothing is there.
func sizes(g Guest, count, size uint32) Errno {
	if e := put32(g, count, 0); e != Success {
		return e
	}
	return put32(g, size, 0)
}

// clocks is how many there are: realtime, monotonic, and those of the process and the thread. They all show the same.
const clocks = 4

func clockRes(g Guest, id, out uint32) Errno {
	if id >= clocks {
		return inval
	}
	return put64(g, out, 1)
}

func (w *World) clockTime(g Guest, id, out uint32) Errno {
	if id >= clocks {
		return inval
	}
	return put64(g, out, w.time())
}

func (w *World) randomGet(g Guest, ptr, n uint32) Errno {
	if n == 0 {
		return Success
	}
	b, err := g.Read(ptr, n)
	if err != nil {
		return fault
	}
	g.Spend(int64(n) * ByteFuel)
	w.fill(b)
	return Success
}

// Types of descriptors and events.
const (
	characterDevice = 2
	eventClock      = 0
	eventRead       = 1
	eventWrite      = 2
)

// rightWrite is the right to fd_write.
const rightWrite = 1 << 6

// rightRead is the right to fd_read.
const rightRead = 1 << 1

// open reports whether fd is a descriptor.
func open(fd uint32) bool { return fd < 3 }

// standard accepts what changes nothing on a standard descriptor: to flush it, to set its flags, even to close it, which
// leaves it open.
func standard(fd uint32) Errno {
	if !open(fd) {
		return badf
	}
	return Success
}

// noFd answers what needs a folder that was opened beforehand, or a descriptor that can be given up.
func noFd(uint32) Errno { return badf }

// noSocket answers everything that wants the descriptor of a socket.
func noSocket(fd uint32) Errno {
	if !open(fd) {
		return badf
	}
	return notsock
}

func fdstat(g Guest, fd, out uint32) Errno {
	if !open(fd) {
		return badf
	}
	var b [24]byte
	b[0] = characterDevice
	rights := uint64(rightWrite)
	if fd == 0 {
		rights = rightRead
	}
	binary.LittleEndian.PutUint64(b[8:], rights)
	return put(g, out, b[:])
}

func filestat(g Guest, fd, out uint32) Errno {
	if !open(fd) {
		return badf
	}
	var b [64]byte
	b[16] = characterDevice
	binary.LittleEndian.PutUint64(b[24:], 1) // links
	return put(g, out, b[:])
}

// seek answers everything that wants a place in a file.
func seek(fd uint32) Errno {
	if !open(fd) {
		return badf
	}
	return spipe
}

// dir answers everything that wants the descriptor of a folder.
func dir(fd uint32) Errno {
	if !open(fd) {
		return badf
	}
	return notdir
}

// read finds the end of descriptor 0 at once.
func read(g Guest, fd, out uint32) Errno {
	if fd != 0 {
		return badf
	}
	return put32(g, out, 0)
}

// maxVectors is how many parts one fd_write may have, as on common systems.
const maxVectors = 1024

const vectorSize = 8

func (w *World) write(g Guest, fd, vectors, n, out uint32) Errno {
	switch {
	case fd != 1 && fd != 2:
		return badf
	case n > maxVectors:
		return inval
	}
	var total uint32
	for pass := range 2 { // the first looks whether all is there
		total = 0
		for i := range n {
			b, e := vector(g, vectors, i)
			if e != Success {
				return e
			}
			if total += uint32(len(b)); total < uint32(len(b)) || total > maxWrite {
				return inval
			}
			if pass == 1 {
				w.print(fd, b)
			}
		}
		if pass == 0 {
			g.Spend(int64(total+n*vectorSize) * ByteFuel)
		}
	}
	return put32(g, out, total)
}

// maxWrite bounds what one fd_write may print, in bytes: its parts may lie over each other, so that a small memory holds
// a lot of text.
const maxWrite = 1 << 20

// vector returns the i-th part of what is to be written.
func vector(g Guest, vectors, i uint32) ([]byte, Errno) {
	at := uint64(vectors) + vectorSize*uint64(i)
	if at > 1<<32-vectorSize {
		return nil, fault
	}
	v, err := g.Read(uint32(at), vectorSize)
	if err != nil {
		return nil, fault
	}
	n := binary.LittleEndian.Uint32(v[4:])
	if n == 0 {
		return nil, Success
	}
	b, err := g.Read(binary.LittleEndian.Uint32(v), n)
	if err != nil {
		return nil, fault
	}
	return b, Success
}
