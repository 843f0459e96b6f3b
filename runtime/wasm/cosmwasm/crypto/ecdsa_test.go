package crypto_test

import (
	"bytes"
	stdecdsa "crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"fmt"
	"math/big"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/crypto"
)

// signed is a message with its key and signature.
func signed(c *curve, label string) (hash, sig, pubkey []byte, param byte) {
	sum := sha256.Sum256([]byte(label))
	d := c.number("key " + label)
	sig, param = c.sign(new(big.Int).SetBytes(sum[:]), d, c.number("nonce "+label))
	return sum[:], sig, c.base(d), param
}

// TestV18V19Verify is rows V18 and V19, and what they leave open. Arguments that are longer than a memory region may be
// are not seen here by a contract; they have the same code as those that are shorter.
func TestV18V19Verify(t *testing.T) {
	each(t, func(t *testing.T, c *curve) {
		hash, sig, pubkey, _ := signed(c, "V18")
		_, other, otherKey, _ := signed(c, "another")
		order, zero := bytes32(c.order), make([]byte, 32)
		below, above := bytes32(new(big.Int).Sub(c.order, big.NewInt(1))), bytes32(new(big.Int).Add(c.order, big.NewInt(1)))
		same := fill(32, 0x80)
		for _, row := range []struct {
			name              string
			hash, sig, pubkey []byte
			want              uint32
		}{
			{"valid", hash, sig, pubkey, 0},
			{"compressed key", hash, sig, compress(pubkey), 0},
			{"other s", hash, c.twin(sig), pubkey, 0},
			{"wrong hash", with(hash, 0, hash[0]^1), sig, pubkey, 1},
			{"short hash", hash[:31], sig, pubkey, 3},
			{"long hash", append(hash[:32:32], 0), sig, pubkey, 3},
			{"no hash", nil, sig, pubkey, 3},
			{"wrong signature", hash, other, pubkey, 1},
			{"short signature", hash, sig[:63], pubkey, 4},
			{"long signature", hash, append(sig[:64:64], 0), pubkey, 4},
			{"no signature", hash, nil, pubkey, 4},
			{"other key", hash, sig, otherKey, 1},
			{"key's format", hash, sig, with(pubkey, 0, 5), 5},
			{"compressed key's format", hash, sig, with(compress(pubkey), 0, 5), 5},
			{"hybrid key", hash, sig, with(pubkey, 0, 6|pubkey[64]&1), 5},
			{"compressed format, long key", hash, sig, with(pubkey, 0, 2), 5},
			{"uncompressed format, short key", hash, sig, with(compress(pubkey), 0, 4), 5},
			{"point at infinity", hash, sig, []byte{0}, 5},
			{"short key", hash, sig, pubkey[:64], 5},
			{"long key", hash, sig, append(pubkey[:65:65], 0), 5},
			{"no key", hash, sig, nil, 5},
			{"key that is not on the curve", hash, sig, with(pubkey, 64, pubkey[64]^1), 10},
			{"x that is on no point", hash, sig, noPoint(t, c), 10},
			{"x of a key not below the prime", hash, sig, join([]byte{2}, bytes32(c.field)), 10},
			{"y of a key not below the prime", hash, sig, join(pubkey[:33], fill(32, 255)), 10},
			{"r 0", hash, join(zero, sig[32:]), pubkey, 10},
			{"s 0", hash, join(sig[:32], zero), pubkey, 10},
			{"r the order", hash, join(order, sig[32:]), pubkey, 10},
			{"s the order", hash, join(sig[:32], order), pubkey, 10},
			{"r above the order", hash, join(above, sig[32:]), pubkey, 10},
			{"s above the order", hash, join(sig[:32], above), pubkey, 10},
			{"r and s highest", hash, join(below, below), pubkey, 1},
			{"garbage of the right sizes", same, join(same, same), join([]byte{4}, same, same), 10},
			{"lengths before numbers", hash[:31], make([]byte, 64), pubkey, 3},
			{"lengths in order", hash, sig[:63], nil, 4},
			{"format of the key before numbers of the signature", hash, make([]byte, 64), with(pubkey, 0, 5), 5},
		} {
			t.Run(row.name, func(t *testing.T) {
				valid, err := c.verify(row.hash, row.sig, row.pubkey)
				if got := answer(t, valid, err); got != row.want {
					t.Errorf("%d (%v), want %d", got, err, row.want)
				}
			})
		}
	})
}

// noPoint returns a compressed key whose x belongs to no point: half of all do not.
func noPoint(t *testing.T, c *curve) []byte {
	hash, sig, _, _ := signed(c, "no point")
	for x := range byte(20) {
		key := join([]byte{2}, make([]byte, 31), []byte{x})
		if valid, err := c.verify(hash, sig, key); answer(t, valid, err) == crypto.CodeGeneric {
			return key
		}
	}
	t.Fatal("every x is on a point")
	return nil
}

