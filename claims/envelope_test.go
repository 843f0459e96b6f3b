package claims_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/nats-io/nkeys"

	"github.com/troupe-run/troupe/claims"
)

// now is the time of all tests that need one.
var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

var body = []byte(`{"to":"bank"}`)

// keyOf returns the key of that kind whose seed is the byte n over and over.
func keyOf(t testing.TB, kind nkeys.PrefixByte, n byte) claims.Key {
	t.Helper()
	seed, err := nkeys.EncodeSeed(kind, bytes.Repeat([]byte{n}, 32))
	if err != nil {
		t.Fatal(err)
	}
	key, err := claims.ParseSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func alice(t testing.TB) claims.Key   { return keyOf(t, claims.UserKey, 1) }
func mallory(t testing.TB) claims.Key { return keyOf(t, claims.UserKey, 2) }
func node(t testing.TB) claims.Key    { return keyOf(t, claims.NodeKey, 3) }
func other(t testing.TB) claims.Key   { return keyOf(t, claims.NodeKey, 4) }

// envelope is a request with all fields set.
func envelope(t testing.TB) claims.Envelope {
	return claims.Envelope{
		Signer: alice(t).Public(), Audience: node(t).Public(), Op: "send", Target: "bank", Kind: "execute", RequestID: "r1",
		BodyHash: sha256.Sum256(body), Issued: now, NotAfter: now.Add(time.Minute), Nonce: [16]byte{7},
	}
}

func seal(t testing.TB, e claims.Envelope) []byte {
	t.Helper()
	sealed, err := claims.Seal(alice(t), e)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// refused checks that err is a refusal for that reason whose text contains the part.
func refused(t testing.TB, err error, reason claims.Reason, part string) {
	t.Helper()
	var refusal *claims.Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("got %v, want a refusal", err)
	}
	if refusal.Reason != reason || !strings.Contains(refusal.Text, part) {
		t.Errorf("refused for %q: %s\nwant %q and a text with %q", refusal.Reason, refusal.Text, reason, part)
	}
	checkPrintable(t, refusal.Text)
}

func checkPrintable(t testing.TB, text string) {
	t.Helper()
	for _, r := range text {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			t.Errorf("the text of a refusal is not printable: %q", text)
		}
	}
}

func TestSealedEnvelopeOpens(t *testing.T) {
	want := envelope(t)
	sealed := seal(t, want)
	got, err := claims.OpenEnvelope(sealed)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if err := got.Check(node(t).Public(), "send", body, now); err != nil {
		t.Error(err)
	}
	text := claims.EncodeSealed(sealed)
	if again, err := claims.DecodeSealed(text); err != nil || !bytes.Equal(again, sealed) {
		t.Errorf("the text of a header came back as %x, %v", again, err)
	}
}

func TestSealFillsIn(t *testing.T) {
	e := claims.Envelope{Audience: node(t).Public(), Op: "info", BodyHash: sha256.Sum256(nil)}
	before := time.Now().Truncate(time.Millisecond)
	a, err := claims.OpenEnvelope(seal(t, e))
	if err != nil {
		t.Fatal(err)
	}
	b, err := claims.OpenEnvelope(seal(t, e))
	if err != nil {
		t.Fatal(err)
	}
	if a.Signer != alice(t).Public() || a.Issued.Before(before) || a.NotAfter.Sub(a.Issued) != claims.DefaultLifetime {
		t.Errorf("filled in: %+v", a)
	}
	if a.Nonce == b.Nonce || a.ID() == b.ID() {
		t.Error("two requests have one nonce")
	}
	if err := a.Check(node(t).Public(), "info", nil, time.Now()); err != nil {
		t.Error(err)
	}
	if e := envelope(t); e.ID() != "r1" {
		t.Errorf("the id of a request with an id is %q", e.ID())
	}
}

