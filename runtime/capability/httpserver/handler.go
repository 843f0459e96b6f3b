package httpserver

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/edge"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// A handler answers the requests of one link, as the link is from its begin to its end.
type handler struct {
	at     edge.At
	values *Values
	ctx    context.Context // ends with the link
	// provider is the actor at which requests come in. Another may take its place in the middle of one.
	provider  atomic.Pointer[actor.Address]
	gate      *gate
	pace      pace
	instances instances
	writers   writers
	bodies    *budget
	warned    atomic.Int64 // when a failure was last told to the logger, in nanoseconds
	// begun counts requests that have begun and not ended. It is added to under the lock of a port, where nobody waits for it.
	begun sync.WaitGroup
}

func newHandler(ctx context.Context, at edge.At, v *Values, bodies *budget, p pace) *handler {
	h := &handler{at: at, values: v, ctx: ctx, gate: newGate(v.MaxInFlight, v.Queue), pace: p, bodies: bodies}
	h.writers.seed = maphash.MakeSeed()
	h.provider.Store(&at.Provider.Address)
	return h
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.values.Timeout > h.pace.answer/2 { // the time that the server gives for the answer runs already
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(h.values.Timeout + h.pace.answer))
	}
	if h.values.Cors.serve(w, r) {
		return
	}
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if h.values.ReadOnly && !reads {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if a := h.at.Actor(); a != nil && a.Instances == 0 {
		unavailable(w, time.Second)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.values.Timeout)
	defer cancel()
	answer, err := h.answer(ctx, w, r)
	if err == nil {
		err = h.write(w, r, answer)
	}
	if err != nil {
		h.refuse(w, r, answer.sequence, err)
	}
}

// An answer is the payload of one, and the transaction that gave it, 0 if none did.
type answer struct {
	payload  []byte
	sequence uint64
}

// answer takes a place in the gate when the body is there, so that who is slow to send one takes none away.
func (h *handler) answer(ctx context.Context, w http.ResponseWriter, r *http.Request) (answer, error) {
	body, taken, err := h.body(ctx, w, r)
	defer h.bodies.give(taken)
	if err != nil {
		return answer{}, err
	}
	if err := h.gate.enter(ctx); err != nil {
		unavailable(w, time.Second)
		return answer{}, fmt.Errorf("%w: %w", errTold, err)
	}
	defer h.gate.leave()
	inv := capability.Invocation{Operation: messages.HandleRequest, Contract: capability.HTTPServer, Link: h.at.Link.Name,
		Payload: pack.Marshal(&inbound{r, body}), Origin: h.at.Link.Actor}
	for try := 0; ; try++ {
		to := *h.provider.Load()
		a, err := h.ask(ctx, r, to, inv.Encode())
		if try < 5 && h.unlinked(to, err) && h.moved() {
			continue // the link led elsewhere in its turn: it was rolled back, and has had no effect
		}
		return a, err
	}
}

// unlinked reports whether an error is that of a provider which found that the link does not lead to it. The actor may have failed
// with the same code, and then it has been called, and has perhaps reached out.
func (h *handler) unlinked(by actor.Address, err error) bool {
	nothing := &capability.Table{Read: func(actor.Address, []byte) ([]byte, bool) { return nil, false }}
	_, _, refused := capability.Linked(nothing, by, h.at.Link.Actor, capability.HTTPServer, h.at.Link.Name)
	return errors.Is(err, refused)
}

// ask brings a request to the actor: by a query if it has several instances and may do without writing, else in a transaction.
func (h *handler) ask(ctx context.Context, r *http.Request, to actor.Address, body []byte) (answer, error) {
	if a := h.at.Actor(); a != nil && a.Instances > 1 && !h.writers.writes(r.Method, r.URL.Path, time.Now()) {
		payload, wrote, err := h.query(ctx, to, body, a.Instances)
		if wrote || err == nil {
			h.writers.learn(r.Method, r.URL.Path, wrote, time.Now())
		}
		if !wrote {
			return answer{payload: payload}, err
		}
	}
	receipt, err := h.at.Host.Do(ctx, dispatch.Request{Message: actor.Message{Kind: actor.KindSudo, To: to, Body: body}})
	if receipt == nil {
		return answer{}, err
	}
	return answer{receipt.Data, receipt.Sequence}, err
}

