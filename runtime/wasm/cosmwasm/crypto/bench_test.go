package crypto_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/crypto"
)

func benchmarkVerify(b *testing.B, c *curve) {
	hash, sig, pubkey, _ := signed(c, "bench")
	pubkey = compress(pubkey)
	b.ReportAllocs()
	for b.Loop() {
		if valid, err := c.verify(hash, sig, pubkey); !valid {
			b.Fatal(err)
		}
	}
}

func benchmarkRecover(b *testing.B, c *curve) {
	hash, sig, _, param := signed(c, "bench")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.recover(hash, sig, param); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSecp256k1Verify(b *testing.B)        { benchmarkVerify(b, &curves[0]) }
func BenchmarkSecp256r1Verify(b *testing.B)        { benchmarkVerify(b, &curves[1]) }
func BenchmarkSecp256k1RecoverPubkey(b *testing.B) { benchmarkRecover(b, &curves[0]) }
func BenchmarkSecp256r1RecoverPubkey(b *testing.B) { benchmarkRecover(b, &curves[1]) }

func BenchmarkEd25519Verify(b *testing.B) {
	one := batchOf(1, false, false)
	b.ReportAllocs()
	for b.Loop() {
		if valid, err := crypto.Ed25519Verify(one.msgs[0], one.sigs[0], one.pubkeys[0]); !valid {
			b.Fatal(err)
		}
	}
}

func BenchmarkEd25519BatchVerify(b *testing.B) {
	for _, n := range []int{1, 2, 4, 16, 64, 256} {
		for _, oneKey := range []bool{false, true} {
			b.Run(fmt.Sprintf("signatures=%d/onekey=%v", n, oneKey), func(b *testing.B) {
				batch := batchOf(n, false, oneKey)
				b.ReportAllocs()
				for b.Loop() {
					if valid, err := crypto.Ed25519BatchVerify(batch.msgs, batch.sigs, batch.pubkeys); !valid {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkBLS12381Aggregate(b *testing.B) {
	for _, g := range groups {
		for _, n := range []int{1, 512} {
			b.Run(fmt.Sprintf("%s/points=%d", g.name, n), func(b *testing.B) {
				points := bytes.Repeat(g.times(12345), n)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := g.aggregate(points); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkBLS12381PairingEquality(b *testing.B) {
	for _, n := range []int{1, 16} {
		b.Run(fmt.Sprintf("pairs=%d", n), func(b *testing.B) {
			ps, qs, r, s := bytes.Repeat(g1(6), n), bytes.Repeat(g2(5), n), g1(int64(10*n)), g2(3)
			b.ReportAllocs()
			for b.Loop() {
				if equal, err := crypto.BLS12381PairingEquality(ps, qs, r, s); !equal {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBLS12381HashToG1(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := crypto.BLS12381HashToG1(0, []byte("message"), []byte("domain")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBLS12381HashToG2(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := crypto.BLS12381HashToG2(0, []byte("message"), []byte("domain")); err != nil {
			b.Fatal(err)
		}
	}
}
