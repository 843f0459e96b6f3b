package vm_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/crypto"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// signed is a message, or its hash, with a signature and a key that fit.
type signed struct{ message, signature, key []byte }

// Signatures that are valid.
var (
	onK1 = signed{
		unhex("5ae8317d34d1e595e3fa7247db80c0af4320cce1116de187f8f7e2e099c0d8d0"),
		unhex("207082eb2c3dfa0b454e0906051270ba4074ac93760ba9e7110cd9471475111151eb0dbbc9920e72146fb564f99d039802bf6ef2561446eb126ef364d21ee9c4"),
		unhex("04051c1ee2190ecfb174bfe4f90763f2b4ff7517b70a2aec1876ebcfd644c4633fb03f3cfbd94b1f376e34592d9d41ccaf640bb751b00a1fadeb0c01157769eb73"),
	}
	onR1 = signed{
		unhex("b804cf88af0c2eff8bbbfb3660ebb3294138e9d3ebd458884e19818061dacff0"),
		unhex("35fb60f5ca0f3ca08542fb3cc641c8263a2cab7a90ee6a5e1583fac2bb6f6bd1ee59d81bc9db1055cc0ed97b159d8784af04e98511d0a9a407b99bb292572e96"),
		unhex("0474ccd8a62fba0e667c50929a53f78c21b8ff0c3c737b0b40b1750b2302b0bde829074e21f3a0ef88b9efdf10d06aa4c295cc1671f758ca0e4cd108803d0f2614"),
	}
	onEd = signed{
		nil,
		unhex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
		unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
	}
)

// spoilt is b with one bit of the byte at i changed.
func spoilt(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[i] ^= 1
	return b
}

const tooBig = vm.RegionLengthTooBig

// TestVerify is V18, V19 and V21. A region that is too long ends the call, what else is wrong is a code.
func TestVerify(t *testing.T) {
	c := probe(t)
	longer := func(b []byte) []byte { return append(bytes.Clone(b), 0) }
	const ends = -1
	type row struct {
		name string
		s    signed
		code int
	}
	ecdsa := func(s signed) []row {
		return []row{
			{"valid", s, 0},
			{"other hash", signed{spoilt(s.message, 0), s.signature, s.key}, 1},
			{"longer hash", signed{longer(s.message), s.signature, s.key}, ends},
			{"shorter hash", signed{s.message[1:], s.signature, s.key}, crypto.CodeHashFormat},
			{"other signature", signed{s.message, spoilt(s.signature, 0), s.key}, 1},
			{"longer signature", signed{s.message, longer(s.signature), s.key}, ends},
			{"shorter signature", signed{s.message, s.signature[1:], s.key}, crypto.CodeSignatureFormat},
			{"format of the key", signed{s.message, s.signature, spoilt(s.key, 0)}, crypto.CodePubkeyFormat},
			{"key off the curve", signed{s.message, s.signature, spoilt(s.key, 1)}, crypto.CodeGeneric},
			{"longer key", signed{s.message, s.signature, longer(s.key)}, ends},
			{"shorter key", signed{s.message, s.signature, s.key[:64]}, crypto.CodePubkeyFormat},
			{"no key", signed{s.message, s.signature, nil}, crypto.CodePubkeyFormat},
			{"nonsense", signed{bytes.Repeat([]byte{0x22}, 32), bytes.Repeat([]byte{0x22}, 64), append([]byte{4}, bytes.Repeat([]byte{0x22}, 64)...)}, crypto.CodeGeneric},
		}
	}
	ed := onEd
	for _, table := range []struct {
		number, name string
		rows         []row
	}{
		{"V18", "secp256k1_verify", ecdsa(onK1)},
		{"V19", "secp256r1_verify", ecdsa(onR1)},
		{"V21", "ed25519_verify", []row{
			{"valid", ed, 0},
			{"other message", signed{[]byte{5}, ed.signature, ed.key}, 1},
			{"longest message", signed{make([]byte, 128<<10), ed.signature, ed.key}, 1},
			{"longer message", signed{make([]byte, 128<<10+1), ed.signature, ed.key}, ends},
			{"other signature", signed{nil, spoilt(ed.signature, 0), ed.key}, 1},
			{"longer signature", signed{nil, longer(ed.signature), ed.key}, ends},
			{"shorter signature", signed{nil, ed.signature[:63], ed.key}, crypto.CodeSignatureFormat},
			{"other key", signed{nil, ed.signature, spoilt(ed.key, 1)}, 1},
			{"longer key", signed{nil, ed.signature, longer(ed.key)}, ends},
			{"shorter key", signed{nil, ed.signature, ed.key[:31]}, crypto.CodePubkeyFormat},
			{"no key", signed{nil, ed.signature, nil}, crypto.CodePubkeyFormat},
		}},
	} {
		for _, k := range table.rows {
			t.Run(table.number+" "+k.name, func(t *testing.T) {
				o, _, err := play(t, c, newWorld(), do(table.name, plain, data(k.s.message), data(k.s.signature), data(k.s.key)))
				switch {
				case k.code == ends:
					if kindOf(err) != tooBig {
						t.Errorf("%s: %v", table.name, err)
					}
				case err != nil:
					t.Errorf("%s: %v", table.name, err)
				default:
					if got := o.result(); got != uint64(k.code) {
						t.Errorf("%s: %d, not %d", table.name, got, k.code)
					}
				}
			})
		}
	}
}

