package command

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/capability"
)

// policyCommand names the policy actor, or ends that there is one.
func (c *call) policyCommand() *cobra.Command {
	var actions []string
	var end bool
	cmd := &cobra.Command{
		Use:   "policy ACTOR",
		Short: "Have an actor decide what may start, and who may call whom, at once",
		Example: c.examples("% policy guard\n\t\t\t" +
			"% policy guard --action start_actor --action start_provider\n\t\t\t% policy --end"),
		Args: between(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if end == (len(args) == 1) || end && len(actions) > 0 {
				return usagef("name the actor that decides, or end the policy with --end, and not both")
			}
			if end {
				return c.changing(ctx, func(p place) error {
					now, err := p.trusted(ctx)
					if err != nil {
						return err
					}
					if now.Policy == "" {
						return notFoundf("there is no policy actor: '%s policy ACTOR' names one", c.Name)
					}
					if err := p.order(ctx, capability.Order{Policy: &capability.PolicyOrder{}}); err != nil {
						return orderError(err)
					}
					return c.did(map[string]string{"actor": string(now.Policy)}, "%s is asked no more", now.Policy)
				})
			}
			o := &capability.PolicyOrder{Actor: actor.Address(args[0])}
			if o.Actor.Validate() != nil {
				return usagef("%s is not the address of an actor", quoted(shortened(args[0], 60)))
			}
			for _, a := range actions {
				if !slices.Contains(capability.Actions(), capability.Action(a)) {
					return usagef("%s is nothing that a policy actor is asked about: there are %s", quoted(a), actionNames())
				}
				o.Actions = append(o.Actions, capability.Action(a))
			}
			return c.ordering(ctx, func(p place) error {
				if err := p.order(ctx, capability.Order{Policy: o}); err != nil {
					return orderError(err)
				}
				about := strings.Join(actions, ", ")
				if about == "" {
					about = actionNames()
				}
				return c.did(map[string]string{"actor": args[0], "actions": about}, "%s is asked about %s", args[0], about)
			})
		},
	}
	cmd.Flags().StringSliceVar(&actions, "action", nil, "what the actor is asked about: "+actionNames()+"; all if not given")
	cmd.Flags().BoolVar(&end, "end", false, "have nobody asked any more")
	return cmd
}

func actionNames() string {
	var names []string
	for _, a := range capability.Actions() {
		names = append(names, string(a))
	}
	return strings.Join(names, ", ")
}

// printPolicy says which actor decides.
func (c *call) printPolicy(t *api.Trust) {
	if t.Policy != "" {
		c.printer.printf("\n%s is asked about %s\n", harmless(string(t.Policy)), strings.Join(t.PolicyActions, ", "))
	}
}
