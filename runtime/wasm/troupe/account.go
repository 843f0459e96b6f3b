package troupe

import (
	"math"

	"github.com/troupe-run/troupe/runtime/actor"
)

// fueled are services that keep an account of fuel: dispatch does.
type fueled interface {
	// FuelLeft returns how much fuel the gas buys that is left.
	FuelLeft() uint64
	// UseFuel pays for n units. If there is not enough gas it ends the call, like UseGas.
	UseFuel(n uint64)
}

// account pays for the fuel that a guest burns. While the guest runs, the engine counts; the account is settled before
// the host charges gas for anything else, so that what is used first is paid first.
type account struct {
	services actor.Services
	fueled   fueled // nil: fuel is paid with gas, fuelPerGas units for one
	given    int64  // what the guest had when the account was last settled
	owed     uint64 // fuel that is less than a unit of gas
}

// open begins an account. What is given then is the fuel that the guest may use.
func (a *account) open(services actor.Services) {
	*a = account{services: services}
	a.fueled, _ = services.(fueled)
	a.given = a.left()
}

// most is more than a guest can burn, and leaves room for sums.
const most = math.MaxInt64 / 2

func (a *account) left() int64 {
	if a.fueled != nil {
		return int64(min(a.fueled.FuelLeft(), most))
	}
	gas := min(a.services.GasLeft(), most/fuelPerGas)
	return max(0, int64(gas*fuelPerGas)-int64(a.owed))
}

// settle pays for what was burnt when the guest has left fuel. It ends the call if that is more than there was.
func (a *account) settle(left int64) {
	if burnt := a.given - left; burnt > 0 {
		a.pay(uint64(burnt))
	}
}

func (a *account) pay(n uint64) {
	if a.fueled != nil {
		a.fueled.UseFuel(n)
		return
	}
	n += a.owed
	a.owed = n % fuelPerGas
	a.services.UseGas(n / fuelPerGas)
}

// exhaust uses more gas than there can be, which ends the call: the guest has stopped because of it.
func (a *account) exhaust() {
	a.services.UseGas(math.MaxUint64)
	panic("troupe: the services let a call go on that has used up its gas")
}
