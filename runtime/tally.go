package runtime

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Tally is what was counted of the calls of an actor with claims: messages and queries, not what is executed again from
// the log.
type Tally struct {
	// Took counts calls by how long they took: up to each of TallyBounds, and beyond the last.
	Took []uint64
	// Time is that of all calls together.
	Time time.Duration
	// Failed counts those that failed, by code. Ended stands for those that the host ended: out of gas or time, or to ask
	// the world outside before they are executed again.
	Failed map[string]uint64
	// Refused counts invocations of the actor, and by it, that were refused for claims, links or a policy, by the code of package
	// capability. Whoever asks is told, so one that the actor made may be none of its failures.
	Refused map[string]uint64
}

// TallyBounds are those of Tally.Took.
func TallyBounds() []time.Duration { return tallyBounds[:] }

var tallyBounds = [...]time.Duration{100 * time.Microsecond, 500 * time.Microsecond, 2 * time.Millisecond, 10 * time.Millisecond,
	50 * time.Millisecond, 250 * time.Millisecond, time.Second}

const (
	// Ended is the code in Tally.Failed of a call that the host ended.
	Ended = "ended"
	// OtherCodes stands there for all codes beyond the first maxCodes: who writes an actor chooses them.
	OtherCodes = "(other)"
	maxCodes   = 24
)

// tally counts. It may be used by any number of goroutines; only failures and refusals wait for each other.
type tally struct {
	took [len(tallyBounds) + 1]atomic.Uint64
	time atomic.Int64

	mu      sync.Mutex
	failed  map[string]uint64
	refused map[string]uint64
}

// add counts a call with the code of its failure, empty for none.
func (t *tally) add(code string, took time.Duration) {
	i := 0
	for i < len(tallyBounds) && took > tallyBounds[i] {
		i++
	}
	t.took[i].Add(1)
	t.time.Add(int64(took))
	if code == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.failed[code]; !known && len(t.failed) >= maxCodes {
		code = OtherCodes
	}
	if t.failed == nil {
		t.failed = map[string]uint64{}
	}
	t.failed[code]++
}

// refuse counts a refusal. There are as many codes as package capability has.
func (t *tally) refuse(code string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refused == nil {
		t.refused = map[string]uint64{}
	}
	t.refused[code]++
}

func (t *tally) read() Tally {
	out := Tally{Took: make([]uint64, len(t.took)), Time: time.Duration(t.time.Load())}
	for i := range t.took {
		out.Took[i] = t.took[i].Load()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	out.Failed, out.Refused = maps.Clone(t.failed), maps.Clone(t.refused)
	return out
}

// tallied is an actor with claims whose calls are counted.
type tallied struct {
	*classicActor
	tally *tally
}

// Execute implements actor.Actor.
func (a *tallied) Execute(ctx context.Context, env *actor.Env, msg actor.Message) (resp actor.Response, err error) {
	defer a.count(time.Now(), &err)()
	return a.classicActor.Execute(ctx, env, msg)
}

// Query implements actor.Querier.
func (a *tallied) Query(ctx context.Context, view *actor.View, body []byte) (data []byte, err error) {
	defer a.count(time.Now(), &err)()
	return a.classicActor.Query(ctx, view, body)
}

// errEnded stands for what a call returns that never does, because the host has ended it by a panic.
var errEnded = &actor.Error{Code: Ended}

// count sets err to what stands until the call returns, and returns what counts the call then.
func (a *tallied) count(began time.Time, err *error) func() {
	*err = errEnded
	return func() {
		code := ""
		if *err != nil {
			var failed *actor.Error
			if code = actor.CodeFailed; errors.As(*err, &failed) && failed != nil && failed.Code != "" {
				code = failed.Code
			}
		}
		a.tally.add(code, time.Since(began))
	}
}
