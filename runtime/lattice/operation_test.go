package lattice_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/lattice"
)

// requests has one that is answered for each operation, in the order in which they are asked.
func requests(t *testing.T, encoding string, grantee string) []struct {
	op  string
	req any
} {
	t.Helper()
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
	short := strings.TrimPrefix(encoding, "application/")
	return []struct {
		op  string
		req any
	}{
		{"info", api.Empty{}},
		{"send", api.SendRequest{To: "account/a", Body: payment(5, "")}},
		{"query", api.QueryRequest{To: "account/a"}},
		{"get", api.GetRequest{Actor: "account/a", Key: api.Bytes("balance")}},
		{"scan", api.ScanRequest{Actor: "account/a"}},
		{"history", api.HistoryRequest{Actor: "account/a", Key: api.Bytes("balance")}},
		{"actors", api.ActorsRequest{Prefix: "account/"}},
		{"actor", api.ActorRequest{Address: "account/a"}},
		{"receipt", api.ReceiptRequest{Sequence: 1}},
		{"log", api.LogRequest{Last: 2}},
		{"trace", api.TraceRequest{}},
		{"watch", api.WatchRequest{Wait: 1000}},
		{"modules", api.Empty{}},
		{"install", api.InstallRequest{Name: "guest-" + short, Code: code}},
		{"module", api.ModuleRequest{Name: "account"}},
		{"grant", api.Grant{Subject: grantee, Role: "reader"}},
		{"grants", api.Empty{}},
		{"revoke", api.RevokeRequest{Subject: grantee}},
		{"pause", api.PauseRequest{Actor: "account/a", Reason: "test"}},
		{"resume", api.ResumeRequest{Actor: "account/a"}},
		{"backup", api.BackupRequest{Name: "backup-" + short}},
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
}

// TestOperations asks everything, in both encodings.
func TestOperations(t *testing.T) {
	r := newRig(t, setup{dir: t.TempDir()})
	tr := r.dial(r.operator)
	for _, encoding := range []string{api.JSON, api.CBOR} {
		asked, sent := map[string]bool{}, uint64(0)
		for _, q := range requests(t, encoding, newKey(t).Public()) {
			op, ok := api.Find(q.op)
			if !ok {
				t.Fatalf("there is no operation %s", q.op)
			}
			if q.op == "trace" {
				q.req = api.TraceRequest{Sequence: sent}
			}
			answer := reflect.New(reflect.TypeOf(op.Answer)).Interface()
			if err := r.ask(tr, r.operator, q.op, encoding, "", q.req, answer); err != nil {
				t.Errorf("%s in %s: %v", q.op, encoding, err)
			} else if reflect.ValueOf(answer).Elem().IsZero() {
				t.Errorf("%s in %s: the answer is empty", q.op, encoding)
			}
			if q.op == "send" {
				sent = answer.(*api.Receipt).Sequence
			}
			asked[q.op] = true
		}
		for _, op := range api.Ops() {
			if !asked[op.Name] {
				t.Errorf("nobody asks %s", op.Name)
			}
		}
	}
	var value api.Value
	if err := r.ask(tr, r.operator, "get", api.CBOR, "", api.GetRequest{Actor: "account/a", Key: api.Bytes("balance")}, &value); err != nil || value.Value[7] != 10 {
		t.Errorf("the balance after two payments of 5 is %v, %v", value.Value, err)
	}
}

// TestActorError: the failure of an actor comes whole, with its receipt.
func TestActorError(t *testing.T) {
	r := newRig(t, setup{})
	tr := r.dial(r.operator)
	for _, encoding := range []string{api.JSON, api.CBOR} {
		err := r.ask(tr, r.operator, "send", encoding, "", api.SendRequest{To: "account/a", Body: api.Bytes("x")}, nil)
		e := fails(t, err, api.CodeActor, "an amount and a receiver")
		if e.Actor != "malformed" || len(e.Path) != 1 || e.Sequence == 0 || e.Receipt == nil || e.Receipt.Committed {
			t.Errorf("in %s the error is %+v", encoding, e)
		}
	}
}

// TestNatsCommand does what this command sends:
//
//	nats req -H "Authorization: Bearer $TOKEN" troupe.test.get '{"actor":"account/alice","key":{"text":"balance"}}'
func TestNatsCommand(t *testing.T) {
	r := newRig(t, setup{})
	alice := r.caller(api.Grant{Role: "caller"})
	nc := r.plain(alice)
	req := func(subject, body string, header ...string) *nats.Msg {
		t.Helper()
		m := nats.NewMsg(subject)
		m.Data = []byte(body)
		for _, h := range append(header, "Authorization: Bearer "+r.token(alice)) {
			name, value, _ := strings.Cut(h, ":")
			m.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		}
		answer, err := nc.RequestMsg(m, 30*time.Second)
		if err != nil {
			t.Fatalf("%s: %v", subject, err)
		}
		return answer
	}
	body := string(must(json.Marshal(api.SendRequest{To: "account/alice", Body: payment(7, "")})))
	sent := req("troupe.test.send", body, "Troupe-Request-Id: order-17")
	again := req("troupe.test.send", body, "Troupe-Request-Id: order-17")
	if string(sent.Data) != string(again.Data) || sent.Header.Get(lattice.HeaderReplayed) != "" || again.Header.Get(lattice.HeaderReplayed) != "true" {
		t.Errorf("the same request is answered by %s %v and %s %v", sent.Data, sent.Header, again.Data, again.Header)
	}
	got := req("troupe.test.get", `{"actor":"account/alice","key":{"text":"balance"}}`)
	var value api.Value
	if err := json.Unmarshal(got.Data, &value); err != nil || !value.Found || string(value.Value) != "\x00\x00\x00\x00\x00\x00\x00\x07" {
		t.Errorf("get is answered by %s", got.Data)
	}
	wrong := req("troupe.test.get", `{"actor":"account/alice","kee":{"text":"balance"}}`)
	if wrong.Header.Get(micro.ErrorCodeHeader) != "bad_request" || !strings.Contains(wrong.Header.Get(micro.ErrorHeader), "kee") || !strings.Contains(string(wrong.Data), `"code":"bad_request"`) {
		t.Errorf("a wrong request is answered by %s %v", wrong.Data, wrong.Header)
	}
	// Without a token there is a short answer to info, and none to others.
	if short, err := nc.Request("troupe.test.info", nil, 30*time.Second); err != nil || !strings.Contains(string(short.Data), r.key.Public()) {
		t.Errorf("info is answered by %v, %v", short, err)
	}
	if refused, err := nc.Request("troupe.test.get", []byte(`{}`), 30*time.Second); err != nil || refused.Header.Get(micro.ErrorCodeHeader) != "unauthenticated" {
		t.Errorf("get is answered by %v, %v", refused, err)
	}
}

// TestMicroService: an operator finds the node by nats micro.
func TestMicroService(t *testing.T) {
	r := newRig(t, setup{})
	nc := r.plain(r.operator)
	m, err := nc.Request("$SRV.INFO.troupe", nil, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var info micro.Info
	if err := json.Unmarshal(m.Data, &info); err != nil || info.Version != "1.2.3" || info.Metadata["node"] != r.key.Public() {
		t.Errorf("info is %s, %v", m.Data, err)
	}
	for i, op := range api.Ops() {
		if e := info.Endpoints[i]; e.Name != op.Name || e.Subject != "troupe.test."+op.Name || e.QueueGroup != "troupe" {
			t.Errorf("endpoint %d is %+v", i, e)
		}
	}
}

// TestTwoNodes: nodes with one name share the requests, and an endpoint has each once.
func TestTwoNodes(t *testing.T) {
	r := newRig(t, setup{})
	second, err := lattice.Serve(t.Context(), lattice.Connection{InProcess: r.server, Key: r.key, Timeout: 30 * time.Second}, r.node, lattice.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tr := r.dial(r.operator)
	before := r.head()
	for range 50 {
		if err := r.ask(tr, r.operator, "send", api.CBOR, claims.Token{}.ID, api.SendRequest{To: "account/a", Body: payment(1, "")}, new(api.Receipt)); err != nil {
			t.Fatal(err)
		}
	}
	if done := r.head() - before; done != 50 {
		t.Errorf("50 requests are %d transactions", done)
	}
	a, b := r.service.Stats().Requests, second.Stats().Requests
	if a == 0 || b == 0 || a+b != 50 {
		t.Errorf("the nodes had %d and %d requests", a, b)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := second.Stop(ctx); err != nil {
		t.Error(err)
	}
}
