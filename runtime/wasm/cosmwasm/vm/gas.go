package vm

import "math"

// linear is a price that grows with the number of items.
type linear struct{ base, item uint64 }

// of returns the price of n items. No n that fits into a guest's memory makes it overflow.
func (l linear) of(n int) uint64 { return l.base + l.item*uint64(n) }

// The prices of what the host does, in VM gas. 1,000,000 is a microsecond of the reference machine.
const (
	gasOperation = 115
	gasBranch    = 14 * gasOperation
	freeLocals   = 29

	gasHostCall = 18_000

	gasSecp256k1Verify  = 96_000_000
	gasSecp256k1Recover = 194_000_000
	gasSecp256r1Verify  = 279_000_000
	gasSecp256r1Recover = 592_000_000
	gasEd25519Verify    = 35_000_000
	gasHashToG1         = 563_000_000
	gasHashToG2         = 871_000_000

	// largeRegion is the longest region that is read at the price of small ones, in bytes.
	largeRegion = 8_000_000
)

// What a byte, a signature, a point or a pair of points adds.
var (
	gasWriteRegion     = linear{230_000, 570}
	gasReadRegion      = linear{200_000, 115}
	gasReadLarge       = linear{0, 520}
	gasString          = linear{28_700, 1_400}
	gasEd25519Batch    = linear{24_000_000, 21_000_000}
	gasEd25519OneKey   = linear{36_000_000, 10_000_000}
	gasAggregateG1     = linear{68_000_000, 12_000_000}
	gasAggregateG2     = linear{103_500_000, 24_500_000}
	gasPairingEquality = linear{2_112_000_000, 163_000_000}
)

func gasToRead(length int) uint64 {
	if length > largeRegion {
		return gasReadLarge.of(length)
	}
	return gasReadRegion.of(length)
}

// left returns what is left of the gas.
func (r *run) left() uint64 {
	if r.exhausted {
		return 0
	}
	return uint64(r.guest.Fuel()) + r.reserve
}

// setLeft sets what is left. The guest counts with 63 bits; what is above that waits in the reserve.
func (r *run) setLeft(gas uint64) {
	fuel := min(gas, math.MaxInt64)
	r.reserve = gas - fuel
	r.guest.SetFuel(int64(fuel))
}

// charge takes gas. If there is less, nothing is left, and the error is that of a contract that is out of gas.
func (r *run) charge(gas uint64) *Error {
	left := r.left()
	if gas > left {
		r.setLeft(0)
		return errOutOfGas()
	}
	r.setLeft(left - gas)
	return nil
}

// chargeExternal takes gas that somebody else has charged for already.
func (r *run) chargeExternal(gas uint64) *Error {
	if r.external += gas; r.external < gas {
		r.external = math.MaxUint64
	}
	return r.charge(gas)
}
