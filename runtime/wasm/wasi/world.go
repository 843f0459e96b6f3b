package wasi

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// Guest is what a function needs of the guest that calls it.
type Guest interface {
	// Read returns a part of its memory, not a copy.
	Read(ptr, n uint32) ([]byte, error)
	Write(ptr uint32, b []byte) error
	// Spend takes fuel. If there is not enough left it ends the call, and does not return.
	Spend(fuel int64)
}

// What a function costs beside the instruction that calls it, in fuel.
const (
	CallFuel = 40
	ByteFuel = 1 // for each byte that is printed, random, or waited for
)

// Log takes what the guest prints.
type Log interface{ Log(line string) }

// World is what one call sees of the outside. The zero value is that of a module that is being prepared. A World may be
// used for one call after another, with Begin before each and End after it.
type World struct {
	now    uint64 // nanoseconds
	seed   [32]byte
	span   uint64
	random *rand.ChaCha8 // nil until it is asked for
	source rand.ChaCha8
	log    Log // nil: output is dropped
	lines  [2][]byte
}

// origin is the time that clocks show when there is no transaction. It is not 0, because the runtime of Go refuses to
// start at 0.
const origin = 1

// MaxLine is where a line of output is broken, in bytes.
const MaxLine = 8192

// Begin starts a call at the time in nanoseconds since 1970; before that the clocks stand at their origin. The stream of
// random bytes follows from seed and span.
func (w *World) Begin(now int64, seed *[32]byte, span uint64, log Log) {
	w.now = uint64(max(now, origin))
	w.seed, w.span, w.random, w.log = *seed, span, nil, log
}

// End gives what is left of the last lines to the log and forgets the call.
func (w *World) End() {
	for i := range w.lines {
		if len(w.lines[i]) > 0 {
			w.flush(i)
		}
	}
	w.log, w.random = nil, nil
}

// time returns what the clocks show, in nanoseconds.
func (w *World) time() uint64 { return max(w.now, origin) }

// sleep moves the clocks on. They stop at the end of time.
func (w *World) sleep(until uint64) { w.now = min(max(w.time(), until), math.MaxInt64) }

// fill puts random bytes into b.
func (w *World) fill(b []byte) {
	if w.random == nil {
		h := sha256.New()
		h.Write(w.seed[:])
		var span [8]byte
		binary.BigEndian.PutUint64(span[:], w.span)
		h.Write(span[:])
		h.Write([]byte("wasi"))
		var seed [32]byte
		h.Sum(seed[:0])
		w.source = *rand.NewChaCha8(seed)
		w.random = &w.source
	}
	w.random.Read(b) // it never fails
}

// print adds to the line of descriptor 1 or 2.
func (w *World) print(fd uint32, b []byte) {
	if w.log == nil {
		return
	}
	i := fd - 1
	for _, c := range b {
		if c == '\n' {
			w.flush(int(i))
			continue
		}
		if w.lines[i] = append(w.lines[i], c); len(w.lines[i]) == MaxLine {
			w.flush(int(i))
		}
	}
}

func (w *World) flush(i int) {
	w.log.Log(string(w.lines[i]))
	w.lines[i] = w.lines[i][:0]
}
