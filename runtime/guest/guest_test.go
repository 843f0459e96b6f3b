//go:build !wasip1

package guest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/examples/kitchen/staff"
	"github.com/troupe-run/troupe/examples/mmo/game"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/runtime/actortest/world"
	"github.com/troupe-run/troupe/runtime/guest"
	"github.com/troupe-run/troupe/runtime/guest/testdata/cast"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/troupe"
	"github.com/troupe-run/troupe/state"
)

// twins are two worlds that differ in one thing: the actors of one are Go values, and those of the other the same values
// as WebAssembly. What is sent to one is sent to both, and must have the same results.
type twins struct {
	t             *testing.T
	native, guest *world.World
}

// engine is that of all worlds. It keeps what it has compiled in a folder, because the worlds of a test let go of it.
var (
	engine *runtime.Engine
	cache  string
)

func TestMain(m *testing.M) {
	var err error
	if cache, err = os.MkdirTemp("", "guest"); err != nil {
		panic(err)
	}
	engine = runtime.NewEngine(wasm.Options{CacheDir: cache})
	code := m.Run()
	if s := engine.Stats(); code == 0 && s.Instances != s.Idle {
		fmt.Printf("%d instances are still in use\n", s.Instances-s.Idle)
		code = 1
	}
	if err := errors.Join(engine.Close(), os.RemoveAll(cache)); err != nil {
		fmt.Println(err)
		code = 1
	}
	os.Exit(code)
}

func newTwins(t *testing.T) *twins {
	t.Helper()
	tw := &twins{t: t}
	for _, w := range []**world.World{&tw.native, &tw.guest} {
		host := runtime.Options{Engine: engine, Store: state.Options{CacheSize: 64 << 20}} // the modules are megabytes
		opened, err := world.Open(&world.Options{Host: host})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { opened.Close() })
		*w = opened
	}
	return tw
}

