package command

import "github.com/spf13/cobra"

func (c *call) instantiateCommand() *cobra.Command {
	var f sendFlags
	cmd := c.moduleMessage(&f, &f.create, &cobra.Command{
		Use:   "instantiate ADDRESS MODULE [BODY]",
		Short: "Make an actor of a module",
		Long: `Make an actor of a module at an address, and send it the body as its instantiate message. If ADDRESS is - the host picks
one, and prints it. Actors at NAME/key, where NAME is a module, need not be made: they come into being with the first
message. It is the same as send with --create.

` + bodyHelp,
		Example: c.examples(`
			% instantiate desk counter '{"start":7}'
			% instantiate desk counter --as alice --admin alice
			% instantiate - counter`),
	})
	cmd.Flags().StringVar(&f.admin, "admin", "", "the `address` that may migrate the actor")
	return cmd
}

func (c *call) migrateCommand() *cobra.Command {
	var f sendFlags
	return c.moduleMessage(&f, &f.migrate, &cobra.Command{
		Use:   "migrate ADDRESS MODULE [BODY]",
		Short: "Put an actor on another module",
		Long: `Put an actor on another module, which gets the body as a migrate message and finds the state that the module before has
left. Only the admin of the actor may. It is the same as send with --migrate. To give all actors of a module other code,
see install --replace and --migrate.

` + bodyHelp,
		Example: c.examples(`
			% migrate desk counter2 --as alice
			% migrate desk counter2 '{"unit":"cents"}' --as alice --trace`),
	})
}

// moduleMessage completes a command that sends a message which names a module: as the field of the flags says.
func (c *call) moduleMessage(f *sendFlags, module *string, cmd *cobra.Command) *cobra.Command {
	cmd.Args = between(2, 3)
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 1 {
			return c.completeModule(cmd, nil, prefix)
		}
		return c.completeAddress(cmd, args, prefix)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if args[1] == "" {
			return misuse("MODULE is empty")
		}
		*module, f.hasAs = args[1], cmd.Flags().Changed("as")
		req, err := f.request(c, append(args[:1:1], args[2:]...))
		if err != nil {
			return err
		}
		return c.sending(cmd.Context(), func(p place) error { return c.send(cmd.Context(), p, req) })
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.as, "as", "", senderHelp)
	cmd.Flags().StringVar(&f.id, "id", "", "the request `id`: however often a request is sent with it, it has one effect")
	cmd.Flags().BoolVar(&f.trace, "trace", false, "print the tree of the transaction")
	return cmd
}
