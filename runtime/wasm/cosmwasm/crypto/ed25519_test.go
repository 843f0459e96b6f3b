package crypto_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/crypto"
)

// ed25519Key returns a key, the same for the same label.
func ed25519Key(label string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(label))
	return ed25519.NewKeyFromSeed(seed[:])
}

func publicOf(key ed25519.PrivateKey) []byte { return key[ed25519.SeedSize:] }

// TestV21Ed25519Verify is row V21.
func TestV21Ed25519Verify(t *testing.T) {
	msg, key := []byte("a message"), ed25519Key("V21")
	sig, pubkey := ed25519.Sign(key, msg), publicOf(key)
	for _, row := range []struct {
		name             string
		msg, sig, pubkey []byte
		want             uint32
	}{
		{"valid", msg, sig, pubkey, 0},
		{"wrong message", []byte("another"), sig, pubkey, 1},
		{"no message", nil, sig, pubkey, 1},
		{"wrong signature", msg, with(sig, 0, sig[0]^1), pubkey, 1},
		{"short signature", msg, sig[:63], pubkey, 4},
		{"long signature", msg, append(sig[:64:64], 0), pubkey, 4},
		{"no signature", msg, nil, pubkey, 4},
		{"wrong key", msg, sig, publicOf(ed25519Key("another")), 1},
		{"key that is no point", msg, sig, append(fill(31, 0), 2), 1},
		{"short key", msg, sig, pubkey[:31], 5},
		{"long key", msg, sig, append(pubkey[:32:32], 0), 5},
		{"no key", msg, sig, nil, 5},
		{"signature before key", msg, nil, nil, 4},
		{"s plus the order", msg, join(sig[:32], plusOrder(sig[32:])), pubkey, 1},
		{"s with a high bit", msg, with(sig, 63, sig[63]|0x80), pubkey, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			valid, err := crypto.Ed25519Verify(row.msg, row.sig, row.pubkey)
			if got := answer(t, valid, err); got != row.want {
				t.Errorf("%d (%v), want %d", got, err, row.want)
			}
			valid, err = crypto.Ed25519BatchVerify([][]byte{row.msg}, [][]byte{row.sig}, [][]byte{row.pubkey})
			if got := answer(t, valid, err); got != row.want {
				t.Errorf("as a batch %d (%v), want %d", got, err, row.want)
			}
		})
	}
}

