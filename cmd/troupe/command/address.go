package command

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/runtime/actor"
)

// parseAddress checks the address of an actor before anything is opened.
func parseAddress(arg string) (actor.Address, error) {
	a := actor.Address(arg)
	if err := a.Validate(); err != nil {
		return "", usagef("the address %s: %s", quoted(arg), reason(err))
	}
	return a, nil
}

// parseSender checks who sends.
func parseSender(arg string) (actor.Address, error) {
	a := actor.Address(arg)
	if err := a.ValidateSender(); err != nil {
		return "", usagef("the sender %s: %s", quoted(arg), reason(err))
	}
	return a, nil
}

// reason returns the text of an actor error behind the value that it quotes.
func reason(err error) string {
	text := actor.AsError(err).Message
	if quoted, quotedErr := strconv.QuotedPrefix(text); quotedErr == nil && len(text) > len(quoted)+2 {
		return text[len(quoted)+2:]
	}
	return text
}

// parseSequence reads the number of a transaction.
func parseSequence(arg string) (uint64, error) {
	seq, err := strconv.ParseUint(arg, 10, 64)
	if err != nil || seq == 0 {
		return 0, usagef("%s is not the number of a transaction: they count from 1", quoted(arg))
	}
	return seq, nil
}

// completionLimit bounds the addresses that a shell is offered.
const completionLimit = 200

// completeAddress offers the actors in the data directory as the first argument. Errors are nothing that a shell could
// show.
func (c *call) completeAddress(cmd *cobra.Command, args []string, prefix string) (found []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	c.dirGiven = c.dirGiven || cmd.Flags().Changed("dir") // which is not known before a shell asks
	_ = c.asking(cmd.Context(), func(p place) error {
		list, err := p.actors(cmd.Context(), prefix, completionLimit, "")
		for _, a := range list.Actors {
			found = append(found, cobra.CompletionWithDesc(string(a.Address), string(a.Module)))
		}
		return err
	})
	return found, cobra.ShellCompDirectiveNoFileComp
}

// completeModule offers the modules that the data directory knows.
func (c *call) completeModule(cmd *cobra.Command, _ []string, _ string) (found []string, _ cobra.ShellCompDirective) {
	c.dirGiven = c.dirGiven || cmd.Flags().Changed("dir")
	_ = c.asking(cmd.Context(), func(p place) error {
		list, err := p.modules(cmd.Context())
		for _, m := range list {
			found = append(found, string(m.ID))
		}
		return err
	})
	return found, cobra.ShellCompDirectiveNoFileComp
}
