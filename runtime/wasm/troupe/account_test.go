package troupe

import (
	"context"
	"errors"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/fuel"
)

// allowance are services that know gas alone: no fuel, and nobody to ask.
type allowance struct {
	gas  uint64
	logs []string
}

// errBroke is what a call panics with that has no gas left.
var errBroke = errors.New("no gas is left")

func (s *allowance) GasLeft() uint64 { return s.gas }

func (s *allowance) UseGas(n uint64) {
	if n > s.gas {
		s.gas = 0
		panic(errBroke)
	}
	s.gas -= n
}

func (s *allowance) Log(text string) { s.logs = append(s.logs, text) }

func (*allowance) Query(context.Context, actor.Address, []byte) ([]byte, error) {
	return nil, actor.Errorf(actor.CodeUnknownActor, "nobody is here")
}

func (*allowance) QueryRaw(actor.Address, []byte) ([]byte, bool) { return nil, false }

// fuelAllowance are services with an account of fuel, at a price of seven.
type fuelAllowance struct {
	allowance
	fuel uint64
	used []uint64
}

func (s *fuelAllowance) FuelLeft() uint64 { return s.fuel }

func (s *fuelAllowance) UseFuel(n uint64) {
	s.used = append(s.used, n)
	if n > s.fuel {
		panic(errBroke)
	}
	s.fuel -= n
}

// TestFuelIsSettledBeforeGas checks when the account is settled: before each import that costs gas, and at the end.
func TestFuelIsSettledBeforeGas(t *testing.T) {
	g := newGuest()
	c := g.call
	c.host("use_gas", 0)
	c.host("log", 0, 0)
	c.drop("state_get", 8, 1, 0, 0)
	c.op(binary.OpNop)
	c.returns(okay)
	a := g.load(t)
	s := &fuelAllowance{fuel: 1_000_000, allowance: allowance{gas: 10}}
	if _, err := a.Execute(t.Context(), &actor.Env{State: &actor.MemState{}, Services: s}, actor.Message{}); err != nil {
		t.Fatal(err)
	}
	if len(s.used) < 4 {
		t.Errorf("fuel was used %d times: %d", len(s.used), s.used)
	}
	var sum uint64
	for _, n := range s.used {
		sum += n
	}
	if sum != 1_000_000-s.fuel || sum < 3*callFuel || sum > 1000 {
		t.Errorf("%d fuel", sum)
	}
	// with less than that the call ends, by the panic of the services
	for less := range sum {
		s := &fuelAllowance{fuel: less, allowance: allowance{gas: 10}}
		ended := func() (ended bool) {
			defer func() { ended = recover() == errBroke }()
			_, _ = a.Execute(t.Context(), &actor.Env{State: &actor.MemState{}, Services: s}, actor.Message{})
			return false
		}()
		if !ended {
			t.Fatalf("%d fuel of %d are enough", less, sum)
		}
	}
}

// TestNothingIsKept checks that a call that is used again knows nothing of the last one, however that ended.
func TestNothingIsKept(t *testing.T) {
	g := newGuest()
	g.call.drop("state_range", 0, 0, 0, -1, 0)
	g.call.host("state_set", 8, 1, 8, 50)
	g.call.drop("state_get", 8, 1, 0, 0)
	g.call.host("use_gas", 100)
	g.call.returns(okay)
	a := g.load(t)
	for _, gas := range []uint64{10_000, 100} {
		c := a.begin(t.Context(), actor.KindExecute, "self", &actor.MemState{}, &allowance{gas: gas})
		func() {
			defer func() { _ = recover() }()
			defer c.close()
			c.writer = &actor.MemState{}
			c.input = append(c.input, make([]byte, keptBytes+1)...)
			_ = c.run()
		}()
		if c.Services != nil || c.ctx != nil || c.guest != nil || c.reader != nil || c.writer != nil || c.pending ||
			c.result.size() > 0 || c.ranges.open > 0 || len(c.ranges.list) > 0 || cap(c.input) > keptBytes || c.response.Data != nil {
			t.Errorf("%+v", c)
		}
	}
}

// TestUnpaidWork checks that the host does not do what the guest cannot pay for.
func TestUnpaidWork(t *testing.T) {
	g := newGuest()
	g.call.host("log", 0, 8000)
	g.call.returns(okay)
	a := g.load(t)
	for gas := uint64(100); gas < 2100; gas += 100 {
		s := &allowance{gas: gas}
		func() {
			defer func() {
				if recover() != errBroke {
					t.Errorf("%d gas are enough", gas)
				}
			}()
			_, _ = a.Execute(t.Context(), &actor.Env{State: &actor.MemState{}, Services: s}, actor.Message{})
		}()
		if len(s.logs) > 0 && gas < 8000/fuel.PerGas {
			t.Errorf("a line of 8000 bytes was printed for %d gas", gas)
		}
	}
}
