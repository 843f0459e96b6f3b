package vm_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/crypto"
)

// What V30 verifies. Hashes of Ethereum are Keccak-256, which the standard library does not have: of the text behind its
// prefix, of the text with a ! behind it, and of the transaction in RLP. An address is the end of such a hash of a key, so
// that the keys stand here in the place of addresses.
var (
	cosmos = signed{
		unhex("5c868fedb8026979ebd26f1ba07c27eedf4ff6d10443505a96ecaf21ba8c4f0937b3cd23ffdc3dd429d4cd1905fb8dbcceeff1350020e18b58d2ba70887baa3a" +
			"9b783ad30d3fbf210331cdd7df8d77defa398cdacdfc2e359c7ba4cae46bb74401deb417f8b912a1aa966aeeba9c39c7dd22479ae2b30719dca2f2206c5eb4b7"),
		onK1.signature, onK1.key,
	}
	nist = signed{
		unhex("4d55c99ef6bd54621662c3d110c3cb627c03d6311393b264ab97b90a4b15214a5593ba2510a53d63fb34be251facb697c973e11b665cb7920f1684b0031b4dd3" +
			"70cb927ca7168b0bf8ad285e05e9e31e34bc24024739fdc10b78586f29eff94412034e3b606ed850ec2c1900e8e68151fc4aee5adebb066eb6da4eaa5681378e"),
		unhex("1cc628533d0004b2b20e7f4baad0b8bb5e0673db159bbccf92491aef61fc9620880e0bbf82a8cf818ed46ba03cf0fc6c898e36fca36cc7fdb1d2db7503634430"),
		unhex("04b8188bd68701fc396dab53125d4d28ea33a91daf6d21485f4770f6ea8c565dde423f058810f277f8fe076f6db56e9285a1bf2c2a1dae145095edd9c04970bc4a"),
	}
	ethereumText = signed{
		unhex("858dc8f47a065dee00b28dc0064215b7f0a56c005fa8e823bbb4ce58bdb288cc"),
		unhex("dada130255a447ecf434a2df9193e6fbba663e4546c35c075cd6eea21d8c7cb1714b9b65a4f7f604ff6aad55fba73f8c36514a512bbbba03709b37069194f8a4"),
		unhex("0487977ddf1e8e4c3f0a4619601fc08ac5c1dcf78ee64e826a63818394754cef52457a10a599cb88afb7c5a6473b7534b8b150d38d48a11c9b515dd01434cceb08"),
	}
	ethereumOther       = unhex("a09b30f66e7bd9cc2c0160758d0547d573df06584351bd256486416a38d7cf6d")
	ethereumTransaction = signed{
		unhex("1ff5c235b3c317d054b80b4bf0a8038bd727d180872d2491a7edef4f949c4135"),
		unhex("b9299dab50b3cddcaecd64b29bfbd5cd30fac1a1adea1b359a13c4e5171492a6573059c66d894684488f92e7ce1f91b158ca57b0235485625b576a3b98c480ac"),
		unhex("041d4c015b00cbd914e280b871d3c6ae2a047ca650d3ecea4b5246bb3036d4d74960b7feb09068164d2b82f1c7df9e95839b29ae38e90d60578b2318a54e108cf8"),
	}
	// Tests 3 and 2 of RFC 8032, 7.1.
	tendermint = [2]signed{{
		unhex("af82"),
		unhex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
		unhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
	}, {
		unhex("72"),
		unhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
		unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
	}}
	webauthn = signed{
		unhex("e0b592a7dd54eedeec65206e031fc196b8e5915f9b389735860c83854f65dc0e1d00000000"), // what the authenticator says
		unhex("32e005a53ae49a96ac88c715243638dd5c985fbd463c727d8eefd05bee4e25707a4fef4d0b11187f95f69eefbb428df8ac799bbd9305066b1e9c9fe9a5bcf8c4"),
		unhex("0480d9326e49eb6314d03f58830369ea5bafbc4e2709b30bff1f4379586ca869d9806ed746d8ac6c2779a472d8c1ed4c200b07978d9d8d8d862be8b7d4b7fb6350"),
	}
	generatorG1 = unhex("97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb")
	generatorG2 = unhex("93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e" +
		"024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8")
)

