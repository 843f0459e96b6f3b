package node_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// asked are requests of every operation that are answered, in this order.
func asked(t *testing.T, subject string, seq uint64) map[string]any {
	code, err := os.ReadFile(guestFile)
	if err != nil {
		t.Fatal(err)
	}
	classic, err := os.ReadFile("../../examples/kvcounter/kvcounter.wasm")
	if err != nil {
		t.Fatal(err)
	}
	module, _, err := claims.OpenModule(classic)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{
		"info": api.Empty{}, "stats": api.Empty{}, "send": api.SendRequest{To: "puppet/a", Body: api.Bytes("set k=v\nemit paid amount=5"), Trace: true, ID: "one"},
		"query": api.QueryRequest{To: "puppet/a", Body: api.Bytes("get k\ndata {it}")}, "get": api.GetRequest{Actor: "puppet/a", Key: api.Bytes("k")},
		"scan": api.ScanRequest{Actor: "puppet/a", Prefix: api.Bytes("k"), Descending: true}, "history": api.HistoryRequest{Actor: "puppet/a", Key: api.Bytes("k")},
		"actors": api.ActorsRequest{Prefix: "puppet/"}, "actor": api.ActorRequest{Address: "puppet/a"}, "receipt": api.ReceiptRequest{ID: "one"},
		"log": api.LogRequest{Last: 5}, "trace": api.TraceRequest{Sequence: seq}, "watch": api.WatchRequest{Actor: "puppet/a"},
		"modules": api.Empty{}, "install": api.InstallRequest{Name: "account", Code: code}, "module": api.ModuleRequest{Name: "account"},
		"grants": api.Empty{}, "grant": api.Grant{Subject: subject, Name: "bob", Role: "caller", Actors: []string{"puppet/*"}},
		"revoke": api.RevokeRequest{Subject: subject}, "pause": api.PauseRequest{Actor: "puppet/b", Reason: "for a test"},
		"resume": api.ResumeRequest{Actor: "puppet/b"}, "backup": api.BackupRequest{Name: "monday"},
		"provide": api.ProvideRequest{Name: "store", Kind: "keyvalue", Config: map[string]string{"prefix": "p", "client_seed": "S"}}, "providers": api.Empty{},
		"start": api.StartRequest{Name: "counter", Code: classic, Instances: 2}, "claims": api.Empty{}, "scale": api.ScaleRequest{Actor: "counter", Instances: 3},
		"link":  api.LinkRequest{Actor: "counter", Contract: "wasmcloud:keyvalue", Provider: "store", Values: map[string]string{"URL": "x", "Password": "y"}},
		"links": api.LinksRequest{Actor: "counter"}, "unlink": api.UnlinkRequest{Actor: "counter", Contract: "wasmcloud:keyvalue"},
		"withdraw": api.WithdrawRequest{Name: "store"}, "trust": api.TrustRequest{Key: module.Issuer}, "trusted": api.Empty{},
		"distrust": api.KeyRequest{Key: module.Issuer}, "ban": api.Ban{Key: module.Subject, Reason: "for a test"}, "unban": api.KeyRequest{Key: module.Subject},
		"policy": api.PolicyRequest{}, "stop": api.StopRequest{Actor: "counter"},
	}
}

// order of asking: some need what others have done.
var order = []string{"info", "send", "query", "get", "scan", "history", "actors", "actor", "receipt", "log", "trace", "watch", "modules",
	"install", "module", "grant", "grants", "revoke", "pause", "resume", "backup", "provide", "start", "claims", "scale", "link", "links", "providers", "stats", "trust", "ban", "trusted", "unban",
	"distrust", "policy", "unlink", "withdraw", "stop"}

