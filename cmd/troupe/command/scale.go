package command

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/capability"
)

func (c *call) scaleCommand() *cobra.Command {
	cmd := c.scaleActorCommand("scale ACTOR [INSTANCES]")
	cmd.Long += " 'scale actor' is the same."
	cmd.AddCommand(c.scaleActorCommand("actor ACTOR [INSTANCES]"))
	return cmd
}

func (c *call) scaleActorCommand(use string) *cobra.Command {
	var instances int
	var wash washFlags
	cmd := &cobra.Command{
		Use:   use,
		Short: "Say how many calls of an actor may run at once",
		Long: `Say how many calls of an actor may run at once. At 0 it takes none, until it is scaled again; its state and its links stay.
Calls that write run one after the other all the same: what runs at once are those that only read.`,
		Example: c.examples(`
			% scale actor echo 50
			% scale actor echo --max-concurrent 0`),
		Args: between(1, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			args = wash.withoutHost(args)
			if len(args) > 1 {
				n, err := strconv.Atoi(args[1])
				if err != nil {
					return misuse("INSTANCES is a number, and %s is not", quoted(args[1]))
				}
				instances = n
			} else if !changedAny(cmd, "max-concurrent", "max-instances", "max", "count") {
				return misuse("an argument is missing: how many calls may run at once, as in 'scale actor %s 4'", args[0])
			}
			ctx := cmd.Context()
			return c.changing(ctx, func(p place) error { return c.scale(ctx, p, args[0], instances) })
		},
	}
	instancesFlag(cmd, "c", &instances)
	cmd.Flags().StringArrayP("annotations", "a", nil, "words for others")
	_ = cmd.Flags().MarkHidden("annotations")
	wash.add(cmd)
	return cmd
}

func changedAny(cmd *cobra.Command, names ...string) bool {
	for _, name := range names {
		if cmd.Flags().Changed(name) {
			return true
		}
	}
	return false
}

func (c *call) scale(ctx context.Context, p place, who string, instances int) error {
	a, err := find(ctx, p, who)
	if err != nil {
		return err
	}
	if err := p.order(ctx, capability.Order{Scale: []capability.ScaleOrder{{Actor: a.Address, Instances: instances}}}); err != nil {
		return orderError(err)
	}
	return c.did(map[string]string{"actor_id": a.Key, "name": string(a.Address), "instances": strconv.Itoa(instances)},
		"Actor [%s] scaled to %s", a.Address, count(instances, "instance"))
}

func (c *call) updateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "update",
		Short: "Put a later revision in the place of an actor with claims",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.updateActorCommand())
	return cmd
}

func (c *call) updateActorCommand() *cobra.Command {
	var lenient lenientFlags
	var wash washFlags
	cmd := &cobra.Command{
		Use:   "actor ACTOR FILE",
		Short: "Update an actor that runs, between two requests",
		Long: `Put a signed module in the place of the one that an actor runs, between two transactions: no request is lost, and its state
and links stay. It must be of the same key, with a greater revision and the same capabilities. If it does not compile the old one
goes on.`,
		Example: c.examples(`
			% update actor echo echo_r1.wasm
			% update actor echo debug.wasm --any-revision`),
		Args: between(2, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			args = wash.withoutHost(args)
			if len(args) != 2 {
				return misuse("an actor and a file are named, and here are %s", count(len(args), "argument"))
			}
			ctx := cmd.Context()
			var name string
			err := c.asking(ctx, func(p place) error {
				a, err := find(ctx, p, args[0])
				if err == nil {
					name = string(a.Address)
				}
				return err
			})
			if err != nil {
				return err
			}
			return c.startActor(ctx, args[1], name, runtime.StartOptions{AnyRevision: lenient.anyRevision, AnyCaps: lenient.anyCaps}, "updated")
		},
	}
	lenient.add(cmd)
	wash.add(cmd)
	return cmd
}
