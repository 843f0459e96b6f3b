package crypto_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/crypto"
)

// The prime of the field, the order of the groups, and the cofactor of G1: the points of its curve divided by that order.
// Points of the curve have orders that divide blsOrder * blsExponent, and the exponent is 3 * 11 * 10177 * 859267 * 52437899.
var (
	blsField    = fromHex("1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab")
	blsOrder    = fromHex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001")
	blsCofactor = fromHex("396c8c005555e1568c00aaab0000aaab")
	blsExponent = fromHex("d201000000010001")
)

var infinityG1, infinityG2 = join([]byte{0xc0}, make([]byte, 47)), join([]byte{0xc0}, make([]byte, 95))

// g1 returns k times the generator of G1, compressed.
func g1(k int64) []byte {
	_, _, generator, _ := bls12381.Generators()
	b := new(bls12381.G1Affine).ScalarMultiplication(&generator, big.NewInt(k)).Bytes()
	return b[:]
}

// g2 returns k times the generator of G2, compressed.
func g2(k int64) []byte {
	_, _, _, generator := bls12381.Generators()
	b := new(bls12381.G2Affine).ScalarMultiplication(&generator, big.NewInt(k)).Bytes()
	return b[:]
}

func bytes48(x *big.Int) []byte { return x.FillBytes(make([]byte, 48)) }

// group is G1 or G2 with what tests do to both.
type group struct {
	name      string
	size      int
	infinity  []byte
	times     func(int64) []byte
	aggregate func([]byte) ([]byte, error)
}

var groups = []group{
	{"G1", 48, infinityG1, g1, func(b []byte) ([]byte, error) { sum, err := crypto.BLS12381AggregateG1(b); return sum[:], err }},
	{"G2", 96, infinityG2, g2, func(b []byte) ([]byte, error) { sum, err := crypto.BLS12381AggregateG2(b); return sum[:], err }},
}

// TestBLSPoints gives points in every encoding that is right or nearly right (codes 8, 14 and 15). The point at infinity is
// a point like any other.
func TestBLSPoints(t *testing.T) {
	for _, g := range groups {
		flags := func(b []byte, flags byte) []byte { return with(b, 0, b[0]&0x1f|flags<<5) }
		half := make([]byte, g.size-48)
		point := g.times(7)
		prime, above := join(bytes48(blsField), half), join(bytes48(new(big.Int).Add(blsField, big.NewInt(1))), half)
		rows := []struct {
			name string
			in   []byte
			want uint32
		}{
			{"point", point, 0},
			{"infinity", g.infinity, 0},
			{"nothing", nil, 14},
			{"a byte less", point[:g.size-1], 15},
			{"a byte more", append(point[:g.size:g.size], 0), 15},
			{"one byte", []byte{0xc0}, 15},
			{"infinity and a sign", flags(g.infinity, 7), 8},
			{"infinity, not compressed", flags(g.infinity, 2), 8},
			{"infinity with a first byte", with(g.infinity, 0, 0xc1), 8},
			{"infinity with a last byte", with(g.infinity, g.size-1, 1), 8},
			{"zeros", make([]byte, g.size), 8},
			{"x the prime", flags(prime, 4), 8},
			{"x above the prime", flags(above, 5), 8},
			{"x of all bits", join([]byte{0x9f}, fill(g.size-1, 255)), 8},
			{"not compressed", flags(point, 0), 8},
			{"not compressed, sign", flags(point, 1), 8},
			{"not compressed, infinity", flags(point, 2), 8},
			{"flags of infinity on a point", flags(point, 6), 8},
			{"outside of the subgroup", flags(make([]byte, g.size), 4), 8}, // x = 0: of order 3 on the curve of G1, on no point of G2's
			{"the second is wrong", join(point, flags(prime, 4)), 8},
			{"the last of many is wrong", join(bytes.Repeat(point, 20), flags(prime, 4)), 8},
		}
		if g.size == 96 {
			second := rows[0]
			second.name, second.in, second.want = "second part of x the prime", join([]byte{0x80}, make([]byte, 47), bytes48(blsField)), 8
			rows = append(rows, second)
		}
		for _, row := range rows {
			t.Run(g.name+" "+row.name, func(t *testing.T) {
				sum, err := g.aggregate(row.in)
				if got := codeOf(t, err); got != row.want {
					t.Fatalf("%d (%v), want %d", got, err, row.want)
				}
				if err == nil && !bytes.Equal(sum, row.in) {
					t.Errorf("the sum of %x is %x", row.in, sum)
				}
			})
		}
		// The other sign is the negative, and a point too.
		sum, err := g.aggregate(join(point, with(point, 0, point[0]^0x20)))
		if err != nil || !bytes.Equal(sum, g.infinity) {
			t.Errorf("%s: a point and its negative: %x, %v", g.name, sum, err)
		}
	}
}

