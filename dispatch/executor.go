package dispatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/txn"
)

// Options configure an Executor. Zero fields mean their defaults.
type Options struct {
	// CacheBytes bounds the cache of committed values; 64 MiB if zero, no cache if negative.
	CacheBytes int
	// Queue bounds the requests that wait to be executed, and those that wait for the world outside; 16,384 if zero.
	Queue int
	// Group bounds the transactions that are synced together; 4,096 if zero.
	Group int
	// Clock gives the time of transactions; time.Now if nil. It is called by one goroutine.
	Clock func() time.Time
	// Seed gives the randomness of each transaction; a generator keyed by the operating system if nil. It is called by
	// one goroutine.
	Seed func() [32]byte
	// KeepTraces stores the trace of every transaction beside its receipt, unless it is very great.
	KeepTraces bool
	// Outside asks the world outside of the host for a transaction: see Ask. It is called by a goroutine of its own for each
	// question, and should return soon when the context ends: Close waits for it. The answer is the executor's from then on.
	// Its error is what the transaction sees, as a text. If nil, a transaction that asks fails.
	Outside func(context.Context, Ask) ([]byte, error)
	// OnSaid, if not nil, is told what the actors of a transaction have said, if anything, when it is durable. It is called
	// by one goroutine, in the order of the log, and holds everything up until it returns.
	OnSaid func(Said)
	// OnFault, if not nil, is told once, from any goroutine, when the host has failed and the executor has stopped. It
	// must not wait for the executor to close.
	OnFault func(error)
}

func (o Options) withDefaults() Options {
	if o.CacheBytes == 0 {
		o.CacheBytes = 64 << 20
	}
	o.CacheBytes = max(o.CacheBytes, 0)
	fill(&o.Queue, 16_384)
	fill(&o.Group, 4_096)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Seed == nil {
		o.Seed = systemSeed()
	}
	return o
}

// An Executor runs the transactions of one partition in serial order and makes them durable in groups. Its methods may
// be called from any goroutine.
//
// Three goroutines share the work. The first executes requests and fills a group; the second writes a group into one
// batch and applies it, so that the third can wait for the disk while the next group is executed and applied. Nothing
// leaves the executor, be it a receipt or a view for queries, before the disk has said that it is there.
type Executor struct {
	opts      Options
	partition state.Partition
	// configured says that the log had a configuration when the executor was made.
	configured bool
	store      *state.Store
	machine    machine // of the executing goroutine
	journal    journal // of the applying goroutine
	queue      *queue
	latest     latest
	counters   counters

	// Of the executing goroutine.
	dispatcher *Dispatcher // that of the machine, as it is between commands
	sequence   uint64
	time       int64
	group      *group
	running    *pending            // nil between requests
	rest       []*pending          // taken with it, and not yet begun
	inflight   map[string]*pending // by request id, until their group is applied
	away       int                 // requests for which the world outside is being asked
	waiting    int                 // those that wait for one of them, which has their id
	flying     []*group            // groups that may not be applied, the oldest first

	applied atomic.Uint64
	groups  chan *group
	synced  chan *group
	spare   chan []executed // of groups that are applied, empty again
	upkeep  chan *group     // that have a batch of their own
	resting chan struct{}   // closed when upkeep is taken no more
	pruning chan struct{}   // has an element while somebody prunes
	ended   sync.WaitGroup
	// life ends when the executor closes or fails.
	life context.Context
	end  context.CancelFunc

	failOnce sync.Once
	failure  atomic.Pointer[error]
}

// A group is transactions that become durable together.
type group struct {
	number     uint64
	dispatcher *Dispatcher // behind its last command
	bytes      int         // of the values that it writes
	done       []executed
	waiting    []*pending
	repeats    []repeat
	said       []Said
	traces     []*Trace

	receipts []*state.Receipt
	pending  *state.Pending
	view     *View

	// A group of upkeep has no transactions but a batch, and kept is told what became of it.
	batch *state.Batch
	kept  chan error
}

