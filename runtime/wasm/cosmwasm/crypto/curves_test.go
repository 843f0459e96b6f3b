package crypto_test

import (
	"crypto/sha256"
	"math/big"
	"testing"

	"filippo.io/nistec"
	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/crypto"
)

// curve is one of the two ECDSA curves, with the arithmetic that tests need to make signatures of any kind.
type curve struct {
	name    string
	order   *big.Int // of the group
	field   *big.Int // the prime
	params  byte     // how many recovery parameters there are
	verify  func(hash, sig, pubkey []byte) (bool, error)
	recover func(hash, sig []byte, param byte) ([65]byte, error)
	base    func(k *big.Int) []byte // k G, uncompressed
}

var curves = []curve{
	{
		name:   "secp256k1",
		order:  fromHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"),
		field:  fromHex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"),
		params: 2, verify: crypto.Secp256k1Verify, recover: crypto.Secp256k1RecoverPubkey,
		base: func(k *big.Int) []byte {
			return secp256k1.PrivKeyFromBytes(bytes32(k)).PubKey().SerializeUncompressed()
		},
	},
	{
		name:   "secp256r1",
		order:  fromHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
		field:  fromHex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
		params: 4, verify: crypto.Secp256r1Verify, recover: crypto.Secp256r1RecoverPubkey,
		base: func(k *big.Int) []byte {
			p, err := nistec.NewP256Point().ScalarBaseMult(bytes32(k))
			if err != nil {
				panic(err)
			}
			return p.Bytes()
		},
	},
}

// each runs a test once a curve.
func each(t *testing.T, fn func(t *testing.T, c *curve)) {
	for i := range curves {
		t.Run(curves[i].name, func(t *testing.T) { fn(t, &curves[i]) })
	}
}

// number returns a number from 1 to the order, the same for the same label.
func (c *curve) number(label string) *big.Int {
	sum := sha256.Sum256([]byte(c.name + label))
	x := new(big.Int).SetBytes(sum[:])
	return x.Mod(x, c.order).Add(x, big.NewInt(1))
}

func (c *curve) mul(a, b *big.Int) *big.Int {
	p := new(big.Int).Mul(a, b)
	return p.Mod(p, c.order)
}

func (c *curve) inverse(a *big.Int) *big.Int { return new(big.Int).ModInverse(a, c.order) }

func (c *curve) negate(a *big.Int) *big.Int {
	return c.mul(new(big.Int).Sub(c.order, a), big.NewInt(1))
}

// sign makes a signature with the key d and the nonce k. param leads back to the key, if x of the nonce's point is below
// the order; for a random nonce it is.
func (c *curve) sign(z, d, k *big.Int) (sig []byte, param byte) {
	point := c.base(k)
	r := new(big.Int).SetBytes(point[1:33])
	r.Mod(r, c.order)
	s := c.mul(c.inverse(k), new(big.Int).Add(z, c.mul(r, d)))
	return join(bytes32(r), bytes32(s)), point[64] & 1
}

// twin returns the signature with the other s.
func (c *curve) twin(sig []byte) []byte {
	return join(sig[:32], bytes32(c.negate(new(big.Int).SetBytes(sig[32:]))))
}

func compress(pubkey []byte) []byte { return join([]byte{2 | pubkey[64]&1}, pubkey[1:33]) }
