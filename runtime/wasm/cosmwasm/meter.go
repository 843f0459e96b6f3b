package cosmwasm

import (
	"math"

	"github.com/troupe-run/troupe/runtime/actor"
)

// fueled are services that keep an account of fuel: dispatch does.
type fueled interface {
	FuelLeft() uint64
	UseFuel(n uint64)
}

// A meter keeps two accounts in step: that of the VM, in VM gas, which the contract uses up while it runs, and that of the
// services, in fuel, of which the host takes for what it does. What the host takes is external to the VM (2.5); what the
// VM has used is paid before the host takes anything for others, and at the end.
type meter struct {
	services actor.Services
	fueled   fueled
	per      uint64 // VM gas for a unit of fuel
	limit    uint64 // what there was at first, in VM gas
	external uint64 // what the host has taken, in VM gas
	paid     uint64 // what of the VM's own has been paid
	owed     uint64 // VM gas that is less than a unit of fuel
}

// fuelPerGas is what a unit of gas is worth to services that know no fuel.
const fuelPerGas = 4

// most leaves room for sums, and is a limit that the guest can count.
const most = math.MaxInt64 / 2

func (m *meter) open(services actor.Services, per uint64) {
	*m = meter{services: services, per: per}
	m.fueled, _ = services.(fueled)
	m.limit = m.left()
}

// left returns what the services have left, in VM gas.
func (m *meter) left() uint64 {
	fuel := uint64(most)
	if m.fueled != nil {
		fuel = m.fueled.FuelLeft()
	} else if gas := m.services.GasLeft(); gas < most/fuelPerGas {
		fuel = gas * fuelPerGas
	}
	if fuel > most/m.per {
		return most
	}
	return fuel*m.per - min(m.owed, fuel*m.per)
}

// taken returns what the host has taken since it had left so much, in VM gas.
func (m *meter) taken(before uint64) uint64 {
	gas := before - min(before, m.left())
	m.external += gas
	return gas
}

// settle pays for what the VM has used of its own so far.
func (m *meter) settle(used uint64) {
	if used <= m.paid {
		return
	}
	n := used - m.paid + m.owed
	m.paid, m.owed = used, n%m.per
	if fuel := n / m.per; m.fueled != nil {
		m.fueled.UseFuel(fuel)
	} else {
		m.services.UseGas(fuel / fuelPerGas)
	}
}

// exhaust uses more than there can be, which ends the call.
func (m *meter) exhaust() { m.services.UseGas(math.MaxUint64) }

// used returns what the VM has used of its own when it has left so much.
func (m *meter) used(left uint64) uint64 { return m.limit - min(m.limit, left+m.external) }