// TestRecover is V20.
func TestRecover(t *testing.T) {
	c := probe(t)
	for name, s := range map[string]signed{"secp256k1_recover_pubkey": onK1, "secp256r1_recover_pubkey": onR1} {
		t.Run("V20 "+name, func(t *testing.T) {
			recovered := false
			for param := range uint32(2) {
				o := played(t, c, newWorld(), do(name, returned, data(s.message), data(s.signature), num(param)))
				pointer := o.result()
				if pointer == 0 || pointer>>32 != 0 {
					t.Fatalf("%#x", pointer)
				}
				key := o.region()
				recovered = recovered || key == string(s.key)
			}
			if !recovered {
				t.Error("the key is not found")
			}
			for _, k := range []struct {
				hash, signature []byte
				param           uint32
				code            uint64
			}{
				{s.message, s.signature, 4, crypto.CodeRecoveryParam}, {s.message, s.signature, 255, crypto.CodeRecoveryParam},
				{s.message, s.signature, 256, crypto.CodeRecoveryParam}, {s.message, s.signature, 1<<32 - 1, crypto.CodeRecoveryParam},
				{s.message[1:], s.signature, 0, crypto.CodeHashFormat}, {s.message, s.signature[1:], 0, crypto.CodeSignatureFormat},
				{s.message, make([]byte, 64), 0, crypto.CodeGeneric},
			} {
				o := played(t, c, newWorld(), do(name, plain, data(k.hash), data(k.signature), num(k.param)))
				if got := o.result(); got != k.code<<32 {
					t.Errorf("parameter %d: %#x, not code %d", k.param, got, k.code)
				}
			}
			if _, _, err := play(t, c, newWorld(), do(name, plain, data(append(s.message[:32:32], 0)), data(s.signature), num(0))); kindOf(err) != tooBig {
				t.Error(err)
			}
		})
	}
}

// joined is what a contract passes for several parts.
func joined(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(append(b, p...), uint32(len(p)))
	}
	return b
}

// TestBatch is ed25519_batch_verify: what the parts are, and sections that are none.
func TestBatch(t *testing.T) {
	c := probe(t)
	s := onEd
	for i, k := range []struct {
		messages, signatures, keys []byte
		code                       uint64
	}{
		{joined(s.message), joined(s.signature), joined(s.key), 0},
		{joined(s.message, s.message), joined(s.signature, s.signature), joined(s.key, s.key), 0},
		{joined(s.message), joined(s.signature, s.signature), joined(s.key, s.key), 0},
		{joined(s.message, s.message), joined(s.signature, s.signature), joined(s.key), 0},
		{joined(s.message, []byte("other")), joined(s.signature, s.signature), joined(s.key), 1},
		{nil, nil, nil, 0},
		{joined(s.message), nil, nil, 0},
		{joined(s.message, s.message), joined(s.signature), joined(s.key), crypto.CodeBatch},
		{joined(s.message), joined(s.signature[1:]), joined(s.key), crypto.CodeSignatureFormat},
		{joined(s.message), joined(s.signature), joined(s.key[1:]), crypto.CodePubkeyFormat},
	} {
		o := played(t, c, newWorld(), do("ed25519_batch_verify", plain, data(k.messages), data(k.signatures), data(k.keys)))
		if got := o.result(); got != k.code {
			t.Errorf("%d: %d, not %d", i, got, k.code)
		}
	}
	for b, want := range map[string]string{
		"\x00":                    "extra data outside of any section",
		"a\x00\x00\x00\x00":       "extra data outside of any section",
		"\x00\x00\x00\x01":        "section length overflow",
		"\xff\xff\xff\xff":        "section length overflow",
		"abc\x00\x00\x00\x02":     "extra data outside of any section",
		"abc\x00\x00\x00\x03\x00": "section length overflow",
	} {
		for i := range 3 {
			arguments := [][]byte{text(""), text(""), text("")}
			arguments[i] = text(b)
			ended(t, c, newWorld(), vm.CommunicationErr, communication+"Got an invalid section: "+want, do("ed25519_batch_verify", plain, arguments...))
		}
	}
	played(t, c, newWorld(), do("ed25519_batch_verify", plain, text(""), data(slices.Repeat(joined(s.signature), 256)), text("")))
	if _, _, err := play(t, c, newWorld(), do("ed25519_batch_verify", plain, text(""), data(slices.Repeat(joined(s.signature), 257)), text(""))); kindOf(err) != tooBig {
		t.Error(err)
	}
}

