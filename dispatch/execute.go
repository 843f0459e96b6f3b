package dispatch

import (
	"context"
	cryptorand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	goruntime "runtime"

	"github.com/troupe-run/troupe/state"
)

// execute is the first goroutine: it takes requests in order and runs them.
func (e *Executor) execute() {
	defer e.ended.Done()
	defer close(e.groups)
	defer e.deserted()
	var spare []*pending
	for {
		list, closed := e.queue.swap(spare)
		eager := max(eagerGroup, len(list)/eagerGroups)
		for i, p := range list {
			e.running, e.rest = p, list[i+1:]
			e.one(p)
			if len(e.group.done) >= e.opts.Group || e.group.bytes >= groupBytes {
				e.send(true)
			} else if len(e.group.done) >= eager {
				e.send(false)
			}
		}
		clear(list)
		spare, e.running, e.rest = list, nil, nil
		if len(list) > 0 {
			e.send(false)
			// Whom the last group has answered may have more to ask: to let them speak first makes longer lists.
			goruntime.Gosched()
			continue
		}
		if closed {
			e.send(true)
			if e.away == 0 {
				return
			}
			<-e.queue.signal
			continue
		}
		e.idle()
	}
}

// deserted stops the host if an actor has ended the goroutine under it: runtime.Goexit, which a test does when it fails,
// cannot be recovered. What was under way and what waits gets an answer all the same.
func (e *Executor) deserted() {
	if e.running == nil {
		return
	}
	e.fail(fmt.Errorf("%s ended the goroutine that ran it", e.running.cmd.Message.To))
	err := e.Err()
	e.running.fail(err)
	e.group.abandon(err)
	list := e.rest
	for {
		for _, p := range list {
			if p.away {
				e.away--
				p.fail(err)
			} else if p.take() {
				p.fail(err)
			}
		}
		list, _ = e.queue.swap(nil)
		if len(list) > 0 {
			continue
		}
		if e.away == 0 {
			return
		}
		<-e.queue.signal
	}
}

// eagerGroup is how many transactions are worth a sync of their own while more are waiting to be executed. Each group costs
// other goroutines a turn and the disk a write: of a long list, which waits for long in any case, fewer are made.
const (
	eagerGroup  = 64
	eagerGroups = 4 // of a list
)

// groupBytes is how much a group may write before it goes, however few transactions it has: a batch lies in memory.
const groupBytes = 8 << 20

// idle waits for requests and hands over the group, whichever can be done first.
func (e *Executor) idle() {
	if e.group.empty() {
		<-e.queue.signal
		return
	}
	e.ready()
	select {
	case <-e.queue.signal:
	case e.groups <- e.group:
		e.sent()
	}
}

func (g *group) empty() bool { return len(g.done) == 0 && len(g.repeats) == 0 }

// send hands the group over to be applied: at once if wait, otherwise if the second goroutine is free.
func (e *Executor) send(wait bool) {
	e.settle()
	if e.group.empty() {
		return
	}
	e.ready()
	if wait {
		e.groups <- e.group
		e.sent()
		return
	}
	select {
	case e.groups <- e.group:
		e.sent()
	default:
	}
}

// ready notes what the other goroutines must know of the group, as it is now.
func (e *Executor) ready() {
	e.group.number, e.group.dispatcher = e.machine.part.Group(), e.dispatcher
}

// sent starts the next group. The one that went belongs to the other goroutines from now on, but for its number and
// whom it answers, which do not change.
func (e *Executor) sent() {
	e.machine.part.Seal()
	e.flying = append(e.flying, e.group)
	next := &group{waiting: make([]*pending, 0, len(e.group.waiting))}
	select {
	case next.done = <-e.spare:
	default:
	}
	e.group = next
}

// settle notes which groups the store has: reads of what they wrote may go there, and their request ids are rows.
func (e *Executor) settle() {
	applied := e.applied.Load()
	e.machine.part.Applied(applied)
	n := 0
	for n < len(e.flying) && e.flying[n].number <= applied {
		for _, p := range e.flying[n].waiting {
			if id := p.cmd.RequestID; id != "" {
				delete(e.inflight, id)
			}
		}
		n++
	}
	clear(e.flying[:n])
	e.flying = e.flying[n:]
}

// one runs one request.
func (e *Executor) one(p *pending) {
	if p.away {
		e.returned(p)
		return
	}
	if !p.take() {
		return
	}
	if err := e.Err(); err != nil {
		p.fail(err)
		return
	}
	if p.ctx.Err() != nil {
		p.fail(expired(p.ctx))
		return
	}
	if p.cmd.RequestID != "" && e.repeated(p) {
		return
	}
	p.cmd.Seed = e.opts.Seed()
	e.run(p)
}

