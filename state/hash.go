package state

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Hash is a SHA-256 sum. The zero value stands before the first transaction.
type Hash [sha256.Size]byte

// String returns h in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText implements encoding.TextMarshaler.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hash) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(h)) {
		return fmt.Errorf("state: a hash has %d hexadecimal digits, not %d", hex.EncodedLen(len(h)), len(text))
	}
	if _, err := hex.Decode(h[:], text); err != nil {
		return fmt.Errorf("state: a hash: %w", err)
	}
	return nil
}

// The domains keep hashes of different things apart, should their bytes ever agree.
const (
	rootDomain     = "troupe/root/1\x00"
	envelopeDomain = "troupe/envelope/1\x00"
)

// Extend returns the root behind a transaction: the root before it, chained with its sequence, the hash of its command
// and the hash of its effects.
func Extend(prev Hash, seq uint64, envelope, effects Hash) Hash {
	var buf [len(rootDomain) + 3*len(Hash{}) + 8]byte
	b := append(buf[:0], rootDomain...)
	b = append(b, prev[:]...)
	b = binary.BigEndian.AppendUint64(b, seq)
	b = append(b, envelope[:]...)
	b = append(b, effects[:]...)
	return sha256.Sum256(b)
}
