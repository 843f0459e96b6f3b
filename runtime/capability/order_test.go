package capability_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// keeper is a Keeper on a state in memory, without a host: what fails is not rolled back by anybody but obey.
type keeper struct {
	capability.Keeper
	state actor.MemState
	seq   uint64
}

func (k *keeper) env() *actor.Env {
	return &actor.Env{Self: capability.Address, State: &k.state, Time: start, Sequence: k.seq}
}

// obey gives an order, and puts the state back if it fails.
func (k *keeper) obey(t testing.TB, body []byte) ([]actor.Event, error) {
	t.Helper()
	k.seq++
	before := actor.MemState{}
	for key, value := range k.state.Range(nil, nil, actor.Ascending) {
		before.Set(key, value)
	}
	resp, err := k.Sudo(t.Context(), k.env(), actor.Message{Body: body})
	if err != nil {
		k.state = before
	}
	return resp.Events, err
}

func (k *keeper) order(t testing.TB, o *capability.Order) ([]actor.Event, error) {
	t.Helper()
	body, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return k.obey(t, body)
}

func (k *keeper) dump() string {
	var b strings.Builder
	for key, value := range k.state.Range(nil, nil, actor.Ascending) {
		b.Write(key)
		b.WriteByte('=')
		b.Write(value)
		b.WriteByte('\n')
	}
	return b.String()
}

func (k *keeper) table() *capability.Table {
	return &capability.Table{Read: func(of actor.Address, key []byte) ([]byte, bool) {
		if of != capability.Address {
			return nil, false
		}
		return k.state.Get(key)
	}}
}

// rows counts the rows with a prefix.
func (k *keeper) rows(prefix string) (n uint64) {
	for range k.state.Range([]byte(prefix), actor.PrefixEnd([]byte(prefix)), actor.Ascending) {
		n++
	}
	return n
}

// check finds what must hold behind every order: the counts are those of the rows, every name leads to who has it, and
// everybody has his.
func (k *keeper) check(t testing.TB) {
	t.Helper()
	b, _ := k.state.Get([]byte("n"))
	want := []uint64{k.rows("l/"), k.rows("p/"), k.rows("a/"), k.rows("b/"), k.rows("t/")}
	if got := capability.Counts(b); len(b) > 0 && !equal(got, want) {
		t.Errorf("the counts are %v, and there are %v", got, want)
	}
	list, table := capability.List(&k.state), k.table()
	named := uint64(0)
	for _, a := range list.Actors {
		if at, ok := table.ByKey(a.Key); !ok || !k.has(at, func(b *capability.Actor) bool { return b.Key == a.Key }) {
			t.Errorf("%s is of %s, which leads to %q", a.Address, a.Key, at)
		}
		if a.Alias == "" {
			continue
		}
		named++
		if at, ok := table.ByAlias(a.Alias); !ok || !k.has(at, func(b *capability.Actor) bool { return b.Alias == a.Alias }) {
			t.Errorf("%s has the alias %s, which leads to %q", a.Address, a.Alias, at)
		}
	}
	if k.rows("k/") != k.rows("a/") || k.rows("s/") != named {
		t.Errorf("%d actors have %d keys, and %d have %d aliases", k.rows("a/"), k.rows("k/"), named, k.rows("s/"))
	}
	for _, p := range list.Providers {
		if q, ok := table.Provider(p.Key); p.Key != "" && (!ok || q.Name != p.Name) {
			t.Errorf("the key of %s leads elsewhere", p.Name)
		}
	}
	for _, l := range list.Links {
		if got, ok := table.Link(l.Actor, l.Contract, l.Name); !ok || got.Provider != l.Provider {
			t.Errorf("the link %+v is not where it belongs", l)
		}
	}
	signers := map[string]bool{}
	for _, a := range list.Trust {
		for _, s := range a.ValidSigners {
			signers[s] = true
		}
	}
	if k.rows("u/") != uint64(len(signers)) {
		t.Errorf("anchors vouch for %d keys, and there are %d rows", len(signers), k.rows("u/"))
	}
}

func equal(a, b []uint64) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

func (k *keeper) has(at actor.Address, ok func(*capability.Actor) bool) bool {
	a, there := k.table().Actor(at)
	return there && ok(a)
}

// FuzzOrders says anything, line by line. Whatever it is, the rows fit each other, and an order that is given again changes
// nothing.
func FuzzOrders(f *testing.F) {
	add := func(lines ...any) {
		var b strings.Builder
		for _, line := range lines {
			if text, ok := line.(string); ok {
				b.WriteString(unnamed(text) + "\n")
				continue
			}
			body, err := json.Marshal(line)
			if err != nil {
				f.Fatal(err)
			}
			b.Write(append(body, '\n'))
		}
		f.Add(b.String())
	}
	for _, orders := range seedOrders(f) {
		add(orders...)
	}
	add(`{"link":[{"actor":"@m1","contract":"c","provider":"@v1"}]}`, `{"unlink":[{"actor":"@m1","contract":"c"}]}`)
	add(`{"trust":[{"key":"@acme"}],"ban":[{"key":"@acme","reason":"x"}]}`, `{"distrust":["@acme"],"unban":["@acme"]}`)
	add(`{"policy":{"actor":"judge","actions":["perform_invocation"]}}`, `{"decide":{"source":"a","target":"b"}}`, `{"decide":{"target":"b"}}`)
	add(`{"links":{"after":"l","limit":1}}`, `{"actors":{},"links":{}}`, `[]`, `{"policy":{"actor":"judge"}}`, `{"policy":{"actor":""}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var k keeper
		for body := range strings.SplitSeq(text, "\n") {
			before := k.dump()
			_, err := k.obey(t, []byte(body))
			if err != nil && actor.AsError(err).Code == actor.CodeFailed {
				t.Errorf("%q has no code of its own: %v", body, err)
			}
			if err == nil {
				after := k.dump()
				events, err := k.obey(t, []byte(body))
				if err != nil || len(events) > 0 || k.dump() != after {
					t.Errorf("%q behind %q, again: %v, %v\n%q\n%q", body, before, events, err, after, k.dump())
				}
			}
			_, err = k.Query(t.Context(), &actor.View{State: &k.state, Services: alone{}}, []byte(body))
			if err != nil && actor.AsError(err).Code != actor.CodeMalformed && actor.AsError(err).Code != capability.CodeDenied {
				t.Errorf("the question %q: %v", body, err)
			}
		}
		k.check(t)
	})
}

// alone are the services of a host where nobody else is.
type alone struct{ actor.Services }

func (alone) Query(_ context.Context, to actor.Address, _ []byte) ([]byte, error) {
	return nil, actor.Errorf(actor.CodeUnknownActor, "there is no %s", to)
}
