package wasmbus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// purse are services with an account of fuel, and an actor "guest" that may run.
type purse struct {
	fuel  uint64
	lines []string
	// called is how much fuel had been paid for when somebody was called.
	paid, called uint64
}

// errBroke is what a call panics with that has no fuel left.
var errBroke = errors.New("no fuel is left")

func (p *purse) FuelLeft() uint64 { return p.fuel }

func (p *purse) UseFuel(n uint64) {
	if n > p.fuel {
		p.fuel = 0
		panic(errBroke)
	}
	p.fuel -= n
	p.paid += n
}

func (p *purse) GasLeft() uint64    { return p.fuel / 4 }
func (p *purse) UseGas(n uint64)    { panic(errBroke) }
func (p *purse) Log(text string)    { p.lines = append(p.lines, text) }
func (p *purse) Say(_, text string) { p.lines = append(p.lines, text) }

func (p *purse) Peek(_ actor.Address, key []byte) ([]byte, bool) {
	switch string(key) {
	case "n":
		return []byte{0, 0, 0, 0, 0}, true
	case "a/guest", "a/other":
		row := capability.Actor{Address: "guest", Key: "M", Issuer: "A", Caps: []string{capability.Logging}, Instances: 1}
		return row.Encode(), true
	}
	return nil, false
}

// Call pays 1000 for whatever it is that is called.
func (p *purse) Call(_ context.Context, _ actor.Address, body []byte) ([]byte, error) {
	p.called = p.paid
	p.UseFuel(1000)
	return append([]byte("answer "), body[len(body)-1]), nil
}

func (p *purse) Query(context.Context, actor.Address, []byte) ([]byte, error) { return nil, nil }
func (p *purse) QueryRaw(actor.Address, []byte) ([]byte, bool)                { return nil, false }

// spend runs the guest with so much fuel, and reports whether it was enough.
func (p *purse) spend(t *testing.T, a *Actor) (resp actor.Response, enough bool) {
	t.Helper()
	defer func() {
		if v := recover(); v != nil && v != errBroke {
			panic(v)
		}
	}()
	env := &actor.Env{Self: "guest", Time: time.Unix(1, 0), Services: p, State: &actor.MemState{}}
	inv := capability.Invocation{Operation: "Test.Run", Payload: []byte("payload")}
	resp, err := a.Execute(t.Context(), env, actor.Message{Body: inv.Encode()})
	if err != nil {
		t.Fatal(err)
	}
	return resp, true
}

// TestFuel checks that what a guest burns, and what the host does for it, is paid for: before somebody else is called, and to
// the last unit.
func TestFuel(t *testing.T) {
	g := newGuest()
	g.pages = freePages
	g.call = g.forwards("", "other", "Op") + ` drop call $__host_response_len local.set 2 i32.const 2097152 call $__host_response
		i32.const 2097152 local.get 2 call $__guest_response` + succeeds
	a := g.load(t)
	const much = 1_000_000
	p := &purse{fuel: much}
	resp, ok := p.spend(t, a)
	cost := much - p.fuel
	if !ok || string(resp.Data) != "answer d" || cost < 1000+6*callFuel || cost > 2000 {
		t.Fatalf("%q for %d", resp.Data, cost)
	}
	if p.called < 2*callFuel || p.called > cost-1000-2*callFuel {
		t.Errorf("%d of %d were paid for when another actor was called", p.called, cost)
	}
	for less := range cost {
		if _, ok := (&purse{fuel: less}).spend(t, a); ok {
			t.Fatalf("%d of %d are enough", less, cost)
		}
	}
}

// TestUnpaidWork checks that the host does not do what the guest cannot pay for.
func TestUnpaidWork(t *testing.T) {
	g := newGuest()
	g.pages = freePages
	g.call = " i32.const 1024 i32.const 8000 call $__console_log" + succeeds
	a := g.load(t)
	for fuel := uint64(0); fuel < 8000; fuel += 500 {
		p := &purse{fuel: fuel}
		if _, ok := p.spend(t, a); ok || len(p.lines) > 0 {
			t.Errorf("a line of 8000 bytes was printed for %d fuel", fuel)
		}
	}
	p := &purse{fuel: 9000}
	if _, ok := p.spend(t, a); !ok || len(p.lines) != 1 {
		t.Error("9000 fuel are not enough for a line of 8000 bytes")
	}
}

// TestMemoryFee checks that a large memory costs more, because the host has to put it back.
func TestMemoryFee(t *testing.T) {
	g := newGuest()
	g.call = succeeds
	var costs []uint64
	for _, n := range []uint32{freePages - 10, freePages, freePages + 3} {
		g.pages = n
		p := &purse{fuel: 1_000_000}
		p.spend(t, g.load(t))
		costs = append(costs, p.paid)
	}
	if costs[0] != costs[1] || costs[2] != costs[1]+3*pageFuel {
		t.Errorf("calls with such memories cost %d", costs)
	}
}

// TestNothingIsKept checks that a call that is used again knows nothing of the last one, however that ended.
func TestNothingIsKept(t *testing.T) {
	g := newGuest()
	g.pages = freePages
	g.call = g.forwards("", "other", "Op") + "drop" + g.answers("a") + g.text("b") + "call $__guest_error" + succeeds
	a := g.load(t)
	for _, fuel := range []uint64{1_000_000, 1500} {
		p := &purse{fuel: fuel}
		env := &actor.Env{Self: "guest", Services: p, State: &actor.MemState{}}
		c := a.begin(t.Context(), env.Self, env.Services)
		func() {
			defer func() { _ = recover() }()
			defer c.close()
			c.env = env
			_, _ = c.handle("alice", env.Time, (&capability.Invocation{Operation: "Test.Run", Payload: []byte("payload")}).Encode())
		}()
		if c.Services != nil || c.ctx != nil || c.guest != nil || c.env != nil || c.row != nil || c.rand != nil || c.payload != nil ||
			c.answer != nil || c.failed || c.failure != "" || c.reply != nil || c.refusal != nil || c.table.Read != nil {
			t.Errorf("with %d fuel: %+v", fuel, c.running)
		}
	}
}

// TestParallel checks that calls of one Actor do not meet, as queries do that run at the same time.
func TestParallel(t *testing.T) {
	g := newGuest()
	g.pages = freePages
	// It answers with what was in its memory before, which must be nothing, and its payload.
	g.call = takes + ` i32.const 1048575 i32.load8_u if unreachable end i32.const 1048575 i32.const 1 i32.store8` + echoes
	a := g.load(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			payload := []byte(fmt.Sprint("payload of ", i))
			body := (&capability.Invocation{Operation: "Test.Run", Payload: payload}).Encode()
			for range 100 {
				env := &actor.Env{Self: "guest", Services: &purse{fuel: 1_000_000}, State: &actor.MemState{}}
				if resp, err := a.Execute(t.Context(), env, actor.Message{Body: body}); err != nil || !bytes.Equal(resp.Data, payload) {
					t.Errorf("%q, %v", resp.Data, err)
					return
				}
			}
		})
	}
	all.Wait()
}
