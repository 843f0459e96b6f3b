package generate

import (
	stdcrypto "crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"slices"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	k1ecdsa "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/crypto"
)

// cryptography is a command that asks for a signature or a point. Most are right, some nearly.
func (s *Source) cryptography() []byte {
	switch s.IntN(14) {
	case 0, 1:
		hash, sig, pub, _ := s.signK1()
		return command(doVerifyK1, nothing, s.nearly(hash), s.nearly(sig), s.nearly(pub))
	case 2, 3:
		hash, sig, _, v := s.signK1()
		return command(doRecoverK1, returned, s.nearly(hash), s.nearly(sig), number(s.parameter(v)))
	case 4, 5:
		hash, sig, pub := s.signR1()
		return command(doVerifyR1, nothing, s.nearly(hash), s.nearly(sig), s.nearly(pub))
	case 6:
		hash, sig, _ := s.signR1()
		return command(doRecoverR1, returned, s.nearly(hash), s.nearly(sig), number(s.parameter(byte(s.IntN(4)))))
	case 7, 8:
		msg, sig, pub := s.signEd()
		return command(doVerifyEd, nothing, s.nearly(msg), s.nearly(sig), s.nearly(pub))
	case 9:
		return s.batch()
	case 10:
		return command(doHashToG1, destination, number(s.hashFunction()), data(s.blob(80)), data(s.domain()), room(one[uint32](s, 48, 48, 48, 48, 48, 48, 48, 47)))
	case 11:
		return command(doHashToG2, destination, number(s.hashFunction()), data(s.blob(80)), data(s.domain()), room(96))
	case 12:
		if s.chance(50) {
			return command(doAggregateG1, destination, s.nearly(s.points(s.g1)), room(48))
		}
		return command(doAggregateG2, destination, s.nearly(s.points(s.g2)), room(96))
	default:
		return s.pairing()
	}
}

// nearly is an argument that is now and then not what it was.
func (s *Source) nearly(b []byte) []byte {
	if s.chance(80) {
		return data(b)
	}
	b = slices.Clone(b)
	switch s.IntN(6) {
	case 0, 1:
		if len(b) > 0 {
			b[s.IntN(len(b))] ^= 1 << s.IntN(8)
		}
	case 2:
		b = b[:s.IntN(len(b)+1)]
	case 3:
		b = append(b, s.blob(5)...)
	case 4:
		clear(b)
	default:
		for i := range b {
			b[i] = 0xff
		}
	}
	return data(b)
}

func (s *Source) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.Uint32())
	}
	return b
}

// high replaces s by its negative now and then: both are accepted.
func (s *Source) high(r, v, order *big.Int) []byte {
	if s.chance(30) {
		v = new(big.Int).Sub(order, v)
	}
	switch s.IntN(40) {
	case 0:
		r = order
	case 1:
		v = order
	case 2:
		r = new(big.Int)
	}
	return append(r.FillBytes(make([]byte, 32)), v.FillBytes(make([]byte, 32))...)
}

func (s *Source) signK1() (hash, sig, pub []byte, parameter byte) {
	key := secp256k1.PrivKeyFromBytes(s.bytes(32))
	hash = s.bytes(32)
	compact := k1ecdsa.SignCompact(key, hash, false)
	r, v := new(big.Int).SetBytes(compact[1:33]), new(big.Int).SetBytes(compact[33:])
	sig = s.high(r, v, secp256k1.Params().N)
	pub = key.PubKey().SerializeUncompressed()
	switch s.IntN(4) {
	case 0, 1:
		pub = key.PubKey().SerializeCompressed()
	case 2:
		if s.chance(20) {
			pub[0] = 6 + pub[64]&1 // the hybrid form
		}
	}
	return hash, sig, pub, compact[0] - 27
}

func (s *Source) signR1() (hash, sig, pub []byte) {
	scalar := s.bytes(32)
	scalar[0] &= 0x7f // below the order
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	if err != nil {
		panic(err) // 1 of 2^255
	}
	hash = s.bytes(32)
	der, err := key.Sign(nil, hash, stdcrypto.SHA256) // without a source of chance: the same each time
	if err != nil {
		panic(err)
	}
	var parts struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &parts); err != nil {
		panic(err)
	}
	pub, err = key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	if s.chance(50) {
		pub = append([]byte{2 + pub[64]&1}, pub[1:33]...)
	}
	return hash, s.high(parts.R, parts.S, elliptic.P256().Params().N), pub
}

