package capability_test

import (
	"context"
	"testing"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

func world(t testing.TB) capability.Order {
	return capability.Order{
		Start:   []capability.StartOrder{{Actor: "echo", Token: token(t, "acme", claims.Module{Subject: "m1", Caps: []string{capability.HTTPServer, capability.KeyValue}})}},
		Provide: []capability.ProviderOrder{{Name: "kv", Kind: "keyvalue"}},
		Link: []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "echo", Contract: capability.KeyValue}, Provider: "kv",
			Values: map[string]string{"url": "redis://127.0.0.1:6379"}}},
	}
}

// hostCall is what a call of a guest to a provider asks the table for.
func hostCall(t testing.TB, table *capability.Table, a *capability.Actor) {
	target, err := table.Find("echo", capability.DefaultLink, capability.KeyValue)
	if err == nil {
		err = capability.Outbound(a, capability.KeyValue)
	}
	if err != nil || target.Provider == nil {
		t.Fatal(err)
	}
}

// What is looked up again is not decoded again: the keys of the rows are all that is allocated.
func TestTableAllocatesLittle(t *testing.T) {
	var k keeper
	o := world(t)
	if _, err := k.order(t, &o); err != nil {
		t.Fatal(err)
	}
	table := k.table()
	table.Memo = &capability.Memo{}
	allocs := testing.AllocsPerRun(100, func() {
		a, err := table.Admit("echo", start)
		if err != nil {
			t.Fatal(err)
		}
		hostCall(t, table, a)
	})
	if allocs > 5 {
		t.Errorf("%v allocations", allocs)
	}
}

// BenchmarkTable is a call of an actor, and a call of its guest to a provider, on a state in memory.
func BenchmarkTable(b *testing.B) {
	var k keeper
	o := world(b)
	if _, err := k.order(b, &o); err != nil {
		b.Fatal(err)
	}
	table := k.table()
	table.Memo = &capability.Memo{}
	b.Run("admit", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := table.Admit("echo", start); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hostcall", func(b *testing.B) {
		a, err := table.Admit("echo", start)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			hostCall(b, table, a)
		}
	})
	b.Run("linked", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := capability.Linked(table, "troupe.keyvalue/kv", "echo", capability.KeyValue, capability.DefaultLink); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// looker asks the table within a transaction, as often as the benchmark wants.
type looker struct {
	b    *testing.B
	memo capability.Memo
}

func (l *looker) Execute(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
	table := capability.TableOf(env.Services, &l.memo)
	a, err := table.Admit("echo", env.Time)
	if err != nil {
		return actor.Response{}, err
	}
	l.b.ReportAllocs()
	for l.b.Loop() {
		hostCall(l.b, table, a)
	}
	return actor.Response{}, nil
}

// BenchmarkTableInTransaction is hostcall of BenchmarkTable in a transaction of a host.
func BenchmarkTableInTransaction(b *testing.B) {
	h, err := runtime.Open("", &runtime.Options{Lazy: true})
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	if _, err := h.Order(b.Context(), capability.Order{}, "", ""); err != nil {
		b.Fatal(err)
	}
	o := world(b)
	msg := actor.Message{Kind: actor.KindSudo, To: capability.Address, Body: mustJSON(&o)}
	if _, err := h.Do(b.Context(), dispatch.Request{Message: msg}); err != nil {
		b.Fatal(err)
	}
	if err := h.Bind("looker", &looker{b: b}); err != nil {
		b.Fatal(err)
	}
	if _, err := h.Do(b.Context(), dispatch.Request{Sender: "alice", Message: actor.Message{To: "looker"}}); err != nil {
		b.Fatal(err)
	}
}
