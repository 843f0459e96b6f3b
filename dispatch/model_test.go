package dispatch_test

import (
	"context"
	"fmt"
	"maps"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
)

// The reference model of dispatch: rules S1 to S60 for puppets, as a recursion over plain maps. Each sub-message works on
// a copy of all there is; if it fails the copy is forgotten. Gas is what scripts use on purpose.
type model struct {
	births                                   map[string]puppet.Actor // by kind
	depth, queryDepth, maxMessages, messages int
}

type modelGas struct{ limit, used uint64 }

// modelFail is a failure. If dry is set only the sender who gave that limit may catch it, if final nobody.
type modelFail struct {
	actor.Error
	dry   *modelGas
	final bool
}

func failed(code, format string, args ...any) *modelFail {
	return &modelFail{Error: *actor.Errorf(code, format, args...)}
}

// modelCall is one call of one actor and, when it is done, what its subtree has left. It is the host that the actor sees.
type modelCall struct {
	*model
	land    map[actor.Address]modelKeys
	self    actor.Address
	own     modelKeys
	gas     *modelGas
	depth   int
	queries int // that are around
	events  []actor.Event
	data    []byte
}

func (c *modelCall) deliver(from actor.Address, msg actor.Message) *modelFail {
	kind := actor.KindExecute
	a, bound := c.births[c.self.Kind()]
	switch known := c.land[c.self] != nil; {
	case msg.Kind == actor.KindInstantiate:
		if kind = msg.Kind; c.self == "" {
			c.self = actor.Address(fmt.Sprintf("%s/%d", msg.Module, len(c.land)+1)) // no number is lost
		}
		if a = c.births[string(msg.Module)]; c.land[c.self] != nil {
			return failed("already_exists", "%s exists already", c.self)
		}
	case !known && !bound:
		return failed("unknown_actor", "there is no actor %s, and no module is bound as %q", c.self, c.self.Kind())
	case !known:
		birth := actor.Message{Kind: actor.KindInstantiate, To: c.self, Module: actor.ModuleID(c.self.Kind())}
		if fail := c.deliver(from, birth); fail != nil {
			return fail
		}
		c.data = nil
	}
	if c.own = c.land[c.self]; c.own == nil {
		c.own = modelKeys{}
	}
	env := &actor.Env{Self: c.self, Sender: from, State: c.own, Services: c}
	if kind == actor.KindInstantiate {
		entry := actor.Event{Type: "instantiate", Attributes: []actor.Attribute{{Key: "module", Value: string(msg.Module)}}}
		return c.run(entry, func() (actor.Response, error) { return a.Instantiate(context.Background(), env, msg) })
	}
	return c.run(actor.Event{Type: "execute"}, func() (actor.Response, error) { return a.Execute(context.Background(), env, msg) })
}

// run is S30: the code, then its events, the check of depth, and the sub-messages with their replies.
func (c *modelCall) run(entry actor.Event, code func() (actor.Response, error)) *modelFail {
	resp, fail := c.enter(code)
	if fail != nil {
		return fail
	}
	c.land[c.self], c.data = c.own, resp.Data
	events := []actor.Event{entry}
	if len(resp.Attributes) > 0 {
		events = append(events, actor.Event{Type: "actor", Attributes: resp.Attributes})
	}
	for _, ev := range append(events, resp.Events...) {
		if ev.Actor = c.self; len(ev.Type) <= 2 {
			return failed("invalid_event", "the type of an event has more than 2 bytes, %q has not", ev.Type)
		}
		c.events = append(c.events, ev)
	}
	if c.depth > c.model.depth {
		return failed("depth_exceeded", "calls nest at most %d deep", c.model.depth)
	}
	for i := 0; i < len(resp.Messages) && fail == nil; i++ {
		fail = c.sub(&resp.Messages[i])
	}
	return fail
}

func (c *modelCall) sub(s *actor.SubMsg) (fail *modelFail) {
	if s.ReplyOn > actor.ReplyAlways {
		return failed("invalid_message", "sub-message %d: %s is no way to reply", s.ID, s.ReplyOn)
	}
	if c.messages++; c.messages > c.maxMessages {
		fail = failed("too_many_messages", "a transaction has at most %d sub-messages", c.maxMessages)
		fail.final = true
		return fail
	}
	child := &modelCall{model: c.model, land: map[actor.Address]modelKeys{}, self: s.Msg.To, gas: c.gas, depth: c.depth + 1}
	for who, keys := range c.land {
		child.land[who] = maps.Clone(keys)
	}
	if s.GasLimit > 0 && s.GasLimit < c.GasLeft() {
		child.gas = &modelGas{limit: s.GasLimit}
	}
	before := child.gas.used
	fail = child.deliver(c.self, s.Msg)
	r := actor.Reply{ID: s.ID, Payload: s.Payload, Callee: s.Msg.To, GasUsed: child.gas.used - before}
	if child.gas != c.gas {
		if c.gas.used += r.GasUsed; fail != nil && fail.dry == child.gas {
			fail.dry = nil
		}
	}
	if fail == nil {
		c.land, c.events = child.land, append(c.events, child.events...)
		r.Callee, r.Data, r.Events = child.self, child.data, child.events
	} else if r.Err = &fail.Error; fail.final || fail.dry != nil {
		return fail
	}
	if fail == nil && s.ReplyOn&actor.ReplyOnSuccess == 0 || fail != nil && s.ReplyOn&actor.ReplyOnError == 0 {
		return fail
	}
	reply := &modelCall{model: c.model, land: c.land, self: c.self, own: c.land[c.self], gas: c.gas, depth: c.depth + 1}
	env := &actor.Env{Self: c.self, State: reply.own, Services: reply}
	fail = reply.run(actor.Event{Type: "reply"}, func() (actor.Response, error) { return puppet.Actor{}.Reply(context.Background(), env, r) })
	if fail != nil && !fail.final && fail.dry == nil {
		fail.Message = "reply: " + fail.Message
	}
	if c.land, c.events = reply.land, append(c.events, reply.events...); reply.data != nil {
		c.data = reply.data
	}
	return fail
}
