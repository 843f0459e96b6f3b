package fuel

import (
	"math"

	"github.com/troupe-run/troupe/runtime/actor"
)

// PerGas is what a unit of gas pays for where the host does not say.
const PerGas = 4

// metered are services that keep an account of fuel: dispatch does.
type metered interface {
	// FuelLeft returns how much fuel the gas buys that is left.
	FuelLeft() uint64
	// UseFuel pays for n units. If there is not enough gas it ends the call, like UseGas.
	UseFuel(n uint64)
}

// An Account pays for the fuel that a guest burns. While the guest runs, the engine counts; the account is settled before
// the host charges gas for anything else, so that what is used first is paid first. It belongs to one call.
type Account struct {
	services actor.Services
	metered  metered // nil: fuel is paid with gas, PerGas units for one
	given    int64   // what the guest had when the account was last settled
	owed     uint64  // fuel that is less than a unit of gas
}

// Open begins an account.
func (a *Account) Open(services actor.Services) {
	*a = Account{services: services}
	a.metered, _ = services.(metered)
}

// Most is more than a guest can burn, and leaves room for sums.
const Most = math.MaxInt64 / 2

// Refill returns the fuel that the gas buys now, and what the next Settle counts from.
func (a *Account) Refill() int64 {
	a.given = a.left()
	return a.given
}

func (a *Account) left() int64 {
	if a.metered != nil {
		return int64(min(a.metered.FuelLeft(), Most))
	}
	gas := min(a.services.GasLeft(), Most/PerGas)
	return max(0, int64(gas*PerGas)-int64(a.owed))
}

// Settle pays for what was burnt when the guest has left fuel. It ends the call if that is more than there was.
func (a *Account) Settle(left int64) {
	if burnt := a.given - left; burnt > 0 {
		a.pay(uint64(burnt))
	}
}

func (a *Account) pay(n uint64) {
	if a.metered != nil {
		a.metered.UseFuel(n)
		return
	}
	n += a.owed
	a.owed = n % PerGas
	a.services.UseGas(n / PerGas)
}

// Exhaust uses more gas than there can be, which ends the call: the guest has stopped because of it.
func (a *Account) Exhaust() {
	a.services.UseGas(math.MaxUint64)
	panic("fuel: the services let a call go on that has used up its gas")
}
