package dispatch

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// A Request asks for one transaction.
type Request struct {
	// ID, if not empty, makes the request safe to repeat: however often it is sent, it has one effect and one receipt.
	// At most MaxRequestID bytes.
	ID      string
	Sender  actor.Address
	Message actor.Message
	// Signer is the key that has signed the request, which whoever submits it has checked. It is empty for what the program
	// itself asks for. What the signer may do is for Dispatcher.Authorize to decide.
	Signer string
	// Trace, if not nil, is filled with the spans of the transaction before Submit returns. A repeated request that was
	// executed earlier leaves it empty.
	Trace *Trace
}

// MaxRequestID is the greatest length of a request id, in bytes.
const MaxRequestID = 256

// Errors of Submit that callers branch on. In each case the request had no effect on the state, except ErrStopped and
// ErrNotKept.
var (
	// ErrClosed: the executor no longer takes requests.
	ErrClosed = errors.New("closed")
	// ErrExpired: the context ended before the transaction had been executed.
	ErrExpired = errors.New("expired")
	// ErrReached comes with another one: the transaction had asked the world outside, or began to. A request with an ID asks
	// under the same names when it is sent again, see Ask.
	ErrReached = errors.New("the world outside may have been reached")
	// ErrOverloaded: the queue is full; see OverloadedError.
	ErrOverloaded = errors.New("overloaded")
	// ErrRequestReused: the request id was used before, for another request.
	ErrRequestReused = errors.New("request id reused")
	// ErrNotKept: the request was executed before, once, and what came of it is not kept any more.
	ErrNotKept = errors.New("no longer kept")
	// ErrStopped: the host failed. Whether the transaction is durable shows when the directory is opened again; a
	// request with an ID can then simply be repeated.
	ErrStopped = errors.New("stopped")
)

// An OverloadedError says that the queue is full, and when to try again. It is ErrOverloaded.
type OverloadedError struct {
	Queued     int
	RetryAfter time.Duration
}

func (e *OverloadedError) Error() string {
	return fmt.Sprintf("overloaded: %d requests are waiting, try again in %s", e.Queued, e.RetryAfter)
}

// Is makes errors.Is(err, ErrOverloaded) true.
func (e *OverloadedError) Is(target error) bool { return target == ErrOverloaded }

// pending is a request on its way.
type pending struct {
	cmd   state.Command
	trace *Trace
	ctx   context.Context
	stage atomic.Int32
	done  chan struct{} // closed when receipt or err is set
	// receipt belongs to whoever asked; a repeated request gets one of its own.
	receipt *state.Receipt
	err     error

	// Of a request that has asked the world outside. away says that it is being asked or has come back since; answer, nil if
	// there is none, is set when it comes back. repeats are requests with the same id that came meanwhile: they are waiting.
	away    bool
	answer  *state.Answer
	repeats []*pending
}

// The stages of a pending request. The one who moves it away from queued or waiting decides its fate.
const (
	queued int32 = iota
	taken
	waiting // for the world outside, or for a request with its id that does
	withdrawn
)

func (p *pending) take() bool   { return p.stage.CompareAndSwap(queued, taken) }
func (p *pending) resume() bool { return p.stage.CompareAndSwap(waiting, taken) }

// wait lets the caller withdraw a request that was taken. It reports false if the caller has no more time: who has looked
// before, and could not withdraw it then, waits for what becomes of it.
func (p *pending) wait() bool {
	p.stage.Store(waiting)
	return p.ctx.Err() == nil
}

// withdraw is for a caller who has no more time. It returns what to say, nil if the fate of the request is decided.
func (p *pending) withdraw() error {
	switch {
	case p.stage.CompareAndSwap(queued, withdrawn):
		return expired(p.ctx)
	case p.stage.CompareAndSwap(waiting, withdrawn):
		return gaveUp(p.ctx)
	}
	return nil
}

func (p *pending) fail(err error) {
	p.err = err
	close(p.done)
	for _, again := range p.repeats {
		again.fail(err)
	}
}

func (p *pending) succeed(r *state.Receipt) {
	p.receipt = r
	close(p.done)
}
