package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

const senderHelp = "the `sender` of the message; " + localSender + " if empty, and your key on a server"

// sendFlags are what send can be told beside the address and the body.
type sendFlags struct {
	bodyFlags
	as, id                   string
	create, migrate          string
	admin, setAdmin          string
	sudo, trace, hasSetAdmin bool
	hasAs                    bool
}

func (c *call) sendCommand() *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:   "send ADDRESS [BODY]",
		Short: "Send a message: one transaction",
		Long: `Send a message to an actor and wait until the transaction is durable. If it fails it leaves nothing but its receipt, and
the exit code is 1. The directory is made if it is not there.

` + bodyHelp,
		Example: c.examples(`
			% send currency/gold '{"transfer":{"to":"bob","amount":5}}' --as alice
			% send currency/gold @transfer.json --id order-17     # safe to repeat: one effect, one receipt
			% send puppet/alice --raw 'set greeting=hello' --trace
			% send desk '{"name":"front"}' --create puppet --admin alice`),
		Args:              between(1, 2),
		ValidArgsFunction: c.completeAddress,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.hasSetAdmin, f.hasAs = cmd.Flags().Changed("set-admin"), cmd.Flags().Changed("as")
			req, err := f.request(c, args)
			if err != nil {
				return err
			}
			return c.sending(cmd.Context(), func(p place) error { return c.send(cmd.Context(), p, req) })
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.as, "as", "", senderHelp)
	flags.StringVar(&f.id, "id", "", "the request `id`: however often a request is sent with it, it has one effect")
	flags.StringVar(&f.create, "create", "", "make the actor from this `module`; the body is for its instantiation")
	flags.StringVar(&f.admin, "admin", "", "with --create: the `address` that may migrate the actor")
	flags.StringVar(&f.migrate, "migrate", "", "put the actor on this `module`; only its admin may")
	flags.StringVar(&f.setAdmin, "set-admin", "", "make this `address` the admin, nobody if empty; only the admin may")
	flags.BoolVar(&f.sudo, "sudo", false, "send it as the operator of the host, without a sender")
	flags.BoolVar(&f.trace, "trace", false, "print the tree of the transaction")
	cmd.MarkFlagsMutuallyExclusive("create", "migrate", "set-admin", "sudo")
	cmd.MarkFlagsMutuallyExclusive("sudo", "as")
	_ = cmd.RegisterFlagCompletionFunc("create", c.completeModule)
	_ = cmd.RegisterFlagCompletionFunc("migrate", c.completeModule)
	return cmd
}

// request checks everything that can be checked before the directory is touched.
func (f *sendFlags) request(c *call, args []string) (req dispatch.Request, err error) {
	req.ID = f.id
	if len(f.id) > dispatch.MaxRequestID {
		return req, usagef("--id has at most %d bytes, this one has %d", dispatch.MaxRequestID, len(f.id))
	}
	if f.admin != "" && f.create == "" {
		return req, misuse("--admin goes with --create")
	}
	if picked := args[0] == "-" && f.create != ""; !picked {
		if req.Message.To, err = parseAddress(args[0]); err != nil {
			return req, err
		}
	}
	if f.hasAs {
		if req.Sender, err = parseSender(f.as); err != nil {
			return req, err
		}
	}
	if req.Message.Body, err = f.read(c, args[1:]); err != nil {
		return req, err
	}
	if f.trace {
		req.Trace = new(dispatch.Trace)
	}
	return req, f.kind(&req.Message)
}

// kind says what the message asks for.
func (f *sendFlags) kind(msg *actor.Message) (err error) {
	switch {
	case f.create != "":
		msg.Kind, msg.Module = actor.KindInstantiate, actor.ModuleID(f.create)
		if f.admin != "" {
			msg.Admin, err = parseSender(f.admin)
		}
	case f.migrate != "":
		msg.Kind, msg.Module = actor.KindMigrate, actor.ModuleID(f.migrate)
	case f.hasSetAdmin:
		msg.Kind = actor.KindSetAdmin
		if msg.Body != nil {
			return usagef("--set-admin takes no body")
		}
		if f.setAdmin != "" {
			msg.Admin, err = parseSender(f.setAdmin)
		}
	case f.sudo:
		msg.Kind = actor.KindSudo
	}
	return err
}

// send runs the transaction and prints its receipt, be it good or bad.
func (c *call) send(ctx context.Context, p place, req dispatch.Request) error {
	receipt, err := p.do(ctx, &req)
	if receipt != nil {
		if printErr := c.sent(ctx, p, req, receipt); printErr != nil {
			err = errors.Join(err, printErr)
		}
	}
	var failed *runtime.TxError
	if errors.As(err, &failed) && !c.printer.json {
		return &txFailure{failed}
	}
	return err
}

func (c *call) sent(ctx context.Context, p place, req dispatch.Request, r *state.Receipt) error {
	t := req.Trace
	if text := textOf(p); t != nil && t.Root != nil {
		c.printer.text = text.tree(ctx, t.Root)
	} else {
		c.printer.text = text.actor(ctx, cmp.Or(r.Callee, req.Message.To))
	}
	switch {
	case t == nil || t.Root == nil:
		if r.Err != nil && !c.printer.json {
			return nil // the error says it all
		}
		if r.Err == nil && req.Message.To == "" && !c.printer.json {
			c.printer.printf("made %s\n", c.printer.style(show.Name, string(r.Callee)))
		}
		return c.printer.receipt(r, req.Sender)
	case c.printer.json:
		return c.printer.object(struct {
			receiptView
			Trace *traceView `json:"trace"`
		}{c.printer.viewReceipt(r), c.printer.viewTrace(t)})
	}
	c.printer.printf("%s", show.Trace(t, c.printer.options()))
	return nil
}

// A txFailure says in one line which transaction failed and why.
type txFailure struct{ *runtime.TxError }

func (e *txFailure) Error() string {
	return fmt.Sprintf("rolled back seq %d: %s", e.Sequence, e.TxError)
}

func (e *txFailure) Unwrap() error { return e.TxError }