func TestSealRefuses(t *testing.T) {
	for _, row := range []struct {
		name  string
		key   claims.Key
		alter func(*claims.Envelope)
		want  string
	}{
		{"no key", claims.Key{}, func(e *claims.Envelope) { e.Signer = "" }, "is not a public key"},
		{"the key of a node", node(t), func(e *claims.Envelope) { e.Signer = "" }, "is the key of a server, and not of a user"},
		{"another signer", mallory(t), func(e *claims.Envelope) {}, "cannot sign for"},
		{"no audience", alice(t), func(e *claims.Envelope) { e.Audience = "" }, "the audience"},
		{"no operation", alice(t), func(e *claims.Envelope) { e.Op = "" }, "names no operation"},
		{"no hash of the body", alice(t), func(e *claims.Envelope) { e.BodyHash = [32]byte{} }, "an empty body has one too"},
		{"too long a lifetime", alice(t), func(e *claims.Envelope) { e.NotAfter = now.Add(claims.MaxLifetime + time.Millisecond) }, "at most 5m0s"},
		{"no lifetime", alice(t), func(e *claims.Envelope) { e.NotAfter = e.Issued.Add(time.Microsecond) }, "over before it is issued"},
		{"too long an id", alice(t), func(e *claims.Envelope) { e.RequestID = strings.Repeat("x", claims.MaxRequestID+1) }, "request id has 200 bytes"},
		{"before 1970", alice(t), func(e *claims.Envelope) { e.Issued = time.Unix(-1, 0); e.NotAfter = e.Issued.Add(time.Second) }, "before 1970"},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := envelope(t)
			row.alter(&e)
			sealed, err := claims.Seal(row.key, e)
			if sealed != nil || err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %x, %v; want an error with %q", sealed, err, row.want)
			}
		})
	}
}

func TestLongestEnvelopeFits(t *testing.T) {
	e := envelope(t)
	e.Op, e.Kind = strings.Repeat("o", 64), strings.Repeat("k", 64)
	e.Target, e.RequestID = strings.Repeat("t", 385), strings.Repeat("r", claims.MaxRequestID)
	e.Issued = time.Date(9999, 12, 31, 23, 59, 0, 0, time.UTC)
	e.NotAfter = e.Issued.Add(time.Second)
	sealed := seal(t, e)
	if got, err := claims.OpenEnvelope(sealed); err != nil || got != e {
		t.Errorf("%d bytes came back as %+v, %v", len(sealed), got, err)
	}
}

