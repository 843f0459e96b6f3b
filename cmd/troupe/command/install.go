package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
	"github.com/troupe-run/troupe/state"
)

// installFlags say how a module is installed.
type installFlags struct {
	bodyFlags
	as                      string
	replace, migrate, trace bool
}

func (c *call) installCommand() *cobra.Command {
	var f installFlags
	cmd := &cobra.Command{
		Use:   "install NAME FILE [BODY]",
		Short: "Install a WebAssembly module",
		Long: `Make the WebAssembly in a file, or on standard input if FILE is -, the module NAME of the data directory. Messages to the
address NAME and to every NAME/key reach its actors, which come into being with the first one. The code is kept in the
directory. It may be packed by gzip.

To install the same code again changes nothing. Other code takes the place of what the module has with --replace; its
actors go on with the state that they have. With --migrate, which includes --replace, every actor of the module is sent
a migrate message with BODY, in the same transaction: if one of them fails, nothing has changed. The directory is made
if it is not there. What is compiled is kept for other commands in the cache directory of the user; ` + cacheEnv + ` names
another.

A contract of CosmWasm is an actor like others: it takes addresses such as account/alice for addresses, and nobody has funds.
In a data directory that has a chain, which --app says, it is stored as a code instead, of which contracts are made.

` + bodyHelp,
		Example: c.examples(`
			% install counter counter.wasm
			% install counter counter.wasm --replace
			% install counter counter.wasm '{"unit":"cents"}' --migrate --trace`),
		Args: between(2, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkModule(args[0]); err != nil {
				return err
			}
			in, err := f.installation(c, args)
			if err != nil {
				return err
			}
			code, err := c.codeOf(args[1])
			if err == nil {
				err = checkCode(args[1], code)
			}
			if err != nil {
				return err
			}
			c.except = args[0]
			in.code = code
			ctx := cmd.Context()
			return c.sending(ctx, func(p place) error {
				chained, err := p.chained(ctx)
				if err != nil {
					return err
				}
				if chained && isContract(code) {
					d, here := p.(directory)
					if !here {
						return usagef("%s has a chain, and a contract on a chain is stored by whoever has the data directory open: put it into the %s of its application", p.called(), manifest.File)
					}
					return c.storeContract(ctx, d.host, args[0], code, &f)
				}
				return c.install(ctx, p, in, chained)
			})
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.replace, "replace", false, "put the code in the place of other code")
	flags.BoolVar(&f.migrate, "migrate", false, "and migrate all actors of the module, in the same transaction")
	flags.StringVar(&f.as, "as", "", "with --migrate: the `sender` of the migrate messages; the operator of the host if empty")
	flags.BoolVar(&f.trace, "trace", false, "print the tree of the migrations")
	return cmd
}

func (f *installFlags) installation(c *call, args []string) (in *installation, err error) {
	in = &installation{name: args[0], replace: f.replace, migrate: f.migrate, traced: f.trace}
	if !f.migrate && (len(args) > 2 || f.as != "") {
		return nil, misuse("BODY and --as are for migrate messages: they go with --migrate")
	}
	if f.as != "" {
		if in.sender, err = parseSender(f.as); err != nil {
			return nil, err
		}
	}
	in.body, err = f.read(c, args[2:])
	return in, err
}

// checkModule refuses what cannot be the name of a module, before anything is opened.
func checkModule(name string) error {
	a, err := parseAddress(name)
	if err != nil || a.Key() != "" {
		return usagef("%s is no name for a module: it matches [a-z0-9][a-z0-9._-]*", quoted(name))
	}
	return nil
}

// checkCode refuses what is known to be no module, before anything is opened.
func checkCode(file string, code []byte) error {
	in, err := runtime.Inspect(code)
	if err == nil && in.Refused != nil {
		err = fmt.Errorf("%w: %w", runtime.ErrCode, in.Refused)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// codeOf reads the file of a module.
func (c *call) codeOf(file string) ([]byte, error) {
	if file != "-" {
		file = "@" + file
	}
	_, code, err := c.input(file)
	return code, err
}

func (c *call) install(ctx context.Context, p place, in *installation, chained bool) error {
	m, err := p.install(ctx, in)
	changed := in.trace.Root != nil
	var failed *runtime.TxError
	if err != nil && !errors.As(err, &failed) {
		return err
	}
	if err == nil && c.printer.json {
		return c.installed(ctx, p, &m, in)
	}
	if changed && in.traced {
		c.printer.printf("%s", show.Trace(&in.trace, c.printer.options()))
	}
	if err != nil {
		if c.printer.json {
			return err
		}
		return &txFailure{failed}
	}
	what := "installed"
	if !changed {
		what = "unchanged:"
	}
	c.printer.printf("%s %s  %s %s, %s bytes, seq %d\n", what, c.printer.style(show.Name, string(m.ID)), m.Kind, show.Hash(m.Hash),
		show.Count(m.Size), m.Bound)
	if m.Kind == cosmwasm.Kind && !chained {
		c.printer.printf("  a plain actor, to be made by 'instantiate': the directory has no chain, so there are no funds and no codes; " +
			"--app names an application with one\n")
	}
	if !changed || in.traced {
		return nil
	}
	receipt, err := p.receipt(ctx, m.Bound)
	if err == nil {
		c.printer.printf("%s", show.Events(receipt.Events, c.printer.options()))
	}
	return err
}

// installed prints for machines what became of an installation.
func (c *call) installed(ctx context.Context, p place, m *state.Module, in *installation) error {
	changed := in.trace.Root != nil
	v := struct {
		moduleView
		Changed bool         `json:"changed"`
		Receipt *receiptView `json:"receipt,omitempty"`
		Trace   *traceView   `json:"trace,omitempty"`
	}{moduleView: viewModule(&module{Module: *m, here: true}), Changed: changed}
	if changed {
		receipt, err := p.receipt(ctx, m.Bound)
		if err != nil {
			return err
		}
		r := c.printer.viewReceipt(receipt)
		v.Receipt = &r
		if in.traced {
			v.Trace = c.printer.viewTrace(&in.trace)
		}
	}
	return c.printer.object(v)
}
