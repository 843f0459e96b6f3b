package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/troupe-run/troupe/bench/conformance/speed"
)

// measured is the JSON that bench writes.
type measured struct {
	Go, System string
	Processors int
	Rows       []speed.Row // times in nanoseconds
}

func bench(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	library := registry(f)
	o := speed.Options{Progress: stderr}
	f.IntVar(&o.Rounds, "rounds", 9, "slices of each machine")
	f.DurationVar(&o.Slice, "slice", 250*time.Millisecond, "how long a slice is")
	f.IntVar(&o.Stores, "stores", 5, "how often code is stored")
	file := f.String("json", "", "write the figures to this file, too")
	if err := f.Parse(args); err != nil {
		return err
	}
	if o.Rounds < 1 || o.Slice <= 0 || o.Stores < 1 {
		return fmt.Errorf("bench: -rounds, -slice and -stores are at least one")
	}
	codes, err := library.Load(ctx, speed.Contracts())
	if err != nil {
		return err
	}
	rows, err := speed.Run(ctx, codes, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%-28s %3s %12s %12s %8s %12s %12s %8s\n", "", "go", "wasmvm", "troupe", "ratio", "wasmvm cpu", "troupe cpu", "ratio")
	for _, r := range rows {
		fmt.Fprintf(stdout, "%-28s %3d %12s %12s %8.3f %12s %12s %8.3f\n", r.Name, r.Goroutines, short(r.Wasmvm), short(r.Troupe), r.Ratio,
			short(r.WasmvmCPU), short(r.TroupeCPU), r.RatioCPU)
	}
	if *file == "" {
		return nil
	}
	text, err := json.MarshalIndent(measured{runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, runtime.NumCPU(), rows}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(*file, append(text, '\n'), 0o644)
}

// short renders a time in three digits or so.
func short(d time.Duration) string {
	switch {
	case d >= 100*time.Millisecond:
		return d.Round(time.Millisecond).String()
	case d >= 100*time.Microsecond:
		return d.Round(time.Microsecond).String()
	}
	return d.Round(10 * time.Nanosecond).String()
}
