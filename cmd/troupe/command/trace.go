package command

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime/actor"
)

func (c *call) traceCommand() *cobra.Command {
	var reads, gas, full bool
	cmd := &cobra.Command{
		Use:   "trace SEQ",
		Short: "Draw the tree of a transaction",
		Long: `Draw what happened in a transaction: every call with its sub-messages, replies, reads, writes and events, and what was
rolled back and why. Unless the trace was kept, the log is executed again up to the transaction, in memory, which needs
the modules in this binary and takes as long as that takes.`,
		Example: c.examples(`
			% trace 17
			% trace 17 --reads --gas
			% trace 17 -o json`),
		Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			seq, err := parseSequence(args[0])
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			return c.asking(ctx, func(p place) error {
				if _, err := findEntry(ctx, p, seq); err != nil {
					return err
				}
				t, err := p.trace(ctx, seq)
				if err != nil {
					return err
				}
				if t.Root == nil {
					return notFoundf("transaction %d is an entry of the host and has no tree: see show %d", seq, seq)
				}
				c.printer.text = textOf(p).tree(ctx, t.Root)
				opts := c.printer.options()
				opts.Reads, opts.Gas = reads, gas
				if full {
					opts.Width = -1
				}
				if c.printer.json {
					return c.printer.object(c.printer.viewTrace(t))
				}
				c.printer.printf("%s", show.Trace(t, opts))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&reads, "reads", false, "also show what was read")
	cmd.Flags().BoolVar(&gas, "gas", false, "show the gas of every call")
	cmd.Flags().BoolVar(&full, "full", false, "show long values whole")
	return cmd
}

// traceView is a trace as machines get it.
type traceView struct {
	Sequence uint64          `json:"seq"`
	Time     time.Time       `json:"time"`
	Sender   actor.Address   `json:"sender,omitempty"`
	GasUsed  uint64          `json:"gas_used"`
	Error    *actor.Error    `json:"error,omitempty"`
	Path     []actor.Address `json:"path,omitempty"`
	Root     *spanView       `json:"root"`
}

type spanView struct {
	Kind      actor.Kind          `json:"kind"`
	From      actor.Address       `json:"from,omitempty"`
	To        actor.Address       `json:"to"`
	Module    actor.ModuleID      `json:"module,omitempty"`
	Install   *dispatch.Installed `json:"install,omitempty"`
	Body      data                `json:"body,omitzero"`
	Sub       *subView            `json:"sub,omitempty"`
	Reply     *replyView          `json:"reply,omitempty"`
	Touches   []touchView         `json:"touches,omitempty"`
	Events    []actor.Event       `json:"events,omitempty"`
	Logs      []string            `json:"logs,omitempty"`
	Data      data                `json:"data,omitzero"`
	Error     *actor.Error        `json:"error,omitempty"`
	GasUsed   uint64              `json:"gas_used"`
	Committed bool                `json:"committed"`
	Why       string              `json:"why,omitempty"`
	Children  []*spanView         `json:"children,omitempty"`
}

type subView struct {
	ID       uint64        `json:"id"`
	ReplyOn  actor.ReplyOn `json:"reply_on"`
	GasLimit uint64        `json:"gas_limit,omitempty"`
	Payload  data          `json:"payload,omitzero"`
}

type replyView struct {
	ID      uint64        `json:"id"`
	Callee  actor.Address `json:"callee"`
	Payload data          `json:"payload,omitzero"`
	GasUsed uint64        `json:"gas_used"`
	Error   *actor.Error  `json:"error,omitempty"`
	Data    data          `json:"data,omitzero"`
}

type touchView struct {
	Op  dispatch.Op `json:"op"`
	Key data        `json:"key"`
	End data        `json:"end,omitzero"`
	Old data        `json:"old,omitzero"`
	New data        `json:"new,omitzero"`
}

func (p *printer) viewTrace(t *dispatch.Trace) *traceView {
	return &traceView{t.Sequence, t.Time, t.Sender, t.GasUsed, t.Err, t.Path, p.viewSpan(t.Root)}
}

func (p *printer) viewSpan(s *dispatch.Span) *spanView {
	v := &spanView{Kind: s.Kind, From: s.From, To: s.To, Module: s.Module, Install: s.Install, Body: p.data(s.Body), Events: s.Events, Logs: s.Logs,
		Data: p.data(s.Data), Error: s.Err, GasUsed: s.GasUsed, Committed: s.Committed, Why: s.Why}
	if s.Sub != nil {
		v.Sub = &subView{s.Sub.ID, s.Sub.ReplyOn, s.Sub.GasLimit, p.data(s.Sub.Payload)}
	}
	if r := s.Reply; r != nil {
		v.Reply = &replyView{r.ID, r.Callee, p.data(r.Payload), r.GasUsed, r.Err, p.data(r.Data)}
	}
	for _, t := range s.Touches {
		v.Touches = append(v.Touches, p.viewTouch(&t))
	}
	for _, child := range s.Children {
		v.Children = append(v.Children, p.viewSpan(child))
	}
	return v
}

func (p *printer) viewTouch(t *dispatch.Touch) touchView {
	v := touchView{Op: t.Op, Key: keyData(t.Key), Old: p.data(t.Old), New: p.data(t.New)}
	if t.End != nil {
		v.End = keyData(t.End)
	}
	return v
}
