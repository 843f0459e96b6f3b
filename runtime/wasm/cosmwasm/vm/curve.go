package vm

import "github.com/troupe-run/troupe/runtime/wasm/cosmwasm/crypto"

const (
	g1Size = 48
	g2Size = 96

	maxPoints       = 2 << 20 // bytes
	maxCurveMessage = 5 << 20
	maxDomain       = 5 << 10
)

func (r *run) aggregateG1(s []uint64) error {
	return r.aggregate(s, gasAggregateG1, g1Size, func(points []byte) ([]byte, error) {
		sum, err := crypto.BLS12381AggregateG1(points)
		return sum[:], err
	})
}

func (r *run) aggregateG2(s []uint64) error {
	return r.aggregate(s, gasAggregateG2, g2Size, func(points []byte) ([]byte, error) {
		sum, err := crypto.BLS12381AggregateG2(points)
		return sum[:], err
	})
}

func (r *run) aggregate(s []uint64, price linear, size int, f func(points []byte) ([]byte, error)) error {
	points, err := r.read(s[0], maxPoints)
	if err != nil {
		return err
	}
	if err := r.charge(price.of(len(points) / size)); err != nil {
		return err
	}
	sum, failed := f(points)
	return r.point(s, s[1], sum, failed)
}

// point answers with success and writes a point to where the contract wants it, or answers with a code.
func (r *run) point(s []uint64, out uint64, point []byte, failed error) error {
	if failed != nil {
		s[0], failed = code(false, failed)
		return failed
	}
	s[0] = codeValid
	return asError(r.write(uint32(out), point))
}

func (r *run) pairingEquality(s []uint64) error {
	var list [4][]byte
	for i, limit := range [4]int{maxPoints, maxPoints, g1Size, g2Size} {
		var err *Error
		if list[i], err = r.read(s[i], limit); err != nil {
			return err
		}
	}
	if err := r.charge(gasPairingEquality.of(len(list[0])/g1Size + 1)); err != nil {
		return err
	}
	var failed error
	s[0], failed = code(crypto.BLS12381PairingEquality(list[0], list[1], list[2], list[3]))
	return failed
}

func (r *run) hashToG1(s []uint64) error {
	return r.hash(s, gasHashToG1, func(function uint32, message, domain []byte) ([]byte, error) {
		point, err := crypto.BLS12381HashToG1(function, message, domain)
		return point[:], err
	})
}

func (r *run) hashToG2(s []uint64) error {
	return r.hash(s, gasHashToG2, func(function uint32, message, domain []byte) ([]byte, error) {
		point, err := crypto.BLS12381HashToG2(function, message, domain)
		return point[:], err
	})
}

func (r *run) hash(s []uint64, gas uint64, f func(function uint32, message, domain []byte) ([]byte, error)) error {
	message, err := r.read(s[1], maxCurveMessage)
	if err != nil {
		return err
	}
	domain, err := r.read(s[2], maxDomain)
	if err != nil {
		return err
	}
	if err := r.charge(gas); err != nil {
		return err
	}
	point, failed := f(uint32(s[0]), message, domain)
	return r.point(s, s[3], point, failed)
}
