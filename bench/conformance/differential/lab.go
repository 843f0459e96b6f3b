package differential

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/bench/conformance/corpus"
	"github.com/troupe-run/troupe/bench/conformance/generate"
	"github.com/troupe-run/troupe/bench/conformance/machine"
)

// A Lab has two machines with the same contracts stored.
type Lab struct {
	oracle, subject machine.Machine
	Contracts       []Contract // those that both machines took
	Refused         []string   // those that both refused
}

// Contract is a stored contract.
type Contract struct {
	corpus.Contract
	CodeID          uint64
	oracle, subject machine.Code
}

// NewLab stores contracts on both machines. They must agree on which they take.
func NewLab(ctx context.Context, oracle, subject machine.Machine, contracts []corpus.Contract, library corpus.Library, progress io.Writer) (*Lab, error) {
	codes, err := library.Load(ctx, contracts)
	if err != nil {
		return nil, err
	}
	l := &Lab{oracle: oracle, subject: subject}
	for i, c := range contracts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		fmt.Fprintf(progress, "\rstoring %2d of %d  %-28s", i+1, len(contracts), c.Name)
		a, errA := oracle.Store(codes[c.Name])
		b, errB := subject.Store(codes[c.Name])
		if (errA == nil) != (errB == nil) {
			return nil, fmt.Errorf("differential: %s: %s says %v, %s says %v", c.Name, oracle.Name(), errA, subject.Name(), errB)
		}
		if errA != nil {
			l.Refused = append(l.Refused, c.Name)
			continue
		}
		if generate.Knows(c.Family) {
			l.Contracts = append(l.Contracts, Contract{c, uint64(len(l.Contracts) + 1), a, b})
		}
	}
	fmt.Fprint(progress, "\r"+strings.Repeat(" ", 60)+"\r")
	return l, nil
}

// of returns the contracts of a family.
func (l *Lab) of(family string) []Contract {
	return slices.DeleteFunc(slices.Clone(l.Contracts), func(c Contract) bool { return c.Family != family })
}
