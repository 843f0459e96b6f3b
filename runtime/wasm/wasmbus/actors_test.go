package wasmbus_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/keyvalue"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// actorsDir is the folder with real classic actors, which are not ours to keep here.
func actorsDir(t testing.TB) string {
	dir := os.Getenv("TROUPE_WASMBUS_ACTORS")
	if dir == "" {
		t.Skip("TROUPE_WASMBUS_ACTORS names no folder of classic actors")
	}
	return dir
}

// A door is a provider of any contract that brings in what people say: an invocation in JSON, whose link names the actor.
// What guests send to it, it remembers under the operation.
type door struct{}

func (door) Execute(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	inv, err := capability.DecodeInvocation(msg.Body)
	if err != nil {
		return actor.Response{}, err
	}
	if !inv.JSON {
		env.State.Set([]byte(inv.Operation), inv.Payload)
		return actor.Response{}, nil
	}
	to := actor.Address(inv.Link)
	inv.Link, inv.JSON = capability.DefaultLink, false
	return actor.Response{Messages: []actor.SubMsg{{Msg: actor.Message{To: to, Body: inv.Encode()}, ReplyOn: actor.ReplyOnSuccess}}}, nil
}

func (door) Reply(_ context.Context, _ *actor.Env, reply actor.Reply) (actor.Response, error) {
	data, err := pack.ToJSON(reply.Data)
	return actor.Response{Data: data}, err
}

func (door) Query(_ context.Context, view *actor.View, body []byte) ([]byte, error) {
	b, _ := view.State.Get(body)
	return pack.ToJSON(b)
}

// stage is a host with a provider for each contract.
type stage struct {
	*runtime.Host
	t    testing.TB
	dir  string
	logs strings.Builder
}

