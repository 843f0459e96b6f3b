package address

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
)

// MaxSalt is how many bytes a salt may have. It has at least one.
const MaxSalt = 64

// Classic returns the address of the contract that is made of a code as the instance-th of all contracts (S40). The
// instance counts contracts of all codes, from 1.
func Classic(codeID, instance uint64) [32]byte {
	h := derivation()
	var ids [16]byte
	binary.BigEndian.PutUint64(ids[:8], codeID)
	binary.BigEndian.PutUint64(ids[8:], instance)
	h.Write(ids[:])
	return [32]byte(h.Sum(nil))
}

// Predictable returns the address of the contract that creator makes with a salt of the code with that checksum (S41).
// The message that it is instantiated with is a part of it only for those who ask for that; contracts cannot, for them
// msg is empty. Otherwise it must be JSON.
func Predictable(checksum, creator, salt, msg []byte) ([32]byte, error) {
	if len(checksum) != sha256.Size {
		return [32]byte{}, errors.New("invalid checksum")
	}
	if err := checkLength(creator); err != nil {
		return [32]byte{}, fmt.Errorf("creator: %w", err)
	}
	if err := CheckSalt(salt); err != nil {
		return [32]byte{}, fmt.Errorf("salt: %w", err)
	}
	if len(msg) > 0 && !json.Valid(msg) {
		return [32]byte{}, errors.New("initMsg: invalid")
	}
	h := derivation()
	for _, part := range [][]byte{checksum, creator, salt, msg} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write(part)
	}
	return [32]byte(h.Sum(nil)), nil
}

// CheckSalt refuses the salts that Predictable takes none of.
func CheckSalt(salt []byte) error {
	switch n := len(salt); {
	case n == 0:
		return errors.New("is required: empty")
	case n > MaxSalt:
		return fmt.Errorf("cannot be longer than %d characters: exceeds limit", MaxSalt)
	}
	return nil
}

// derivation begins the hash of a key in the name space of contracts: what the SDK calls the address of a module.
func derivation() hash.Hash {
	kind := sha256.Sum256([]byte("module"))
	h := sha256.New()
	h.Write(kind[:])
	h.Write([]byte("wasm\x00"))
	return h
}
