package dispatch

import (
	"context"
	"errors"
	"iter"
	"maps"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/txn"
)

// Code is a module that can run.
type Code struct {
	Actor actor.Actor
	// System code belongs to the host: its events are emitted as they are, and replies do not show them (rule S17). It
	// may send in the name of others (actor.SubMsg.As), and what it sends is not a level deeper than itself.
	System bool
	// Shown lets replies show the events of system code, which acts in the place of who it sends to.
	Shown bool
	// Payable code takes funds.
	Payable bool
	// Wrap, if not nil, gives the error of a sub-message, on its way through the call of this code that sent it, the form
	// that the dialect of the code wants (rule S20). The kind is that of the call.
	Wrap func(kind actor.Kind, err *actor.Error) *actor.Error
}

// A Coder is an actor that says of itself what its code is: Actor of the result is not used.
type Coder interface{ Code() Code }

// CodeOf returns the code that an actor is.
func CodeOf(a actor.Actor) Code {
	var code Code
	if c, ok := a.(Coder); ok {
		code = c.Code()
	}
	code.Actor = a
	return code
}

// A Resolver finds the code of a module that the state says is there: of one that is bound by its name, of one that is
// installed by the hash of its code, which is zero for the former. It is called by one goroutine of each executor, and
// by queries at the same time, which may want a hash that a later transaction has replaced. It may wait until the code
// can run. What it returns for a hash never changes.
type Resolver interface {
	Resolve(module actor.ModuleID, hash state.Hash) (Code, bool)
}

// An Access is what the authorization hook decides on: From asks for Message, Depth calls below the root of a
// transaction that Sender sent. Both senders are empty in what the operator of the host sends.
type Access struct {
	Sender  actor.Address
	From    actor.Address
	Message *actor.Message
	Depth   int
	// Op is that of the command, and Signer the key that has signed it, empty for what the program itself has asked for.
	Op     state.Op
	Signer string
	// Root says that this is what the command itself asks for, or a migration of its installation, and not what came of it.
	// Depth does not tell: what system code sends is not a level deeper than itself.
	Root bool
	// Time is that of the transaction.
	Time time.Time
	// Read returns the value of a key of any actor, as the transaction sees it now, and whether it is there. It costs no
	// gas and does not show in a trace. It is for the time of the call; the value must not be modified.
	Read func(of actor.Address, key []byte) ([]byte, bool)
}

// A Dispatcher runs message trees. It has no goroutine, no clock and no log of its own, and is not changed by a run: one
// value serves any number of goroutines, each with a Tx of its own.
type Dispatcher struct {
	Partition state.Partition
	Resolver  Resolver
	Limits    Limits
	Gas       *Gas
	// Authorize, if not nil, may refuse a message before it is delivered; its error is an actor error that the caller
	// may catch, with CodeUnauthorized unless it is an *actor.Error itself. It must depend on nothing but the access
	// and what the log says.
	//
	// It is asked about each migration of an installation, too: a message of KindMigrate to the actor, with the module and
	// the body, at depth 0, From whoever installs. If it refuses one nothing is installed.
	//
	// If a command that is no message has a signer it is asked about the command itself before: its message, which has
	// the module and the body of the command and no receiver. Of others of these commands it hears nothing.
	Authorize func(Access) error
	// Bank, if not nil, returns the message that moves funds from its sender to an actor. Without it, and if there is
	// nobody at the address that the message is for, no message may have funds.
	Bank func(to actor.Address, funds []actor.Coin) actor.Message
	// Reserved, if not nil, reports the addresses at which system code alone may make actors: others would take what
	// belongs to whoever an address is to be derived for.
	Reserved func(actor.Address) bool
	// OnPanic, if not nil, is told about each panic in an actor, and of what asks the world outside for it: that from another
	// goroutine. What it does has no effect on the transaction.
	OnPanic func(who actor.Address, value any, stack []byte)

	// installed has the modules whose code is in the store, as of the state that messages run on, so that no call needs
	// to read the row of its module. The map is replaced and never changed: it is shared with queries.
	installed map[actor.ModuleID]state.Hash
}

// Installed yields the modules whose code is in the store, with the hashes of it, in no order.
func (d *Dispatcher) Installed() iter.Seq2[actor.ModuleID, state.Hash] { return maps.All(d.installed) }

// A Result is the outcome of a transaction or a query.
type Result struct {
	// Callee is who received the message: for an instantiation the address that it got.
	Callee actor.Address
	Data   []byte
	Events []actor.Event
	// GasUsed counts what was rolled back as well (rule S10).
	GasUsed uint64
	// Messages is the number of sub-messages that were delivered.
	Messages uint64
	// Err is nil if the tree may commit. Then Path is nil, too; otherwise it leads from the receiver to the actor that
	// failed.
	Err  *actor.Error
	Path []actor.Address
	// Fault is not nil if the host failed: then nothing else in the Result counts, and there is no outcome.
	Fault error
	// Said is what the actors of a transaction have said: see Options.OnSaid.
	Said []Line
}

