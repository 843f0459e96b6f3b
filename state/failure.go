package state

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// failure is the end of a store: the first thing that went wrong with its storage. It is set once and stays.
type failure struct {
	name    string
	onFault func(error)
	wake    func() // set before the store is used
	err     atomic.Pointer[error]
	panics  atomic.Bool
}

func (f *failure) get() error {
	if err := f.err.Load(); err != nil {
		return *err
	}
	return nil
}

// set makes cause the failure unless there is one. It never waits: it is called from within Pebble, on any goroutine,
// with any of Pebble's locks held.
func (f *failure) set(cause error) {
	err := fmt.Errorf("state: %w: %s: %w; the store has stopped for good: close it, see to the disk, and open it again",
		ErrFailed, f.name, cause)
	if !f.err.CompareAndSwap(nil, &err) {
		return
	}
	if f.wake != nil {
		go f.wake()
	}
	if f.onFault != nil {
		go f.onFault(err)
	}
}

// background takes an error of Pebble's own work. After a failure Pebble may come back with the next one at once, for
// as long as the store is open: the pause keeps that from taking a processor. Pebble may hold its lock meanwhile, but
// nobody waits for it who could get an answer.
func (f *failure) background(cause error) {
	if f.get() != nil {
		time.Sleep(time.Millisecond)
	}
	f.set(cause)
}

func (f *failure) panicked() bool { return f.panics.Load() }

// catch turns a panic of Pebble into the failure of the store. It is deferred by what calls into Pebble.
func (s *Store) catch(what string, err *error) {
	if r := recover(); r != nil {
		s.failure.panics.Store(true)
		s.failure.set(fmt.Errorf("panic in %s: %v", what, r))
		*err = s.failure.get()
	}
}

// logger is what Pebble logs to. It keeps Pebble silent and takes note of what Pebble would die of.
//
// Pebble's default Fatalf ends the process, which a library must not do to the program it is embedded in. Ours takes
// note and returns. That is safe because of the fence: from the first failure on no byte reaches the directory and no
// method of Store answers, so that whatever Pebble's code does after its Fatalf happens in memory that nobody looks at.
type logger struct{ failure *failure }

// Infof implements pebble.Logger.
func (logger) Infof(string, ...any) {}

// Errorf implements pebble.Logger. What it is given is also reported as an event, where it matters.
func (logger) Errorf(string, ...any) {}

// Fatalf implements pebble.Logger.
func (l logger) Fatalf(format string, args ...any) { l.failure.set(fmt.Errorf(format, args...)) }

// listener takes note of what Pebble reports from its own goroutines. Pebble would try a failed flush or compaction
// again, at once and forever; for us it is the end.
func listener(f *failure, st *stall) *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: f.background,
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			f.set(fmt.Errorf("%w: %w; restore the store from a checkpoint", ErrCorrupt, info.Details))
		},
		FlushEnd:      func(pebble.FlushInfo) { st.changed() },
		CompactionEnd: func(pebble.CompactionInfo) { st.changed() },
	}
}
