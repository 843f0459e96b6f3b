package keyvalue_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/keyvalue"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// TestOperations has each operation of the contract, in an order in which each shows what the one before has left.
func TestOperations(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ op, arg, want string }{
		{messages.Get, `"k"`, `{"value":"","exists":false}`},
		{messages.Contains, `"k"`, `false`},
		{messages.Set, `{"key":"k","value":"v","expires":0}`, ``},
		{messages.Get, `"k"`, `{"value":"v","exists":true}`},
		{messages.Contains, `"k"`, `true`},
		{messages.Increment, `{"key":"k","value":1}`, keyvalue.CodeNotANumber},
		{messages.ListAdd, `{"listName":"k","value":"x"}`, keyvalue.CodeWrongType},
		{messages.ListRange, `{"listName":"k","start":0,"stop":-1}`, keyvalue.CodeWrongType},
		{messages.SetQuery, `"k"`, keyvalue.CodeWrongType},
		{messages.ListClear, `"k"`, keyvalue.CodeWrongType},
		{messages.SetClear, `"k"`, keyvalue.CodeWrongType},
		{messages.Del, `"k"`, `true`},
		{messages.Del, `"k"`, `false`},

		{messages.Increment, `{"key":"n","value":5}`, `5`},
		{messages.Increment, `{"key":"n","value":-7}`, `-2`},
		{messages.Get, `"n"`, `{"value":"-2","exists":true}`},
		{messages.Increment, `{"key":"n","value":-2147483647}`, keyvalue.CodeOutOfRange},
		{messages.Increment, `{"key":"n","value":-2147483646}`, `-2147483648`},
		{messages.Increment, `{"key":"n","value":0}`, `-2147483648`},
		{messages.Set, `{"key":"n","value":"9223372036854775807","expires":0}`, ``},
		{messages.Increment, `{"key":"n","value":1}`, keyvalue.CodeOutOfRange},
		{messages.Set, `{"key":"n","value":"007","expires":0}`, ``},
		{messages.Increment, `{"key":"n","value":1}`, keyvalue.CodeNotANumber},
		{messages.Set, `{"key":"n","value":"","expires":0}`, ``},
		{messages.Increment, `{"key":"n","value":1}`, keyvalue.CodeNotANumber},
		{messages.Get, `"n"`, `{"value":"","exists":true}`},

		{messages.ListRange, `{"listName":"l","start":0,"stop":-1}`, `[]`},
		{messages.ListAdd, `{"listName":"l","value":"a"}`, `1`},
		{messages.ListAdd, `{"listName":"l","value":"b"}`, `2`},
		{messages.ListAdd, `{"listName":"l","value":"a"}`, `3`},
		{messages.ListAdd, `{"listName":"l","value":"c"}`, `4`},
		{messages.ListRange, `{"listName":"l","start":0,"stop":10}`, `["a","b","a","c"]`},
		{messages.ListRange, `{"listName":"l","start":1,"stop":2}`, `["b","a"]`},
		{messages.ListRange, `{"listName":"l","start":-2,"stop":-1}`, `["a","c"]`},
		{messages.ListRange, `{"listName":"l","start":-100,"stop":0}`, `["a"]`},
		{messages.ListRange, `{"listName":"l","start":3,"stop":2}`, `[]`},
		{messages.ListDel, `{"listName":"l","value":"b"}`, `true`}, // leaves a gap
		{messages.ListRange, `{"listName":"l","start":1,"stop":1}`, `["a"]`},
		{messages.ListDel, `{"listName":"l","value":"a"}`, `true`}, // the first of two
		{messages.ListRange, `{"listName":"l","start":0,"stop":-1}`, `["a","c"]`},
		{messages.ListDel, `{"listName":"l","value":"x"}`, `false`},
		{messages.ListAdd, `{"listName":"l","value":"d"}`, `3`},
		{messages.ListClear, `"l"`, `true`},
		{messages.ListClear, `"l"`, `false`},

		{messages.SetAdd, `{"setName":"s","value":"b"}`, `1`},
		{messages.SetAdd, `{"setName":"s","value":"a"}`, `1`},
		{messages.SetAdd, `{"setName":"s","value":"a"}`, `0`},
		{messages.SetAdd, `{"setName":"s","value":""}`, `1`},
		{messages.SetQuery, `"s"`, `["","a","b"]`},
		{messages.SetAdd, `{"setName":"s2","value":"b"}`, `1`},
		{messages.SetAdd, `{"setName":"s2","value":"c"}`, `1`},
		{messages.SetUnion, `["s","s2","none"]`, `["","a","b","c"]`},
		{messages.SetIntersection, `["s","s2"]`, `["b"]`},
		{messages.SetIntersection, `["s","none"]`, `[]`},
		{messages.SetUnion, `["s","n"]`, keyvalue.CodeWrongType},
		{messages.SetUnion, `[]`, actor.CodeMalformed},
		{messages.SetDel, `{"setName":"s","value":"a"}`, `1`},
		{messages.SetDel, `{"setName":"s","value":"a"}`, `0`},
		{messages.SetDel, `{"setName":"s2","value":"b"}`, `1`},
		{messages.SetDel, `{"setName":"s2","value":"c"}`, `1`},
		{messages.Contains, `"s2"`, `false`}, // an empty set is gone
		{messages.SetClear, `"s"`, `true`},
		{messages.SetClear, `"s"`, `false`},

		{messages.Set, `{"key":"n","value":"x"}`, ``}, // an optional field is left out
		{"KeyValue.Other", `1`, actor.CodeUnknownMessage},
		{messages.Get, `{"key":"k"}`, actor.CodeMalformed},
		{messages.Del, `"n"`, `true`},
	} {
		if got := w.do("default", c.op, c.arg); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.op, c.arg, got, c.want)
		}
	}
	if n := w.rows(); n != 1 { // the last number
		t.Errorf("%d rows are left when all keys are gone", n)
	}
}

