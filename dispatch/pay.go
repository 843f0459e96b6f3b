package dispatch

import (
	"context"

	"github.com/troupe-run/troupe/runtime/actor"
)

// pay moves the funds of a message before its receiver runs, on the same state: who asks the bank sees them (rules S30,
// S31).
func (r *run) pay(ctx context.Context, d delivery, to actor.Address, target found) error {
	if len(d.msg.Funds) == 0 {
		return nil
	}
	switch {
	case r.Bank == nil:
		return actor.Errorf(actor.CodeUnsupported, "this host has no bank: nothing can be paid to %s", to)
	case d.msg.Kind != actor.KindExecute && d.msg.Kind != actor.KindInstantiate:
		return actor.Errorf(actor.CodeInvalidMessage, "funds do not go with %s", d.msg.Kind)
	case !target.code.Payable:
		return actor.Errorf(actor.CodeUnsupported, "module %q takes no funds", string(target.module))
	}
	msg := r.Bank(to, d.msg.Funds)
	_, err := r.deliver(ctx, delivery{tx: d.tx, from: d.from, msg: &msg, meter: d.meter, depth: d.depth,
		span: r.trace.child(d.span, d.from, &msg)})
	return err
}

// hidden reports whether replies do not show the events of the code.
func (c *Code) hidden() bool { return c.System && !c.Shown }
