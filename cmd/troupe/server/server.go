package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/cmd/troupe/config"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/certificate"
	"github.com/troupe-run/troupe/runtime/gateway"
	"github.com/troupe-run/troupe/runtime/gateway/dashboard"
	"github.com/troupe-run/troupe/runtime/metrics"
	"github.com/troupe-run/troupe/runtime/node"
	"github.com/troupe-run/troupe/runtime/telemetry"
)

// Options say how to serve.
type Options struct {
	Config *config.Config
	// Version is that of the program.
	Version string
	// Logger is told what happens; nobody if nil.
	Logger *slog.Logger
	// Operator is who founds a host that nobody has founded yet, and whose token stands in the address of the dashboard.
	Operator claims.Key
	// Reopen opens the host again after it has stopped by itself, and was closed; if it is nil, that is the end.
	Reopen func() (*runtime.Host, error)
	// Edges are run on the host, unless it is read-only; its options should name their Outside. Nil: no provider reaches out.
	Edges *Edges
	// Free tells how much is free on the disk that has a directory, in bytes; the system is asked if it is nil.
	Free func(dir string) (uint64, error)
	// Listener is what Listen returned; if it is nil Run listens itself. Run may close it, and whoever gave it may, too.
	Listener net.Listener
	// Started is told once that requests are answered, and where. It must not block.
	Started func(Address)
}

// An Address is where a node is reached.
type Address struct {
	// Node is its public key.
	Node string `json:"node"`
	Name string `json:"name"`
	// URL is that of HTTP and NATS that of NATS; empty if it is off.
	URL  string `json:"url,omitempty"`
	NATS string `json:"nats,omitempty"`
	PID  int    `json:"pid"`
	// Token signs the operator in at the dashboard. It is written nowhere.
	Token string `json:"-"`
}

// sessionTime is how long the token in the address of the dashboard is good.
const sessionTime = 12 * time.Hour

// Run serves a host until ctx ends, and then lets what is under way end. The error says why it could not be served, or
// why not everything ended in time.
func Run(ctx context.Context, h *runtime.Host, o Options) (err error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Free == nil {
		o.Free = free
	}
	s := &server{host: h, Options: o, endEdges: func(context.Context) error { return nil }}
	defer func() {
		if s.host != h { // that one is the caller's
			err = errors.Join(err, s.host.Close())
		}
		s.closeTraces()
	}()
	if err := s.prepare(ctx); err != nil {
		return err
	}
	listener := s.Listener
	if listener == nil {
		if listener, err = Listen(s.Config, s.Logger); err != nil {
			return err
		}
	}
	if s.nats, err = s.openNATS(ctx); err != nil {
		if listener != nil {
			err = errors.Join(err, listener.Close())
		}
		return err
	}
	s.lookAtDisk()
	keeping, end := context.WithCancel(ctx)
	var kept sync.WaitGroup
	kept.Go(func() { s.keep(keeping) })
	failed := make(chan error, 1)
	if listener != nil {
		go func() { failed <- s.gateway.Serve(listener) }()
	}
	s.startEdges()
	address, err := s.announce(listener)
	if err == nil {
		if o.Started != nil {
			o.Started(address)
		}
		select {
		case <-ctx.Done():
		case err = <-failed:
		}
	}
	end()
	kept.Wait()
	return errors.Join(err, s.stop(listener != nil))
}

type server struct {
	Options
	host    *runtime.Host
	dir     folder
	key     claims.Key
	counts  *metrics.Metrics
	traces  *telemetry.Exporter // nil if nobody wants any
	node    current
	gateway *gateway.Gateway
	nats    *natsLink
	full    bool // the disk
	// endEdges stops the halves of providers, and waits for them no longer than its context allows; it may be called again.
	endEdges func(context.Context) error
}