// wire is the payload of an envelope as a list that can be altered.
func wire(t testing.TB) []any {
	e := envelope(t)
	return []any{e.Signer, e.Audience, e.Op, e.Target, e.Kind, e.RequestID, e.BodyHash[:], e.Issued.UnixMilli(), e.NotAfter.UnixMilli(), e.Nonce[:]}
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := cbor.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sign makes a sealed envelope of any payload: what a hostile signer can do.
func sign(t testing.TB, k claims.Key, payload []byte) []byte {
	t.Helper()
	signature, err := k.Sign(append([]byte("troupe request v1\x00"), payload...))
	if err != nil {
		t.Fatal(err)
	}
	return encode(t, []any{payload, signature})
}

func TestOpenEnvelopeRefuses(t *testing.T) {
	good := seal(t, envelope(t))
	with := func(at int, v any) []byte {
		list := wire(t)
		list[at] = v
		return sign(t, alice(t), encode(t, list))
	}
	var parts [][]byte
	if err := cbor.Unmarshal(good, &parts); err != nil {
		t.Fatal(err)
	}
	payload, signature := parts[0], parts[1]
	smallOrder := publicOf(t, claims.UserKey, append([]byte{1}, make([]byte, 31)...))
	highS := bytes.Clone(signature)
	addOrder(highS[32:])
	text := claims.EncodeSealed(good)

	for _, row := range []struct {
		name   string
		sealed []byte
		reason claims.Reason
		want   string
	}{
		{"unsigned", nil, claims.Unsigned, "sign it, or send a token"},
		{"empty", []byte{}, claims.Unsigned, "not signed"},
		{"no signature inside", encode(t, []any{payload, []byte{}}), claims.BadSignature, "was altered"},
		{"null signature", encode(t, []any{payload, nil}), claims.Malformed, "deterministic"},
		{"forged: another key", sign(t, mallory(t), payload), claims.BadSignature, alice(t).Public()},
		{"forged: signature of another purpose", encode(t, []any{payload, must(alice(t).Sign(payload))}), claims.BadSignature, "with another key"},
		{"forged: key of small order", encode(t, []any{encode(t, replaced(wire(t), 0, smallOrder)), append([]byte{1}, make([]byte, 63)...)}), claims.BadKey, "anybody could sign"},
		{"signature with the order added", encode(t, []any{payload, highS}), claims.BadSignature, ""},
		{"signature too long", encode(t, []any{payload, append(bytes.Clone(signature), 0)}), claims.BadSignature, ""},
		{"signer is a node", sign(t, node(t), encode(t, replaced(wire(t), 0, node(t).Public()))), claims.BadKey, "is the key of a server, and not of a user"},
		{"signer with a line break", with(0, alice(t).Public()+"\n"), claims.BadKey, "has 56 characters"},
		{"signer in small letters", with(0, strings.ToLower(alice(t).Public())), claims.BadKey, ""},
		{"signer with a wrong checksum", with(0, "UA"+alice(t).Public()[2:]), claims.BadKey, "copied whole"},
		{"audience is a user", with(1, alice(t).Public()), claims.BadKey, "the audience"},
		{"audience missing", with(1, ""), claims.BadKey, "the audience"},
		{"operation missing", with(2, ""), claims.Malformed, "names no operation"},
		{"operation too long", with(2, strings.Repeat("x", 65)), claims.TooLarge, "operation has 65 bytes"},
		{"target with a line break", with(3, "bank\nforged line"), claims.Malformed, "control character at byte 5"},
		{"target too long", with(3, strings.Repeat("x", 386)), claims.TooLarge, "target has 386"},
		{"kind is no text", with(4, 7), claims.Malformed, "malformed"},
		{"kind is not UTF-8", with(4, cbor.RawMessage{0x61, 0xff}), claims.Malformed, "UTF-8"},
		{"request id too long", with(5, strings.Repeat("x", 200)), claims.TooLarge, "request id has 200"},
		{"hash missing", with(6, make([]byte, 32)), claims.Malformed, "no hash of its body"},
		{"hash too short", with(6, make([]byte, 31)), claims.Malformed, "deterministic"},
		{"hash too long", with(6, make([]byte, 33)), claims.Malformed, "malformed"},
		{"hash as a list", with(6, make([]int, 32)), claims.Malformed, "deterministic"},
		{"negative time", with(7, -1), claims.Malformed, "before 1970"},
		{"time as a float", with(7, 1.5), claims.Malformed, "malformed"},
		{"whole time as a float", with(7, float64(now.UnixMilli())), claims.Malformed, "malformed"},
		{"far time", with(8, int64(math.MaxInt64)), claims.Malformed, "year 9999"},
		{"farther time", with(8, uint64(math.MaxUint64)), claims.Malformed, "malformed"},
		{"nonce missing", with(9, make([]byte, 16)), claims.Malformed, "no nonce"},
		{"nonce too short", with(9, []byte{7}), claims.Malformed, "deterministic"},
		{"a field too many", sign(t, alice(t), encode(t, append(wire(t), 1))), claims.Malformed, "malformed"},
		{"a field too few", sign(t, alice(t), encode(t, wire(t)[:9])), claims.Malformed, "malformed"},
		{"payload is a map", sign(t, alice(t), encode(t, map[string]string{"Signer": alice(t).Public()})), claims.Malformed, "malformed"},
		{"payload is null", sign(t, alice(t), []byte{0xf6}), claims.Malformed, "malformed"},
		{"length not in its shortest form", sign(t, alice(t), longHead(payload)), claims.Malformed, "deterministic"},
		{"indefinite length", sign(t, alice(t), append(append([]byte{0x9f}, payload[1:]...), 0xff)), claims.Malformed, "malformed"},
		{"tagged", append([]byte{0xd9, 0xd9, 0xf7}, good...), claims.Malformed, "malformed"},
		{"bytes behind the payload", sign(t, alice(t), append(bytes.Clone(payload), 0)), claims.Malformed, "malformed"},
		{"bytes behind", append(bytes.Clone(good), 0), claims.Malformed, "malformed"},
		{"outer array not in its shortest form", append([]byte{0x98, 2}, good[1:]...), claims.Malformed, "deterministic"},
		{"outer array with more", encode(t, []any{payload, signature, 1}), claims.Malformed, "malformed"},
		{"oversized", append(bytes.Clone(good), make([]byte, claims.MaxSealed)...), claims.TooLarge, "at most 1024"},
		{"not CBOR", []byte("hello"), claims.Malformed, "malformed"},
		{"nested deep", bytes.Repeat([]byte{0x81}, 1000), claims.Malformed, "malformed"},
		{"a huge length", []byte{0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, claims.Malformed, "malformed"},
		{"its own text", []byte(text), claims.Malformed, "malformed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			e, err := claims.OpenEnvelope(row.sealed)
			refused(t, err, row.reason, row.want)
			if e != (claims.Envelope{}) {
				t.Errorf("with the refusal came %+v", e)
			}
		})
	}
}

func TestCheckRefuses(t *testing.T) {
	to, body := node(t).Public(), body
	for _, row := range []struct {
		name     string
		alter    func(*claims.Envelope)
		audience string
		op       string
		body     []byte
		at       time.Time
		reason   claims.Reason // empty: accepted
		want     string
	}{
		{"as signed", nil, to, "send", body, now, "", ""},
		{"wrong audience", nil, other(t).Public(), "send", body, now, claims.BadAudience, "is for the node " + to},
		{"wrong operation", nil, to, "query", body, now, claims.BadOperation, `for the operation "send", and is used for "query"`},
		{"altered body", nil, to, "send", []byte(`{"to":"bunk"}`), now, claims.BadBody, "another body than the 13 bytes"},
		{"body taken away", nil, to, "send", nil, now, claims.BadBody, "the 0 bytes"},
		{"body put into an empty request", func(e *claims.Envelope) { e.BodyHash = sha256.Sum256(nil) }, to, "send", body, now, claims.BadBody, ""},
		{"an empty body", func(e *claims.Envelope) { e.BodyHash = sha256.Sum256(nil) }, to, "send", []byte{}, now, "", ""},
		{"at its end", nil, to, "send", body, now.Add(time.Minute), "", ""},
		{"stale", nil, to, "send", body, now.Add(time.Minute + time.Millisecond), claims.Stale, "valid until 2026-11-21T12:01:00Z, 1ms ago"},
		{"stale by years", nil, to, "send", body, now.AddDate(500, 0, 0), claims.Stale, ""},
		{"as early as clocks may differ", nil, to, "send", body, now.Add(-claims.MaxSkew), "", ""},
		{"too early", nil, to, "send", body, now.Add(-claims.MaxSkew - time.Millisecond), claims.Early, "set the clocks"},
		{"too early by years", nil, to, "send", body, time.Unix(0, 0), claims.Early, ""},
		{"the longest lifetime", func(e *claims.Envelope) { e.NotAfter = now.Add(claims.MaxLifetime) }, to, "send", body, now, "", ""},
		{"the zero time of a broken clock", nil, to, "send", body, time.Time{}, claims.Early, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := envelope(t)
			if row.alter != nil {
				row.alter(&e)
			}
			e, err := claims.OpenEnvelope(seal(t, e))
			if err != nil {
				t.Fatal(err)
			}
			err = e.Check(row.audience, row.op, row.body, row.at)
			if row.reason == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, err, row.reason, row.want)
		})
	}
}

