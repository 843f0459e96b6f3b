package command

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/cmd/troupe/config"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/state"
)

func (c *call) pruneCommand() *cobra.Command {
	var before uint64
	var age, size, knowIDs string
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Delete the oldest part of the log",
		Long: `Delete the oldest commands, receipts and traces from the log; the state stays. What is older than --age at the time of the
last transaction goes, what stands before transaction --before, and the oldest until the rest has about --size on disk; the
last transaction stays. The ids of requests are known for 24 hours, or --know-ids, although their receipts are gone: whoever
asks again within that time causes nothing twice. A log without its beginning is verified from a backup: see verify --from.

A node prunes by itself, as its configuration says: see retention in 'serve --reference'.`,
		Example: c.examples(`
			% prune --age 30d
			% prune --size 10GiB
			% prune --before 100000`),
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := pruning(before, age, size, knowIDs)
			if err != nil {
				return err
			}
			if err := c.checkDir(); err != nil {
				return err
			}
			if err := c.checkData(); err != nil {
				return err
			}
			return c.open(c.dir, false, func(h *runtime.Host) error { return c.prune(cmd.Context(), h, o) })
		},
	}
	flags := cmd.Flags()
	flags.Uint64Var(&before, "before", 0, "delete what stands before that `transaction`")
	flags.StringVar(&age, "age", "", "delete what is older than that `time`, such as 12h or 30d")
	flags.StringVar(&size, "size", "", "delete the oldest until the rest has about that `size`, such as 10GiB")
	flags.StringVar(&knowIDs, "know-ids", "", "for how long the ids of requests are known, by default 24h; 0 is as long as their receipts are kept")
	return cmd
}

// pruning reads the flags.
func pruning(before uint64, age, size, knowIDs string) (o runtime.PruneOptions, err error) {
	o.Before = before
	length := func(name, text string) (d time.Duration) {
		if text == "" || err != nil {
			return 0
		}
		if d, err = config.ParseTime(text); err != nil || d < 0 {
			err = usagef("--%s: %s is no length of time: write 30s, 10m, 12h or 30d", name, quoted(text))
		}
		return d
	}
	o.Age = length("age", age)
	if o.KnowIDs = length("know-ids", knowIDs); knowIDs != "" && o.KnowIDs == 0 {
		o.KnowIDs = -1
	}
	if err != nil {
		return o, err
	}
	if size != "" {
		n, err := config.ParseSize(size)
		if err != nil {
			return o, usagef("--size: %w", err)
		}
		o.Bytes = uint64(n)
	}
	if o.Before == 0 && o.Age == 0 && o.Bytes == 0 {
		return o, usagef("say what is to go: by --before, --age or --size")
	}
	return o, nil
}

func (c *call) prune(ctx context.Context, h *runtime.Host, o runtime.PruneOptions) error {
	stop := c.working("pruning")
	p, err := h.Prune(ctx, o)
	if err == nil && p.Transactions > 0 {
		err = h.Reclaim(ctx)
	}
	stop()
	if err != nil {
		return err
	}
	if c.printer.json {
		return c.printer.object(struct {
			Transactions uint64     `json:"transactions"`
			RequestIDs   uint64     `json:"request_ids"`
			Floor        uint64     `json:"floor"`
			Root         state.Hash `json:"root"`
		}{p.Transactions, p.RequestIDs, p.Floor.Sequence, p.Floor.Root})
	}
	c.printer.printf("deleted  %s, %s\n", count(p.Transactions, "transaction"), count(p.RequestIDs, "request id"))
	if p.Floor.Sequence > 0 {
		c.printer.printf("the log begins behind transaction %d, with the root %s\n", p.Floor.Sequence, p.Floor.Root)
	}
	return nil
}
