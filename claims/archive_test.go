package claims_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/troupe-run/troupe/claims"
)

func providerKey(t testing.TB) claims.Key { return keyOfAny(t, claims.ProviderKey, 1) }

// file is one of an archive.
type file struct {
	name, content string
	kind          byte // of package tar; a file if zero
}

func pack(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Size: int64(len(f.content)), Typeflag: f.kind}
		if f.kind == tar.TypeSymlink {
			h.Linkname, h.Size = f.content, 0
			f.content = ""
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

// redis is what the token of an archive says.
func redis(t testing.TB) claims.Provider {
	return claims.Provider{Subject: providerKey(t).Public(), ID: "i", Issued: now, Expires: now.Add(time.Hour), NotBefore: now, Name: "Redis", Contract: "wasmcloud:keyvalue",
		Vendor: "wasmCloud", Revision: 2, Version: "1.0", Targets: map[string]string{"x86_64-linux": hexSum([]byte("linux")), "aarch64-macos": hexSum([]byte("mac"))}}
}

func providerToken(t testing.TB, p claims.Provider) string {
	t.Helper()
	token, err := claims.SignProvider(account(t), p)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestOpenArchive(t *testing.T) {
	token := providerToken(t, redis(t))
	want := claims.Archive{Provider: redis(t), Token: token, Programs: []claims.Program{{Target: "x86_64-linux", Size: 5}, {Target: "aarch64-macos", Size: 3}}}
	want.Provider.Issuer = account(t).Public()
	packed := pack(t, file{"x86_64-linux.bin", "linux", 0}, file{"./claims.jwt", token, 0}, file{"aarch64-macos.bin", "mac", 0})
	for name, b := range map[string][]byte{"plain": packed, "gzip": gzipped(t, packed)} {
		got, err := claims.OpenArchive(iotest.OneByteReader(bytes.NewReader(b)))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v\nwant %+v", name, got, err, want)
		}
	}
	if got, err := claims.OpenArchive(bytes.NewReader(pack(t, file{"claims.jwt", token, 0}, file{"x86_64-linux.bin", "linux", 0}))); err != nil || len(got.Programs) != 1 {
		t.Errorf("an archive for fewer targets: %+v, %v", got, err)
	}
	padded := append(pack(t, file{"claims.jwt", token, 0}, file{"x86_64-linux.bin", "linux", 0}), make([]byte, 9<<10)...)
	if _, err := claims.OpenArchive(bytes.NewReader(padded)); err != nil {
		t.Errorf("an archive that is filled up: %v", err)
	}
	if err := want.Provider.Check(now.Add(time.Hour)); err == nil {
		t.Error("a token that has expired is good")
	}
}

// TestOpenArchiveRefuses is the hole e of 1.5, and what could stand in an archive unseen.
func TestOpenArchiveRefuses(t *testing.T) {
	token := providerToken(t, redis(t))
	forged := jwt(t, accountKey(t, 9), wascapHeader, providerClaims(t, hexSum([]byte("evil"))))
	linux := file{"x86_64-linux.bin", "linux", 0}
	signed := file{"claims.jwt", token, 0}
	good := pack(t, signed, linux)
	for _, row := range []struct {
		name   string
		b      []byte
		reason claims.Reason
		want   string
	}{
		{"nothing", nil, claims.Unsigned, "no token"},
		{"a text", []byte("text"), claims.Malformed, "not the archive"},
		{"cut off", good[:600], claims.Malformed, "cannot be unpacked"},
		{"packed, cut off", gzipped(t, good)[:100], claims.Malformed, "cannot be unpacked"},
		{"gzip of nothing", []byte{0x1f, 0x8b}, claims.Malformed, "gzip"},
		{"no token", pack(t, linux), claims.Unsigned, "no token"},
		{"no program", pack(t, signed), claims.Malformed, "no program"},
		{"hole e: the token is forged, and its hashes are right", pack(t, file{"claims.jwt", forged, 0}, file{"x86_64-linux.bin", "evil", 0}), claims.BadSignature, "another key"},
		{"another program", pack(t, signed, file{"x86_64-linux.bin", "evil", 0}), claims.BadHash, "not the one that was signed"},
		{"a program for another target", pack(t, signed, linux, file{"x86_64-windows.bin", "linux", 0}), claims.BadHash, "does not name"},
		{"two programs for a target", pack(t, signed, linux, linux), claims.Ambiguous, "two programs"},
		{"two tokens", pack(t, signed, signed, linux), claims.Ambiguous, "two tokens"},
		{"another file", pack(t, signed, linux, file{"install.sh", "evil", 0}), claims.Malformed, "does not cover it"},
		{"a program in a folder", pack(t, signed, file{"a/x86_64-linux.bin", "linux", 0}), claims.Malformed, "does not cover it"},
		{"no target", pack(t, signed, file{".bin", "linux", 0}), claims.Malformed, "does not cover it"},
		{"a link", pack(t, signed, file{"x86_64-linux.bin", "/bin/sh", tar.TypeSymlink}), claims.Malformed, "is not a file"},
		{"a module's token", pack(t, file{"claims.jwt", jwt(t, account(t), wascapHeader, wascapClaims(t, hexSum(plain), nil)), 0}, linux), claims.BadKey, "subject"},
		{"an empty token before another", pack(t, file{"claims.jwt", "", 0}, signed, linux), claims.Unsigned, "is empty"},
		{"a file behind the end", append(pack(t, signed, linux), pack(t, file{"install.sh", "evil", 0})...), claims.Malformed, "does not cover it"},
		{"packed, another checksum", flipped(gzipped(t, good), 6), claims.Malformed, "cannot be unpacked"},
		{"packed, without a checksum", gzipped(t, good)[:len(gzipped(t, good))-8], claims.Malformed, "cannot be unpacked"},
		{"packed, something behind", append(gzipped(t, good), "evil"...), claims.Malformed, "cannot be unpacked"},
		{"a program that is a hole", sparse(t, token, "x86_64-linux.bin", 1<<62), claims.TooLarge, "unpacks to more"},
		{"a token that is a hole", sparse(t, token, "claims.jwt", 1<<62), claims.TooLarge, "unpacks to more"},
		{"a long token", pack(t, file{"claims.jwt", string(make([]byte, claims.MaxClaims+1)), 0}, linux), claims.TooLarge, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := claims.OpenArchive(bytes.NewReader(row.b))
			refused(t, err, row.reason, row.want)
		})
	}
	broken := errors.New("broken")
	if _, err := claims.OpenArchive(io.MultiReader(bytes.NewReader(good[:700]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
}

// flipped returns b with one bit changed, so many bytes before its end.
func flipped(b []byte, before int) []byte {
	b[len(b)-before] ^= 1
	return b
}

// sparse is an archive of a token, and of a file of that size that has no bytes but a hole, as GNU tar keeps it.
func sparse(t testing.TB, token, name string, size int) []byte {
	t.Helper()
	records := ""
	for _, r := range []string{"GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=" + name, fmt.Sprintf("GNU.sparse.realsize=%d", size)} {
		records += fmt.Sprintf("%d %s\n", len(r)+4, r)
	}
	ends := fmt.Sprintf("1\n%d\n0\n", size)
	b := pack(t, file{"x", records, 0}, file{name, ends + strings.Repeat("\x00", 512-len(ends)), 0})
	// Package tar writes no such archive: the first file is made the header of the second.
	copy(b[148:], "        ")
	b[156] = tar.TypeXHeader
	sum := 0
	for _, c := range b[:512] {
		sum += int(c)
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
	return append(pack(t, file{"claims.jwt", token, 0})[:512+(len(token)+511)/512*512], b...)
}

// providerClaims are those of a provider's token with the hash for linux.
func providerClaims(t testing.TB, hash string) string {
	return `{"jti":"i","iat":1,"iss":"` + account(t).Public() + `","sub":"` + providerKey(t).Public() +
		`","wascap":{"name":null,"capid":"wasmcloud:keyvalue","vendor":"v","target_hashes":{"x86_64-linux":"` + hash + `"},"config_schema":{"type":"object"}}}`
}

func TestReadProviderTokenRefuses(t *testing.T) {
	if p, err := claims.ReadProviderToken(jwt(t, account(t), wascapHeader, providerClaims(t, hexSum(nil)))); err != nil || p.Targets["x86_64-linux"] != hexSum(nil) {
		t.Fatal(p, err)
	}
	with := func(alter func(*claims.Provider)) claims.Provider {
		p := redis(t)
		alter(&p)
		return p
	}
	for name, row := range map[string]struct {
		p    claims.Provider
		want string
	}{
		"a module is the subject": {with(func(p *claims.Provider) { p.Subject = moduleKey(t).Public() }), "not of a provider"},
		"no contract":             {with(func(p *claims.Provider) { p.Contract = "" }), "names no contract"},
		"control character":       {with(func(p *claims.Provider) { p.Vendor = "\n" }), "control character"},
		"never good":              {with(func(p *claims.Provider) { p.Expires = p.NotBefore }), "mixed up"},
		"a hash that is none":     {with(func(p *claims.Provider) { p.Targets["x"] = "00" }), `the hash for "x" is not of 64`},
		"too long": {with(func(p *claims.Provider) {
			for i := range 200 {
				p.Targets[fmt.Sprintf("%0250d", i)] = hexSum(nil)
			}
		}), "name fewer tags, targets"},
	} {
		_, err := claims.SignProvider(account(t), row.p)
		t.Run(name, func(t *testing.T) { has(t, err, row.want) })
	}
	_, err := claims.ReadProviderToken(jwt(t, account(t), wascapHeader, providerClaims(t, "00")))
	refused(t, err, claims.Malformed, "the hash for")
	_, err = claims.SignProvider(alice(t), redis(t))
	has(t, err, "not of an account")
}