func build(t testing.TB, folder string) []byte {
	t.Helper()
	code, err := toolchain.Build(t.Context(), filepath.FromSlash(folder), toolchain.Go)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// module gives a module to both worlds: as a Go value, and as what the folder compiles to.
func (tw *twins) module(name string, a actor.Actor, code []byte) {
	tw.t.Helper()
	if err := tw.native.Bind(name, a); err != nil {
		tw.t.Fatal(err)
	}
	if _, err := tw.guest.Install(tw.t.Context(), name, code, nil); err != nil {
		tw.t.Fatal(err)
	}
}

// cast gives all parts of package cast to both worlds.
func (tw *twins) cast() {
	tw.t.Helper()
	code := build(tw.t, "testdata/module")
	for _, name := range cast.Names() {
		tw.module(name, cast.Actor{}, code)
	}
	tw.module("bare", cast.Bare{}, build(tw.t, "testdata/bare"))
}

// result is what must be the same of a transaction: everything but gas, and but the rows and roots in which gas stands.
type result struct {
	Err      *actor.Error
	Path     []actor.Address
	Callee   actor.Address
	Data     []byte
	Events   []actor.Event
	Messages uint64
	Trace    string
}

// resultOf takes the trace along: what was read, written and logged, in which order and by whom.
func resultOf(t *testing.T, r *state.Receipt, trace *dispatch.Trace) result {
	t.Helper()
	forgetGas(trace.Root)
	text, err := json.MarshalIndent(trace.Root, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return result{r.Err, r.Path, r.Callee, r.Data, r.Events, r.Messages, string(text)}
}

func forgetGas(s *dispatch.Span) {
	s.GasUsed = 0
	if s.Reply != nil {
		r := *s.Reply
		r.GasUsed = 0
		s.Reply = &r
	}
	for _, c := range s.Children {
		forgetGas(c)
	}
}

// do runs a transaction in both worlds and returns what came of it.
func (tw *twins) do(req dispatch.Request) result {
	tw.t.Helper()
	var got [2]result
	for i, w := range []*world.World{tw.native, tw.guest} {
		receipt, err := w.Do(tw.t.Context(), req)
		var failed *runtime.TxError
		if err != nil && !errors.As(err, &failed) {
			tw.t.Fatalf("%v of %s: %v", req.Message.Kind, req.Message.Body, err)
		}
		got[i] = resultOf(tw.t, receipt, w.Last().Trace)
	}
	if !reflect.DeepEqual(got[0], got[1]) {
		want, have := apart(got[0].String(), got[1].String())
		tw.t.Errorf("%v %s from %q, %.80q:\n natively %s\n as guest %s", req.Message.Kind, req.Message.To, req.Sender, req.Message.Body, want, have)
	}
	return got[1]
}

func (r result) String() string {
	return fmt.Sprintf("%v, path %q, callee %s, %d messages, data %q, events %q\n%s", r.Err, r.Path, r.Callee, r.Messages, r.Data, r.Events, r.Trace)
}

// apart returns the parts of two texts around the first place where they differ.
func apart(a, b string) (string, string) {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	around := func(s string) string { return s[max(i-200, 0):min(i+200, len(s))] }
	return around(a), around(b)
}

func (tw *twins) send(from, to actor.Address, msg any) result {
	tw.t.Helper()
	return tw.do(dispatch.Request{Sender: from, Message: actor.Message{To: to, Body: typed.Encode(msg)}})
}

func (tw *twins) create(from, at actor.Address, module actor.ModuleID, msg any) {
	tw.t.Helper()
	if r := tw.do(dispatch.Request{Sender: from, Message: actor.Message{Kind: actor.KindInstantiate, To: at, Module: module, Body: typed.EncodeValue(msg)}}); r.Err != nil {
		tw.t.Fatal(r.Err)
	}
}

// query asks the same in both worlds.
func (tw *twins) query(to actor.Address, body []byte) ([]byte, error) {
	tw.t.Helper()
	want, wantErr := tw.native.Query(tw.t.Context(), to, body)
	got, err := tw.guest.Query(tw.t.Context(), to, body)
	if !reflect.DeepEqual(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
		tw.t.Errorf("query %s %q:\n natively %q, %v\n as guest %q, %v", to, body, want, wantErr, got, err)
	}
	return got, err
}

// same compares the states of all actors.
func (tw *twins) same() {
	tw.t.Helper()
	var dumps [2]string
	for i, w := range []*world.World{tw.native, tw.guest} {
		actors, err := w.Actors("")
		if err != nil || len(actors) == 0 {
			tw.t.Fatal(len(actors), err)
		}
		var b strings.Builder
		for _, a := range actors {
			pairs, err := w.State(a.Address)
			if err != nil {
				tw.t.Fatal(err)
			}
			fmt.Fprintf(&b, "%+v\n", a)
			for _, p := range pairs {
				fmt.Fprintf(&b, "  %.60q %d %.200q\n", p.Key, len(p.Value), p.Value)
			}
		}
		dumps[i] = b.String()
	}
	if dumps[0] != dumps[1] {
		want, have := apart(dumps[0], dumps[1])
		tw.t.Errorf("natively the state is\n%s\nas guest\n%s", want, have)
	}
	head, err := tw.guest.Host().Verify(tw.t.Context())
	if err != nil || head.Sequence == 0 {
		tw.t.Errorf("the log of the guests cannot be executed again: %v, %v", head, err)
	}
}

// TestGame plays examples/mmo until both warriors are broke.
func TestGame(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles three guests")
	}
	tw := newTwins(t)
	tw.module(game.CurrencyModule, game.Currency(), build(t, "../../examples/mmo/guest/go/currency"))
	tw.module(game.WarriorModule, game.Warrior(), build(t, "../../examples/mmo/guest/go/warrior"))
	tw.module(game.NaiveModule, game.Naive(), build(t, "../../examples/mmo/guest/go/naive"))
	tw.create("engine", "currency", game.CurrencyModule, game.Open{})
	post := game.Post{Currency: "currency", Engine: "engine"}
	tw.create("engine", "warrior", game.WarriorModule, post)
	tw.create("engine", "naive", game.NaiveModule, post)
	for _, to := range []actor.Address{"warrior", "naive"} {
		tw.send("engine", "currency", game.Mint{To: to, Amount: 40})
	}
	tw.send("eve", "currency", game.Mint{To: "eve", Amount: 1})
	tw.send("eve", "currency", game.Transfer{To: "eve", Amount: 1})
	paid := 0
	for i := range 30 {
		for _, to := range []actor.Address{"warrior", "naive"} {
			if r := tw.send("engine", to, game.Payout{Player: actor.Address(fmt.Sprintf("p%02d", i))}); r.Err == nil {
				paid++
			}
		}
	}
	if paid < 30 || paid == 60 {
		t.Errorf("%d payouts went well", paid)
	}
	tw.send("eve", "warrior", game.Payout{Player: "eve"})
	for _, body := range []string{`{"transfer":{"to":"bob","amount":-1}}`, `{"transfer":{"to":5}}`, `{"fly":{}}`, `"transfer"`, "", "\xa1", `{"transfer": {"to": "a", "x": 1}}`} {
		tw.do(dispatch.Request{Sender: "p01", Message: actor.Message{To: "currency", Body: []byte(body)}})
	}
	tw.query("currency", typed.Encode(game.Balance{Of: "p01"}))
	tw.query("naive", typed.Encode(game.Succeeded{Player: "p29"}))
	tw.query("warrior", []byte(`{"succeeded": {"player": "p29"}}`))
	tw.same()
}

// TestKitchen plays an evening of examples/kitchen.
func TestKitchen(t *testing.T) {
	tw := newTwins(t)
	tw.cast()
	tw.create("boss", "cards", staff.CardsModule, staff.Trust{Seller: "seller"})
	tw.create("boss", "seller", staff.SellerModule, staff.Hire{Cards: "cards", Waiter: "waiter", Chefs: []actor.Address{"chef/anna", "chef/bert"}})
	for _, supply := range []struct {
		to   actor.Address
		what string
		n    uint64
	}{{"chef/anna", "pickles", 2}, {"chef/anna", "oil", 1}, {"chef/bert", "pickles", 3}, {"chef/bert", "oil", 1}} {
		tw.send("boss", supply.to, staff.Supply{What: supply.what, Portions: supply.n})
	}
	for card, amount := range map[actor.Address]uint64{"ann": 20, "dan": 2} {
		tw.do(dispatch.Request{Message: actor.Message{Kind: actor.KindSudo, To: "cards", Body: typed.Encode(staff.TopUp{Card: card, Amount: amount})}})
	}
	served := 0
	for _, order := range []struct {
		guest  actor.Address
		dishes []string
	}{{"ann", []string{"burger", "fries"}}, {"ann", []string{"burger", "burger"}}, {"ann", []string{"fries", "fries"}}, {"dan", []string{"burger"}},
		{"ann", nil}, {"ann", []string{"soup"}}} {
		if r := tw.send(order.guest, "seller", staff.Order{Dishes: order.dishes}); r.Err == nil {
			served++
		}
	}
	if served != 2 {
		t.Errorf("%d orders were served, want 2", served)
	}
	tw.query("cards", typed.Encode(staff.Balance{Card: "ann"}))
	tw.query("order/77", typed.Encode(staff.Look{}))
	tw.same()
}

// TestProbes lets an actor do whatever an actor can do.
func TestProbes(t *testing.T) {
	tw := newTwins(t)
	tw.cast()
	for _, name := range cast.Probes() {
		at := actor.Address("probe/" + strings.ReplaceAll(name, " ", "-"))
		for range 2 { // the second finds what the first has left, and a guest that has forgotten it
			tw.do(dispatch.Request{Sender: "tester", Message: actor.Message{To: at, Body: []byte(name)}})
		}
	}
	for _, body := range [][]byte{nil, {}, []byte("other")} {
		for _, kind := range []actor.Kind{actor.KindExecute, actor.KindSudo} {
			req := dispatch.Request{Sender: "tester", Message: actor.Message{Kind: kind, To: "probe/x", Body: body}}
			if kind == actor.KindSudo {
				req.Sender = ""
			}
			tw.do(req)
		}
	}
	for _, body := range []string{"nil", "empty", "fail", "panic", "ask", "state", "other"} {
		tw.query("probe/values", []byte(body))
	}
	tw.same()
}

// TestMissing asks an actor for entry points that it lacks.
func TestMissing(t *testing.T) {
	tw := newTwins(t)
	tw.cast()
	send := func(from actor.Address, msg actor.Message, want string) {
		t.Helper()
		r := tw.do(dispatch.Request{Sender: from, Message: msg})
		if fmt.Sprint(r.Err) != want {
			t.Errorf("%v is %v, want %s", msg.Kind, r.Err, want)
		}
	}
	send("a", actor.Message{Kind: actor.KindInstantiate, To: "other", Module: "bare", Body: []byte("x")}, `unsupported: module "bare" has no Instantiate`)
	tw.do(dispatch.Request{Sender: "a", Message: actor.Message{Kind: actor.KindInstantiate, To: "it", Module: "bare", Admin: "a"}})
	send("a", actor.Message{Kind: actor.KindMigrate, To: "it", Module: "bare"}, `unsupported: module "bare" has no Migrate`)
	send("", actor.Message{Kind: actor.KindSudo, To: "it"}, `unsupported: module "bare" has no Sudo`)
	if r := tw.do(dispatch.Request{Sender: "a", Message: actor.Message{To: "it"}}); string(r.Data) != "it" {
		t.Errorf("execute answers %q", r.Data)
	}
	if _, err := tw.query("it", []byte("x")); err == nil || !strings.Contains(err.Error(), `module "bare" has no Query`) {
		t.Errorf("a query is answered: %v", err)
	}
	tw.same()
}

// TestOutside lets an actor do what it can do as a guest only.
func TestOutside(t *testing.T) {
	tw := newTwins(t)
	tw.cast()
	for _, test := range []struct{ name, want string }{
		{"print", `"" log ["to standard output" "to standard error" "and more"]`},
		{"clock", `"true true" log []`},
		{"world", `"0 0 true" log []`},
		{"memory", `"1" log []`},
		{"memory", `"1" log []`},
		{"exit", `trap: the guest exited with status 3 log []`},
		{"end of a goroutine", `panic: probe/x panicked log ["panic: the goroutine of the call has ended"]`},
		{"deadlock", `trap: `},
		{"panic in a goroutine", `trap: `},
		{"recursion", `trap: call `},
		{"hoard", `trap: `},
		{"loop", `out_of_gas: the limit of 1000000000 gas is used up log []`},
		{"memory", `"1" log []`},
	} {
		receipt, err := tw.guest.Send(t.Context(), "tester", actor.Message{To: "probe/x", Body: []byte(test.name)})
		var failed *runtime.TxError
		if err != nil && !errors.As(err, &failed) {
			t.Fatal(test.name, err)
		}
		got := fmt.Sprintf("%q", receipt.Data)
		if receipt.Err != nil {
			got = receipt.Err.Error()
		}
		if got += fmt.Sprintf(" log %q", tw.guest.Last().Trace.Root.Logs); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestMemory checks that a call of a common actor begins with no more memory than is free of charge.
func TestMemory(t *testing.T) {
	e, err := wasm.NewEngine(wasm.Options{CacheDir: cache})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	m, err := e.Load(t.Context(), build(t, "../../examples/mmo/guest/go/warrior"), troupe.Dialect())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	const free = 64 // pages, see ABI.md
	err = m.Call(1<<30, nil, func(c *wasm.Call) error {
		if pages := c.MemorySize() >> 16; pages == 0 || pages > free {
			t.Errorf("a call begins with %d pages, %d are free", pages, free)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRegister(t *testing.T) {
	guest.Register(cast.Bare{})
	defer func() {
		if v := recover(); v != "guest: Register was given no actor" {
			t.Errorf("it panics with %v", v)
		}
	}()
	guest.Register(nil)
}
