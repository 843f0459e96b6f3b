package claims_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/claims"
)

// isRefusal checks that err is a refusal that may be counted, logged and sent.
func isRefusal(t *testing.T, err error) {
	t.Helper()
	var refusal *claims.Refusal
	if !errors.As(err, &refusal) || refusal.Reason == "" || refusal.Text == "" || len(refusal.Text) > 1000 {
		t.Fatalf("not a refusal: %v", err)
	}
	checkPrintable(t, refusal.Text)
}

// FuzzOpenEnvelope opens any bytes, and reads them as a payload. What can be read is in its one form.
func FuzzOpenEnvelope(f *testing.F) {
	f.Add(seal(f, envelope(f)))
	f.Add(encode(f, wire(f)))
	f.Add(encode(f, replaced(wire(f), 3, "a\nb")))
	f.Add([]byte{0x82, 0x40, 0x40})
	good := seal(f, envelope(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := claims.OpenEnvelope(b); err != nil {
			isRefusal(t, err)
		} else if !bytes.Equal(b, good) {
			t.Errorf("%x opens, and nobody has signed it", b)
		}
		e, err := claims.ParseEnvelope(b)
		if err != nil {
			isRefusal(t, err)
			return
		}
		if err := e.Check(e.Audience, e.Op, body, e.Issued); err != nil {
			isRefusal(t, err)
		}
		if again, err := e.Payload(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x can be read, and is encoded as %x, %v", b, again, err)
		}
	})
}

// FuzzDecodeSealed decodes any text. What decodes is in its one form.
func FuzzDecodeSealed(f *testing.F) {
	f.Add(claims.EncodeSealed(seal(f, envelope(f))))
	f.Add("AB")
	f.Add("AA==")
	f.Add("AA\nAA")
	f.Fuzz(func(t *testing.T, text string) {
		sealed, err := claims.DecodeSealed(text)
		if err != nil {
			isRefusal(t, err)
			return
		}
		if again := claims.EncodeSealed(sealed); again != text {
			t.Errorf("%q decodes, and is encoded as %q", text, again)
		}
	})
}

// FuzzOpenToken opens any text, and reads it as claims and as a header.
func FuzzOpenToken(f *testing.F) {
	good := signToken(f, token(f))
	for _, text := range append(strings.Split(good, "."), good, tokenHeader, `{"typ":"JWT","alg":"none"}`, claimsWith(f, nil),
		claimsWith(f, map[string]any{"nbf": 1}), strings.Replace(claimsWith(f, nil), `"exp"`, `"exp":1,"exp"`, 1)) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := claims.OpenToken(text); err != nil {
			isRefusal(t, err)
		} else if text != good {
			t.Errorf("%q opens, and nobody has signed it", text)
		}
		if err := claims.CheckTokenHeader([]byte(text)); err != nil {
			isRefusal(t, err)
		}
		tok, err := claims.ParseToken([]byte(text))
		if err != nil {
			isRefusal(t, err)
			return
		}
		for _, err := range []error{tok.Check(tok.Audience, tok.Issued), tok.Permit(text, text)} {
			if err != nil {
				isRefusal(t, err)
			}
		}
	})
}

// FuzzDecodeGrants decodes any bytes. What decodes is in its one form, and decides without a panic.
func FuzzDecodeGrants(f *testing.F) {
	for _, grants := range [][]claims.Grant{
		nil,
		{{Role: claims.Reader}, {Role: claims.Operator, Name: "Zoë", Actors: []string{"bank", "a/*"}, As: []string{"*"}, Until: now}},
	} {
		b, err := claims.EncodeGrants(grants)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, "bank", "alice")
	}
	f.Add([]byte{0xf6}, claims.Everything, "troupe.access")
	f.Fuzz(func(t *testing.T, b []byte, actor, as string) {
		grants, err := claims.DecodeGrants(b)
		if err != nil {
			isRefusal(t, err)
		} else if again, err := claims.EncodeGrants(grants); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x decodes, and is encoded as %x, %v", b, again, err)
		}
		for _, role := range claims.Roles() {
			if err := claims.Decide(grants, claims.Request{Role: role, Actor: actor, As: as, Now: now, Subject: as}); err != nil {
				isRefusal(t, err)
			}
		}
	})
}

// FuzzKeyFile loads any file as a key. What loads is kept as it was, and no error shows what the file holds.
func FuzzKeyFile(f *testing.F) {
	seed := testSeed(f)
	f.Add([]byte(seed + "\n"))
	f.Add([]byte(seed[:57]))
	f.Add([]byte(" " + seed))
	f.Add([]byte(alice(f).Public()))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(dir, "a.nk")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := claims.LoadFile(path)
		if err != nil {
			if len(b) >= 16 && strings.Contains(err.Error(), string(b)) {
				t.Errorf("the error shows the file: %v", err)
			}
			return
		}
		kept, err := claims.ParseSeed(bytes.TrimRight(b, "\r\n"))
		if err != nil || kept.Public() != key.Public() {
			t.Errorf("%q loads as %s, and is the seed of %s, %v", b, key, kept, err)
		}
	})
}
