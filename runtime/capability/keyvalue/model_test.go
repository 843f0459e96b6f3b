package keyvalue_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/keyvalue"
	"github.com/troupe-run/troupe/runtime/capability/messages"
)

var seed = flag.Uint64("seed", 1, "the first seed of the random histories")

// model is what the provider should do, on a Go map: a value is a string, a []string or a map[string]bool.
type model struct {
	now  time.Time
	keys map[string]any
	ends map[string]time.Time
}

func newModel(now time.Time) *model { return &model{now, map[string]any{}, map[string]time.Time{}} }

// clone is the savepoint of a subtransaction. Values are never changed in place.
func (m *model) clone() *model { return &model{m.now, maps.Clone(m.keys), maps.Clone(m.ends)} }

// value returns what a key holds now, and whether that is of the type of kind or nothing.
func value[T any](m *model, key string) (v T, there, fits bool) {
	x, there := m.keys[key]
	if end, ok := m.ends[key]; ok && !m.now.Before(end) {
		delete(m.keys, key)
		delete(m.ends, key)
		there = false
	}
	if !there {
		return v, false, true
	}
	v, fits = x.(T)
	return v, true, fits
}

func (m *model) drop(key string) {
	delete(m.keys, key)
	delete(m.ends, key)
}

// do returns the answer in JSON, or the code of the error. space is what the link puts in front of keys.
func (m *model) do(space, op string, arg json.RawMessage) string {
	var key string
	var list []string
	var in struct {
		Key, ListName, SetName string
		Value                  any
		Expires                uint32
		Start, Stop            int
	}
	if json.Unmarshal(arg, &key) != nil && json.Unmarshal(arg, &list) != nil && json.Unmarshal(arg, &in) != nil {
		return actor.CodeMalformed
	}
	text, _ := in.Value.(string)
	key = space + key + in.Key + in.ListName + in.SetName
	switch op {
	case messages.Get:
		v, there, fits := value[string](m, key)
		if !fits {
			return keyvalue.CodeWrongType
		}
		return fmt.Sprintf(`{"value":%s,"exists":%t}`, js(v), there)
	case messages.Contains:
		_, there, _ := value[any](m, key)
		return js(there)
	case messages.Del:
		_, there, _ := value[any](m, key)
		m.drop(key)
		return js(there)
	case messages.Set:
		m.drop(key)
		m.keys[key] = text
		if in.Expires > 0 {
			m.ends[key] = m.now.Add(time.Duration(in.Expires) * time.Second)
		}
		return ""
	case messages.Increment:
		return m.increment(key, int64(in.Value.(float64)))
	case messages.ListAdd, messages.ListDel, messages.ListClear, messages.ListRange:
		return m.list(op, key, text, in.Start, in.Stop)
	}
	return m.set(op, space, key, text, list)
}

