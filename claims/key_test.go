package claims_test

import (
	"bytes"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/nats-io/nkeys"

	"github.com/troupe-run/troupe/claims"
)

// testSeed is the seed of alice, and of nobody else.
func testSeed(t testing.TB) string {
	t.Helper()
	return string(must(nkeys.EncodeSeed(claims.UserKey, bytes.Repeat([]byte{1}, 32))))
}

func TestKeySigns(t *testing.T) {
	for _, kind := range []nkeys.PrefixByte{claims.UserKey, claims.NodeKey, nkeys.PrefixByteAccount, nkeys.PrefixByteOperator} {
		key, err := claims.NewKey(kind)
		if err != nil {
			t.Fatal(err)
		}
		if err := claims.CheckPublic(key.Public(), kind); err != nil || !key.Valid() || key.Kind() != kind {
			t.Errorf("%s: %v", key, err)
		}
		signature, err := key.Sign([]byte("text"))
		if err != nil {
			t.Fatal(err)
		}
		if err := claims.Verify(key.Public(), kind, []byte("text"), signature); err != nil {
			t.Error(err)
		}
		refused(t, claims.Verify(key.Public(), kind, []byte("another"), signature), claims.BadSignature, "has not signed this")
		refused(t, claims.Verify(key.Public(), kind, []byte("text"), signature[1:]), claims.BadSignature, "")
		refused(t, claims.Verify(mallory(t).Public(), claims.UserKey, []byte("text"), signature), claims.BadSignature, "")
		refused(t, claims.Verify(key.Public(), nkeys.PrefixByteCluster, []byte("text"), signature), claims.BadKey, "not of a cluster")
	}
	for _, kind := range []nkeys.PrefixByte{nkeys.PrefixByteCurve, nkeys.PrefixByteSeed, nkeys.PrefixBytePrivate, nkeys.PrefixByteUnknown, 1} {
		if key, err := claims.NewKey(kind); err == nil {
			t.Errorf("kind %d makes the key %s", kind, key)
		}
	}
}

// TestKeysOfNATS checks that keys are those of package nkeys: its seeds, its public keys, its signatures.
func TestKeysOfNATS(t *testing.T) {
	theirs, err := nkeys.FromSeed([]byte(testSeed(t)))
	if err != nil {
		t.Fatal(err)
	}
	ours := alice(t)
	if public, _ := theirs.PublicKey(); public != ours.Public() {
		t.Errorf("public keys: %s and %s", public, ours)
	}
	if a, b := must(theirs.Sign(body)), must(ours.Sign(body)); !bytes.Equal(a, b) {
		t.Errorf("signatures: %x and %x", a, b)
	}
}

