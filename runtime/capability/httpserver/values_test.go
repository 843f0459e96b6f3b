package httpserver_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/capability/httpserver"
)

func TestValues(t *testing.T) {
	file := filepath.Join(t.TempDir(), "web.json")
	if err := os.WriteFile(file, []byte(`{"address":"127.0.0.1:1111","timeout_ms":7,"log":{"log_level":"debug"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	defaults := func(change func(v *httpserver.Values)) *httpserver.Values {
		v, err := httpserver.ParseValues(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		change(v)
		return v
	}
	type m = map[string]string
	for _, c := range []struct {
		name           string
		link, provider m
		want           *httpserver.Values
		err            string
	}{
		{"nothing", nil, nil, defaults(func(v *httpserver.Values) { v.Address = "127.0.0.1:8000" }), ""},
		{"port", m{"PORT": "8080"}, nil, defaults(func(v *httpserver.Values) { v.Address = "127.0.0.1:8080" }), ""},
		{"the port counts", m{"port": "8080", "address": "0.0.0.0:1"}, nil, defaults(func(v *httpserver.Values) { v.Address = "127.0.0.1:8080" }), ""},
		{"localhost", m{"address": "localhost:1"}, nil, defaults(func(v *httpserver.Values) { v.Address = "127.0.0.1:1" }), ""},
		{"IPv6", m{"address": "[::1]:1"}, nil, defaults(func(v *httpserver.Values) { v.Address = "[::1]:1" }), ""},
		{"the link comes first", m{"readonly_mode": "true"}, m{"port": "9", "readonly_mode": "false"}, defaults(func(v *httpserver.Values) { v.Address, v.ReadOnly = "127.0.0.1:9", true }), ""},
		{"all", m{"Timeout_MS": "5", "max_content_len": "3k", "cache_control": "no-store", "max_in_flight": "2", "queue": "0", "what": "is this"}, nil,
			defaults(func(v *httpserver.Values) {
				v.Timeout, v.MaxBody, v.CacheControl, v.MaxInFlight, v.Queue, v.Unknown = 5*time.Millisecond, 3072, "no-store", 2, 0, []string{"what"}
			}), ""},
		{"config_json", m{"config_json": `{"address":"127.0.0.1:2","cors":{"allowed_origins":["https://a.b","http://c:8/"],"max_age_secs":9},"readonly_mode":true}`}, nil,
			defaults(func(v *httpserver.Values) {
				v.Address, v.ReadOnly, v.Cors.Origins, v.Cors.MaxAge = "127.0.0.1:2", true, []string{"https://a.b", "http://c:8"}, 9
			}), ""},
		{"each comes before those left of it", m{"config_file": file, "config_b64": base64.StdEncoding.EncodeToString([]byte(`{"address":"127.0.0.1:3"}`)), "max_content_len": "1"}, nil,
			defaults(func(v *httpserver.Values) {
				v.Address, v.Timeout, v.MaxBody, v.Unknown = "127.0.0.1:3", 7*time.Millisecond, 1, []string{"log"}
			}), ""},
		{"tls", m{"tls.cert_file": "a", "TLS.priv_key_file": "b"}, nil, defaults(func(v *httpserver.Values) { v.CertFile, v.KeyFile = "a", "b" }), ""},

		{"half of tls", m{"tls.cert_file": "a"}, nil, nil, "TLS needs both"},
		{"no address", m{"address": "example.org:80"}, nil, nil, `address "example.org:80": an address is an IP address and a port`},
		{"no port", m{"port": "65536"}, nil, nil, `port "65536": a port is a number`},
		{"twice", m{"port": "1", "PORT": "2"}, nil, nil, "port is there twice"},
		{"no time", m{"timeout_ms": "0"}, nil, nil, "a number from 1 to"},
		{"no length", m{"max_content_len": "9999999999g"}, nil, nil, "a length is a number"},
		{"no truth", m{"readonly_mode": "maybe"}, nil, nil, "true or false"},
		{"no header", m{"cache_control": "a\nb"}, nil, nil, "printable ASCII"},
		{"no JSON", m{"config_json": "[]"}, nil, nil, "config_json: it is no JSON object"},
		{"wrong inside", m{"config_json": `{"cors":{"allowed_origins":["ftp://x"]}}`}, nil, nil, "config_json: cors: cors.allowed_origins: an origin is a scheme"},
		{"a list of numbers", m{"config_json": `{"cors":{"allowed_methods":[1]}}`}, nil, nil, "a list has texts"},
		{"no method", m{"cors.allowed_methods": "GET,a b"}, nil, nil, "a method is a word"},
		{"no base64", m{"config_b64": "%"}, nil, nil, "config_b64: "},
		{"another file", m{"config_file": "web.toml"}, nil, nil, "does not end in .json"},
		{"no file", m{"config_file": "/nowhere.json"}, nil, nil, "config_file: stat /nowhere.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := httpserver.ParseValues(c.link, c.provider)
			switch {
			case c.err == "" && err != nil:
				t.Fatal(err)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Fatalf("error %v, want %q", err, c.err)
			case !reflect.DeepEqual(got, c.want):
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func FuzzValues(f *testing.F) {
	f.Add("address", "127.0.0.1:8080", "config_json", `{"tls":{"cert_file":"a"},"cors":{"allowed_origins":["*"]}}`)
	f.Add("config_b64", "e30=", "PORT", "1")
	f.Add("max_content_len", "10M", "cors.allowed_headers", "a, b")
	f.Fuzz(func(t *testing.T, name, text, other, more string) {
		if strings.EqualFold(strings.TrimSpace(name), "config_file") || strings.EqualFold(strings.TrimSpace(other), "config_file") {
			return // whatever file that is
		}
		v, err := httpserver.ParseValues(map[string]string{name: text, other: more}, nil)
		if err != nil {
			return
		}
		if v.Timeout <= 0 || v.MaxBody < 0 || v.MaxBody > httpserver.MaxBody || v.MaxInFlight < 1 || v.Queue < 0 || !strings.Contains(v.Address, ":") {
			t.Errorf("accepted %+v", v)
		}
	})
}