// multiply returns k P by doubling and adding. The library's own way is for points of the group only.
func multiply(p *bls12381.G1Affine, k *big.Int) *bls12381.G1Affine {
	var sum, base bls12381.G1Jac
	base.FromAffine(p)
	for i := k.BitLen() - 1; i >= 0; i-- {
		sum.DoubleAssign()
		if k.Bit(i) == 1 {
			sum.AddAssign(&base)
		}
	}
	return new(bls12381.G1Affine).FromJacobian(&sum)
}

// TestBLSSubgroup takes points of the curve by the prime factors of its order: those of the group are taken, and no others,
// however small their order.
func TestBLSSubgroup(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	orders := map[int64]int{}
	for points := 0; points < 4; {
		x := make([]byte, 48)
		for i := range x {
			x[i] = byte(source.Uint32())
		}
		x[0] = 0
		var p bls12381.G1Affine
		_ = p.X.SetBytesCanonical(x)
		y := p.X
		y.Square(&y).Mul(&y, &p.X)
		four := y
		y.Add(&y, four.SetUint64(4))
		if p.Y.Sqrt(&y) == nil {
			continue // on no point
		}
		points++
		for _, factor := range []int64{3, 11, 33, 10177, 859267, 52437899} {
			small := multiply(&p, new(big.Int).Mul(blsOrder, new(big.Int).Div(blsExponent, big.NewInt(factor))))
			if small.IsInfinity() {
				continue
			}
			orders[factor]++
			b := small.Bytes()
			_, err := crypto.BLS12381AggregateG1(b[:])
			if got := codeOf(t, err); got != crypto.CodePoint {
				t.Errorf("a point of order %d: %d", factor, got)
			}
		}
		for _, row := range []struct {
			k    *big.Int
			want uint32
		}{{big.NewInt(1), 8}, {blsOrder, 8}, {blsCofactor, 0}} {
			b := multiply(&p, row.k).Bytes()
			if _, err := crypto.BLS12381AggregateG1(b[:]); codeOf(t, err) != row.want {
				t.Errorf("%x times a point of the curve: %v, want %d", row.k, err, row.want)
			}
		}
	}
	for _, factor := range []int64{3, 11, 33, 10177, 859267, 52437899} {
		if orders[factor] == 0 {
			t.Errorf("no point of order %d was tried", factor)
		}
	}
}

// TestBLSAggregate adds multiples of the generator, few and many, in any order.
func TestBLSAggregate(t *testing.T) {
	source := rand.New(rand.NewPCG(3, 4))
	for _, g := range groups {
		for _, n := range []int{1, 2, 3, 7, 8, 9, 40} {
			var list []byte
			var sum int64
			for range n {
				k := source.Int64N(9) - 4
				sum += k
				list = append(list, g.times(k)...)
			}
			got, err := g.aggregate(list)
			if err != nil || !bytes.Equal(got, g.times(sum)) {
				t.Errorf("%s: %d points, sum %d: %x, %v", g.name, n, sum, got, err)
			}
		}
		if sum, err := g.aggregate(join(g.infinity, g.infinity)); err != nil || !bytes.Equal(sum, g.infinity) {
			t.Errorf("%s: infinity twice: %x, %v", g.name, sum, err)
		}
	}
}

