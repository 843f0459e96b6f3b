package dispatch

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/txn"
)

// A delivery is one message on its way to one actor, in the savepoint tx.
type delivery struct {
	tx    *txn.Tx
	from  actor.Address
	msg   *actor.Message
	meter *meter
	depth int // of the call, the root has 1
	span  *Span
	// system says that system code has sent the message, whoever it is from.
	system bool
	// root says that it is the command's own, or a migration of its installation.
	root bool
}

// outcome is what a call and its subtree left.
type outcome struct {
	callee actor.Address
	data   []byte
	system bool
}

// deliverRoot checks what only the root of a tree must be checked for, and delivers.
func (r *run) deliverRoot(ctx context.Context, tx *txn.Tx, cmd *state.Command, m *meter) (outcome, error) {
	d := delivery{tx: tx, from: cmd.Sender, msg: &cmd.Message, meter: m, depth: 1, span: r.trace.root(), root: true}
	if err := r.admit(tx, cmd); err != nil {
		d.span.fail(err)
		return outcome{}, err
	}
	return r.deliver(ctx, d)
}

// admit refuses a sender that bears the name of an actor: actors trust the sender to be who it says.
func (r *run) admit(tx *txn.Tx, cmd *state.Command) error {
	if cmd.Message.Kind == actor.KindSudo {
		return nil
	}
	if r.strangers.has(cmd.Sender) {
		return nil
	}
	if err := cmd.Sender.ValidateSender(); err != nil {
		return err
	}
	if !cmd.Sender.Valid() {
		return nil // no actor can have that name
	}
	if _, ok := r.find(tx, cmd.Sender); ok {
		return actor.Errorf(actor.CodeUnauthorized, "%s is an actor, nobody else may send in its name", cmd.Sender)
	}
	if tx.Err() == nil {
		r.strangers.add(cmd.Sender)
	}
	return nil
}

// deliver runs one message to its end: the call, its sub-messages and their replies. On an error the caller must roll
// d.tx back.
func (r *run) deliver(ctx context.Context, d delivery) (out outcome, err error) {
	r.stack = append(r.stack, d.msg.To)
	gas := d.meter.used
	if err = r.check(d); err == nil {
		switch d.msg.Kind {
		case actor.KindExecute, actor.KindSudo:
			out, err = r.execute(ctx, d)
		case actor.KindInstantiate:
			out, err = r.instantiate(ctx, d, d.msg)
		case actor.KindMigrate:
			out, err = r.migrate(ctx, d)
		case actor.KindSetAdmin:
			out, err = r.setAdmin(d)
		default:
			err = actor.Errorf(actor.CodeInvalidMessage, "%s is no message that can be sent", d.msg.Kind)
		}
	}
	err = r.fail(err)
	r.stack = r.stack[:len(r.stack)-1]
	d.span.end(out, err, d.meter.used-gas)
	return out, err
}

func (r *run) check(d delivery) error {
	if !(d.msg.Kind == actor.KindInstantiate && d.msg.To == "") {
		if err := d.msg.To.Validate(); err != nil {
			return err
		}
	}
	if len(d.msg.Body) > r.limits.Body {
		return actor.Errorf(actor.CodeBodyTooLarge, "a message has at most %d bytes, this one has %d", r.limits.Body, len(d.msg.Body))
	}
	if len(r.running) > 0 && slices.Contains(r.running, d.msg.To) {
		return actor.Errorf(actor.CodeReentrant, "%s is running already in this transaction, and nobody enters it in the middle of a call", d.msg.To)
	}
	if d.msg.Kind == actor.KindSudo && d.depth > 1 {
		return actor.Errorf(actor.CodeUnauthorized, "%s asks for sudo, which only the host may", d.from)
	}
	return r.authorize(d)
}

// found is an actor as the state knows it, with the code that runs it.
type found struct {
	number uint64
	module actor.ModuleID
	code   Code
	exists bool // false for a virtual actor that has not been instantiated
}

// find looks up an actor. It reports false if there is none and its kind is not bound. If the code of a module is not
// in this process, that is a fault: the outcome must not depend on it.
func (r *run) find(tx *txn.Tx, addr actor.Address) (found, bool) {
	if number, module, ok := r.head(tx, addr); ok {
		code, id := r.resolve(tx, actor.ModuleID(module))
		return found{number, id, code, true}, true
	}
	if tx.Err() != nil {
		return found{}, false
	}
	kind := actor.ModuleID(addr.Kind())
	if !r.bound(tx, kind) {
		return found{}, false
	}
	code, id := r.resolve(tx, kind)
	return found{module: id, code: code}, true
}

// head reads what a call needs of an actor's record.
func (r *run) head(tx *txn.Tx, addr actor.Address) (number uint64, module []byte, ok bool) {
	r.key = r.Partition.AppendActor(r.key[:0], addr)
	record, ok := tx.Get(r.key)
	if !ok {
		return 0, nil, false
	}
	if number, module, ok = state.ActorHead(record); !ok {
		tx.Fail(fmt.Errorf("dispatch: the record of actor %s cannot be read: %w", addr, state.ErrCorrupt))
	}
	return number, module, ok
}

