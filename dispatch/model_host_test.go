package dispatch_test

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
)

// What a puppet sees of the reference model: its keys and the services of the host.

// modelKeys are the keys of one actor.
type modelKeys map[string]string

func (k modelKeys) Get(key []byte) ([]byte, bool) {
	value, ok := k[string(key)]
	return []byte(value), ok
}

func (k modelKeys) Set(key, value []byte) { k[string(key)] = string(value) }
func (k modelKeys) Delete(key []byte)     { delete(k, string(key)) }

func (k modelKeys) Range(start, end []byte, order actor.Order) iter.Seq2[[]byte, []byte] {
	list := slices.Sorted(maps.Keys(k))
	if order == actor.Descending {
		slices.Reverse(list)
	}
	then := maps.Clone(k)
	return func(yield func([]byte, []byte) bool) {
		for _, key := range list {
			if key >= string(start) && (end == nil || key < string(end)) && !yield([]byte(key), []byte(then[key])) {
				return
			}
		}
	}
}

// enter runs the code of an actor. Out of gas goes before what the actor says (S24, S30).
func (c *modelCall) enter(code func() (actor.Response, error)) (resp actor.Response, fail *modelFail) {
	defer func() {
		if v := recover(); v != nil {
			fail = failed(actor.CodePanic, "%s panicked", c.self)
		}
		if c.gas.used >= c.gas.limit {
			fail = failed(actor.CodeOutOfGas, "the limit of %d gas is used up", c.gas.limit)
			fail.dry = c.gas
		}
	}()
	resp, err := code()
	if err != nil {
		fail = &modelFail{Error: *actor.AsError(err)}
	}
	return resp, fail
}

func (c *modelCall) GasLeft() uint64 { return c.gas.limit - c.gas.used }
func (c *modelCall) Log(string)      {}

func (c *modelCall) UseGas(n uint64) {
	if c.gas.used = min(c.gas.used+n, c.gas.limit); c.gas.used == c.gas.limit {
		panic("dry")
	}
}

func (c *modelCall) QueryRaw(to actor.Address, key []byte) ([]byte, bool) { return c.land[to].Get(key) }

func (c *modelCall) Query(ctx context.Context, to actor.Address, body []byte) ([]byte, error) {
	_, bound := c.births[to.Kind()]
	switch {
	case c.queries >= c.queryDepth:
		return nil, actor.Errorf(actor.CodeQueryDepth, "queries nest at most %d deep", c.queryDepth)
	case c.land[to] == nil && !bound:
		return nil, actor.Errorf(actor.CodeUnknownActor, "there is no actor %s, and no module is bound as %q", to, to.Kind())
	}
	q := &modelCall{model: c.model, land: c.land, self: to, gas: c.gas, queries: c.queries + 1}
	resp, fail := q.enter(func() (actor.Response, error) {
		data, err := puppet.Actor{}.Query(ctx, &actor.View{Self: to, State: c.land[to], Services: q}, body)
		return actor.Response{Data: data}, err
	})
	switch {
	case fail == nil:
		return resp.Data, nil
	case fail.dry != nil:
		panic("dry")
	}
	return nil, &fail.Error
}
