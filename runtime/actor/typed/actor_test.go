package typed_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

func code(t *testing.T, err error) string {
	t.Helper()
	var e *actor.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v (%T) is no actor error", err, err)
	}
	return e.Code
}

func TestEmptyActor(t *testing.T) {
	a, ctx, env := typed.New(), context.Background(), newEnv()
	for _, kind := range []string{"execute", "migrate", "sudo", "query"} {
		if _, err := deliver(a, kind, typed.Encode(Tick{})); code(t, err) != actor.CodeUnsupported {
			t.Errorf("%s: got %v", kind, err)
		}
	}
	if _, err := a.Reply(ctx, env, actor.Reply{ID: 7}); code(t, err) != actor.CodeUnsupported || !strings.Contains(err.Error(), "7") {
		t.Errorf("reply: got %v", err)
	}
	for body, want := range map[string]string{"": "", "{}": "", "{}\n": "", "\xa0": "", `{"a":1}`: actor.CodeUnsupported} {
		_, err := deliver(a, "instantiate", []byte(body))
		if want == "" && err != nil || want != "" && code(t, err) != want {
			t.Errorf("instantiate with %q: got %v, want %q", body, err, want)
		}
	}
}

func TestBodyTooLarge(t *testing.T) {
	body := bytes.Repeat([]byte(" "), typed.MaxBody+1)
	for _, kind := range []string{"execute", "instantiate", "migrate", "sudo", "query"} {
		if _, err := deliver(zoo, kind, body); code(t, err) != actor.CodeBodyTooLarge {
			t.Errorf("%s: got %v", kind, err)
		}
	}
}

func TestNames(t *testing.T) {
	type (
		MintTo     struct{}
		HTTPGet    struct{}
		GetHTTP    struct{}
		BalanceOf2 struct{}
		lower      struct{}
		A          struct{}
		AB         struct{}
		Snake_Case struct{}
	)
	for _, test := range []struct {
		msg  any
		want string
	}{
		{MintTo{}, "mint_to"}, {&MintTo{}, "mint_to"}, {HTTPGet{}, "http_get"}, {GetHTTP{}, "get_http"},
		{BalanceOf2{}, "balance_of2"}, {lower{}, "lower"}, {A{}, "a"}, {AB{}, "ab"}, {Snake_Case{}, "snake_case"}, {Tick{}, "tick"},
	} {
		if got, err := typed.Decode[string](typed.Encode(test.msg)); got != test.want || err != nil {
			t.Errorf("%T is %q (%v), want %q", test.msg, got, err, test.want)
		}
	}
}

// TestForeignPanics checks that the panic of an actor, or of a host that ends a call, passes through as it is.
func TestForeignPanics(t *testing.T) {
	for _, value := range []any{"boom", &actor.Error{Code: "x"}} {
		a := typed.New(
			typed.OnExecute(func(*typed.Call, Tick) error { panic(value) }),
			typed.OnQuery(func(*typed.View, Tick) (int, error) { panic(value) }),
		)
		for _, kind := range []string{"execute", "query"} {
			if got := panics(func() { deliver(a, kind, typed.Encode(Tick{})) }); got != value {
				t.Errorf("%s: got panic %v, want %v", kind, got, value)
			}
		}
	}
}

// TestViewCannotWrite checks the promise that a query has no way to write.
func TestViewCannotWrite(t *testing.T) {
	f, _ := reflect.TypeFor[typed.View]().FieldByName("State")
	if _, writes := f.Type.MethodByName("Set"); writes || f.Type != reflect.TypeFor[actor.Reader]() {
		t.Errorf("View.State is a %v", f.Type)
	}
}

func TestResponse(t *testing.T) {
	a := typed.New(typed.OnExecute(func(c *typed.Call, _ Tick) error {
		c.Attribute("action", "tick", "n", int8(-3), "rate", 1.5, "ok", true, "kind", actor.KindQuery)
		c.Emit("ticked")
		first := c.Execute("a", Tick{})
		c.Instantiate("module", Item{Name: "x"}).At("b").Admin(c.Self).OnSuccess(1).GasLimit(10)
		c.Instantiate("module", nil)
		c.Migrate("c", "module", nil).OnError(2)
		c.SetAdmin("d", "e")
		first.Always(3).Payload("p")
		return c.ReturnRaw([]byte{})
	}))
	res, err := a.Execute(context.Background(), newEnv(), actor.Message{Body: typed.Encode(Tick{})})
	want := actor.Response{
		Attributes: attributes("action", "tick", "n", "-3", "rate", "1.5", "ok", "true", "kind", "query"),
		Events:     []actor.Event{{Type: "ticked"}},
		Messages: []actor.SubMsg{
			{ID: 3, Msg: actor.Message{To: "a", Body: typed.Encode(Tick{})}, ReplyOn: actor.ReplyAlways, Payload: typed.EncodeValue("p")},
			{ID: 1, Msg: actor.Message{Kind: actor.KindInstantiate, To: "b", Module: "module", Admin: "self", Body: typed.EncodeValue(Item{Name: "x"})},
				ReplyOn: actor.ReplyOnSuccess, GasLimit: 10},
			{Msg: actor.Message{Kind: actor.KindInstantiate, Module: "module"}},
			{ID: 2, Msg: actor.Message{Kind: actor.KindMigrate, To: "c", Module: "module"}, ReplyOn: actor.ReplyOnError},
			{Msg: actor.Message{Kind: actor.KindSetAdmin, To: "d", Admin: "e"}},
		},
		Data: []byte{},
	}
	if err != nil || !reflect.DeepEqual(res, want) {
		t.Errorf("got  %+v, %v\nwant %+v", res, err, want)
	}
}

