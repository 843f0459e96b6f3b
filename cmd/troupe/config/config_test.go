package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func nothing(string) (string, bool) { return "", false }

func load(t *testing.T, text string) (*Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "node.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(file, nothing, nil)
}

func TestReferenceSaysTheDefaults(t *testing.T) {
	got, err := load(t, Reference())
	if err != nil {
		t.Fatal(err)
	}
	if want := Default(); !reflect.DeepEqual(got, want) {
		t.Errorf("the reference says\n%+v\nand the defaults are\n%+v", got, want)
	}
}

func TestFileThenEnvironmentThenFlags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "node.yaml")
	text := "name: one\nhttp:\n  listen: 127.0.0.1:1\n  origins: [https://a.example, https://b.example]\nretention:\n  age: 30d\nlimits: {body: 1MiB, in-flight: 5}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"TROUPE_NAME": "two", "TROUPE_HTTP_LISTEN": "127.0.0.1:2", "TROUPE_LIMITS_IN_FLIGHT": ""}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	c, err := Load(file, lookup, map[string]string{"name": "three", "http-insecure": "yes"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "three" || c.HTTP.Listen != "127.0.0.1:2" || !c.HTTP.Insecure || len(c.HTTP.Origins) != 2 ||
		c.Retention.Age != 30*24*time.Hour || c.Limits.Body != 1<<20 || c.Limits.InFlight != 5 {
		t.Errorf("%+v", c)
	}
}

func TestErrorsSayWhereAndWhat(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"nme: x\n", `:1:1: there is no option "nme"; there are name, dir, app,`},
		{"http:\n  listn: x\n", `:2:3: there is no option "http.listn"; there are listen, cert, key,`},
		{"http: 5\n", ":1:7: here stand listen, cert,"},
		{"name: A b\n", `:1:7: name: "A b" is no name`},
		{"name: x\nname: y\n", ":2:"},
		{"log:\n  level: loud\n", `:2:10: log.level: "loud" is none of debug, info, warn, error`},
		{"limits:\n  body: 5MB\n", `:2:9: limits.body: "5MB" is no size`},
		{"limits:\n  in-flight: -1\n", `:2:14: limits.in-flight: "-1" is no whole number`},
		{"drain: soon\n", `:1:8: drain: "soon" is no length of time`},
		{"otlp:\n  sample: 2\n", `"2" is no part`},
		{"name: [a]\n", "name is one value, and here is a list"},
		{"name:\n", "name needs a value: text"},
		{"http: {cert: a}\n", "http.cert: it goes with http.key, which is missing"},
		{"http: {listen: off}\nnats: {listen: off}\n", "nobody could reach the node"},
		{"nats: {creds: a}\n", "nats.creds: it goes with nats.url"},
		{"a: [\n", "this is not YAML"},
		{strings.Repeat("[", 5000), "too many brackets"},
		{"- a\n- b\n", "here stand name, dir,"},
		{strings.Repeat("#", 70<<10), "more than 65536 bytes"},
	} {
		_, err := load(t, tt.text)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.60q: %v, want …%s…", tt.text, err, tt.want)
		}
	}
	if _, err := Load("", func(name string) (string, bool) { return "x", name == "TROUPE_DRAIN" }, nil); err == nil || !strings.HasPrefix(err.Error(), "TROUPE_DRAIN: ") {
		t.Error(err)
	}
	if _, err := Load("", nothing, map[string]string{"http-dashboard": "maybe"}); err == nil || !strings.HasPrefix(err.Error(), "--http-dashboard: ") {
		t.Error(err)
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml"), nothing, nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(Reference()))
	f.Add([]byte("http: {listen: off, origins: [a, b]}\n"))
	f.Add([]byte("name: &a x\ndir: *a\n"))
	f.Add([]byte("? a\n: b\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := Default().parse("node.yaml", text); err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Errorf("%T: %v", err, err)
			}
		}
	})
}
