package bench

import (
	"fmt"
	"io"
	"math"
	goruntime "runtime"
	"strings"
	"time"
)

// Config says what to run. Zero fields mean their defaults.
type Config struct {
	// Workload is one of Workloads.
	Workload string
	// Duration is how long the host is measured, in all; 3 s if zero. What it is compared with takes as long again.
	Duration time.Duration
	// Warmup comes before, and does not count. If zero it is 500 ms, and on a disk the stores are worn in first, which
	// takes some seconds more and shows them as they are when they are no longer new.
	Warmup time.Duration
	// Runs is the number of slices that Duration is cut into; 5 if zero.
	Runs int
	// Clients is the number of requests in flight; 1,024 if zero, for queries two a processor.
	Clients int
	// Rate makes the loop open: so many transactions are begun each second, whatever becomes of them. Clients bounds how
	// many the host is given at once; the others wait, and their waiting counts. Zero is the closed loop.
	Rate float64
	// Keys is the number of actors to choose from; 10,000 if zero. For the workload open it is the number of rows,
	// 10,000,000 if zero.
	Keys int
	// Zipf is the exponent of the popularity of actors: 0 is uniform, 0.99 is what caches are usually tried with.
	Zipf float64
	// Seed makes the choices of the clients repeatable.
	Seed uint64
	// Dir is an empty or missing directory, which keeps the data in its subdirectory host. If empty, the run is in
	// memory and nothing is synced.
	Dir string
	// Depth and Width shape the trees of the workloads tree and rollback: levels below the root, 3 if zero, and
	// sub-messages of each actor, 2 if zero.
	Depth, Width int
	// FailShare is the share of subtrees that fail in the workload rollback; 0.5 if zero.
	FailShare float64
	// Writers is the number of transfers in flight beside queries, in every other slice; none if zero.
	Writers int
	// Watchers is the number of watches in the workload serve; 1,000 if zero.
	Watchers int
	// Binary is the file of the command troupe, for the workload start, and for its size.
	Binary string
	// Echo and Counter are files of modules with claims, for the workload wasmbus: one that answers requests over HTTP, and one that
	// counts them by path and answers {"counter":…}. If empty they are those of the examples.
	Echo, Counter string
	// NoBaseline leaves out what the host is compared with: for profiles, and to be done sooner.
	NoBaseline bool
	// Progress gets a line about the state of the run, if it is a terminal.
	Progress io.Writer

	wearIn bool // says that Warmup was not set, on a disk
	guests bool // says that accounts are WebAssembly
}

// check fills in the defaults and reports what makes no sense.
func (c Config) check() (Config, error) {
	w, ok := find(c.Workload)
	if !ok {
		return c, fmt.Errorf("bench: there is no workload %q; there are %s", c.Workload, strings.Join(Workloads(), ", "))
	}
	c = w.defaults(c)
	fill(&c.Duration, 3*time.Second)
	c.wearIn = c.Warmup == 0 && c.Dir != ""
	fill(&c.Warmup, 500*time.Millisecond)
	fill(&c.Runs, 5)
	fill(&c.Clients, 1024)
	fill(&c.Keys, 10_000)
	fill(&c.Depth, 3)
	fill(&c.Width, 2)
	fill(&c.FailShare, 0.5)
	fill(&c.Watchers, 1000)
	switch {
	case c.Duration < 0 || c.Warmup < 0 || c.Runs < 0 || c.Clients < 0 || c.Rate < 0 || c.Writers < 0 || c.Watchers < 0:
		return c, fmt.Errorf("bench: a duration, number or rate is negative: %+v", c)
	case c.Keys < 2:
		return c, fmt.Errorf("bench: there must be 2 keys at least, not %d", c.Keys)
	case !(c.Zipf >= 0) || math.IsInf(c.Zipf, 0):
		return c, fmt.Errorf("bench: the exponent of the Zipf distribution is 0 or more, not %v", c.Zipf)
	case !(c.FailShare >= 0 && c.FailShare <= 1):
		return c, fmt.Errorf("bench: the share of failing subtrees is between 0 and 1, not %v", c.FailShare)
	case c.Depth > maxDepth || c.Width > maxWidth:
		return c, fmt.Errorf("bench: a tree is at most %d deep and %d wide, not %d and %d", maxDepth, maxWidth, c.Depth, c.Width)
	}
	return c, nil
}

func fill[T ~int | ~int64 | ~float64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// slice is how long one slice takes.
func (c Config) slice() time.Duration { return c.Duration / time.Duration(c.Runs) }

func (c Config) durability() string {
	if c.Dir == "" {
		return "memory"
	}
	return "fsync"
}

func cores() int { return min(goruntime.NumCPU(), goruntime.GOMAXPROCS(0)) }
