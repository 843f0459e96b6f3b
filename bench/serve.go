package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
)

// Network is what a node does over sockets. Clients and node are in one process, and share the processors.
type Network struct {
	Ways []Way `json:"ways"`
	// BinaryBytes is the size of the program.
	BinaryBytes int64 `json:"binary_bytes,omitempty"`
}

// A Way is one way to ask a node the same.
type Way struct {
	Name string `json:"name"`
	// PerS is the median of the slices, and Ratio the median of what each slice is to that of the way Beside in the same
	// turn.
	PerS   float64 `json:"per_s"`
	Beside string  `json:"beside,omitempty"`
	Ratio  float64 `json:"ratio,omitempty"`
	// Latency is that in the closed loop, and Half that at half the rate, in an open loop.
	Latency Latency  `json:"latency_us"`
	Half    *Latency `json:"latency_us_at_half,omitempty"`
	// ProcessorPer is the time of processors that one took, in microseconds, clients included. It tells more than PerS when
	// others use the machine, too.
	ProcessorPer float64 `json:"cpu_us,omitempty"`
	// NoticesPerS is how many notices a second the watchers got.
	NoticesPerS float64 `json:"notices_per_s,omitempty"`
}

// The ways. Transfers have request ids and are signed by token; those in the process have the ids and the signer.
const (
	wayHost         = "transfers in the process"
	wayHTTP         = "transfers over HTTP"
	wayUnobserved   = "transfers over HTTP, no metrics"
	wayWatched      = "transfers over HTTP, watched"
	wayNATS         = "transfers over NATS"
	wayQueryProcess = "queries in the process"
	wayQueryHTTP    = "queries over HTTP"
	wayQueryNATS    = "queries over NATS"
)

// A path is a way while it is measured.
type path struct {
	Way
	load     *load
	transfer bool // and not a query
	half     bool // is measured at half load, too
	watched  bool
	rates    []float64
	ratios   []float64
	notices  []float64
	spent    usage
	done     uint64
	took     *hdrhistogram.Histogram
}

// runServe is the workload serve: transfers and queries by several ways, in turns.
func runServe(ctx context.Context, c Config, p *progress) (result Result, err error) {
	b, err := openBed(c)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if c.wearIn {
		p.show("serve: wearing in")
		if err := b.wearIn(ctx); err != nil {
			return Result{}, err
		}
	}
	p.show("serve: preparing")
	accounts, err := openBank(ctx, b.host, c)
	if err != nil {
		return Result{}, err
	}
	s, err := serve(ctx, b)
	defer func() { err = errors.Join(err, s.stop()) }()
	if err != nil {
		return Result{}, err
	}
	paths, end, err := s.paths(ctx, accounts)
	defer func() { err = errors.Join(err, end()) }()
	if err != nil {
		return Result{}, err
	}
	m := &turns{served: s, accounts: accounts, paths: paths, main: wayHTTP}
	if err := m.run(ctx, p); err != nil {
		return Result{}, err
	}
	return m.result(), accounts.audit(m.payments())
}

// paths are all ways. End closes their connections.
func (s *served) paths(ctx context.Context, accounts *bank) (list []*path, end func() error, err error) {
	var open []line
	end = func() error {
		var errs []error
		for _, l := range open {
			errs = append(errs, l.close())
		}
		return errors.Join(errs...)
	}
	clients := s.config.Clients
	var lines [3][]line // HTTP, HTTP without metrics, NATS
	for i := range clients {
		for j, addr := range []string{s.http, s.plain} {
			l, err := dialHTTP(addr, s.token)
			if err != nil {
				return nil, end, err
			}
			open, lines[j] = append(open, l), append(lines[j], l)
		}
		if i < natsConnections {
			l, err := s.dialNATS(ctx)
			if err != nil {
				return nil, end, err
			}
			open, lines[2] = append(open, l), append(lines[2], l)
		}
	}
	add := func(name, beside string, transfer bool, do func(context.Context, *client) error) *path {
		list = append(list, &path{Way: Way{Name: name, Beside: beside}, load: newLoad(clients, s.config.Seed, do), transfer: transfer, took: newHistogram()})
		return list[len(list)-1]
	}
	sends := func(tag string, on []line) func(context.Context, *client) error {
		return func(ctx context.Context, c *client) error {
			msg := accounts.transfer(c.rng)
			return on[c.id%len(on)].ask(ctx, "send", &api.SendRequest{To: msg.To, Body: msg.Body, ID: requestID(tag, c)})
		}
	}
	asks := func(on []line) func(context.Context, *client) error {
		return func(ctx context.Context, c *client) error {
			return on[c.id%len(on)].ask(ctx, "query", &api.QueryRequest{To: accounts.pick(c.rng)})
		}
	}
	sender := actor.Address(s.operator.Public())
	add(wayHost, "", true, func(ctx context.Context, c *client) error {
		_, err := s.host.Do(ctx, dispatch.Request{ID: string(sender) + "/" + requestID("p", c), Sender: sender, Signer: string(sender), Message: accounts.transfer(c.rng)})
		return err
	}).half = true
	add(wayHTTP, wayHost, true, sends("h", lines[0])).half = true
	add(wayUnobserved, wayHTTP, true, sends("u", lines[1]))
	add(wayWatched, wayHTTP, true, sends("w", lines[0])).watched = true
	add(wayNATS, wayHost, true, sends("n", lines[2])).half = true
	add(wayQueryProcess, "", false, func(ctx context.Context, c *client) error { return askSmart(ctx, s.bed, accounts, c.rng) })
	add(wayQueryHTTP, wayQueryProcess, false, asks(lines[0]))
	add(wayQueryNATS, wayQueryProcess, false, asks(lines[2]))
	return list, end, nil
}

