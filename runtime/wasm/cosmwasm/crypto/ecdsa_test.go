package crypto_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"testing"

	stdecdsa "crypto/ecdsa"
	"crypto/elliptic"
	"math/big"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/crypto"
)

func TestSmoke(t *testing.T) {
	h := sha256.Sum256([]byte("m"))
	k, _ := secp256k1.GeneratePrivateKey()
	sig := ecdsa.SignCompact(k, h[:], false)
	ok, err := crypto.Secp256k1Verify(h[:], sig[1:], k.PubKey().SerializeCompressed())
	t.Log(ok, err)
	p, err := crypto.Secp256k1RecoverPubkey(h[:], sig[1:], sig[0]-27)
	t.Log(bytes.Equal(p[:], k.PubKey().SerializeUncompressed()), err)

	rk, _ := stdecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	r, s, _ := stdecdsa.Sign(rand.Reader, rk, h[:])
	rs := make([]byte, 64)
	r.FillBytes(rs[:32])
	s.FillBytes(rs[32:])
	pub, _ := rk.PublicKey.Bytes()
	t.Log(crypto.Secp256r1Verify(h[:], rs, pub))
	for i := range byte(4) {
		p, err = crypto.Secp256r1RecoverPubkey(h[:], rs, i)
		t.Log(bytes.Equal(p[:], pub), err)
	}
	_ = errors.New
	_ = big.NewInt
}
