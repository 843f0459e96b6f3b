package crypto

// Secp256k1Verify reports whether sig, 64 bytes r and s, is a signature of hash, 32 bytes, under pubkey, 33 or 65 bytes.
func Secp256k1Verify(hash, sig, pubkey []byte) (bool, error) { return false, errUnfinished }

// Secp256k1RecoverPubkey returns the key that made sig, in 65 bytes. param is 0 or 1.
func Secp256k1RecoverPubkey(hash, sig []byte, param byte) ([65]byte, error) {
	return [65]byte{}, errUnfinished
}

// Secp256r1Verify is Secp256k1Verify for the curve P-256.
func Secp256r1Verify(hash, sig, pubkey []byte) (bool, error) { return false, errUnfinished }

// Secp256r1RecoverPubkey is Secp256k1RecoverPubkey for the curve P-256. param is 0 to 3.
func Secp256r1RecoverPubkey(hash, sig []byte, param byte) ([65]byte, error) {
	return [65]byte{}, errUnfinished
}

// Ed25519Verify reports whether sig, 64 bytes, is a signature of msg under pubkey, 32 bytes, by ZIP-215.
func Ed25519Verify(msg, sig, pubkey []byte) (bool, error) { return false, errUnfinished }

// Ed25519BatchVerify reports whether all signatures are valid. One message, or one key, may stand for all.
func Ed25519BatchVerify(msgs, sigs, pubkeys [][]byte) (bool, error) { return false, errUnfinished }

// BLS12381AggregateG1 adds points, 48 bytes each.
func BLS12381AggregateG1(points []byte) ([48]byte, error) { return [48]byte{}, errUnfinished }

// BLS12381AggregateG2 adds points, 96 bytes each.
func BLS12381AggregateG2(points []byte) ([96]byte, error) { return [96]byte{}, errUnfinished }

// BLS12381PairingEquality reports whether e(p1, q1) ... e(pn, qn) = e(r, s). ps and r are in G1, qs and s in G2.
func BLS12381PairingEquality(ps, qs, r, s []byte) (bool, error) { return false, errUnfinished }

// BLS12381HashToG1 maps msg to a point. hashFunction is 0, SHA-256.
func BLS12381HashToG1(hashFunction uint32, msg, dst []byte) ([48]byte, error) {
	return [48]byte{}, errUnfinished
}

// BLS12381HashToG2 maps msg to a point. hashFunction is 0, SHA-256.
func BLS12381HashToG2(hashFunction uint32, msg, dst []byte) ([96]byte, error) {
	return [96]byte{}, errUnfinished
}

var errUnfinished = &Error{Code: CodeGeneric, Text: "not there yet"}
