package dispatch

import (
	"context"

	"github.com/troupe-run/troupe/runtime/actor"
)

// finish does what follows an entry point that succeeded (rule S30): its events, the check of depth (rule S25), its
// sub-messages. It returns the data of the call: the last that a reply set, else the response's own (rule S11).
func (r *run) finish(ctx context.Context, f *frame, resp actor.Response, entry actor.Event) ([]byte, error) {
	if err := r.validate(resp); err != nil {
		return nil, err
	}
	if err := r.emitAll(f, resp, entry); err != nil {
		return nil, err
	}
	if f.depth > r.limits.Depth {
		return nil, actor.Errorf(actor.CodeDepthExceeded, "calls nest at most %d deep", r.limits.Depth)
	}
	data := resp.Data
	for i := range resp.Messages {
		replied, err := r.sub(ctx, f, &resp.Messages[i])
		if err != nil {
			return nil, f.wrap(err)
		}
		if replied != nil {
			data = replied
		}
	}
	return data, nil
}

func (r *run) validate(resp actor.Response) error {
	if len(resp.Data) > r.limits.Data {
		return actor.Errorf(actor.CodeDataTooLarge, "data has at most %d bytes, this has %d", r.limits.Data, len(resp.Data))
	}
	for i := range resp.Messages {
		if n := len(resp.Messages[i].Payload); n > actor.MaxPayload {
			return actor.Errorf(actor.CodePayloadTooLarge, "the payload of the sub-message at index %d has %d bytes, at most %d go", i, n, actor.MaxPayload)
		}
	}
	return nil
}

// sub runs one sub-message in a savepoint of its own and delivers the reply if one was asked for. It returns what the
// reply set as data.
func (r *run) sub(ctx context.Context, f *frame, sub *actor.SubMsg) ([]byte, error) {
	if sub.ReplyOn > actor.ReplyAlways {
		return nil, actor.Errorf(actor.CodeInvalidMessage, "sub-message %d: %s is no way to reply", sub.ID, sub.ReplyOn)
	}
	if r.messages >= uint64(r.limits.Messages) {
		return nil, &stop{err: actor.Errorf(actor.CodeTooManyMessages, "a transaction has at most %d sub-messages", r.limits.Messages)}
	}
	r.messages++
	from, depth := f.self, f.depth+1
	if f.code.System {
		depth = f.depth
	}
	if sub.As != "" && sub.As != f.self {
		if !f.code.System {
			return nil, actor.Errorf(actor.CodeUnauthorized, "sub-message %d: %s may not send in the name of %s", sub.ID, f.self, sub.As)
		}
		from = sub.As
	}
	child, mark := f.tx.Begin(), len(r.events)
	m := f.meter
	if sub.GasLimit > 0 && sub.GasLimit < m.left() {
		m = &meter{limit: sub.GasLimit}
	}
	before := m.used
	out, err := r.deliver(ctx, delivery{tx: child, from: from, msg: &sub.Msg, meter: m, depth: depth,
		span: r.trace.sub(f.span, from, sub), system: f.code.System})
	used := m.used - before
	if m != f.meter {
		f.meter.used += used // it fits: the limit was less than what was left
		err = ownLimit(err, m)
	}
	reply := actor.Reply{ID: sub.ID, Payload: sub.Payload, Callee: sub.Msg.To, GasUsed: used}
	if err != nil {
		child.Rollback()
		r.events = r.events[:mark]
		if _, stopped := err.(*stop); stopped || sub.ReplyOn&actor.ReplyOnError == 0 || f.tx.Err() != nil {
			return nil, err
		}
		reply.Err, r.failed = actor.AsError(err), nil
		return r.reply(ctx, f, reply)
	}
	child.Commit()
	if sub.ReplyOn&actor.ReplyOnSuccess == 0 {
		return nil, nil
	}
	reply.Callee, reply.Data = out.callee, out.data
	if !out.system {
		reply.Events = r.events[mark:len(r.events):len(r.events)]
	}
	return r.reply(ctx, f, reply)
}

// ownLimit makes running out of the sub-message's own gas an error that can be caught (rule S22).
func ownLimit(err error, m *meter) error {
	if s, ok := err.(*stop); ok && s.meter == m {
		return s.err
	}
	return err
}

// reply hands the outcome to the sender of the sub-message: on the sender's state, in the sender's transaction (rule S4), and
// to the code that the sender has by now.
func (r *run) reply(ctx context.Context, f *frame, reply actor.Reply) ([]byte, error) {
	span := r.trace.reply(f.span, f.self, &reply)
	gas := f.meter.used
	d := delivery{tx: f.tx, meter: f.meter, depth: f.depth + 1, span: span}
	target := f.found
	if r.migrated {
		target, _ = r.find(f.tx, f.self)
		if err := f.tx.Err(); err != nil {
			return nil, err
		}
	}
	g := r.frame(d, f.self, target)
	data, err := r.answer(ctx, g, reply)
	if e, ok := err.(*actor.Error); ok {
		err = &actor.Error{Code: e.Code, Message: "reply: " + e.Message} // rule S6
		if f.code.Wrap != nil {
			err = f.code.Wrap(actor.KindReply, e)
		}
	}
	err = r.fail(err)
	span.end(outcome{data: data}, err, f.meter.used-gas)
	return data, err
}

func (r *run) answer(ctx context.Context, f *frame, reply actor.Reply) ([]byte, error) {
	resp, err := f.invoke(ctx, entry{reply: &reply})
	if err != nil {
		return nil, err
	}
	return r.finish(ctx, f, resp, actor.Event{Actor: f.self, Type: "reply"})
}

// wrap gives the error of a sub-message the form that the frame's dialect wants. An order to stop is nobody's to change,
// and the one call that a reply belongs to wraps what goes wrong in it as a whole.
func (f *frame) wrap(err error) error {
	e, ok := err.(*actor.Error)
	if !ok || f.code.Wrap == nil || f.kind == actor.KindReply {
		return err
	}
	return f.code.Wrap(f.kind, e)
}

// frame prepares a call of the actor self. Span numbers count calls, so that each has randomness of its own.
func (r *run) frame(d delivery, self actor.Address, target found) *frame {
	f := &frame{run: r, tx: d.tx, self: self, found: target, meter: d.meter, depth: d.depth, span: d.span}
	if f.kind = actor.KindReply; d.msg != nil {
		f.kind = d.msg.Kind
	}
	f.prefix = r.Partition.AppendStatePrefix(f.prefixBuf[:0], target.number)
	f.env = actor.Env{Self: self, Sender: d.from, Sequence: r.seq, Time: r.time, Seed: r.seed, Span: r.frames,
		State: stateOf{f}, Services: servicesOf{f}}
	r.frames++
	f.span.running(target.module)
	return f
}
