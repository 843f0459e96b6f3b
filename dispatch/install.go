package dispatch

import (
	"context"
	"fmt"
	"maps"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/txn"
)

// A program is code that a command has installed.
type program struct {
	hash state.Hash
	code []byte
	// installed is what the Dispatcher knows from here on.
	installed map[actor.ModuleID]state.Hash
}

// install executes a command with state.OpInstall on tx. The code itself is not written to tx, but returned: nobody reads
// it there, and it would fill the memory of the partition. It is nil if the very code was there.
func (m *machine) install(ctx context.Context, tx *txn.Tx, cmd *state.Command, trace *Trace) (Result, *program) {
	in, err := DecodeInstallation(&cmd.Message)
	if err != nil {
		return Result{Err: actor.Errorf(actor.CodeMalformed, "the installation cannot be read")}, nil
	}
	r, d := &m.run, m.d // the migrations run under what is installed by then
	r.command(&d, tx, cmd)
	p := &program{hash: in.Hash(), code: in.Code}
	r.trace = startInstallTrace(trace, cmd, &in, p.hash)
	gas := &meter{limit: r.limits.Gas}
	changed, failure := r.install(ctx, &d, cmd, &in, p, gas)
	var out outcome
	if failure == nil && in.Then.To != "" {
		out, failure = r.then(ctx, tx, &in, gas)
	}
	r.trace.root().end(outcome{}, failure, gas.used)
	result := r.result(tx, gas, outcome{data: out.data}, failure)
	if !changed || failure != nil || result.Fault != nil {
		return result, nil
	}
	m.run.strangers.forgetAll()
	return result, p
}

// install reports whether anything has changed. On an error the caller must roll back.
func (r *run) install(ctx context.Context, d *Dispatcher, cmd *state.Command, in *Installation, p *program, gas *meter) (changed bool, err error) {
	if refused := in.check(); refused != nil {
		return false, refused
	}
	if len(in.Body) > r.limits.Body {
		return false, actor.Errorf(actor.CodeBodyTooLarge, "a message has at most %d bytes, that for the migrations has %d", r.limits.Body, len(in.Body))
	}
	if cmd.Sender != "" {
		if err := r.admit(r.root, cmd); err != nil {
			return false, err
		}
	}
	if err := r.permit(r.root, cmd); err != nil {
		return false, err
	}
	now, known := r.module(r.root, in.Module)
	if err := r.root.Err(); err != nil {
		return false, err
	}
	if done, refused := in.judge(&now, known, p.hash); refused != nil {
		return false, refused
	} else if done {
		return false, nil
	}
	r.trace.root().replaced(now.Hash)
	record := state.Module{ID: in.Module, Kind: in.Kind, Bound: cmd.Sequence, Hash: p.hash, Size: uint64(len(in.Code))}
	r.root.Set(r.Partition.AppendModule(nil, in.Module), record.Append(nil))
	p.installed = maps.Clone(d.installed)
	if p.installed == nil {
		p.installed = map[actor.ModuleID]state.Hash{}
	}
	p.installed[in.Module] = p.hash
	d.installed = p.installed
	if in.Migrate && known {
		err = r.migrateAll(ctx, cmd.Sender, in, gas)
	}
	return true, err
}

// then delivers what follows the installation.
func (r *run) then(ctx context.Context, tx *txn.Tx, in *Installation, gas *meter) (outcome, error) {
	msg := actor.Message{Kind: actor.KindSudo, To: in.Then.To, Body: in.Then.Body}
	return r.deliver(ctx, delivery{tx: tx, msg: &msg, meter: gas, depth: 1, root: true, span: r.trace.child(r.trace.root(), "", &msg)})
}

// module reads the row of a module.
func (r *run) module(tx *txn.Tx, id actor.ModuleID) (record state.Module, ok bool) {
	r.key = r.Partition.AppendModule(r.key[:0], id)
	row, ok := tx.Get(r.key)
	if !ok {
		return state.Module{}, false
	}
	record, err := state.DecodeModule(row)
	if err != nil {
		tx.Fail(fmt.Errorf("dispatch: the record of module %s: %w", id, err))
	}
	return record, err == nil
}

// migrateAll migrates every actor that the module had at first, if the hook lets it. One that has gone to another module
// when its turn comes, because of what an earlier one has sent, is passed over.
func (r *run) migrateAll(ctx context.Context, from actor.Address, in *Installation, gas *meter) error {
	for _, addr := range r.actorsOf(in.Module) {
		msg := &actor.Message{Kind: actor.KindMigrate, To: addr, Module: in.Module, Body: in.Body}
		d := delivery{tx: r.root, from: from, msg: msg, meter: gas, depth: 1, root: true}
		record, ok := r.actor(r.root, addr)
		if !ok || record.Module != in.Module {
			continue
		}
		d.span = r.trace.child(r.trace.root(), from, msg)
		used := gas.used
		r.stack = append(r.stack, addr)
		var out outcome
		err := r.authorize(d)
		if err == nil {
			out, err = r.recode(ctx, d, &record)
		}
		err = r.fail(err)
		r.stack = r.stack[:len(r.stack)-1]
		if d.span.end(out, err, gas.used-used); err != nil {
			return err
		}
	}
	return r.root.Err()
}

// actorsOf returns the actors of a module in the order of addresses.
func (r *run) actorsOf(module actor.ModuleID) (list []actor.Address) {
	lo, hi := r.Partition.Bounds(state.Actors)
	prefix := len(lo)
	it := r.root.Range(lo, hi, false)
	defer it.Close()
	for it.Next() {
		addr := actor.Address(it.Key()[prefix:])
		_, of, ok := state.ActorHead(it.Value())
		if !ok {
			r.root.Fail(fmt.Errorf("dispatch: the record of actor %s cannot be read: %w", addr, state.ErrCorrupt))
			return nil
		}
		if actor.ModuleID(of) == module {
			list = append(list, addr)
		}
	}
	return list
}

// readInstalled returns the hashes of the modules whose code is in the store.
func readInstalled(store *state.Store, p state.Partition) (map[actor.ModuleID]state.Hash, error) {
	it, err := store.Iter(p.Bounds(state.Modules))
	if err != nil {
		return nil, err
	}
	defer it.Close()
	list := map[actor.ModuleID]state.Hash{}
	for more := it.First(); more; more = it.Next() {
		record, err := state.DecodeModule(it.Value())
		if err != nil {
			return nil, fmt.Errorf("dispatch: a record of a module: %w", err)
		}
		if record.Installed() {
			list[record.ID] = record.Hash
		}
	}
	return list, it.Err()
}
