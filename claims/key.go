package claims

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/nats-io/nkeys"
)

// ErrNoSecret is returned by a Key that cannot sign: the zero Key, or one that was wiped.
var ErrNoSecret = errors.New("claims: the key has no secret: it was wiped, or never set")

// A Key signs. Its zero value is invalid. Copies share the secret, so Wipe is for all of them. However it is printed or
// encoded, only its public half shows.
type Key struct{ pair *pair }

type pair struct {
	public string
	kind   nkeys.PrefixByte

	mu sync.RWMutex
	// secret is nil once the key is wiped. It is a function because package fmt, given a verb that does not fit, prints
	// whatever it can reach, past every method for printing; what a function holds it cannot.
	secret func() ed25519.PrivateKey
}

// NewKey makes a key of that kind, which is one of Kinds.
func NewKey(kind nkeys.PrefixByte) (Key, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(rand.Reader, seed); err != nil {
		return Key{}, fmt.Errorf("claims: no randomness for a new key: %w", err)
	}
	defer clear(seed)
	return newKey(kind, seed)
}

func newKey(kind nkeys.PrefixByte, seed []byte) (Key, error) {
	if KindName(kind) == "unknown" {
		return Key{}, fmt.Errorf("claims: %d is not a kind of key that signs", kind)
	}
	private := ed25519.NewKeyFromSeed(seed)
	public := encodePublic(kind, private.Public().(ed25519.PublicKey))
	return Key{&pair{public: public, kind: kind, secret: func() ed25519.PrivateKey { return private }}}, nil
}

// seedLength is the length of the text of a seed: two bytes for what it is, 32 of the seed and 2 of a checksum, in base32.
const seedLength = 58

// ParseSeed returns the key of a seed, which is a text of 58 characters that begins with S. It keeps nothing of its
// argument. Errors do not show it.
func ParseSeed(seed []byte) (Key, error) {
	if len(seed) != seedLength || !isBase32(seed) {
		return Key{}, fmt.Errorf("claims: this is not a seed: one has %d characters of A-Z and 2-7, this has %d bytes", seedLength, len(seed))
	}
	kind, raw, ok := decodeSeed(seed)
	if !ok {
		return Key{}, errors.New("claims: this is not a seed: its checksum or its kind is wrong; was it copied whole?")
	}
	defer clear(raw)
	key, err := newKey(kind, raw)
	if err != nil {
		return Key{}, err
	}
	// The last character holds two bits that nothing reads: a seed has one text.
	if text, err := key.Seed(); err != nil || !bytes.Equal(text, seed) {
		return Key{}, errors.New("claims: this is not a seed: its last character is wrong; was it copied whole?")
	}
	return key, nil
}

// Seed returns the text that ParseSeed takes, which is the secret. It is for files, and for a person who has asked for it;
// the caller clears it.
func (k Key) Seed() ([]byte, error) {
	if k.pair == nil {
		return nil, ErrNoSecret
	}
	k.pair.mu.RLock()
	defer k.pair.mu.RUnlock()
	if k.pair.secret == nil {
		return nil, ErrNoSecret
	}
	return encodeSeed(k.pair.kind, k.pair.secret().Seed()), nil
}

// Valid reports whether k is a key; one that was wiped is.
func (k Key) Valid() bool { return k.pair != nil }

// Public returns the text of the public key, empty for the zero Key.
func (k Key) Public() string {
	if k.pair == nil {
		return ""
	}
	return k.pair.public
}

// Kind returns the kind of the key, nkeys.PrefixByteUnknown for the zero Key.
func (k Key) Kind() nkeys.PrefixByte {
	if k.pair == nil {
		return nkeys.PrefixByteUnknown
	}
	return k.pair.kind
}

// MaxNonce is the greatest length of what SignNonce signs, in bytes.
const MaxNonce = 64

// SignNonce signs what a server of NATS asks its client to sign, so that it sees who he is. It refuses what is longer than
// any such nonce: a server could else have requests and tokens for other nodes signed.
func (k Key) SignNonce(nonce []byte) ([]byte, error) {
	if len(nonce) == 0 || len(nonce) > MaxNonce {
		return nil, fmt.Errorf("claims: a nonce of %d bytes is not signed: one has 1 to %d", len(nonce), MaxNonce)
	}
	return k.Sign(nonce)
}

// Sign returns the signature of the bytes, 64 bytes, or ErrNoSecret. Bytes that come from elsewhere must never be signed
// as they are, for they may be a request or a token of this package; see SignNonce.
func (k Key) Sign(message []byte) ([]byte, error) {
	if k.pair == nil {
		return nil, ErrNoSecret
	}
	k.pair.mu.RLock()
	defer k.pair.mu.RUnlock()
	if k.pair.secret == nil {
		return nil, ErrNoSecret
	}
	return ed25519.Sign(k.pair.secret(), message), nil
}

// Wipe overwrites the secret. The public half stays. Copies that the garbage collector or the standard library made are
// out of reach.
func (k Key) Wipe() {
	if k.pair == nil {
		return
	}
	k.pair.mu.Lock()
	defer k.pair.mu.Unlock()
	if k.pair.secret != nil {
		clear(k.pair.secret())
		k.pair.secret = nil
	}
}

// String returns the public key, and "no key" for the zero Key.
func (k Key) String() string {
	if k.pair == nil {
		return "no key"
	}
	return k.pair.public
}

// Format prints what String returns, whatever the verb is.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// MarshalText returns the public key, for JSON and logs. There is no way back.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.Public()), nil }
