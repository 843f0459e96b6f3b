package crypto

// The formats that both ECDSA curves share.
const (
	hashLen         = 32
	signatureLen    = 64 // r, then s, 32 bytes each, big endian
	compressedLen   = 33 // 2 or 3, then x
	uncompressedLen = 65 // 4, then x, then y
)

// Which bytes are looked at first decides which code a contract sees: first all lengths and the key's first byte, in the
// order of the arguments, and then what the numbers say.
var (
	errHashFormat      = &Error{CodeHashFormat, "a message hash has 32 bytes"}
	errSignatureFormat = &Error{CodeSignatureFormat, "a signature has 64 bytes"}
	errPubkeyFormat    = &Error{CodePubkeyFormat, "a public key has 33 bytes and begins with 2 or 3, or has 65 and begins with 4"}
	errSignatureRange  = &Error{CodeGeneric, "r or s of the signature is zero, or not below the order of the curve"}
	errNotOnCurve      = &Error{CodeGeneric, "the public key is not a point of the curve"}
	errNoPubkey        = &Error{CodeGeneric, "no public key made this signature"}
)

// checkSigned checks the lengths of what was signed and of the signature.
func checkSigned(hash, sig []byte) error {
	if len(hash) != hashLen {
		return errHashFormat
	}
	if len(sig) != signatureLen {
		return errSignatureFormat
	}
	return nil
}

// checkPubkey checks the length of a key and its first byte. The form with 6 and 7 that some libraries read is refused.
func checkPubkey(key []byte) error {
	if len(key) == 0 {
		return errPubkeyFormat
	}
	switch key[0] {
	case 2, 3:
		if len(key) == compressedLen {
			return nil
		}
	case 4:
		if len(key) == uncompressedLen {
			return nil
		}
	}
	return errPubkeyFormat
}
