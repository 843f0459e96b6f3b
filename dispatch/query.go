package dispatch

import (
	"context"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/txn"
)

// query is a question on its way to an actor.
type query struct {
	to     actor.Address
	body   []byte
	around int   // queries that this one is nested in
	depth  int   // of the call that asks
	span   *Span // of the caller
	from   actor.Address
}

// query runs an actor's Query on tx. The answer counts in all that tx has written (rule S48).
func (r *run) query(ctx context.Context, tx *txn.Tx, m *meter, q query) (data []byte, err error) {
	span := r.trace.query(q.span, q.from, q.to, q.body)
	gas := m.used
	r.stack = append(r.stack, q.to)
	data, err = r.evaluate(ctx, tx, m, q, span)
	err = r.fail(err)
	r.stack = r.stack[:len(r.stack)-1]
	span.end(outcome{data: data}, err, m.used-gas)
	return data, err
}

func (r *run) evaluate(ctx context.Context, tx *txn.Tx, m *meter, q query, span *Span) ([]byte, error) {
	if q.around >= r.limits.QueryDepth {
		return nil, actor.Errorf(actor.CodeQueryDepth, "queries nest at most %d deep", r.limits.QueryDepth)
	}
	if err := q.to.Validate(); err != nil {
		return nil, err
	}
	if len(q.body) > r.limits.Body {
		return nil, actor.Errorf(actor.CodeBodyTooLarge, "a query has at most %d bytes, this one has %d", r.limits.Body, len(q.body))
	}
	target, ok := r.find(tx, q.to)
	if err := tx.Err(); err != nil {
		return nil, err
	}
	if !ok {
		return nil, actor.Errorf(actor.CodeUnknownActor, "there is no actor %s, and no module is bound as %q", q.to, q.to.Kind())
	}
	f := r.frame(delivery{tx: tx, meter: m, depth: q.depth, span: span}, q.to, target)
	f.queries = q.around + 1
	return f.answer(ctx, q.body)
}

// answer calls Query. A virtual actor that was never sent a message answers from an empty state.
func (f *frame) answer(ctx context.Context, body []byte) ([]byte, error) {
	view := &actor.View{Self: f.self, Sequence: f.run.seq, Time: f.run.time, State: readerOf{f}, Services: servicesOf{f}}
	resp, err := f.invoke(ctx, entry{view: view, body: body})
	if err != nil {
		return nil, err
	}
	if len(resp.Data) > f.run.limits.Data {
		return nil, actor.Errorf(actor.CodeDataTooLarge, "an answer has at most %d bytes, this one has %d", f.run.limits.Data, len(resp.Data))
	}
	return resp.Data, nil
}

// ask is a query that an actor makes while it runs. A failure is an error to the actor; running out of gas, or a fault,
// ends the actor, too (rule S50).
func (f *frame) ask(ctx context.Context, to actor.Address, body []byte) ([]byte, error) {
	f.charge(0)
	failed := f.run.failed
	data, err := f.run.query(ctx, f.tx, f.meter, query{to: to, body: body, around: f.queries, depth: f.depth, span: f.span, from: f.self})
	f.sound()
	if _, stopped := err.(*stop); stopped {
		f.halt(err)
	}
	if err != nil {
		f.run.failed = failed // what the caller makes of it begins with the caller
		return nil, err
	}
	return data, nil
}

// askRaw reads a key of any actor; who is not there has none (rule S52).
func (f *frame) askRaw(to actor.Address, key []byte) ([]byte, bool) {
	gas := &f.run.gas
	f.charge(gas.Read)
	if len(key) > MaxStateKey {
		f.halt(actor.Errorf(actor.CodeKeyTooLarge, "a key has at most %d bytes, this one has %d", MaxStateKey, len(key)))
	}
	if !to.Valid() {
		return nil, false
	}
	r := f.run
	number, _, ok := r.head(f.tx, to)
	f.sound()
	if !ok {
		return nil, false
	}
	r.key = r.Partition.AppendState(r.key[:0], number, key)
	value, ok := f.tx.Get(r.key)
	f.sound()
	f.charge(uint64(len(key)+len(value)) * gas.ReadByte)
	f.span.readOf(to, key, value)
	return value, ok
}

// askRange reads keys of any actor. It pays for what it returns, as a range of the actor's own keys does.
func (f *frame) askRange(to actor.Address, start, end []byte, order actor.Order, limit int) (pairs [][2][]byte, next []byte) {
	r := f.run
	f.charge(r.gas.Range)
	if !to.Valid() {
		return nil, nil
	}
	number, _, ok := r.head(f.tx, to)
	f.sound()
	if !ok {
		return nil, nil
	}
	own := f.prefix
	defer func() { f.prefix = own }()
	f.prefix = r.Partition.AppendStatePrefix(nil, number) // the keys are the other's, everything else is this call's
	for key, value := range f.scan(start, end, order) {
		if len(pairs) >= limit {
			return pairs, key
		}
		f.span.readOf(to, key, value)
		pairs = append(pairs, [2][]byte{key, value})
	}
	return pairs, nil
}
