package crypto

import (
	"crypto/sha256"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// The compressed forms of points, in the encoding of Zcash.
const (
	sizeG1 = bls12381.SizeOfG1AffineCompressed
	sizeG2 = bls12381.SizeOfG2AffineCompressed
)

var (
	errPoint               = &Error{CodePoint, "not the compressed form of a point of the group"}
	errHashFunction        = &Error{CodeHashFunction, "the only hash function is 0, SHA-256"}
	errPairingG1           = &Error{CodePairingG1, "the points of G1 are not a multiple of 48 bytes"}
	errPairingG2           = &Error{CodePairingG2, "the points of G2 are not a multiple of 96 bytes"}
	errPairingUnequal      = &Error{CodePairingUnequal, "there are not as many points of G1 as of G2"}
	errAggregationEmpty    = &Error{CodeAggregationEmpty, "there are no points to add"}
	errAggregationMultiple = &Error{CodeAggregationMultiple, "the points to add are not a multiple of the size of a point"}
)

// BLS12381AggregateG1 adds points of G1, 48 bytes each, and returns the sum. The point at infinity may be among them.
//
// Codes: 14, 15, and 8 for what is not a point of the group.
func BLS12381AggregateG1(points []byte) ([48]byte, error) {
	if err := checkAggregation(points, sizeG1); err != nil {
		return [48]byte{}, err
	}
	decoded, err := decodeG1(points)
	if err != nil {
		return [48]byte{}, err
	}
	var sum bls12381.G1Jac
	for i := range decoded {
		sum.AddMixed(&decoded[i])
	}
	return new(bls12381.G1Affine).FromJacobian(&sum).Bytes(), nil
}

// BLS12381AggregateG2 adds points of G2, 96 bytes each, and returns the sum. The point at infinity may be among them.
//
// Codes: 14, 15, and 8 for what is not a point of the group.
func BLS12381AggregateG2(points []byte) ([96]byte, error) {
	if err := checkAggregation(points, sizeG2); err != nil {
		return [96]byte{}, err
	}
	decoded, err := decodeG2(points)
	if err != nil {
		return [96]byte{}, err
	}
	var sum bls12381.G2Jac
	for i := range decoded {
		sum.AddMixed(&decoded[i])
	}
	return new(bls12381.G2Affine).FromJacobian(&sum).Bytes(), nil
}

func checkAggregation(points []byte, size int) error {
	if len(points) == 0 {
		return errAggregationEmpty
	}
	if len(points)%size != 0 {
		return errAggregationMultiple
	}
	return nil
}

// BLS12381PairingEquality reports whether e(p1, q1) * ... * e(pn, qn) = e(r, s). ps and r are points of G1, 48 bytes each,
// qs and s points of G2, 96 bytes each. n may be 0. A pair with the point at infinity counts as one.
//
// Codes: 11, 12, 13, and 8 for what is not a point of the group.
func BLS12381PairingEquality(ps, qs, r, s []byte) (bool, error) {
	if len(ps)%sizeG1 != 0 {
		return false, errPairingG1
	}
	if len(qs)%sizeG2 != 0 {
		return false, errPairingG2
	}
	if len(ps)/sizeG1 != len(qs)/sizeG2 {
		return false, errPairingUnequal
	}
	if len(r) != sizeG1 || len(s) != sizeG2 {
		return false, errPoint
	}
	g1, err := decodeG1(ps, r)
	if err != nil {
		return false, err
	}
	g2, err := decodeG2(qs, s)
	if err != nil {
		return false, err
	}
	last := &g1[len(g1)-1]
	last.Neg(last)
	equal, _ := bls12381.PairingCheck(g1, g2) // its error is of lists that are empty, or of different lengths
	return equal, nil
}

// BLS12381HashToG1 maps msg to a point of G1, by the suite BLS12381G1_XMD:SHA-256_SSWU_RO_ of RFC 9380 with the domain dst,
// which may have any length. hashFunction is 0.
//
// Code: 9.
func BLS12381HashToG1(hashFunction uint32, msg, dst []byte) ([48]byte, error) {
	if hashFunction != 0 {
		return [48]byte{}, errHashFunction
	}
	point, _ := bls12381.HashToG1(msg, domain(dst)) // its error is of a domain that is too long
	return point.Bytes(), nil
}

// BLS12381HashToG2 maps msg to a point of G2, by the suite BLS12381G2_XMD:SHA-256_SSWU_RO_ of RFC 9380 with the domain dst,
// which may have any length. hashFunction is 0.
//
// Code: 9.
func BLS12381HashToG2(hashFunction uint32, msg, dst []byte) ([96]byte, error) {
	if hashFunction != 0 {
		return [96]byte{}, errHashFunction
	}
	point, _ := bls12381.HashToG2(msg, domain(dst)) // its error is of a domain that is too long
	return point.Bytes(), nil
}

// domain shortens a domain separation tag of more than 255 bytes (RFC 9380, 5.3.3), which gnark-crypto refuses.
func domain(dst []byte) []byte {
	if len(dst) <= 255 {
		return dst
	}
	h := sha256.New()
	h.Write([]byte("H2C-OVERSIZE-DST-"))
	h.Write(dst)
	return h.Sum(nil)
}
