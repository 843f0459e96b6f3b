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
	var from string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Execute the whole log again and compare",
		Long: `Execute every transaction of the log again, in memory and from the beginning, and compare results, writes and roots with
what the log says. The exit code is 6 if one differs. The modules that the log uses must be in this binary. On a terminal
a line on standard error shows that it is at work.

If the log does not go back to its beginning any more (see prune), --from names a backup: what is behind it is executed again, on
a copy of it among temporary files. Without, commands, receipts and the chain of roots are compared, and nothing is executed.`,
		Example: c.examples(`
			% verify
			% verify --from backups/monday
			% verify -o json --timeout 10m`),
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.read(func(h *runtime.Host) error {
				floor, err := h.Reader().Floor()
				switch {
				case err != nil:
					return err
				case from != "":
					return c.verifyFrom(cmd.Context(), h, from)
				case floor.Sequence > 0:
					return c.verifyChain(cmd.Context(), h)
				}
				return c.verify(cmd.Context(), h)
			})
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "execute only what is behind this `backup`")
	_ = cmd.MarkFlagDirname("from")
	return cmd
}

// verified is what verify prints as JSON. Sequences and roots are those of the last transaction.
type verified struct {
	Verified bool       `json:"verified"`
	Sequence uint64     `json:"seq"`
	Root     state.Hash `json:"root"`
	// Executed and Compared are how many transactions were. What stands behind From, if it is not 0, was looked at, and
	// nothing before it.
	Executed uint64 `json:"executed"`
	Compared uint64 `json:"compared"`
	From     uint64 `json:"from,omitempty"`
	Millis   int64  `json:"ms"`
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
		return c.printer.object(verified{Verified: true, Sequence: reached.Sequence, Root: reached.Root, Executed: reached.Sequence,
			Compared: reached.Sequence, Millis: took.Milliseconds()})
	}
	c.printer.printf("%s  %s in %s\nroot  %s\n", c.printer.style(show.Committed, "verified"), count(reached.Sequence, "transaction"), took, reached.Root)
	return nil
}

// verifyFrom executes what is behind a backup.
func (c *call) verifyFrom(ctx context.Context, h *runtime.Host, backup string) error {
	if kind, err := inspect(backup); err != nil {
		return err
	} else if kind != dirOurs {
		return directoryf("%s is not a backup of Troupe", backup)
	}
	start := time.Now()
	stop := c.working("verifying what is behind " + backup)
	r, err := h.VerifyFrom(ctx, backup)
	stop()
	took := time.Since(start).Round(time.Millisecond)
	if err != nil {
		return c.restoreError(backup, err)
	}
	n := r.Head.Sequence - r.From.Sequence
	if c.printer.json {
		return c.printer.object(verified{Verified: true, Sequence: r.Head.Sequence, Root: r.Head.Root, Executed: n, Compared: n,
			From: r.From.Sequence, Millis: took.Milliseconds()})
	}
	c.printer.printf("%s  %s behind the backup, which ends with %d, in %s\nroot  %s\n", c.printer.style(show.Committed, "verified"),
		count(n, "transaction"), r.From.Sequence, took, r.Head.Root)
	return nil
}

// verifyChain compares what a log without its beginning has.
func (c *call) verifyChain(ctx context.Context, h *runtime.Host) error {
	start := time.Now()
	stop := c.working("checking the chain of roots")
	chain, err := h.Check(ctx)
	stop()
	took := time.Since(start).Round(time.Millisecond)
	if err != nil {
		return err
	}
	if c.printer.json {
		return c.printer.object(verified{Sequence: chain.Head.Sequence, Root: chain.Head.Root, Compared: chain.Transactions(),
			From: chain.Floor.Sequence, Millis: took.Milliseconds()})
	}
	c.printer.printf("checked  the chain of roots of %s behind %d, in %s\nroot  %s\n", count(chain.Transactions(), "transaction"), chain.Floor.Sequence,
		took, chain.Head.Root)
	c.printer.printf("not executed again: the log begins behind transaction %d; '%s verify --from BACKUP' executes what is behind a backup\n",
		chain.Floor.Sequence, c.Name)
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
