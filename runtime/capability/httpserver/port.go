package httpserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// ports are the addresses on which the links of a Kind listen. A link that takes the place of another at an address takes over
// its listener and its connections: nothing that is open is closed, and nothing that comes is refused.
type ports struct {
	pace pace
	mu   sync.Mutex
	open map[string]*port
}

// A port is a listener and its server. Its handler changes, as links do.
type port struct {
	all    *ports
	name   string // in ports
	addr   net.Addr
	server *http.Server
	tls    atomic.Pointer[tls.Config] // nil: none is spoken
	conns  conns
	// failed is closed when the listener has failed, for the reason err.
	failed chan struct{}
	err    error

	mu      sync.RWMutex
	current *handler
	changed chan struct{} // closed when current is another
}

// unitName names whose port it is: links of the same name replace each other.
func (h *handler) unitName() string { return string(h.at.Link.Actor) + " over " + h.at.Link.Name }

// take lets h answer at its address: on the port that is open there if it belongs to the same link, or to one that has ended,
// else on a new one.
func (all *ports) take(h *handler, secure *tls.Config) (*port, error) {
	name := h.values.Address
	if strings.HasSuffix(name, ":0") { // any port: a new one for each link
		name += " for " + h.unitName()
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if h.ctx.Err() != nil { // another that came behind it may be there already
		return nil, context.Cause(h.ctx)
	}
	if p, ok := all.open[name]; ok {
		if owner := p.owner(); owner != nil && owner.ctx.Err() == nil && owner.unitName() != h.unitName() {
			return nil, fmt.Errorf("%s is where the link of %s listens: give one of the two another address", h.values.Address, owner.unitName())
		}
		p.tls.Store(secure)
		p.put(h)
		return p, nil
	}
	config := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{Enable: true}}
	l, err := config.Listen(h.ctx, "tcp", h.values.Address)
	if err != nil {
		return nil, explain(h.values.Address, err)
	}
	p := &port{all: all, name: name, addr: l.Addr(), failed: make(chan struct{}), changed: make(chan struct{}), current: h}
	p.tls.Store(secure)
	p.conns.open = map[net.Conn]bool{}
	p.server = &http.Server{
		Handler:                      p,
		ReadHeaderTimeout:            headerTime,
		IdleTimeout:                  idleTime,
		WriteTimeout:                 all.pace.answer,
		MaxHeaderBytes:               maxHeader,
		ConnState:                    p.conns.changed,
		ErrorLog:                     slog.NewLogLogger(h.at.Logger.Handler(), slog.LevelDebug),
		HTTP2:                        &http.HTTP2Config{MaxConcurrentStreams: 250, WriteByteTimeout: all.pace.answer},
		DisableGeneralOptionsHandler: true,
	}
	all.open[name] = p
	go p.serve(l)
	return p, nil
}

// Bounds of connections.
const (
	headerTime     = 5 * time.Second
	idleTime       = 2 * time.Minute
	maxHeader      = 64 << 10
	maxConnections = 8192
)

// A pace is how long a client may take to send a body, and to take an answer. Connections of who is slower are closed: else those who
// do nothing would hold as many as there may be.
type pace struct{ body, answer time.Duration }

func patient() pace { return pace{body: 30 * time.Second, answer: time.Minute} }

// explain says what to do if an address cannot be had.
func explain(address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is taken by another listener: stop it, or put the link with another address; it will be tried again", address)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s may not be listened on by this user: put the link with a port from 1024 on", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is no address of this machine: put the link with one that is, such as 127.0.0.1", address)
	}
	return fmt.Errorf("listen on %s: %w", address, err)
}

// serve runs until the port is closed.
func (p *port) serve(l net.Listener) {
	err := p.server.Serve(&listener{Listener: l, port: p})
	if errors.Is(err, http.ErrServerClosed) {
		return
	}
	p.all.mu.Lock()
	if p.all.open[p.name] == p {
		delete(p.all.open, p.name)
	}
	p.all.mu.Unlock()
	p.err = fmt.Errorf("listening on %s ended: %w", p.addr, err)
	close(p.failed)
}

func (p *port) owner() *handler {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.current
}

// put makes h the handler of all requests that begin from now on. Nil: they wait for one that comes soon.
func (p *port) put(h *handler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current = h
	close(p.changed)
	p.changed = make(chan struct{})
}

// linger is how long a port whose link has ended waits for another that takes its place: links are replaced in one
// transaction, and start one after the other.
const linger = 100 * time.Millisecond

// ServeHTTP implements http.Handler.
func (p *port) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 { // the server reads what a handler does not
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(p.all.pace.body))
	}
	h := p.enter()
	if h == nil {
		if h = p.await(r.Context()); h == nil {
			w.Header()["Connection"] = []string{"close"}
			unavailable(w, time.Second)
			return
		}
	}
	defer h.begun.Done()
	h.ServeHTTP(w, r)
}

// enter returns the handler, which counts the request as begun, or nil if there is none.
func (p *port) enter() *handler {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.current != nil {
		p.current.begun.Add(1)
	}
	return p.current
}

// await is enter that waits.
func (p *port) await(ctx context.Context) *handler {
	late := time.NewTimer(linger)
	defer late.Stop()
	for {
		p.mu.RLock()
		changed := p.changed
		p.mu.RUnlock()
		if h := p.enter(); h != nil {
			return h
		}
		select {
		case <-changed:
		case <-late.C:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// leave ends h at the port. If nobody takes its place the port is closed, when what was begun there has ended, or with the
// grace; then it is cut.
func (p *port) leave(h *handler) {
	p.mu.Lock()
	mine := p.current == h
	var changed chan struct{}
	if mine {
		p.current = nil
		close(p.changed)
		p.changed = make(chan struct{})
		changed = p.changed
	}
	p.mu.Unlock()
	if mine {
		late := time.NewTimer(linger)
		defer late.Stop()
		select {
		case <-changed:
		case <-late.C:
			p.close()
		case <-p.failed:
		}
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.begun.Wait()
	}()
	select {
	case <-ended:
	case <-time.After(grace):
	}
}

// grace is how long requests that have begun may take when their link ends. It is less than what the host waits for.
const grace = 10 * time.Second

// close closes the port unless somebody has taken it.
func (p *port) close() {
	p.all.mu.Lock()
	if p.owner() != nil {
		p.all.mu.Unlock()
		return
	}
	if p.all.open[p.name] == p {
		delete(p.all.open, p.name)
	}
	p.all.mu.Unlock()
	p.conns.closeFresh()
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if p.server.Shutdown(ctx) != nil {
		_ = p.server.Close() // what is left has had its time
	}
}

// conns are the connections of a port: whether they are open, and whether nothing has come over them.
type conns struct {
	mu   sync.Mutex
	open map[net.Conn]bool
}

// changed is told by the server about its connections.
func (c *conns) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.open[conn] = true
	case http.StateActive:
		c.open[conn] = false
	case http.StateClosed, http.StateHijacked:
		delete(c.open, conn)
	}
}

// closeFresh closes what a browser opens for later use: a server that is shut down would wait for it.
func (c *conns) closeFresh() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn, fresh := range c.open {
		if fresh {
			_ = conn.Close()
		}
	}
}

func (c *conns) crowded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open) >= maxConnections
}

// A listener speaks TLS if its port does, and turns away what is too much.
type listener struct {
	net.Listener
	port *port
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.port.conns.crowded() {
			_ = c.Close()
			continue
		}
		if config := l.port.tls.Load(); config != nil {
			return tls.Server(c, config), nil
		}
		return c, nil
	}
}
