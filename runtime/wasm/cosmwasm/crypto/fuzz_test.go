package crypto_test

import (
	"bytes"
	"crypto/ed25519"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/crypto"
)

// The fuzz targets give any bytes to each function. None may panic, an error must have a code that the import may return,
// and what is accepted must hold when it is looked at from another side.

// allowed fails if an answer is not one of those that the VM lets the import return; for others it would end the process.
func allowed(t *testing.T, got uint32, codes ...uint32) {
	t.Helper()
	for _, code := range codes {
		if got == code {
			return
		}
	}
	t.Fatalf("answer %d, which this import does not have", got)
}

// fuzzVerify checks a verification of ECDSA: of a valid signature the twin is valid, too, and one of the parameters leads
// back to the key.
func fuzzVerify(f *testing.F, c *curve) {
	hash, sig, pubkey, _ := signed(c, "fuzz")
	f.Add(hash, sig, pubkey)
	f.Add(hash, c.twin(sig), compress(pubkey))
	f.Add(hash, make([]byte, 64), with(pubkey, 0, 6))
	f.Add(fill(32, 255), fill(64, 255), fill(65, 255))
	f.Add([]byte{}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, hash, sig, pubkey []byte) {
		valid, err := c.verify(hash, sig, pubkey)
		got := answer(t, valid, err)
		allowed(t, got, 0, 1, 3, 4, 5, 10)
		if c.params == 4 {
			agreesWithStandard(t, hash, sig, pubkey)
		}
		if got != 0 {
			return
		}
		if valid, err := c.verify(hash, c.twin(sig), pubkey); !valid {
			t.Fatalf("the twin is not valid: %v", err)
		}
		for p := range c.params {
			if key, err := c.recover(hash, sig, p); err == nil && bytes.Equal(compress(key[:])[1:], pubkey[1:33]) {
				return
			}
		}
		if c.params == 4 {
			t.Fatal("no parameter leads to the key")
		}
	})
}

func FuzzSecp256k1Verify(f *testing.F) { fuzzVerify(f, &curves[0]) }
func FuzzSecp256r1Verify(f *testing.F) { fuzzVerify(f, &curves[1]) }

// fuzzRecover checks that a key that is recovered verifies.
func fuzzRecover(f *testing.F, c *curve) {
	hash, sig, _, param := signed(c, "fuzz")
	f.Add(hash, sig, param)
	f.Add(hash, c.twin(sig), param|2)
	f.Add(hash, join(bytes32(c.number("r")), sig[32:]), byte(0))
	f.Add(make([]byte, 32), join(fill(31, 0), []byte{1}, fill(31, 0), []byte{1}), byte(3))
	f.Add([]byte{}, []byte{}, byte(255))
	f.Fuzz(func(t *testing.T, hash, sig []byte, param byte) {
		key, err := c.recover(hash, sig, param)
		allowed(t, codeOf(t, err), 0, 3, 4, 6, 10)
		if err != nil {
			return
		}
		if valid, err := c.verify(hash, sig, key[:]); !valid {
			t.Fatalf("not valid under the key that was recovered: %v", err)
		}
	})
}

func FuzzSecp256k1RecoverPubkey(f *testing.F) { fuzzRecover(f, &curves[0]) }
func FuzzSecp256r1RecoverPubkey(f *testing.F) { fuzzRecover(f, &curves[1]) }

// FuzzEd25519Verify checks that what the standard library takes is valid, and that a batch of one decides the same.
func FuzzEd25519Verify(f *testing.F) {
	key := ed25519Key("fuzz")
	f.Add([]byte("message"), ed25519.Sign(key, []byte("message")), publicOf(key))
	f.Add([]byte("message"), make([]byte, 64), make([]byte, 32))
	f.Add([]byte{}, fill(64, 255), unhex(f, smallOrder[13]))
	f.Add([]byte{}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, msg, sig, pubkey []byte) {
		valid, err := crypto.Ed25519Verify(msg, sig, pubkey)
		got := answer(t, valid, err)
		allowed(t, got, 0, 1, 4, 5)
		if len(pubkey) == ed25519.PublicKeySize && ed25519.Verify(pubkey, msg, sig) && got != 0 {
			t.Fatalf("%d, and valid by RFC 8032", got)
		}
		valid, err = crypto.Ed25519BatchVerify([][]byte{msg}, [][]byte{sig}, [][]byte{pubkey})
		if in := answer(t, valid, err); in != got {
			t.Fatalf("alone %d, in a batch %d", got, in)
		}
	})
}

