package address

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cosmos/btcutil/bech32"
)

// MaxBytes is how many bytes an address may have. It has at least one.
const MaxBytes = 255

// maxText is how long an address may be as text. It has room for MaxBytes behind any prefix.
const maxText = 1023

// errNotNormalized has the words of wasmd, as all errors of this package: contracts see them.
var errNotNormalized = errors.New("address not normalized")

// A Prefix is what the addresses of a chain begin with: letters and digits in lower case, such as "cosmos". Its methods
// may be called at the same time.
type Prefix string

// Check refuses what cannot be a prefix. Nothing is an address with such a prefix.
func (p Prefix) Check() error {
	if len(p) == 0 || len(p) > 83 {
		return fmt.Errorf("prefix of addresses %q has %d letters; it needs 1 to 83", string(p), len(p))
	}
	for i := range len(p) {
		if c := p[i]; c < '!' || c > '~' || 'A' <= c && c <= 'Z' {
			return fmt.Errorf("prefix of addresses %q has %q in it; it may have letters in lower case and digits", string(p), c)
		}
	}
	return nil
}

// Human returns the text of an address.
func (p Prefix) Human(canonical []byte) (string, error) {
	if err := checkLength(canonical); err != nil {
		return "", err
	}
	if err := p.Check(); err != nil {
		return "", err
	}
	return string(p.appendHuman(make([]byte, 0, 128), canonical)), nil
}

// Canonical returns the bytes of an address. The text may be all in upper case. The caller owns the bytes.
func (p Prefix) Canonical(human string) ([]byte, error) {
	if canonical, ok := p.appendCanonical(make([]byte, 0, 32), human); ok && len(canonical) <= MaxBytes {
		return canonical, nil
	}
	return p.judge(human)
}

// judge is Canonical by the library.
func (p Prefix) judge(human string) ([]byte, error) {
	if strings.TrimSpace(human) == "" {
		return nil, errors.New("empty address string is not allowed")
	}
	prefix, groups, err := bech32.Decode(human, maxText)
	if err != nil {
		return nil, fmt.Errorf("decoding bech32 failed: %w", err)
	}
	canonical, err := bech32.ConvertBits(groups, 5, 8, false)
	if err != nil {
		return nil, fmt.Errorf("decoding bech32 failed: %w", err)
	}
	if prefix != string(p) {
		return nil, fmt.Errorf("invalid Bech32 prefix; expected %s, got %s", string(p), prefix)
	}
	if err := p.Check(); err != nil {
		return nil, err
	}
	if err := checkLength(canonical); err != nil {
		return nil, err
	}
	return canonical, nil
}

// Validate returns nil if the text is an address in the form that Human gives it. Any other text of the same address is
// an error, one that IsDenormal knows.
func (p Prefix) Validate(human string) error {
	var room [64]byte
	if canonical, ok := p.appendCanonical(room[:0], human); ok && len(canonical) <= MaxBytes {
		return nil
	}
	if _, err := p.judge(human); err != nil {
		return err
	}
	// Bech32 leaves no choice but that of the case: there is one checksum, and the bits that are left over are zero.
	if human != strings.ToLower(human) {
		return errNotNormalized
	}
	return nil
}

// IsDenormal tells an address that is right but not in the form of Human from all other errors of Validate: wasmd asks a
// different price for it, since it has also made the text anew (5 SDK gas more).
func IsDenormal(err error) bool { return errors.Is(err, errNotNormalized) }

// checkLength refuses the lengths that no address has.
func checkLength(canonical []byte) error {
	switch n := len(canonical); {
	case n == 0:
		return errors.New("addresses cannot be empty: unknown address")
	case n > MaxBytes:
		return fmt.Errorf("address max length is %d, got %d: unknown address", MaxBytes, n)
	}
	return nil
}