func TestEveryOperation(t *testing.T) {
	if len(order) != len(api.Ops()) {
		t.Fatalf("%d operations are tested, of %d", len(order), len(api.Ops()))
	}
	for _, encoding := range []string{api.JSON, api.CBOR} {
		for _, bearer := range []bool{false, true} {
			t.Run(encoding, func(t *testing.T) {
				r := newRig(t, setup{dir: filepath.Join(t.TempDir(), "data"), node: node.Options{BackupDir: t.TempDir()}})
				subject := newKey(t)
				answers := map[string]any{}
				for _, name := range order {
					op, _ := api.Find(name)
					c := &node.Call{Op: name, Type: encoding, Via: "local",
						Payload: r.encode(encoding, asked(t, subject.Public(), r.head())[name])}
					if name == "trace" {
						c.Payload = r.encode(encoding, api.TraceRequest{Sequence: answers["send"].(*api.Receipt).Sequence})
					}
					if bearer {
						c.Bearer = r.token(r.operator, claims.Token{})
					} else {
						r.sign(r.operator, c)
					}
					res := r.node.Handle(t.Context(), c)
					if res.Err != nil {
						t.Fatalf("%s: %s: %v", name, res.Err.Code, res.Err)
					}
					answer := reflect.New(reflect.TypeOf(op.Answer)).Interface()
					if err := api.DecodeAnswer(encoding, res.Payload, answer); err != nil || res.Type != encoding {
						t.Fatalf("%s: %s: %v", name, res.Type, err)
					}
					answers[name] = answer
				}
				checkAnswers(t, r, answers, subject.Public())
			})
		}
	}
}

func checkAnswers(t *testing.T, r *rig, a map[string]any, subject string) {
	t.Helper()
	check := func(what string, ok bool) {
		t.Helper()
		if !ok {
			t.Errorf("%s: %+v", what, a[strings.Fields(what)[0]])
		}
	}
	if c := a["claims"].(*api.Claims).Actors; len(c) != 1 || c[0].Actor != "counter" || c[0].Instances != 2 || c[0].Refused != "" || c[0].Key[0] != 'M' {
		t.Errorf("claims: %+v", c)
	}
	if l := a["links"].(*api.Links).Links; len(l) != 1 || l[0].Provider != "store" || l[0].Name != "default" || l[0].Values["URL"] != "x" || l[0].Values["Password"] != "(hidden)" {
		t.Errorf("links: %+v", l)
	}
	if p := a["providers"].(*api.Providers).Providers; len(p) != 1 || p[0].State != "healthy" || p[0].Config["client_seed"] != "(hidden)" || p[0].Address != "troupe.keyvalue/store" {
		t.Errorf("providers: %+v", p)
	}
	if tr := a["trusted"].(*api.Trust); len(tr.Anchors) != 1 || len(tr.Bans) != 1 || tr.Bans[0].Reason != "for a test" {
		t.Errorf("trusted: %+v", tr)
	}
	sent := a["send"].(*api.Receipt)
	check("send", sent.Committed && sent.RequestID == "one" && len(sent.Events) > 0 && sent.Trace != nil && len(sent.Trace.Root.Touches) > 0 &&
		strings.Contains(sent.Trace.Text, "puppet/a") && len(sent.Root) == 64)
	info := a["info"].(*api.Info)
	check("info", info.Ready && info.State == "ready" && info.Host == r.key.Public() && info.Key == r.operator.Public() &&
		reflect.DeepEqual(info.Roles, []string{"operator"}) && info.Sequence > 0 && info.Name == "test")
	stats := a["stats"].(*api.Stats)
	check("stats", len(stats.Latency) > 5 && stats.Heap > 0 && stats.Groups > 0 && stats.DiskFree > 0)
	if p := stats.Providers["store"]; p.Kind != "keyvalue" || p.State != "healthy" || stats.Links != 1 || len(stats.Claimed) != 1 {
		t.Errorf("stats: %+v, %d links, %+v", stats.Providers, stats.Links, stats.Claimed)
	}
	check("query", string(a["query"].(*api.Answer).Data) == "v")
	check("get", string(a["get"].(*api.Value).Value) == "v" && a["get"].(*api.Value).Found)
	page := a["scan"].(*api.Page)
	check("scan", len(page.Pairs) == 1 && string(page.Pairs[0].Key) == "k" && page.Sequence >= sent.Sequence)
	history := a["history"].(*api.History)
	check("history", len(history.Versions) == 1 && history.Versions[0].Sequence == sent.Sequence && string(history.Versions[0].Value) == "v" &&
		!history.Versions[0].Time.IsZero())
	actors := a["actors"].(*api.Actors)
	check("actors", len(actors.Actors) == 1 && actors.Actors[0].Address == "puppet/a" && actors.Actors[0].Module == "puppet")
	check("actor", a["actor"].(*api.Actor).Created == sent.Sequence && a["actor"].(*api.Actor).Paused == nil)
	check("receipt", a["receipt"].(*api.Receipt).Sequence == sent.Sequence && a["receipt"].(*api.Receipt).RequestID == "one")
	log := a["log"].(*api.Log)
	last := log.Entries[len(log.Entries)-1]
	check("log", last.Sequence == sent.Sequence && last.RequestID == "one" && last.Signer == r.operator.Public() && last.Kind == "execute" &&
		last.Receipt != nil && log.Head == sent.Sequence && string(last.Body) == "set k=v\nemit paid amount=5")
	trace := a["trace"].(*api.Trace)
	check("trace", trace.Root != nil && trace.Text == sent.Trace.Text)
	notices := a["watch"].(*api.Notices)
	check("watch", len(notices.Notices) == 1 && len(notices.Notices[0].Changes) == 1 && len(notices.Notices[0].Events) > 0 && notices.Sequence >= sent.Sequence)
	check("modules", len(a["modules"].(*api.Modules).Modules) >= 1)
	module := a["module"].(*api.Module)
	check("module", module.Kind == "troupe" && module.Size > 0 && len(module.Exports) > 0 && len(module.Imports) > 0 && a["install"].(*api.Module).Hash == module.Hash)
	grants := a["grants"].(*api.Grants)
	check("grants", len(grants.Grants) == 2 && grants.You == r.operator.Public())
	for _, name := range []string{"grant", "revoke", "pause", "resume"} {
		check(name, a[name].(*api.Done).Sequence > 0)
	}
	made := a["backup"].(*api.Backup)
	check("backup", made.Name == "monday" && made.Sequence > 0)
}

