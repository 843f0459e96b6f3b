package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/edge"
	"github.com/troupe-run/troupe/runtime/capability/httpserver"
)

// The ways to ask actors of the classic wasmCloud. Each request is a transaction of its own that is durable when it is answered,
// but for those that read.
const (
	wayEcho        = "echo in the process"
	wayEchoRead    = "echo in the process, reading"
	wayEchoHTTP    = "echo over HTTP"
	wayEchoSpread  = "echo over HTTP, reading"
	wayCounter     = "counter in the process"
	wayCounterHTTP = "counter over HTTP"
)

// spread is the name of the echo that may run several calls at once, which are queries where they can be.
const spread = "spread"

// runClassic is the workload wasmbus.
func runClassic(ctx context.Context, c Config, p *progress) (result Result, err error) {
	m, err := readClassics(c)
	if err != nil {
		return Result{}, err
	}
	classic := &Classic{IdleInstances: idleInstances}
	p.show("wasmbus: calls")
	if classic.Calls, err = classicCalls(ctx, m, c.Duration/2); err != nil {
		return Result{}, err
	}
	p.show("wasmbus: loading")
	if classic.Start, err = classicStart(ctx, m.echo); err != nil {
		return Result{}, err
	}
	p.show("wasmbus: idle instances")
	if classic.IdleBytes, err = classicIdle(ctx, m.echo); err != nil {
		return Result{}, err
	}
	if result, err = classicLoad(ctx, c, m, p); err != nil {
		return Result{}, err
	}
	result.Classic = classic
	return result, nil
}

// classicLoad asks a host in the process and over HTTP.
func classicLoad(ctx context.Context, c Config, m classics, p *progress) (result Result, err error) {
	b, err := openBed(c)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if c.wearIn {
		p.show("wasmbus: wearing in")
		if err := b.wearIn(ctx); err != nil {
			return Result{}, err
		}
	}
	s, stop, err := serveClassics(ctx, b, m)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return Result{}, err
	}
	paths, end, err := s.paths()
	defer func() { err = errors.Join(err, end()) }()
	if err != nil {
		return Result{}, err
	}
	t := &turns{served: &served{bed: b}, paths: paths, main: wayCounterHTTP}
	if err := t.run(ctx, p); err != nil {
		return Result{}, err
	}
	return t.result(), s.audit(paths)
}

// onHTTP is a bed whose actors are served.
type onHTTP struct {
	*bed
	address map[actor.Address]string
}

// serveClassics starts the actors and the halves of their providers. Stop ends these, also behind an error.
func serveClassics(ctx context.Context, b *bed, m classics) (s *onHTTP, stop func() error, err error) {
	supervisor := edge.New(b.host, []edge.Kind{httpserver.Kind()}, nil)
	running, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- supervisor.Run(running) }()
	stop = func() error {
		cancel()
		return <-ended
	}
	again, err := signedAgain(m.echo)
	if err != nil {
		return nil, stop, err
	}
	s = &onHTTP{b, map[actor.Address]string{}}
	var links []capability.LinkOrder
	for _, a := range []struct {
		name      string
		code      []byte
		instances int
	}{{"echo", m.echo, 1}, {spread, again, 4 * cores()}, {"counter", m.counter, 1}} {
		if _, err := b.host.Start(ctx, a.name, a.code, runtime.StartOptions{Instances: a.instances}); err != nil {
			return nil, stop, err
		}
		links = append(links, capability.LinkOrder{LinkName: capability.LinkName{Actor: a.name, Contract: capability.HTTPServer}, Provider: "web",
			Values: map[string]string{"address": "127.0.0.1:0"}})
	}
	if _, err := b.host.Order(ctx, classicOrder(links...), "", ""); err != nil {
		return nil, stop, err
	}
	for _, l := range links {
		if s.address[actor.Address(l.Actor)], err = listening(ctx, supervisor, actor.Address(l.Actor)); err != nil {
			return nil, stop, err
		}
	}
	return s, stop, nil
}

