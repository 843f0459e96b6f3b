package query

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

func TestGet(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	r.send("cell/a", "set k v", "set empty ")
	for range 2 { // the second time the name is remembered
		v, ok, err := r.Get("cell/a", []byte("k"))
		if string(v) != "v" || !ok || err != nil {
			t.Errorf("k: %q, %v, %v", v, ok, err)
		}
		v[0] = 'x' // a copy: nobody else sees this
		v, ok, err = r.Get("cell/a", []byte("empty"))
		if v == nil || len(v) != 0 || !ok || err != nil {
			t.Errorf("empty: %#v, %v, %v", v, ok, err)
		}
		for _, key := range []string{"missing", ""} {
			if v, ok, err = r.Get("cell/a", []byte(key)); v != nil || ok || err != nil {
				t.Errorf("%q: %q, %v, %v", key, v, ok, err)
			}
		}
	}
	if v, ok, err := r.Get("cell/nobody-yet", []byte("k")); v != nil || ok || err != nil {
		t.Errorf("a virtual actor without a state: %q, %v, %v", v, ok, err)
	}
	_, _, err := r.Get("ghost", []byte("k"))
	code(t, err, actor.CodeUnknownActor)
	_, _, err = r.Get("ghost/1", []byte("k"))
	code(t, err, actor.CodeUnknownActor)
	_, _, err = r.Get("Not An Address", []byte("k"))
	code(t, err, actor.CodeInvalidAddress)
	_, _, err = r.Get("cell/a", make([]byte, dispatch.MaxStateKey+1))
	code(t, err, actor.CodeKeyTooLarge)
}

func TestGetSeesEachActorsOwn(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	const n = 300
	for i := range n {
		r.send(actor.Address(fmt.Sprintf("cell/%d", i)), fmt.Sprintf("set k %d", i))
	}
	for range 2 {
		for i := range n {
			v, _, err := r.Get(actor.Address(fmt.Sprintf("cell/%d", i)), []byte("k"))
			if err != nil || string(v) != fmt.Sprint(i) {
				t.Fatalf("cell/%d: %q, %v", i, v, err)
			}
		}
	}
}

func TestNamesAreBounded(t *testing.T) {
	var n names
	n.init()
	for i := range 3 * chunks * chunkSlots {
		addr := actor.Address(fmt.Sprintf("cell/%d", i))
		n.put(addr, uint64(i))
		if got, ok := n.number(addr); !ok || got != uint64(i) {
			t.Fatalf("%s: %d, %v", addr, got, ok)
		}
		if got, ok := n.address(uint64(i)); !ok || got != addr {
			t.Fatalf("%d: %s, %v", i, got, ok)
		}
	}
	if _, ok := n.address(0); ok {
		t.Error("the first of three times as many names as there are slots is still there")
	}
	for i := range 1000 { // what is still there is right
		if got, ok := n.number(actor.Address(fmt.Sprintf("cell/%d", i))); ok && got != uint64(i) {
			t.Fatalf("cell/%d: %d", i, got)
		}
	}
}

func TestSmart(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	seq := r.send("warrior/w", "set name conan").Sequence
	a, err := r.Smart(t.Context(), "warrior/w", []byte("get name"))
	if err != nil || string(a.Data) != "conan" || a.Sequence != seq || a.GasUsed == 0 {
		t.Errorf("got %+v, %v", a, err)
	}
	a, err = r.Smart(t.Context(), "warrior/unborn", []byte("get name"))
	if err != nil || a.Data != nil {
		t.Errorf("a virtual actor without a state: %+v, %v", a, err)
	}
	a, err = r.Smart(t.Context(), "currency/c", []byte("ask warrior/w get name"))
	if err != nil || string(a.Data) != "conan" {
		t.Errorf("by way of another actor: %+v, %v", a, err)
	}
}

func TestSmartErrors(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	seq := r.send("warrior/w", "set name conan").Sequence
	for _, c := range []struct {
		to         actor.Address
		body, want string
	}{
		{"warrior/w", "fail too_tired", "warrior/w: too_tired: as ordered"},
		{"warrior/w", "panic", "warrior/w: panic: warrior/w panicked"},
		{"warrior/w", "burn", "warrior/w: out_of_gas: the limit of 1000000000 gas is used up"},
		{"warrior/w", "ask currency/c burn", "warrior/w → currency/c: out_of_gas: the limit of 1000000000 gas is used up"},
		{"warrior/w", "what", `warrior/w: unknown_message: "what"`},
		{"ghost", "", `ghost: unknown_actor: there is no actor ghost, and no module is bound as "ghost"`},
	} {
		a, err := r.Smart(t.Context(), c.to, []byte(c.body))
		var e *Error
		if !errors.As(err, &e) || err.Error() != c.want {
			t.Errorf("%s %q: got %v, want %s", c.to, c.body, err, c.want)
		}
		if a.Data != nil || a.Sequence != seq {
			t.Errorf("%s %q: the answer is %+v", c.to, c.body, a)
		}
		if e != nil && !errors.Is(err, &actor.Error{Code: e.Err.Code}) {
			t.Errorf("%s %q: the actor's error is not found in %v", c.to, c.body, err)
		}
	}
	// Whether the way to the failure is kept when an actor passes on the error of its query is dispatch's business.
	_, err := r.Smart(t.Context(), "warrior/w", []byte("ask currency/c fail broke"))
	code(t, err, "broke")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = r.Smart(ctx, "warrior/w", []byte("get name"))
	if e := (*Error)(nil); !errors.Is(err, context.Canceled) || errors.As(err, &e) {
		t.Errorf("the end of the context: %v", err)
	}
}