// TestBLSPairing uses that e(a, b) depends on the product of a and b only, and checks each error of the table.
func TestBLSPairing(t *testing.T) {
	outside := join([]byte{0x80}, make([]byte, 47)) // on the curve, not in G1
	for _, row := range []struct {
		name         string
		ps, qs, r, s []byte
		want         uint32
	}{
		{"equal", g1(6), g2(5), g1(10), g2(3), 0},
		{"not equal", g1(6), g2(5), g1(10), g2(4), 1},
		{"two pairs", join(g1(2), g1(3)), join(g2(4), g2(5)), g1(23), g2(1), 0},
		{"two pairs that cancel each other", join(g1(2), g1(-2)), join(g2(4), g2(4)), infinityG1, g2(1), 0},
		{"many pairs", bytes.Repeat(g1(1), 9), bytes.Repeat(g2(2), 9), g1(18), g2(1), 0},
		{"wrong sign", g1(6), g2(5), g1(-30), g2(1), 1},
		{"none, and one", nil, nil, g1(1), g2(1), 1},
		{"none, and infinity in G1", nil, nil, infinityG1, g2(9), 0},
		{"none, and infinity in G2", nil, nil, g1(9), infinityG2, 0},
		{"a pair with infinity", join(g1(3), infinityG1), join(g2(3), g2(8)), g1(9), g2(1), 0},
		{"only infinity", infinityG1, infinityG2, infinityG1, infinityG2, 0},
		{"ps not a multiple", g1(6)[:47], g2(5), g1(10), g2(3), 11},
		{"qs not a multiple", g1(6), g2(5)[:95], g1(10), g2(3), 12},
		{"ps before qs", g1(6)[:47], g2(5)[:95], nil, nil, 11},
		{"qs before r", g1(6), g2(5)[:95], nil, nil, 12},
		{"more ps", join(g1(6), g1(6)), g2(5), g1(10), g2(3), 13},
		{"more qs", nil, g2(5), g1(10), g2(3), 13},
		{"numbers before points", nil, make([]byte, 96), nil, nil, 13},
		{"short r", g1(6), g2(5), g1(10)[:47], g2(3), 8},
		{"no r", g1(6), g2(5), nil, g2(3), 8},
		{"long r", g1(6), g2(5), append(g1(10), 0), g2(3), 8},
		{"two points as r", g1(6), g2(5), join(g1(10), g1(10)), g2(3), 8},
		{"short s", g1(6), g2(5), g1(10), g2(3)[:95], 8},
		{"two points as s", g1(6), g2(5), g1(10), join(g2(3), g2(3)), 8},
		{"ps outside", outside, g2(5), g1(10), g2(3), 8},
		{"r outside", g1(6), g2(5), outside, g2(3), 8},
		{"qs no point", g1(6), make([]byte, 96), g1(10), g2(3), 8},
		{"s no point", g1(6), g2(5), g1(10), make([]byte, 96), 8},
	} {
		t.Run(row.name, func(t *testing.T) {
			equal, err := crypto.BLS12381PairingEquality(row.ps, row.qs, row.r, row.s)
			if got := answer(t, equal, err); got != row.want {
				t.Errorf("%d (%v), want %d", got, err, row.want)
			}
		})
	}
}

// compressed returns the compressed form of a point that is given by x and y, in hexadecimal. In G2 they are two numbers
// each, the one with the factor i last, as RFC 9380 writes them.
func compressed(t *testing.T, x, y string) []byte {
	var b []byte
	for part := range strings.SplitSeq(x, ",") {
		b = join(unhex(t, part), b)
	}
	last := y[strings.LastIndexByte(y, ',')+1:]
	b[0] |= 0x80
	if new(big.Int).Lsh(fromHex(last), 1).Cmp(blsField) > 0 {
		b[0] |= 0x20
	}
	return b
}

