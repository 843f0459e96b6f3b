package dispatch

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// suspend lets the world outside be asked, while other transactions go on. The request comes back through the queue, whatever
// becomes of it; meanwhile the caller may withdraw it.
func (e *Executor) suspend(p *pending, s *suspension) {
	if e.opts.Outside == nil {
		e.refuse(p, fmt.Errorf("dispatch: %s asks the world outside, and this host has no way there", s.ask.From))
		return
	}
	// Who has asked before has left room.
	if e.crowded() {
		e.refuse(p, e.overloaded())
		return
	}
	if !p.wait() {
		e.pass(p, gaveUp(p.ctx))
		return
	}
	e.away++
	p.away = true
	if id := p.cmd.RequestID; id != "" {
		e.inflight[id] = p
	}
	p.answer = failedToAsk(s) // unless there is another one
	told := e.machine.d.OnPanic
	go func() {
		defer e.queue.back(p) // even if Outside ends the goroutine
		p.answer = e.perform(p.ctx, s, told)
	}()
}

// crowded reports that as many requests wait for the world outside as may. They are in nobody's way, but in memory.
func (e *Executor) crowded() bool { return e.away+e.waiting >= e.opts.Queue }

func (e *Executor) overloaded() error {
	return &OverloadedError{Queued: e.away + e.waiting, RetryAfter: retryOutside}
}

// retryOutside is when to try again if too many wait for answers: what is outside is slow.
const retryOutside = time.Second

// perform asks. It returns nil if it was told to stop before there was an answer.
func (e *Executor) perform(ctx context.Context, s *suspension, told func(actor.Address, any, []byte)) (answer *state.Answer) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.life, cancel)()
	defer func() {
		if v := recover(); v != nil {
			if told != nil {
				told(s.ask.From, fmt.Sprintf("while the world outside was asked: %v", v), debug.Stack())
			}
			answer = failedToAsk(s)
		}
	}()
	data, err := e.opts.Outside(ctx, s.ask)
	switch {
	case err == nil && len(data) > maxAnswer:
		return &state.Answer{Asked: s.asked, Err: fmt.Sprintf("an answer has at most %d bytes, this one has %d", maxAnswer, len(data))}
	case err == nil:
		if data == nil {
			data = []byte{} // as it comes out of the log
		}
		return &state.Answer{Asked: s.asked, Data: data}
	case ctx.Err() != nil:
		return nil
	}
	return &state.Answer{Asked: s.asked, Err: textOf(err)}
}

func failedToAsk(s *suspension) *state.Answer {
	return &state.Answer{Asked: s.asked, Err: "the host failed to ask"}
}

// textOf returns what the log takes of an error: never nothing, which would be no error.
func textOf(err error) string {
	text := strings.ToValidUTF8(err.Error(), "\uFFFD")
	if len(text) > maxAnswerError {
		text = strings.ToValidUTF8(text[:maxAnswerError], "") // not half a letter
	}
	if text == "" {
		return "there is no answer, and no reason was given"
	}
	return text
}

// What the log takes of an answer, in bytes. What the transaction takes of the data is bounded by Limits.Data.
const (
	maxAnswer      = 16 << 20
	maxAnswerError = 4096
)

// returned goes on with a request that has come back from the world outside.
func (e *Executor) returned(p *pending) {
	e.away--
	p.away = false
	delete(e.inflight, p.cmd.RequestID)
	if p.answer != nil {
		p.cmd.Answers = append(p.cmd.Answers, *p.answer)
	}
	switch err := e.Err(); {
	case err != nil:
		e.refuse(p, err)
	case !p.resume() || p.ctx.Err() != nil:
		e.pass(p, gaveUp(p.ctx))
	case p.answer == nil:
		e.refuse(p, fmt.Errorf("%w: %w, and there was no effect here", ErrClosed, ErrReached))
	default:
		e.run(p)
	}
}

// attach lets a request wait for what becomes of the first one with its id, for which the world outside is being asked.
func (e *Executor) attach(p, first *pending) {
	switch {
	case e.crowded():
		p.fail(e.overloaded())
	case !p.wait():
		p.fail(gaveUp(p.ctx))
	default:
		e.waiting++
		first.repeats = append(first.repeats, p)
	}
}

// pass fails a request whose caller has no more time, and goes on with the next one that has its id, if any waits: with the
// answers that there are.
func (e *Executor) pass(p *pending, err error) {
	repeats := p.repeats
	p.repeats = nil
	p.fail(p.reached(err))
	for i, next := range repeats {
		e.waiting--
		if !next.resume() {
			continue
		}
		next.cmd, next.repeats = p.cmd, repeats[i+1:] // what was asked for is the same
		e.running = next
		e.run(next)
		return
	}
}

// refuse fails a request, and those that wait for it.
func (e *Executor) refuse(p *pending, err error) {
	e.waiting -= len(p.repeats)
	p.fail(p.reached(err))
}

// reached adds to why a request fails that it has asked the world outside, if it has.
func (p *pending) reached(err error) error {
	if len(p.cmd.Answers) == 0 || errors.Is(err, ErrReached) {
		return err
	}
	return fmt.Errorf("%w: %w", err, ErrReached)
}

func gaveUp(ctx context.Context) error {
	return fmt.Errorf("%w: %w, and there was no effect here: %w", ErrExpired, ErrReached, context.Cause(ctx))
}
