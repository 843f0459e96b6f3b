package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/runtime/node"
)

// Options configure an Exporter. Zero fields mean their defaults, but for Sample.
type Options struct {
	// Endpoint is where the collector listens for OTLP over HTTP; "/v1/traces" is added if it has no path.
	Endpoint string
	// Sample is the part of requests that are followed, from 0 to 1.
	Sample float64
	// Name is what the node is called, Host its public key and Version that of the program.
	Name, Host, Version string
	// Queue bounds the requests that wait to be sent; 2,048 if zero.
	Queue int
	// Delay is how long a request may wait for others to be sent with; 2 seconds if zero.
	Delay time.Duration
	// Logger is told when the collector does not take anything, once until it does again; nobody if nil.
	Logger *slog.Logger
	// Client sends; one with a timeout of 10 seconds if nil.
	Client *http.Client
}

// Stats are what an Exporter has done: spans that the collector has taken, and requests of which nothing was sent.
type Stats struct{ Sent, Dropped uint64 }

// An Exporter sends requests to a collector. It is a node.Tracer. Its methods may be called from any goroutine.
type Exporter struct {
	opts     Options
	url      string
	resource any
	queue    chan *recording
	stop     chan struct{}
	stopped  sync.Once
	ended    chan struct{}
	ctx      context.Context // of what is sent
	abort    context.CancelFunc

	sent, dropped atomic.Uint64
	silent        bool // it was told that the collector takes nothing
}

// New returns an Exporter, which must be closed. It does not connect yet.
func New(o Options) (*Exporter, error) {
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("telemetry: %.200q is no endpoint: it is a URL such as http://127.0.0.1:4318", o.Endpoint)
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/v1/traces"
	}
	if o.Queue <= 0 {
		o.Queue = 2048
	}
	if o.Delay <= 0 {
		o.Delay = 2 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 10 * time.Second}
	}
	e := &Exporter{opts: o, url: u.String(), queue: make(chan *recording, o.Queue), stop: make(chan struct{}), ended: make(chan struct{})}
	e.resource = resourceOf(&o)
	e.ctx, e.abort = context.WithCancel(context.Background())
	go e.run()
	return e, nil
}

// Stats returns the figures of now.
func (e *Exporter) Stats() Stats { return Stats{e.sent.Load(), e.dropped.Load()} }

// Begin implements node.Tracer.
func (e *Exporter) Begin(parent string) node.Recording {
	if e.opts.Sample <= 0 || e.opts.Sample < 1 && rand.Float64() >= e.opts.Sample {
		return nil
	}
	r := &recording{exporter: e}
	if trace, span, ok := parseParent(parent); ok {
		r.trace, r.parent = trace, span
	} else {
		r.trace = newTraceID()
	}
	return r
}

// A recording is a request that is followed.
type recording struct {
	exporter *Exporter
	trace    traceID
	parent   spanID
	node.Recorded
}

// ID implements node.Recording.
func (r *recording) ID() string { return r.trace.String() }

// End implements node.Recording.
func (r *recording) End(what node.Recorded) {
	r.Recorded = what
	select {
	case <-r.exporter.stop:
		r.exporter.dropped.Add(1)
		return
	default:
	}
	select {
	case r.exporter.queue <- r:
	default:
		r.exporter.dropped.Add(1)
	}
}

// Close sends what waits, until ctx ends, and stops. What comes later is dropped.
func (e *Exporter) Close(ctx context.Context) error {
	e.stopped.Do(func() { close(e.stop) })
	defer e.abort()
	select {
	case <-e.ended:
		return nil
	case <-ctx.Done():
		e.abort()
		<-e.ended
		return fmt.Errorf("telemetry: not everything was sent to %s: %w", e.url, context.Cause(ctx))
	}
}

// maxBatch is how many spans are sent together.
const maxBatch = 1024

// run sends what comes in batches.
func (e *Exporter) run() {
	defer close(e.ended)
	tick := time.NewTicker(e.opts.Delay)
	defer tick.Stop()
	var spans []span
	requests := 0
	flush := func() {
		if requests > 0 {
			e.send(spans, requests)
		}
		spans, requests = nil, 0
	}
	take := func(r *recording) {
		spans = r.appendSpans(spans)
		if requests++; len(spans) >= maxBatch {
			flush()
		}
	}
	for {
		select {
		case r := <-e.queue:
			take(r)
		case <-tick.C:
			flush()
		case <-e.stop:
			for {
				select {
				case r := <-e.queue:
					take(r)
					continue
				default:
				}
				flush()
				return
			}
		}
	}
}

// How often a collector is asked that is busy, and how long is waited first.
const (
	tries    = 3
	firstTry = 200 * time.Millisecond
)

var errBusy = errors.New("it is busy")

// send sends spans, or drops them.
func (e *Exporter) send(spans []span, requests int) {
	body, err := json.Marshal(e.document(spans))
	for i, wait := 0, firstTry; err == nil && i < tries; i, wait = i+1, 2*wait {
		if err = e.post(body); !errors.Is(err, errBusy) || i+1 == tries {
			break
		}
		err = nil
		select {
		case <-time.After(wait):
		case <-e.ctx.Done():
			err = context.Cause(e.ctx)
		}
	}
	if err != nil {
		e.dropped.Add(uint64(requests))
		if !e.silent {
			e.opts.Logger.Warn("the collector takes no traces", "url", e.url, "err", err)
		}
		e.silent = true
		return
	}
	e.sent.Add(uint64(len(spans)))
	e.silent = false
}

// maxAnswer is how much of an answer is read.
const maxAnswer = 4096

func (e *Exporter) post(body []byte) error {
	req, err := http.NewRequestWithContext(e.ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := e.opts.Client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // what it says is for people
	switch {
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusBadGateway, resp.StatusCode == http.StatusServiceUnavailable,
		resp.StatusCode == http.StatusGatewayTimeout:
		return fmt.Errorf("%w: it answers %s", errBusy, resp.Status)
	case resp.StatusCode/100 != 2:
		return fmt.Errorf("it answers %s: %.200q", resp.Status, text)
	}
	return nil
}
