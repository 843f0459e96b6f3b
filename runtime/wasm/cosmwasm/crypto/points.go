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
	if !forEach(len(points), func(i int) bool { return decode(&points[i], encoded[i]) }) {
		return nil, errPoint
	}
	return points, nil
}

// decodeG2 reads the points of lists whose lengths are multiples of 96. Each is on the curve and in the subgroup.
func decodeG2(lists ...[]byte) ([]bls12381.G2Affine, error) {
	encoded := chunks(sizeG2, lists)
	points := make([]bls12381.G2Affine, len(encoded))
	if !forEach(len(points), func(i int) bool { return decode(&points[i], encoded[i]) }) {
		return nil, errPoint
	}
	return points, nil
}

// decode reads one point. The library also reads the uncompressed form, which is longer than what it is given here.
func decode(point interface{ SetBytes([]byte) (int, error) }, encoded []byte) bool {
	_, err := point.SetBytes(encoded)
	return err == nil
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

// forEach calls fn for 0 to n-1, on all processors if there is much to do, and reports whether all calls did. After one that
// did not, the rest may be left out.
func forEach(n int, fn func(i int) bool) bool {
	if n < parallelFrom {
		for i := range n {
			if !fn(i) {
				return false
			}
		}
		return true
	}
	var (
		workers sync.WaitGroup
		next    atomic.Int64
		failed  atomic.Bool
	)
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if !fn(i) {
					failed.Store(true)
				}
			}
		})
	}
	workers.Wait()
	return !failed.Load()
}
