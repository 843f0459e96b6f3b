package crypto_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/crypto"
)

// The reference keeps its vectors, which are those of Wycheproof, rootberg, the consensus of Ethereum and others, in a folder
// of its repository: packages/crypto/testdata of github.com/CosmWasm/cosmwasm. They are large and not ours, so they are read
// from a copy whose place is given here.
const upstreamEnv = "COSMWASM_CRYPTO_TESTDATA"

// upstream reads every file that fits a pattern into a value that fn is then given. At least one must.
func upstream[T any](t *testing.T, pattern string, fn func(t *testing.T, file string, content *T)) {
	dir := os.Getenv(upstreamEnv)
	if dir == "" {
		t.Skip(upstreamEnv + " does not say where the vectors of the reference are")
	}
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s in %s: %v", pattern, dir, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			content := new(T)
			if err := json.Unmarshal(text, content); err != nil {
				t.Fatal(err)
			}
			fn(t, filepath.Base(file), content)
		})
	}
}

// octets are bytes in hexadecimal, with or without a prefix.
type octets []byte

func (o *octets) UnmarshalText(text []byte) error {
	decoded, err := hex.DecodeString(strings.TrimPrefix(string(text), "0x"))
	*o = decoded
	return err
}

// digests are the hash functions by a part of a file's name. Longer hashes are cut to 32 bytes.
var digests = []struct {
	part string
	hash func([]byte) []byte
}{
	{"sha3_256", func(b []byte) []byte { sum := sha3.Sum256(b); return sum[:] }},
	{"sha3_512", func(b []byte) []byte { sum := sha3.Sum512(b); return sum[:32] }},
	{"sha512", func(b []byte) []byte { sum := sha512.Sum512(b); return sum[:32] }},
	{"sha256", func(b []byte) []byte { sum := sha256.Sum256(b); return sum[:] }},
	{"sha_256", func(b []byte) []byte { sum := sha256.Sum256(b); return sum[:] }},
}

func digestOf(t *testing.T, file string) func([]byte) []byte {
	for _, d := range digests {
		if strings.Contains(file, d.part) {
			return d.hash
		}
	}
	t.Skip("the standard library does not have this hash function")
	return nil
}

func curveOf(file string) *curve {
	if strings.Contains(file, "256k1") {
		return &curves[0]
	}
	return &curves[1]
}

// fromDER reads a signature as X.690 wants it to be written.
func fromDER(b []byte) (sig []byte, ok bool) {
	if len(b) < 2 || b[0] != 0x30 || int(b[1]) != len(b)-2 {
		return nil, false
	}
	b = b[2:]
	for range 2 {
		if len(b) < 3 || b[0] != 2 || b[1] == 0 || int(b[1]) > len(b)-2 {
			return nil, false
		}
		n := b[2 : 2+b[1]]
		if n[0] > 0x7f || len(n) > 1 && n[0] == 0 && n[1] <= 0x7f {
			return nil, false
		}
		x := new(big.Int).SetBytes(n)
		if x.BitLen() > 256 {
			return nil, false
		}
		sig, b = append(sig, bytes32(x)...), b[2+b[1]:]
	}
	return sig, len(b) == 0
}

