package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/troupe-run/troupe/bench/conformance/throughput"
)

// host measures transfers of cw20 on a whole host.
func host(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("host", flag.ContinueOnError)
	f.SetOutput(stderr)
	library := registry(f)
	o := throughput.Options{}
	f.IntVar(&o.Clients, "clients", 1024, "requests in flight")
	f.IntVar(&o.Holders, "holders", 1000, "accounts with tokens")
	f.DurationVar(&o.Slice, "slice", 3*time.Second, "one of five measurements")
	dir := f.String("dir", "", "a folder on the disk to measure, which is made for the run; default: a temporary one")
	asJSON := f.Bool("json", false, "print JSON")
	if err := f.Parse(args); err != nil {
		return err
	}
	contracts, err := choose("cw20-base")
	if err != nil {
		return err
	}
	codes, err := library.Load(ctx, contracts)
	if err != nil {
		return err
	}
	o.Contract = codes["cw20-base"]
	if o.Dir, err = os.MkdirTemp(*dir, "troupe-host-"); err != nil {
		return err
	}
	defer os.RemoveAll(o.Dir)
	r, err := throughput.Transfers(ctx, o)
	if err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(stdout).Encode(r)
	}
	fmt.Fprintf(stdout, "cw20 transfers, each durable before it is answered: %.0f/s (%.0f), %d in flight, %d holders, p50 %v, p99 %v\n",
		r.TxPerS, r.Slices, r.Clients, r.Holders, r.P50.Round(10*time.Microsecond), r.P99.Round(10*time.Microsecond))
	return nil
}