// TestCheckRefusesLifetimes signs what Seal would not.
func TestCheckRefusesLifetimes(t *testing.T) {
	for _, row := range []struct {
		name     string
		notAfter time.Time
		want     string
	}{
		{"too long", now.Add(claims.MaxLifetime + time.Millisecond), "at most 5m0s"},
		{"for ever", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), "at most 5m0s"},
		{"none", now, "over before it is issued"},
		{"backward", now.Add(-time.Second), "over before it is issued"},
	} {
		t.Run(row.name, func(t *testing.T) {
			e, err := claims.OpenEnvelope(sign(t, alice(t), encode(t, replaced(wire(t), 8, row.notAfter.UnixMilli()))))
			if err != nil {
				t.Fatal(err)
			}
			refused(t, e.Check(node(t).Public(), "send", body, now), claims.BadLifetime, row.want)
		})
	}
}

// TestAlteredEnvelope alters each bit of each byte, and cuts at each length: nothing but the original opens.
func TestAlteredEnvelope(t *testing.T) {
	good := seal(t, envelope(t))
	for i := range good {
		for bit := range 8 {
			if testing.Short() && bit > 0 {
				break
			}
			altered := bytes.Clone(good)
			altered[i] ^= 1 << bit
			if e, err := claims.OpenEnvelope(altered); err == nil {
				t.Fatalf("byte %d with bit %d flipped opens: %+v", i, bit, e)
			}
		}
		if _, err := claims.OpenEnvelope(good[:i]); err == nil {
			t.Fatalf("the first %d bytes open", i)
		}
	}
}

