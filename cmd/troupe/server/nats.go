package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/troupe-run/troupe/runtime/lattice"
	"github.com/troupe-run/troupe/runtime/lattice/embedded"
	"github.com/troupe-run/troupe/runtime/metrics"
)

// natsLink is how the node is reached over NATS. The zero value is that it is not.
type natsLink struct {
	server  *embedded.Server // nil if the server is elsewhere
	service *lattice.Service
	url     string
}

// openNATS starts to answer over NATS, as the configuration says.
func (s *server) openNATS(ctx context.Context) (*natsLink, error) {
	c, link := &s.Config.NATS, &natsLink{}
	at := lattice.Connection{URL: c.URL, Creds: c.Creds, NkeyFile: c.Nkey, CA: c.CA, Cert: c.Cert, CertKey: c.Key}
	opts := lattice.Options{Logger: s.Logger, Rejected: s.counts.Rejected, InFlight: s.Config.Limits.InFlight, Events: c.PublishEvents,
		Changes: c.PublishChanges, Wait: true}
	switch {
	case c.URL != "":
		link.url = at.Place()
	case c.Listen == "off":
		return link, nil
	default:
		var err error
		if link.server, err = s.listenNATS(); err != nil {
			return nil, err
		}
		link.url = link.server.URL()
		at, opts.Wait = lattice.Connection{InProcess: link.server, Key: s.key}, false
	}
	var err error
	if link.service, err = lattice.Serve(ctx, at, &s.node, opts); err != nil {
		stop, cancel := context.WithTimeout(context.Background(), s.Config.Drain)
		defer cancel()
		return nil, errors.Join(err, link.close(stop))
	}
	s.counts.ObserveNATS(func() metrics.NATS {
		now := link.service.Stats()
		return metrics.NATS{Connected: now.Connected, Requests: now.Requests, Unanswered: now.Unanswered, Published: now.Published, Lag: now.Lag}
	})
	return link, nil
}

func (s *server) listenNATS() (*embedded.Server, error) {
	c := &s.Config.NATS
	opts := embedded.Options{Listen: c.Listen, Node: s.key.Public(), Logger: s.Logger, Admit: s.admit}
	if c.Cert != "" {
		certificate, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, fmt.Errorf("the certificate for NATS in %s: %w", c.Cert, err)
		}
		opts.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	return embedded.Start(opts)
}

// admit tells what the holder of a key may do on the server in the process.
func (s *server) admit(key string) (lattice.Permission, error) {
	grants, err := s.node.Grants(key)
	if err != nil {
		return lattice.Permission{}, err
	}
	return lattice.Subjects(s.Config.Name).Permissions(key, grants, time.Now())
}

// close answers what was taken, and ends.
func (l *natsLink) close(ctx context.Context) (err error) {
	if l.service != nil {
		err = l.service.Stop(ctx)
	}
	if l.server != nil {
		err = errors.Join(err, l.server.Shutdown(ctx))
	}
	return err
}
