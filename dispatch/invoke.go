package dispatch

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// entry says which entry point to call: Query for a view, Reply for a reply, else that for the kind of the message.
type entry struct {
	msg   *actor.Message
	reply *actor.Reply
	view  *actor.View
	body  []byte // of a query
}

// halt is the panic with which the host ends a call from within; frame.halted says why.
type halt struct{}

// invoke calls an entry point. It decides what came of it: a fault of the host, an order to stop, and only then what the
// actor says. It is the one place where a panic is recovered. The answer to a query is the data of the response.
func (f *frame) invoke(ctx context.Context, e entry) (resp actor.Response, err error) {
	if !f.meter.use(f.price(e)) {
		return actor.Response{}, outOfGas(f.meter)
	}
	if err := f.cancelled(ctx); err != nil {
		return actor.Response{}, err
	}
	defer func() {
		if v := recover(); v != nil {
			err = f.panicked(v)
		}
		switch {
		case f.tx.Err() != nil:
			err = f.tx.Err()
		case f.halted != nil:
			err = f.halted
		case f.cancelled(ctx) != nil:
			err = f.tx.Err()
		case !f.code.System && f.meter.used >= f.meter.limit:
			err = outOfGas(f.meter) // rule S24: to use exactly the limit is too much, whatever the actor says (S30)
		}
	}()
	if resp, err = f.call(ctx, e); err != nil {
		err = said(err) // here, because the methods of the actor's error may panic
	}
	return resp, err
}

// price is what calling the entry point costs, before it runs (rule S27).
func (f *frame) price(e entry) uint64 {
	gas := &f.run.gas
	again := gas.Again > 0 && (e.reply != nil || f.code.System || f.run.calledBefore(f.module))
	switch {
	case again:
		return gas.Again
	case e.view != nil:
		return gas.Query
	}
	return gas.Call
}

// calledBefore reports whether the transaction has called the code of a module before, and takes note that it has. Modules
// of one and the same installed code are the same.
func (r *run) calledBefore(module actor.ModuleID) bool {
	c := called{hash: r.installed[module]}
	if c.hash == (state.Hash{}) {
		c.module = module
	}
	if slices.Contains(r.called, c) {
		return true
	}
	r.called = append(r.called, c)
	return false
}

// called is code that a transaction has called: that with the hash, or else that which is bound as the module.
type called struct {
	hash   state.Hash
	module actor.ModuleID
}

// said returns what an actor or a hook meant by its error, which is not nil.
func said(err error) *actor.Error {
	e := actor.AsError(err)
	if e == nil {
		return actor.Errorf(actor.CodeFailed, "a nil *actor.Error was returned as an error: return nil itself")
	}
	if e.Code == "" {
		return &actor.Error{Code: actor.CodeFailed, Message: e.Message}
	}
	return e
}

// cancelled makes the end of the context a fault of the transaction. Whether it comes in time depends on the clock, so
// no actor may catch it.
func (f *frame) cancelled(ctx context.Context) error {
	if ctx.Done() == nil || ctx.Err() == nil {
		return nil
	}
	f.tx.Fail(fmt.Errorf("dispatch: %s was stopped: %w", f.self, context.Cause(ctx)))
	return f.tx.Err()
}

func (f *frame) panicked(value any) error {
	if _, ok := value.(halt); ok {
		return nil
	}
	if f.run.OnPanic != nil {
		f.run.OnPanic(f.self, value, debug.Stack())
	}
	f.span.logf("panic: %v", value)
	// The text must not depend on the value, which can hold an address of this process.
	return actor.Errorf(actor.CodePanic, "%s panicked", f.self)
}

func (f *frame) call(ctx context.Context, e entry) (actor.Response, error) {
	code := f.code.Actor
	if e.view != nil {
		a, ok := code.(actor.Querier)
		if !ok {
			return f.unsupported("Query")
		}
		data, err := a.Query(ctx, e.view, e.body)
		return actor.Response{Data: data}, err
	}
	if e.reply != nil {
		if a, ok := code.(actor.Replier); ok {
			return a.Reply(ctx, &f.env, *e.reply)
		}
		return f.unsupported("Reply")
	}
	switch e.msg.Kind {
	case actor.KindInstantiate:
		if a, ok := code.(actor.Instantiator); ok {
			return a.Instantiate(ctx, &f.env, *e.msg)
		}
		if len(e.msg.Body) > 0 {
			return f.unsupported("Instantiate")
		}
		return actor.Response{}, nil
	case actor.KindMigrate:
		if a, ok := code.(actor.Migrator); ok {
			return a.Migrate(ctx, &f.env, *e.msg)
		}
		return f.unsupported("Migrate")
	case actor.KindSudo:
		if a, ok := code.(actor.Sudoer); ok {
			return a.Sudo(ctx, &f.env, *e.msg)
		}
		return f.unsupported("Sudo")
	}
	return code.Execute(ctx, &f.env, *e.msg)
}

func (f *frame) unsupported(what string) (actor.Response, error) {
	return actor.Response{}, actor.Errorf(actor.CodeUnsupported, "module %q has no %s", string(f.module), what)
}

func outOfGas(m *meter) error {
	return &stop{err: actor.Errorf(actor.CodeOutOfGas, "the limit of %d gas is used up", m.limit), meter: m}
}
