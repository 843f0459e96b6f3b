package dispatch

import (
	"context"
	"fmt"
	"time"

	"github.com/troupe-run/troupe/state"
)

// suspend lets the world outside be asked, while other transactions go on. The request comes back through the queue, whatever
// becomes of it.
func (e *Executor) suspend(p *pending, s *suspension) {
	if e.opts.Outside == nil {
		p.fail(fmt.Errorf("dispatch: %s asks the world outside, and this host has no way there", s.ask.From))
		return
	}
	// Who waits for an answer is in nobody's way, but in memory.
	if e.away >= e.opts.Queue {
		p.fail(&OverloadedError{Queued: e.away, RetryAfter: retryOutside})
		return
	}
	e.away++
	p.away = true
	if id := p.cmd.RequestID; id != "" {
		e.inflight[id] = p
	}
	go func() {
		p.answer = e.perform(p.ctx, s)
		e.queue.back(p)
	}()
}

// retryOutside is when to try again if too many wait for answers: what is outside is slow.
const retryOutside = time.Second

// perform asks. It returns nil if it was told to stop before there was an answer.
func (e *Executor) perform(ctx context.Context, s *suspension) (answer *state.Answer) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.life, cancel)()
	defer func() {
		if v := recover(); v != nil {
			answer = &state.Answer{Asked: s.asked, Err: "the host failed to ask"}
		}
	}()
	data, err := e.opts.Outside(ctx, s.ask)
	switch {
	case err == nil && len(data) > maxAnswer:
		return &state.Answer{Asked: s.asked, Err: fmt.Sprintf("an answer has at most %d bytes, this one has %d", maxAnswer, len(data))}
	case err == nil:
		return &state.Answer{Asked: s.asked, Data: data}
	case ctx.Err() != nil:
		return nil
	}
	return &state.Answer{Asked: s.asked, Err: err.Error()}
}

// maxAnswer bounds what the log takes of an answer. What the transaction takes is bounded by Limits.Data.
const maxAnswer = 16 << 20

// returned notes which of the list come back from the world outside.
func (e *Executor) returned(list []*pending) {
	if e.away == 0 {
		return
	}
	for _, p := range list {
		if !p.away {
			continue
		}
		e.away--
		if p.answer != nil {
			p.cmd.Answers = append(p.cmd.Answers, *p.answer)
		}
	}
}

// lost returns why a request that has come back cannot go on, nil if it can.
func (p *pending) lost() error {
	switch {
	case p.ctx.Err() != nil:
		return fmt.Errorf("%w while it asked the world outside, which may have been reached; it had no effect here: %w", ErrExpired, context.Cause(p.ctx))
	case p.answer == nil:
		return fmt.Errorf("%w while the world outside was asked, which may have been reached; it had no effect here", ErrClosed)
	}
	return nil
}
