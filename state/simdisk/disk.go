// Package simdisk is a disk in memory for tests: it crashes at a chosen operation and keeps only what a real disk would
// have kept, fails operations, and lets stored bytes rot.
//
//	disk := simdisk.New()
//	disk.CrashAt(17, 50, seed)
//	st, err := state.Open("db", &state.Options{FS: disk})
//	...
//	if after, ok := disk.Crashed(); ok {
//		st, err = state.Open("db", &state.Options{FS: after})
//	}
//
// It is deterministic as far as its users are: operations are counted in the order in which they come, and with one
// writer and no background work that order is always the same. Which part of unsynced data survives a crash that loses
// neither all nor nothing of it can differ from run to run with the same seed.
//
// It is not for production, and nothing in it is fast.
package simdisk

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Class is a set of file-system operations. The zero value is none.
type Class uint8

// The classes.
const (
	Writes Class = 1 << iota // whatever changes something, syncs included
	Reads                    // everything else
	All    = Writes | Reads
)

// Disk is a file system in memory. It implements the file-system interface of state.Options. Its methods may be called
// concurrently.
type Disk struct {
	vfs.FS // a *vfs.MemFS, for what is not counted
	mem    *vfs.MemFS

	mu      sync.Mutex
	counts  [All + 1]int // by class
	crash   *crash
	crashed *Disk
	faults  []fault
	delays  [All + 1]time.Duration // by class
	calls   map[int]func()         // by write operation
}

// crash is a crash that has yet to come.
type crash struct {
	at, loss int
	seed     uint64
}

// fault is an error that operations from first to last of a class return.
type fault struct {
	class       Class
	first, last int // last 0: for ever
	err         error
}

// New returns an empty disk.
func New() *Disk { return newDisk(vfs.NewCrashableMem()) }

func newDisk(mem *vfs.MemFS) *Disk { return &Disk{FS: mem, mem: mem} }

// Ops returns how many write operations have come so far, failed ones included.
func (d *Disk) Ops() int { return d.Count(Writes) }

// Count returns how many operations of a class have come so far, failed ones included.
func (d *Disk) Count(c Class) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counts[c]
}

// CrashAt makes the disk crash before write operation n, counted from 1 since the disk was made. Of what has not been
// synced by then, each block and each directory entry is lost with a probability of lossPercent; the choice follows
// the seed. The disk itself goes on as if nothing had happened, for the doomed process that still uses it: what survives is
// another Disk, which Crashed returns.
func (d *Disk) CrashAt(n, lossPercent int, seed uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.crash, d.crashed = &crash{at: n, loss: lossPercent, seed: seed}, nil
}

// Crashed returns what survived the crash, and whether there has been one. What a process has been told before Crashed
// begins to report true was told before the crash.
func (d *Disk) Crashed() (*Disk, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.crashed, d.crashed != nil
}

// FailAt makes operation n of the classes given, by default Writes, return err without being done. Operations are
// counted from 1 since the disk was made. Several faults can be set.
func (d *Disk) FailAt(n int, err error, classes ...Class) { d.fail(n, n, err, classes) }

// FailFrom is FailAt for operation n and all after it.
func (d *Disk) FailFrom(n int, err error, classes ...Class) { d.fail(n, 0, err, classes) }

func (d *Disk) fail(first, last int, err error, classes []Class) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = append(d.faults, fault{class: union(classes), first: first, last: last, err: err})
}

// union returns the classes as one, Writes if there are none.
func union(classes []Class) (class Class) {
	for _, c := range classes {
		class |= c
	}
	if class == 0 {
		class = Writes
	}
	return class
}

// Delay makes every operation of the classes given, by default Writes, take that much longer. Zero takes it back.
func (d *Disk) Delay(by time.Duration, classes ...Class) {
	class := union(classes)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range []Class{Writes, Reads} {
		if class&c != 0 {
			d.delays[c] = by
		}
	}
}

// Before calls fn before write operation n, counted from 1 since the disk was made, and before the disk crashes there if
// it does. It runs on the goroutine that writes, which may hold locks of its user: fn must not wait for that.
func (d *Disk) Before(n int, fn func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.calls == nil {
		d.calls = map[int]func(){}
	}
	d.calls[n] = fn
}

// Heal takes back all faults and delays, and a crash that has yet to come.
func (d *Disk) Heal() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults, d.crash, d.delays = nil, nil, [All + 1]time.Duration{}
}

// Share returns another handle to the same files, with counts, faults and crashes of its own.
func (d *Disk) Share() *Disk { return newDisk(d.mem) }

// Clone returns a copy of the disk with everything that is on it, synced or not, and no crash or fault. Files that were
// removed come back if their directory was not synced since.
func (d *Disk) Clone() *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return survive(d.mem, 0, 0)
}

func survive(mem *vfs.MemFS, loss int, seed uint64) *Disk {
	return newDisk(mem.CrashClone(vfs.CrashCloneCfg{
		UnsyncedDataPercent: 100 - loss,
		RNG:                 rand.New(rand.NewPCG(seed, 0)),
	}))
}

// op counts an operation before it is done, crashes if it is time to, and returns the error to return instead of doing
// it.
func (d *Disk) op(c Class, name, path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[c]++
	d.counts[All]++
	counts := d.counts
	d.wait(c, counts[c])
	if c == Writes && d.crash != nil && counts[Writes] == d.crash.at {
		d.crashed = survive(d.mem, d.crash.loss, d.crash.seed)
		d.crash = nil
	}
	for _, f := range d.faults {
		n := counts[f.class]
		if f.class&c != 0 && n >= f.first && (f.last == 0 || n <= f.last) {
			return fmt.Errorf("simdisk: %s %s: %w", name, path, f.err)
		}
	}
	return nil
}

// wait makes operation n of the class take its time. Others go on meanwhile, although the caller holds mu.
func (d *Disk) wait(c Class, n int) {
	by := d.delays[c]
	var fn func()
	if c == Writes {
		fn = d.calls[n]
	}
	if by == 0 && fn == nil {
		return
	}
	d.mu.Unlock()
	defer d.mu.Lock()
	if fn != nil {
		fn()
	}
	time.Sleep(by)
}
