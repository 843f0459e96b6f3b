package crypto

import (
	"runtime"
	"sync"
	"sync/atomic"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// decodeG1 reads the points of lists whose lengths are multiples of 48. Each is on the curve and in the subgroup.
func decodeG1(lists ...[]byte) ([]bls12381.G1Affine, error) {
	encoded := chunks(sizeG1, lists)
	points := make([]bls12381.G1Affine, len(encoded))
	return points, forEach(len(points), func(i int) error { return decode(&points[i], encoded[i]) })
}

// decodeG2 reads the points of lists whose lengths are multiples of 96. Each is on the curve and in the subgroup.
func decodeG2(lists ...[]byte) ([]bls12381.G2Affine, error) {
	encoded := chunks(sizeG2, lists)
	points := make([]bls12381.G2Affine, len(encoded))
	return points, forEach(len(points), func(i int) error { return decode(&points[i], encoded[i]) })
}

// decode reads one point. The library also reads the uncompressed form, which is longer than what it is given here.
func decode(point interface{ SetBytes([]byte) (int, error) }, encoded []byte) error {
	if _, err := point.SetBytes(encoded); err != nil {
		return errPoint
	}
	return nil
}

// chunks cuts lists into pieces of size bytes.
func chunks(size int, lists [][]byte) [][]byte {
	var total int
	for _, list := range lists {
		total += len(list) / size
	}
	pieces := make([][]byte, 0, total)
	for _, list := range lists {
		for ; len(list) >= size; list = list[size:] {
			pieces = append(pieces, list[:size:size])
		}
	}
	return pieces
}

// parallelFrom is the number of points from which it pays to ask other processors: decoding one takes tens of microseconds.
const parallelFrom = 8

// forEach calls fn for 0 to n-1, on all processors if there is much to do. It returns an error if a call did. All errors of
// fn are alike, so it does not matter which.
func forEach(n int, fn func(i int) error) error {
	if n < parallelFrom {
		for i := range n {
			if err := fn(i); err != nil {
				return err
			}
		}
		return nil
	}
	var (
		workers sync.WaitGroup
		next    atomic.Int64
		failure atomic.Pointer[error]
	)
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			for failure.Load() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := fn(i); err != nil {
					failure.Store(&err)
				}
			}
		})
	}
	workers.Wait()
	if err := failure.Load(); err != nil {
		return *err
	}
	return nil
}
