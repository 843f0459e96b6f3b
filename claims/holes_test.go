package claims_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
)

// TestHolesOfClassicHosts tries what hosts of classic wasmCloud, and its tools, let pass: a to i of 1.5 in the reference, as far
// as they are about tokens. Hole i, a provider that reaches an actor without the claim, is not: no token is wrong there.
func TestHolesOfClassicHosts(t *testing.T) {
	token := func(code []byte, alter map[string]any) string {
		return jwt(t, account(t), wascapHeader, wascapClaims(t, hexSum(code), alter))
	}
	altered := append(bytes.Clone(plain), custom("altered", "", 1)...)
	t.Run("a: the hash of an old format is not checked", func(t *testing.T) {
		for _, format := range []any{nil, 0, 1, 2, 3, 4} {
			_, _, err := claims.OpenModule(embed(altered, token(plain, map[string]any{"wascap_revision": format})))
			refused(t, err, claims.BadHash, "was altered")
		}
	})
	t.Run("b: a token of the old name counts in an inner module", func(t *testing.T) {
		signed := embed(plain, token(plain, nil))
		_, _, err := claims.OpenModule(component(inner(1, signed, 1)))
		refused(t, err, claims.Nested, "does not count")
		// Nor is it left out of the hash, where a token around it counts.
		around := component(inner(1, signed, 1))
		_, _, err = claims.OpenModule(embed(around, token(component(inner(1, plain, 1)), nil)))
		refused(t, err, claims.BadHash, "")
	})
	t.Run("c: the first of many tokens counts, and the others are not in the hash", func(t *testing.T) {
		for _, second := range []string{"smuggled", "", token(plain, nil)} {
			_, _, err := claims.OpenModule(embed(plain, token(plain, nil), second))
			refused(t, err, claims.Ambiguous, "2 tokens")
		}
		_, _, err := claims.OpenModule(append(embed(plain, token(plain, nil)), custom("wasmcloud_jwt", "smuggled", 1)...))
		refused(t, err, claims.Ambiguous, "2 tokens")
	})
	t.Run("d: the subject is any key", func(t *testing.T) {
		for _, kind := range claims.Kinds() {
			_, _, err := claims.OpenModule(embed(plain, token(plain, map[string]any{"sub": keyOfAny(t, kind, 5).Public()})))
			if kind == claims.ModuleKey {
				if err != nil {
					t.Error(err)
				}
				continue
			}
			refused(t, err, claims.BadKey, "not of a module")
		}
	})
	t.Run("e: the token of an archive is not verified", func(t *testing.T) {
		forged := jwt(t, accountKey(t, 9), wascapHeader, providerClaims(t, hexSum([]byte("evil"))))
		_, err := claims.OpenArchive(bytes.NewReader(pack(t, file{"claims.jwt", forged, 0}, file{"x86_64-linux.bin", "evil", 0})))
		refused(t, err, claims.BadSignature, "another key")
	})
	t.Run("f: the time is asked at the start only", func(t *testing.T) {
		m, _, err := claims.OpenModule(embed(plain, token(plain, map[string]any{"exp": now.Add(time.Hour).Unix()})))
		if err != nil || m.Check(now) != nil {
			t.Fatal(m, err)
		}
		refused(t, m.Check(now.Add(time.Hour)), claims.Stale, "expired") // the same value, asked again
	})
	t.Run("g: the two times are mixed up", func(t *testing.T) {
		text, err := claims.SignModuleToken(account(t), claims.Module{Subject: moduleKey(t).Public(), Hash: hexSum(plain), NotBefore: now, Expires: now.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		m, err := claims.ReadModuleToken(text)
		if err != nil || !m.NotBefore.Equal(now) || !m.Expires.Equal(now.Add(time.Hour)) {
			t.Errorf("%+v, %v", m, err)
		}
		_, _, err = claims.OpenModule(embed(plain, token(plain, map[string]any{"exp": now.Unix(), "nbf": now.Add(time.Hour).Unix()})))
		refused(t, err, claims.BadLifetime, "mixed up")
	})
	t.Run("h: the range of a section is not checked", func(t *testing.T) {
		for _, tail := range []string{"\x00", "\x00\x80", "\x00\x05", "\x00\xff\xff\xff\xff\x0f", "\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x00\x01\xff", "\x00\x03\xff\xff\x0f", "\x01\x02"} {
			for _, code := range [][]byte{append(bytes.Clone(plain), tail...), component(inner(1, append(bytes.Clone(plain), tail...), 1)), component([]byte(tail))} {
				_, _, err := claims.OpenModule(code)
				refused(t, err, claims.Malformed, "does not fit into it")
				if _, err := claims.SignModule(account(t), code, echo(t)); err == nil {
					t.Errorf("%q was signed", code)
				}
			}
		}
	})
}