// prepare makes everything that does not listen yet.
func (s *server) prepare(ctx context.Context) (err error) {
	c := s.Config
	if s.dir, err = openFolder(filepath.Join(c.Dir, "node")); err != nil {
		return err
	}
	if s.key, _, err = claims.LoadOrCreateFile(s.dir.path("host.nk"), claims.NodeKey); err != nil {
		return err
	}
	if c.Backup.Dir != "" {
		if err := os.MkdirAll(c.Backup.Dir, 0o700); err != nil {
			return err
		}
	}
	founded, err := s.host.Founded()
	if err == nil && !founded {
		err = s.host.Found(ctx, s.Operator.Public())
	}
	if err != nil {
		return err
	}
	s.compareClocks()
	if c.OTLP.Endpoint != "" {
		s.traces, err = telemetry.New(telemetry.Options{Endpoint: c.OTLP.Endpoint, Sample: c.OTLP.Sample, Name: c.Name, Host: s.key.Public(),
			Version: s.Version, Logger: s.Logger})
		if err != nil {
			return err
		}
	}
	s.counts = metrics.New()
	if s.traces != nil {
		s.counts.ObserveTraces(func() metrics.Traces { return metrics.Traces(s.traces.Stats()) })
	}
	n, err := s.newNode(s.host)
	if err != nil {
		return err
	}
	s.node.node.Store(n)
	s.counts.Observe(&s.node)
	if c.HTTP.Listen == "off" {
		return nil
	}
	opts := gateway.Options{Metrics: s.counts.Handler(), Hosts: c.HTTP.Hosts, Origins: c.HTTP.Origins, Logger: s.Logger,
		Rejected: s.counts.Rejected, Limits: gateway.Limits{Body: int(c.Limits.Body), Connections: c.HTTP.Connections}}
	if c.HTTP.Dashboard {
		opts.Assets = dashboard.Assets()
	}
	s.gateway, err = gateway.New(&s.node, opts)
	return err
}

// compareClocks warns if the last transaction is from the future: then the clock was fast once, or is slow now.
func (s *server) compareClocks() {
	head, err := s.host.Reader().Head()
	if ahead := time.Until(time.Unix(0, head.Time)); err == nil && ahead > time.Minute {
		s.Logger.Warn("the clock is behind the last transaction: transactions keep that time until it is reached", "ahead", ahead.Round(time.Second))
	}
}

// newNode returns a node that answers on a host.
func (s *server) newNode(h *runtime.Host) (*node.Node, error) {
	c := s.Config
	o := node.Options{Name: c.Name, Version: s.Version, Key: s.key, Logger: s.Logger, MaxInFlight: c.Limits.InFlight,
		MaxBody: int(c.Limits.Body), ReadOnly: c.ReadOnly, BackupDir: c.Backup.Dir, Observer: s.counts}
	if s.traces != nil {
		o.Tracer = s.traces
	}
	if s.Edges != nil && !c.ReadOnly {
		o.Providers = s.Edges.Status
	}
	return node.New(h, o)
}

// startEdges runs the halves of providers on the host as it is now.
func (s *server) startEdges() {
	if s.Edges != nil && !s.Config.ReadOnly {
		s.endEdges = s.Edges.start(s.host, s.Logger)
	}
}

// closeTraces sends what was followed last. A collector that is gone keeps nobody from stopping.
func (s *server) closeTraces() {
	if s.traces == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := s.traces.Close(ctx); err != nil {
		s.Logger.Warn("traces are lost", "err", err)
	}
}

// Listen opens the port for HTTP that a configuration names, for who wants to know that it is free before there is a host.
// It returns nil if there is none. The logger, which may be nil, is told about certificates that change.
func Listen(cfg *config.Config, log *slog.Logger) (net.Listener, error) {
	c := &cfg.HTTP
	if c.Listen == "off" {
		return nil, nil
	}
	opts := gateway.ListenOptions{Insecure: c.Insecure}
	if c.Cert != "" {
		var err error
		if opts.Certificate, err = certificate.Load(c.Cert, c.Key, log); err != nil {
			return nil, err
		}
	}
	return gateway.Listen(c.Listen, opts)
}

// announce tells where the node is reached.
func (s *server) announce(listener net.Listener) (Address, error) {
	a := Address{Node: s.key.Public(), Name: s.Config.Name, NATS: s.nats.url}
	if listener != nil {
		a.URL = "http://"
		if s.Config.HTTP.Cert != "" {
			a.URL = "https://"
		}
		a.URL += reachable(listener.Addr())
	}
	now := time.Now()
	token, err := claims.SignToken(s.Operator, claims.Token{Subject: s.Operator.Public(), Audience: a.Node, Issued: now, Expires: now.Add(sessionTime)})
	if err != nil {
		return a, err
	}
	a.Token = token
	return a, s.dir.announce(&a)
}

// reachable returns an address that this machine reaches: one that stands for all is that of the machine itself.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return addr.String()
}

// stop takes no more requests and waits for those that are under way.
func (s *server) stop(listening bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.Config.Drain)
	defer cancel()
	s.Logger.Info("stopping", "within", s.Config.Drain)
	edges := make(chan error, 1)
	go func() { edges <- s.endEdges(ctx) }()
	var err error
	if listening {
		err = s.gateway.Shutdown(ctx)
	}
	// The node ends watches, which the service would wait for.
	if err = errors.Join(err, <-edges, s.node.Drain(ctx), s.nats.close(ctx)); err != nil {
		err = fmt.Errorf("not everything ended within %s: %w", s.Config.Drain, err)
	}
	return errors.Join(err, s.dir.retract())
}