// query asks without a transaction. It reports whether one is needed.
func (h *handler) query(ctx context.Context, to actor.Address, body []byte, limit int) (payload []byte, wrote bool, err error) {
	if err := h.instances.enter(ctx, limit); err != nil {
		return nil, false, err
	}
	defer func() {
		if a := h.at.Actor(); a != nil {
			limit = a.Instances
		}
		h.instances.leave(limit)
	}()
	payload, err = h.at.Host.Query(ctx, to, body)
	var refused *actor.Error
	if errors.As(err, &refused) {
		switch refused.Code {
		case capability.CodeNeedsTransaction, actor.CodeReadOnly, actor.CodeUnsupported:
			return nil, true, nil
		}
	}
	return payload, false, err
}

// moved looks where the link leads by now, and reports whether that is a provider of the kind.
func (h *handler) moved() bool {
	reader := h.at.Host.Reader()
	t := capability.Table{Read: func(of actor.Address, key []byte) ([]byte, bool) {
		value, ok, err := reader.Get(of, key)
		return value, ok && err == nil
	}}
	link, ok := t.Link(h.at.Link.Actor, h.at.Link.Contract, h.at.Link.Name)
	if !ok {
		return false
	}
	p, ok := t.Provider(link.Provider)
	if !ok || p.Kind != h.at.Provider.Kind {
		return false
	}
	h.provider.Store(&p.Address)
	return true
}

// write sends an answer. An error says that nothing was sent.
func (h *handler) write(w http.ResponseWriter, r *http.Request, a answer) error {
	var m messages.HTTPResponse
	if err := pack.Unmarshal(a.payload, &m); err != nil {
		return err
	}
	header := w.Header()
	put(header, m.Header)
	if _, said := header["Content-Type"]; !said {
		header["Content-Type"] = nil // what the actor does not say nobody guesses
	}
	if h.values.CacheControl != "" && (r.Method == http.MethodGet || r.Method == http.MethodHead) && header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", h.values.CacheControl)
	}
	mark(header, a.sequence)
	if m.StatusCode == 0 {
		m.StatusCode = http.StatusOK
	}
	if n := len(m.Body); n > 0 && m.StatusCode != http.StatusNoContent && m.StatusCode != http.StatusNotModified {
		header["Content-Length"] = []string{strconv.Itoa(n)} // so that every client can tell a body that was cut short
	}
	w.WriteHeader(int(m.StatusCode))
	if len(m.Body) > plenty {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(h.pace.answer))
	}
	_, _ = w.Write(m.Body) // who does not take it has left
	return nil
}

// plenty is more than a connection holds for who does not read it, in bytes.
const plenty = 64 << 10

// mark names the transaction, for who wants to see what it did.
func mark(header http.Header, sequence uint64) {
	if sequence != 0 {
		header["Troupe-Transaction"] = []string{strconv.FormatUint(sequence, 10)}
	}
}

// refuse answers a request for which there is no response of the actor.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, sequence uint64, err error) {
	mark(w.Header(), sequence)
	var overloaded *dispatch.OverloadedError
	var refused *actor.Error
	switch {
	case errors.Is(err, errTold):
		return
	case errors.Is(err, dispatch.ErrReached): // who sends it again asks the world outside again
		w.WriteHeader(http.StatusInternalServerError)
	case errors.As(err, &overloaded):
		unavailable(w, overloaded.RetryAfter)
		return
	case errors.As(err, &refused):
		switch refused.Code {
		case capability.CodeStopped, capability.CodeNotStarted, capability.CodeUnlinked, actor.CodeUnknownActor:
			unavailable(w, time.Second)
		case actor.CodeBodyTooLarge:
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		default:
			w.WriteHeader(http.StatusInternalServerError)
		}
	case errors.Is(err, dispatch.ErrStopped): // whether it had an effect is not known
		w.WriteHeader(http.StatusInternalServerError)
	case errors.Is(err, dispatch.ErrExpired), errors.Is(err, dispatch.ErrClosed),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		unavailable(w, time.Second)
	default:
		w.WriteHeader(http.StatusInternalServerError)
	}
	if r.Context().Err() == nil {
		h.warn(sequence, err)
	}
}

// warn tells the logger of a failure, of one a second at most: the others are in the log of the host.
func (h *handler) warn(sequence uint64, err error) {
	now := time.Now().UnixNano()
	if last := h.warned.Load(); now-last < int64(time.Second) || !h.warned.CompareAndSwap(last, now) {
		return
	}
	h.at.Logger.Warn("request over HTTP failed", "actor", h.at.Link.Actor, "link", h.at.Link.Name, "seq", sequence, "err", err)
}

// unavailable says that there was no effect, and when to try again.
func unavailable(w http.ResponseWriter, after time.Duration) {
	seconds := max(1, int((after+time.Second-1)/time.Second))
	w.Header()["Retry-After"] = []string{strconv.Itoa(seconds)}
	w.WriteHeader(http.StatusServiceUnavailable)
}
