package crypto

import (
	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

var errRecoveryParamK1 = &Error{CodeRecoveryParam, "the recovery parameter of secp256k1 is 0 or 1"}

// Secp256k1Verify reports whether sig, 64 bytes r and s, is a signature of hash, 32 bytes, under pubkey, 33 or 65 bytes
// in the form of SEC 1. A high s is as good as its twin.
//
// Codes: 3, 4, 5, and 10 for numbers out of range or a key that is not on the curve.
func Secp256k1Verify(hash, sig, pubkey []byte) (bool, error) {
	if err := checkSigned(hash, sig); err != nil {
		return false, err
	}
	if err := checkPubkey(pubkey); err != nil {
		return false, err
	}
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(sig[:32]) || r.IsZero() || s.SetByteSlice(sig[32:]) || s.IsZero() {
		return false, errSignatureRange
	}
	key, err := secp256k1.ParsePubKey(pubkey)
	if err != nil {
		return false, errNotOnCurve
	}
	return ecdsa.NewSignature(&r, &s).Verify(hash, key), nil
}

// Secp256k1RecoverPubkey returns the key under which sig is a signature of hash, in 65 bytes. param, 0 or 1, says which of
// the two that there are: whether the y of the signature's point is odd. The two points that only an r above the order could
// mean are not offered, as in Ethereum.
//
// Codes: 3, 4, 6, and 10 if no key made the signature.
func Secp256k1RecoverPubkey(hash, sig []byte, param byte) ([65]byte, error) {
	if err := checkSigned(hash, sig); err != nil {
		return [65]byte{}, err
	}
	if param > 1 {
		return [65]byte{}, errRecoveryParamK1
	}
	const compactOffset = 27 // of the parameter, in the form that Bitcoin gave to such signatures
	var compact [1 + signatureLen]byte
	compact[0] = compactOffset + param
	copy(compact[1:], sig)
	key, _, err := ecdsa.RecoverCompact(compact[:], hash)
	if err != nil {
		return [65]byte{}, errNoPubkey
	}
	return [65]byte(key.SerializeUncompressed()), nil
}