// TestSchemes is V30: what the contract crypto-verify does for each kind of signature, by the same imports, with the
// signatures of its integration test. A key that is recovered must be the right one before it is used.
func TestSchemes(t *testing.T) {
	c := probe(t)
	sum := func(parts ...[]byte) []byte {
		h := sha256.Sum256(slices.Concat(parts...))
		return h[:]
	}
	verify := func(t *testing.T, name string, message, signature, key []byte) uint64 {
		t.Helper()
		return played(t, c, newWorld(), do(name, plain, data(message), data(signature), data(key))).result()
	}
	const invalid = 1
	recovered := func(t *testing.T, hash, signature []byte, parameter uint32, key []byte) uint64 {
		t.Helper()
		o := played(t, c, newWorld(), do("secp256k1_recover_pubkey", returned, data(hash), data(signature), num(parameter)))
		if code := o.result() >> 32; code != 0 {
			return code
		}
		if got := o.region(); got != string(key) {
			return invalid
		}
		return verify(t, "secp256k1_verify", hash, signature, key)
	}
	batch := func(t *testing.T, messages, signatures, keys []byte) uint64 {
		t.Helper()
		return played(t, c, newWorld(), do("ed25519_batch_verify", plain, data(messages), data(signatures), data(keys))).result()
	}
	// drand verifies a round of the League of Entropy: with keys in G1, or in G2.
	drand := func(t *testing.T, inG1 bool, round uint64, previous, signature, key []byte) uint64 {
		t.Helper()
		message := sum(previous, binary.BigEndian.AppendUint64(nil, round))
		hash, domain, size := "bls12_381_hash_to_g1", "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_", uint32(48)
		if inG1 {
			hash, domain, size = "bls12_381_hash_to_g2", "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_", 96
		}
		o := played(t, c, newWorld(), do(hash, destination, num(0), data(message), text(domain), room(size)))
		if code := o.result(); code != 0 {
			return code
		}
		point := []byte(o.region())
		points := [][]byte{data(signature), data(generatorG2), data(point), data(key)}
		if inG1 {
			points = [][]byte{data(generatorG1), data(signature), data(key), data(point)}
		}
		return played(t, c, newWorld(), do("bls12_381_pairing_equality", plain, points...)).result()
	}
	previous := unhex("a609e19a03c2fcc559e8dae14900aaefe517cb55c840f6e69bc8e4f66c8d18e8a609685d9917efbfb0c37f058c2de88f" +
		"13d297c7e19e0ab24813079efe57a182554ff054c7638153f9b26a60e7111f71a0ff63d9571704905d3ca6df0b031747")
	mainnet := signed{nil, unhex("82f5d3d2de4db19d40a6980e8aa37842a0e55d1df06bd68bddc8d60002e8e959eb9cfa368b3c1b77d18f02a54fe047b8" +
		"0f0989315f83b12a74fd8679c4f12aae86eaf6ab5690b34f1fddd50ee3cc6f6cdf59e95526d5a5d82aaa84fa6f181e42"),
		unhex("868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a569937c529eeda66c7293784a9402801af31")}
	quicknet := signed{nil, unhex("b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92"),
		unhex("83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451" +
			"0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a")}
	client := `{"type":"webauthn.get","challenge":"` + base64.RawURLEncoding.EncodeToString([]byte("test")) + `","origin":"https://funny-froyo-3f9b75.netlify.app"}`
	assertion := func(client string) []byte { return sum(webauthn.message, sum([]byte(client))) }
	a, b := tendermint[0], tendermint[1]
	for _, k := range []struct {
		name string
		want uint64
		got  func(t *testing.T) uint64
	}{
		{"drand with keys in G1", 0, func(t *testing.T) uint64 { return drand(t, true, 72785, previous, mainnet.signature, mainnet.key) }},
		{"drand with keys in G2", 0, func(t *testing.T) uint64 { return drand(t, false, 123, nil, quicknet.signature, quicknet.key) }},
		{"drand after another round", invalid, func(t *testing.T) uint64 {
			return drand(t, true, 72785, append([]byte{previous[0] ^ 3}, previous[1:]...), mainnet.signature, mainnet.key)
		}},
		{"cosmos", 0, func(t *testing.T) uint64 {
			return verify(t, "secp256k1_verify", sum(cosmos.message), cosmos.signature, cosmos.key)
		}},
		{"cosmos, another message", invalid, func(t *testing.T) uint64 {
			return verify(t, "secp256k1_verify", sum(spoilt(cosmos.message, 0)), cosmos.signature, cosmos.key)
		}},
		{"cosmos, no key", crypto.CodePubkeyFormat, func(t *testing.T) uint64 {
			return verify(t, "secp256k1_verify", sum(cosmos.message), cosmos.signature, nil)
		}},
		{"secp256r1", 0, func(t *testing.T) uint64 {
			return verify(t, "secp256r1_verify", sum(nist.message), nist.signature, nist.key)
		}},
		{"secp256r1, another message", invalid, func(t *testing.T) uint64 {
			return verify(t, "secp256r1_verify", sum(spoilt(nist.message, 0)), nist.signature, nist.key)
		}},
		{"secp256r1, no key", crypto.CodePubkeyFormat, func(t *testing.T) uint64 {
			return verify(t, "secp256r1_verify", sum(nist.message), nist.signature, nil)
		}},
		{"ethereum text", 0, func(t *testing.T) uint64 {
			return recovered(t, ethereumText.message, ethereumText.signature, 0, ethereumText.key)
		}},
		{"ethereum text, another one", invalid, func(t *testing.T) uint64 {
			return recovered(t, ethereumOther, ethereumText.signature, 0, ethereumText.key)
		}},
		{"ethereum text, another signature", invalid, func(t *testing.T) uint64 {
			return recovered(t, ethereumText.message, spoilt(ethereumText.signature, 5), 0, ethereumText.key)
		}},
		{"ethereum text, no signature", crypto.CodeGeneric, func(t *testing.T) uint64 {
			return recovered(t, ethereumText.message, []byte(strings.Repeat("\x1c", 64)), 1, ethereumText.key)
		}},
		{"ethereum transaction", 0, func(t *testing.T) uint64 {
			return recovered(t, ethereumTransaction.message, ethereumTransaction.signature, 0, ethereumTransaction.key)
		}},
		{"tendermint", 0, func(t *testing.T) uint64 { return verify(t, "ed25519_verify", a.message, a.signature, a.key) }},
		{"tendermint, another message", invalid, func(t *testing.T) uint64 {
			return verify(t, "ed25519_verify", spoilt(a.message, 0), a.signature, a.key)
		}},
		{"tendermint, no key", crypto.CodePubkeyFormat, func(t *testing.T) uint64 { return verify(t, "ed25519_verify", a.message, a.signature, nil) }},
		{"batch", 0, func(t *testing.T) uint64 {
			return batch(t, joined(a.message, b.message), joined(a.signature, b.signature), joined(a.key, b.key))
		}},
		{"batch of one message", 0, func(t *testing.T) uint64 {
			return batch(t, joined(a.message), joined(a.signature, a.signature), joined(a.key, a.key))
		}},
		{"batch of one key", 0, func(t *testing.T) uint64 {
			return batch(t, joined(a.message, a.message), joined(a.signature, a.signature), joined(a.key))
		}},
		{"batch with another message", invalid, func(t *testing.T) uint64 {
			return batch(t, joined(spoilt(a.message, 0), b.message), joined(a.signature, b.signature), joined(a.key, b.key))
		}},
		{"batch without a key", crypto.CodePubkeyFormat, func(t *testing.T) uint64 {
			return batch(t, joined(a.message, b.message), joined(a.signature, b.signature), joined(a.key, nil))
		}},
		{"webauthn", 0, func(t *testing.T) uint64 {
			return verify(t, "secp256r1_verify", assertion(client), webauthn.signature, webauthn.key)
		}},
		{"webauthn, another signature", invalid, func(t *testing.T) uint64 {
			return verify(t, "secp256r1_verify", assertion(client), append([]byte{webauthn.signature[0] ^ 3}, webauthn.signature[1:]...), webauthn.key)
		}},
		{"webauthn, another client", invalid, func(t *testing.T) uint64 {
			return verify(t, "secp256r1_verify", assertion(client+"tampering with hashes is fun"), webauthn.signature, webauthn.key)
		}},
	} {
		t.Run("V30 "+k.name, func(t *testing.T) {
			if got := k.got(t); got != k.want {
				t.Errorf("code %d, not %d", got, k.want)
			}
		})
	}
}
