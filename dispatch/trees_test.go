package dispatch_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/script"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/state"
)

// Random trees of messages run twice: by the dispatcher and by the reference model. Both must leave the same state,
// events, data, error, gas and number of sub-messages.

// trees is what all runs share: they are rolled back, so that each begins with the same few keys.
type trees struct {
	w      *script.World
	births map[string]puppet.Actor
}

// births are the modules of the trees: plain puppets, and two kinds of virtual actors.
func newTrees(t testing.TB) *trees {
	tr := &trees{w: script.New(t), births: map[string]puppet.Actor{
		"puppet": {},
		"v":      {Birth: puppet.MustParse("set born={sender}\nemit born\ndata birth")},
		"w":      {Birth: puppet.MustParse("get k0\nset k0=of birth\ncall a reply=always payload=birth\n  append k1=w")},
	}}
	for id, a := range tr.births {
		tr.w.Bind(actor.ModuleID(id), dispatch.Code{Actor: a})
	}
	for _, name := range []actor.Address{"a", "b", "c"} {
		msg := actor.Message{Kind: actor.KindInstantiate, To: name, Module: "puppet", Body: []byte("set k0=old\nset k2=" + string(name))}
		if res := tr.w.Send(t.Context(), "setup", msg); res.Err != nil || res.Fault != nil {
			t.Fatal(res.Err, res.Fault)
		}
	}
	return tr
}

// check runs the tree that the bytes stand for. It returns the tree, and what the two disagree about.
func (tr *trees) check(choices []byte) (puppet.Program, string) {
	g := &generator{choices: choices}
	limits := dispatch.Limits{Depth: 2 + g.pick(6), QueryDepth: 1 + g.pick(3), Messages: 3 + g.pick(40), Gas: uint64(100 + 100*g.pick(40))}
	to := actor.Address(g.receiver())
	p := puppet.Program{Ops: g.ops(4, inCall)}
	got := tr.dispatched(limits, to, p)
	want := tr.modelled(limits, to, p)
	if got == want {
		return p, ""
	}
	return p, fmt.Sprintf("limits %+v, to %s:\n%s\ndispatch:\n%s\nmodel:\n%s", limits, to, p, got, want)
}

func (tr *trees) dispatched(limits dispatch.Limits, to actor.Address, p puppet.Program) string {
	tx := tr.w.Part.Begin()
	defer tx.Rollback()
	d := tr.w.D
	d.Limits = limits
	cmd := &state.Command{Op: state.OpMessage, Sequence: 9, Sender: "alice", Message: actor.Message{To: to, Body: p.Encode()}}
	res := d.Run(tr.w.T.Context(), tx, cmd, nil)
	if res.Fault != nil {
		return "fault: " + res.Fault.Error()
	}
	if res.Err != nil {
		return fmt.Sprintf("error %s, gas %d", res.Err, res.GasUsed)
	}
	land := map[actor.Address]modelKeys{}
	lo, hi := script.Partition.Bounds(state.Actors)
	for it := tx.Range(lo, hi, false); it.Next(); {
		number, _, _ := state.ActorHead(it.Value())
		keys := modelKeys{}
		prefix := script.Partition.AppendStatePrefix(nil, number)
		for own := tx.Range(prefix, actor.PrefixEnd(prefix), false); own.Next(); {
			keys[string(own.Key()[len(prefix):])] = string(own.Value())
		}
		land[actor.Address(it.Key()[len(lo):])] = keys
	}
	return treeText(land, res.Events, res.Data, res.GasUsed, res.Messages)
}

func (tr *trees) modelled(limits dispatch.Limits, to actor.Address, p puppet.Program) string {
	m := &model{births: tr.births, depth: limits.Depth, queryDepth: limits.QueryDepth, maxMessages: limits.Messages}
	c := &modelCall{model: m, self: to, gas: &modelGas{limit: limits.Gas}, depth: 1, land: map[actor.Address]modelKeys{
		"a": {"k0": "old", "k2": "a"}, "b": {"k0": "old", "k2": "b"}, "c": {"k0": "old", "k2": "c"}}}
	if fail := c.deliver("alice", actor.Message{To: to, Body: p.Encode()}); fail != nil {
		return fmt.Sprintf("error %s, gas %d", fail.Error.Error(), c.gas.used)
	}
	return treeText(c.land, c.events, c.data, c.gas.used, uint64(m.messages))
}

func treeText(land map[actor.Address]modelKeys, events []actor.Event, data []byte, gas, messages uint64) string {
	return fmt.Sprintf("state %q\nevents %s\ndata %s, gas %d, %d sub-messages", land, script.EventsText(events), script.DataText(data), gas, messages)
}