func attributes(kv ...string) (list []actor.Attribute) {
	for pair := range slices.Chunk(kv, 2) {
		list = append(list, actor.Attribute{Key: pair[0], Value: pair[1]})
	}
	return list
}

func TestReplies(t *testing.T) {
	a := typed.New(
		typed.OnReply(1, func(c *typed.Call, r *typed.Reply[Item]) error { return c.Return(r.Payload.Name) }),
		typed.OnAnyReply(func(c *typed.Call, r *typed.Reply[typed.None]) error { return c.Return(r.ID) }),
	)
	for _, test := range []struct {
		reply actor.Reply
		want  any
	}{
		{actor.Reply{ID: 1, Payload: typed.EncodeValue(Item{Name: "x"})}, "x"},
		{actor.Reply{ID: 1}, ""},
		{actor.Reply{ID: 2, Payload: []byte("none of my business")}, uint64(2)},
	} {
		res, err := a.Reply(context.Background(), newEnv(), test.reply)
		if err != nil || !bytes.Equal(res.Data, typed.EncodeValue(test.want)) {
			t.Errorf("%+v: got %x, %v, want %v", test.reply, res.Data, err, test.want)
		}
	}
	_, err := a.Reply(context.Background(), newEnv(), actor.Reply{ID: 1, Payload: []byte{5}})
	if code(t, err) != actor.CodeMalformed {
		t.Errorf("a payload of another type: got %v", err)
	}
}

func TestDecode(t *testing.T) {
	type old struct{ Name, Gone string }
	type new struct{ Name string }
	if v, err := typed.Decode[new](typed.EncodeValue(old{"n", "g"})); v.Name != "n" || err != nil {
		t.Errorf("a field that is gone: got %v, %v", v, err)
	}
	if v, err := typed.Decode[string](typed.EncodeValue("\xff")); v != "\xff" || err != nil {
		t.Errorf("what was encoded: got %q, %v", v, err)
	}
	_, err := typed.Decode[[]Item](typed.EncodeValue([]any{map[string]any{"name": 5}}))
	if got := fmt.Sprint(err); got != "malformed: data[0].name: expected text, found an unsigned integer" {
		t.Errorf("got %s", got)
	}
	if _, err := typed.Decode[Item](nil); code(t, err) != actor.CodeMalformed {
		t.Errorf("no data: got %v", err)
	}
}

func TestDescribe(t *testing.T) {
	out, err := json.MarshalIndent(zoo.Describe(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"bytes of length 4"`, `"map of int32 to text"`, `"list of object"`, `"time"`, `"int8"`, `"instantiate"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%s is not in the description:\n%s", want, out)
		}
	}
	if again, _ := json.MarshalIndent(zoo.Describe(), "", " "); !bytes.Equal(out, again) {
		t.Error("two descriptions differ")
	}
}

// TestAllocations bounds what the hot path allocates. The state in memory has its share: two for each write.
func TestAllocations(t *testing.T) {
	env, body := newEnv(), typed.Encode(Transfer{To: "bob", Amount: 1})
	balances.Set(env.State, "alice", 1<<60)
	for name, test := range map[string]struct {
		do     func()
		budget float64
	}{
		"execute":  {func() { currency.Execute(context.Background(), env, actor.Message{Body: body}) }, 18},
		"dispatch": {func() { deliverTick(env) }, 1},
		"get":      {func() { balances.Get(env.State, "alice") }, 1},
		"set":      {func() { balances.Set(env.State, "alice", 1<<60) }, 3},
	} {
		if got := testing.AllocsPerRun(100, test.do); got > test.budget {
			t.Errorf("%s: %v allocations, more than %v", name, got, test.budget)
		}
	}
}

var tickBody = typed.Encode(Tick{})

func deliverTick(env *actor.Env) {
	bare.Execute(context.Background(), env, actor.Message{Body: tickBody})
}