// TestRepliesOnTheWire has the bytes that a guest gets.
func TestRepliesOnTheWire(t *testing.T) {
	w := newWorld(t)
	ask := capability.Invocation{Operation: messages.Get, Contract: capability.KeyValue, Link: "default", Payload: pack.Marshal("k"), Origin: "driver/a"}
	data, err := w.host.Query(t.Context(), provider, ask.Encode())
	if want := "\x82\xa5value\xa0\xa6exists\xc2"; err != nil || string(data) != want {
		t.Errorf("%x, %v, want %x", data, err, want)
	}
}

// TestLinksIsolate checks what links share: a store is of its own, a prefix is a part of the key.
func TestLinksIsolate(t *testing.T) {
	w := newWorld(t)
	w.do("default", messages.Set, `{"key":"k","value":"d"}`)
	w.do("apart", messages.Set, `{"key":"k","value":"s"}`)
	w.do("prefixed", messages.Set, `{"key":"k","value":"p"}`)
	for _, c := range []struct{ link, key, want string }{
		{"default", "k", "d"}, {"apart", "k", "s"}, {"prefixed", "k", "p"}, {"default", "p:k", "p"}, {"apart", "p:k", ""}, {"default", "s\\u0000k", ""},
	} {
		want := fmt.Sprintf(`{"value":%q,"exists":%t}`, c.want, c.want != "")
		for _, who := range []actor.Address{"driver/a", "driver/b"} {
			arg := json.RawMessage(`"` + c.key + `"`)
			got := w.run(script{Driver: who, Steps: []step{{Op: messages.Get, Link: c.link, Arg: arg}}})[0].String()
			if got != want {
				t.Errorf("%s of %s over %s is %s, want %s", c.key, who, c.link, got, want)
			}
		}
	}
	if got := w.do("none", messages.Get, `"k"`); got != capability.CodeUnlinked {
		t.Errorf("over a link that is not there: %s", got)
	}
}

func TestExpiry(t *testing.T) {
	w := newWorld(t)
	w.do("default", messages.Set, `{"key":"k","value":"1","expires":10}`)
	w.now = w.now.Add(9 * time.Second)
	if got := w.do("default", messages.Increment, `{"key":"k","value":1}`); got != "2" {
		t.Errorf("before the end: %s", got)
	}
	rows := w.rows()
	w.now = w.now.Add(time.Second)
	w.do("apart", messages.Set, `{"key":"other","value":""}`) // the snapshot of queries is of its time
	if got := w.ask("default", messages.Get, `"k"`); got != `{"value":"","exists":false}` {
		t.Errorf("a query at the end: %s", got)
	}
	if got := w.rows(); got != rows+1 {
		t.Errorf("a query changes %d rows to %d", rows+1, got)
	}
	if got := w.do("default", messages.Increment, `{"key":"k","value":1}`); got != "1" { // counts from 0, and stays
		t.Errorf("at the end: %s", got)
	}
	w.now = w.now.Add(time.Hour)
	if got := w.do("default", messages.Contains, `"k"`); got != "true" {
		t.Errorf("what began anew has kept its end")
	}
	for _, c := range []struct{ op, arg, want string }{
		{messages.Set, `{"key":"k","value":"x","expires":5}`, ``},
		{messages.Set, `{"key":"k","value":"x"}`, ``}, // takes the end away
	} {
		w.do("default", c.op, c.arg)
	}
	w.now = w.now.Add(time.Hour)
	if got := w.do("default", messages.Contains, `"k"`); got != "true" {
		t.Errorf("the end stays behind a Set without one")
	}
	w.do("default", messages.Set, `{"key":"k","value":"x","expires":4294967295}`)
	w.now = w.now.Add(4294967294 * time.Second)
	if got := w.do("default", messages.Contains, `"k"`); got != "true" {
		t.Errorf("the longest expiry is over too early")
	}
}