// TestBLSHash is RFC 9380, J.9.1 and J.10.1.
func TestBLSHash(t *testing.T) {
	const dst = "QUUX-V01-CS02-with-BLS12381G%_XMD:SHA-256_SSWU_RO_"
	for _, row := range []struct {
		group     byte
		msg, x, y string
	}{
		{'1', "", "052926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4e8cf62d9c09db0fac349612b759e79a1",
			"08ba738453bfed09cb546dbb0783dbb3a5f1f566ed67bb6be0e8c67e2e81a4cc68ee29813bb7994998f3eae0c9c6a265"},
		{'1', "abc", "03567bc5ef9c690c2ab2ecdf6a96ef1c139cc0b2f284dca0a9a7943388a49a3aee664ba5379a7655d3c68900be2f6903",
			"0b9c15f3fe6e5cf4211f346271d7b01c8f3b28be689c8429c85b67af215533311f0b8dfaaa154fa6b88176c229f2885d"},
		{'1', "abcdef0123456789", "11e0b079dea29a68f0383ee94fed1b940995272407e3bb916bbf268c263ddd57a6a27200a784cbc248e84f357ce82d98",
			"03a87ae2caf14e8ee52e51fa2ed8eefe80f02457004ba4d486d6aa1f517c0889501dc7413753f9599b099ebcbbd2d709"},
		{'1', "q128_" + strings.Repeat("q", 128), "15f68eaa693b95ccb85215dc65fa81038d69629f70aeee0d0f677cf22285e7bf58d7cb86eefe8f2e9bc3f8cb84fac488",
			"1807a1d50c29f430b8cafc4f8638dfeeadf51211e1602a5f184443076715f91bb90a48ba1e370edce6ae1062f5e6dd38"},
		{'1', "a512_" + strings.Repeat("a", 512), "082aabae8b7dedb0e78aeb619ad3bfd9277a2f77ba7fad20ef6aabdc6c31d19ba5a6d12283553294c1825c4b3ca2dcfe",
			"05b84ae5a942248eea39e1d91030458c40153f3b654ab7872d779ad1e942856a20c438e8d99bc8abfbf74729ce1f7ac8"},
		{'2', "", "0141ebfbdca40eb85b87142e130ab689c673cf60f1a3e98d69335266f30d9b8d4ac44c1038e9dcdd5393faf5c41fb78a,05cb8437535e20ecffaef7752baddf98034139c38452458baeefab379ba13dff5bf5dd71b72418717047f5b0f37da03d",
			"0503921d7f6a12805e72940b963c0cf3471c7b2a524950ca195d11062ee75ec076daf2d4bc358c4b190c0c98064fdd92,12424ac32561493f3fe3c260708a12b7c620e7be00099a974e259ddc7d1f6395c3c811cdd19f1e8dbf3e9ecfdcbab8d6"},
		{'2', "abc", "02c2d18e033b960562aae3cab37a27ce00d80ccd5ba4b7fe0e7a210245129dbec7780ccc7954725f4168aff2787776e6,139cddbccdc5e91b9623efd38c49f81a6f83f175e80b06fc374de9eb4b41dfe4ca3a230ed250fbe3a2acf73a41177fd8",
			"1787327b68159716a37440985269cf584bcb1e621d3a7202be6ea05c4cfe244aeb197642555a0645fb87bf7466b2ba48,00aa65dae3c8d732d10ecd2c50f8a1baf3001578f71c694e03866e9f3d49ac1e1ce70dd94a733534f106d4cec0eddd16"},
		{'2', "abcdef0123456789", "121982811d2491fde9ba7ed31ef9ca474f0e1501297f68c298e9f4c0028add35aea8bb83d53c08cfc007c1e005723cd0,190d119345b94fbd15497bcba94ecf7db2cbfd1e1fe7da034d26cbba169fb3968288b3fafb265f9ebd380512a71c3f2c",
			"05571a0f8d3c08d094576981f4a3b8eda0a8e771fcdcc8ecceaf1356a6acf17574518acb506e435b639353c2e14827c8,0bb5e7572275c567462d91807de765611490205a941a5a6af3b1691bfe596c31225d3aabdf15faff860cb4ef17c7c3be"},
	} {
		domain := []byte(strings.ReplaceAll(dst, "%", string(row.group)))
		want := compressed(t, row.x, row.y)
		var got []byte
		if row.group == '1' {
			point, err := crypto.BLS12381HashToG1(0, []byte(row.msg), domain)
			if err != nil {
				t.Fatal(err)
			}
			got = point[:]
		} else {
			point, err := crypto.BLS12381HashToG2(0, []byte(row.msg), domain)
			if err != nil {
				t.Fatal(err)
			}
			got = point[:]
		}
		if !bytes.Equal(got, want) {
			t.Errorf("G%c, %.20q: %x, want %x", row.group, row.msg, got, want)
		}
	}
}

