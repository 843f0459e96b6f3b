package command

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/claims"
)

// A washFlags are flags that people have in their scripts from wash, and that make no difference on one host.
type washFlags struct {
	hostID      string
	constraints []string
}

// add adds them. They stand in no help.
func (f *washFlags) add(cmd *cobra.Command) {
	short := "c"
	if cmd.Flags().ShorthandLookup(short) != nil {
		short = ""
	}
	flags := cmd.Flags()
	flags.StringVar(&f.hostID, "host-id", "", "the `host`: there is one")
	flags.StringSliceVarP(&f.constraints, "constraint", short, nil, "labels that a host must have")
	flags.Uint("auction-timeout-ms", 0, "how long to look for a host")
	flags.Uint("timeout-ms", 0, "how long to wait")
	flags.Bool("skip-wait", false, "do not wait")
	flags.String("lattice", "", "the lattice")
	for _, name := range []string{"host-id", "constraint", "auction-timeout-ms", "timeout-ms", "skip-wait", "lattice"} {
		_ = flags.MarkHidden(name)
	}
}

// warn says what of them does not count.
func (f *washFlags) warn(c *call) {
	if len(f.constraints) > 0 {
		fmt.Fprintf(c.Stderr, "%s: warning: --constraint %s is not looked at: there is one host\n", c.Name, strings.Join(f.constraints, ","))
	}
}

// withoutHost leaves the key of a host out that old scripts have as the first argument.
func (f *washFlags) withoutHost(args []string) []string {
	if len(args) > 1 && isHost(args[0]) {
		f.hostID = args[0]
		return args[1:]
	}
	return args
}

func isHost(text string) bool { return claims.CheckPublic(text, claims.NodeKey) == nil }

// unlabelled says what becomes of the labels of a host. They would be for who looks for one among many, and there is one.
func unlabelled(labels []string) string {
	return fmt.Sprintf("the labels %s have no effect: there is one host, it keeps no labels, and nothing is placed by them", strings.Join(labels, ", "))
}