// FuzzEd25519BatchVerify cuts lists out of bytes and checks that a batch is valid if each signature is.
func FuzzEd25519BatchVerify(f *testing.F) {
	for _, b := range []batch{batchOf(0, false, false), batchOf(3, false, false), batchOf(3, true, false), batchOf(3, false, true)} {
		f.Add(bytes.Join(b.msgs, nil), bytes.Join(b.sigs, nil), bytes.Join(b.pubkeys, nil), byte(9))
		f.Add(bytes.Join(b.msgs, []byte{1}), bytes.Join(b.sigs, []byte{2}), bytes.Join(b.pubkeys, []byte{3}), byte(10))
	}
	f.Add([]byte("m"), make([]byte, 192), make([]byte, 96), byte(1))
	cut := func(b []byte, size int) (pieces [][]byte) {
		for len(b) > size {
			pieces, b = append(pieces, b[:size]), b[size:]
		}
		if len(b) > 0 {
			pieces = append(pieces, b)
		}
		return pieces
	}
	f.Fuzz(func(t *testing.T, msgs, sigs, pubkeys []byte, size byte) {
		b := batch{cut(msgs, max(int(size), 1)), cut(sigs, 64), cut(pubkeys, 32)}
		if len(b.sigs) > 8 {
			return
		}
		valid, err := crypto.Ed25519BatchVerify(b.msgs, b.sigs, b.pubkeys)
		got := answer(t, valid, err)
		allowed(t, got, 0, 1, 4, 5, 7)
		if got > 1 {
			return
		}
		each := true
		for i := range b.sigs {
			valid, err := crypto.Ed25519Verify(b.msgs[min(i, len(b.msgs)-1)], b.sigs[i], b.pubkeys[min(i, len(b.pubkeys)-1)])
			each = each && valid && err == nil
		}
		if each != (got == 0) {
			t.Fatalf("the batch is %d, and each signature valid: %v", got, each)
		}
	})
}

// fuzzAggregate checks that a sum is a point, that it is its own sum, and that order does not matter.
func fuzzAggregate(f *testing.F, g group) {
	f.Add(g.times(3))
	f.Add(join(g.times(3), g.times(-3), g.infinity))
	f.Add(with(g.times(3), 0, 0))
	f.Add(bytes.Repeat(g.times(5), 10))
	f.Add(make([]byte, g.size))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, points []byte) {
		if len(points) > 20*g.size {
			return
		}
		sum, err := g.aggregate(points)
		allowed(t, codeOf(t, err), 0, 8, 14, 15)
		if err != nil {
			return
		}
		again, err := g.aggregate(sum)
		if err != nil || !bytes.Equal(again, sum) {
			t.Fatalf("the sum %x alone adds up to %x, %v", sum, again, err)
		}
		var turned []byte
		for i := len(points); i > 0; i -= g.size {
			turned = append(turned, points[i-g.size:i]...)
		}
		if again, err = g.aggregate(turned); err != nil || !bytes.Equal(again, sum) {
			t.Fatalf("in the other order the sum is %x, %v", again, err)
		}
	})
}

func FuzzBLS12381AggregateG1(f *testing.F) { fuzzAggregate(f, groups[0]) }
func FuzzBLS12381AggregateG2(f *testing.F) { fuzzAggregate(f, groups[1]) }

// FuzzBLS12381PairingEquality checks that the answer is the same with the pairs the other way round.
func FuzzBLS12381PairingEquality(f *testing.F) {
	f.Add(g1(6), g2(5), g1(10), g2(3))
	f.Add(join(g1(2), g1(3)), join(g2(4), g2(5)), g1(23), g2(1))
	f.Add([]byte{}, []byte{}, infinityG1, g2(1))
	f.Add(infinityG1, infinityG2, g1(1), g2(1))
	f.Add(g1(1)[:47], g2(1)[:95], []byte{}, make([]byte, 96))
	f.Fuzz(func(t *testing.T, ps, qs, r, s []byte) {
		if len(ps) > 4*48 || len(qs) > 4*96 {
			return
		}
		equal, err := crypto.BLS12381PairingEquality(ps, qs, r, s)
		got := answer(t, equal, err)
		allowed(t, got, 0, 1, 8, 11, 12, 13)
		if len(ps) != 48 || len(qs) != 96 {
			return
		}
		equal, err = crypto.BLS12381PairingEquality(r, s, ps, qs)
		if turned := answer(t, equal, err); got < 2 && turned != got {
			t.Fatalf("%d, and %d the other way round", got, turned)
		}
	})
}

// FuzzBLS12381HashToG1 checks that what comes out is a point of the group.
func FuzzBLS12381HashToG1(f *testing.F) {
	f.Add(uint32(0), []byte("abc"), []byte("domain"))
	f.Add(uint32(0), []byte{}, fill(256, 1))
	f.Add(uint32(1), []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, function uint32, msg, dst []byte) {
		point, err := crypto.BLS12381HashToG1(function, msg, dst)
		allowed(t, codeOf(t, err), 0, 9)
		if err != nil {
			return
		}
		if sum, err := crypto.BLS12381AggregateG1(point[:]); sum != point {
			t.Fatalf("%x is not a point of G1: %v", point, err)
		}
	})
}

// FuzzBLS12381HashToG2 checks that what comes out is a point of the group.
func FuzzBLS12381HashToG2(f *testing.F) {
	f.Add(uint32(0), []byte("abc"), []byte("domain"))
	f.Add(uint32(0), []byte{}, fill(256, 1))
	f.Add(uint32(1), []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, function uint32, msg, dst []byte) {
		point, err := crypto.BLS12381HashToG2(function, msg, dst)
		allowed(t, codeOf(t, err), 0, 9)
		if err != nil {
			return
		}
		if sum, err := crypto.BLS12381AggregateG2(point[:]); sum != point {
			t.Fatalf("%x is not a point of G2: %v", point, err)
		}
	})
}