func TestActors(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	var want []actor.Address
	for i := range 250 {
		addr := actor.Address(fmt.Sprintf("cell/%03d", i))
		r.send(addr)
		want = append(want, addr)
	}
	r.send("warrior/w")
	var got []actor.Address
	token := ""
	for pages := 0; ; pages++ {
		list, err := r.Actors("cell/", 60, token)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list.Actors {
			got = append(got, a.Address)
		}
		if token = list.Token; token == "" {
			if pages != 4 {
				t.Errorf("%d pages behind the first, want 4", pages)
			}
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %d actors: %v", len(got), got)
	}
	list, err := r.Actors("", 1000, "")
	if err != nil || len(list.Actors) != 251 || list.Token != "" {
		t.Errorf("all: %d actors, token %q, %v", len(list.Actors), list.Token, err)
	}
	if list, err = r.Actors("nobody", 0, ""); err != nil || len(list.Actors) != 0 {
		t.Errorf("nobody: %+v, %v", list, err)
	}
	list, _ = r.Actors("cell/", 1, "")
	if _, err := r.Actors("cell", 1, list.Token); !errors.Is(err, ErrToken) {
		t.Errorf("the token of another prefix: %v", err)
	}
	if _, err := r.Scan("cell/001", Range{Token: list.Token}); !errors.Is(err, ErrToken) {
		t.Errorf("the token of a listing for a scan: %v", err)
	}
}

func TestActorAndModules(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	made := r.submit(dispatch.Request{Sender: "alice", Message: actor.Message{
		Kind: actor.KindInstantiate, To: "escrow", Module: "cell", Admin: "bob"}})
	got, err := r.Actor("escrow")
	want := Info{Address: "escrow", Number: 1, Module: "cell", Creator: "alice", Admin: "bob", Created: made.Sequence}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, addr := range []actor.Address{"ghost", "cell/unborn"} {
		_, err = r.Actor(addr)
		code(t, err, actor.CodeUnknownActor)
	}
	_, err = r.Actor("?")
	code(t, err, actor.CodeInvalidAddress)

	list, err := r.Modules()
	if err != nil || len(list) != 4 || list[0] != (state.Module{ID: "cell", Kind: "native", Bound: 1}) {
		t.Errorf("modules: %+v, %v", list, err)
	}
}

func TestCode(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	in := dispatch.Installation{Module: "guest", Kind: "text", Code: []byte("what it does")}
	receipt, err := r.exec.Install(t.Context(), dispatch.InstallRequest{Installation: in})
	if err != nil || receipt.Err != nil {
		t.Fatal(receipt, err)
	}
	want := state.Module{ID: "guest", Kind: "text", Bound: receipt.Sequence, Hash: in.Hash(), Size: 12}
	list, err := r.Modules()
	if err != nil || len(list) != 5 || list[2] != want {
		t.Errorf("modules: %+v, %v", list, err)
	}
	if m, code, err := r.Code("guest"); err != nil || m != want || string(code) != "what it does" {
		t.Errorf("got %+v, %q, %v", m, code, err)
	}
	if m, code, err := r.Code("cell"); err != nil || m.ID != "cell" || code != nil {
		t.Errorf("of a Go value: %+v, %q, %v", m, code, err)
	}
	if _, _, err := r.Code("nothing"); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), `module "nothing"`) {
		t.Errorf("of no module: %v", err)
	}
	b := r.store.NewBatch()
	b.Delete(state.Partition(0).AppendCode(nil, in.Hash()))
	if p, err := r.store.Apply(b); err != nil || p.Wait() != nil {
		t.Fatal(err)
	}
	r.send("cell/a", "set k v") // which makes a view of it
	if _, _, err := r.Code("guest"); !errors.Is(err, state.ErrCorrupt) || !strings.Contains(err.Error(), "the code of module guest") {
		t.Errorf("of a module whose code is lost: %v", err)
	}
}

