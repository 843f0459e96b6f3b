package bench

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/gateway"
	"github.com/troupe-run/troupe/runtime/lattice"
	"github.com/troupe-run/troupe/runtime/lattice/embedded"
	"github.com/troupe-run/troupe/runtime/metrics"
	hostnode "github.com/troupe-run/troupe/runtime/node"
)

// A served bed is a host that is reached as a node: over HTTP, with and without metrics, and over NATS.
type served struct {
	*bed
	operator claims.Key
	token    string
	// http is the address of the gateway, and plain that of one that nobody observes.
	http, plain string
	nats        *embedded.Server

	stops []func(context.Context) error
}

// servedName is what the node is called on NATS.
const servedName = "bench"

// serve makes a node of a bed. What is open is closed by stop, also behind an error.
func serve(ctx context.Context, b *bed) (s *served, err error) {
	s = &served{bed: b}
	key, err := claims.NewKey(claims.NodeKey)
	if err == nil {
		s.operator, err = claims.NewKey(claims.UserKey)
	}
	if err == nil {
		s.token, err = claims.SignToken(s.operator, claims.Token{Audience: key.Public()})
	}
	if err == nil {
		err = b.host.Found(ctx, s.operator.Public())
	}
	if err != nil {
		return s, err
	}
	counts := metrics.New()
	observed, err := s.node(key, counts)
	if err != nil {
		return s, err
	}
	counts.Observe(observed)
	if s.http, err = s.gateway(observed); err != nil {
		return s, err
	}
	silent, err := s.node(key, nil)
	if err != nil {
		return s, err
	}
	if s.plain, err = s.gateway(silent); err != nil {
		return s, err
	}
	return s, s.serveNATS(ctx, key, observed)
}

func (s *served) node(key claims.Key, o hostnode.Observer) (*hostnode.Node, error) {
	n, err := hostnode.New(s.host, hostnode.Options{Name: servedName, Version: "0.0.0", Key: key, Observer: o})
	if err == nil {
		s.stops = append(s.stops, n.Drain)
	}
	return n, err
}

// gateway serves a node on a port of its own.
func (s *served) gateway(n *hostnode.Node) (addr string, err error) {
	g, err := gateway.New(n, gateway.Options{Limits: gateway.Limits{Connections: 1 << 16, Watches: 1 << 16}})
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- g.Serve(listener) }()
	s.stops = append(s.stops, func(ctx context.Context) error { return errors.Join(g.Shutdown(ctx), <-ended) })
	return listener.Addr().String(), nil
}

func (s *served) serveNATS(ctx context.Context, key claims.Key, n *hostnode.Node) error {
	var err error
	s.nats, err = embedded.Start(embedded.Options{Listen: "127.0.0.1:0", Node: key.Public(), Admit: func(who string) (lattice.Permission, error) {
		grants, err := n.Grants(who)
		if err != nil {
			return lattice.Permission{}, err
		}
		return lattice.Subjects(servedName).Permissions(who, grants, time.Now())
	}})
	if err != nil {
		return err
	}
	s.stops = append(s.stops, s.nats.Shutdown)
	service, err := lattice.Serve(ctx, lattice.Connection{InProcess: s.nats, Key: key}, n, lattice.Options{})
	if err == nil {
		s.stops = append(s.stops, service.Stop)
	}
	return err
}

// stop ends everything but the host, the last first.
func (s *served) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var errs []error
	for i := len(s.stops) - 1; i >= 0; i-- {
		errs = append(errs, s.stops[i](ctx))
	}
	s.operator.Wipe()
	return errors.Join(errs...)
}