func TestBackupOpens(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, setup{dir: filepath.Join(t.TempDir(), "data"), node: node.Options{BackupDir: dir}})
	r.ok(r.operator, "send", set("puppet/a", "k", "v"), new(api.Receipt))
	var made api.Backup
	r.ok(r.operator, "backup", api.BackupRequest{Name: "one"}, &made)
	r.fails(r.call(r.operator, "backup", api.BackupRequest{Name: "one"}), api.CodeConflict, "there is a backup one already")
	for _, name := range []string{"", "..", ".", "../x", "a/b", "/tmp/x", "A", "a\x00"} {
		r.fails(r.call(r.operator, "backup", api.BackupRequest{Name: name}), api.CodeBadRequest, "name")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%v", entries)
	}
	h, err := runtime.Open(filepath.Join(dir, "one"), &runtime.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if head, err := h.Reader().Head(); err != nil || head.Sequence != made.Sequence || head.Root.String() != made.Root {
		t.Errorf("%+v is not %+v: %v", head, made, err)
	}
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	r := newRig(t, setup{})
	for _, c := range []struct {
		op   string
		req  any
		code api.Code
		says string
	}{
		{"send", api.SendRequest{}, api.CodeBadRequest, "to: "},
		{"send", api.SendRequest{To: "A B"}, api.CodeBadRequest, "to: "},
		{"send", api.SendRequest{To: "puppet/a", Kind: "tick"}, api.CodeBadRequest, "kind: "},
		{"send", api.SendRequest{To: "puppet/a", As: "a\x00"}, api.CodeBadRequest, "as: "},
		{"send", api.SendRequest{To: "puppet/a", ID: strings.Repeat("x", 200)}, api.CodeBadRequest, "at most 199 bytes"},
		{"send", api.SendRequest{To: "nobody", Body: api.Bytes("x")}, api.CodeActor, ""},
		{"query", api.QueryRequest{To: "nobody"}, api.CodeActor, ""},
		{"query", api.QueryRequest{}, api.CodeBadRequest, "to: "},
		{"get", api.GetRequest{Actor: "nobody"}, api.CodeNotFound, "nobody"},
		{"get", api.GetRequest{Actor: "puppet/a", Key: make([]byte, dispatch.MaxStateKey+1)}, api.CodeTooLarge, "key"},
		{"scan", api.ScanRequest{Actor: "puppet/a", Limit: -1}, api.CodeBadRequest, "limit"},
		{"scan", api.ScanRequest{Actor: "puppet/a", Token: "x"}, api.CodeBadRequest, "token"},
		{"history", api.HistoryRequest{Actor: "nobody"}, api.CodeNotFound, "nobody"},
		{"actor", api.ActorRequest{Address: "puppet/none"}, api.CodeNotFound, "not been sent a message"},
		{"receipt", api.ReceiptRequest{}, api.CodeBadRequest, "give one"},
		{"receipt", api.ReceiptRequest{ID: "x", Sequence: 1}, api.CodeBadRequest, "give one"},
		{"receipt", api.ReceiptRequest{ID: "x"}, api.CodeNotFound, ""},
		{"receipt", api.ReceiptRequest{Sequence: 1 << 40}, api.CodeNotFound, "the last transaction"},
		{"trace", api.TraceRequest{}, api.CodeNotFound, "no transaction 0"},
		{"trace", api.TraceRequest{Sequence: 1 << 40}, api.CodeNotFound, "no transaction"},
		{"log", api.LogRequest{From: 1, Last: 1}, api.CodeBadRequest, "last"},
		{"log", api.LogRequest{Limit: -1}, api.CodeBadRequest, "limit"},
		{"watch", api.WatchRequest{From: 1, Now: true}, api.CodeBadRequest, "now"},
		{"watch", api.WatchRequest{Wait: -1}, api.CodeBadRequest, "wait_ms"},
		{"module", api.ModuleRequest{Name: "none"}, api.CodeNotFound, "none"},
		{"install", api.InstallRequest{Name: "x"}, api.CodeBadRequest, "code"},
		{"install", api.InstallRequest{Name: "x", Code: api.Bytes("no code")}, api.CodeBadRequest, ""},
		{"grant", api.Grant{Subject: "x", Role: "caller"}, api.CodeActor, ""},
		{"grant", api.Grant{Subject: r.operator.Public(), Role: "king"}, api.CodeBadRequest, "king"},
		{"revoke", api.RevokeRequest{Subject: r.operator.Public()}, api.CodeActor, ""},
		{"pause", api.PauseRequest{Actor: ""}, api.CodeBadRequest, "actor"},
		{"backup", api.BackupRequest{Name: "x"}, api.CodeUnavailable, "no folder"},
		{"fly", api.Empty{}, api.CodeNotFound, "no operation"},
	} {
		r.fails(r.call(r.operator, c.op, c.req), c.code, c.says)
	}
}

