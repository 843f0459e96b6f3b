package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/cmd/troupe/config"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/client"
	"github.com/troupe-run/troupe/runtime/lattice"
	"github.com/troupe-run/troupe/runtime/lattice/embedded"
)

// natsConfig is that of a directory that is served over NATS only.
func natsConfig(t *testing.T, listen string) *config.Config {
	t.Helper()
	c, err := config.Load("", func(string) (string, bool) { return "", false }, map[string]string{"nats-listen": listen, "http-listen": "127.0.0.1:0", "http-dashboard": "no"})
	if err != nil {
		t.Fatal(err)
	}
	c.Dir, c.Drain = filepath.Join(t.TempDir(), "data"), 5*time.Minute
	return c
}

// served is a server that runs until stop.
type served struct {
	operator claims.Key
	at       Address
	stop     func() error
}

func run(t *testing.T, c *config.Config) (*served, error) {
	t.Helper()
	h, err := openPuppets(c.Dir, runtime.Options{})()
	if err != nil {
		t.Fatal(err)
	}
	operator, err := claims.NewKey(claims.UserKey)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	started, ended := make(chan Address, 1), make(chan error, 1)
	go func() {
		ended <- errors.Join(Run(ctx, h, Options{Config: c, Version: "test", Operator: operator, Started: func(a Address) { started <- a },
			Logger: slog.New(slog.NewTextHandler(logged{t}, nil))}), h.Close())
	}()
	s := &served{operator: operator, stop: func() error { cancel(); return <-ended }}
	select {
	case s.at = <-started:
		return s, nil
	case err := <-ended:
		cancel()
		return nil, err
	}
}

func (s *served) client(t *testing.T, url string) *client.Client {
	t.Helper()
	way, err := lattice.Dial(t.Context(), lattice.Connection{URL: url, Key: s.operator}, "troupe")
	if err != nil {
		t.Fatal(err)
	}
	c := client.New(way, client.Identity{Key: s.operator, Node: s.at.Node})
	t.Cleanup(func() { c.Close() })
	return c
}

func TestNATS(t *testing.T) {
	c := natsConfig(t, "127.0.0.1:0")
	s, err := run(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if at, err := Announced(c.Dir); err != nil || at.NATS != s.at.NATS || !strings.HasPrefix(at.NATS, "nats://127.0.0.1:") {
		t.Errorf("announced is %+v, %v; started %+v", at, err, s.at)
	}
	way := s.client(t, s.at.NATS)
	way.Patience = time.Minute
	receipt, err := way.Send(t.Context(), &api.SendRequest{To: "puppet/a", Body: api.Bytes("set k=v")})
	if err != nil || !receipt.Committed {
		t.Fatalf("%+v, %v", receipt, err)
	}
	res, err := http.Get(s.at.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || !strings.Contains(string(text), "\ntroupe_nats_connected 1\n") {
		t.Errorf("the metrics say nothing of NATS: %v", err)
	}
	// Another node does not get the port, and says whose it is as far as it can.
	taken := natsConfig(t, strings.TrimPrefix(s.at.NATS, "nats://"))
	if _, err := run(t, taken); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a port that is taken: %v", err)
	}
	if _, err := run(t, natsConfig(t, "0.0.0.0:0")); !errors.Is(err, embedded.ErrWide) {
		t.Errorf("all addresses: %v", err)
	}
	// A watch that waits does not hold up the end, which would else take as long as the drain may.
	waiting := make(chan error, 1)
	watching, leave := context.WithCancel(t.Context())
	defer leave()
	go func() {
		for _, err := range way.Watch(watching, &api.WatchRequest{Now: true}) {
			if err != nil {
				waiting <- err
				return
			}
		}
		waiting <- nil
	}()
	time.Sleep(20 * time.Millisecond)
	start := time.Now()
	if err := s.stop(); err != nil || time.Since(start) > c.Drain/2 {
		t.Errorf("it ended after %s: %v", time.Since(start), err)
	}
	leave() // and does not wait for another server
	way.Close()
	<-waiting
}

// TestNATSElsewhere: the server is another's, is not there at first, and goes and comes.
func TestNATSElsewhere(t *testing.T) {
	c := natsConfig(t, "off")
	node, err := claims.NewKey(claims.NodeKey)
	if err != nil {
		t.Fatal(err)
	}
	var s *served
	begin := func(listen string) *embedded.Server {
		t.Helper()
		server, err := embedded.Start(embedded.Options{Listen: listen, Node: node.Public(), Admit: func(key string) (lattice.Permission, error) {
			return lattice.Subjects("troupe").Permissions(key, []claims.Grant{{Role: claims.Operator}}, time.Now())
		}})
		if err != nil {
			t.Fatal(err)
		}
		return server
	}
	end := func(server *embedded.Server) {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	}
	server := begin("127.0.0.1:0")
	url := server.URL()
	listen := strings.TrimPrefix(url, "nats://")
	end(server)
	c.NATS.URL = url
	c.NATS.Nkey = filepath.Join(c.Dir, "node", "host.nk")
	if s, err = run(t, c); err != nil {
		t.Fatal(err)
	}
	if s.at.NATS != url {
		t.Errorf("it is announced at %s", s.at.NATS)
	}
	if node, err = claims.LoadFile(c.NATS.Nkey); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		server = begin(listen)
		way := s.client(t, url)
		way.Patience = time.Minute
		if _, err := way.Send(t.Context(), &api.SendRequest{To: "puppet/a", Body: api.Bytes("set k=v")}); err != nil {
			t.Error(err)
		}
		way.Close()
		end(server)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}