// TestV20Recover is row V20 with its errors, as the table of the ABI gives them.
func TestV20Recover(t *testing.T) {
	each(t, func(t *testing.T, c *curve) {
		hash, sig, pubkey, param := signed(c, "V20")
		order := bytes32(c.order)
		missing := noPoint(t, c)[1:]
		for _, row := range []struct {
			name      string
			hash, sig []byte
			param     byte
			want      uint32
		}{
			{"right", hash, sig, param, 0},
			{"short hash", hash[:31], sig, param, 3},
			{"short signature", hash, sig[:63], param, 4},
			{"parameter", hash, sig, c.params, 6},
			{"parameter 27", hash, sig, 27, 6},
			{"parameter 255", hash, sig, 255, 6},
			{"hash before the parameter", nil, sig, 9, 3},
			{"parameter before the numbers", hash, make([]byte, 64), 9, 6},
			{"r 0", hash, join(make([]byte, 32), sig[32:]), param, 10},
			{"s 0", hash, join(sig[:32], make([]byte, 32)), param, 10},
			{"r the order", hash, join(order, sig[32:]), param, 10},
			{"s the order", hash, join(sig[:32], order), param, 10},
			{"r above the order", hash, join(fill(32, 255), sig[32:]), param, 10},
			{"s above the order", hash, join(sig[:32], fill(32, 255)), param, 10},
			{"r that is on no point", hash, join(missing, sig[32:]), param, 10},
		} {
			t.Run(row.name, func(t *testing.T) {
				key, err := c.recover(row.hash, row.sig, row.param)
				if got := codeOf(t, err); got != row.want {
					t.Fatalf("%d (%v), want %d", got, err, row.want)
				}
				if err == nil && !bytes.Equal(key[:], pubkey) {
					t.Errorf("recovered %x, want %x", key, pubkey)
				}
			})
		}
		if c.params == 4 {
			_, err := c.recover(hash, sig, param|2)
			if got := codeOf(t, err); got != crypto.CodeGeneric {
				t.Errorf("r plus the order does not fit, and was taken: %d", got)
			}
		}
	})
}

// TestKnownSignatures verifies signatures that others published: RFC 6979 A.2.5, whose s is high, and the example of
// Ethereum's ecrecover.
func TestKnownSignatures(t *testing.T) {
	sample := sha256.Sum256([]byte("sample"))
	for _, row := range []struct {
		curve     *curve
		hash, sig []byte
		pubkey    []byte
		param     byte
	}{
		{&curves[0], unhex(t, "ce0677bb30baa8cf067c88db9811f4333d131bf8bcf12fe7065d211dce971008"),
			unhex(t, "90f27b8b488db00b00606796d2987f6a5f59ae62ea05effe84fef5b8b0e549984a691139ad57a3f0b906637673aa2f63d1f55cb1a69199d4009eea23ceaddc93"),
			unhex(t, "04e32df42865e97135acfb65f3bae71bdc86f4d49150ad6a440b6f15878109880a0a2b2667f7e725ceea70c673093bf67663e0312623c8e091b13cf2c0f11ef652"), 1},
		{&curves[1], sample[:],
			unhex(t, "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"),
			unhex(t, "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"), 0},
	} {
		valid, err := row.curve.verify(row.hash, row.sig, row.pubkey)
		if answer(t, valid, err) != 0 {
			t.Errorf("%s: %v, %v", row.curve.name, valid, err)
		}
		key, err := row.curve.recover(row.hash, row.sig, row.param)
		if err != nil || !bytes.Equal(key[:], row.pubkey) {
			t.Errorf("%s: recovered %x, %v", row.curve.name, key, err)
		}
	}
}

// TestSignaturesAgree makes signatures and looks at each from all sides: both forms of the key, both values of s, and the
// key that is recovered, which is the right one for one parameter only.
func TestSignaturesAgree(t *testing.T) {
	each(t, func(t *testing.T, c *curve) {
		for i := range 40 {
			hash, sig, pubkey, param := signed(c, fmt.Sprint("agree ", i))
			for _, s := range [][]byte{sig, c.twin(sig)} {
				for _, key := range [][]byte{pubkey, compress(pubkey)} {
					if valid, err := c.verify(hash, s, key); !valid {
						t.Fatalf("signature %d is not valid: %v", i, err)
					}
				}
				for p := range c.params {
					key, err := c.recover(hash, s, p)
					if bytes.Equal(key[:], pubkey) != (p == param) {
						t.Fatalf("signature %d, parameter %d: %x, %v", i, p, key, err)
					}
					if err != nil {
						continue
					}
					if valid, err := c.verify(hash, s, key[:]); !valid {
						t.Fatalf("signature %d is not valid under the key of parameter %d: %v", i, p, err)
					}
				}
				param ^= 1 // the other s belongs to the other y
			}
		}
	})
}