// run executes a request, and takes note of what came of it.
func (e *Executor) run(p *pending) {
	cmd := &p.cmd
	now := cmd.Time
	if cmd.Sequence == 0 { // if not, it was executed before, and asks the same again if it asks by the time
		now = e.opts.Clock().UnixNano()
	}
	cmd.Sequence, cmd.Time = e.sequence+1, max(now, e.time)
	trace := p.trace
	if trace == nil && e.opts.KeepTraces && (cmd.Op == state.OpMessage || cmd.Op == state.OpInstall) {
		trace = new(Trace)
	}
	done := e.machine.step(p.ctx, cmd, trace)
	if fault := done.result.Fault; fault != nil {
		e.faulted(p, fault)
		return
	}
	e.sequence, e.time = cmd.Sequence, cmd.Time
	if cmd.Op == state.OpConfigure || done.program != nil {
		e.dispatcher = e.machine.dispatcher()
	}
	e.group.done = append(e.group.done, done)
	e.group.bytes += done.size()
	e.group.waiting = append(e.group.waiting, p)
	for _, again := range p.repeats {
		e.waiting--
		if again.resume() {
			e.group.repeats = append(e.group.repeats, repeat{p, again})
		}
	}
	p.repeats = nil
	if len(done.result.Said) > 0 && e.opts.OnSaid != nil {
		e.group.said = append(e.group.said, Said{cmd.Sequence, done.result.Err == nil, done.result.Said})
	}
	if e.opts.KeepTraces {
		e.group.traces = append(e.group.traces, trace)
	}
	if cmd.RequestID != "" {
		e.inflight[cmd.RequestID] = p
	}
}

// repeated answers a request whose id is known, and reports whether it was.
func (e *Executor) repeated(p *pending) bool {
	id, envelope := p.cmd.RequestID, p.cmd.EnvelopeHash()
	if first, ok := e.inflight[id]; ok {
		if first.cmd.EnvelopeHash() != envelope {
			p.fail(reused(id, 0))
		} else if first.away {
			e.attach(p, first)
		} else {
			e.group.repeats = append(e.group.repeats, repeat{first, p})
		}
		return true
	}
	partition := e.partition
	known, ok, err := partition.ReadRequest(e.store, id)
	if err == nil && !ok {
		return false
	}
	if err == nil && known.Envelope != envelope {
		p.fail(reused(id, known.Sequence))
		return true
	}
	var receipt state.Receipt
	if err == nil {
		receipt, ok, err = partition.ReadReceipt(e.store, known.Sequence)
	}
	switch {
	case err != nil:
		e.fail(err)
		p.fail(e.Err())
	case !ok:
		// The receipt may have been let go, and the id with it, since it was looked up.
		if _, still, err := partition.ReadRequest(e.store, id); err == nil && !still {
			return false
		}
		p.fail(fmt.Errorf("%w: request %q became transaction %d", ErrNotKept, id, known.Sequence))
	default:
		// The transaction is applied, but perhaps not synced. The next group cannot be synced before it is.
		p.receipt = &receipt
		e.group.repeats = append(e.group.repeats, repeat{p, p})
	}
	return true
}

func reused(id string, seq uint64) error {
	if seq == 0 {
		return fmt.Errorf("%w: %q was sent before with another content, and is being executed", ErrRequestReused, id)
	}
	return fmt.Errorf("%w: %q was sent before with another content, as transaction %d", ErrRequestReused, id, seq)
}

// faulted decides what a fault means: to the request alone, or to the host.
func (e *Executor) faulted(p *pending, fault error) {
	var unbound *UnboundError
	var engine *EngineError
	var asks *suspension
	switch {
	case p.ctx.Err() != nil && (errors.Is(fault, context.Cause(p.ctx)) || errors.Is(fault, p.ctx.Err())):
		e.pass(p, fmt.Errorf("%w while it was executed, it has no effect: %w", ErrExpired, fault))
	case errors.As(fault, &asks):
		e.suspend(p, asks)
	case errors.As(fault, &unbound), errors.As(fault, &engine):
		e.refuse(p, fault)
	default:
		e.fail(fault)
		e.refuse(p, e.Err())
	}
}

// systemSeed returns a generator that the operating system has keyed.
func systemSeed() func() [32]byte {
	var key [32]byte
	cryptorand.Read(key[:]) // it never fails: crypto/rand ends the process before
	source := rand.NewChaCha8(key)
	return func() (seed [32]byte) {
		source.Read(seed[:])
		return seed
	}
}
