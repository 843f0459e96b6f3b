// Command transfer moves money between a hundred accounts, from many goroutines at once, and shows that none of it got
// lost. Then it puts some into escrow, and lets the deadline pass. See package bank for the rules.
//
//	go run ./examples/transfer
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/examples/transfer/bank"
	"github.com/troupe-run/troupe/runtime"
)

func main() {
	start := time.Now()
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(os.Stderr, "All that took %.1f seconds.\n", time.Since(start).Seconds())
}

// run works on a real directory: a transfer that was answered is on disk. What it prints is the same in every run.
func run(ctx context.Context, w io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "transfer")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	day := &calendar{now: time.Date(2030, time.January, 1, 12, 0, 0, 0, time.UTC)}
	host, err := runtime.Open(dir, &runtime.Options{Executor: dispatch.Options{Clock: day.Now}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, host.Close()) }()
	if err := bank.Bind(host); err != nil {
		return err
	}
	b := &branch{host: host, day: day, out: w}
	if err := b.rush(ctx); err != nil {
		return err
	}
	if err := b.settle(ctx); err != nil {
		return err
	}
	head, err := host.Verify(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nAll %d transactions were executed again, with the same results.\n", head.Sequence)
	return nil
}
