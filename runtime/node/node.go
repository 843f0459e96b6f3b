package node

import (
	"context"
	"log/slog"
	"time"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/api"
)

// Options configure a Node. Zero fields mean their defaults.
type Options struct {
	// Name is what people call the node, and Version that of the program.
	Name, Version string
	// Logger is told about requests; nobody if nil.
	Logger *slog.Logger
	// MaxInFlight bounds the requests that are answered at the same time; 4,096 if zero.
	MaxInFlight int
	// MaxBody bounds the payload of a call in bytes; 4 MiB if zero. That of an installation may be as large as code.
	MaxBody int
	// Clock tells the time; time.Now if nil.
	Clock func() time.Time
	// ReadOnly refuses everything that writes.
	ReadOnly bool
	// BackupDir is the folder in which backups are made; none can be made if it is empty.
	BackupDir string
	// Observer is told about every call; nobody if nil.
	Observer Observer
}

// An Observer counts what happens. Its methods are called by any number of goroutines and must not block.
type Observer interface {
	// Done tells of a call that was answered: with "ok", or with a code of package api.
	Done(op, via, code string, took time.Duration)
	// Rejected tells of a call that was refused for what its caller is, or is not.
	Rejected(reason string)
	// WatchLag tells how long after its transaction a notice was handed over.
	WatchLag(lag time.Duration)
}

// A Node answers requests on a host. Its methods may be called from any goroutine.
type Node struct {
	host *runtime.Host
	opts Options
}

// New returns a node for a host, which stays the caller's to close, behind Drain.
func New(h *runtime.Host, o Options) (*Node, error) { return &Node{host: h, opts: o}, nil }

// Drain takes no more calls, ends all watches, and returns when every call has been answered, or ctx has ended.
func (n *Node) Drain(ctx context.Context) error { return nil }

// Ready reports whether requests are taken, and if not, why.
func (n *Node) Ready() (ok bool, reason string) { return true, "" }

// Info returns what the node says of itself to everybody.
func (n *Node) Info() api.Info { return api.Info{Name: n.opts.Name, Version: n.opts.Version} }

// Stats returns what the node has done, and what it has now.
func (n *Node) Stats() api.Stats { return api.Stats{} }