func TestHistory(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	sent := r.submit(dispatch.Request{ID: "r-1", Sender: "alice", Message: actor.Message{To: "cell/a", Body: []byte("set k v\nemit made")}})
	got, err := r.Receipt(sent.Sequence)
	if err != nil || !reflect.DeepEqual(&got, sent) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, sent)
	}
	if got, err = r.ReceiptOf("r-1"); err != nil || got.Root != sent.Root {
		t.Errorf("by request: %+v, %v", got, err)
	}
	cmd, err := r.Command(sent.Sequence)
	if err != nil || cmd.Sender != "alice" || cmd.Message.To != "cell/a" {
		t.Errorf("command: %+v, %v", cmd, err)
	}
	if head, err := r.Head(); err != nil || head.Sequence != sent.Sequence || head.Root != sent.Root {
		t.Errorf("head: %+v, %v", head, err)
	}
	_, err = r.Receipt(99)
	if !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "the last transaction is 5") {
		t.Errorf("receipt 99: %v", err)
	}
	if _, err = r.Command(0); !errors.Is(err, ErrNotFound) {
		t.Errorf("command 0: %v", err)
	}
	if _, err = r.ReceiptOf("r-2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("request r-2: %v", err)
	}
	if _, err = r.Trace(sent.Sequence); !errors.Is(err, ErrNoTrace) {
		t.Errorf("trace: %v", err)
	}
}

func TestTrace(t *testing.T) {
	r := newRig(t, dispatch.Options{KeepTraces: true})
	sent := r.send("cell/a", "set k v", "send cell/b set x y")
	trace, err := r.Trace(sent.Sequence)
	if err != nil || trace.Sequence != sent.Sequence || trace.Root.To != "cell/a" || !trace.Root.Committed {
		t.Errorf("got %+v, %v", trace, err)
	}
	if _, err = r.Trace(99); !errors.Is(err, ErrNoTrace) {
		t.Errorf("trace 99: %v", err)
	}
}

func TestLog(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	for i := range 250 {
		r.send("cell/a", fmt.Sprintf("set k %d", i))
	}
	next := uint64(1)
	for from := uint64(0); ; {
		list, err := r.Log(from, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, e := range list {
			if e.Command.Sequence != next || e.Receipt == nil || e.Receipt.Sequence != next {
				t.Fatalf("got %+v, want sequence %d", e, next)
			}
			next++
		}
		from = next
	}
	if next != 255 {
		t.Errorf("the log ends before %d, want 255", next)
	}
	big := "set big " + strings.Repeat("x", 100_000)
	for range 20 {
		r.send("cell/b", big)
	}
	list, err := r.Log(255, MaxLimit)
	if err != nil || len(list) < 3 || len(list) > 10 {
		t.Errorf("a page of large entries has %d of them, %v", len(list), err)
	}
	// A command that the store holds in pieces is whole in the list, and counts with all of its bytes.
	in := dispatch.Installation{Module: "guest", Kind: "text", Code: bytes.Repeat([]byte("code"), 1<<19)}
	installed, err := r.exec.Install(t.Context(), dispatch.InstallRequest{Installation: in})
	if err != nil || installed.Err != nil {
		t.Fatal(installed, err)
	}
	r.send("cell/a", "set k v")
	if list, err = r.Log(installed.Sequence, MaxLimit); err != nil || len(list) != 1 ||
		!bytes.HasSuffix(list[0].Command.Message.Body, in.Code) || list[0].Receipt.Sequence != installed.Sequence {
		t.Errorf("a page that begins with much code has %d entries, %v", len(list), err)
	}
}

func TestClosed(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	r.send("cell/a", "set k v")
	if err := r.exec.Close(); err != nil {
		t.Fatal(err)
	}
	check := func(what string, err error) {
		if !errors.Is(err, dispatch.ErrClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, _, err := r.Get("cell/a", []byte("k"))
	check("Get", err)
	_, err = r.Smart(t.Context(), "cell/a", nil)
	check("Smart", err)
	_, err = r.Scan("cell/a", Range{})
	check("Scan", err)
	_, err = r.Actors("", 0, "")
	check("Actors", err)
	_, err = r.Actor("cell/a")
	check("Actor", err)
	_, err = r.Modules()
	check("Modules", err)
	_, _, err = r.Code("cell")
	check("Code", err)
	_, err = r.Receipt(1)
	check("Receipt", err)
	_, err = r.ReceiptOf("x")
	check("ReceiptOf", err)
	_, err = r.Command(1)
	check("Command", err)
	_, err = r.Trace(1)
	check("Trace", err)
	_, err = r.Log(1, 1)
	check("Log", err)
	_, err = r.Head()
	check("Head", err)
}

// A Get that finds the name remembered allocates the value that it hands out and nothing else. Under the race detector,
// which makes pools forget, it is a little more.
func TestGetAllocates(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	r.send("cell/a", "set k v")
	key := []byte("k")
	n := testing.AllocsPerRun(1000, func() {
		if _, ok, err := r.Get("cell/a", key); !ok || err != nil {
			t.Fatal(ok, err)
		}
	})
	if n > 2 {
		t.Errorf("%v allocations", n)
	}
	t.Logf("%v allocations", n)
}