func TestFailedTransaction(t *testing.T) {
	r := newRig(t, setup{})
	e := r.fails(r.call(r.operator, "send", api.SendRequest{To: "puppet/a", Body: api.Bytes("call puppet/b\n  fail broke: no money left"), Trace: true}),
		api.CodeActor, "no money left")
	if e.Actor != "broke" || !reflect.DeepEqual(e.Path, []string{"puppet/a", "puppet/b"}) || e.Sequence == 0 || e.Receipt == nil || e.Receipt.Committed ||
		e.Receipt.Trace == nil || e.Receipt.Code != "broke" {
		t.Errorf("%+v", e)
	}
	if got := e.Error(); got != "puppet/a → puppet/b: broke: no money left" {
		t.Error(got)
	}
	e = r.fails(r.call(r.operator, "query", api.QueryRequest{To: "puppet/a", Body: api.Bytes("fail broke: no")}), api.CodeActor, "no")
	if e.Actor != "broke" || len(e.Path) != 1 {
		t.Errorf("%+v", e)
	}
}

func TestPausedActor(t *testing.T) {
	r := newRig(t, setup{})
	r.ok(r.operator, "send", set("puppet/a", "k", "v"), new(api.Receipt))
	r.ok(r.operator, "pause", api.PauseRequest{Actor: "puppet/a", Reason: "maintenance"}, new(api.Done))
	if e := r.fails(r.call(r.operator, "send", set("puppet/a", "k", "w")), api.CodeActor, "maintenance"); e.Actor != "paused" {
		t.Errorf("%+v", e)
	}
	var a api.Actor
	r.ok(r.operator, "actor", api.ActorRequest{Address: "puppet/a"}, &a)
	if a.Paused == nil || *a.Paused != "maintenance" {
		t.Errorf("%+v", a)
	}
	r.ok(r.operator, "resume", api.ResumeRequest{Actor: "puppet/a"}, new(api.Done))
	r.ok(r.operator, "send", set("puppet/a", "k", "w"), new(api.Receipt))
}

