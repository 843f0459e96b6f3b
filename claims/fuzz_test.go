package claims_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

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

// FuzzOpenModule opens any bytes as a module. What opens has been signed: the code is one of those, and so is the token.
func FuzzOpenModule(f *testing.F) {
	plainSigned := signModule(f, plain, echo(f))
	around := signModule(f, component(inner(1, plainSigned, 3), inner(4, component(), 1)), echo(f))
	legacy := embed(plain, jwt(f, account(f), wascapHeader, wascapClaims(f, hexSum(plain), nil)))
	_, token, err := claims.OpenModule(legacy)
	if err != nil {
		f.Fatal(err)
	}
	signed := map[string]bool{}
	for _, code := range [][]byte{plainSigned, around, legacy} {
		f.Add(code)
		m, token, err := claims.OpenModule(code)
		if err != nil {
			f.Fatal(err)
		}
		signed[token+m.Hash] = true
	}
	f.Add(embed(legacy, token))
	f.Add(component(inner(1, legacy, 1)))
	f.Add(append(append([]byte("\x00asm\x01\x00\x00\x00\x01"), padded(4, 5)...), "\x01\x60\x00\x00"...))
	f.Fuzz(func(t *testing.T, code []byte) {
		m, token, err := claims.OpenModule(code)
		if err != nil {
			isRefusal(t, err)
		} else if raw, canon := claims.StrippedHashes(code); !signed[token+m.Hash] || m.Hash != raw && m.Hash != canon {
			t.Errorf("%x opens, and nobody has signed it", code)
		}
		// Whatever is a module can be signed, and then opens as what was signed.
		again, err := claims.SignModule(account(t), code, echo(t))
		if err != nil {
			return
		}
		if m, _, err = claims.OpenModule(again); err != nil || m.Name != echo(t).Name {
			t.Errorf("%x was signed, and opens as %+v, %v", again, m, err)
		}
	})
}

// FuzzReadModuleToken reads any text as a token, and as claims. What can be read can be written and read again.
func FuzzReadModuleToken(f *testing.F) {
	good := jwt(f, account(f), wascapHeader, wascapClaims(f, hexSum(plain), nil))
	for _, text := range append(strings.Split(good, "."), good, wascapHeader, wascapClaims(f, hexSum(plain), nil),
		wascapClaims(f, hexSum(plain), map[string]any{"exp": 5, "nbf": 4, "wascap.call_alias": "a/b", "wascap_revision": 3})) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := claims.ReadModuleToken(text); err != nil {
			isRefusal(t, err)
		} else if text != good {
			t.Errorf("%q can be read, and nobody has signed it", text)
		}
		m, err := claims.ParseModule([]byte(text))
		if err != nil {
			isRefusal(t, err)
			return
		}
		if err := m.Check(now); err != nil {
			isRefusal(t, err)
		}
		if m.ID == "" {
			m.ID = "i"
		}
		token, err := claims.SignModuleToken(account(t), m)
		if err != nil {
			t.Fatalf("%q can be read, and not be signed: %v", text, err)
		}
		again, err := claims.ReadModuleToken(token)
		m.Issuer, m.Format = account(t).Public(), 3
		m.Tags, m.Caps, again.Tags, again.Caps = slices.Clip(m.Tags), slices.Clip(m.Caps), slices.Clip(again.Tags), slices.Clip(again.Caps)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(m) {
			t.Errorf("read %+v\nagain %+v, %v", m, again, err)
		}
	})
}

// FuzzReadAccountToken reads any text as a token of an account or a provider, and as their claims.
func FuzzReadAccountToken(f *testing.F) {
	good := jwt(f, operatorKey(f, 1), wascapHeader, accountClaims(f, `{"name":"n","valid_signers":["`+accountKey(f, 2).Public()+`"]}`))
	for _, text := range append(strings.Split(good, "."), good, accountClaims(f, `{"name":"n","valid_signers":["`+accountKey(f, 2).Public()+`"]}`), providerClaims(f, hexSum(plain))) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := claims.ReadAccountToken(text); err != nil {
			isRefusal(t, err)
		} else if text != good {
			t.Errorf("%q can be read, and nobody has signed it", text)
		}
		if _, err := claims.ReadProviderToken(text); err == nil {
			t.Errorf("%q is a provider's, and nobody has signed it", text)
		} else {
			isRefusal(t, err)
		}
		if a, err := claims.ParseAccount([]byte(text)); err != nil {
			isRefusal(t, err)
		} else if err := a.Check(now); err != nil {
			isRefusal(t, err)
		}
		if p, err := claims.ParseProvider([]byte(text)); err != nil {
			isRefusal(t, err)
		} else if err := p.Check(now); err != nil {
			isRefusal(t, err)
		}
	})
}

// FuzzOpenInvocation asks with any of the parts of an invocation. What is taken is what was signed.
func FuzzOpenInvocation(f *testing.F) {
	good := increment(f)
	classic := invocationClaims(f, good)
	token, expiring := jwt(f, cluster(f), wascapHeader, classic), jwt(f, cluster(f), wascapHeader, strings.Replace(classic, `"iat"`, `"exp":1795262430,"iat"`, 1))
	f.Add(good.Origin.Key, good.Target.Key, good.Target.Contract, good.Target.Link, good.Operation, good.Message, good.ID, token)
	f.Add(good.Origin.Key, good.Target.Key, "wasmcloud", "keyvalue/default", good.Operation, []byte{}, good.ID, expiring)
	f.Add(good.Target.Key, good.Origin.Key, "", "", "", []byte{}, "", "")
	clusters, host := publics(cluster(f)), node(f).Public()
	f.Fuzz(func(t *testing.T, origin, target, contract, link, operation string, message []byte, id, text string) {
		i := claims.Invocation{Origin: claims.Entity{Key: origin}, Target: claims.Entity{Key: target, Contract: contract, Link: link},
			Operation: operation, Message: message, ID: id, Host: host}
		err := claims.OpenInvocation(i, text, i.Target, clusters, claims.NewReplays(now.Add(-time.Hour), 1), now)
		if err != nil {
			isRefusal(t, err)
		} else if text != token && text != expiring || fmt.Sprint(i) != fmt.Sprint(good) {
			t.Errorf("%+v is taken with %q, and nobody has signed it", i, text)
		}
	})
}

// FuzzOpenArchive opens any bytes as an archive. What opens has been signed.
func FuzzOpenArchive(f *testing.F) {
	token := providerToken(f, redis(f))
	packed := pack(f, file{"claims.jwt", token, 0}, file{"x86_64-linux.bin", "linux", 0}, file{"aarch64-macos.bin", "mac", 0})
	f.Add(packed)
	f.Add(gzipped(f, packed))
	f.Add(pack(f, file{"claims.jwt", token, 0}, file{"x86_64-linux.bin", "/bin/sh", tar.TypeSymlink}))
	f.Add(sparse(f, token, "x86_64-linux.bin", 5))
	f.Add(sparse(f, token, "x86_64-linux.bin", 1<<40))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := claims.OpenArchive(bytes.NewReader(b))
		if err != nil {
			isRefusal(t, err)
			return
		}
		for _, p := range a.Programs {
			if a.Token != token || p != (claims.Program{Target: "x86_64-linux", Size: 5}) && p != (claims.Program{Target: "aarch64-macos", Size: 3}) {
				t.Errorf("%x opens as %+v, and nobody has signed it", b, a)
			}
		}
	})
}