func TestCheckPublicRefuses(t *testing.T) {
	good := alice(t).Public()
	lowBits := func() string { // a kind that shows as U and is none
		raw := must(nkeys.Decode(claims.UserKey, []byte(good)))
		return string(encodeRaw(append([]byte{byte(claims.UserKey) | 1}, raw...)))
	}()
	for _, row := range []struct{ name, public, want string }{
		{"empty", "", "56 characters"},
		{"a name", "alice", `"alice" is not a public key`},
		{"a node", node(t).Public(), "is the key of a server, and not of a user"},
		{"a seed", testSeed(t), "56 characters"},
		{"cut", good[:55], ""},
		{"longer", good + "A", ""},
		{"one letter wrong", good[:20] + "A" + good[21:], "copied whole"},
		{"small letters", strings.ToLower(good), ""},
		{"line break behind", good + "\n", ""},
		{"line break within", good[:10] + "\n" + good[10:55], ""},
		{"padded", good[:55] + "=", ""},
		{"a kind that shows as U", lowBits, "kind is wrong"},
		{"small order: 1", publicOf(t, claims.UserKey, append([]byte{1}, make([]byte, 31)...)), ""},
		{"small order: 0", publicOf(t, claims.UserKey, make([]byte, 32)), ""},
		{"too few bytes", publicOf(t, claims.UserKey, make([]byte, 31)), ""},
		{"terminal", "\x1b[31m", `"\x1b[31m"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			refused(t, claims.CheckPublic(row.public, claims.UserKey), claims.BadKey, row.want)
		})
	}
}

// TestSeedsAreNotShown prints keys, what holds keys and the errors about seeds in all ways that there are.
func TestSeedsAreNotShown(t *testing.T) {
	seed := testSeed(t)
	raw := bytes.Repeat([]byte{1}, 32)
	key := alice(t)
	held := struct {
		Key    claims.Key
		hidden claims.Key
		to     *claims.Key
	}{key, key, &key}
	var shown []string
	show := func(s string, _ ...any) { shown = append(shown, s) }
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b", "%c", "%U", "%t", "%p", "%T", "%10v", "% x", "%w"} {
		show(fmt.Sprintf(verb, key))
		show(fmt.Sprintf(verb, &key))
		show(fmt.Sprintf(verb, held))
		show(fmt.Sprintf(verb, &held))
		show(fmt.Sprintf(verb, []claims.Key{key}))
		show(fmt.Sprintf(verb, map[string]claims.Key{"k": key}))
	}
	show(fmt.Sprint(key, held))
	show(key.String())
	b, err := json.Marshal(held.Key)
	show(string(b), err)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("key", "key", key, "held", held)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("key", "key", key, "held", held)
	show(log.String())
	for _, bad := range []string{seed[:57], seed + "A", seed + "\n", seed[:57] + "3", seed[:20] + "A" + seed[21:], strings.ToLower(seed), "SX" + seed[2:]} {
		k, err := claims.ParseSeed([]byte(bad))
		if err == nil {
			t.Fatalf("%s is a seed of %s", bad, k)
		}
		show(err.Error())
		show(fmt.Sprintf("%#v", err))
	}
	for _, s := range shown {
		for _, secret := range []string{seed[4:40], strings.ToLower(seed)[4:40], fmt.Sprintf("%x", raw), fmt.Sprintf("%d", raw)[1:20], fmt.Sprintf("%#v", raw)[8:40], string(raw)} {
			if strings.Contains(s, secret) {
				t.Errorf("a seed shows in %q", s)
			}
		}
	}
	if !strings.Contains(shown[0], key.Public()) || !strings.Contains(log.String(), key.Public()) {
		t.Errorf("the public key does not show: %s, %s", shown[0], log.String())
	}
}

func TestSeedHasOneText(t *testing.T) {
	seed := testSeed(t)
	for i := range seed {
		for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567\n=") {
			if c == seed[i] {
				continue
			}
			if k, err := claims.ParseSeed([]byte(seed[:i] + string(c) + seed[i+1:])); err == nil {
				t.Fatalf("with %q at %d it is the seed of %s", c, i, k)
			}
		}
	}
}

func TestWipe(t *testing.T) {
	key := alice(t)
	public := key.Public()
	copied := key
	key.Wipe()
	key.Wipe()
	if _, err := copied.Sign(nil); !errors.Is(err, claims.ErrNoSecret) {
		t.Errorf("a copy of a key that was wiped signs: %v", err)
	}
	if key.Public() != public {
		t.Error("the public half is gone")
	}
	if _, err := claims.Seal(key, envelope(t)); !errors.Is(err, claims.ErrNoSecret) {
		t.Errorf("sealing: %v", err)
	}
	var zero claims.Key
	zero.Wipe()
	if _, err := zero.Sign(nil); !errors.Is(err, claims.ErrNoSecret) || zero.Valid() || zero.Public() != "" || zero.String() != "no key" {
		t.Errorf("the zero key: %v, %v", zero, err)
	}
}

// TestSignNonce: a hostile server cannot have a token or a request signed as the nonce of its greeting.
func TestSignNonce(t *testing.T) {
	nonce := []byte("PXoWU7zWAMt75FY")
	signature, err := alice(t).SignNonce(nonce)
	if err != nil || claims.Verify(alice(t).Public(), claims.UserKey, nonce, signature) != nil {
		t.Errorf("%x, %v", signature, err)
	}
	text := signToken(t, token(t))
	for _, bad := range [][]byte{nil, []byte(text[:strings.LastIndex(text, ".")]), append([]byte("troupe request v1\x00"), encode(t, wire(t))...)} {
		if _, err := alice(t).SignNonce(bad); err == nil {
			t.Errorf("%q was signed", bad)
		}
	}
}

func TestShort(t *testing.T) {
	for public, want := range map[string]string{
		alice(t).Public(): alice(t).Public()[:6] + "…" + alice(t).Public()[52:],
		"alice":           "alice",
		"":                "",
	} {
		if got := claims.Short(public); got != want {
			t.Errorf("Short(%q) = %q, want %q", public, got, want)
		}
	}
}

// encodeRaw gives any bytes the form of a key: a checksum behind them, all in base32.
func encodeRaw(raw []byte) []byte {
	crc := uint16(0)
	for _, b := range raw {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	raw = append(bytes.Clone(raw), byte(crc), byte(crc>>8))
	return []byte(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))
}

// seedOfNode is the seed of node.
func seedOfNode(t testing.TB) string {
	t.Helper()
	return string(must(nkeys.EncodeSeed(claims.NodeKey, bytes.Repeat([]byte{3}, 32))))
}