func TestUpstreamWycheproof(t *testing.T) {
	type file struct {
		NumberOfTests int
		TestGroups    []struct {
			PublicKey struct{ Uncompressed octets }
			Tests     []struct {
				TcID     int
				Msg, Sig octets
				Result   string
				Comment  string
			}
		}
	}
	upstream(t, "wycheproof/*.json", func(t *testing.T, name string, f *file) {
		c, digest := curveOf(name), digestOf(t, name)
		tested := 0
		for _, g := range f.TestGroups {
			for _, v := range g.Tests {
				tested++
				sig, ok := fromDER(v.Sig)
				valid := false
				if ok {
					valid, _ = c.verify(digest(v.Msg), sig, g.PublicKey.Uncompressed)
				}
				if valid != (v.Result != "invalid") {
					t.Errorf("case %d, %s, is %s: %v", v.TcID, v.Comment, v.Result, valid)
				}
				if !valid {
					continue
				}
				found := 0
				for p := range c.params {
					key, err := c.recover(digest(v.Msg), sig, p)
					if err == nil && bytes.Equal(key[:], g.PublicKey.Uncompressed) {
						found++
					}
				}
				if large := v.Comment == "k*G has a large x-coordinate" && c.params == 2; (found == 1) == large {
					t.Errorf("case %d, %s: the key was recovered by %d parameters", v.TcID, v.Comment, found)
				}
			}
		}
		if tested == 0 || tested != f.NumberOfTests {
			t.Errorf("%d cases of %d", tested, f.NumberOfTests)
		}
	})
}

func TestUpstreamRootberg(t *testing.T) {
	type file struct {
		Tests []struct {
			TcID                       int
			PublicKeyUncompressed, Msg octets
			Sig                        struct {
				R, S octets
				ID   byte
			}
			Valid bool
		}
	}
	upstream(t, "rootberg/*.json", func(t *testing.T, name string, f *file) {
		c, digest := curveOf(name), digestOf(t, name)
		for _, v := range f.Tests {
			var sig []byte
			for _, part := range [][]byte{v.Sig.R, v.Sig.S} {
				part = bytes.TrimLeft(part, "\x00")
				sig = append(sig, append(make([]byte, max(32-len(part), 0)), part...)...)
			}
			valid, err := c.verify(digest(v.Msg), sig, v.PublicKeyUncompressed)
			if valid != v.Valid {
				t.Errorf("case %d: %v, %v", v.TcID, valid, err)
			}
			key, err := c.recover(digest(v.Msg), sig, v.Sig.ID)
			if valid && !bytes.Equal(key[:], v.PublicKeyUncompressed) {
				t.Errorf("case %d: recovered %x, %v", v.TcID, key, err)
			}
		}
	})
}

func TestUpstreamSignatures(t *testing.T) {
	type vector struct{ Message, Pubkey, Signature octets }
	upstream(t, "secp*_tests.json", func(t *testing.T, name string, vectors *[]vector) {
		for i, v := range *vectors {
			hash := sha256.Sum256(v.Message)
			if valid, err := curveOf(name).verify(hash[:], v.Signature, v.Pubkey); !valid {
				t.Errorf("vector %d: %v", i, err)
			}
		}
	})
	upstream(t, "ed25519_tests.json", func(t *testing.T, _ string, vectors *[]vector) {
		var b batch
		for i, v := range *vectors {
			if valid, err := crypto.Ed25519Verify(v.Message, v.Signature, v.Pubkey); !valid {
				t.Errorf("vector %d: %v", i, err)
			}
			b.msgs, b.sigs, b.pubkeys = append(b.msgs, v.Message), append(b.sigs, v.Signature), append(b.pubkeys, v.Pubkey)
		}
		if valid, err := crypto.Ed25519BatchVerify(b.msgs, b.sigs, b.pubkeys); !valid {
			t.Errorf("the batch: %v", err)
		}
	})
}

// verifyBLS verifies as the draft of BLS signatures wants a contract to do it: one message a key, and no key or signature
// at infinity.
func verifyBLS(keys [][]byte, msgs []octets, sig []byte) bool {
	if len(keys) == 0 || bytes.Equal(sig, infinityG2) {
		return false
	}
	var points []byte
	for i, msg := range msgs {
		if bytes.Equal(keys[i], infinityG1) {
			return false
		}
		point, err := crypto.BLS12381HashToG2(0, msg, []byte("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"))
		if err != nil {
			return false
		}
		points = append(points, point[:]...)
	}
	equal, _ := crypto.BLS12381PairingEquality(bytes.Join(keys, nil), points, g1(1), sig)
	return equal
}

