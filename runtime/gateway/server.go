package gateway

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// servers are the servers of a gateway that run.
type servers struct {
	mu     sync.Mutex
	closed bool
	list   []*http.Server
}

// Serve answers the connections of a listener until Shutdown, and closes it. It then returns nil.
func (g *Gateway) Serve(l net.Listener) error {
	s := &http.Server{
		Handler:           g,
		ReadHeaderTimeout: g.limits.HeaderTime,
		IdleTimeout:       g.limits.IdleTime,
		MaxHeaderBytes:    g.limits.Header,
		ConnState:         g.room.changed,
		ErrorLog:          slog.NewLogLogger(g.log.Handler(), slog.LevelDebug),
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 100},
		// Every request is judged by the handler.
		DisableGeneralOptionsHandler: true,
	}
	if !g.servers.add(s) {
		return errors.Join(fmt.Errorf("gateway: %w", http.ErrServerClosed), l.Close())
	}
	g.log.Info("gateway listens", "addr", l.Addr().String())
	err := s.Serve(&bounded{Listener: l, room: g.room, reject: g.reject})
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("gateway: serve %s: %w", l.Addr(), err)
}

func (s *servers) add(server *http.Server) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.list = append(s.list, server)
	}
	return !s.closed
}

// Shutdown takes no more connections, ends all watches, and returns when every request has its answer. When ctx ends
// before that, it cuts what is left and returns the error of ctx. The gateway cannot be used again.
func (g *Gateway) Shutdown(ctx context.Context) error {
	g.closeOnce.Do(func() { close(g.closing) })
	g.servers.mu.Lock()
	g.servers.closed = true
	running := g.servers.list
	g.servers.list = nil
	g.servers.mu.Unlock()
	results := make(chan error)
	for _, s := range running {
		go func() {
			err := s.Shutdown(ctx)
			if err != nil {
				_ = s.Close() // the error is that of ctx
			}
			results <- err
		}()
	}
	var errs []error
	for range running {
		errs = append(errs, <-results)
	}
	return errors.Join(errs...)
}

// room counts connections. When there is no more, one that waits for its next request makes room.
type room struct {
	mu   sync.Mutex
	max  int
	open map[net.Conn]*list.Element // nil: not idle
	idle *list.List                 // of net.Conn, the longest idle first
}

func newRoom(connections int) *room {
	return &room{max: connections, idle: list.New(), open: map[net.Conn]*list.Element{}}
}

// enter reports whether there is room for a connection, and takes it.
func (r *room) enter(c net.Conn) bool {
	r.mu.Lock()
	var last net.Conn
	if len(r.open) >= r.max {
		front := r.idle.Front()
		if front == nil {
			r.mu.Unlock()
			return false
		}
		last = r.idle.Remove(front).(net.Conn)
		delete(r.open, last)
	}
	r.open[c] = nil
	r.mu.Unlock()
	if last != nil {
		_ = last.Close()
	}
	return true
}

// changed is told by the server about its connections.
func (r *room) changed(c net.Conn, state http.ConnState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	element, ok := r.open[c]
	if !ok {
		return // it had to make room
	}
	if element != nil {
		r.idle.Remove(element)
		r.open[c] = nil
	}
	switch state {
	case http.StateIdle:
		r.open[c] = r.idle.PushBack(c)
	case http.StateClosed, http.StateHijacked:
		delete(r.open, c)
	}
}

// bounded is a listener that turns connections away for which there is no room.
type bounded struct {
	net.Listener
	room   *room
	reject func(reason string)
}

// full is the answer to a connection for which there is no room.
var full = func() []byte {
	const body = `{"code":"overloaded","message":"too many connections are open: try again","retry_after_ms":1000}`
	return fmt.Appendf(nil, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}()

// Accept implements net.Listener.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil || b.room.enter(c) {
			return c, err
		}
		b.reject("connections")
		// It fits into what the kernel holds for the connection, so that the deadline is for what cannot be. Where TLS is to be spoken first, there is nothing to say.
		if _, plain := c.(*net.TCPConn); plain {
			_ = c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
			_, _ = c.Write(full)
		}
		_ = c.Close()
	}
}