// plusOrder adds the order of the group to s: the same scalar, in a way that is forbidden.
func plusOrder(s []byte) []byte {
	s = slices.Clone(s)
	slices.Reverse(s)
	x := new(big.Int).SetBytes(s)
	x.Add(x, fromHex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed"))
	sum := bytes32(x)
	slices.Reverse(sum)
	return sum
}

// TestRFC8032 verifies the first two signatures of RFC 8032, 7.1.
func TestRFC8032(t *testing.T) {
	for _, row := range []struct{ pubkey, msg, sig string }{
		{"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
		{"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
	} {
		valid, err := crypto.Ed25519Verify(unhex(t, row.msg), unhex(t, row.sig), unhex(t, row.pubkey))
		if !valid {
			t.Errorf("%s: %v", row.msg, err)
		}
	}
}

// smallOrder are all encodings of the eight points of small order, as ZIP-215 lists them: eight canonical ones, and six in
// which y is not below the prime or the sign of a zero x is set.
var smallOrder = []string{
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}

// TestZIP215 takes every pair of these as key and signature, with s = 0. All are valid for any message, alone and in one
// batch. The standard library refuses most, so contracts would get other answers with it.
func TestZIP215(t *testing.T) {
	msg := []byte("Zcash")
	var sigs, pubkeys [][]byte
	refused := 0
	for _, a := range smallOrder {
		for _, r := range smallOrder {
			pubkey, sig := unhex(t, a), append(unhex(t, r), make([]byte, 32)...)
			if valid, err := crypto.Ed25519Verify(msg, sig, pubkey); !valid {
				t.Errorf("key %s, point %s: not valid: %v", a, r, err)
			}
			if !ed25519.Verify(pubkey, msg, sig) {
				refused++
			}
			sigs, pubkeys = append(sigs, sig), append(pubkeys, pubkey)
		}
	}
	if valid, err := crypto.Ed25519BatchVerify([][]byte{msg}, sigs, pubkeys); !valid {
		t.Errorf("the batch is not valid: %v", err)
	}
	if refused == 0 {
		t.Error("crypto/ed25519 takes them all: nothing is tested here")
	}
}

// TestEd25519BatchCounts is the table of cosmwasm.md 2.3: which numbers of messages, signatures and keys go together.
func TestEd25519BatchCounts(t *testing.T) {
	list := func(n, size int) (all [][]byte) {
		for range n {
			all = append(all, make([]byte, size))
		}
		return all
	}
	for m := range 4 {
		for s := range 4 {
			for k := range 4 {
				fits := m == s && k == s || m == 1 && k == s || k == 1 && m == s
				want := uint32(crypto.CodeBatch)
				if fits {
					want = 0 // zeros are a point of order 4, as key and in the signature: see TestZIP215
				}
				valid, err := crypto.Ed25519BatchVerify(list(m, 3), list(s, 64), list(k, 32))
				if got := answer(t, valid, err); got != want {
					t.Errorf("%d messages, %d signatures, %d keys: %d (%v), want %d", m, s, k, got, err, want)
				}
				if !fits {
					valid, err = crypto.Ed25519BatchVerify(list(m, 3), list(s, 1), list(k, 1))
					if got := answer(t, valid, err); got != want {
						t.Errorf("the numbers count before the lengths: %d", got)
					}
				}
			}
		}
	}
}

// batch is what Ed25519BatchVerify takes.
type batch struct{ msgs, sigs, pubkeys [][]byte }

// batchOf makes n signatures, all by one key or all of one message or neither.
func batchOf(n int, oneMessage, oneKey bool) (b batch) {
	for i := range n {
		msg, key := []byte(fmt.Sprint("message ", i)), ed25519Key(fmt.Sprint("key ", i))
		if oneMessage {
			msg = []byte("one message")
		}
		if oneKey {
			key = ed25519Key("one key")
		}
		b.msgs, b.sigs, b.pubkeys = append(b.msgs, msg), append(b.sigs, ed25519.Sign(key, msg)), append(b.pubkeys, publicOf(key))
	}
	if oneMessage && n > 0 {
		b.msgs = b.msgs[:1]
	}
	if oneKey && n > 0 {
		b.pubkeys = b.pubkeys[:1]
	}
	return b
}

func (b batch) clone() batch {
	return batch{slices.Clone(b.msgs), slices.Clone(b.sigs), slices.Clone(b.pubkeys)}
}

// TestEd25519Batch changes one thing of a valid batch, each in turn.
func TestEd25519Batch(t *testing.T) {
	check := func(what string, b batch, want uint32) {
		t.Helper()
		valid, err := crypto.Ed25519BatchVerify(b.msgs, b.sigs, b.pubkeys)
		if got := answer(t, valid, err); got != want {
			t.Errorf("%s: %d (%v), want %d", what, got, err, want)
		}
	}
	for _, form := range []struct{ oneMessage, oneKey bool }{{false, false}, {true, false}, {false, true}} {
		for n := range 6 {
			good := batchOf(n, form.oneMessage, form.oneKey)
			check(fmt.Sprint("batch of ", n), good, 0)
			for i := range good.msgs {
				b := good.clone()
				b.msgs[i] = []byte("not signed")
				check("a message", b, 1)
			}
			for i := range good.sigs {
				b := good.clone()
				b.sigs[i] = with(b.sigs[i], 40, b.sigs[i][40]^1)
				check("a signature", b, 1)
				b.sigs[i] = b.sigs[i][:63]
				check("a short signature", b, 4)
			}
			for i := range good.pubkeys {
				b := good.clone()
				b.pubkeys[i] = publicOf(ed25519Key("nobody"))
				check("a key", b, 1)
				b.pubkeys[i] = append(fill(31, 0), 2)
				check("a key that is no point", b, 1)
				b.pubkeys[i] = b.pubkeys[i][:31]
				check("a short key", b, 5)
			}
		}
	}
	b := batchOf(3, false, false)
	b.pubkeys[0], b.sigs[1] = nil, nil
	check("the first that is wrong gives the code", b, 5)
}
