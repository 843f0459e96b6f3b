package crypto_test

import (
	"encoding/hex"
	"errors"
	"math/big"
	"slices"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/crypto"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func join(parts ...[]byte) []byte { return slices.Concat(parts...) }

// fill returns n bytes of one value.
func fill(n int, value byte) []byte { return slices.Repeat([]byte{value}, n) }

// with returns a copy of b with one byte replaced.
func with(b []byte, at int, value byte) []byte {
	c := slices.Clone(b)
	c[at] = value
	return c
}

func bytes32(x *big.Int) []byte { return x.FillBytes(make([]byte, 32)) }

func fromHex(text string) *big.Int {
	x, ok := new(big.Int).SetString(text, 16)
	if !ok {
		panic(text)
	}
	return x
}

// answer is what a contract sees: 0 for valid, 1 for invalid, or the code of an error.
func answer(t testing.TB, valid bool, err error) uint32 {
	t.Helper()
	switch {
	case err != nil && valid:
		t.Fatalf("valid, and an error: %v", err)
	case err != nil:
		return codeOf(t, err)
	case valid:
		return 0
	}
	return 1
}

// codeOf returns the code of an error, and 0 for none.
func codeOf(t testing.TB, err error) uint32 {
	t.Helper()
	if err == nil {
		return 0
	}
	var e *crypto.Error
	if !errors.As(err, &e) {
		t.Fatalf("an error without a code: %v", err)
	}
	if e.Code < crypto.CodeHashFormat || e.Code > crypto.CodeAggregationMultiple || e.Error() == "" {
		t.Fatalf("error %d, %q", e.Code, e.Text)
	}
	return e.Code
}