// TestBLSHashFunction knows one hash function (code 9).
func TestBLSHashFunction(t *testing.T) {
	for _, f := range []uint32{1, 2, 256, 1 << 31} {
		if _, err := crypto.BLS12381HashToG1(f, nil, nil); codeOf(t, err) != 9 {
			t.Errorf("G1, hash function %d: %v", f, err)
		}
		if _, err := crypto.BLS12381HashToG2(f, nil, nil); codeOf(t, err) != 9 {
			t.Errorf("G2, hash function %d: %v", f, err)
		}
	}
}

// TestBLSLongDomain is RFC 9380, 5.3.3: a domain of more than 255 bytes stands for its hash; one of 255 bytes, and an empty
// one, for itself.
func TestBLSLongDomain(t *testing.T) {
	for n, replaced := range map[int]bool{0: false, 255: false, 256: true, 5120: true} {
		dst := fill(n, 'd')
		hashed := sha256.Sum256(join([]byte("H2C-OVERSIZE-DST-"), dst))
		a1, err1 := crypto.BLS12381HashToG1(0, []byte("m"), dst)
		b1, _ := crypto.BLS12381HashToG1(0, []byte("m"), hashed[:])
		a2, err2 := crypto.BLS12381HashToG2(0, []byte("m"), dst)
		b2, _ := crypto.BLS12381HashToG2(0, []byte("m"), hashed[:])
		if err1 != nil || err2 != nil || (a1 == b1) != replaced || (a2 == b2) != replaced {
			t.Errorf("%d bytes: %v, %v", n, err1, err2)
		}
		if sum, err := crypto.BLS12381AggregateG1(a1[:]); err != nil || sum != a1 {
			t.Errorf("%d bytes: not a point of G1: %v", n, err)
		}
		if sum, err := crypto.BLS12381AggregateG2(a2[:]); err != nil || sum != a2 {
			t.Errorf("%d bytes: not a point of G2: %v", n, err)
		}
	}
}

// TestBLSSignature signs, aggregates and verifies as a contract does: keys in G1, signatures in G2.
func TestBLSSignature(t *testing.T) {
	dst := []byte("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_")
	hashed, err := crypto.BLS12381HashToG2(0, []byte("message"), dst)
	if err != nil {
		t.Fatal(err)
	}
	var point bls12381.G2Affine
	if _, err := point.SetBytes(hashed[:]); err != nil {
		t.Fatal(err)
	}
	var keys, sigs []byte
	for secret := range int64(5) {
		keys = append(keys, g1(secret+1000)...)
		sig := new(bls12381.G2Affine).ScalarMultiplication(&point, big.NewInt(secret+1000)).Bytes()
		sigs = append(sigs, sig[:]...)
	}
	key, err := crypto.BLS12381AggregateG1(keys)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := crypto.BLS12381AggregateG2(sigs)
	if err != nil {
		t.Fatal(err)
	}
	if equal, err := crypto.BLS12381PairingEquality(g1(1), sig[:], key[:], hashed[:]); !equal {
		t.Errorf("all keys: %v", err)
	}
	if equal, err := crypto.BLS12381PairingEquality(g1(1), sig[:], keys[:48], hashed[:]); equal || err != nil {
		t.Errorf("one key: %v, %v", equal, err)
	}
}

// TestDrand verifies the first beacon of the League of Entropy.
func TestDrand(t *testing.T) {
	key := unhex(t, "868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a569937c529eeda66c7293784a9402801af31")
	previous := unhex(t, "176f93498eac9ca337150b46d21dd58673ea4e3581185f869672e59fa4cb390a")
	sig := unhex(t, "8d61d9100567de44682506aea1a7a6fa6e5491cd27a0a0ed349ef6910ac5ac20ff7bc3e09d7c046566c9f7f3c6f3b10104990e7cb424998203d8f7de586fb7fa5f60045417a432684f85093b06ca91c769f0e7ca19268375e659c2a2352b4655")
	msg := sha256.Sum256(binary.BigEndian.AppendUint64(previous, 1))
	hashed, err := crypto.BLS12381HashToG2(0, msg[:], []byte("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_"))
	if err != nil {
		t.Fatal(err)
	}
	if equal, err := crypto.BLS12381PairingEquality(g1(1), sig, key, hashed[:]); !equal {
		t.Errorf("not equal: %v", err)
	}
}
