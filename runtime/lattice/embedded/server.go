package embedded

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/lattice"
)

// ErrWide is the error of listening for other machines without TLS.
var ErrWide = errors.New("other machines could read what passes: give a certificate and a key, or listen on 127.0.0.1")

// Options configure a Server. Zero fields mean their defaults.
type Options struct {
	// Listen is the address: 127.0.0.1:4222 if empty. The port 0 is one that is free.
	Listen string
	// TLS, if not nil, is what clients must speak. Without it others than this machine are not listened for.
	TLS *tls.Config
	// Node is the public key of the node, which may do everything.
	Node string
	// Admit tells what the holder of a user key may do, or why he is not let in. It is asked when he connects, and again once in
	// a while for as long as he is there, from any goroutine. It is needed.
	Admit func(key string) (lattice.Permission, error)
	// Logger is told what the server tells; nobody if nil.
	Logger *slog.Logger
	// MaxPayload bounds a message in bytes: 8 MiB, which is what an installation has at most. Connections are how many there may
	// be: 4,096.
	MaxPayload, Connections int
	// JetStream, if not empty, is the folder of streams, which clients may have then if their permissions hold its subjects.
	// Without it there are none.
	JetStream string
	// Recheck is how often it is asked whether who is connected still may be: every second.
	Recheck time.Duration
}

// A Server is a server of NATS. Its methods may be called from any goroutine.
type Server struct {
	server *server.Server
	door   *door
	log    *logger
	tls    bool
	stop   chan struct{}
	once   sync.Once
	done   chan struct{}
}

// Start runs a server until Shutdown. If the port is taken, the error is one for which errors.Is tells syscall.EADDRINUSE.
func Start(o Options) (*Server, error) {
	o.Listen = cmp.Or(o.Listen, "127.0.0.1:4222")
	at, err := net.ResolveTCPAddr("tcp", o.Listen)
	switch {
	case o.Admit == nil:
		return nil, errors.New("lattice: a server of NATS needs somebody who tells who is let in")
	case err != nil:
		return nil, fmt.Errorf("lattice: listen on %.80q: an address is a name or number, and a port, such as 127.0.0.1:4222: %w", o.Listen, err)
	case !at.IP.IsLoopback() && o.TLS == nil:
		return nil, fmt.Errorf("lattice: listen on %s: %w", o.Listen, ErrWide)
	}
	if err := claims.CheckPublic(o.Node, claims.NodeKey); err != nil {
		return nil, fmt.Errorf("lattice: the key of the node: %w", err)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	host := ""
	if at.IP != nil {
		host = at.IP.String()
	}
	s := &Server{door: &door{node: o.Node, admit: o.Admit, log: o.Logger, guests: map[uint64]guest{}}, log: &logger{to: o.Logger}, tls: o.TLS != nil,
		stop: make(chan struct{}), done: make(chan struct{})}
	opts := &server.Options{
		ServerName: "troupe-" + o.Node, Host: cmp.Or(host, "0.0.0.0"), Port: at.Port,
		// Seconds: a busy machine needs more than an instant, and who does not sign in shall not stay.
		CustomClientAuthentication: s.door, AlwaysEnableNonce: true, AuthTimeout: 5,
		TLSConfig: o.TLS, TLS: o.TLS != nil, TLSTimeout: 5,
		MaxPayload: int32(cmp.Or(o.MaxPayload, 8<<20)), MaxConn: cmp.Or(o.Connections, 4096), MaxSubs: 1024, MaxClosedClients: 100,
		// Who does not read loses what waits for him, and then the connection. Others do not wait for him.
		MaxPending: 32 << 20, WriteDeadline: 5 * time.Second, NoFastProducerStall: true,
		PingInterval: 10 * time.Second, MaxPingsOut: 2,
		JetStream: o.JetStream != "", StoreDir: o.JetStream,
		NoSigs: true, NoSystemAccount: o.JetStream == "", DisableShortFirstPing: true,
	}
	if at.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	if s.server, err = server.NewServer(opts); err != nil {
		return nil, fmt.Errorf("lattice: the server of NATS: %w", err)
	}
	s.server.SetLoggerV2(s.log, o.Logger.Enabled(context.Background(), slog.LevelDebug), false, false)
	s.server.Start()
	if s.log.fatal() != nil || !s.server.ReadyForConnections(startTime) {
		s.server.Shutdown()
		s.server.WaitForShutdown()
		return nil, s.failure(o.Listen)
	}
	go s.watch(cmp.Or(o.Recheck, time.Second))
	return s, nil
}

// startTime is how long a machine may take to start the server, however busy it is.
const startTime = 30 * time.Second

func (s *Server) failure(listen string) error {
	err := s.log.fatal()
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("lattice: %s is taken by another program, which may be a server of NATS: stop it, listen on another port, or use it by its address: %w", listen, err)
	case err != nil:
		return fmt.Errorf("lattice: listen on %s: %w", listen, err)
	}
	return fmt.Errorf("lattice: the server of NATS at %s did not start within %s", listen, startTime)
}

// URL is where clients of this machine reach the server.
func (s *Server) URL() string {
	scheme := "nats"
	if s.tls {
		scheme = "tls"
	}
	addr, ok := s.server.Addr().(*net.TCPAddr)
	if !ok {
		return "" // it was shut down
	}
	host := "127.0.0.1"
	if !addr.IP.IsUnspecified() {
		host = addr.IP.String()
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(addr.Port))
}

// InProcessConn returns a connection that no other program can see.
func (s *Server) InProcessConn() (net.Conn, error) { return s.server.InProcessConn() }

// Clients returns how many are connected, the node included.
func (s *Server) Clients() int { return s.server.NumClients() }

// watch asks again whether those who are connected still may be.
func (s *Server) watch(every time.Duration) {
	defer close(s.done)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
			s.door.recheck(s.server)
		}
	}
}

// Shutdown closes all connections and returns when nothing of the server runs any more, or with the error of ctx. It may be
// called more than once.
func (s *Server) Shutdown(ctx context.Context) error {
	s.once.Do(func() {
		close(s.stop)
		s.server.Shutdown()
	})
	ended := make(chan struct{})
	go func() {
		<-s.done
		s.server.WaitForShutdown()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("lattice: the server of NATS does not end: %w", context.Cause(ctx))
	}
}
