package dispatch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

func TestMigrateAll(t *testing.T) {
	s := newStage(t, openStore(t, ""), Options{KeepTraces: true})
	s.mustInstall("counter", "v1", nil)
	s.mustInstall("bystander", "v1", nil)
	s.send("counter/b", "counter/a", "counter", "bystander/a", "native")
	r := s.mustInstall("counter", "v2 migrates sends native", migrate)
	var events []string
	for _, ev := range r.Events {
		events = append(events, string(ev.Actor)+" "+ev.Type)
	}
	want := []string{"counter migrate", "counter migrated", "native execute", "counter/a migrate", "counter/a migrated",
		"native execute", "counter/b migrate", "counter/b migrated", "native execute"}
	if !slices.Equal(events, want) || r.Messages != 3 || r.GasUsed == 0 {
		t.Errorf("%d messages, %d gas, events %q, want %q", r.Messages, r.GasUsed, events, want)
	}
	for a, want := range map[actor.Address]string{"counter": "v2 M", "counter/a": "v2 M", "counter/b": "v2 M", "bystander/a": "v1 I"} {
		if got := s.ask(a); got != want {
			t.Errorf("%s says %q, want %q", a, got, want)
		}
	}
	v := s.View()
	defer v.Release()
	row, ok, err := v.Get(s.partition.AppendTrace(nil, r.Sequence))
	if err != nil || !ok {
		t.Fatalf("no trace: %v", err)
	}
	if bytes.Contains(row, []byte("djIgbWln")) {
		t.Error("the trace has the code")
	}
	s.replayed()
}

func TestMigrationThatFailsLeavesNothing(t *testing.T) {
	s := newStage(t, openStore(t, ""), Options{})
	s.mustInstall("counter", "v1", nil)
	s.send("counter/a", "counter/b", "counter/c")
	before := s.record("counter")
	code := "v2 migrates refuses counter/b"
	s.dialect.prepare(code)
	var trace Trace
	in := Installation{Module: "counter", Kind: "text", Code: []byte(code)}
	migrate(&in)
	r, err := s.Install(t.Context(), InstallRequest{Installation: in, Sender: "operator", Trace: &trace})
	if err != nil || r.Err == nil || r.Err.Code != "stubborn" || !slices.Equal(r.Path, []actor.Address{"counter/b"}) {
		t.Fatalf("got %+v, %v", r, err)
	}
	if len(r.Changes) != 0 || len(r.Events) != 0 || s.record("counter") != before {
		t.Errorf("it left %d rows, %d events, and %+v", len(r.Changes), len(r.Events), s.record("counter"))
	}
	for _, a := range []actor.Address{"counter/a", "counter/b", "counter/c"} {
		if got := s.ask(a); got != "v1 I" {
			t.Errorf("%s says %q", a, got)
		}
	}
	if got := s.send("counter/d"); got != "v1" {
		t.Errorf("a new actor runs %q", got)
	}
	if _, ok, err := s.partition.ReadCode(s.store, in.Hash()); ok || err != nil {
		t.Errorf("code that was not installed is kept: %t, %v", ok, err)
	}
	root := trace.Root
	if root.Install == nil || root.Install.Hash != in.Hash() || root.Install.Before != before.Hash || root.Err == nil ||
		root.Module != "counter" || len(root.Children) != 2 || root.Committed {
		t.Fatalf("the root of the trace is %+v", root)
	}
	first, second := root.Children[0], root.Children[1]
	if first.To != "counter/a" || first.Kind != actor.KindMigrate || first.From != "operator" || first.Committed ||
		first.Why != "the installation of counter failed: stubborn" || len(first.Touches) != 2 {
		t.Errorf("the first migration is %+v", first)
	}
	if second.To != "counter/b" || second.Err == nil || second.Err.Code != "stubborn" {
		t.Errorf("the second migration is %+v", second)
	}
	// It can be tried again with better code, and without migrating.
	s.mustInstall("counter", "v2 migrates", migrate)
	if got := s.ask("counter/b"); got != "v2 M" {
		t.Errorf("counter/b says %q", got)
	}
	s.replayed()
}

