package fuel

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
)

// allowance are services that know gas alone.
type allowance struct{ gas uint64 }

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

func (*allowance) Log(string) {}

func (*allowance) Query(context.Context, actor.Address, []byte) ([]byte, error) { return nil, nil }

func (*allowance) QueryRaw(actor.Address, []byte) ([]byte, bool) { return nil, false }

// fuelAllowance are services with an account of fuel.
type fuelAllowance struct {
	allowance
	fuel uint64
}

func (s *fuelAllowance) FuelLeft() uint64 { return s.fuel }

func (s *fuelAllowance) UseFuel(n uint64) {
	if n > s.fuel {
		panic(errBroke)
	}
	s.fuel -= n
}

func TestAccountInGas(t *testing.T) {
	s := &allowance{gas: 100}
	var a Account
	a.Open(s)
	if given := a.Refill(); given != 400 {
		t.Fatalf("100 gas are %d fuel", given)
	}
	for _, c := range []struct {
		burn int64
		gas  uint64
		left int64
	}{{0, 100, 400}, {3, 100, 397}, {1, 99, 396}, {9, 97, 387}, {-5, 97, 387}, {387, 0, 0}, {0, 0, 0}} {
		a.Settle(a.given - c.burn)
		if given := a.Refill(); s.gas != c.gas || given != c.left {
			t.Errorf("%d were burnt: %d gas and %d fuel are left, want %d and %d", c.burn, s.gas, given, c.gas, c.left)
		}
	}
	defer func() {
		if recover() != errBroke {
			t.Error("the call goes on without gas")
		}
	}()
	a.Settle(-4)
}

func TestAccountInFuel(t *testing.T) {
	s := &fuelAllowance{fuel: 1000}
	var a Account
	a.Open(s)
	if given := a.Refill(); given != 1000 {
		t.Fatalf("1000 fuel are %d", given)
	}
	a.Settle(993)
	if s.fuel != 993 || a.Refill() != 993 {
		t.Errorf("%d are left", s.fuel)
	}
	defer func() {
		if v := recover(); v != errBroke || s.gas != 0 {
			t.Errorf("exhausted: %v", v)
		}
	}()
	s.gas = 5
	a.Exhaust()
}

func TestAccountOfPlenty(t *testing.T) {
	for _, s := range []actor.Services{&allowance{gas: math.MaxUint64}, &fuelAllowance{fuel: math.MaxUint64}} {
		var a Account
		a.Open(s)
		if given := a.Refill(); given < Most-4 || given > Most {
			t.Errorf("%T: %d", s, given)
		}
		a.Settle(0)
	}
}
