package manifest_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// env is an environment with two variables.
func env(name string) (string, bool) {
	switch name {
	case "EMPTY":
		return "", true
	case "ADDRESS":
		return "127.0.0.1:9000", true
	}
	return "", false
}

// checkRead checks what holds of all manifests that can be read.
func checkRead(t *testing.T, text string) *manifest.Manifest {
	m, err := manifest.Parse("troupe.yaml", []byte(text), env)
	var e *manifest.Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("%v is a %T", err, err)
	}
	if err != nil {
		return nil
	}
	names := map[string]bool{}
	for _, mod := range m.Modules {
		if a := actor.Address(mod.Name); a.Validate() != nil || a.Key() != "" || names[mod.Name] {
			t.Errorf("a module is called %q", mod.Name)
		}
		names[mod.Name] = true
		if mod.Instances < 0 || mod.Instances > capability.MaxInstances {
			t.Errorf("module %s is to have %d instances", mod.Name, mod.Instances)
		}
	}
	for _, a := range m.Actors {
		if a.Address.Validate() != nil || a.Body != nil && !json.Valid(a.Body) {
			t.Errorf("the actor %q has the body %q", a.Address, a.Body)
		}
		names[string(a.Address)] = true
	}
	contracts := map[string]string{}
	for _, p := range m.Providers {
		if a := actor.Address(p.Name); a.Validate() != nil || a.Key() != "" || contracts[p.Name] != "" || p.Contract == "" || (p.Kind == "") == (p.Address == "") {
			t.Errorf("a provider is %+v", p)
		}
		contracts[p.Name] = p.Contract
	}
	links := map[string]bool{}
	for _, l := range m.Links {
		if key := l.Actor + " " + l.Contract + " " + l.Name; links[key] || l.Contract == "" || l.Name == "" {
			t.Errorf("a link is %+v", l)
		} else {
			links[key] = true
		}
		if !names[l.Actor] && !isKey(l.Actor, "M") {
			t.Errorf("a link is of %q, and there is none of that name", l.Actor)
		}
		if contracts[l.Provider] != l.Contract && !isKey(l.Provider, "V") {
			t.Errorf("a link is to %q, whose contract is %q, and its own is %q", l.Provider, contracts[l.Provider], l.Contract)
		}
	}
	for _, e := range append(m.Problems, m.Warnings...) {
		if e.Reason == "" || e.Line < 1 {
			t.Errorf("%v does not say where it is", e)
		}
	}
	return m
}

func isKey(text, role string) bool { return len(text) == 56 && strings.HasPrefix(text, role) }

func FuzzManifest(f *testing.F) {
	f.Add("modules: {a: {native: a}, b: {source: b, language: go}}\nactors:\n- address: a/1\n  module: a\n  instantiate: [1e3, {x: ~}, |\n    text]\nscripts: [a.txt]")
	f.Add("chain: {prefix: cosmos, id: a-1, names: true}\nmodules: {a: {npm: \"@a/b@1.2.3\", file: a.wasm, sha256: 00}}")
	f.Add("modules:\n  a:\n    wasm: ../a\n")
	f.Add("a: &x 1\nb: *x\n<<: {c: !!str 1}\n---\n? [x]\n: y")
	f.Add("modules: {a: {wasm: a.wasm, instances: 3, expect: {capabilities: [x]}}}\nproviders: {p: {kind: httpserver, config: {a: [1]}}}\n" +
		"links: [{actor: a, provider: p, values: {address: \"${ADDRESS:x}\"}}]\ntrust: [A]")
	f.Fuzz(func(t *testing.T, text string) { checkRead(t, text) })
}

func FuzzHostManifest(f *testing.F) {
	f.Add("labels: {a: b}\nactors: [./a.wasm, \"example.org/b:0.1.0\"]\ncapabilities:\n  - image_ref: wasmcloud.azurecr.io/httpserver:0.11.1\n    link_name: default\n" +
		"links:\n  - actor: ${A:" + echoKey + "}\n    provider_id: " + httpKey + "\n    contract_id: wasmcloud:httpserver\n    values: {PORT: 8080}\n")
	f.Add(`{"actors": ["a.wasm"], "capabilities": [{"image_ref": "redis"}], "links": [{"actor": "` + echoKey + `", "contract_id": "wasmcloud:keyvalue", "provider_id": "V", "values": {"URL": ${PORT:1}}}]}`)
	f.Fuzz(func(t *testing.T, text string) { checkRead(t, text) })
}

func FuzzApplication(f *testing.F) {
	f.Add("apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: a}\nspec:\n  components:\n    - name: echo a\n      type: actor\n" +
		"      properties: {image: \"file://a.wasm\"}\n      traits:\n        - type: spreadscaler\n          properties: {replicas: 2}\n" +
		"        - type: linkdef\n          properties: {target: web, values: {address: a}}\n" +
		"    - name: web\n      type: capability\n      properties: {image: a/httpserver, contract: \"wasmcloud:httpserver\", config: \"{\\\"a\\\": 1}\"}\n")
	f.Fuzz(func(t *testing.T, text string) { checkRead(t, text) })
}

func FuzzLock(f *testing.F) {
	f.Add(string(manifest.Lock{"a": pin(1), "2": {Hash: manifest.Hash{2}, Key: "M" + strings.Repeat("A", 55), Issuer: "A" + strings.Repeat("B", 55)}}.Format()))
	f.Add("modules: {a: 00}")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := manifest.ParseLock("troupe.lock", []byte(text))
		var e *manifest.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%v is a %T", err, err)
		}
		if err != nil {
			return
		}
		again, err := manifest.ParseLock("troupe.lock", l.Format())
		if err != nil || string(again.Format()) != string(l.Format()) {
			t.Errorf("%q becomes %q (%v)", l.Format(), again.Format(), err)
		}
	})
}

// pin is what a lock file has of a module without claims.
func pin(b byte) manifest.Pin { return manifest.Pin{Hash: manifest.Hash{b}} }
