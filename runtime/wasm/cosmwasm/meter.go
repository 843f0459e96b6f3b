package cosmwasm

import (
	"math"

	"github.com/troupe-run/troupe/dispatch"
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

// gasPerFuel is how much VM gas a unit of fuel is worth: one of VM gas was meant to be a picosecond, one of fuel is a
// quarter of a nanosecond.
const gasPerFuel = 250

func (m *meter) open(services actor.Services) {
	*m = meter{services: services, per: gasPerFuel}
	m.fueled, _ = services.(fueled)
	if m.fuelPerGas() == sdkGas {
		m.per = 1 // the prices are those of a chain: see Gas
	}
	m.limit = m.left()
}

// answered charges for an answer of n bytes, which a chain has to decode (S29).
func (m *meter) answered(n int) {
	if m.per == 1 {
		m.services.UseGas(uint64(n))
	}
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

// Gas returns the prices of a chain, in SDK gas (S21 to S24, S27, S28, S61): for hosts on which contracts shall use as much
// as there, as far as the contracts themselves are concerned. What a chain reads for its own sake (the records of
// contracts and codes, balances, accounts) has other prices here.
func Gas() *dispatch.Gas {
	// A chain pays for the 33 bytes before a contract's key as well.
	const prefix, readByte, writeByte = 33, 3, 30
	return &dispatch.Gas{Call: 60_000, Query: 60_000, Read: 1000 + prefix*readByte, ReadByte: readByte,
		Write: 2000 + prefix*writeByte, WriteByte: writeByte, Delete: 1000, Range: 30 + prefix*readByte, EventByte: 1, Fuel: sdkGas}
}
