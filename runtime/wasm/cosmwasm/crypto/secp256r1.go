package crypto

import (
	"math/big"

	"filippo.io/nistec"
)

var errRecoveryParamR1 = &Error{CodeRecoveryParam, "the recovery parameter of secp256r1 is 0 to 3"}

// orderR1 is the number of points of secp256r1, which is P-256 of FIPS 186.
var orderR1, _ = new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)

// Secp256r1Verify reports whether sig, 64 bytes r and s, is a signature of hash, 32 bytes, under pubkey, 33 or 65 bytes
// in the form of SEC 1. A high s is as good as its twin.
//
// Codes: 3, 4, 5, and 10 for numbers out of range or a key that is not on the curve.
func Secp256r1Verify(hash, sig, pubkey []byte) (bool, error) {
	if err := checkSigned(hash, sig); err != nil {
		return false, err
	}
	if err := checkPubkey(pubkey); err != nil {
		return false, err
	}
	r, s, err := scalarsR1(sig)
	if err != nil {
		return false, err
	}
	key, err := nistec.NewP256Point().SetBytes(pubkey)
	if err != nil {
		return false, errNotOnCurve
	}
	// The point z/s G + r/s Q has r as its x.
	w := new(big.Int).ModInverse(s, orderR1)
	point := combineR1(mulR1(new(big.Int).SetBytes(hash), w), mulR1(r, w), key)
	encoded, err := point.BytesX()
	if err != nil {
		return false, nil // the point at infinity
	}
	x := new(big.Int).SetBytes(encoded)
	return x.Mod(x, orderR1).Cmp(r) == 0, nil
}

// Secp256r1RecoverPubkey returns the key under which sig is a signature of hash, in 65 bytes. Bit 0 of param says whether
// the y of the signature's point is odd, bit 1 that its x is r plus the order of the curve.
//
// Codes: 3, 4, 6, and 10 if no key made the signature.
func Secp256r1RecoverPubkey(hash, sig []byte, param byte) ([65]byte, error) {
	if err := checkSigned(hash, sig); err != nil {
		return [65]byte{}, err
	}
	if param > 3 {
		return [65]byte{}, errRecoveryParamR1
	}
	r, s, err := scalarsR1(sig)
	if err != nil {
		return [65]byte{}, err
	}
	x := r
	if param&2 != 0 {
		x = new(big.Int).Add(r, orderR1)
		if x.BitLen() > 256 {
			return [65]byte{}, errNoPubkey
		}
	}
	var compressed [compressedLen]byte
	compressed[0] = 2 + param&1
	x.FillBytes(compressed[1:])
	point, err := nistec.NewP256Point().SetBytes(compressed[:])
	if err != nil {
		return [65]byte{}, errNoPubkey
	}
	// What verification computes, solved for the key: s/r R - z/r G.
	w := new(big.Int).ModInverse(r, orderR1)
	z := new(big.Int).SetBytes(hash)
	key := combineR1(mulR1(z.Neg(z), w), mulR1(s, w), point).Bytes()
	if len(key) != uncompressedLen {
		return [65]byte{}, errNoPubkey // the point at infinity
	}
	return [65]byte(key), nil
}

// scalarsR1 returns r and s, which lie between 1 and the order of the curve.
func scalarsR1(sig []byte) (r, s *big.Int, err error) {
	r, s = new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
	for _, v := range []*big.Int{r, s} {
		if v.Sign() == 0 || v.Cmp(orderR1) >= 0 {
			return nil, nil, errSignatureRange
		}
	}
	return r, s, nil
}

// mulR1 returns a times b modulo the order, in the form that nistec takes.
func mulR1(a, b *big.Int) (product [32]byte) {
	p := new(big.Int).Mul(a, b)
	p.Mod(p, orderR1).FillBytes(product[:])
	return product
}

// combineR1 returns u1 G + u2 q.
func combineR1(u1, u2 [32]byte, q *nistec.P256Point) *nistec.P256Point {
	// The errors are of scalars that are not 32 bytes.
	p1, _ := nistec.NewP256Point().ScalarBaseMult(u1[:])
	p2, _ := nistec.NewP256Point().ScalarMult(q, u2[:])
	return p1.Add(p1, p2)
}