// TestDo asks as the program itself, which nobody has granted anything.
func TestDo(t *testing.T) {
	r := newRig(t, setup{})
	a, err := r.node.Do(t.Context(), node.Caller{Via: "local"}, "send", api.SendRequest{To: "puppet/a", Body: api.Bytes("set k=v"), As: "alice", ID: "x"})
	if err != nil || !a.(*api.Receipt).Committed || a.(*api.Receipt).RequestID != "x" {
		t.Fatalf("%+v, %v", a, err)
	}
	if _, err := r.node.Do(t.Context(), node.Caller{}, "send", &api.SendRequest{To: "puppet/a"}); err == nil || err.Code != api.CodeBadRequest {
		t.Errorf("%v", err)
	}
	if _, err := r.node.Do(t.Context(), node.Caller{}, "send", api.Empty{}); err == nil || err.Code != api.CodeBadRequest {
		t.Errorf("%v", err)
	}
	stranger := newKey(t)
	if _, err := r.node.Do(t.Context(), node.Caller{Key: stranger.Public()}, "get", api.GetRequest{Actor: "puppet/a", Key: api.Bytes("k")}); err == nil || err.Code != api.CodeForbidden {
		t.Errorf("%v", err)
	}
	if _, err := r.node.Do(t.Context(), node.Caller{}, "pause", api.PauseRequest{Actor: "puppet/a"}); err != nil {
		t.Errorf("%v", err)
	}
}

// TestSeedsStayOut gives secrets where public keys belong: they are in no log and in no message.
func TestSeedsStayOut(t *testing.T) {
	r := newRig(t, setup{})
	text, err := newKey(t).Seed()
	if err != nil {
		t.Fatal(err)
	}
	seed, before := string(text), r.head()
	for op, req := range map[string]any{
		"grant": api.Grant{Subject: seed, Role: "caller"}, "revoke": api.RevokeRequest{Subject: seed},
		"trust": api.TrustRequest{Key: seed}, "distrust": api.KeyRequest{Key: seed}, "ban": api.Ban{Key: seed}, "unban": api.KeyRequest{Key: seed},
		"provide": api.ProvideRequest{Name: "store", Kind: "keyvalue", Key: seed},
		"link":    api.LinkRequest{Actor: seed, Contract: "wasmcloud:keyvalue", Provider: "store"},
	} {
		if e := r.fails(r.call(r.operator, op, req), api.CodeBadRequest, "public key"); strings.Contains(e.Error(), seed) {
			t.Errorf("%s repeats it", op)
		}
	}
	if now := r.head(); now != before {
		t.Errorf("the log has gone on from %d to %d", before, now)
	}
}

// TestTrace asks for trees that were kept, and for those that were not.
func TestTrace(t *testing.T) {
	for _, keep := range []bool{true, false} {
		r := newRig(t, setup{host: runtime.Options{Executor: dispatch.Options{KeepTraces: keep}}})
		seq := r.send("puppet/a", "call puppet/b id=7 reply=error\n  fail broke: x\nset k=v")
		r.send("puppet/a", "set k=w")
		var trace api.Trace
		r.ok(r.operator, "trace", api.TraceRequest{Sequence: seq}, &trace)
		child := trace.Root.Children[1] // behind its instantiation
		if child.Committed || child.Code != "broke" || child.Sub.ID != 7 || child.Sub.ReplyOn != "error" || !trace.Root.Committed || trace.Signer != r.operator.Public() {
			t.Errorf("%+v\n%+v", trace.Root, child)
		}
		if reply := trace.Root.Children[2].Reply; reply == nil || reply.Code != "broke" {
			t.Errorf("%+v", trace.Root.Children[2])
		}
		var all sync.WaitGroup
		for range 12 {
			call := r.call(r.operator, "trace", api.TraceRequest{Sequence: seq})
			all.Go(func() {
				if res := r.node.Handle(t.Context(), call); res.Err != nil {
					t.Error(res.Err)
				}
			})
		}
		all.Wait()
	}
}

func TestHistory(t *testing.T) {
	r := newRig(t, setup{})
	var seqs []uint64
	for _, body := range []string{"set k=1", "set x=1", "set k=2", "delete k", "set kk=3", "set k=4"} {
		seqs = append(seqs, r.send("puppet/a", body))
	}
	r.send("puppet/b", "set k=9")
	var first, rest api.History
	r.ok(r.operator, "history", api.HistoryRequest{Actor: "puppet/a", Key: api.Bytes("k"), Limit: 2}, &first)
	if len(first.Versions) != 2 || first.Versions[0].Sequence != seqs[5] || !first.Versions[1].Deleted || first.Versions[1].Sequence != seqs[3] || first.Before == 0 {
		t.Fatalf("%+v", first)
	}
	r.ok(r.operator, "history", api.HistoryRequest{Actor: "puppet/a", Key: api.Bytes("k"), Before: first.Before}, &rest)
	if len(rest.Versions) != 2 || string(rest.Versions[0].Value) != "2" || string(rest.Versions[1].Value) != "1" || rest.Before != 0 {
		t.Errorf("%+v", rest)
	}
}