// A repeat waits for the receipt of an earlier request with its id.
type repeat struct{ first, again *pending }

// NewExecutor returns a running executor of the partition d.Partition in the store. The limits and gas prices of d hold
// until the log says otherwise: see Configure. The store must not be written by anybody else.
func NewExecutor(store *state.Store, d Dispatcher, opts Options) (*Executor, error) {
	e := &Executor{
		opts: opts.withDefaults(), partition: d.Partition, store: store, group: &group{}, inflight: map[string]*pending{},
		groups: make(chan *group), synced: make(chan *group, syncWindow),
		spare: make(chan []executed, 1), upkeep: make(chan *group), resting: make(chan struct{}), pruning: make(chan struct{}, 1),
	}
	e.life, e.end = context.WithCancel(context.Background())
	head, _, err := d.Partition.ReadHead(store)
	if err != nil {
		return nil, err
	}
	e.queue = newQueue(e.opts.Queue)
	e.machine = newMachine(d, txn.NewPartition(store, e.opts.CacheBytes))
	if b, ok, err := store.Get(d.Partition.AppendMeta(nil, configName)); err != nil {
		return nil, err
	} else if ok {
		config, err := DecodeConfig(b)
		if err != nil {
			return nil, err
		}
		e.machine.adopt(config)
		e.configured = true
	}
	if e.machine.d.installed, err = readInstalled(store, d.Partition); err != nil {
		return nil, err
	}
	e.dispatcher = e.machine.dispatcher()
	e.journal = journal{partition: d.Partition, head: head}
	e.sequence, e.time = head.Sequence, head.Time
	e.latest.set(newView(store.Snapshot(), head, e.dispatcher))
	e.ended.Add(3)
	go e.execute()
	go e.apply(e.dispatcher)
	go e.sync()
	return e, nil
}

// syncWindow is how many groups may wait for the disk. The store joins what waits into one sync.
const syncWindow = 4

// Submit runs a transaction and returns its receipt when it is durable. An actor's failure is no error of Submit: it is
// in the receipt. The error, if any, says that there is no receipt: ErrClosed, ErrExpired, ErrOverloaded,
// ErrRequestReused, ErrStopped, or a request that makes no sense.
//
// If ctx ends before the transaction has been executed, or while it waits for the world outside, it never will be, and the
// error is ErrExpired. After that its outcome is decided, and Submit waits for the sync it takes to be told.
func (e *Executor) Submit(ctx context.Context, req Request) (*state.Receipt, error) {
	if err := req.check(); err != nil {
		return nil, err
	}
	return e.submit(ctx, &pending{trace: req.Trace, cmd: state.Command{Op: state.OpMessage, RequestID: req.ID,
		Sender: req.Sender, Message: req.Message, Signer: req.Signer}})
}

func (r *Request) check() error {
	if r.Message.Kind != actor.KindSudo {
		if err := r.Sender.ValidateSender(); err != nil {
			return fmt.Errorf("dispatch: the sender: %w", err)
		}
	}
	return checkOrigin(r.ID, r.Signer)
}

// checkOrigin refuses what no command may have.
func checkOrigin(id, signer string) error {
	if len(id) > MaxRequestID {
		return fmt.Errorf("dispatch: a request id has at most %d bytes, this one has %d", MaxRequestID, len(id))
	}
	if signer != "" {
		if err := actor.Address(signer).ValidateSender(); err != nil {
			return fmt.Errorf("dispatch: the signer: %w", err)
		}
	}
	return nil
}

// Bind records in the log that a module of some kind is there from now on. To bind it again changes nothing. A module
// that is installed cannot be bound: then the error is an *actor.Error. The signer is that of a Request.
func (e *Executor) Bind(ctx context.Context, id actor.ModuleID, kind, signer string) error {
	if err := actor.Address(id).Validate(); err != nil {
		return fmt.Errorf("dispatch: the name of a module: %w", err)
	}
	v := e.View()
	if v == nil {
		return cmp.Or(e.Err(), ErrClosed)
	}
	now, known, err := e.partition.ReadModule(v, id)
	v.Release()
	switch {
	case err != nil:
		return err
	case now.Installed():
		return installedAlready(id)
	case known:
		return nil
	}
	return e.control(ctx, state.OpBind, actor.Message{Module: id, Body: []byte(kind)}, signer)
}