// TestAlteredText replaces each letter of the text of a header by each other one.
func TestAlteredText(t *testing.T) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \r\n\t."
	good := seal(t, envelope(t))
	text := claims.EncodeSealed(good)
	for i := range text {
		for _, c := range []byte(letters) {
			if c == text[i] {
				continue
			}
			altered := text[:i] + string(c) + text[i+1:]
			if sealed, err := claims.DecodeSealed(altered); err == nil && bytes.Equal(sealed, good) {
				t.Fatalf("with %q at %d the text says the same", c, i)
			}
		}
	}
}

func TestDecodeSealedRefuses(t *testing.T) {
	for _, row := range []struct {
		name, text string
		reason     claims.Reason
		want       string
	}{
		{"empty", "", claims.Unsigned, "not signed"},
		{"padding", base64.URLEncoding.EncodeToString([]byte{1}), claims.Malformed, "without padding"},
		{"other alphabet", base64.RawStdEncoding.EncodeToString([]byte{0xff, 0xff, 0xff}), claims.Malformed, "base64url"},
		{"bits that say nothing", "AB", claims.Malformed, ""},
		{"line break", "AA\nAA", claims.Malformed, ""},
		{"carriage return", "AAAA\r", claims.Malformed, ""},
		{"space", " AAAA", claims.Malformed, ""},
		{"a letter too few", "AAAAA", claims.Malformed, ""},
		{"oversized", strings.Repeat("A", 1367), claims.TooLarge, "at most 1366"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := claims.DecodeSealed(row.text)
			refused(t, err, row.reason, row.want)
		})
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func replaced(list []any, at int, v any) []any {
	list[at] = v
	return list
}

// publicOf returns the text of a public key of any bytes.
func publicOf(t testing.TB, kind nkeys.PrefixByte, raw []byte) string {
	t.Helper()
	text, err := nkeys.Encode(kind, raw)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// longHead gives the first text of a payload a head that is longer than it need be.
func longHead(payload []byte) []byte {
	b := append([]byte{payload[0], 0x79, 0}, payload[2:]...)
	return b
}

// addOrder adds the order of the group to a scalar, in little endian: a signature that says the same by careless rules.
func addOrder(s []byte) {
	order := []byte{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10}
	carry := 0
	for i := range s {
		sum := int(s[i]) + int(order[i]) + carry
		s[i], carry = byte(sum), sum>>8
	}
}