func (r *run) resolve(tx *txn.Tx, module actor.ModuleID) (Code, actor.ModuleID) {
	hash := r.installed[module]
	code, ok := r.Resolver.Resolve(module, hash)
	if !ok {
		tx.Fail(&UnboundError{Module: module, Hash: hash})
	}
	return code, module
}

// bound reports whether the state knows the module.
func (r *run) bound(tx *txn.Tx, module actor.ModuleID) bool {
	r.key = r.Partition.AppendModule(r.key[:0], module)
	_, ok := tx.Get(r.key)
	return ok
}

// UnboundError is the fault of a host that must run a module whose code it does not have, or cannot run.
type UnboundError struct {
	Module actor.ModuleID
	// Hash is that of the code of a module that is installed, else zero.
	Hash state.Hash
}

func (e *UnboundError) Error() string {
	if e.Hash != (state.Hash{}) {
		return fmt.Sprintf("module %q is installed with the code %s, which this host cannot run", string(e.Module), e.Hash)
	}
	return fmt.Sprintf("module %q is recorded in the state, but this host has no code for it: bind it before it is used", string(e.Module))
}

// EngineError is the fault of a host that failed to run code that it has. The transaction had no effect, and others are
// not concerned.
type EngineError struct {
	Actor  actor.Address
	Module actor.ModuleID
	Err    error
}

func (e *EngineError) Error() string {
	return fmt.Sprintf("the host could not run module %q for %s: %v", string(e.Module), e.Actor, e.Err)
}

// Unwrap returns Err.
func (e *EngineError) Unwrap() error { return e.Err }

// execute runs Execute or Sudo; a virtual actor is instantiated before.
func (r *run) execute(ctx context.Context, d delivery) (outcome, error) {
	to, sender := d.msg.To, d.from
	if d.msg.Kind == actor.KindSudo {
		sender = "" // rule S34, and so for the birth of a virtual actor
	}
	target, ok := r.find(d.tx, to)
	if err := d.tx.Err(); err != nil {
		return outcome{}, err
	}
	if !ok {
		return outcome{}, actor.Errorf(actor.CodeUnknownActor, "there is no actor %s, and no module is bound as %q", to, to.Kind())
	}
	if !target.exists {
		birth := delivery{tx: d.tx, from: sender, meter: d.meter, depth: d.depth,
			msg: &actor.Message{Kind: actor.KindInstantiate, To: to, Module: target.module}}
		birth.span = r.trace.child(d.span, birth.from, birth.msg)
		gas := d.meter.used
		out, err := r.instantiate(ctx, birth, birth.msg)
		birth.span.end(out, err, d.meter.used-gas)
		if err != nil {
			return outcome{}, err
		}
		target, _ = r.find(d.tx, to)
	}
	if err := r.pay(ctx, d, to, target); err != nil {
		return outcome{}, err
	}
	f := r.frame(d, to, target)
	f.env.Sender = sender
	resp, err := f.invoke(ctx, entry{msg: d.msg})
	if err != nil {
		return outcome{}, err
	}
	data, err := r.finish(ctx, f, resp, actor.Event{Actor: to, Type: d.msg.Kind.String()})
	return outcome{to, data, target.code.hidden()}, err
}

// instantiate creates an actor. Its record is written after Instantiate has returned and before its sub-messages, so
// that they can reach it (rule S2).
func (r *run) instantiate(ctx context.Context, d delivery, msg *actor.Message) (outcome, error) {
	number := r.nextNumber(d.tx)
	to := msg.To
	if to == "" {
		to = actor.Address(fmt.Sprintf("%s/%d", msg.Module, number))
		if err := to.Validate(); err != nil {
			return outcome{}, actor.Errorf(actor.CodeInvalidAddress, "no address can be made of module %q: give one", string(msg.Module))
		}
		r.stack[len(r.stack)-1] = to
	}
	if r.Reserved != nil && !d.system && r.Reserved(to) {
		return outcome{}, actor.Errorf(actor.CodeUnauthorized, "%s is an address that the host gives away by itself", to)
	}
	if err := r.vacant(d.tx, to, msg.Module); err != nil {
		return outcome{}, err
	}
	if msg.Admin != "" {
		if err := msg.Admin.ValidateSender(); err != nil {
			return outcome{}, err
		}
	}
	code, id := r.resolve(d.tx, msg.Module)
	if err := d.tx.Err(); err != nil {
		return outcome{}, err
	}
	target := found{number: number, module: id, code: code}
	if err := r.pay(ctx, d, to, target); err != nil {
		return outcome{}, err
	}
	f := r.frame(d, to, target)
	f.env.Self = to
	resp, err := f.invoke(ctx, entry{msg: msg})
	if err != nil {
		return outcome{}, err
	}
	record := state.Actor{Number: number, Module: id, Creator: d.from, Admin: msg.Admin, Created: r.seq}
	r.putActor(d.tx, to, &record)
	r.strangers.forget(to) // not before: somebody may have looked for it while it was being made
	data, err := r.finish(ctx, f, resp, actor.Event{Actor: to, Type: "instantiate",
		Attributes: []actor.Attribute{{Key: "module", Value: string(id)}}})
	return outcome{to, data, code.hidden()}, err
}

