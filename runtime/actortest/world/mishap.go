package world

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// A Failure says which messages fail, and how. Empty fields match everything, unless they say otherwise. Queries never
// fail.
type Failure struct {
	// Actor is who receives the message; "kind/" means every actor of the kind.
	Actor actor.Address
	// Kinds are the kinds of message; execute alone if empty. A virtual actor is instantiated before its first message.
	Kinds []actor.Kind
	// Message is the name of the message: what typed messages have as their only key. For a body of another form it is
	// the body itself.
	Message string
	// Match, if not nil, has the last word. It is called by the goroutine that executes.
	Match func(to actor.Address, msg actor.Message) bool

	// N is which of the messages that match fails, counted from 1 and from the next transaction on; the first if zero.
	N int
	// Times is how many fail in a row, one if zero; all that follow if negative.
	Times int

	// Err is what the actor fails with; CodeFailed and a text that says so if nil.
	Err *actor.Error
	// Panic makes the actor panic instead.
	Panic bool
	// After lets the actor do its work first, so that there is something to roll back.
	After bool
}

// An Injection is a Failure that was set.
type Injection struct {
	mishaps *mishaps
	rule    *rule
}

// Fail makes messages fail. It can be called any number of times; of several failures that match a message, the one that
// was set first counts.
func (w *World) Fail(f Failure) *Injection { return w.mishap.add(f) }

// Hits returns how many messages have failed by it.
func (i *Injection) Hits() int {
	i.mishaps.mu.Lock()
	defer i.mishaps.mu.Unlock()
	return i.rule.hits
}

// Stop takes the failure back.
func (i *Injection) Stop() {
	i.mishaps.mu.Lock()
	defer i.mishaps.mu.Unlock()
	i.rule.stopped = true
}

// rule is a Failure with its counts.
type rule struct {
	*Failure
	self       *rule
	seen, hits int
	stopped    bool
}

// mishaps decides which calls fail.
//
// A replay executes calls again that were executed before. It must neither count them nor let others fail, or it would
// diverge. So each failed call is remembered by the seed of its transaction and its number in the tree, and whether a
// call is new shows in these as well: a new transaction has the seed that was handed out last, and its calls come in order.
type mishaps struct {
	seeds  *seeds
	active atomic.Bool // a rule was ever set

	mu    sync.Mutex
	rules []*rule
	told  verdicts
	seed  [32]byte // of the newest transaction that was seen
	next  uint64   // the number of its next call
}

type place struct {
	seed [32]byte
	span uint64
}

type verdicts map[place]*Failure

func (m *mishaps) add(f Failure) *Injection {
	if f.Err == nil {
		f.Err = actor.Errorf(actor.CodeFailed, "a failure that the test has injected")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.active.Load() {
		// What was executed up to now is old, though nobody has watched it.
		m.seed, m.next = m.seeds.latest(), ^uint64(0)
	}
	r := &rule{Failure: &f}
	r.self = r
	m.rules = append(m.rules, r)
	m.active.Store(true)
	return &Injection{m, r}
}

// judge returns how a call fails, nil if it does not.
func (m *mishaps) judge(env *actor.Env, msg *actor.Message) *Failure {
	if !m.active.Load() {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	at := place{env.Seed, env.Span}
	if !m.isNew(at) {
		return m.told[at]
	}
	delete(m.told, at)
	for _, r := range m.rules {
		if r.hit(env.Self, msg) {
			if m.told == nil {
				m.told = verdicts{}
			}
			m.told[at] = r.Failure
			return r.Failure
		}
	}
	return nil
}

func (m *mishaps) isNew(at place) bool {
	if at.seed != m.seeds.latest() {
		return false
	}
	if at.seed != m.seed {
		m.seed, m.next = at.seed, 0
	}
	if at.span < m.next {
		return false
	}
	m.next = at.span + 1
	return true
}

// hit counts a message that matches, and reports whether it is the one to fail.
func (r *rule) hit(self actor.Address, msg *actor.Message) bool {
	if r.stopped || !r.matches(self, msg) {
		return false
	}
	r.seen++
	first, times := max(r.N, 1), r.Times
	if times == 0 {
		times = 1
	}
	if r.seen < first || times > 0 && r.seen >= first+times {
		return false
	}
	r.hits++
	return true
}

func (r *rule) matches(self actor.Address, msg *actor.Message) bool {
	if kind, all := strings.CutSuffix(string(r.Actor), "/"); all && kind != self.Kind() || !all && r.Actor != "" && r.Actor != self {
		return false
	}
	if len(r.Kinds) == 0 && msg.Kind != actor.KindExecute || len(r.Kinds) > 0 && !slices.Contains(r.Kinds, msg.Kind) {
		return false
	}
	if r.Message != "" && messageName(msg.Body) != r.Message {
		return false
	}
	return r.Match == nil || r.Match(self, *msg)
}

// messageName returns the only key of a body that is an object, in CBOR or JSON, the text that is the body, or the body
// as it is.
func messageName(body []byte) string {
	text := body
	if !json.Valid(text) {
		converted, err := typed.ToJSON(body)
		if err != nil {
			return string(body)
		}
		text = converted
	}
	var name string
	if json.Unmarshal(text, &name) == nil {
		return name
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) == nil && len(object) == 1 {
		for name := range object {
			return name
		}
	}
	return string(body)
}

// save returns copies of the rules, and what replays must know.
func (m *mishaps) save() (rules []rule, told verdicts) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rules {
		rules = append(rules, *r)
	}
	return rules, maps.Clone(m.told)
}

// load goes back to what was saved. Rules that this world has keep their identity, so that an Injection stays valid.
func (m *mishaps) load(rules []rule, told verdicts) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.rules
	m.rules = nil
	for _, saved := range rules {
		r := saved.self
		if !slices.Contains(known, r) {
			r = &rule{}
		}
		*r = saved
		r.self = r
		m.rules = append(m.rules, r)
	}
	for _, r := range known {
		if !slices.Contains(m.rules, r) {
			r.stopped = true
		}
	}
	m.told = maps.Clone(told)
	m.seed, m.next = [32]byte{}, ^uint64(0)
	m.active.Store(len(m.rules) > 0 || len(m.told) > 0)
}

// call runs an entry point, or lets it fail.
func (m *mishaps) call(env *actor.Env, msg *actor.Message, run func() (actor.Response, error)) (actor.Response, error) {
	f := m.judge(env, msg)
	if f == nil {
		return run()
	}
	if f.After {
		if resp, err := run(); err != nil {
			return resp, err
		}
	}
	if f.Panic {
		panic(fmt.Sprintf("a panic that the test has injected into %s", env.Self))
	}
	return actor.Response{}, f.Err
}
