package claims_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nkeys"

	"github.com/troupe-run/troupe/claims"
)

// The seeds of wash's own tests.
const (
	washAccount = "SAAAF62YYA6UCKZNSE7UF7GVWEHHYASDSUSSVCEEHTH3WY57DJKVXKIKOY"
	washModule  = "SMAJFHSZUOYLLPIW3HLYOMM7F6GABRPCETIVQ27BVYZ55XQNFYNTUTH57Y"
)

func account(t testing.TB) claims.Key   { return parseSeed(t, washAccount) }
func moduleKey(t testing.TB) claims.Key { return parseSeed(t, washModule) }

func parseSeed(t testing.TB, seed string) claims.Key {
	t.Helper()
	key, err := claims.ParseSeed([]byte(seed))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// plain is a module with a type, a function, its code and a custom section.
var plain = []byte("\x00asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x0a\x04\x01\x02\x00\x0b\x00\x05\x04name")

// echo is what a token says of a module, all of it.
func echo(t testing.TB) claims.Module {
	return claims.Module{Subject: moduleKey(t).Public(), ID: "SjB5fm974Sju9WMgTUchsb", Issued: now, NotBefore: now.Add(time.Hour), Expires: now.Add(2 * time.Hour), Name: "Echo <&>",
		Caps: []string{"wasmcloud:httpserver", "wasmcloud:keyvalue"}, Tags: []string{"example"}, Revision: 4, Version: "0.3.4", Alias: "wasmcloud/echo_1", Provider: true}
}

func signModule(t testing.TB, code []byte, m claims.Module) []byte {
	t.Helper()
	signed, err := claims.SignModule(account(t), code, m)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// custom is a custom section, as others write it: with so many bytes for its length.
func custom(name, contents string, lengthBytes int) []byte {
	body := append(append([]byte{byte(len(name))}, name...), contents...)
	return append(append([]byte{0}, padded(len(body), lengthBytes)...), body...)
}

// padded is a number in LEB128, in at least so many bytes.
func padded(n, bytes int) (leb []byte) {
	for ; n >= 0x80 || len(leb) < bytes-1; n >>= 7 {
		leb = append(leb, byte(n)|0x80)
	}
	return append(leb, byte(n))
}

// component is a component that holds the sections.
func component(sections ...[]byte) []byte {
	return append([]byte("\x00asm\x0d\x00\x01\x00"), slices.Concat(sections...)...)
}

// inner is the section of a component that holds a module (1) or a component (4).
func inner(id byte, code []byte, lengthBytes int) []byte {
	return append(append([]byte{id}, padded(len(code), lengthBytes)...), code...)
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// wascapClaims are those of a module's token, altered: a name "wascap.x" is of the member of that name.
func wascapClaims(t testing.TB, hash string, alter map[string]any) string {
	t.Helper()
	own := map[string]any{"name": "Echo", "hash": hash, "tags": []string{}, "caps": []string{"wasmcloud:httpserver"}, "rev": 4, "ver": "0.3.4", "prov": false}
	all := map[string]any{"jti": "i", "iat": now.Unix(), "iss": account(t).Public(), "sub": moduleKey(t).Public(), "wascap": own}
	for name, v := range alter {
		to := all
		if rest, ok := strings.CutPrefix(name, "wascap."); ok {
			name, to = rest, own
		}
		if v == nil {
			delete(to, name)
			continue
		}
		to[name] = v
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const wascapHeader = `{"typ":"jwt","alg":"Ed25519"}`

// embed puts tokens into a module, as sections of the old name.
func embed(code []byte, tokens ...string) []byte {
	for _, token := range tokens {
		code = append(code[:len(code):len(code)], custom("jwt", token, 1)...)
	}
	return code
}

// TestSignedModuleOpens also is acceptance 5, in part: the seeds of wash give its keys, and what is signed is read.
func TestSignedModuleOpens(t *testing.T) {
	if got := account(t).Public(); got != "ADPCF65BVZVFN43HS3Z43HJMI5E55T2UKCEK5FSMXSF2EYLMYMI2UD7V" {
		t.Errorf("the account is %s", got)
	}
	want := echo(t)
	signed := signModule(t, plain, want)
	got, token, err := claims.OpenModule(signed)
	if err != nil {
		t.Fatal(err)
	}
	want.Issuer, want.Hash, want.Format = account(t).Public(), hexSum(plain), 3
	if want.Subject != "MCRWPH2GWUEV5FRKWYE565FNCTGAGZ7OR3Q7F4F7ELL5ZVKKR2GEXRS3" || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if alone, err := claims.ReadModuleToken(token); err != nil || !reflect.DeepEqual(alone, want) {
		t.Errorf("alone it is %+v, %v", alone, err)
	}
	if !bytes.HasPrefix(signed, plain) || !bytes.Contains(signed[len(plain):], []byte("wasmcloud_jwt"+token)) || !bytes.HasSuffix(signed, []byte(token)) {
		t.Errorf("the token is not the last section: %q", signed)
	}
	form := must(base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1]))
	if want := `{"exp":1795269600,"jti":"SjB5fm974Sju9WMgTUchsb","iat":1795262400,"iss":"` + want.Issuer + `","sub":"` + want.Subject +
		`","nbf":1795266000,"wascap":{"name":"Echo <&>","hash":"` + want.Hash + `","tags":["example"],"caps":["wasmcloud:httpserver","wasmcloud:keyvalue"],` +
		`"rev":4,"ver":"0.3.4","call_alias":"wasmcloud/echo_1","prov":true},"wascap_revision":3}`; string(form) != want {
		t.Errorf("the claims are not written as wascap does:\n%s\n%s", form, want)
	}
	if again := signModule(t, signed, echo(t)); !bytes.Equal(again, signed) {
		t.Errorf("signed again it is another: %q", again)
	}
	twice := embed(embed(plain, "one"), "two")
	if again := signModule(t, twice, echo(t)); !bytes.Equal(again, signed) {
		t.Errorf("signing leaves tokens of others: %q", again)
	}
}

func TestSignModuleFillsIn(t *testing.T) {
	before := time.Now().Truncate(time.Second)
	m, _, err := claims.OpenModule(signModule(t, component(inner(1, plain, 5)), claims.Module{Subject: moduleKey(t).Public()}))
	if err != nil || m.Issued.Before(before) || m.Issued.After(time.Now()) || len(m.ID) != 22 || !m.Expires.IsZero() || !m.NotBefore.IsZero() {
		t.Errorf("%+v, %v", m, err)
	}
	if err := m.Check(now.AddDate(100, 0, 0)); err != nil {
		t.Error(err)
	}
}

func TestSignModuleRefuses(t *testing.T) {
	with := func(alter func(*claims.Module)) claims.Module {
		m := echo(t)
		alter(&m)
		return m
	}
	for _, row := range []struct {
		name string
		key  claims.Key
		code []byte
		m    claims.Module
		want string
	}{
		{"a user signs", alice(t), plain, echo(t), "signed by an account's key"},
		{"no key", claims.Key{}, plain, echo(t), "no key is none"},
		{"no subject", account(t), plain, with(func(m *claims.Module) { m.Subject = "" }), "is not a public key"},
		{"an account is the subject", account(t), plain, with(func(m *claims.Module) { m.Subject = account(t).Public() }), "is the key of an account, and not of a module"},
		{"no module", account(t), []byte("text"), echo(t), "does not begin as WebAssembly does"},
		{"cut off", account(t), plain[:len(plain)-1], echo(t), "cut off"},
		{"control character", account(t), plain, with(func(m *claims.Module) { m.Name = "a\x1b" }), "control character"},
		{"alias of a contract", account(t), plain, with(func(m *claims.Module) { m.Alias = "wasmcloud:keyvalue" }), "call alias"},
		{"too many tags", account(t), plain, with(func(m *claims.Module) { m.Tags = make([]string, 257) }), "257 tags"},
		{"too long", account(t), plain, with(func(m *claims.Module) { m.Tags = slices.Repeat([]string{strings.Repeat("a", 256)}, 256) }), "name fewer tags"},
		{"expires first", account(t), plain, with(func(m *claims.Module) { m.Expires, m.NotBefore = m.NotBefore, m.Expires }), "mixed up"},
		{"before 1970", account(t), plain, with(func(m *claims.Module) { m.Issued = time.Unix(-1, 0) }), "before 1970"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := claims.SignModule(row.key, row.code, row.m)
			has(t, err, row.want)
		})
	}
}

// TestModuleHashes checks which forms of a module a token may have hashed, whatever its format is (1.3).
func TestModuleHashes(t *testing.T) {
	long := append(append([]byte("\x00asm\x01\x00\x00\x00\x01"), padded(4, 5)...), "\x01\x60\x00\x00"...)
	short := append(append([]byte("\x00asm\x01\x00\x00\x00\x01"), 4), "\x01\x60\x00\x00"...)
	deepLong := component(inner(4, component(inner(1, long, 5)), 5))
	deepShort := component(inner(4, component(inner(1, short, 1)), 1))
	for _, row := range []struct {
		name       string
		code, hash []byte
		ok         bool
	}{
		{"canonical, as it is", short, short, true},
		{"padded, raw hash", long, long, true},
		{"padded, canonical hash", long, short, true},
		{"a component, raw hash", deepLong, deepLong, true},
		{"a component, canonical hash", deepLong, deepShort, true},
		{"canonical, the hash of what it was", short, long, false},
		{"a component, half canonical", deepLong, component(inner(4, component(inner(1, long, 1)), 1)), false},
		{"another", short, plain, false},
	} {
		for _, format := range []any{nil, 2, 3, 4} {
			code := embed(row.code, jwt(t, account(t), wascapHeader, wascapClaims(t, hexSum(row.hash), map[string]any{"wascap_revision": format})))
			_, _, err := claims.OpenModule(code)
			if row.ok && err != nil {
				t.Errorf("%s, format %v: %v", row.name, format, err)
			} else if !row.ok {
				refused(t, err, claims.BadHash, "not the one that")
			}
		}
	}
}

// TestTokensThatOthersWrite checks what is taken though we would not write it.
func TestTokensThatOthersWrite(t *testing.T) {
	for name, alter := range map[string]map[string]any{
		"no optional members": {"wascap.name": nil, "wascap.tags": nil, "wascap.caps": nil, "wascap.rev": nil, "wascap.ver": nil, "wascap.prov": nil, "jti": nil},
		"null":                {"wascap.name": json.RawMessage("null"), "wascap.caps": json.RawMessage("null"), "wascap.rev": json.RawMessage("null")},
		"unknown in wascap":   {"wascap.later": map[string]any{"a": 1}},
		"an empty capability": {"wascap.caps": []string{""}},
		"old contracts":       {"wascap.caps": []string{"wascc:http_server", "wasmcloud:extras"}},
		"negative revision":   {"wascap.rev": -1},
	} {
		m, _, err := claims.OpenModule(embed(plain, jwt(t, account(t), wascapHeader, wascapClaims(t, hexSum(plain), alter))))
		if err != nil || slices.Contains(m.Caps, "") {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

// TestOpenModuleRefuses is acceptance 2 without the fuzzing, and 1.5 as far as it is about one module.
func TestOpenModuleRefuses(t *testing.T) {
	text := jwt(t, account(t), wascapHeader, wascapClaims(t, hexSum(plain), nil))
	good := embed(plain, text)
	if _, _, err := claims.OpenModule(good); err != nil {
		t.Fatal(err)
	}
	with := func(alter map[string]any) []byte {
		return embed(plain, jwt(t, account(t), wascapHeader, wascapClaims(t, hexSum(plain), alter)))
	}
	replaced := func(from, to string) []byte {
		return embed(plain, jwt(t, account(t), wascapHeader, strings.Replace(wascapClaims(t, hexSum(plain), nil), from, to, 1)))
	}
	flipped := bytes.Clone(good)
	flipped[10] ^= 1
	user := func(kind nkeys.PrefixByte) string { return keyOfAny(t, kind, 9).Public() }
	for _, row := range []struct {
		name   string
		code   []byte
		reason claims.Reason
		want   string
	}{
		{"nothing", nil, claims.Malformed, "does not begin"},
		{"a text", []byte(text), claims.Malformed, "does not begin"},
		{"unsigned", plain, claims.Unsigned, "sign it"},
		{"another version", append([]byte("\x00asm\x02\x00\x00\x00"), good[8:]...), claims.Malformed, "version 2 of the layer 0"},
		{"another layer", append([]byte("\x00asm\x01\x00\x02\x00"), good[8:]...), claims.Malformed, "layer 2"},
		{"a body altered", flipped, claims.BadHash, "was altered"},
		{"a section appended", append(bytes.Clone(good), custom("x", "", 1)...), claims.BadHash, "was altered"},
		{"a section cut off", good[:len(good)-1], claims.Malformed, "cut off"},
		{"a length cut off", append(bytes.Clone(good), 0, 0x80), claims.Malformed, "cut off"},
		{"a length too long", append(bytes.Clone(good), 0, 0xff, 0xff, 0xff, 0xff, 0x1f), claims.Malformed, "cut off"},
		{"a length of six bytes", append(bytes.Clone(good), 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0), claims.Malformed, "cut off"},
		{"a length of 33 bits", append(bytes.Clone(good), 0, 0x82, 0x80, 0x80, 0x80, 0x10, 1, 'x'), claims.Malformed, "cut off"},
		{"the greatest length", append(bytes.Clone(good), 1, 0xff, 0xff, 0xff, 0xff, 0x0f), claims.Malformed, "cut off"},
		{"a name too long", append(bytes.Clone(good), 0, 1, 9), claims.Malformed, "the name of its custom section"},
		{"no name", append(bytes.Clone(good), 0, 0), claims.Malformed, "the name of its custom section"},
		{"two tokens", embed(good, text), claims.Ambiguous, "2 tokens"},
		{"tokens of both names", append(bytes.Clone(good), custom("wasmcloud_jwt", "x", 1)...), claims.Ambiguous, "2 tokens"},
		{"a token in an inner module", component(inner(1, good, 1)), claims.Nested, "inner module"},
		{"a token in an inner component", component(inner(4, embed(component(), text), 1)), claims.Nested, "inner module"},
		{"an inner module cut off", component(inner(1, good[:len(good)-1], 1)), claims.Malformed, "cut off"},
		{"components too deep", deepComponent(17), claims.TooLarge, "more than 16 deep"},
		{"a token of another", embed(append(bytes.Clone(plain), custom("x", "", 1)...), text), claims.BadHash, "comes from another"},
		{"an empty token", embed(plain, ""), claims.Unsigned, "no token"},
		{"a long token", embed(plain, strings.Repeat("a", claims.MaxClaims+1)), claims.TooLarge, ""},
		{"two segments", embed(plain, text[:strings.LastIndex(text, ".")]), claims.Malformed, "2 segments"},
		{"padding", embed(plain, text+"=="), claims.Malformed, "base64url"},
		{"a line break", embed(plain, text+"\n"), claims.Malformed, "base64url"},
		{"a letter of the signature", embed(plain, flipLetter(text, strings.LastIndex(text, ".")+10)), claims.BadSignature, "was altered"},
		{"no algorithm", embed(plain, jwt(t, account(t), `{"typ":"jwt","alg":"none"}`, wascapClaims(t, hexSum(plain), nil))), claims.BadAlgorithm, `"none"`},
		{"the algorithm of RFC 8037", embed(plain, jwt(t, account(t), `{"typ":"jwt","alg":"EdDSA"}`, wascapClaims(t, hexSum(plain), nil))), claims.BadAlgorithm, `"EdDSA"`},
		{"a header that asks for more", embed(plain, jwt(t, account(t), `{"typ":"jwt","alg":"Ed25519","kid":"x"}`, wascapClaims(t, hexSum(plain), nil))), claims.Malformed, "kid"},
		{"a token of a request", embed(plain, signToken(t, token(t))), claims.BadAlgorithm, ""},
		{"signed with another key", embed(plain, jwt(t, keyOfAny(t, claims.AccountKey, 9), wascapHeader, wascapClaims(t, hexSum(plain), nil))), claims.BadSignature, "another key"},
		{"the subject has signed", embed(plain, jwt(t, moduleKey(t), wascapHeader, wascapClaims(t, hexSum(plain), nil))), claims.BadSignature, "another key"},
		{"an operator is the issuer", with(map[string]any{"iss": user(claims.OperatorKey)}), claims.BadKey, "not of an account"},
		{"a module is the issuer", with(map[string]any{"iss": moduleKey(t).Public()}), claims.BadKey, "issuer"},
		{"no issuer", with(map[string]any{"iss": nil}), claims.BadKey, "issuer"},
		{"an account is the subject", with(map[string]any{"sub": account(t).Public()}), claims.BadKey, "subject"},
		{"a provider is the subject", with(map[string]any{"sub": user(claims.ProviderKey)}), claims.BadKey, "subject"},
		{"no subject", with(map[string]any{"sub": nil}), claims.BadKey, "subject"},
		{"a subject in small letters", with(map[string]any{"sub": strings.ToLower(moduleKey(t).Public())}), claims.BadKey, "subject"},
		{"no wascap", with(map[string]any{"wascap": nil}), claims.Malformed, `no member "wascap"`},
		{"wascap is a text", with(map[string]any{"wascap": "x"}), claims.Malformed, "not a JSON object"},
		{"no hash", with(map[string]any{"wascap.hash": nil}), claims.Malformed, "no hash"},
		{"an empty hash", with(map[string]any{"wascap.hash": ""}), claims.Malformed, "no hash"},
		{"a hash in small letters", with(map[string]any{"wascap.hash": strings.ToLower(hexSum(plain))}), claims.Malformed, "64 capital hex digits"},
		{"a member unknown", with(map[string]any{"aud": "x"}), claims.Malformed, `"aud" is not known`},
		{"a member in other letters", replaced(`"caps"`, `"Caps"`), claims.Malformed, `"caps" is there in other letters`},
		{"a member in other letters, too", replaced(`"caps":`, `"CAPS":[],"caps":`), claims.Malformed, "other letters"},
		{"a member twice", replaced(`"caps":`, `"caps":[],"caps":`), claims.Malformed, "twice"},
		{"a claim twice", replaced(`"iat":`, `"iat":1,"iat":`), claims.Malformed, "twice"},
		{"a claim in other letters", replaced(`"iat":`, `"IAT":`), claims.Malformed, `"IAT" is not known`},
		{"not UTF-8", replaced(`"Echo"`, "\"\xff\""), claims.Malformed, "not UTF-8"},
		{"something behind", replaced(`{`, ` {`), "", ""}, // white space is JSON's
		{"not JSON", replaced(`{`, `{{`), claims.Malformed, "not JSON"},
		{"capabilities are a text", with(map[string]any{"wascap.caps": "a"}), claims.Malformed, `"caps" is not a list of texts`},
		{"a capability is null", with(map[string]any{"wascap.caps": []any{nil}}), claims.Malformed, `"caps" is not a list of texts`},
		{"a revision of 64 bits", with(map[string]any{"wascap.rev": 1 << 32}), claims.Malformed, "32 bits"},
		{"a revision with a point", with(map[string]any{"wascap.rev": 1.5}), claims.Malformed, "not a whole number"},
		{"prov is a number", with(map[string]any{"wascap.prov": 1}), claims.Malformed, "neither true nor false"},
		{"an alias that is a key", with(map[string]any{"wascap.call_alias": moduleKey(t).Public()}), claims.Malformed, "call alias"},
		{"an alias that is a contract", with(map[string]any{"wascap.call_alias": "wasmcloud:keyvalue"}), claims.Malformed, "call alias"},
		{"a name of lines", with(map[string]any{"wascap.name": "a\nb"}), claims.Malformed, "control character"},
		{"no time of issue", with(map[string]any{"iat": nil}), claims.Malformed, "when it was issued"},
		{"a negative time", with(map[string]any{"exp": -1}), claims.Malformed, `"exp" is before 1970`},
		{"a time behind the year 9999", with(map[string]any{"nbf": 253402300800}), claims.Malformed, `"nbf" is before 1970 or behind`},
		{"a negative format", with(map[string]any{"wascap_revision": -1}), claims.Malformed, "wascap_revision"},
		{"never good", with(map[string]any{"exp": 5, "nbf": 5}), claims.BadLifetime, "mixed up"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, _, err := claims.OpenModule(row.code)
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

// keyOfAny is keyOf for all kinds.
func keyOfAny(t testing.TB, kind nkeys.PrefixByte, n byte) claims.Key {
	t.Helper()
	raw := append([]byte{byte(nkeys.PrefixByteSeed) | byte(kind)>>5, byte(kind) << 3}, bytes.Repeat([]byte{n}, 32)...)
	return parseSeed(t, string(encodeRaw(raw)))
}

func deepComponent(depth int) []byte {
	code := component()
	for range depth {
		code = component(inner(4, code, 1))
	}
	return code
}

// flipLetter returns the text with another letter there.
func flipLetter(text string, at int) string {
	c := byte('A')
	if text[at] == c {
		c = 'B'
	}
	return text[:at] + string(c) + text[at+1:]
}

// TestAlteredModule flips each bit of a signed module: none of them opens, but in the length of the section of the token.
func TestAlteredModule(t *testing.T) {
	good := signModule(t, plain, echo(t))
	reasons := map[claims.Reason]int{}
	for i := range 8 * len(good) {
		b := bytes.Clone(good)
		b[i/8] ^= 1 << (i % 8)
		_, _, err := claims.OpenModule(b)
		if err == nil {
			t.Fatalf("with bit %d of byte %d flipped it opens", i%8, i/8)
		}
		isRefusal(t, err)
		reasons[err.(*claims.Refusal).Reason]++
	}
	for _, reason := range []claims.Reason{claims.Malformed, claims.BadHash, claims.BadSignature, claims.Unsigned} {
		if reasons[reason] == 0 {
			t.Errorf("nothing was refused for %s: %v", reason, reasons)
		}
	}
	for n := range good {
		if _, _, err := claims.OpenModule(good[:n]); err == nil {
			t.Fatalf("its first %d bytes open", n)
		}
	}
}

// TestNestedTokenDoesNotCount: a token within an inner module is a part of what is signed around it.
func TestNestedTokenDoesNotCount(t *testing.T) {
	innermost := signModule(t, plain, echo(t))
	m := echo(t)
	m.Name = "around"
	outer := signModule(t, component(inner(1, innermost, 1)), m)
	if got, _, err := claims.OpenModule(outer); err != nil || got.Name != "around" {
		t.Errorf("%+v, %v", got, err)
	}
	at := bytes.Index(outer, []byte("wasmcloud_jwt")) + 20
	outer[at] ^= 1
	_, _, err := claims.OpenModule(outer)
	refused(t, err, claims.BadHash, "")
}

// TestModuleCheck is acceptance 3, as far as tokens go.
func TestModuleCheck(t *testing.T) {
	m := echo(t)
	for _, row := range []struct {
		at     time.Duration
		reason claims.Reason
	}{{0, claims.Early}, {time.Hour - 1, claims.Early}, {time.Hour, ""}, {2*time.Hour - 1, ""}, {2 * time.Hour, claims.Stale}, {3 * time.Hour, claims.Stale}} {
		err := m.Check(now.Add(row.at))
		if row.reason == "" && err != nil {
			t.Errorf("after %v: %v", row.at, err)
		} else if row.reason != "" {
			refused(t, err, row.reason, "Echo")
		}
	}
}
