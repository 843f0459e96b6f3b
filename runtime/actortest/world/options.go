package world

import (
	"time"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/state/simdisk"
)

// Options configure a world. The zero value, and nil, mean the defaults. Open copies it.
type Options struct {
	// Seed decides all randomness. Zero is a seed like any other.
	Seed uint64
	// Start is what the clock shows at first; 2030-01-01T00:00:00Z if zero.
	Start time.Time
	// Host configures the host. Its clock, its seed and its file system are the world's own and ignored here. Caches and
	// buffers that are left zero are small: a world is made for tests.
	Host runtime.Options
	// Disk is where the world keeps what is durable; a new one if nil. A disk that a world was closed on, or that is left
	// after a crash, holds that world still.
	Disk *simdisk.Disk
	// NoTraces spares the trace of every transaction. Last then has none.
	NoTraces bool
}

// start is where the clock begins: a date that nobody takes for today.
var start = time.Date(2030, time.January, 1, 0, 0, 0, 0, time.UTC)

func (o Options) withDefaults() Options {
	if o.Disk == nil {
		o.Disk = simdisk.New()
	}
	if o.Start.IsZero() {
		o.Start = start
	}
	if o.Host.Executor.CacheBytes == 0 {
		o.Host.Executor.CacheBytes = 4 << 20
	}
	if o.Host.Store.CacheSize == 0 {
		o.Host.Store.CacheSize = 4 << 20
	}
	if o.Host.Store.MemTableSize == 0 {
		// A snapshot copies what is not in tables yet, and a sync in a simulated disk costs what the log has.
		o.Host.Store.MemTableSize = 256 << 10
	}
	return o
}