// Configure records in the log the limits and prices that hold from now on, if they differ from those that do. The signer
// is that of a Request.
func (e *Executor) Configure(ctx context.Context, c Config, signer string) error {
	body := c.Encode()
	v := e.View()
	if v == nil {
		return cmp.Or(e.Err(), ErrClosed)
	}
	now, known, err := v.Get(e.partition.AppendMeta(nil, configName))
	v.Release()
	if err != nil || known && string(now) == string(body) {
		return err
	}
	return e.control(ctx, state.OpConfigure, actor.Message{Body: body}, signer)
}

func (e *Executor) control(ctx context.Context, op state.Op, msg actor.Message, signer string) error {
	if err := checkOrigin("", signer); err != nil {
		return err
	}
	r, err := e.submit(ctx, &pending{cmd: state.Command{Op: op, Message: msg, Signer: signer}})
	if err == nil && r.Err != nil {
		err = r.Err
	}
	return err
}

func (e *Executor) submit(ctx context.Context, p *pending) (*state.Receipt, error) {
	if ctx.Err() != nil {
		return nil, expired(ctx)
	}
	p.ctx, p.done = ctx, make(chan struct{})
	if n, err := e.queue.put(p); errors.Is(err, ErrOverloaded) {
		return nil, &OverloadedError{Queued: n, RetryAfter: time.Duration(n) * retryPerRequest}
	} else if err != nil {
		return nil, err
	}
	if ended := ctx.Done(); ended != nil {
		select {
		case <-p.done:
		case <-ended:
			if err := p.withdraw(); err != nil {
				return nil, err
			}
		}
	}
	<-p.done
	return p.receipt, p.err
}

// retryPerRequest is what a waiting request is reckoned to take, for the hint in an OverloadedError.
const retryPerRequest = 10 * time.Microsecond

func expired(ctx context.Context) error {
	return fmt.Errorf("%w before it was executed: %w", ErrExpired, context.Cause(ctx))
}

// View returns the latest durable state, or nil if the executor is closed or has stopped. The caller must release it.
func (e *Executor) View() *View { return e.latest.get() }

// Changed returns a channel that is closed when there is a later View than the one that View would return now.
func (e *Executor) Changed() <-chan struct{} { return *e.latest.changed.Load() }

// Head returns the last durable transaction.
func (e *Executor) Head() state.Head {
	if v := e.View(); v != nil {
		defer v.Release()
		return v.Head
	}
	return state.Head{}
}

// Configured reports whether the log says which limits and prices hold.
func (e *Executor) Configured() bool { return e.configured }

// Err returns why the executor has stopped by itself, nil if it has not.
func (e *Executor) Err() error {
	if err := e.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// Close takes no more requests, finishes those that were admitted, and returns when all goroutines have ended. Views
// that were handed out stay valid; the store must not be closed before they are released.
func (e *Executor) Close() error {
	e.queue.close(ErrClosed)
	e.end()
	e.ended.Wait()
	e.latest.retire()
	return e.Err()
}

// Stop makes the executor fail with cause, for somebody who knows sooner that its storage has: the store itself. Like
// any failure it is final.
func (e *Executor) Stop(cause error) { e.fail(cause) }

// fail stops the executor for good: nothing more is executed or answered with success.
func (e *Executor) fail(cause error) {
	e.failOnce.Do(func() {
		err := fmt.Errorf("%w: %w", ErrStopped, cause)
		e.failure.Store(&err)
		e.queue.close(err)
		e.end()
		e.latest.retire()
		if e.opts.OnFault != nil {
			e.opts.OnFault(err)
		}
	})
}