// vacant returns nil if an actor of module may be created at the address.
func (r *run) vacant(tx *txn.Tx, to actor.Address, module actor.ModuleID) error {
	r.key = r.Partition.AppendActor(r.key[:0], to)
	if _, taken := tx.Get(r.key); taken {
		return actor.Errorf(actor.CodeAlreadyExists, "%s exists already", to)
	}
	if !r.bound(tx, module) {
		return actor.Errorf(actor.CodeUnknownModule, "no module %q is bound", string(module))
	}
	return r.fits(tx, to, module)
}

// fits keeps the promise of a kind: "account/alice" runs the module that is bound as account, and no other.
func (r *run) fits(tx *txn.Tx, to actor.Address, module actor.ModuleID) error {
	if kind := actor.ModuleID(to.Kind()); kind != module && r.bound(tx, kind) {
		return actor.Errorf(actor.CodeUnauthorized, "%s belongs to module %q, it cannot run %q", to, string(kind), string(module))
	}
	return nil
}

func (r *run) nextNumber(tx *txn.Tx) uint64 {
	r.key = r.Partition.AppendMeta(r.key[:0], "actors")
	var number uint64
	if b, ok := tx.Get(r.key); ok && len(b) == 8 {
		number = binary.BigEndian.Uint64(b)
	}
	number++
	tx.Set(r.key, binary.BigEndian.AppendUint64(nil, number))
	return number
}

func (r *run) putActor(tx *txn.Tx, addr actor.Address, record *state.Actor) {
	r.key = r.Partition.AppendActor(r.key[:0], addr)
	tx.Set(r.key, record.Append(nil))
}

// actor reads the record of an actor. If it cannot be decoded that is a fault.
func (r *run) actor(tx *txn.Tx, addr actor.Address) (record state.Actor, ok bool) {
	r.key = r.Partition.AppendActor(r.key[:0], addr)
	b, ok := tx.Get(r.key)
	if !ok {
		return state.Actor{}, false
	}
	record, err := state.DecodeActor(b)
	if err != nil {
		tx.Fail(fmt.Errorf("dispatch: the record of actor %s: %w", addr, err))
	}
	return record, err == nil
}

// owned returns the record of d.msg.To if d.from is its admin.
func (r *run) owned(d delivery) (state.Actor, error) {
	record, ok := r.actor(d.tx, d.msg.To)
	if err := d.tx.Err(); err != nil {
		return state.Actor{}, err
	}
	if !ok {
		return state.Actor{}, actor.Errorf(actor.CodeUnknownActor, "there is no actor %s", d.msg.To)
	}
	if record.Admin == "" || record.Admin != d.from {
		return state.Actor{}, actor.Errorf(actor.CodeUnauthorized, "%s is not the admin of %s", d.from, d.msg.To)
	}
	return record, nil
}

// migrate puts an actor on another module (rule S33).
func (r *run) migrate(ctx context.Context, d delivery) (outcome, error) {
	record, err := r.owned(d)
	if err != nil {
		return outcome{}, err
	}
	if !r.bound(d.tx, d.msg.Module) {
		return outcome{}, actor.Errorf(actor.CodeUnknownModule, "no module %q is bound", string(d.msg.Module))
	}
	if err := r.fits(d.tx, d.msg.To, d.msg.Module); err != nil {
		return outcome{}, err
	}
	return r.recode(ctx, d, &record)
}

// recode runs Migrate of the module that the message names, on the state that the code before has left.
func (r *run) recode(ctx context.Context, d delivery, record *state.Actor) (outcome, error) {
	to := d.msg.To
	code, id := r.resolve(d.tx, d.msg.Module)
	if err := d.tx.Err(); err != nil {
		return outcome{}, err
	}
	f := r.frame(d, to, found{number: record.Number, module: id, code: code})
	resp, err := f.invoke(ctx, entry{msg: d.msg})
	if err != nil {
		return outcome{}, err
	}
	record.Module = id
	r.putActor(d.tx, to, record)
	r.migrated = true
	data, err := r.finish(ctx, f, resp, actor.Event{Actor: to, Type: "migrate",
		Attributes: []actor.Attribute{{Key: "module", Value: string(id)}}})
	return outcome{to, data, code.hidden()}, err
}

func (r *run) setAdmin(d delivery) (outcome, error) {
	record, err := r.owned(d)
	if err != nil {
		return outcome{}, err
	}
	if d.msg.Admin != "" {
		if err := d.msg.Admin.ValidateSender(); err != nil {
			return outcome{}, err
		}
	}
	record.Admin = d.msg.Admin
	r.putActor(d.tx, d.msg.To, &record)
	err = r.emit(d.meter, d.span, actor.Event{Actor: d.msg.To, Type: "set_admin",
		Attributes: []actor.Attribute{{Key: "admin", Value: string(d.msg.Admin)}}})
	return outcome{callee: d.msg.To}, err
}
