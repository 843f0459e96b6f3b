package manifest_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
)

func FuzzManifest(f *testing.F) {
	f.Add("modules: {a: {native: a}, b: {source: b, language: go}}\nactors:\n- address: a/1\n  module: a\n  instantiate: [1e3, {x: ~}, |\n    text]\nscripts: [a.txt]")
	f.Add("chain: {prefix: cosmos, id: a-1, names: true}\nmodules: {a: {npm: \"@a/b@1.2.3\", file: a.wasm, sha256: 00}}")
	f.Add("modules:\n  a:\n    wasm: ../a\n")
	f.Add("a: &x 1\nb: *x\n<<: {c: !!str 1}\n---\n? [x]\n: y")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := manifest.Parse("troupe.yaml", []byte(text))
		var e *manifest.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%v is a %T", err, err)
		}
		if err != nil {
			return
		}
		for _, a := range m.Actors {
			if a.Address.Validate() != nil || a.Body != nil && !json.Valid(a.Body) {
				t.Errorf("the actor %q has the body %q", a.Address, a.Body)
			}
		}
	})
}

func FuzzLock(f *testing.F) {
	f.Add(string(manifest.Lock{"a": {1}, "2": {2}}.Format()))
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