func (m *model) increment(key string, by int64) string {
	v, there, fits := value[string](m, key)
	if !fits {
		return keyvalue.CodeWrongType
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if there && (err != nil || strconv.FormatInt(n, 10) != v) {
		return keyvalue.CodeNotANumber
	}
	if n += by; n < math.MinInt32 || n > math.MaxInt32 {
		return keyvalue.CodeOutOfRange
	}
	m.keys[key] = strconv.FormatInt(n, 10)
	return js(n)
}

func (m *model) list(op, key, text string, start, stop int) string {
	v, there, fits := value[[]string](m, key)
	if !fits {
		return keyvalue.CodeWrongType
	}
	switch op {
	case messages.ListAdd:
		m.keys[key] = append(slices.Clone(v), text)
		return js(len(v) + 1)
	case messages.ListDel:
		i := slices.Index(v, text)
		if i >= 0 {
			if v = slices.Delete(slices.Clone(v), i, i+1); len(v) == 0 {
				m.drop(key)
			} else {
				m.keys[key] = v
			}
		}
		return js(i >= 0)
	case messages.ListClear:
		m.drop(key)
		return js(there)
	}
	if start < 0 {
		start += len(v)
	}
	if stop < 0 {
		stop += len(v)
	}
	start, stop = max(start, 0), min(stop, len(v)-1)
	if start > stop {
		return "[]"
	}
	return js(v[start : stop+1])
}

func (m *model) set(op, space, key, text string, names []string) string {
	if names != nil {
		var all map[string]int
		for _, name := range names {
			v, _, fits := value[map[string]bool](m, space+name)
			if !fits {
				return keyvalue.CodeWrongType
			}
			if all == nil {
				all = map[string]int{}
			}
			for member := range v {
				all[member]++
			}
		}
		if op == messages.SetIntersection {
			maps.DeleteFunc(all, func(_ string, n int) bool { return n < len(names) })
		}
		return js(append([]string{}, slices.Sorted(maps.Keys(all))...))
	}
	v, there, fits := value[map[string]bool](m, key)
	if !fits {
		return keyvalue.CodeWrongType
	}
	switch op {
	case messages.SetAdd:
		if v[text] {
			return "0"
		}
		v = maps.Clone(v)
		if v == nil {
			v = map[string]bool{}
		}
		v[text] = true
		m.keys[key] = v
		return "1"
	case messages.SetDel:
		if !v[text] {
			return "0"
		}
		v = maps.Clone(v)
		if delete(v, text); len(v) == 0 {
			m.drop(key)
		} else {
			m.keys[key] = v
		}
		return "1"
	case messages.SetClear:
		m.drop(key)
		return js(there)
	}
	return js(append([]string{}, slices.Sorted(maps.Keys(v))...))
}

func js(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// generator makes random steps over few keys, so that kinds meet.
type generator struct{ *rand.Rand }

func (g generator) pick(words ...string) string { return words[g.IntN(len(words))] }

var reading = []string{messages.Get, messages.Contains, messages.ListRange, messages.SetQuery, messages.SetUnion, messages.SetIntersection}

var writing = []string{messages.Set, messages.Set, messages.Set, messages.Set, messages.Del, messages.Increment, messages.Increment, messages.ListAdd, messages.ListAdd, messages.ListAdd,
	messages.ListAdd, messages.ListAdd, messages.ListAdd, messages.ListDel, messages.ListDel, messages.ListDel, messages.ListClear, messages.SetAdd, messages.SetAdd, messages.SetAdd, messages.SetDel, messages.SetClear}

// step names each key twice as often for the kind that it begins with, so that conflicts are seldom enough.
func (g generator) step() step {
	op := g.pick(append(slices.Clone(reading), writing...)...)
	if g.IntN(8) == 0 {
		op = messages.ListRange
	}
	keys := []string{"t", "l", "s", "mixed", "expiring"}
	home := "t"
	if strings.Contains(op, ".List") {
		home = "l"
	} else if strings.Contains(op, ".Set") && op != messages.Set {
		home = "s"
	}
	key := g.pick(append(keys, home, home, home, home, home, home, home+"2")...)
	text := g.pick("", "a", "b", "c", "7", "-1", strings.Repeat("long", 20<<10))
	var arg any = key
	switch op {
	case messages.Set:
		arg = messages.SetArgs{Key: key, Value: text, Expires: []uint32{0, 0, 1, 3, 9}[g.IntN(5)]}
	case messages.Increment:
		arg = messages.IncrementArgs{Key: key, Value: []int32{1, 1, -5, math.MaxInt32, math.MinInt32}[g.IntN(5)]}
	case messages.ListAdd, messages.ListDel:
		arg = messages.ListArgs{ListName: key, Value: text}
	case messages.ListRange:
		arg = messages.ListRangeArgs{ListName: key, Start: int32(g.IntN(12) - 6), Stop: int32(g.IntN(12) - 6)}
	case messages.SetAdd, messages.SetDel:
		arg = messages.SetMember{SetName: key, Value: text[:min(len(text), 9)]}
	case messages.SetUnion, messages.SetIntersection:
		arg = []string{key, g.pick("s", "s2", "mixed"), key}[:1+g.IntN(3)]
	}
	return step{Op: op, Link: g.pick("default", "default", "default", "default", "apart", "prefixed"), Arg: json.RawMessage(js(arg))}
}

// script has steps, and at depth 0 subtransactions of the other driver, some of which fail.
func (g generator) script(who actor.Address, depth int) script {
	s := script{Driver: who, Fail: g.IntN(4) == 0}
	for range 1 + g.IntN(6) {
		if depth == 0 && g.IntN(5) == 0 {
			inner := g.script("driver/b", 1)
			s.Steps = append(s.Steps, step{Inner: &inner})
		} else {
			s.Steps = append(s.Steps, g.step())
		}
	}
	return s
}

var spaces = map[string]string{"default": "\x00", "apart": "s\x00", "prefixed": "\x00p:"}

// play lets the model do a script, and returns what it should come to.
func (m *model) play(s script) (outcomes []outcome) {
	before := m.clone()
	for _, st := range s.Steps {
		switch {
		case st.Inner != nil:
			out := outcome{Inner: m.play(*st.Inner)}
			if st.Inner.Fail {
				out.Code = "planned"
			}
			outcomes = append(outcomes, out)
		default:
			outcomes = append(outcomes, expected(m.do(spaces[st.Link], st.Op, st.Arg)))
		}
	}
	if s.Fail {
		m.keys, m.ends = before.keys, before.ends
	}
	return outcomes
}

func expected(answer string) outcome {
	if answer != "" && !json.Valid([]byte(answer)) {
		return outcome{Code: answer}
	}
	return outcome{Answer: json.RawMessage(answer)}
}

// TestModel sends random scripts with rollbacks, as transactions and as queries, and compares everything with the model.
func TestModel(t *testing.T) {
	rounds := 120
	for round := range uint64(4) {
		g := generator{rand.New(rand.NewPCG(*seed+round, 0))}
		w := newWorld(t)
		m := newModel(w.now)
		for i := range rounds {
			w.now = w.now.Add(time.Duration(g.IntN(1500)) * time.Millisecond)
			m.now = w.now
			s := g.script("driver/a", 0)
			want, got := js(m.play(s)), js(w.run(s))
			if got != want {
				t.Fatalf("-seed=%d, script %d: %.3000s\n%.3000s, want\n%.3000s", *seed+round, i, js(s), got, want)
			}
			if s.Fail { // the time of queries is that of the last transaction that has left something
				continue
			}
			for range 3 {
				st := g.step()
				if !slices.Contains(reading, st.Op) {
					continue
				}
				want, got := m.do(spaces[st.Link], st.Op, st.Arg), w.ask(st.Link, st.Op, string(st.Arg))
				if got != want {
					t.Fatalf("-seed=%d, query behind script %d: %s %s over %s: %.1000s, want %.1000s", *seed+round, i, st.Op, st.Arg, st.Link, got, want)
				}
			}
		}
		for link := range spaces {
			for _, key := range []string{"t", "l", "s", "t2", "l2", "s2", "mixed", "expiring", "p:t", "p:l", "p:s", "p:t2", "p:l2", "p:s2", "p:mixed", "p:expiring"} {
				w.do(link, messages.Del, js(key))
			}
		}
		if n := w.rows(); n > 1 { // the last number
			t.Errorf("-seed=%d: %d rows are left when all keys are gone: %.500s", *seed+round, n, w.dump())
		}
		if _, err := w.host.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestOneOrMany does the same operations in one transaction, in one each, and each in a subtransaction beside one that fails:
// the answers must be the same, and so must the rows be.
func TestOneOrMany(t *testing.T) {
	for round := range uint64(3) {
		g := generator{rand.New(rand.NewPCG(*seed+round, 1))}
		var steps []step
		for range 120 {
			steps = append(steps, g.step())
		}
		var answers, states []string
		for _, way := range []string{"one", "many", "nested"} {
			w := newWorld(t)
			var outcomes []outcome
			for at := 0; at < len(steps); {
				size := map[string]int{"one": len(steps), "many": 1, "nested": 7}[way]
				batch := steps[at:min(at+size, len(steps))]
				at += len(batch)
				if way != "nested" {
					outcomes = append(outcomes, w.run(script{Driver: "driver/a", Steps: batch})...)
					continue
				}
				inner, undone := script{Driver: "driver/b", Steps: batch}, script{Driver: "driver/b", Steps: batch, Fail: true}
				out := w.run(script{Driver: "driver/a", Steps: []step{{Inner: &undone}, {Inner: &inner}, {Inner: &undone}}})
				outcomes = append(outcomes, out[1].Inner...)
			}
			answers, states = append(answers, js(outcomes)), append(states, w.dump())
		}
		for i := range answers {
			if answers[i] != answers[0] || states[i] != states[0] {
				t.Errorf("-seed=%d: way %d differs: %.2000s\nfrom %.2000s", *seed+round, i, answers[i]+states[i], answers[0]+states[0])
			}
		}
	}
}