// A run is one transaction, or one query from outside, on its way through a Dispatcher.
type run struct {
	*Dispatcher
	limits Limits
	gas    Gas
	root   *txn.Tx
	sender actor.Address
	signer string
	op     state.Op
	seq    uint64
	time   time.Time
	seed   [32]byte
	// request is the id of the command, and answers what the world outside has said to it; given has a bit for each that an
	// actor has got in this run, and asks counts the questions.
	request string
	answers []state.Answer
	given   uint32
	asks    int

	said []Line
	// migrated says that an actor may have other code than it had when it was called.
	migrated bool
	// running are the actors that have called another and are in the middle of it.
	running    []actor.Address
	events     []actor.Event // of the tree so far; a rollback cuts it
	eventBytes int
	stateBytes int
	messages   uint64
	frames     uint64
	called     []called        // only if a price depends on it; its memory is kept, as that of key is
	stack      []actor.Address // who is being called
	failed     []actor.Address // the stack at the failure that is on its way up, nil if there is none
	key        []byte          // scratch
	trace      *tracer
	strangers  strangers // kept from one command of a machine to the next
	asked      *txn.Tx   // what peek reads, while the authorization hook decides
	// peeks is peek, made once.
	peeks func(actor.Address, []byte) ([]byte, bool)

	stackBuf [8]actor.Address // what most transactions need
}

// usualEvents is how many events there is room for at first.
const usualEvents = 2

// Run executes the command's message and everything that comes of it on tx, which must be a root. It neither commits
// nor rolls back tx: the caller commits if Err and Fault are nil, and rolls back otherwise. A ctx that ends is a fault.
//
// If trace is not nil it is filled with the spans of the run.
func (d *Dispatcher) Run(ctx context.Context, tx *txn.Tx, cmd *state.Command, trace *Trace) Result {
	return new(run).message(ctx, d, tx, cmd, trace)
}

// message is Run in the memory of r, which the last one that used it must have left.
func (r *run) message(ctx context.Context, d *Dispatcher, tx *txn.Tx, cmd *state.Command, trace *Trace) Result {
	r.command(d, tx, cmd)
	r.trace = startTrace(trace, cmd)
	r.events = make([]actor.Event, 0, usualEvents)
	m := &meter{limit: r.limits.Gas}
	out, err := r.deliverRoot(ctx, tx, cmd, m)
	return r.result(tx, m, out, err)
}

// Query asks an actor on the state of tx, which is not changed. The sequence and time of the state are handed to the actor.
func (d *Dispatcher) Query(ctx context.Context, tx *txn.Tx, head state.Head, to actor.Address, body []byte) Result {
	r := new(run)
	r.begin(d, tx, head.Sequence, head.Time)
	m := &meter{limit: r.limits.Gas}
	data, err := r.query(ctx, tx, m, query{to: to, body: body})
	return r.result(tx, m, outcome{callee: to, data: data}, err)
}

// command begins the run of a command.
func (r *run) command(d *Dispatcher, tx *txn.Tx, cmd *state.Command) {
	r.begin(d, tx, cmd.Sequence, cmd.Time)
	r.op, r.sender, r.signer, r.seed = cmd.Op, cmd.Sender, cmd.Signer, cmd.Seed
	r.request, r.answers = cmd.RequestID, cmd.Answers
}

// begin forgets what r held. What the last run returned is not r's any more.
func (r *run) begin(d *Dispatcher, tx *txn.Tx, seq uint64, at int64) {
	*r = run{Dispatcher: d, limits: d.Limits.withDefaults(), root: tx, seq: seq, time: time.Unix(0, at).UTC(),
		strangers: r.strangers, peeks: r.peeks, key: r.key[:0], called: r.called[:0], running: r.running[:0]}
	r.stack = r.stackBuf[:0]
	if d.Gas != nil {
		r.gas = *d.Gas
	} else {
		r.gas = *DefaultGas()
	}
	fill(&r.gas.Fuel, DefaultFuel)
}

func (r *run) result(tx *txn.Tx, m *meter, out outcome, err error) Result {
	res := Result{Callee: out.callee, Data: out.data, Events: r.events, GasUsed: m.used, Messages: r.messages, Said: r.said}
	switch {
	case tx.Err() != nil:
		res = Result{Fault: tx.Err()}
	case err != nil:
		res.Err, res.Path = catchable(err), r.failed
		res.Data, res.Events = nil, nil
	}
	r.trace.finish(res)
	return res
}

// catchable returns the actor error in err, which is an *actor.Error or a *stop.
func catchable(err error) *actor.Error {
	var s *stop
	if errors.As(err, &s) {
		return s.err
	}
	return actor.AsError(err)
}

// fail records where a failure began; the first word counts until somebody catches it.
func (r *run) fail(err error) error {
	if err != nil && r.failed == nil {
		r.failed = append(make([]actor.Address, 0, len(r.stack)), r.stack...)
	}
	return err
}