func TestUpstreamBLS(t *testing.T) {
	t.Run("verify", func(t *testing.T) {
		type vector struct {
			Input struct {
				Pubkey, Message, Signature octets
				Pubkeys, Messages          []octets
			}
			Output bool
		}
		check := func(t *testing.T, name string, v *vector) {
			in := &v.Input
			keys, msgs := [][]byte{in.Pubkey}, []octets{in.Message}
			if in.Pubkeys != nil {
				keys = nil
				for _, key := range in.Pubkeys {
					keys = append(keys, key)
				}
				msgs = in.Messages
			}
			if msgs == nil { // one message of all keys: the sum of the keys
				hasInfinity := false
				for _, key := range keys {
					hasInfinity = hasInfinity || bytes.Equal(key, infinityG1)
				}
				sum, err := crypto.BLS12381AggregateG1(bytes.Join(keys, nil))
				keys, msgs = [][]byte{sum[:]}, []octets{in.Message}
				if err != nil || hasInfinity {
					keys = nil
				}
			}
			if got := verifyBLS(keys, msgs, in.Signature); got != v.Output {
				t.Errorf("%v, want %v", got, v.Output)
			}
		}
		upstream(t, "bls-tests/*verify/[afv]*.json", check)
	})
	t.Run("points", func(t *testing.T) {
		type vector struct {
			Input  struct{ Pubkey, Signature octets }
			Output bool
		}
		for i, g := range groups {
			upstream(t, "bls-tests/deserialization_"+g.name+"/*.json", func(t *testing.T, name string, v *vector) {
				point := [][]byte{v.Input.Pubkey, v.Input.Signature}[i]
				sum, err := g.aggregate(point)
				if (err == nil) != v.Output || err == nil && !bytes.Equal(sum, point) {
					t.Errorf("%x, %v, want %v", sum, err, v.Output)
				}
			})
		}
	})
	t.Run("aggregate", func(t *testing.T) {
		type vector struct {
			Input  []octets
			Output octets
		}
		upstream(t, "bls-tests/aggregate/*.json", func(t *testing.T, name string, v *vector) {
			var points []byte
			for _, point := range v.Input {
				points = append(points, point...)
			}
			sum, err := crypto.BLS12381AggregateG2(points)
			if (err == nil) != (v.Output != nil) || err == nil && !bytes.Equal(sum[:], v.Output) {
				t.Errorf("%x, %v, want %x", sum, err, v.Output)
			}
		})
	})
	t.Run("hash", func(t *testing.T) {
		type vector struct {
			Input  struct{ Msg string }
			Output struct{ X, Y string }
		}
		upstream(t, "bls-tests/hash_to_G2/*.json", func(t *testing.T, name string, v *vector) {
			plain := strings.NewReplacer("0x", "")
			want := compressed(t, plain.Replace(v.Output.X), plain.Replace(v.Output.Y))
			got, err := crypto.BLS12381HashToG2(0, []byte(v.Input.Msg), []byte("QUUX-V01-CS02-with-BLS12381G2_XMD:SHA-256_SSWU_RO_"))
			if err != nil || !bytes.Equal(got[:], want) {
				t.Errorf("%x, %v, want %x", got, err, want)
			}
		})
	})
	t.Run("header", func(t *testing.T) {
		type header struct {
			PublicKeys      [][]byte `json:"public_keys"`
			Message         []byte
			Signature       []byte
			AggregatePubkey []byte `json:"aggregate_pubkey"`
		}
		upstream(t, "eth-headers/*.json", func(t *testing.T, name string, h *header) {
			sum, err := crypto.BLS12381AggregateG1(bytes.Join(h.PublicKeys, nil))
			if err != nil || !bytes.Equal(sum[:], h.AggregatePubkey) {
				t.Errorf("the sum of %d keys is %x, %v", len(h.PublicKeys), sum, err)
			}
		})
	})
}
