package differential

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/CosmWasm/wasmvm/v3/types"

	"github.com/troupe-run/troupe/bench/conformance/world"
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

// Compare gives one message to a contract that has no rows yet, on both machines, and returns what differs.
func (l *Lab) Compare(name, entry string, msg []byte) ([]string, error) {
	i := slices.IndexFunc(l.Contracts, func(c Contract) bool { return c.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("differential: no contract is called %q", name)
	}
	c, address := l.Contracts[i], human("contract")
	oracle, subject := world.New(l.oracle, prefix), world.New(l.subject, prefix)
	oracle.Add(address, "", c.oracle, c.CodeID)
	subject.Add(address, "", c.subject, c.CodeID)
	args := [][]byte{encode(oracle.Env(address, nil)), encode(types.MessageInfo{Sender: human("user")}), msg}
	if entry != "execute" && entry != "instantiate" {
		args = [][]byte{args[0], msg}
	}
	return compare(oracle.Run(address, entry, args, gasLimit), subject.Run(address, entry, args, gasLimit)), nil
}
