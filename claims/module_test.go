package claims_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/claims"
)

// account and module are the keys of wash's own tests.
func account(t testing.TB) claims.Key {
	return parseSeed(t, "SAAAF62YYA6UCKZNSE7UF7GVWEHHYASDSUSSVCEEHTH3WY57DJKVXKIKOY")
}
func moduleKey(t testing.TB) claims.Key {
	return parseSeed(t, "SMAJFHSZUOYLLPIW3HLYOMM7F6GABRPCETIVQ27BVYZ55XQNFYNTUTH57Y")
}

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

func TestSignModule(t *testing.T) {
	m := claims.Module{Subject: moduleKey(t).Public(), ID: "i", Issued: now, Name: "Echo", Caps: []string{"wasmcloud:httpserver"}, Tags: []string{}, Revision: 4, Version: "0.3.4", Alias: "a/b"}
	signed, err := claims.SignModule(account(t), plain, m)
	if err != nil {
		t.Fatal(err)
	}
	got, token, err := claims.OpenModule(signed)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v\n%s", got, token)
	again, err := claims.SignModule(account(t), signed, m)
	if err != nil || !bytes.Equal(again, signed) {
		t.Errorf("signed again it is another: %v", err)
	}
}

func TestActors(t *testing.T) {
	dir := os.Getenv("TROUPE_WASMBUS_ACTORS")
	if dir == "" {
		t.Skip("TROUPE_WASMBUS_ACTORS names no folder of actors")
	}
	filepath.Walk(dir, func(path string, _ os.FileInfo, _ error) error {
		if !strings.HasSuffix(path, ".wasm") {
			return nil
		}
		code := must(os.ReadFile(path))
		m, _, err := claims.OpenModule(code)
		t.Log(path[len(dir):], err, m.Name, m.Caps)
		return nil
	})
}