func TestLists(t *testing.T) {
	r := newRig(t, setup{})
	for _, who := range []string{"a", "b", "c"} {
		r.send(actor.Address("puppet/"+who), "set 1=x\nset 2=y\nset 3=z")
	}
	var list api.Actors
	var seen []actor.Address
	for token, more := "", true; more; more = token != "" {
		list = api.Actors{}
		r.ok(r.operator, "actors", api.ActorsRequest{Prefix: "puppet/", Limit: 2, Token: token}, &list)
		for _, a := range list.Actors {
			seen = append(seen, a.Address)
		}
		token = list.Token
	}
	if !reflect.DeepEqual(seen, []actor.Address{"puppet/a", "puppet/b", "puppet/c"}) {
		t.Errorf("%v", seen)
	}
	var page, next api.Page
	r.ok(r.operator, "scan", api.ScanRequest{Actor: "puppet/a", Limit: 2}, &page)
	r.ok(r.operator, "scan", api.ScanRequest{Actor: "puppet/a", Limit: 2, Token: page.Token}, &next)
	if len(page.Pairs) != 2 || len(next.Pairs) != 1 || string(next.Pairs[0].Key) != "3" || next.Token != "" {
		t.Errorf("%+v %+v", page, next)
	}
	r.fails(r.call(r.operator, "scan", api.ScanRequest{Actor: "puppet/b", Limit: 2, Token: page.Token}), api.CodeBadRequest, "token")
	var log api.Log
	r.ok(r.operator, "log", api.LogRequest{From: 2, Limit: 2}, &log)
	if len(log.Entries) != 2 || log.Entries[0].Sequence != 2 || log.Head != r.head() {
		t.Errorf("%+v", log)
	}
	r.ok(r.operator, "log", api.LogRequest{From: log.Head + 1}, &log)
	if len(log.Entries) != 0 || log.Entries == nil {
		t.Errorf("%+v", log)
	}
}

// TestInstallInTheLog checks that the log tells of an installation and does not hold the code.
func TestInstallInTheLog(t *testing.T) {
	r := newRig(t, setup{})
	req := asked(t, "", 1)["install"].(api.InstallRequest)
	deployer := r.caller(claims.Grant{Role: claims.Deployer})
	var m api.Module
	r.ok(deployer, "install", req, &m)
	var log api.Log
	r.ok(r.operator, "log", api.LogRequest{Last: 1}, &log)
	e := log.Entries[0]
	if e.Op != "install" || e.Install == nil || e.Install.Hash != m.Hash || e.Install.Size != m.Size || e.Body != nil || e.Signer != deployer.Public() {
		t.Errorf("%+v", e)
	}
	other := append(api.Bytes{}, req.Code...)
	req.Code = append(other, 0, 1, 0) // an empty custom section
	r.fails(r.call(deployer, "install", req), api.CodeConflict, "")
	req.Replace = true
	r.ok(deployer, "install", req, &m)
}

// TestLastEntriesOfTheLog checks that who asks for the last entries gets them, also where a page of the log ends before.
func TestLastEntriesOfTheLog(t *testing.T) {
	r := newRig(t, setup{})
	large := api.Bytes(strings.Repeat("set k="+strings.Repeat("x", 100<<10)+"\n", 6) + "set k=y")
	for range 20 {
		r.ok(r.operator, "send", api.SendRequest{To: "puppet/a", Body: large}, new(api.Receipt))
	}
	r.ok(r.operator, "send", set("puppet/a", "k", "small"), new(api.Receipt))
	for last, least := range map[int]int{1: 1, 2: 2, 7: 7, 1000: 16} {
		var log api.Log
		r.ok(r.operator, "log", api.LogRequest{Last: last}, &log)
		n := len(log.Entries)
		if n < least || n > last || log.Entries[n-1].Sequence != r.head() {
			t.Fatalf("the last %d: %d entries, up to %d of %d", last, n, log.Entries[n-1].Sequence, r.head())
		}
		for i := range log.Entries {
			if want := r.head() - uint64(n-1-i); log.Entries[i].Sequence != want {
				t.Fatalf("the last %d: %d at the place of %d", last, log.Entries[i].Sequence, want)
			}
		}
	}
}
