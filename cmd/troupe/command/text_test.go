package command

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

func TestCheckJSON(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"a": [1, 2.5e3, "x"], "b": null}`, ""},
		{`7`, ""},
		{``, "it is empty"},
		{`{"a": x}`, "column 7: invalid character 'x'"},
		{"{\n  \"ä\": x}", "line 2, column 8: invalid character 'x'"},
		{"{\"a\": 1\n", "line 2, column 1: unexpected end"},
		{`{} {}`, "column 4: invalid character '{' after top-level value"},
		{`{"a": 1,}`, "column 9: invalid character '}'"},
		{`'a'`, `column 1: invalid character '\''`},
	} {
		err := checkJSON([]byte(c.text))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

func FuzzCheckJSON(f *testing.F) {
	f.Add([]byte(`{"a": [1, 2.5e3, "x"], "b": nul}`))
	f.Add([]byte("{\n\"\xff\": \x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := checkJSON(text); (err == nil) != json.Valid(text) {
			t.Errorf("checkJSON(%q) = %v", text, err)
		}
	})
}

func TestData(t *testing.T) {
	for _, c := range []struct {
		bytes []byte
		text  bool
		want  string
	}{
		{typed.EncodeValue(map[string]any{"to": "bob", "amount": 5}), false, `{"json":{"amount":5,"to":"bob"},"base64":"omJ0b2Nib2JmYW1vdW50BQ=="}`},
		{[]byte(`{"a" : 1}`), true, `{"json":{"a":1},"base64":"eyJhIiA6IDF9"}`},
		{[]byte("greeting"), true, `{"json":"greeting","base64":"Z3JlZXRpbmc="}`},
		{[]byte("a <b> & \"c\""), true, `{"json":"a <b> & \"c\"","base64":"YSA8Yj4gJiAiYyI="}`},
		{[]byte{0xff, 0}, false, `{"base64":"/wA="}`},
		{[]byte{}, false, `{"base64":""}`},
		{nil, false, `null`},
	} {
		d := data{c.bytes, c.text}
		if c.want == "null" {
			if !d.IsZero() {
				t.Error("nothing is not zero")
			}
			continue
		}
		b, err := marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(b); got != c.want {
			t.Errorf("%q is %s, want %s", c.bytes, got, c.want)
		}
	}
}

func TestColours(t *testing.T) {
	var out bytes.Buffer
	p := newPrinter(&out)
	p.color = true
	p.printf("%s %s", p.style(4, "committed"), p.style(5, ""))
	if err := p.flush(); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "\x1b[32mcommitted\x1b[0m " {
		t.Errorf("painted %q", got)
	}
}

// TestTreeOfTextActors: what an actor that knows no CBOR keeps is shown as it is, even if it could be CBOR.
func TestTreeOfTextActors(t *testing.T) {
	t.Setenv(cacheEnv, t.TempDir())
	var out bytes.Buffer
	p := Program{Name: "troupe", Modules: Modules{"puppet": puppet.Actor{}}, Options: runtime.Options{}, Stdout: &out, Stderr: &out}
	dir := t.TempDir()
	for _, args := range [][]string{{"send", "puppet/a", "--raw", "set word=greeting", "--trace"}, {"get", "puppet/a", "word"}} {
		if code := p.Run(context.Background(), append(args, "--dir", dir)); code != ExitOK {
			t.Fatalf("ended with %d: %s", code, out.String())
		}
	}
	for _, want := range []string{`set word: – → "greeting"`, "\n\"greeting\"\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in %s", want, out.String())
		}
	}
}
