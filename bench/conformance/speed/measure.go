package speed

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// Options say how much to measure.
type Options struct {
	Rounds   int           // slices of each side
	Slice    time.Duration // how long a slice is
	Stores   int           // how often code is stored
	Progress io.Writer
}

// Row is one line of the result: times of one operation, medians over all slices.
type Row struct {
	Name       string
	Goroutines int
	Wasmvm     time.Duration // wall time of a slice, by the operations of all goroutines
	Troupe     time.Duration
	Ratio      float64       // Troupe by wasmvm: the median of the ratios of neighbouring slices
	WasmvmCPU  time.Duration // processor time, for machines that others work on, too
	TroupeCPU  time.Duration
	RatioCPU   float64
}

// Run measures all workloads, with one goroutine and with two, and then storing.
func Run(ctx context.Context, codes map[string][]byte, o Options) ([]Row, error) {
	m, err := start(ctx, codes)
	if err != nil {
		return nil, err
	}
	defer m.close()
	var rows []Row
	for _, w := range workloads() {
		for _, goroutines := range []int{1, 2} {
			fmt.Fprintf(o.Progress, "\r%-20s %d goroutines   ", w.name, goroutines)
			row, err := m.measure(ctx, w, goroutines, o)
			if err != nil {
				return nil, fmt.Errorf("speed: %s: %w", w.name, err)
			}
			rows = append(rows, row)
		}
	}
	fmt.Fprintf(o.Progress, "\r%-40s\r", "storing")
	stored, err := storing(ctx, codes["cw20-base"], o)
	return append(rows, stored...), err
}

// slice is what one side did in its turn.
type slice struct{ wall, cpu time.Duration } // of one operation

func (m *machines) measure(ctx context.Context, w workload, goroutines int, o Options) (Row, error) {
	var reference, troupe []side
	for i := range goroutines {
		reference = append(reference, newReference(m.wasmvm, m.checksums[w.contract], i))
		troupe = append(troupe, newSubject(m.contracts[w.contract], i))
	}
	for _, s := range slices.Concat(reference, troupe) {
		if err := s.call(&w.instantiate); err != nil {
			return Row{}, err
		}
	}
	var a, b []slice
	for round := range o.Rounds + 1 {
		x, err := turn(ctx, reference, w.requests, o.Slice)
		if err != nil {
			return Row{}, fmt.Errorf("wasmvm: %w", err)
		}
		y, err := turn(ctx, troupe, w.requests, o.Slice)
		if err != nil {
			return Row{}, fmt.Errorf("troupe: %w", err)
		}
		if round > 0 { // the first is for warming up
			a, b = append(a, x), append(b, y)
		}
	}
	return summarize(w.name, goroutines, a, b), nil
}

// turn has each goroutine call its side until the time is over.
func turn(ctx context.Context, sides []side, requests []request, length time.Duration) (slice, error) {
	counts, errs := make([]int, len(sides)), make([]error, len(sides))
	var all sync.WaitGroup
	watch := startWatch()
	for i, s := range sides {
		all.Go(func() {
			for counts[i] == 0 || errs[i] == nil && time.Since(watch.begin) < length && ctx.Err() == nil {
				errs[i] = s.call(&requests[counts[i]%len(requests)])
				counts[i]++
			}
		})
	}
	all.Wait()
	took := watch.stop()
	operations := 0
	for i, n := range counts {
		if errs[i] != nil {
			return slice{}, errs[i]
		}
		operations += n
	}
	if ctx.Err() != nil {
		return slice{}, ctx.Err()
	}
	return slice{took.wall / time.Duration(operations), took.cpu / time.Duration(operations)}, nil
}

func summarize(name string, goroutines int, a, b []slice) Row {
	var ratios, ratiosCPU []float64
	for i := range a {
		ratios = append(ratios, float64(b[i].wall)/float64(a[i].wall))
		ratiosCPU = append(ratiosCPU, float64(b[i].cpu)/float64(max(a[i].cpu, 1)))
	}
	wall := func(s slice) time.Duration { return s.wall }
	cpu := func(s slice) time.Duration { return s.cpu }
	return Row{name, goroutines, median(each(a, wall)), median(each(b, wall)), median(ratios), median(each(a, cpu)), median(each(b, cpu)), median(ratiosCPU)}
}

func each[T, U any](of []T, f func(T) U) []U {
	to := make([]U, len(of))
	for i, v := range of {
		to[i] = f(v)
	}
	return to
}

func median[T time.Duration | float64](of []T) T {
	of = slices.Sorted(slices.Values(of))
	n := len(of)
	return (of[(n-1)/2] + of[n/2]) / 2
}
