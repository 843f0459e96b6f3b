package claims_test

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
)

func token(t testing.TB) claims.Token {
	return claims.Token{
		Subject: alice(t).Public(), Audience: node(t).Public(), ID: "t1", Issued: now, Expires: now.Add(time.Hour),
		Ops: []string{"get", "s*"}, Actors: []string{"account/*", "bank"},
	}
}

func signToken(t testing.TB, tok claims.Token) string {
	t.Helper()
	text, err := claims.SignToken(alice(t), tok)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestSignedTokenOpens(t *testing.T) {
	for _, want := range []claims.Token{
		token(t),
		{Subject: alice(t).Public(), Audience: node(t).Public(), ID: `<&>"\`, Issued: now, Expires: now.Add(time.Second)},
	} {
		got, err := claims.OpenToken(signToken(t, want))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		if err := got.Check(node(t).Public(), now); err != nil {
			t.Error(err)
		}
	}
}

func TestSignTokenFillsIn(t *testing.T) {
	got, err := claims.OpenToken(signToken(t, claims.Token{Audience: node(t).Public()}))
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != alice(t).Public() || len(got.ID) != 32 || got.Expires.Sub(got.Issued) != claims.DefaultTokenLifetime ||
		time.Since(got.Issued) > time.Minute || got.Ops != nil || got.Actors != nil {
		t.Errorf("filled in: %+v", got)
	}
}

func TestSignTokenRefuses(t *testing.T) {
	many := make([]string, claims.MaxTokenPatterns+1)
	long := make([]string, claims.MaxTokenPatterns)
	for i := range many {
		many[i] = "a"
	}
	for i := range long {
		long[i] = strings.Repeat("a", 380)
	}
	for _, row := range []struct {
		name  string
		key   claims.Key
		alter func(*claims.Token)
		want  string
	}{
		{"no key", claims.Key{}, func(tok *claims.Token) { tok.Subject = "" }, "is not a public key"},
		{"another subject", mallory(t), func(*claims.Token) {}, "cannot sign a token of"},
		{"no audience", alice(t), func(tok *claims.Token) { tok.Audience = "" }, "the audience"},
		{"too long a lifetime", alice(t), func(tok *claims.Token) { tok.Expires = now.Add(claims.MaxTokenLifetime + time.Second) }, "at most 720h"},
		{"no lifetime", alice(t), func(tok *claims.Token) { tok.Expires = now }, "expires before"},
		{"too many patterns", alice(t), func(tok *claims.Token) { tok.Ops = many }, "at most 32"},
		{"a star in the middle", alice(t), func(tok *claims.Token) { tok.Actors = []string{"a*b"} }, "at the end only"},
		{"an empty pattern", alice(t), func(tok *claims.Token) { tok.Actors = []string{""} }, "it would cover nothing"},
		{"too long", alice(t), func(tok *claims.Token) { tok.Actors = long }, "name fewer actors"},
	} {
		t.Run(row.name, func(t *testing.T) {
			tok := token(t)
			row.alter(&tok)
			if text, err := claims.SignToken(row.key, tok); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %q, %v; want an error with %q", text, err, row.want)
			}
		})
	}
}

const tokenHeader = `{"typ":"JWT","alg":"ed25519-nkey"}`

func segment(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// jwt signs any header and claims: what a hostile signer can do.
func jwt(t testing.TB, k claims.Key, header, claims string) string {
	t.Helper()
	signed := segment(header) + "." + segment(claims)
	return signed + "." + segment(string(must(k.Sign([]byte(signed)))))
}

// claimsWith returns the claims of a right token, altered: a nil value takes a member away.
func claimsWith(t testing.TB, alter map[string]any) string {
	t.Helper()
	members := map[string]any{
		"iss": alice(t).Public(), "sub": alice(t).Public(), "aud": node(t).Public(), "iat": now.Unix(), "exp": now.Unix() + 60, "jti": "t1",
		"troupe": map[string]any{"ops": []string{"get"}},
	}
	for name, v := range alter {
		members[name] = v
		if v == nil {
			delete(members, name)
		}
	}
	b, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOpenTokenRefuses(t *testing.T) {
	good := signToken(t, token(t))
	parts := strings.Split(good, ".")
	with := func(name string, v any) string {
		return jwt(t, alice(t), tokenHeader, claimsWith(t, map[string]any{name: v}))
	}
	raw := func(claims string) string { return jwt(t, alice(t), tokenHeader, claims) }
	header := func(h string) string { return jwt(t, alice(t), h, claimsWith(t, nil)) }
	whole := claimsWith(t, nil)

	for _, row := range []struct {
		name, text string
		reason     claims.Reason
		want       string
	}{
		{"none", "", claims.Unsigned, "sign the request"},
		{"unsigned", parts[0] + "." + parts[1] + ".", claims.BadSignature, "not signed by " + alice(t).Public()},
		{"unsigned, two segments", parts[0] + "." + parts[1], claims.Malformed, "2 segments"},
		{"four segments", good + ".", claims.Malformed, "4 segments"},
		{"a text", "password", claims.Malformed, "1 segments"},
		{"forged: another key", jwt(t, mallory(t), tokenHeader, whole), claims.BadSignature, "signed with another key"},
		{"other claims under a right signature", parts[0] + "." + segment(whole) + "." + parts[2], claims.BadSignature, "was altered"},
		{"subject is a node", jwt(t, node(t), tokenHeader, claimsWith(t, map[string]any{"iss": node(t).Public(), "sub": node(t).Public()})), claims.BadKey, "not of a user"},
		{"subject with a line break", with2(t, map[string]any{"iss": alice(t).Public() + "\n", "sub": alice(t).Public() + "\n"}), claims.BadKey, ""},
		{"issuer is another", with("iss", mallory(t).Public()), claims.Malformed, "only tokens for the issuer"},
		{"issuer missing", with("iss", nil), claims.Malformed, "only tokens for the issuer"},
		{"subject missing", with("sub", nil), claims.Malformed, "only tokens for the issuer"},
		{"audience missing", with("aud", nil), claims.BadKey, "the audience"},
		{"audience is a list", with("aud", []string{node(t).Public()}), claims.Malformed, `"aud" is not a text`},
		{"audience is a user", with("aud", alice(t).Public()), claims.BadKey, "not of a server"},
		{"id missing", with("jti", nil), claims.Malformed, "has no id"},
		{"id too long", with("jti", strings.Repeat("x", 65)), claims.TooLarge, "65 bytes"},
		{"issue missing", with("iat", nil), claims.Malformed, "when it was issued"},
		{"expiry missing", with("exp", nil), claims.Malformed, "when it expires"},
		{"expiry null", raw(strings.Replace(whole, "1795262460", "null", 1)), claims.Malformed, "whole number"},
		{"expiry is a text", with("exp", "9999999999"), claims.Malformed, `"exp" is not a whole number`},
		{"expiry is a float", raw(strings.Replace(whole, `"exp":`, `"exp":1.5e`, 1)), claims.Malformed, "whole number"},
		{"expiry negative", with("exp", -5), claims.Malformed, "when it expires"},
		{"expiry far", with("exp", int64(1)<<60), claims.Malformed, "year 9999"},
		{"expiry beyond numbers", raw(strings.Replace(whole, `"exp":`, `"exp":99999999999`, 1)), claims.Malformed, "whole number"},
		{"not before is unknown", with("nbf", 1), claims.Malformed, `"nbf" is not known`},
		{"a restriction that is unknown", with("troupe", map[string]any{"ops": []string{"get"}, "until": 1}), claims.Malformed, `"until" is not known`},
		{"operations are a text", with("troupe", map[string]any{"ops": "get"}), claims.Malformed, "not a list of texts"},
		{"operations are numbers", with("troupe", map[string]any{"ops": []int{1}}), claims.Malformed, "not a list of texts"},
		{"operations with null", with("troupe", map[string]any{"ops": []any{nil}}), claims.Malformed, "not a list of texts"},
		{"operations are null", raw(strings.Replace(whole, `["get"]`, "null", 1)), claims.Malformed, "not a list of texts"},
		{"restrictions are null", raw(strings.Replace(whole, `{"ops":["get"]}`, "null", 1)), claims.Malformed, "not a JSON object"},
		{"restrictions are a list", with("troupe", []string{"get"}), claims.Malformed, "not a JSON object"},
		{"operations with an empty pattern", with("troupe", map[string]any{"ops": []string{""}}), claims.Malformed, "cover nothing"},
		{"member in capitals", raw(strings.Replace(whole, `"exp"`, `"EXP"`, 1)), claims.Malformed, `"EXP" is not known`},
		{"member twice", raw(strings.Replace(whole, `"exp"`, `"exp":9999999999,"exp"`, 1)), claims.Malformed, `"exp" twice`},
		{"member twice, once escaped", raw(strings.Replace(whole, `"exp"`, `"\u0065xp":9999999999,"exp"`, 1)), claims.Malformed, `"exp" twice`},
		{"nested member twice", raw(strings.Replace(whole, `"ops"`, `"ops":["*"],"ops"`, 1)), claims.Malformed, `"ops" twice`},
		{"claims are a list", raw("[]"), claims.Malformed, "not a JSON object"},
		{"claims are nothing", raw(""), claims.Malformed, "not a JSON object"},
		{"claims are cut", raw(whole[:len(whole)-1]), claims.Malformed, "not JSON"},
		{"claims with a comma", raw(whole[:len(whole)-1] + ",}"), claims.Malformed, "not JSON"},
		{"claims with more behind", raw(whole + "{}"), claims.Malformed, "behind its end"},
		{"claims are not UTF-8", raw(strings.Replace(whole, `"t1"`, "\"\xff\"", 1)), claims.Malformed, "not UTF-8"},
		{"claims nested deep", raw(`{"a":` + strings.Repeat("[", 2000)), claims.Malformed, "not JSON"},
		{"algorithm none", header(`{"typ":"JWT","alg":"none"}`), claims.BadAlgorithm, `signed by "none"`},
		{"algorithm none, unsigned", segment(`{"typ":"JWT","alg":"none"}`) + "." + segment(whole) + ".", claims.BadAlgorithm, `only "ed25519-nkey"`},
		{"algorithm missing", header(`{"typ":"JWT"}`), claims.BadAlgorithm, `signed by ""`},
		{"algorithm HS256", header(`{"typ":"JWT","alg":"HS256"}`), claims.BadAlgorithm, "HS256"},
		{"algorithm EdDSA", header(`{"typ":"JWT","alg":"EdDSA"}`), claims.BadAlgorithm, "EdDSA"},
		{"algorithm in capitals", header(`{"typ":"JWT","alg":"ED25519-NKEY"}`), claims.BadAlgorithm, ""},
		{"algorithm twice", header(`{"typ":"JWT","alg":"none","alg":"ed25519-nkey"}`), claims.Malformed, `"alg" twice`},
		{"a key of its own", header(`{"typ":"JWT","alg":"ed25519-nkey","jwk":{}}`), claims.Malformed, `"jwk" is not known`},
		{"critical extension", header(`{"typ":"JWT","alg":"ed25519-nkey","crit":["b64"]}`), claims.Malformed, `"crit" is not known`},
		{"another type", header(`{"typ":"jwt","alg":"ed25519-nkey"}`), claims.Malformed, `is a "jwt"`},
		{"header is no JSON", header("JWT"), claims.Malformed, "malformed header"},
		{"header with more behind", header(tokenHeader + " "), claims.Malformed, "behind its end"},
		{"padding", good + "==", claims.Malformed, "segment 3"},
		{"line break", good[:10] + "\n" + good[10:], claims.Malformed, "segment 1"},
		{"space", " " + good, claims.Malformed, "segment 1"},
		{"Bearer", "Bearer " + good, claims.Malformed, "segment 1"},
		{"oversized", good + strings.Repeat("A", claims.MaxToken), claims.TooLarge, "at most 4096"},
		{"a module's token", jwt(t, alice(t), `{"typ":"jwt","alg":"Ed25519"}`, whole), claims.BadAlgorithm, "Ed25519"},
	} {
		t.Run(row.name, func(t *testing.T) {
			tok, err := claims.OpenToken(row.text)
			refused(t, err, row.reason, row.want)
			if !reflect.DeepEqual(tok, claims.Token{}) {
				t.Errorf("with the refusal came %+v", tok)
			}
		})
	}
	if _, err := claims.OpenToken(raw(" \n" + strings.ReplaceAll(whole, ":", " : "))); err != nil {
		t.Errorf("white space between members: %v", err)
	}
}

func with2(t testing.TB, alter map[string]any) string {
	t.Helper()
	return jwt(t, alice(t), tokenHeader, claimsWith(t, alter))
}

// TestAlteredToken replaces each letter by others: nothing but the original opens.
func TestAlteredToken(t *testing.T) {
	good := signToken(t, token(t))
	for i := range good {
		for _, c := range []byte("AQgw-_.=\n ") {
			if c == good[i] {
				continue
			}
			if tok, err := claims.OpenToken(good[:i] + string(c) + good[i+1:]); err == nil {
				t.Fatalf("with %q at %d it opens: %+v", c, i, tok)
			}
		}
		if _, err := claims.OpenToken(good[:i]); err == nil {
			t.Fatalf("the first %d letters open", i)
		}
	}
}

func TestTokenCheck(t *testing.T) {
	to := node(t).Public()
	for _, row := range []struct {
		name     string
		audience string
		lifetime int64
		at       time.Time
		reason   claims.Reason
		want     string
	}{
		{"as signed", to, 60, now, "", ""},
		{"another node", other(t).Public(), 60, now, claims.BadAudience, "is for the node " + to},
		{"last moment", to, 60, now.Add(time.Minute - 1), "", ""},
		{"expired", to, 60, now.Add(time.Minute), claims.Stale, "expired at 2026-11-21T12:01:00Z: make a new one"},
		{"as early as clocks may differ", to, 60, now.Add(-claims.MaxSkew), "", ""},
		{"too early", to, 60, now.Add(-claims.MaxSkew - 1), claims.Early, "set the clocks"},
		{"the longest lifetime", to, int64(claims.MaxTokenLifetime / time.Second), now, "", ""},
		{"too long a lifetime", to, int64(claims.MaxTokenLifetime/time.Second) + 1, now, claims.BadLifetime, "at most 720h"},
		{"no lifetime", to, 0, now, claims.BadLifetime, "before it is issued"},
		{"a negative lifetime", to, -1, now, claims.BadLifetime, "before it is issued"},
	} {
		t.Run(row.name, func(t *testing.T) {
			tok, err := claims.OpenToken(with2(t, map[string]any{"exp": now.Unix() + row.lifetime}))
			if err != nil {
				t.Fatal(err)
			}
			err = tok.Check(row.audience, row.at)
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

func TestTokenPermit(t *testing.T) {
	limited, free := token(t), claims.Token{Subject: alice(t).Public()}
	for _, row := range []struct {
		op, actor string
		limited   bool // permitted by the limited token
	}{
		{"get", "bank", true},
		{"get", "", true},
		{"scan", "account/alice", true},
		{"send", "account/", true},
		{"get", "account", false},
		{"get", "banks", false},
		{"get", claims.Everything, false},
		{"query", "bank", false},
		{"gets", "bank", false},
		{"", "", false},
	} {
		if err := limited.Permit(row.op, row.actor); (err == nil) != row.limited {
			t.Errorf("%q on %q: %v", row.op, row.actor, err)
		} else if err != nil {
			refused(t, err, claims.Forbidden, "make one that")
		}
		if err := free.Permit(row.op, row.actor); err != nil {
			t.Errorf("%q on %q by a token without limits: %v", row.op, row.actor, err)
		}
	}
}