func (s *Source) parameter(v byte) uint32 {
	if s.chance(85) {
		return uint32(v)
	}
	return one[uint32](s, 0, 1, 2, 3, 4, 27, 255, 256, 0xffffffff)
}

// lowOrder are points of Ed25519 of a small order, and encodings that are not canonical: the rules differ in these.
var lowOrder = [...]string{
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}

func (s *Source) signEd() (msg, sig, pub []byte) {
	msg = s.bytes(s.IntN(100))
	if s.chance(15) { // R and the key are of a small order, s is 0
		sig = append(s.smallPoint(), make([]byte, 32)...)
		return msg, sig, s.smallPoint()
	}
	key := ed25519.NewKeyFromSeed(s.bytes(32))
	return msg, ed25519.Sign(key, msg), key.Public().(ed25519.PublicKey)
}

func (s *Source) smallPoint() []byte {
	b, err := hex.DecodeString(one(s, lowOrder[:]...))
	if err != nil {
		panic(err) // the constants above are hex
	}
	return b
}

// batch verifies several signatures, with one message or one key for all now and then.
func (s *Source) batch() []byte {
	var msgs, sigs, pubs [][]byte
	for range s.IntN(5) {
		msg, sig, pub := s.signEd()
		msgs, sigs, pubs = append(msgs, msg), append(sigs, sig), append(pubs, pub)
	}
	if len(sigs) > 0 {
		switch s.IntN(6) {
		case 0:
			msgs = msgs[:1]
		case 1, 2: // one key, and so its signatures
			key := ed25519.NewKeyFromSeed(s.bytes(32))
			pubs = [][]byte{key.Public().(ed25519.PublicKey)}
			for i := range sigs {
				sigs[i] = ed25519.Sign(key, msgs[i])
			}
		case 3:
			sigs = sigs[1:]
		}
	}
	return command(doVerifyEdBatch, nothing, s.nearly(sections(msgs)), s.nearly(sections(sigs)), s.nearly(sections(pubs)))
}

// sections puts the length of each part behind it.
func sections(parts [][]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
	}
	return b
}

func (s *Source) hashFunction() uint32 {
	if s.chance(95) {
		return 0
	}
	return one[uint32](s, 1, 2, 0xffffffff)
}

func (s *Source) domain() []byte {
	switch s.IntN(8) {
	case 0:
		return nil
	case 1:
		return s.bytes(255 + s.IntN(3))
	default:
		return []byte("BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_")
	}
}

func (s *Source) g1() []byte {
	p, err := crypto.BLS12381HashToG1(0, s.bytes(8), []byte("generate"))
	if err != nil {
		panic(err) // the hash function is known
	}
	return s.point(p[:])
}

func (s *Source) g2() []byte {
	p, err := crypto.BLS12381HashToG2(0, s.bytes(8), []byte("generate"))
	if err != nil {
		panic(err)
	}
	return s.point(p[:])
}

// point changes a point now and then: its sign, to infinity, to one that is not on the curve or not in the group.
func (s *Source) point(p []byte) []byte {
	switch s.IntN(14) {
	case 0:
		p[0] ^= 0x20
	case 1:
		clear(p)
		p[0] = 0xc0
	case 2:
		clear(p)
		p[0] = one[byte](s, 0xe0, 0x80, 0xa0, 0x40, 0x00)
	case 3:
		clear(p[1:])
		p[0] = 0x80
		p[len(p)-1] = byte(s.IntN(30)) // a small x: on the curve at times, in the group hardly ever
	}
	return p
}

func (s *Source) points(one func() []byte) []byte {
	var b []byte
	for range s.IntN(4) {
		b = append(b, one()...)
	}
	return b
}

func (s *Source) pairing() []byte {
	var ps, qs []byte
	n := 1 + s.IntN(2)
	for range n {
		ps, qs = append(ps, s.g1()...), append(qs, s.g2()...)
	}
	r, q := ps[:48], qs[:96]
	if n == 2 && s.chance(50) {
		// e(p,q)·e(-p,q) is one, which is e(infinity, q)
		ps = append(slices.Clone(ps[:48]), ps[:48]...)
		ps[48] ^= 0x20
		qs = append(slices.Clone(qs[:96]), qs[:96]...)
		r = append([]byte{0xc0}, make([]byte, 47)...)
	}
	return command(doPairing, nothing, s.nearly(ps), s.nearly(qs), s.nearly(r), s.nearly(q))
}
