package vm

import (
	"encoding/binary"
	"errors"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/crypto"
)

// The lengths that the regions of keys and signatures may have. Whether they are right is for package crypto to say.
const (
	maxHash         = 32
	maxSignature    = 64
	maxECDSAKey     = 65
	ed25519Key      = 32
	maxEd25519Text  = 128 << 10
	maxEd25519Batch = 256
)

// Answers of what verifies.
const (
	codeValid   = 0
	codeInvalid = 1
)

// code returns what a contract gets for the result of package crypto.
func code(valid bool, err error) (uint64, error) {
	switch bad := (*crypto.Error)(nil); {
	case err == nil && valid:
		return codeValid, nil
	case err == nil:
		return codeInvalid, nil
	case errors.As(err, &bad):
		return uint64(bad.Code), nil
	}
	return 0, err
}

// triple returns the regions of three arguments. Its limits are those of the regions.
func (r *run) triple(s []uint64, limits [3]int) (list [3][]byte, err *Error) {
	for i, limit := range limits {
		if list[i], err = r.read(s[i], limit); err != nil {
			return list, err
		}
	}
	return list, nil
}

// verify answers whether a signature is valid: the arguments are a message or its hash, a signature and a key.
func (r *run) verify(s []uint64, limits [3]int, gas uint64, f func(message, signature, key []byte) (bool, error)) error {
	list, err := r.triple(s, limits)
	if err != nil {
		return err
	}
	if err := r.charge(gas); err != nil {
		return err
	}
	var failed error
	s[0], failed = code(f(list[0], list[1], list[2]))
	return failed
}

var (
	ecdsaLimits   = [3]int{maxHash, maxSignature, maxECDSAKey}
	ed25519Limits = [3]int{maxEd25519Text, maxSignature, ed25519Key}
	batchLimits   = [3]int{
		(maxEd25519Text + 4) * maxEd25519Batch, (maxSignature + 4) * maxEd25519Batch, (ed25519Key + 4) * maxEd25519Batch,
	}
)

func (r *run) secp256k1Verify(s []uint64) error {
	return r.verify(s, ecdsaLimits, gasSecp256k1Verify, crypto.Secp256k1Verify)
}

func (r *run) secp256r1Verify(s []uint64) error {
	return r.verify(s, ecdsaLimits, gasSecp256r1Verify, crypto.Secp256r1Verify)
}

func (r *run) ed25519Verify(s []uint64) error {
	return r.verify(s, ed25519Limits, gasEd25519Verify, crypto.Ed25519Verify)
}

func (r *run) secp256k1Recover(s []uint64) error {
	return r.recover(s, gasSecp256k1Recover, crypto.Secp256k1RecoverPubkey)
}

func (r *run) secp256r1Recover(s []uint64) error {
	return r.recover(s, gasSecp256r1Recover, crypto.Secp256r1RecoverPubkey)
}

// recover answers with the key that made a signature, in the low half, or a code in the high one.
func (r *run) recover(s []uint64, gas uint64, f func(hash, signature []byte, param byte) ([65]byte, error)) error {
	hash, err := r.read(s[0], maxHash)
	if err != nil {
		return err
	}
	signature, err := r.read(s[1], maxSignature)
	if err != nil {
		return err
	}
	param := uint32(s[2])
	if param > 255 {
		s[0] = crypto.CodeRecoveryParam << 32
		return nil
	}
	if err := r.charge(gas); err != nil {
		return err
	}
	key, failed := f(hash, signature, byte(param))
	if failed == nil {
		s[0], failed = r.give(key[:])
		return failed
	}
	s[0], failed = code(false, failed)
	s[0] <<= 32
	return failed
}

func (r *run) ed25519BatchVerify(s []uint64) error {
	list, err := r.triple(s, batchLimits)
	if err != nil {
		return err
	}
	var parts [3][][]byte
	for i := range list {
		if parts[i], err = sections(list[i]); err != nil {
			return err
		}
	}
	price := gasEd25519Batch
	if len(parts[2]) == 1 {
		price = gasEd25519OneKey
	}
	if err := r.charge(price.of(len(parts[1]))); err != nil {
		return err
	}
	var failed error
	s[0], failed = code(crypto.Ed25519BatchVerify(parts[0], parts[1], parts[2]))
	return failed
}

// sections splits what a contract has joined: behind each part is its length. The parts are those of b.
func sections(b []byte) ([][]byte, *Error) {
	var list [][]byte
	for len(b) >= 4 {
		end := len(b) - 4
		length := binary.BigEndian.Uint32(b[end:])
		if uint64(length) > uint64(end) {
			return nil, communication("Got an invalid section: section length overflow")
		}
		start := end - int(length)
		list = append(list, b[start:end])
		b = b[:start]
	}
	if len(b) > 0 {
		return nil, communication("Got an invalid section: extra data outside of any section")
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list, nil
}
