package manifest_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/cmd/troupe/npm"
	"github.com/troupe-run/troupe/runtime/capability"
)

// TestOpen checks that a module that is not there keeps no other from being there.
func TestOpen(t *testing.T) {
	dir := write(t, map[string]string{
		"troupe.yaml": "modules: {a: {wasm: a.wasm}, b: {wasm: b.wasm}, c: {source: c}}\nactors: [{address: b/1, module: b}, {address: a/1, module: a}]\n" +
			"providers: {p: {kind: keyvalue}}\nlinks: [{actor: a, provider: p}, {actor: b, provider: q}]",
		"a.wasm": "", "c/": "",
	})
	m, err := manifest.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Modules) != 1 || m.Modules[0].Name != "a" || len(m.Actors) != 1 || len(m.Links) != 1 || len(m.Problems) != 3 {
		t.Errorf("got %+v", m)
	}
	for i, want := range []string{"there is no provider of that name; there are p", "troupe.yaml:1:40: there is no b.wasm", "c holds no sources"} {
		fails(t, m.Problems[i], dir, want)
	}
	_, err = manifest.Load(dir)
	fails(t, err, dir, "there is no provider")
	_, err = manifest.Open(filepath.Join(dir, "none.yaml"))
	fails(t, err, dir, "DIR/none.yaml: no such file")
}

// TestReferences checks where the code of foreign forms is looked for: from the manifest, whatever the working directory is.
func TestReferences(t *testing.T) {
	dir := write(t, map[string]string{"app/echo.wasm": "", "app/ping_s.wasm": "", "app/sub/x.wasm": "", "outside.wasm": ""})
	absolute := filepath.ToSlash(filepath.Join(dir, "outside.wasm"))
	text := "actors:\n- example.org/echo:0.2.0\n- example.org/ping:1\n- sub/x.wasm\n- ../outside.wasm\n- " + absolute + "\n- file://" + absolute +
		"\n- example.org/none:1\n- none.wasm\n- file:///none/y.wasm\n"
	file := filepath.Join(dir, "app", "host.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, mod := range m.Modules {
		got = append(got, mod.Name+"="+mod.Wasm)
		if _, err := m.Code(t.Context(), &mod, npm.Library{}); err != nil {
			t.Error(err)
		}
	}
	want := "echo=echo.wasm ping=ping_s.wasm x=sub/x.wasm outside=../outside.wasm outside-2=" + absolute + " outside-3=" + absolute
	if strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(m.Warnings) != 2 || len(m.Problems) != 3 {
		t.Fatalf("warnings %v, problems %v", m.Warnings, m.Problems)
	}
	fails(t, m.Warnings[0], dir, "host.yaml:2:3: the actor example.org/echo:0.2.0 is the file echo.wasm: registries are not asked")
	fails(t, m.Problems[0], dir, "is in a registry, and registries are not asked: put it beside the manifest as none.wasm")
	fails(t, m.Problems[1], dir, "the actor none-2: there is no file DIR/app/none.wasm")
	fails(t, m.Problems[2], dir, "there is no file /none/y.wasm")
}

// signed returns a module that is as small as one can be, with claims.
func signed(t *testing.T, m claims.Module) []byte {
	t.Helper()
	account, err := claims.ParseSeed([]byte("SAAAF62YYA6UCKZNSE7UF7GVWEHHYASDSUSSVCEEHTH3WY57DJKVXKIKOY"))
	if err != nil {
		t.Fatal(err)
	}
	m.Subject, m.Name, m.Issued = echoKey, "Echo", time.Unix(1700000000, 0)
	code, err := claims.SignModule(account, []byte("\x00asm\x01\x00\x00\x00"), m)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestExpect(t *testing.T) {
	code := signed(t, claims.Module{Caps: []string{capability.KeyValue, capability.HTTPServer}})
	broken := append([]byte(nil), code...)
	broken[len(broken)-1] ^= 1
	for _, test := range []struct{ expect, want string }{
		{"{}", ""},
		{"{key: " + echoKey + ", issuer: " + otherIssuer + ", capabilities: [wasmcloud:httpserver, wasmcloud:keyvalue]}", ""},
		{"{key: " + otherKey + "}", "troupe.yaml:1:43: module echo has the key " + echoKey + ", and " + otherKey + " is expected"},
		{"{issuer: " + issuerKey + "}", "module echo is signed by " + otherIssuer + ", and " + issuerKey + " is expected"},
		{"{capabilities: [wasmcloud:httpserver]}", "claims the capabilities wasmcloud:keyvalue, wasmcloud:httpserver, and wasmcloud:httpserver are expected"},
		{"{capabilities: []}", "and none are expected"},
	} {
		dir := write(t, map[string]string{"troupe.yaml": "modules: {echo: {wasm: echo.wasm, expect: " + test.expect + "}}", "echo.wasm": string(code)})
		m, err := manifest.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		c, err := m.Code(t.Context(), &m.Modules[0], npm.Library{})
		if err != nil {
			t.Fatal(err)
		}
		if p := c.Pin(); p.Key != echoKey || p.Issuer != otherIssuer {
			t.Errorf("it is pinned as %+v", p)
		}
		if err := c.Check(); test.want == "" && err != nil {
			t.Error(err)
		} else if test.want != "" {
			fails(t, err, dir, test.want)
		}
	}
	for name, wasm := range map[string]string{"has no claims, and is expected to": string(code[:8]), "module echo: ": string(broken)} {
		c, err := manifest.NewCode(&manifest.Module{Name: "echo", Expect: &manifest.Expect{}}, []byte(wasm))
		if err != nil {
			t.Fatal(err)
		}
		fails(t, c.Check(), "", name)
	}
}

// TestAddress checks that what comes from an address is what the manifest says, and is fetched once.
func TestAddress(t *testing.T) {
	code := signed(t, claims.Module{})
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = w.Write(code)
	}))
	defer server.Close()
	library := npm.Library{Dir: t.TempDir()}
	fetch := func(sum [32]byte) error {
		dir := write(t, map[string]string{"troupe.yaml": fmt.Sprintf("modules: {echo: {url: %q, sha256: %x}}", server.URL+"/echo.wasm", sum)})
		m, err := manifest.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		c, err := m.Code(t.Context(), &m.Modules[0], library)
		if err == nil && c.Hash != sum {
			t.Errorf("got %s", c.Hash)
		}
		return err
	}
	if err := fetch(sha256.Sum256(code)); err != nil {
		t.Fatal(err)
	}
	if err := fetch(sha256.Sum256(code)); err != nil || asked != 1 {
		t.Errorf("it was asked %d times (%v)", asked, err)
	}
	fails(t, fetch([32]byte{1}), "", "/echo.wasm has the SHA-256 ")
}

// TestKinds checks that the table of what old manifests mean agrees with what the host has.
func TestKinds(t *testing.T) {
	for _, k := range capability.Kinds() {
		text := "capabilities: [{image_ref: example.org/" + k.Name + "}]\nlinks: [{actor: " + echoKey + ", contract_id: \"" + k.Contract + "\", provider_id: \"" + k.Key + "x\"}]"
		if k.Key != "" {
			text = strings.Replace(text, k.Key+"x", k.Key, 1)
		}
		m, err := manifest.Parse("x", []byte(text), env)
		if err != nil || len(m.Links) != 1 || len(m.Problems) > 0 || m.Providers[0].Kind != k.Name || m.Providers[0].Contract != k.Contract {
			t.Errorf("%s: %v, %+v", k.Name, err, m)
		}
	}
}