// treeCount is how many random trees a run of the tests tries.
const treeCount = 3000

func TestTrees(t *testing.T) {
	tr := newTrees(t)
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[string]int{}
	for range treeCount {
		choices := make([]byte, 40+r.IntN(360))
		for i := range choices {
			choices[i] = byte(r.Uint32())
		}
		p, diff := tr.check(choices)
		if diff != "" {
			t.Fatal(tr.reduce(choices))
		}
		count(seen, reflect.ValueOf(p))
	}
	// The test is worth little if the generator has lost a kind of message.
	for _, what := range []string{"set", "range", "query", "raw", "fail", "panic", "try", "gas", "same", "instantiate", "execute",
		"reply 0", "reply 1", "reply 2", "reply 3", "limit", "on reply"} {
		if seen[what] < treeCount/20 {
			t.Errorf("%d trees have only %d times %q", treeCount, seen[what], what)
		}
	}
}

// count counts what a program holds.
func count(seen map[string]int, v reflect.Value) {
	switch x := v.Interface().(type) {
	case puppet.Program:
		count(seen, reflect.ValueOf(x.Ops))
	case []puppet.Op:
		for _, op := range x {
			seen[string(op.Do)]++
			count(seen, reflect.ValueOf(op.Ops))
			if s := op.Sub; s != nil {
				seen[s.Kind.String()]++
				seen[fmt.Sprintf("reply %d", s.ReplyOn)]++
				if s.GasLimit > 0 {
					seen["limit"]++
				}
				if !s.OnReply.IsZero() {
					seen["on reply"]++
				}
				count(seen, reflect.ValueOf(s.Body.Ops))
				count(seen, reflect.ValueOf(s.OnReply))
			}
		}
	}
}

// reduce looks for fewer choices about which the two still disagree, and says what about.
func (tr *trees) reduce(choices []byte) string {
	_, diff := tr.check(choices)
	for size := len(choices) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(choices); {
			shorter := append(append([]byte{}, choices[:at]...), choices[at+size:]...)
			if _, d := tr.check(shorter); d != "" {
				choices, diff = shorter, d
			} else {
				at += size
			}
		}
	}
	return fmt.Sprintf("choices %q\n%s", choices, diff)
}

