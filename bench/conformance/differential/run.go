package differential

import (
	"context"
	"sync"
)

// Budget is how many calls a sequence has, about.
const Budget = 120

// Options say what to run.
type Options struct {
	Seed     uint64
	Steps    int // at least, over all sequences
	Budget   int // of a sequence; 0: Budget
	Parallel int // sequences at once; 0: one
	Only     int // the one sequence to run; negative: as many as Steps needs
	Progress func(steps int)
	Verbose  func(string) // is told of every call
}

// Run makes sequences until there are enough steps, or there are more mismatches than can be shown.
func (l *Lab) Run(ctx context.Context, o Options) (*Report, error) {
	total := newReport(o.Seed)
	if o.Budget <= 0 {
		o.Budget = Budget
	}
	if o.Only >= 0 {
		l.run(o.Seed, o.Only, o.Budget, total, o.Verbose)
		return total, ctx.Err()
	}
	var mu sync.Mutex
	next := 0
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() != nil || len(total.Mismatches) >= keep || total.Total().Steps >= o.Steps {
			return 0, false
		}
		next++
		return next - 1, true
	}
	var workers sync.WaitGroup
	for range max(o.Parallel, 1) {
		workers.Go(func() {
			for {
				number, ok := take()
				if !ok {
					return
				}
				r := newReport(o.Seed)
				l.run(o.Seed, number, o.Budget, r, o.Verbose)
				mu.Lock()
				total.Add(r)
				if o.Progress != nil {
					o.Progress(total.Total().Steps)
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return total, ctx.Err()
}
