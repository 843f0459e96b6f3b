package gateway

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/api"
)

// A checker judges requests and answers by the document.
type checker struct {
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

// newChecker reads the document as it is served. It takes no fields in answers that are not described.
func newChecker(t *testing.T, g *Gateway) *checker {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(do(g, "GET", "/openapi.json", "").Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, schema := range document.(object)["components"].(object)["schemas"].(object) {
		if s := schema.(object); s["properties"] != nil {
			s["additionalProperties"] = false
		}
	}
	c := &checker{jsonschema.NewCompiler(), map[string]*jsonschema.Schema{}}
	c.compiler.AssertFormat()
	c.compiler.AssertContent()
	if err := c.compiler.AddResource("mem:///openapi.json", document); err != nil {
		t.Fatal(err)
	}
	return c
}

// check judges a text of JSON by the schema at a path of the document.
func (c *checker) check(t *testing.T, text []byte, path ...string) {
	t.Helper()
	for i, part := range path {
		path[i] = strings.ReplaceAll(part, "/", "~1")
	}
	at := "mem:///openapi.json#/" + strings.Join(path, "/")
	schema, ok := c.compiled[at]
	if !ok {
		var err error
		if schema, err = c.compiler.Compile(at); err != nil {
			t.Fatal(err)
		}
		c.compiled[at] = schema
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Errorf("%q is no JSON: %v", text, err)
	} else if err := schema.Validate(value); err != nil {
		t.Errorf("%s\nis not what the document says: %v", text, err)
	}
}

func (c *checker) checkError(t *testing.T, text []byte) {
	t.Helper()
	c.check(t, text, "components", "schemas", "Error")
}

// TestEveryOperation asks for everything that there is, by each method and type, and compares with the document.
func TestEveryOperation(t *testing.T) {
	r := newRig(t, t.TempDir(), Options{})
	c := newChecker(t, r.gateway)
	bearer := "Authorization: Bearer " + r.token(t)
	bob, err := claims.NewKey(claims.UserKey)
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile(filepath.Join("..", "..", "bench", "guest", "account.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	classic, err := os.ReadFile(filepath.Join("..", "..", "examples", "kvcounter", "kvcounter.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	module, _, err := claims.OpenModule(classic)
	if err != nil {
		t.Fatal(err)
	}
	ten, give := api.Bytes(payment(10, "")), api.Bytes(payment(3, "account/b"))
	type ask struct {
		op  string
		req any
	}
	asks := []ask{
		{"info", api.Empty{}},
		{"send", api.SendRequest{To: "account/a", Body: ten, ID: "1"}},
		{"send", api.SendRequest{To: "account/a", Body: give, ID: "2", Trace: true}},
		{"query", api.QueryRequest{To: "account/a", Body: api.Bytes{}}},
		{"get", api.GetRequest{Actor: "account/a", Key: api.Bytes("balance")}},
		{"get", api.GetRequest{Actor: "account/a", Key: api.Bytes("\x00\xff")}},
		{"scan", api.ScanRequest{Actor: "account/a", Prefix: api.Bytes("b"), Limit: 5, Descending: true}},
		{"scan", api.ScanRequest{Actor: "account/a", Prefix: api.Bytes("none")}},
		{"history", api.HistoryRequest{Actor: "account/a", Key: api.Bytes("balance"), Limit: 5}},
		{"actors", api.ActorsRequest{Prefix: "account/"}},
		{"actors", api.ActorsRequest{Prefix: "none"}},
		{"actor", api.ActorRequest{Address: "account/b"}},
		{"receipt", api.ReceiptRequest{ID: "2"}},
		{"log", api.LogRequest{Last: 20}},
		{"trace", api.TraceRequest{Sequence: 6}},
		{"watch", api.WatchRequest{Actor: "account/a", Keys: true, Events: true, EventTypes: []string{"moved"}, Limit: 3}},
		{"watch", api.WatchRequest{Actor: "account/a", Keys: true, Now: true, Wait: 1}},
		{"install", api.InstallRequest{Name: "guest", Code: code}},
		{"modules", api.Empty{}},
		{"module", api.ModuleRequest{Name: "guest"}},
		{"module", api.ModuleRequest{Name: "account"}},
		{"grant", api.Grant{Subject: bob.Public(), Name: "bob", Role: "caller", Actors: []string{"account/*"}, Until: time.Now().Unix() + 1000}},
		{"grants", api.Empty{}},
		{"pause", api.PauseRequest{Actor: "account/b", Reason: "an audit"}},
		{"actor", api.ActorRequest{Address: "account/b"}},
		{"resume", api.ResumeRequest{Actor: "account/b"}},
		{"revoke", api.RevokeRequest{Subject: bob.Public()}},
		{"backup", api.BackupRequest{Name: "one"}},
		{"provide", api.ProvideRequest{Name: "store", Kind: "keyvalue", Config: map[string]string{"prefix": "p"}}},
		{"start", api.StartRequest{Name: "counter", Code: classic, Instances: 2, AnyRevision: true}},
		{"claims", api.Empty{}},
		{"scale", api.ScaleRequest{Actor: "counter", Instances: 3}},
		{"link", api.LinkRequest{Actor: "counter", Contract: "wasmcloud:keyvalue", Provider: "store", Values: map[string]string{"URL": "x"}}},
		{"links", api.LinksRequest{Actor: "counter"}},
		{"links", api.LinksRequest{}},
		{"providers", api.Empty{}},
		{"trust", api.TrustRequest{Key: module.Issuer}},
		{"ban", api.Ban{Key: module.Subject, Reason: "a test"}},
		{"trusted", api.Empty{}},
		{"claims", api.Empty{}},
		{"unban", api.KeyRequest{Key: module.Subject}},
		{"distrust", api.KeyRequest{Key: module.Issuer}},
		{"policy", api.PolicyRequest{}},
		{"unlink", api.UnlinkRequest{Actor: "counter", Contract: "wasmcloud:keyvalue"}},
		{"withdraw", api.WithdrawRequest{Name: "store"}},
		{"stop", api.StopRequest{Actor: "counter"}},
		{"stats", api.Empty{}},
	}
	asked := map[string]bool{}
	for i, a := range asks {
		t.Run(fmt.Sprintf("%d %s", i, a.op), func(t *testing.T) {
			op := opOf(t, a.op)
			asked[a.op] = true
			request, err := api.Encode(api.JSON, a.req)
			if err != nil {
				t.Fatal(err)
			}
			c.check(t, request, "paths", "/v1/"+a.op, "post", "requestBody", "content", api.JSON, "schema")
			w := do(r.gateway, "POST", "/v1/"+a.op, string(request), bearer, "Content-Type: application/json", "Idempotency-Key: key-"+fmt.Sprint(i))
			if e := (api.SendRequest{}); reflect.TypeOf(a.req) == reflect.TypeOf(e) { // which has its id in the body
				w = do(r.gateway, "POST", "/v1/"+a.op, string(request), bearer, "Content-Type: application/json")
			}
			if w.Code != 200 {
				t.Fatalf("%s: %d %s", request, w.Code, w.Body)
			}
			answer := slices.Clone(w.Body.Bytes())
			c.check(t, answer, "paths", "/v1/"+a.op, "post", "responses", "200", "content", api.JSON, "schema")
			if !op.Safe() {
				return
			}
			get := do(r.gateway, "GET", "/v1/"+a.op+"?"+queryOf(t, request).Encode(), "", bearer)
			if get.Code != 200 {
				t.Fatalf("GET ?%s: %d %s", queryOf(t, request).Encode(), get.Code, get.Body)
			}
			c.check(t, get.Body.Bytes(), "paths", "/v1/"+a.op, "get", "responses", "200", "content", api.JSON, "schema")
			if a.op != "info" && a.op != "stats" && !bytes.Equal(get.Body.Bytes(), answer) {
				t.Errorf("by POST\n%s\nby GET\n%s", answer, get.Body)
			}
			inCBOR, err := api.Encode(api.CBOR, a.req)
			if err != nil {
				t.Fatal(err)
			}
			w = do(r.gateway, "POST", "/v1/"+a.op, string(inCBOR), bearer, "Content-Type: application/cbor")
			if w.Code != 200 || w.Header().Get("Content-Type") != api.CBOR {
				t.Fatalf("in CBOR: %d %v %q", w.Code, w.Header(), w.Body)
			}
			fromJSON, fromCBOR := reflect.New(reflect.TypeOf(op.Answer)), reflect.New(reflect.TypeOf(op.Answer))
			if err := api.DecodeAnswer(api.JSON, answer, fromJSON.Interface()); err != nil {
				t.Fatal(err)
			}
			if err := api.DecodeAnswer(api.CBOR, w.Body.Bytes(), fromCBOR.Interface()); err != nil {
				t.Fatal(err)
			}
			if a.op != "info" && a.op != "stats" && !reflect.DeepEqual(fromJSON.Interface(), fromCBOR.Interface()) {
				t.Errorf("in JSON\n%+v\nin CBOR\n%+v", fromJSON.Elem(), fromCBOR.Elem())
			}
		})
	}
	for _, op := range api.Ops() {
		if !asked[op.Name] {
			t.Errorf("%s was not asked", op.Name)
		}
	}
}

// queryOf returns a request in JSON as query parameters.
func queryOf(t *testing.T, request []byte) url.Values {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(request, &fields); err != nil {
		t.Fatal(err)
	}
	query := url.Values{}
	for name, value := range fields {
		switch v := value.(type) {
		case object:
			query.Set(name+".base64", v["base64"].(string))
		case []any:
			for _, text := range v {
				query.Add(name, text.(string))
			}
		case nil:
		default:
			query.Set(name, strings.Trim(string(must(json.Marshal(v))), `"`))
		}
	}
	return query
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// TestErrors asks what cannot be answered, and compares with the document.
func TestErrors(t *testing.T) {
	r := newRig(t, "", Options{})
	c := newChecker(t, r.gateway)
	bearer := "Authorization: Bearer " + r.token(t)
	stranger, err := claims.NewKey(claims.UserKey)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := claims.SignToken(stranger, claims.Token{Audience: r.key.Public()})
	if err != nil {
		t.Fatal(err)
	}
	expired, err := claims.SignToken(r.operator, claims.Token{Audience: r.key.Public(), Issued: time.Now().Add(-2 * time.Hour), Expires: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []struct {
		name, op, body, auth string
		status               int
		code                 api.Code
	}{
		{"nobody", "stats", "{}", "X: y", 401, api.CodeUnauthenticated},
		{"no token", "info", "{}", "Authorization: Bearer a.b.c", 401, api.CodeUnauthenticated},
		{"an old token", "info", "{}", "Authorization: Bearer " + expired, 401, api.CodeStale},
		{"a stranger", "send", `{"to":"account/a","body":{"text":"12345678"}}`, "Authorization: Bearer " + foreign, 403, api.CodeForbidden},
		{"no JSON", "send", `{`, bearer, 400, api.CodeBadRequest},
		{"an unknown field", "send", `{"too":"a"}`, bearer, 400, api.CodeBadRequest},
		{"a failing actor", "send", `{"to":"account/a","body":{"text":"x"}}`, bearer, 422, api.CodeActor},
		{"no such actor", "actor", `{"address":"nobody"}`, bearer, 404, api.CodeNotFound},
		{"a false signature", "info", `{}`, "Troupe-Signature: AAAA", 401, api.CodeUnauthenticated},
	} {
		t.Run(a.name, func(t *testing.T) {
			w := do(r.gateway, "POST", "/v1/"+a.op, a.body, a.auth, "Content-Type: application/json")
			if e := errorOf(t, w); w.Code != a.status || e.Code != a.code {
				t.Errorf("%d %s: %s, want %d %s", w.Code, e.Code, e.Message, a.status, a.code)
			}
			c.checkError(t, w.Body.Bytes())
		})
	}
	c.checkError(t, do(r.gateway, "POST", "/v1/fly", "").Body.Bytes())
	c.checkError(t, do(r.gateway, "PUT", "/v1/info", "").Body.Bytes())
}

// TestSigned sends one signed request twice, another under its id, and one with a body that was exchanged.
func TestSigned(t *testing.T) {
	r := newRig(t, "", Options{})
	body := string(must(api.Encode(api.JSON, api.SendRequest{To: "account/a", Body: payment(5, ""), ID: "five"})))
	sign := func(body string) string {
		sealed, err := claims.Seal(r.operator, claims.Envelope{Audience: r.key.Public(), Op: "send", BodyHash: sha256.Sum256([]byte(body)), Issued: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		return "Troupe-Signature: " + base64.RawURLEncoding.EncodeToString(sealed)
	}
	first := sign(body)
	w := do(r.gateway, "POST", "/v1/send", body, first, "Content-Type: application/json")
	if w.Code != 200 || w.Header().Get("Idempotency-Replayed") != "" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	receipt := w.Body.String()
	if w := do(r.gateway, "POST", "/v1/send", body, first, "Content-Type: application/json"); w.Code != 401 || errorOf(t, w).Code != api.CodeReplayed {
		t.Errorf("the very same request: %d %s", w.Code, w.Body)
	}
	w = do(r.gateway, "POST", "/v1/send", body, sign(body), "Content-Type: application/json")
	if w.Code != 200 || w.Header().Get("Idempotency-Replayed") != "true" || w.Body.String() != receipt {
		t.Errorf("signed again: %d %v\n%s\n%s", w.Code, w.Header(), w.Body, receipt)
	}
	if w := do(r.gateway, "POST", "/v1/send", body+" ", sign(body), "Content-Type: application/json"); w.Code != 401 {
		t.Errorf("another body: %d %s", w.Code, w.Body)
	}
	if v, err := r.host.Query(t.Context(), "account/a", nil); err != nil || string(v) != "5" {
		t.Errorf("account/a has %s, %v", v, err)
	}
}

// TestWatchOfANode watches payments over a socket, leaves, and goes on behind the last that was seen.
func TestWatchOfANode(t *testing.T) {
	r := newRig(t, "", Options{})
	token := r.token(t)
	addr := serve(t, r.gateway)
	pay := func() {
		t.Helper()
		body := string(must(api.Encode(api.JSON, api.SendRequest{To: "account/a", Body: payment(1, "")})))
		if w := do(r.gateway, "POST", "/v1/send", body, "Authorization: Bearer "+token, "Content-Type: application/json"); w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	next := func(body *bufio.Reader, kind string) sse {
		t.Helper()
		for {
			e, err := readEvent(body)
			if err != nil {
				t.Fatal(err)
			}
			if e.event == kind {
				return e
			}
			if e.event != "" {
				t.Fatalf("%+v came, not a %s", e, kind)
			}
		}
	}
	pay()
	const query = "actor=account/a&keys=true&events=true"
	res, body := open(t, addr, query+"&now=true", "Authorization: Bearer "+token)
	if res.StatusCode != 200 {
		t.Fatal(res.Status)
	}
	begin := next(body, "start")
	pay()
	first := next(body, "notice")
	res.Body.Close()
	pay()
	_, body = open(t, addr, query, "Authorization: Bearer "+token, "Last-Event-ID: "+first.id)
	next(body, "start")
	second := next(body, "notice")
	_, body = open(t, addr, query, "Authorization: Bearer "+token, "Last-Event-ID: "+begin.id)
	next(body, "start")
	if again := next(body, "notice"); again != first {
		t.Errorf("behind the start comes %+v, and came %+v", again, first)
	}
	if again := next(body, "notice"); again != second {
		t.Errorf("then comes %+v, and came %+v", again, second)
	}
	c := newChecker(t, r.gateway)
	c.check(t, []byte(first.data), "components", "schemas", "Notice")
	if res, _ := open(t, addr, query); res.StatusCode != 401 {
		t.Errorf("without a token: %s", res.Status)
	}
}