func newStage(t testing.TB) *stage {
	s := &stage{t: t, dir: actorsDir(t)}
	plain := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	h, err := runtime.Open("", &runtime.Options{Logger: slog.New(slog.NewTextHandler(io.Writer(&s.logs), &slog.HandlerOptions{Level: slog.Level(-8), ReplaceAttr: plain}))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	s.Host = h
	for name, a := range map[string]actor.Actor{"door": door{}, "store": keyvalue.Actor()} {
		if err := h.Bind(name, a); err != nil {
			t.Fatal(err)
		}
	}
	s.order(capability.Order{Provide: []capability.ProviderOrder{
		{Name: "web", Address: "door", Contract: capability.HTTPServer},
		{Name: "mail", Address: "door", Contract: capability.Messaging},
		{Name: "store", Address: "store", Contract: capability.KeyValue},
	}})
	return s
}

func (s *stage) order(o capability.Order) {
	s.t.Helper()
	if _, err := s.Order(context.Background(), o, "", ""); err != nil {
		s.t.Fatal(err)
	}
}

// start starts the actor of a file under the name of the file, or skips the test, and links it for what it claims.
func (s *stage) start(file string) {
	s.t.Helper()
	code, err := os.ReadFile(filepath.Join(s.dir, file+".wasm"))
	if err != nil {
		s.t.Skip(err)
	}
	a, err := s.Start(context.Background(), file, code, runtime.StartOptions{AnyCaps: true, AnyRevision: true})
	if err != nil {
		s.t.Fatal(err)
	}
	o := capability.Order{}
	for contract, provider := range map[string]string{capability.HTTPServer: "web", capability.Messaging: "mail", capability.KeyValue: "store"} {
		// All get all links: what they may do is in their claims.
		o.Link = append(o.Link, capability.LinkOrder{LinkName: capability.LinkName{Actor: string(a.Address), Contract: contract}, Provider: provider})
	}
	s.order(o)
}

// tell sends an operation to an actor through the door, and returns the answer.
func (s *stage) tell(to, contract, operation, data string) (string, error) {
	body := fmt.Sprintf(`{"op":%q,"contract":%q,"link":%q,"data":%s}`, operation, contract, to, data)
	r, err := s.Send(context.Background(), "somebody", actor.Message{To: "door", Body: []byte(body)})
	if err != nil {
		return "", err
	}
	return string(r.Data), nil
}

// get sends a request over HTTP, and returns the body of the response.
func (s *stage) get(to string) string {
	s.t.Helper()
	answer, err := s.tell(to, capability.HTTPServer, messages.HandleRequest,
		`{"method":"GET","path":"/echo","queryString":"a=b","header":{"host":["here"]},"body":{"base64":"aGk="}}`)
	if err != nil {
		return err.Error()
	}
	var out struct {
		StatusCode int
		Body       json.RawMessage
	}
	if err := json.Unmarshal([]byte(answer), &out); err != nil {
		s.t.Fatalf("%s: %v", answer, err)
	}
	var text string
	var binary struct{ Base64 string }
	if json.Unmarshal(out.Body, &text) != nil {
		_ = json.Unmarshal(out.Body, &binary)
		text = binary.Base64
	}
	return fmt.Sprintf("%d %s", out.StatusCode, text)
}

// TestRealActors runs the actors that the classic hosts were tested with.
func TestRealActors(t *testing.T) {
	echo := func(fields ...string) string { return "200 {" + strings.Join(fields, ",") + "}" }
	body, method, path, query := `"body":[104,105]`, `"method":"GET"`, `"path":"/echo"`, `"query_string":"a=b"`
	oldEcho := echo(method, path, query, `"headers":{"host":"here"}`, body)
	for file, want := range map[string]string{
		"otp_echo":                       echo(body, method, path, query),
		"otp_echo_20210914":              echo(body, method, path, query),
		"otp_echo_call_alias":            oldEcho,
		"otp_echo_s":                     echo(method, path, `"query_string":"HEYOOO"`, `"headers":{"host":"here"}`, body),
		"otp_echo_s_20210301":            oldEcho,
		"v018_echo":                      oldEcho,
		"v018_echo_r0":                   echo(`"revision":0`, method, path, query, `"headers":{"host":"here"}`, body),
		"v018_echo_r1":                   echo(`"revision":1`, method, path, query, `"headers":{"host":"here"}`, body),
		"otp_echo_unpriv_s_20220302":     echo(body, method, path, query),
		"taction_tinygo_echo_s_20221114": `200 haZtZXRob2SjR0VUpHBhdGilL2VjaG+rcXVlcnlTdHJpbmejYT1ipmhlYWRlcoGkaG9zdJKgpGhlcmWkYm9kecQCaGk=`, // the request as it came
	} {
		t.Run(file, func(t *testing.T) {
			s := newStage(t)
			s.start(file)
			for range 3 {
				got := s.get(file)
				if got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			}
		})
	}
	for _, file := range []string{"otp_echo_unpriv_s", "otp_echo_unpriv_s_20220304", "otp_echo_unpriv_s_20220309"} {
		t.Run(file, func(t *testing.T) {
			s := newStage(t)
			s.start(file)
			if got := s.get(file); !strings.Contains(got, "missing_claim: Invocation source does not have the required capability claim wasmcloud:httpserver") {
				t.Error(got)
			}
		})
	}
}

func TestRealCounters(t *testing.T) {
	for _, file := range []string{"otp_kvcounter", "v018_kvcounter"} {
		t.Run(file, func(t *testing.T) {
			s := newStage(t)
			s.start(file)
			for n := range 3 {
				if got, want := s.get(file), fmt.Sprintf(`200 {"counter":%d}`, n+1); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
			s.order(capability.Order{Unlink: []capability.LinkName{{Actor: file, Contract: capability.KeyValue}}})
			if got := s.get(file); !strings.Contains(got, "Invocation not authorized: missing link definition for wasmcloud:keyvalue on default") {
				t.Error(got)
			}
		})
	}
	for _, file := range []string{"otp_kvcounter_unpriv_s", "otp_kvcounter_unpriv_s_20210712", "otp_kvcounter_unpriv_s_20220302"} {
		t.Run(file, func(t *testing.T) {
			s := newStage(t)
			s.start(file)
			if got := s.get(file); !strings.Contains(got, "Invocation not authorized: missing capability claim for wasmcloud:keyvalue") {
				t.Error(got)
			}
		})
	}
}

func TestRealPingers(t *testing.T) {
	for _, pair := range [][3]string{{"otp_pinger_s", "otp_ponger_s", "200 Ping pong"}, {"otp_pinger_s_20220121", "otp_ponger_s_20210617", `200 {"value":53}`},
		{"v018_pinger", "v018_ponger", `200 {"value":53}`}} {
		t.Run(pair[0], func(t *testing.T) {
			s := newStage(t)
			s.start(pair[0])
			if got := s.get(pair[0]); !strings.Contains(got, "ponger") {
				t.Errorf("without a ponger: %s", got)
			}
			s.start(pair[1])
			if got := s.get(pair[0]); got != pair[2] {
				t.Error(got)
			}
		})
	}
}

func TestRealLoggers(t *testing.T) {
	for file, lines := range map[string]int{"otp_randogenlogger_s": 5, "wascap_logger": 3, "v018_extras": 0, "wc_extras": 0} {
		t.Run(file, func(t *testing.T) {
			s := newStage(t)
			s.start(file)
			got := s.get(file)
			if !strings.HasPrefix(got, "200 ") {
				t.Error(got)
			}
			if n := strings.Count(s.logs.String(), "actor="+file+" "); n != lines {
				t.Errorf("%d lines of the log, want %d:\n%s", n, lines, s.logs.String())
			}
		})
	}
}

func TestRealSubscribers(t *testing.T) {
	for file, c := range map[string][2]string{
		"wascap_echo_messaging_v0.9.0":  {"hello", "reply: hello"},
		"wascap_echo_messaging_v0.10.0": {"hello", "reply: hello"},
		"otp_example_policy_s": {`{"requestId":"1","source":{"publicKey":"M","contractId":"","linkName":"","capabilities":[],"issuer":"A","issuedOn":"","expiresAt":1,"expired":false},` +
			`"target":{"publicKey":"M","contractId":"","linkName":"","capabilities":[],"issuer":"A","issuedOn":"","expiresAt":1,"expired":false},` +
			`"host":{"publicKey":"N","issuer":"C","latticeId":"default","labels":{},"clusterIssuers":[]},"action":"start_actor"}`, `"requestId":"1"`},
	} {
		t.Run(file, func(t *testing.T) {
			s := newStage(t)
			s.start(file)
			in, _ := json.Marshal(map[string]string{"subject": "a.b", "replyTo": "c.d", "body": c[0]})
			if _, err := s.tell(file, capability.Messaging, messages.HandleMessage, string(in)); err != nil {
				t.Fatal(err)
			}
			got, err := s.Query(t.Context(), "door", []byte(messages.Publish))
			if err != nil {
				t.Fatal(err)
			}
			var out struct{ Subject, Body string }
			if err := json.Unmarshal(got, &out); err != nil || out.Subject != "c.d" || !strings.Contains(out.Body, c[1]) {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
}

// TestRealHealth asks every actor in the folder how it is.
func TestRealHealth(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(actorsDir(t), "*.wasm"))
	s := newStage(t)
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".wasm")
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.start(name)
			r, err := s.Send(t.Context(), "somebody", actor.Message{To: actor.Address(name), Body: []byte(`{"op":"Actor.HealthRequest"}`)})
			if err != nil || !strings.HasPrefix(string(r.Data), `{"healthy":true`) {
				t.Errorf("%v, %v", r, err)
			}
		})
	}
}
