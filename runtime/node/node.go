package node

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/capability"
)

// Options configure a Node. Zero fields mean their defaults.
type Options struct {
	// Name is what people call the node, and Version that of the program.
	Name, Version string
	// Key is the node's own, of kind claims.NodeKey: its public half is the audience of requests. It is needed.
	Key claims.Key
	// Logger is told about requests; nobody if nil.
	Logger *slog.Logger
	// MaxInFlight bounds the requests that are answered at the same time; 4,096 if zero.
	MaxInFlight int
	// MaxWatchers bounds the watches that are open at the same time; 4,096 if zero.
	MaxWatchers int
	// MaxBody bounds the payload of a call in bytes; 4 MiB if zero. That of an installation may be as large as code.
	MaxBody int
	// MaxReplays bounds the signed requests that are remembered; claims.DefaultReplays if zero.
	MaxReplays int
	// Clock tells the time; time.Now if nil.
	Clock func() time.Time
	// ReadOnly refuses everything that writes.
	ReadOnly bool
	// BackupDir is the folder in which backups are made; none can be made if it is empty.
	BackupDir string
	// Providers tells how the halves of providers outside of the host are; if nil, what was reported last stands.
	Providers func() []capability.Status
	// Observer is told about every call; nobody if nil.
	Observer Observer
	// Tracer follows some of them; nobody does if it is nil.
	Tracer Tracer
}

// An Observer counts what happens. Its methods are called by any number of goroutines and must not block.
type Observer interface {
	// Done tells of a call that was answered: with "ok", or with a code of package api.
	Done(op, via, code string, took time.Duration)
	// Rejected tells of a call that was refused for what its caller is, or is not: by a claims.Reason.
	Rejected(reason string)
	// WatchLag tells how long after its transaction a notice was handed over that a watch was waiting for.
	WatchLag(lag time.Duration)
}

// silence observes nothing.
type silence struct{}

func (silence) Done(string, string, string, time.Duration) {}
func (silence) Rejected(string)                            {}
func (silence) WatchLag(time.Duration)                     {}
func (silence) Begin(string) Recording                     { return nil }

// A Node answers requests on a host. Its methods may be called from any goroutine.
type Node struct {
	host    *runtime.Host
	reader  *query.Router
	opts    Options
	started time.Time

	replays  *claims.Replays
	tokens   tokens
	known    known
	requests gate
	watchers gate
	feed     feed
	counts   counts
	// replaying and backup let one at a time do what takes long.
	replaying turns
	backup    chan struct{}
	// catching bounds the watches that read from the store.
	catching chan struct{}
	// quit is closed when the node begins to drain.
	quit chan struct{}
	// refusing is why nothing is written for now, nil if it is.
	refusing atomic.Pointer[string]
}

// New returns a node for a host, which stays the caller's to close, behind Drain.
func New(h *runtime.Host, o Options) (*Node, error) {
	if o.Key.Kind() != claims.NodeKey {
		return nil, errors.New("node: the key of a node is a server key, whose public half begins with N")
	}
	fill(&o.MaxInFlight, 4096)
	fill(&o.MaxWatchers, 4096)
	fill(&o.MaxBody, 4<<20)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Observer == nil {
		o.Observer = silence{}
	}
	if o.Tracer == nil {
		o.Tracer = silence{}
	}
	n := &Node{host: h, reader: h.Reader(), opts: o, started: o.Clock(),
		requests: newGate(o.MaxInFlight), watchers: newGate(o.MaxWatchers),
		replaying: newTurns(maxReplays), backup: make(chan struct{}, 1), catching: make(chan struct{}, 1), quit: make(chan struct{})}
	n.replays = claims.NewReplays(n.started, o.MaxReplays)
	n.counts.init()
	n.feed.init(n.reader)
	return n, nil
}

func fill(field *int, value int) {
	if *field <= 0 {
		*field = value
	}
}

// Drain takes no more calls, ends all watches, and returns when every call has been answered, or with the error of ctx when
// that ends. It may be called more than once.
func (n *Node) Drain(ctx context.Context) error {
	if n.requests.close() {
		close(n.quit)
	}
	n.watchers.close()
	if err := n.requests.wait(ctx); err != nil {
		return err
	}
	return n.watchers.wait(ctx)
}

// Refuse makes the node refuse everything that writes, and say why, until it is called with an empty reason. Reads go on.
func (n *Node) Refuse(reason string) {
	if reason == "" {
		n.refusing.Store(nil)
		return
	}
	n.refusing.Store(&reason)
}

// writable returns an error if an operation would write, and nothing may be written.
func (n *Node) writable(op *operation) error {
	if op.Safe() {
		return nil
	}
	if op.Write && n.opts.ReadOnly {
		return errorf(api.CodeUnavailable, "the node only reads: ask one that writes")
	}
	if reason := n.refusing.Load(); reason != nil {
		return &api.Error{Code: api.CodeUnavailable, Message: *reason, RetryAfter: refusedFor}
	}
	return nil
}

// refusedFor is the hint to a write that is refused for now, in milliseconds.
const refusedFor = 1000

// draining reports whether Drain was called.
func (n *Node) draining() bool {
	select {
	case <-n.quit:
		return true
	default:
		return false
	}
}

// The states of a node, as api.Info has them.
const (
	stateReady    = "ready"
	stateDraining = "draining"
	stateReadOnly = "read_only"
	stateFailed   = "failed"
)

func (n *Node) state() (state, reason string) {
	switch err := n.host.Err(); {
	case err != nil:
		return stateFailed, "the host has stopped: " + err.Error()
	case n.draining():
		return stateDraining, "the node takes no more requests: it is about to stop"
	case n.opts.ReadOnly:
		return stateReadOnly, ""
	}
	if _, err := n.reader.Head(); err != nil {
		return stateFailed, "the host is closed"
	}
	if reason := n.refusing.Load(); reason != nil {
		return stateReadOnly, *reason
	}
	return stateReady, ""
}

// Ready reports whether the node does what it is there for: writes, unless it is one that only reads. If not, it says why.
func (n *Node) Ready() (ok bool, reason string) {
	state, reason := n.state()
	return ready(state, reason), reason
}

// ready tells a node that only reads from one that refuses to write, and has a reason.
func ready(state, reason string) bool {
	return state == stateReady || state == stateReadOnly && reason == ""
}

// Info returns what the node says of itself to everybody.
func (n *Node) Info() api.Info {
	state, reason := n.state()
	return api.Info{Name: n.opts.Name, Host: n.opts.Key.Public(), Version: n.opts.Version, Started: n.started.UTC(),
		Ready: ready(state, reason), State: state, Reason: reason}
}