// signedAgain returns a module under another key, so that it can be two actors.
func signedAgain(code []byte) ([]byte, error) {
	m, _, err := claims.OpenModule(code)
	if err != nil {
		return nil, err
	}
	account, err := claims.NewKey(claims.AccountKey)
	if err != nil {
		return nil, err
	}
	key, err := claims.NewKey(claims.ModuleKey)
	if err != nil {
		return nil, err
	}
	return claims.SignModule(account, code, claims.Module{Subject: key.Public(), Name: m.Name, Caps: m.Caps, Revision: 1})
}

// listening waits until an actor is served, and returns where.
func listening(ctx context.Context, s *edge.Supervisor, who actor.Address) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		changed := s.Changed()
		for _, status := range s.Status() {
			if at, ok := strings.CutPrefix(status.Detail, "listens on http://"); ok && status.Actor == who && status.State == capability.Healthy {
				return at, nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return "", fmt.Errorf("%s is not served: %+v", who, s.Status())
		}
	}
}

// paths are all ways. End closes their connections.
func (s *onHTTP) paths() (list []*path, end func() error, err error) {
	var open []*httpLine
	end = func() error {
		var errs []error
		for _, l := range open {
			errs = append(errs, l.close())
		}
		return errors.Join(errs...)
	}
	lines := map[actor.Address][]*httpLine{}
	for who, address := range s.address {
		for range s.config.Clients {
			l, err := dialHTTP(address, "")
			if err != nil {
				return nil, end, err
			}
			open, lines[who] = append(open, l.(*httpLine)), append(lines[who], l.(*httpLine))
		}
	}
	counts := make([]string, s.config.Keys)
	for i := range counts {
		counts[i] = "/" + strconv.Itoa(i)
	}
	add := func(name, beside string, clients int, do func(context.Context, *client) error) {
		list = append(list, &path{Way: Way{Name: name, Beside: beside}, load: newLoad(clients, s.config.Seed, do), took: newHistogram()})
	}
	gets := func(who actor.Address, path func(*client) string) func(context.Context, *client) error {
		return func(_ context.Context, c *client) error {
			_, err := lines[who][c.id].get(path(c))
			return err
		}
	}
	sends := func(to actor.Address, body func(*client) []byte) func(context.Context, *client) error {
		return func(ctx context.Context, c *client) error {
			_, err := s.host.Do(ctx, dispatch.Request{Sender: "bench", Message: actor.Message{To: to, Body: body(c)}})
			return err
		}
	}
	echo := invocationOf("/echo")
	echoPath := func(*client) string { return "/echo?a=b" }
	countPath := func(c *client) string { return counts[c.rng.IntN(len(counts))] }
	add(wayEcho, "", s.config.Clients, sends("echo", func(*client) []byte { return echo }))
	add(wayEchoRead, wayEcho, cores(), func(ctx context.Context, _ *client) error {
		_, err := s.host.Query(ctx, "echo", echo)
		return err
	})
	add(wayEchoHTTP, wayEcho, s.config.Clients, gets("echo", echoPath))
	add(wayEchoSpread, wayEchoRead, s.config.Clients, gets(spread, echoPath))
	add(wayCounter, "", s.config.Clients, sends("counter", func(c *client) []byte { return invocationOf(countPath(c)) }))
	add(wayCounterHTTP, wayCounter, s.config.Clients, gets("counter", countPath))
	return list, end, nil
}

// audit checks that the counters have counted every request, once.
func (s *onHTTP) audit(paths []*path) error {
	var want, got uint64
	for _, p := range paths {
		if p.Name == wayCounter || p.Name == wayCounterHTTP {
			want += p.load.answered()
		}
	}
	l, err := dialHTTP(s.address["counter"], "")
	if err != nil {
		return err
	}
	defer l.close()
	for i := range s.config.Keys {
		body, err := l.(*httpLine).get("/" + strconv.Itoa(i) + "?amount=0")
		if err != nil {
			return err
		}
		var answer struct{ Counter uint64 }
		if err := json.Unmarshal(bytes.TrimSpace(body), &answer); err != nil {
			return fmt.Errorf("the counter answers %q: %w", body, err)
		}
		got += answer.Counter
	}
	if got != want {
		return fmt.Errorf("the counters stand at %d after %d requests", got, want)
	}
	return nil
}
