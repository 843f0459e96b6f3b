package cosmwasm

import (
	"math"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
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
		m.per = 1
	}
	m.limit = m.left()
}

// exact reports whether the prices are those of a chain: see Gas.
func (m *meter) exact() bool { return m.per == 1 }

// answered charges for an answer of n bytes, which a chain has to decode (S29). The chain compares with what the VM has
// used itself: to have no gas left for it is an error that can be caught, other than running out of gas.
func (m *meter) answered(n int) *actor.Error {
	if !m.exact() {
		return nil
	}
	if m.limit < m.paid+uint64(n)*sdkGas {
		return actor.Errorf(CodeVM, "Error calling the VM: insufficient gas left to deserialize contract execution result (%d bytes)", n)
	}
	m.services.UseGas(uint64(n))
	return nil
}

// What a chain charges for events, in SDK gas (S27, S28).
const (
	gasAttribute      = 10 // and 1 for a byte of it
	gasCustomEvent    = 20 // and 1 for a byte of its type
	freeAttributeData = 100
)

// emitted charges for the attributes and events of a response (S28).
func (m *meter) emitted(attributes []wire.EventAttribute, events []wire.Event) {
	if !m.exact() {
		return
	}
	gas, size := attributeGas(attributes)
	for i := range events {
		more, bytes := attributeGas(events[i].Attributes)
		gas, size = gas+gasCustomEvent+uint64(len(events[i].Type))+more, size+bytes
	}
	m.services.UseGas(gas + size - min(size, freeAttributeData))
}

// replied charges for the events in a reply (S27), which the VM has not begun to work on yet.
func (m *meter) replied(events []wire.Event) {
	if !m.exact() {
		return
	}
	var gas, size uint64
	for i := range events {
		more, bytes := attributeGas(events[i].Attributes)
		gas, size = gas+uint64(len(events[i].Type))+more, size+bytes
	}
	m.services.UseGas(gas + size - min(size, freeAttributeData))
	m.open(m.services)
}

// attributeGas returns what attributes cost but for their bytes, and the number of those.
func attributeGas(list []wire.EventAttribute) (gas, size uint64) {
	for i := range list {
		size += uint64(len(list[i].Key) + len(list[i].Value))
	}
	return uint64(len(list)) * gasAttribute, size
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
// contracts and codes, balances, accounts) has other prices here. Events cost nothing but what contracts pay for theirs.
func Gas() *dispatch.Gas {
	// A chain pays for the 33 bytes before a contract's key as well. Those of ranges the contract's host charges itself.
	const prefix, writeByte = 33, 30
	return &dispatch.Gas{Call: 60_000, Query: 60_000, Again: 2_000, Read: 1000 + gasPrefix, ReadByte: gasByte,
		Write: 2000 + prefix*writeByte, WriteByte: writeByte, Delete: 1000, Range: gasNext, Fuel: sdkGas}
}
