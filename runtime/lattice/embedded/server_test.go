package embedded_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	goruntime "runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/lattice"
	"github.com/troupe-run/troupe/runtime/lattice/embedded"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func everybody(key string) (lattice.Permission, error) {
	return lattice.Permission{Publish: []string{"a"}, Subscribe: []string{lattice.Inbox(key) + ".>"}}, nil
}

func shutdown(t *testing.T, s *embedded.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// TestTaken: a port that is taken is said, and nothing is left of the attempt.
func TestTaken(t *testing.T) {
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close()
	before := goruntime.NumGoroutine()
	_, err := embedded.Start(embedded.Options{Listen: l.Addr().String(), Node: must(claims.NewKey(claims.NodeKey)).Public(), Admit: everybody})
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), l.Addr().String()+" is taken") {
		t.Errorf("start: %v", err)
	}
	settled(t, before)
}

func TestWrong(t *testing.T) {
	key := must(claims.NewKey(claims.NodeKey)).Public()
	for name, o := range map[string]embedded.Options{
		"all addresses": {Listen: "0.0.0.0:0", Node: key, Admit: everybody},
		"no address":    {Listen: ":0", Node: key, Admit: everybody},
		"no port":       {Listen: "127.0.0.1", Node: key, Admit: everybody},
		"nobody admits": {Listen: "127.0.0.1:0", Node: key},
		"no node":       {Listen: "127.0.0.1:0", Admit: everybody},
		"a user":        {Listen: "127.0.0.1:0", Node: must(claims.NewKey(claims.UserKey)).Public(), Admit: everybody},
	} {
		s, err := embedded.Start(o)
		if err == nil {
			shutdown(t, s)
			t.Errorf("%s: it starts", name)
		}
		if strings.Contains(name, "address") != errors.Is(err, embedded.ErrWide) && name != "no port" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestShutdown: nothing is left, whoever was connected.
func TestShutdown(t *testing.T) {
	before := goruntime.NumGoroutine()
	node, user := must(claims.NewKey(claims.NodeKey)), must(claims.NewKey(claims.UserKey))
	s := must(embedded.Start(embedded.Options{Listen: "127.0.0.1:0", Node: node.Public(), Admit: everybody}))
	a := must(nats.Connect(s.URL(), nats.Nkey(user.Public(), user.SignNonce), nats.Timeout(30*time.Second), nats.NoReconnect()))
	b := must(nats.Connect("", nats.InProcessServer(s), nats.Nkey(node.Public(), node.SignNonce), nats.Timeout(30*time.Second), nats.NoReconnect()))
	half := must(net.Dial("tcp", s.URL()[len("nats://"):])) // says nothing
	if n := s.Clients(); n < 2 {
		t.Errorf("%d clients", n)
	}
	shutdown(t, s)
	shutdown(t, s)
	if s.URL() != "" {
		t.Errorf("it is at %s", s.URL())
	}
	half.Close()
	a.Close()
	b.Close()
	settled(t, before)
}

// TestLimits: what clients may take is bounded, in connections, in bytes and in the log.
func TestLimits(t *testing.T) {
	log := &logged{}
	node := must(claims.NewKey(claims.NodeKey))
	s := must(embedded.Start(embedded.Options{Listen: "127.0.0.1:0", Node: node.Public(), Admit: everybody, Connections: 3, MaxPayload: 1 << 10,
		Logger: slog.New(slog.NewTextHandler(log, nil))}))
	defer shutdown(t, s)
	var open []*nats.Conn
	for range 3 {
		user := must(claims.NewKey(claims.UserKey))
		open = append(open, must(nats.Connect(s.URL(), nats.Nkey(user.Public(), user.SignNonce), nats.Timeout(30*time.Second), nats.NoReconnect())))
	}
	user := must(claims.NewKey(claims.UserKey))
	if _, err := nats.Connect(s.URL(), nats.Nkey(user.Public(), user.SignNonce)); err == nil {
		t.Error("there is a fourth connection")
	}
	if max := open[0].MaxPayload(); max != 1<<10 {
		t.Errorf("a message may have %d bytes", max)
	}
	for _, nc := range open {
		nc.Close()
	}
	// Many who are not let in do not fill the log.
	start := time.Now()
	for range 100 {
		_, _ = nats.Connect(s.URL(), nats.Token("x"))
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	most := 40 + 10*int(time.Since(start)/time.Second)
	if lines := strings.Count(log.text.String(), "\n"); lines == 0 || lines > most {
		t.Errorf("%d lines are logged, and %d may be:\n%s", lines, most, log.text.String())
	}
}

// settled fails the test if goroutines are left that were not there before.
func settled(t testing.TB, before int) {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		if goruntime.NumGoroutine() <= before {
			return
		}
	}
	buf := make([]byte, 1<<16)
	t.Errorf("%d goroutines, and there were %d:\n%s", goruntime.NumGoroutine(), before, buf[:goruntime.Stack(buf, true)])
}

// TestStreams: there are streams where a folder is given for them, for those whose permissions hold their subjects.
func TestStreams(t *testing.T) {
	may := lattice.Permission{Publish: []string{">"}, Subscribe: []string{">"}}
	for name, c := range map[string]struct {
		dir  string
		may  lattice.Permission
		wait time.Duration
		err  error
	}{
		"streams":     {t.TempDir(), may, 30 * time.Second, nil},
		"not for him": {t.TempDir(), lattice.Permission{Publish: []string{"a"}, Subscribe: []string{">"}}, 200 * time.Millisecond, context.DeadlineExceeded},
		"no folder":   {"", may, 30 * time.Second, nats.ErrNoResponders},
	} {
		s := must(embedded.Start(embedded.Options{Listen: "127.0.0.1:0", Node: must(claims.NewKey(claims.NodeKey)).Public(), JetStream: c.dir,
			Admit: func(string) (lattice.Permission, error) { return c.may, nil }}))
		user := must(claims.NewKey(claims.UserKey))
		nc := must(nats.Connect(s.URL(), nats.Nkey(user.Public(), user.SignNonce), nats.Timeout(30*time.Second), nats.NoReconnect(),
			nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})))
		js := must(jetstream.New(nc, jetstream.WithDefaultTimeout(c.wait)))
		_, err := js.CreateStream(context.Background(), jetstream.StreamConfig{Name: "S", Subjects: []string{"a"}})
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
		nc.Close()
		shutdown(t, s)
	}
}