// TestExpiredKeysDoNotPileUp writes keys that nobody asks for again.
func TestExpiredKeysDoNotPileUp(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("x", 300<<10)
	for i := range 40 {
		arg, _ := json.Marshal(messages.SetArgs{Key: fmt.Sprint("session", i), Value: long[:1+i%2*(len(long)-1)], Expires: 5})
		w.do([]string{"default", "apart", "prefixed"}[i%3], messages.Set, string(arg))
		w.now = w.now.Add(2 * time.Second)
	}
	// Three are alive; each has a head and an index, and every other three pieces.
	if n := w.rows(); n > 16 {
		t.Errorf("%d rows for 3 keys that are alive", n)
	}
}

// TestLargeValues has texts of several sizes around the pieces, in keys and in lists.
func TestLargeValues(t *testing.T) {
	w := newWorld(t)
	for _, size := range []int{64 << 10, 64<<10 + 1, 128 << 10, 128<<10 + 1, 256 << 10, 2<<20 + 17} {
		value := strings.Repeat("äbc", size)[:size/4*4]
		quoted, _ := json.Marshal(value)
		w.do("default", messages.Set, `{"key":"big","value":`+string(quoted)+`}`)
		if got := w.ask("default", messages.Get, `"big"`); got != `{"value":`+string(quoted)+`,"exists":true}` {
			t.Errorf("a text of %d bytes comes back as %d: %.60s", len(value), len(got), got)
		}
		w.do("default", messages.ListAdd, `{"listName":"l","value":`+string(quoted)+`}`)
		w.do("default", messages.ListAdd, `{"listName":"l","value":"between"}`)
		if got := w.ask("default", messages.ListRange, `{"listName":"l","start":-2,"stop":-2}`); got != "["+string(quoted)+"]" {
			t.Errorf("an element of %d bytes comes back as %d", len(value), len(got))
		}
		if got := w.do("default", messages.ListDel, `{"listName":"l","value":`+string(quoted)+`}`); got != "true" {
			t.Errorf("an element of %d bytes is not found: %s", len(value), got)
		}
	}
	if got := w.do("default", messages.Increment, `{"key":"big","value":1}`); got != keyvalue.CodeNotANumber {
		t.Errorf("a long text can be incremented: %s", got)
	}
	w.do("default", messages.Set, `{"key":"big","value":""}`)
	if got := w.ask("default", messages.ListRange, `{"listName":"l","start":0,"stop":-1}`); strings.Count(got, "between") != 6 {
		t.Errorf("the list is %.200s", got)
	}
	w.do("default", messages.ListClear, `"l"`)
	w.do("default", messages.Del, `"big"`)
	if n := w.rows(); n != 1 {
		t.Errorf("%d rows are left when all keys are gone", n)
	}
}

func TestTooLong(t *testing.T) {
	w := newWorld(t)
	long, _ := json.Marshal(strings.Repeat("k", keyvalue.MaxKey))
	fits, _ := json.Marshal(strings.Repeat("k", keyvalue.MaxKey-1))
	for _, c := range []struct{ link, op, arg, want string }{
		{"default", messages.Get, string(long), actor.CodeKeyTooLarge},
		{"default", messages.Set, `{"key":` + string(fits) + `,"value":"x","expires":9}`, ""},
		{"default", messages.Contains, string(fits), "true"},
		{"prefixed", messages.Get, string(fits), actor.CodeKeyTooLarge},
		{"default", messages.SetAdd, `{"setName":"s","value":` + string(long) + `}`, "1"},
		{"default", messages.SetDel, `{"setName":"s","value":"k` + string(long[1:]) + `}`, actor.CodeValueTooLarge},
	} {
		if got := w.do(c.link, c.op, c.arg); got != c.want {
			t.Errorf("%s: %s, want %s", c.op, got, c.want)
		}
	}
}

// TestQueriesDoNotWrite checks that a query is refused what would change something.
func TestQueriesDoNotWrite(t *testing.T) {
	w := newWorld(t)
	w.do("default", messages.Set, `{"key":"k","value":"1"}`)
	for op, arg := range map[string]string{
		messages.Set: `{"key":"k","value":"2"}`, messages.Del: `"k"`, messages.Increment: `{"key":"k","value":1}`,
		messages.ListAdd: `{}`, messages.ListDel: `{}`, messages.ListClear: `""`, messages.SetAdd: `{}`, messages.SetDel: `{}`, messages.SetClear: `""`,
	} {
		if got := w.ask("default", op, arg); got != actor.CodeReadOnly {
			t.Errorf("%s in a query: %s", op, got)
		}
	}
	if got := w.ask("default", messages.Get, `"k"`); got != `{"value":"1","exists":true}` {
		t.Errorf("k is %s", got)
	}
}
