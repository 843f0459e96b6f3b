package differential

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A Report counts what was compared.
type Report struct {
	Seed       uint64
	Contracts  map[string]*Count
	Mismatches []Mismatch
	Differing  int // all of them; Mismatches keeps the first
	SameTexts  int // failures of the VM with the same text
	Texts      map[string]int
}

// Count is what was done with one contract.
type Count struct {
	Steps, Succeeded int
	Refused          int // the contract returned an error
	Failed           int // the VM ended the call
	OutOfGas         int
	Limits           int // steps with a limit close to what the call needs
	Accesses         int // reads, writes, iterators, queries, addresses
	Gas              uint64
}

// Mismatch is a call with two outcomes.
type Mismatch struct {
	Seed                   uint64
	Sequence, Budget, Step int
	Contract, Entry        string
	Args                   []string
	Differences            []string
}

// keep is how many mismatches a report holds.
const keep = 20

func newReport(seed uint64) *Report {
	return &Report{Seed: seed, Contracts: map[string]*Count{}, Texts: map[string]int{}}
}

func (r *Report) of(name string) *Count {
	c := r.Contracts[name]
	if c == nil {
		c = &Count{}
		r.Contracts[name] = c
	}
	return c
}

func (r *Report) fail(m Mismatch) {
	r.Differing++
	if len(r.Mismatches) < keep {
		r.Mismatches = append(r.Mismatches, m)
	}
}

// texts compares what the machines say of a failure. Texts are for logs: a chain hides them from contracts (S19).
func (r *Report) texts(oracle, subject error) {
	a, b := unwrapped(oracle), unwrapped(subject)
	if a == b || strings.TrimPrefix(a, callPrefix) == b || a == "Out of gas" && b == "Ran out of gas during contract execution" {
		r.SameTexts++
	} else if len(r.Texts) < 200 {
		r.Texts[brief(a)+"\n      "+brief(b)]++
	}
}

// callPrefix is what the Go side of wasmvm adds.
const callPrefix = "Error calling the VM: "

func unwrapped(err error) string { return strings.TrimPrefix(err.Error(), "out of gas: ") }

// Total sums the counts of all contracts.
func (r *Report) Total() Count {
	var t Count
	for _, c := range r.Contracts {
		t.Steps += c.Steps
		t.Succeeded += c.Succeeded
		t.Refused += c.Refused
		t.Failed += c.Failed
		t.OutOfGas += c.OutOfGas
		t.Limits += c.Limits
		t.Accesses += c.Accesses
		t.Gas += c.Gas
	}
	return t
}

// Add adds what another report has counted.
func (r *Report) Add(o *Report) {
	for name, c := range o.Contracts {
		t := r.of(name)
		t.Steps += c.Steps
		t.Succeeded += c.Succeeded
		t.Refused += c.Refused
		t.Failed += c.Failed
		t.OutOfGas += c.OutOfGas
		t.Limits += c.Limits
		t.Accesses += c.Accesses
		t.Gas += c.Gas
	}
	for _, m := range o.Mismatches {
		r.fail(m)
	}
	r.Differing += o.Differing - len(o.Mismatches)
	r.SameTexts += o.SameTexts
	for text, n := range o.Texts {
		r.Texts[text] += n
	}
}

// Print writes the table and the mismatches.
func (r *Report) Print(w io.Writer) {
	const row = "%-28s %8v %8v %8v %8v %8v %8v %9v %9v\n"
	fmt.Fprintf(w, row, "contract", "steps", "ok", "refused", "failed", "no gas", "limits", "accesses", "Ggas")
	for _, name := range slices.Sorted(maps.Keys(r.Contracts)) {
		line(w, row, name, *r.Contracts[name])
	}
	line(w, row, fmt.Sprintf("%d contracts", len(r.Contracts)), r.Total())
	for _, m := range r.Mismatches {
		m.Print(w)
	}
	fmt.Fprintf(w, "%d steps over %d contracts, seed %d: %d mismatches\n", r.Total().Steps, len(r.Contracts), r.Seed, r.Differing)
}

func line(w io.Writer, row, name string, c Count) {
	fmt.Fprintf(w, row, name, c.Steps, c.Succeeded, c.Refused, c.Failed, c.OutOfGas, c.Limits, c.Accesses, c.Gas/1_000_000_000)
}

// Print writes what differed and how to see it again.
func (m Mismatch) Print(w io.Writer) {
	fmt.Fprintf(w, "MISMATCH %s %s, step %d of sequence %d\n", m.Contract, m.Entry, m.Step, m.Sequence)
	for _, a := range m.Args {
		fmt.Fprintf(w, "   arg %s\n", a)
	}
	for _, d := range m.Differences {
		fmt.Fprintf(w, "   %s\n", d)
	}
	fmt.Fprintf(w, "   again: go run . differential -seed %d -sequence %d -budget %d\n", m.Seed, m.Sequence, m.Budget)
}
