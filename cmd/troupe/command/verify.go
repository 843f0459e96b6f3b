package command

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/state"
)

func (c *call) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Execute the whole log again and compare",
		Long: `Execute every transaction of the log again, in memory and from the beginning, and compare results, writes and roots with
what the log says. The exit code is 6 if one differs. The modules that the log uses must be in this binary. On a terminal
a line on standard error shows that it is at work.`,
		Example: c.examples(`
			% verify
			% verify -o json --timeout 10m`),
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.read(func(h *runtime.Host) error { return c.verify(cmd.Context(), h) })
		},
	}
}

func (c *call) verify(ctx context.Context, h *runtime.Host) error {
	head, err := h.Reader().Head()
	if err != nil {
		return err
	}
	start := time.Now()
	stop := c.working("verifying " + count(head.Sequence, "transaction"))
	reached, err := h.Verify(ctx)
	stop()
	took := time.Since(start).Round(time.Millisecond)
	if err != nil {
		return fmt.Errorf("verified %s, then: %w", count(reached.Sequence, "transaction"), err)
	}
	if c.printer.json {
		return c.printer.object(struct {
			Verified bool       `json:"verified"`
			Sequence uint64     `json:"seq"`
			Root     state.Hash `json:"root"`
			Millis   int64      `json:"ms"`
		}{true, reached.Sequence, reached.Root, took.Milliseconds()})
	}
	c.printer.printf("%s  %s in %s\nroot  %s\n", c.printer.style(show.Committed, "verified"), count(reached.Sequence, "transaction"), took, reached.Root)
	return nil
}

// working shows on standard error, if that is a terminal, that something takes its time. The function that it returns
// takes the line away.
func (c *call) working(what string) (stop func()) {
	if c.printer.json || !isTerminal(c.Stderr) {
		return func() {}
	}
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		start := time.Now()
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				fmt.Fprintf(c.Stderr, "\r\x1b[K%s … %s", what, time.Since(start).Round(100*time.Millisecond))
			case <-done:
				fmt.Fprint(c.Stderr, "\r\x1b[K")
				return
			}
		}
	})
	return func() {
		close(done)
		ended.Wait()
	}
}