// requestID is that of the next request of a client.
func requestID(tag string, c *client) string { return fmt.Sprintf("%s%d-%d", tag, c.id, c.done) }

// turns are slices of all paths, one after the other, again and again.
type turns struct {
	*served
	accounts *bank
	paths    []*path
	// main is the name of the path whose figures are those of the whole.
	main string
	tx   uint64
}

func (m *turns) run(ctx context.Context, p *progress) error {
	c := m.config
	for _, path := range m.paths {
		p.show("%s: warming up, %s", c.Workload, path.Name)
		if _, err := path.load.run(ctx, c.Warmup); err != nil {
			return fmt.Errorf("%s: %w", path.Name, err)
		}
		path.load.latencies.take()
	}
	for i := range c.Runs {
		rates := map[string]float64{}
		// The order changes, so that no way is always behind the same one.
		for _, j := range rand.New(rand.NewPCG(c.Seed, uint64(i))).Perm(len(m.paths)) {
			path := m.paths[j]
			if err := m.slice(ctx, path); err != nil {
				return fmt.Errorf("%s: %w", path.Name, err)
			}
			rates[path.Name] = path.rates[i]
			p.show("%s: %d of %d, %s, %.0f/s", c.Workload, i+1, c.Runs, path.Name, path.rates[i])
		}
		for _, path := range m.paths {
			path.ratios = append(path.ratios, ratio(rates[path.Name], rates[path.Beside]))
		}
	}
	for _, path := range m.paths {
		if path.half {
			if err := m.halfLoad(ctx, path); err != nil {
				return fmt.Errorf("%s at half load: %w", path.Name, err)
			}
		}
	}
	return nil
}

// slice measures a path once.
func (m *turns) slice(ctx context.Context, path *path) error {
	var w *watchers
	if path.watched {
		var err error
		if w, err = m.watch(m.accounts, m.config.Watchers); err != nil {
			w.end()
			return err
		}
	}
	d := m.config.slice()
	var s slice
	err := path.spent.measure(func() (err error) { s, err = path.load.run(ctx, d); return err })
	if w != nil {
		path.notices = append(path.notices, float64(w.end())/s.elapsed.Seconds())
	}
	if err != nil {
		return err
	}
	settle(ctx, d/4)
	path.rates = append(path.rates, s.rate())
	path.took.Merge(path.load.latencies.take())
	path.done += s.requests
	m.tx += s.requests
	return nil
}

// halfLoad measures how long requests take when half as many are begun as can be done.
func (m *turns) halfLoad(ctx context.Context, path *path) error {
	path.load.rate = median(path.rates) / 2
	defer func() { path.load.rate = 0 }()
	if _, err := path.load.run(ctx, m.config.Warmup); err != nil {
		return err
	}
	path.load.latencies.take()
	if _, err := path.load.run(ctx, max(m.config.slice(), m.config.Duration/2)); err != nil {
		return err
	}
	l := latencyOf(path.load.latencies.take())
	path.Half = &l
	return nil
}

// payments is how many transfers were answered, by all ways.
func (m *turns) payments() (n uint64) {
	for _, path := range m.paths {
		if path.transfer {
			n += path.load.answered()
		}
	}
	return n
}

func (m *turns) result() Result {
	r := newResult(m.config)
	r.Tx, r.Network = m.tx, new(Network)
	for _, path := range m.paths {
		path.PerS, path.Latency, path.NoticesPerS = median(path.rates), latencyOf(path.took), median(path.notices)
		path.ProcessorPer = path.spent.processorPer(path.done)
		if path.Beside != "" {
			path.Ratio = median(path.ratios)
		}
		if path.Name == m.main {
			r.TxPerS, r.Latency = path.PerS, path.Latency
			for _, rate := range path.rates {
				r.Slices = append(r.Slices, SliceRates{TxPerS: rate})
			}
		}
		r.Network.Ways = append(r.Network.Ways, path.Way)
	}
	if info, err := os.Stat(m.config.Binary); m.config.Binary != "" && err == nil {
		r.Network.BinaryBytes = info.Size()
	}
	return r
}