// TestSmallR is about points whose x is not below the order: their r is x less the order, a small number. A verifier must
// see that x, and recovery finds them with parameters 2 and 3, where the curve has them.
func TestSmallR(t *testing.T) {
	each(t, func(t *testing.T, c *curve) {
		found := 0
		for i := int64(1); i < 40; i++ {
			hash := sha256.Sum256(big.NewInt(i).Bytes())
			sig := join(bytes32(big.NewInt(i)), bytes32(c.number(fmt.Sprint("s ", i))))
			for p := range c.params {
				key, err := c.recover(hash[:], sig, p)
				if err != nil {
					continue
				}
				if p >= 2 {
					found++
				}
				if valid, err := c.verify(hash[:], sig, key[:]); !valid {
					t.Errorf("r %d, parameter %d: not valid under the key that was recovered: %v", i, p, err)
				}
			}
		}
		if (found > 0) != (c.params == 4) {
			t.Errorf("%d keys of points above the order", found)
		}
	})
}

// TestSmallRSecp256k1 verifies a signature whose r is less by the order than x: no parameter of secp256k1 leads there.
func TestSmallRSecp256k1(t *testing.T) {
	c := &curves[0]
	// A key that fits: from R with x = order + r, it is (s R - z G) / r. With s = r and z = 0 the key is R itself.
	found := 0
	for i := int64(1); i < 40; i++ {
		r := bytes32(big.NewInt(i))
		key := join([]byte{2}, bytes32(new(big.Int).Add(c.order, big.NewInt(i))))
		valid, err := c.verify(make([]byte, 32), join(r, r), key)
		switch answer(t, valid, err) {
		case 0:
			found++
		case 1:
			t.Errorf("r %d is not valid", i)
		}
	}
	if found < 10 {
		t.Errorf("%d points above the order", found)
	}
}

// TestPointsMeet drives the addition of points through its special cases: the two that verification adds are equal, or
// cancel each other; the key that recovery finds is the point at infinity.
func TestPointsMeet(t *testing.T) {
	each(t, func(t *testing.T, c *curve) {
		for i := range 8 {
			d, k := c.number(fmt.Sprint("d", i)), c.number(fmt.Sprint("k", i))
			point := c.base(k)
			r := new(big.Int).SetBytes(point[1:33])
			r.Mod(r, c.order)
			z := c.mul(r, d) // so that z/s G = r/s Q
			s := c.mul(c.inverse(k), new(big.Int).Lsh(z, 1))
			sig := join(bytes32(r), bytes32(s))
			if valid, err := c.verify(bytes32(z), sig, c.base(d)); !valid {
				t.Errorf("equal points: not valid: %v", err)
			}
			valid, err := c.verify(bytes32(c.negate(z)), sig, c.base(d))
			if got := answer(t, valid, err); got != 1 {
				t.Errorf("points that cancel each other: %d, %v", got, err)
			}
			_, err = c.recover(bytes32(c.mul(s, k)), sig, point[64]&1)
			if got := codeOf(t, err); got != crypto.CodeGeneric {
				t.Errorf("a key at infinity: %d, %v", got, err)
			}
		}
	})
}

// TestHashAboveOrder takes hashes that are not below the order: they are reduced.
func TestHashAboveOrder(t *testing.T) {
	each(t, func(t *testing.T, c *curve) {
		d := c.number("key")
		for _, z := range []*big.Int{big.NewInt(0), c.order, new(big.Int).Add(c.order, big.NewInt(5)), new(big.Int).SetBytes(fill(32, 255))} {
			sig, param := c.sign(z, d, c.number("nonce"))
			if valid, err := c.verify(bytes32(z), sig, c.base(d)); !valid {
				t.Errorf("%x: not valid: %v", z, err)
			}
			if key, err := c.recover(bytes32(z), sig, param); !bytes.Equal(key[:], c.base(d)) {
				t.Errorf("%x: recovered %x, %v", z, key, err)
			}
		}
	})
}

// agreesWithStandard checks secp256r1 against the standard library.
func agreesWithStandard(t testing.TB, hash, sig, pubkey []byte) {
	t.Helper()
	valid, err := crypto.Secp256r1Verify(hash, sig, pubkey)
	if len(hash) != 32 || len(sig) != 64 || len(pubkey) != 65 {
		return
	}
	key, bad := stdecdsa.ParseUncompressedPublicKey(elliptic.P256(), pubkey)
	if bad != nil {
		if err == nil {
			t.Errorf("key %x was taken, but: %v", pubkey, bad)
		}
		return
	}
	want := stdecdsa.Verify(key, hash, new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
	if valid != want {
		t.Errorf("hash %x, signature %x, key %x: %v (%v), the standard library says %v", hash, sig, pubkey, valid, err, want)
	}
}

// TestAgreesWithStandard compares decisions with crypto/ecdsa.
func TestAgreesWithStandard(t *testing.T) {
	c := &curves[1]
	for i := range 30 {
		hash, sig, pubkey, _ := signed(c, fmt.Sprint("standard ", i))
		agreesWithStandard(t, hash, sig, pubkey)
		agreesWithStandard(t, hash, c.twin(sig), pubkey)
		agreesWithStandard(t, with(hash, i, hash[i]+1), sig, pubkey)
		agreesWithStandard(t, hash, with(sig, i, sig[i]+1), pubkey)
		agreesWithStandard(t, hash, sig, with(pubkey, i, pubkey[i]+1))
	}
}