// FuzzTrees looks for a tree about which the dispatcher and the model disagree.
func FuzzTrees(f *testing.F) {
	tr := newTrees(f)
	f.Fuzz(func(t *testing.T, choices []byte) {
		if len(choices) > 2000 {
			return // bigger trees are no other trees
		}
		tr.w.T = t
		if _, diff := tr.check(choices); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A generator makes a program of a string of choices. When they run out it makes the plainest ones, and so ends.
type generator struct {
	choices []byte
	calls   int
}

func (g *generator) pick(n int) int {
	if len(g.choices) == 0 {
		return 0
	}
	c := int(g.choices[0])
	g.choices = g.choices[1:]
	return c % n
}

func choose[T any](g *generator, list ...T) T { return list[g.pick(len(list))] }

func (g *generator) key() string { return choose(g, "k0", "k1", "k2", "k3") }

func (g *generator) receiver() string {
	who := choose(g, "a", "b", "c", "a", "b", "c", "a", "b", "v/1", "v/2", "w/1", "?")
	if who == "?" {
		who = choose(g, "a", "b", "nobody", "new", "n2", "puppet/4")
	}
	return who
}

// place is where operations stand: it decides which make sense.
type place int

const (
	inCall place = iota
	inReply
	inQuery
	inBlock // of a range, a try or a repetition, in a call
)

func (g *generator) value(in place) string {
	v := choose(g, "x", "{self}", "", "{gas_left}", "{kind}")
	if in == inReply {
		v += choose(g, "", "{id}", "{data}", "{err}", "{code}", "{callee}", "{payload}", "{gas}")
	}
	return v
}

func (g *generator) ops(depth int, in place) (ops []puppet.Op) {
	if depth == 0 {
		return nil
	}
	for n := 1 + g.pick(5); len(ops) < n && len(g.choices) > 0; {
		ops = append(ops, g.op(depth, in)...)
	}
	return ops
}

func (g *generator) op(depth int, in place) []puppet.Op {
	kind := g.pick(34)
	if in == inQuery && (kind < 5 || kind > 16) {
		kind = 5 + kind%12 // a query that writes or sends fails; the scripts show that
	}
	one := func(op puppet.Op) []puppet.Op { return []puppet.Op{op} }
	if in == inReply && g.pick(3) == 0 { // whose data win is decided here
		return one(choose(g, puppet.Op{Do: puppet.Same}, puppet.Op{Do: puppet.Data}, puppet.Op{Do: puppet.Data, Value: "of {id}"}, saw("{events}")))
	}
	switch kind {
	case 0, 1:
		return one(puppet.Op{Do: puppet.Set, Key: g.key(), Value: g.value(in)})
	case 2, 3:
		return one(puppet.Op{Do: puppet.Append, Key: g.key(), Value: g.value(in)})
	case 4:
		return one(puppet.Op{Do: puppet.Delete, Key: g.key()})
	case 5, 6:
		return g.told(puppet.Op{Do: puppet.Get, Key: g.key()}, in)
	case 7, 8:
		op := puppet.Op{Do: puppet.Range, Range: &puppet.Bounds{Descending: g.pick(2) == 1}}
		for _, bound := range []**string{&op.Range.Start, &op.Range.End} {
			if g.pick(2) == 1 {
				*bound = new(g.key())
			}
		}
		if in != inQuery {
			op.Ops = g.ops(1, inBlock)
		}
		return g.told(op, in)
	case 9, 10:
		return g.told(puppet.Op{Do: puppet.Query, To: g.receiver(), Ops: g.ops(depth-1, inQuery)}, in)
	case 11:
		return g.told(puppet.Op{Do: puppet.Raw, To: g.receiver(), Key: g.key()}, in)
	case 12:
		return one(puppet.Op{Do: puppet.Data, Value: g.value(in)})
	case 13:
		return one(puppet.Op{Do: puppet.Gas, N: uint64(g.pick(120))})
	case 14:
		if depth == 4 {
			return nil // at the root it would end everything
		}
		return one(choose(g, puppet.Op{Do: puppet.Fail, Key: "bad", Value: g.value(in)}, puppet.Op{Do: puppet.Error, Value: "plain"}))
	case 15:
		if depth == 4 || g.pick(2) > 0 {
			return nil
		}
		return one(puppet.Op{Do: puppet.Panic, Value: "oh"})
	case 16:
		return one(puppet.Op{Do: puppet.Try, Ops: append(g.ops(1, in), choose(g, puppet.Op{Do: puppet.Panic}, puppet.Op{Do: puppet.Gas, N: 30}))})
	case 17:
		return one(puppet.Op{Do: puppet.Attr, Attributes: []actor.Attribute{{Key: "at", Value: "v"}}})
	case 18:
		return one(puppet.Op{Do: puppet.Emit, Key: choose(g, "one", "two", "three", "four", "five", "six", "paid", "x"), Attributes: []actor.Attribute{{Key: "k", Value: strings.TrimSpace(g.value(inCall))}}})
	}
	return one(puppet.Op{Do: puppet.Send, Sub: g.sub(depth)})
}

// saw emits what a template holds. It does not write it: what was read from what was written grows without bound.
func saw(template string) puppet.Op {
	return puppet.Op{Do: puppet.Emit, Key: "saw", Attributes: []actor.Attribute{{Key: "it", Value: "[" + template + "]"}}}
}

// told is an operation that reads, and one that makes what it read count.
func (g *generator) told(op puppet.Op, in place) []puppet.Op {
	if in == inQuery {
		return []puppet.Op{op, {Do: puppet.Data, Value: "{it}"}}
	}
	return []puppet.Op{op, saw("{it}")}
}

func (g *generator) sub(depth int) *puppet.Sub {
	g.calls++
	s := &puppet.Sub{ID: uint64(g.calls), To: g.receiver(), ReplyOn: choose(g, actor.ReplyAlways, actor.ReplyOnError, actor.ReplyOnSuccess, actor.ReplyNever, actor.ReplyAlways, actor.ReplyOnError)}
	switch g.pick(12) {
	case 0, 1:
		s.Kind, s.Module = actor.KindInstantiate, "puppet"
		s.To = choose(g, "new", "", "n2", "a")
	case 2:
		s.Kind, s.Module, s.To = actor.KindInstantiate, "v", choose(g, "v/1", "", "v/2")
	case 3:
		if g.pick(4) == 0 {
			s.WrongReplyOn = 4
		}
	}
	if g.pick(4) == 0 {
		s.GasLimit = uint64(1 + g.pick(200))
	}
	if g.pick(3) == 0 {
		s.Payload = new(choose(g, "p", "payload", ""))
	}
	s.Body.Ops = g.ops(depth-1, inCall)
	if s.ReplyOn != actor.ReplyNever && g.pick(3) > 0 {
		s.OnReply.Ops = g.ops(depth-1, inReply)
	}
	if g.pick(10) == 0 {
		s.Body = puppet.Body{Again: true}
	}
	return s
}
