package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// A Node answers what the gateway carries; see *node.Node for the meaning of its methods.
type Node interface {
	Handle(ctx context.Context, c *node.Call) node.Result
	Watch(ctx context.Context, c *node.Call) (iter.Seq2[api.Notice, *api.Error], *api.Error)
	Ready() (ok bool, reason string)
}

// Options configure a Gateway. The zero value is a gateway without a dashboard and without metrics.
type Options struct {
	// Assets are the files of the dashboard. They are read when the gateway is made. Those in its folder assets/ have names that change with
	// their content, and are cached for good.
	Assets fs.FS
	// Metrics answers /metrics; nothing does if it is nil. From other machines it takes a caller who may ask for stats,
	// unless OpenMetrics says that anybody may.
	Metrics     http.Handler
	OpenMetrics bool
	// Hosts are further names, without ports, under which the gateway is reached.
	Hosts []string
	// Origins are those of web pages that may use the gateway from elsewhere, such as "https://example.org". None if empty.
	Origins []string
	// Limits bound what clients may take.
	Limits Limits
	// Logger is told what went wrong on connections; nobody if nil.
	Logger *slog.Logger
	// Rejected, if not nil, is told why a request did not reach the node, in one of a few words. It must not block.
	Rejected func(reason string)
}

// Limits bound what clients may take. Zero fields mean their defaults.
type Limits struct {
	// Header and Body are bytes of one request, Code those of a body that is WebAssembly: 16 KiB, 4 MiB, 16 MiB.
	Header, Body, Code int
	// Bodies are the bytes of all bodies together that are held in memory: 256 MiB.
	Bodies int
	// Connections and Watches are how many there are at the same time: 2,048 each.
	Connections, Watches int
	// HeaderTime and BodyTime are how long a client may take to send a request, WriteTime to take a piece of an answer, and
	// IdleTime to begin the next request: 5 s, 30 s, 30 s, 2 min.
	HeaderTime, BodyTime, WriteTime, IdleTime time.Duration
	// CallTime is how long the node may take to answer: 60 s.
	CallTime time.Duration
	// Heartbeat is how often a watch says that it is there: 15 s.
	Heartbeat time.Duration
}

func (l Limits) withDefaults() Limits {
	l.Header = cmp.Or(l.Header, 16<<10)
	l.Body = cmp.Or(l.Body, 4<<20)
	l.Code = cmp.Or(l.Code, 16<<20)
	l.Bodies = cmp.Or(l.Bodies, 256<<20)
	l.Connections = cmp.Or(l.Connections, 2048)
	l.Watches = cmp.Or(l.Watches, 2048)
	l.HeaderTime = cmp.Or(l.HeaderTime, 5*time.Second)
	l.BodyTime = cmp.Or(l.BodyTime, 30*time.Second)
	l.WriteTime = cmp.Or(l.WriteTime, 30*time.Second)
	l.IdleTime = cmp.Or(l.IdleTime, 2*time.Minute)
	l.CallTime = cmp.Or(l.CallTime, time.Minute)
	l.Heartbeat = cmp.Or(l.Heartbeat, 15*time.Second)
	return l
}

// A Gateway answers requests over HTTP. It is an http.Handler; Serve runs it with all of its limits. Its methods may be
// called from any goroutine.
type Gateway struct {
	node    Node
	opts    Options
	limits  Limits
	log     *slog.Logger
	ops     map[string]api.Op
	params  map[string]params // by operation
	hosts   map[string]bool
	origins map[string]bool
	pages   map[string]*page // by path
	bodies  budget
	watches atomic.Int64
	// closing ends watches.
	closing   chan struct{}
	closeOnce sync.Once
	servers   servers
	room      *room
}

// New returns a gateway for a node.
func New(n Node, o Options) (*Gateway, error) {
	g := &Gateway{node: n, opts: o, limits: o.Limits.withDefaults(), log: o.Logger, closing: make(chan struct{}),
		ops: map[string]api.Op{}, params: map[string]params{}, hosts: map[string]bool{}, origins: map[string]bool{}}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	g.room = newRoom(g.limits.Connections)
	g.bodies.left.Store(int64(g.limits.Bodies))
	for _, op := range api.Ops() {
		g.ops[op.Name], g.params[op.Name] = op, paramsOf(op)
	}
	for _, name := range o.Hosts {
		if name == "" || strings.ContainsAny(name, ":/@ ") {
			return nil, fmt.Errorf("gateway: host %q: a host is a name without scheme and port, such as troupe.example.org", name)
		}
		g.hosts[strings.ToLower(name)] = true
	}
	for _, origin := range o.Origins {
		if err := checkOrigin(origin); err != nil {
			return nil, fmt.Errorf("gateway: origin %q: %w", origin, err)
		}
		g.origins[origin] = true
	}
	var err error
	if g.pages, err = g.readPages(); err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	return g, nil
}

func checkOrigin(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || text != strings.ToLower(u.Scheme+"://"+u.Host) {
		return errors.New("an origin is a scheme, a name in small letters and a port, and nothing else, such as https://example.org")
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	harden(w.Header())
	if r.ContentLength != 0 {
		// A body that is not taken ends the connection, and one that does not come is not waited for.
		w.Header()["Connection"] = closed
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(g.limits.BodyTime))
	}
	if !g.admit(w, r) {
		return
	}
	if name, ok := strings.CutPrefix(r.URL.Path, "/v1/"); ok {
		g.serveOp(w, r, name)
		return
	}
	g.servePage(w, r)
}

func (g *Gateway) reject(reason string) {
	if g.opts.Rejected != nil {
		g.opts.Rejected(reason)
	}
}
