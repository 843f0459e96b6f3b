package puppet

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
)

// services answers queries with "<to>?<body>" and counts gas.
type services struct{ gas uint64 }

func (s *services) Query(_ context.Context, to actor.Address, body []byte) ([]byte, error) {
	if to == "nobody" {
		return nil, actor.Errorf(actor.CodeUnknownActor, "there is no actor %s", to)
	}
	return fmt.Appendf(nil, "%s?%s", to, body), nil
}

func (s *services) QueryRaw(to actor.Address, key []byte) ([]byte, bool) {
	return fmt.Appendf(nil, "%s!%s", to, key), to != "nobody"
}

func (s *services) GasLeft() uint64 { return 1000 - s.gas }
func (s *services) UseGas(n uint64) { s.gas += n }
func (s *services) Log(string)      {}

func newEnv() *actor.Env {
	return &actor.Env{Self: "a", Sender: "alice", Sequence: 7, Time: time.Unix(0, 5).UTC(),
		State: new(actor.MemState), Services: new(services)}
}

func stateOf(r actor.Reader) string {
	var list []string
	for key, value := range r.Range(nil, nil, actor.Ascending) {
		list = append(list, fmt.Sprintf("%s=%s", key, value))
	}
	return strings.Join(list, " ")
}

func TestVerbs(t *testing.T) {
	for _, c := range []struct {
		name, script string
		state        string // afterwards
		err          string
	}{
		{"set", "set k=a b\nset \"k 2\"=\"\"", "k=a b k 2=", ""},
		{"append", "append k=a\nappend k=b", "k=ab", ""},
		{"delete", "set k=v\ndelete k\ndelete missing", "", ""},
		{"get", "set k=v\nget k\nset copy={it}\nget missing as m\nset none={m}", "copy=v k=v none=<nil>", ""},
		{"range", "set a=1\nset b=2\nset c=3\nrange start=b\nset r={it}", "a=1 b=2 c=3 r=b=2 c=3", ""},
		{"range, writing", "set a=1\nset b=2\nrange end=b desc\n  delete {key}\n  set z={value}", "b=2 z=1", ""},
		{"query", "query b\n  get k\nset q={it}", `q=b?{"ops":[{"do":"get","key":"k"}]}`, ""},
		{"raw query", "query b body=hello as x\nset q={x}", "q=b?hello", ""},
		{"query that fails", "query nobody\nset q={it}", "q=error unknown_actor: there is no actor nobody", ""},
		{"raw", "raw b k\nset r={it}\nraw nobody k\nset s={it}", "r=b!k s=<nil>", ""},
		{"gas", "gas 10\nset left={gas_left}", "left=990", ""},
		{"facts", "set f={self} {sender} {kind} {sequence} {time}", "f=a alice execute 7 1970-01-01T00:00:00.000000005Z", ""},
		{"repeat", "repeat 3\n  append k={i}", "k=123", ""},
		{"try", "try\n  set a=1\n  panic oh\nset b=2", "a=1 b=2", ""},
		{"templates", "set k={fill:3}{hex:41}{{}", "k=xxxA{}", ""},
		{"fail", "set k=v\nfail broke: no {self}", "k=v", "broke: no a"},
		{"error", "error it is bad", "", "it is bad"},
		{"unknown template", "set k={nothing}", "", "malformed: there is no template {nothing} here; write {{ for a brace"},
		{"open brace", "set k={self", "", "malformed: a brace is not closed in \"{self\"; write {{ for a brace"},
		{"same outside of a reply", "same", "", "malformed: there is no reply whose data could be the same"},
		{"wait", "wait", "", "malformed: this call would wait for ever"},
		{"no verb", `{"ops":[{"do":"dance"}]}`, "", `malformed: there is no verb "dance"`},
		{"send nothing", `{"ops":[{"do":"send"}]}`, "", "malformed: send has no message"},
		{"no program", `{"oops":[]}`, "", `malformed: json: unknown field "oops"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := newEnv()
			_, err := Actor{}.Execute(context.Background(), env, actor.Message{Body: []byte(c.script)})
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != c.err || stateOf(env.State) != c.state {
				t.Errorf("state %q, error %q; want %q, %q", stateOf(env.State), got, c.state, c.err)
			}
		})
	}
}

func TestPanic(t *testing.T) {
	defer func() {
		if v := recover(); v != "oh a" {
			t.Errorf("recovered %v", v)
		}
	}()
	(Actor{}).Execute(t.Context(), newEnv(), actor.Message{Body: []byte("panic oh {self}")})
}

func TestResponse(t *testing.T) {
	const script = `
attr action=pay "two words"="\t"
emit paid amount=5 to={self}
emit done
data ""
call b id=1 reply=error gas=1000 payload=p
  set x={self}
on reply
  set seen={payload} {code}
create module=m admin=alice
migrate b module=m2 reply=9
set_admin b admin={sender}
sudo b body={self}
message tick b again`
	resp, err := Actor{}.Execute(t.Context(), newEnv(), actor.Message{Body: []byte(script)})
	if err != nil {
		t.Fatal(err)
	}
	want := actor.Response{
		Attributes: []actor.Attribute{{Key: "action", Value: "pay"}, {Key: "two words", Value: "\t"}},
		Events: []actor.Event{{Type: "paid", Attributes: []actor.Attribute{{Key: "amount", Value: "5"}, {Key: "to", Value: "a"}}},
			{Type: "done"}},
		Data: []byte{},
		Messages: []actor.SubMsg{
			{ID: 1, ReplyOn: actor.ReplyOnError, GasLimit: 1000,
				Msg:     actor.Message{To: "b", Body: MustParse("set x={self}").Encode()},
				Payload: []byte(`puppet {"payload":"cA==","on_reply":{"ops":[{"do":"set","key":"seen","value":"{payload} {code}"}]}}`)},
			{Msg: actor.Message{Kind: actor.KindInstantiate, Module: "m", Admin: "alice"}},
			{Msg: actor.Message{Kind: actor.KindMigrate, To: "b", Module: "m2"}, ReplyOn: 9},
			{Msg: actor.Message{Kind: actor.KindSetAdmin, To: "b", Admin: "alice"}},
			{Msg: actor.Message{Kind: actor.KindSudo, To: "b", Body: []byte("a")}},
			{Msg: actor.Message{Kind: actor.KindTick, To: "b", Body: []byte(script)}},
		},
	}
	if !reflect.DeepEqual(resp, want) {
		t.Errorf("got  %+v\nwant %+v", resp, want)
	}

	env := newEnv()
	if _, err := (Actor{}).Reply(t.Context(), env, actor.Reply{Payload: resp.Messages[0].Payload}); err != nil {
		t.Fatal(err)
	}
	if got := stateOf(env.State); got != "seen=p ok" {
		t.Errorf("the reply left %q", got)
	}
}

func TestReply(t *testing.T) {
	const script = "set r={id} {callee} {gas} {data} {events} {code} {err}\nsame"
	payload := []byte(payloadMark + `{"on_reply":` + string(MustParse(script).Encode()) + `}`)
	for _, c := range []struct {
		name        string
		reply       actor.Reply
		state, data string
	}{
		{"success", actor.Reply{ID: 3, Callee: "b", GasUsed: 9, Data: []byte("d"), Payload: payload, Events: []actor.Event{
			{Actor: "b", Type: "paid", Attributes: []actor.Attribute{{Key: "k", Value: "v"}, {Key: "l", Value: "w"}}}, {Actor: "b", Type: "done"}}},
			"r=3 b 9 d [b:paid(k=v l=w) b:done] ok <nil>", "d"},
		{"error", actor.Reply{ID: 3, Callee: "b", Payload: payload, Err: actor.Errorf("broke", "no money")},
			"r=3 b 0 <nil> [] broke no money", "<nil>"},
		{"raw payload", actor.Reply{Payload: []byte("hello")}, "", "hello"},
		{"no payload", actor.Reply{Data: []byte("d")}, "", "<nil>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := newEnv()
			resp, err := Actor{}.Reply(t.Context(), env, c.reply)
			if err != nil {
				t.Fatal(err)
			}
			data := string(resp.Data)
			if resp.Data == nil {
				data = none
			}
			if stateOf(env.State) != c.state || data != c.data {
				t.Errorf("state %q, data %q; want %q, %q", stateOf(env.State), data, c.state, c.data)
			}
		})
	}
	if _, err := (Actor{}).Reply(t.Context(), newEnv(), actor.Reply{Payload: []byte(payloadMark + "x")}); actor.AsError(err).Code != actor.CodeMalformed {
		t.Errorf("a broken payload: %v", err)
	}
}

func TestQueryCannotWrite(t *testing.T) {
	view := &actor.View{Self: "a", State: new(actor.MemState), Services: new(services)}
	for _, c := range []struct{ script, data, err string }{
		{"get k\ndata {it}", "<nil>", ""},
		{"set k=v", "", "invalid_message: a query cannot set"},
		{"call b", "", "invalid_message: a query cannot send"},
		{"dance", "", `malformed: line 1: "dance": there is no such verb`},
	} {
		data, err := Actor{}.Query(t.Context(), view, []byte(c.script))
		if got := actor.AsError(err); string(data) != c.data || got != nil && got.Error() != c.err || got == nil && c.err != "" {
			t.Errorf("%q: %q, %v", c.script, data, err)
		}
	}
}

func TestBirth(t *testing.T) {
	a := Actor{Birth: MustParse("set born={kind}")}
	for body, want := range map[string]string{"": "born=instantiate", "set k=v": "k=v"} {
		env := newEnv()
		if _, err := a.Instantiate(t.Context(), env, actor.Message{Kind: actor.KindInstantiate, Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
		if got := stateOf(env.State); got != want {
			t.Errorf("body %q: state %q, want %q", body, got, want)
		}
	}
}