// The hook is asked about each migration before it runs. What it refuses nobody gets.
func TestMigrationsAreAuthorized(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	policy := func(a Access) error {
		if a.Message.Kind != actor.KindMigrate && a.Message.To != "native" {
			return nil
		}
		mu.Lock()
		asked = append(asked, fmt.Sprintf("%s %s→%s %s %s %q %d", a.Sender, a.From, a.Message.To, a.Message.Kind, a.Message.Module, a.Message.Body, a.Depth))
		mu.Unlock()
		switch {
		case a.Message.Kind == actor.KindMigrate && a.From == "guest" && a.Message.To == "counter/b":
			return errors.New("counter/b is not for guests")
		case a.From == "stranger":
			return actor.Errorf("closed", "no strangers")
		}
		return nil
	}
	s := newGuardedStage(t, openStore(t, ""), Options{}, policy)
	heard := func(want ...string) {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(asked, want) {
			t.Errorf("the hook was asked %q, want %q", asked, want)
		}
		asked = nil
	}
	s.mustInstall("counter", "v1", nil)
	s.send("counter/b", "counter/a", "counter/c")
	before := s.record("counter")
	s.mustInstall("counter", "v1b", replace) // which migrates nobody
	s.mustInstall("counter", "v1", replace)
	heard()
	before.Bound = s.record("counter").Bound

	in := Installation{Module: "counter", Kind: "text", Code: []byte("v2 migrates sends native")}
	migrate(&in)
	s.dialect.prepare(string(in.Code))
	for sender, want := range map[actor.Address]struct {
		err   actor.Error
		path  actor.Address
		asked []string
		spans int
	}{
		"guest": {actor.Error{Code: actor.CodeUnauthorized, Message: "counter/b is not for guests"}, "counter/b", []string{
			`guest guest→counter/a migrate counter "with this" 0`, `guest counter/a→native execute  "" 1`,
			`guest guest→counter/b migrate counter "with this" 0`}, 2},
		"stranger": {actor.Error{Code: "closed", Message: "no strangers"}, "counter/a", []string{
			`stranger stranger→counter/a migrate counter "with this" 0`}, 1},
	} {
		var trace Trace
		r, err := s.Install(t.Context(), InstallRequest{Installation: in, Sender: sender, Trace: &trace})
		if err != nil || r.Err == nil || *r.Err != want.err || !slices.Equal(r.Path, []actor.Address{want.path}) {
			t.Fatalf("%s: %+v, %v", sender, r, err)
		}
		heard(want.asked...)
		if len(r.Changes) != 0 || len(r.Events) != 0 || s.record("counter") != before {
			t.Errorf("%s left %d rows, %d events, and %+v", sender, len(r.Changes), len(r.Events), s.record("counter"))
		}
		if n := len(trace.Root.Children); n != want.spans || *trace.Root.Children[n-1].Err != want.err {
			t.Errorf("%s: the trace has %d spans", sender, n)
		}
		for _, a := range []actor.Address{"counter/a", "counter/b", "counter/c"} {
			if got := s.ask(a); got != "v1 I" {
				t.Errorf("%s: %s says %q", sender, a, got)
			}
		}
		if _, ok, err := s.partition.ReadCode(s.store, in.Hash()); ok || err != nil {
			t.Errorf("%s: code that was not installed is kept: %t, %v", sender, ok, err)
		}
	}
	s.mustInstall("counter", string(in.Code), migrate)
	heard(`"" ""→counter/a migrate counter "with this" 0`, `"" counter/a→native execute  "" 1`,
		`"" ""→counter/b migrate counter "with this" 0`, `"" counter/b→native execute  "" 1`,
		`"" ""→counter/c migrate counter "with this" 0`, `"" counter/c→native execute  "" 1`)
	if got := s.ask("counter/c"); got != "v2 M" {
		t.Errorf("counter/c says %q", got)
	}
	s.replayed()
}

// An actor that has left the module when its turn comes is none of its actors any more.
func TestMigrationPassesOverWhoHasLeft(t *testing.T) {
	s := newStage(t, openStore(t, ""), Options{})
	s.mustInstall("counter", "v1", nil)
	s.mustInstall("refuge", "v2 migrates", nil)
	s.dialect.goActors["helper"] = func(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
		if env.Sender != "counter/a" {
			return actor.Response{}, nil
		}
		away := actor.Message{Kind: actor.KindMigrate, To: "z", Module: "refuge"}
		return actor.Response{Messages: []actor.SubMsg{{Msg: away}}}, nil
	}
	if err := s.Bind(t.Context(), "helper", Native, ""); err != nil {
		t.Fatal(err)
	}
	r, err := s.Submit(t.Context(), Request{Sender: "tester", Message: actor.Message{Kind: actor.KindInstantiate, To: "z",
		Module: "counter", Admin: "helper"}})
	if err != nil || r.Err != nil {
		t.Fatal(r, err)
	}
	s.send("counter/a")
	s.mustInstall("counter", "v3 migrates sends helper", migrate)
	if s.ask("counter/a") != "v3 M" || s.ask("z") != "v2 M" {
		t.Errorf("counter/a says %q, z says %q", s.ask("counter/a"), s.ask("z"))
	}
	s.replayed()
}

// A host that cannot run the code does not migrate with it: that is no outcome of the transaction.
func TestMigrationWithoutTheCodeIsNoOutcome(t *testing.T) {
	s := newStage(t, openStore(t, ""), Options{})
	s.mustInstall("counter", "v1", nil)
	s.send("counter/a")
	head := s.Head()
	_, err := s.install("counter", "missing", migrate)
	var unbound *UnboundError
	if !errors.As(err, &unbound) || unbound.Module != "counter" || unbound.Hash == (state.Hash{}) || !strings.Contains(err.Error(), "cannot run") {
		t.Errorf("got %v", err)
	}
	if s.Head() != head || s.send("counter/a") != "v1" {
		t.Error("something has changed")
	}
}