// TestCurves is the imports of BLS12-381: that they compute what package crypto does, and where the result goes.
func TestCurves(t *testing.T) {
	c := probe(t)
	message, domain := []byte("message"), []byte("QUUX-V01-CS02")
	g1, err := crypto.BLS12381HashToG1(0, message, domain)
	if err != nil {
		t.Fatal(err)
	}
	g2, err := crypto.BLS12381HashToG2(0, message, domain)
	if err != nil {
		t.Fatal(err)
	}
	sum1, err := crypto.BLS12381AggregateG1(slices.Concat(g1[:], g1[:]))
	if err != nil {
		t.Fatal(err)
	}
	sum2, err := crypto.BLS12381AggregateG2(slices.Concat(g2[:], g2[:]))
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range []struct {
		command []byte
		want    []byte
	}{
		{do("bls12_381_hash_to_g1", destination, num(0), data(message), data(domain), room(48)), g1[:]},
		{do("bls12_381_hash_to_g2", destination, num(0), data(message), data(domain), room(96)), g2[:]},
		{do("bls12_381_aggregate_g1", destination, data(slices.Concat(g1[:], g1[:])), room(48)), sum1[:]},
		{do("bls12_381_aggregate_g2", destination, data(slices.Concat(g2[:], g2[:])), room(96)), sum2[:]},
	} {
		o := played(t, c, newWorld(), k.command)
		if code := o.result(); code != 0 || o.region() != string(k.want) {
			t.Errorf("%d: code %d, or another point", i, code)
		}
	}
	for i, k := range []struct {
		command []byte
		code    uint64
	}{
		{do("bls12_381_pairing_equality", plain, data(g1[:]), data(g2[:]), data(g1[:]), data(g2[:])), 0},
		{do("bls12_381_pairing_equality", plain, data(g1[:]), data(g2[:]), data(sum1[:]), data(g2[:])), 1},
		{do("bls12_381_pairing_equality", plain, data(slices.Concat(g1[:], g1[:])), data(slices.Concat(g2[:], g2[:])), data(sum1[:]), data(g2[:])), 0},
		{do("bls12_381_pairing_equality", plain, data(g1[1:]), data(g2[:]), data(g1[:]), data(g2[:])), crypto.CodePairingG1},
		{do("bls12_381_pairing_equality", plain, data(g1[:]), data(g2[1:]), data(g1[:]), data(g2[:])), crypto.CodePairingG2},
		{do("bls12_381_pairing_equality", plain, data(slices.Concat(g1[:], g1[:])), data(g2[:]), data(g1[:]), data(g2[:])), crypto.CodePairingUnequal},
		{do("bls12_381_pairing_equality", plain, data(g1[:]), data(g2[:]), data(g1[1:]), data(g2[:])), crypto.CodePoint},
		{do("bls12_381_aggregate_g1", plain, text(""), room(48)), crypto.CodeAggregationEmpty},
		{do("bls12_381_aggregate_g2", plain, data(g2[1:]), room(96)), crypto.CodeAggregationMultiple},
		{do("bls12_381_aggregate_g1", plain, data(spoilt(g1[:], 47)), room(0)), crypto.CodePoint},
		{do("bls12_381_hash_to_g1", plain, num(1), data(message), data(domain), room(0)), crypto.CodeHashFunction},
		{do("bls12_381_hash_to_g2", plain, num(1<<32-1), data(message), data(domain), room(0)), crypto.CodeHashFunction},
	} {
		if code := played(t, c, newWorld(), k.command).result(); code != k.code {
			t.Errorf("%d: code %d, not %d", i, code, k.code)
		}
	}
	ended(t, c, newWorld(), vm.CommunicationErr, communication+"Region too small. Got 47, required 48",
		do("bls12_381_hash_to_g1", plain, num(0), data(message), data(domain), room(47)))
	for _, command := range [][]byte{
		do("bls12_381_aggregate_g1", plain, many(2<<20+1), room(48)), do("bls12_381_aggregate_g2", plain, many(2<<20+1), room(96)),
		do("bls12_381_hash_to_g1", plain, num(0), many(5<<20+1), text(""), room(48)), do("bls12_381_hash_to_g2", plain, num(0), text(""), many(5<<10+1), room(96)),
		do("bls12_381_pairing_equality", plain, many(2<<20+1), text(""), text(""), text("")),
		do("bls12_381_pairing_equality", plain, text(""), text(""), many(49), text("")),
		do("bls12_381_pairing_equality", plain, text(""), text(""), text(""), many(97)),
	} {
		if _, _, err := play(t, c, newWorld(), command); kindOf(err) != tooBig {
			t.Error(err)
		}
	}
}
