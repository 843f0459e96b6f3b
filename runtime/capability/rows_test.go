package capability_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

func TestRowsComeBack(t *testing.T) {
	whole := time.Unix(1_900_000_000, 0).UTC()
	for _, a := range []capability.Actor{{}, {Address: "echo"}, {"echo", key("m1"), key("acme"), "AB", "Echo", "it/echo", []string{"a", "b"}, []string{"t"}, -3,
		"1.0", whole, whole.Add(time.Hour), whole.Add(-time.Hour), 7, 9}} {
		if back, err := capability.DecodeActor(a.Encode()); err != nil || !reflect.DeepEqual(*back, a) {
			t.Errorf("%+v becomes %+v, %v", a, back, err)
		}
	}
	for _, p := range []capability.Provider{{}, {"web", "troupe.httpserver/web", "c", "httpserver", key("v1"), map[string]string{"a": "b", "": ""}, true, 1 << 60}} {
		if back, err := capability.DecodeProvider(p.Encode()); err != nil || !reflect.DeepEqual(*back, p) {
			t.Errorf("%+v becomes %+v, %v", p, back, err)
		}
	}
	for _, l := range []capability.Link{{}, {"echo", "c", "default", "web", map[string]string{"port": "8080"}, 3}} {
		if back, err := capability.DecodeLink(l.Encode()); err != nil || !reflect.DeepEqual(*back, l) {
			t.Errorf("%+v becomes %+v, %v", l, back, err)
		}
	}
}

// A row of a policy actor that names no actions is from when there were none but those of starts.
func TestPolicyRows(t *testing.T) {
	var state actor.MemState
	table := capability.Table{Read: func(_ actor.Address, key []byte) ([]byte, bool) { return state.Get(key) }}
	if by, asked := table.Policy(capability.StartActor); asked || by != "" {
		t.Errorf("%s is asked, and there is no policy actor", by)
	}
	for row, want := range map[string]string{
		"judge": "judge [start_actor start_provider]",
		"house/judge\x00start_actor,start_provider,perform_invocation": "house/judge [start_actor start_provider perform_invocation]",
		"judge\x00perform_invocation":                                  "judge [perform_invocation]",
	} {
		state.Set([]byte("y"), []byte(row))
		p := capability.List(&state).Policy
		if p == nil || fmt.Sprint(p.Actor, " ", p.Actions) != want {
			t.Errorf("%q: %v, want %s", row, p, want)
			continue
		}
		for _, a := range capability.Actions() {
			if by, asked := table.Policy(a); by != p.Actor || asked != slices.Contains(p.Actions, a) {
				t.Errorf("%q: %s is asked about %s: %v", row, by, a, asked)
			}
		}
	}
}

// Rows of one content are the same bytes, however a map was filled: they are in the hash of the state.
func TestRowsAreDeterministic(t *testing.T) {
	var first []byte
	for range 50 {
		p := capability.Provider{Name: "p", Config: map[string]string{}}
		for _, k := range strings.Split("abcdefghijklmnopqrst", "") {
			p.Config[k] = strings.Repeat(k, 30)
		}
		b := p.Encode()
		if first == nil {
			first = b
		}
		if !bytes.Equal(b, first) {
			t.Fatalf("%x and %x", b, first)
		}
	}
}

// FuzzRows takes anything for a row. What is one comes back as it is, and a table takes it.
func FuzzRows(f *testing.F) {
	f.Add((&capability.Actor{Address: "echo", Caps: []string{"c"}, Issued: start}).Encode())
	f.Add((&capability.Provider{Name: "p", Config: map[string]string{"a": "b"}}).Encode())
	f.Add((&capability.Link{Actor: "echo", Values: map[string]string{"a": "b"}}).Encode())
	f.Add([]byte{0xa1, 0x01, 0x61})
	f.Add([]byte{0xa1, 0x0e, 0x30}) // an actor without keys, which are banned
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := capability.DecodeActor(b); err == nil {
			if back, err := capability.DecodeActor(a.Encode()); err != nil || !reflect.DeepEqual(a, back) {
				t.Errorf("%+v becomes %+v, %v", a, back, err)
			}
		}
		if p, err := capability.DecodeProvider(b); err == nil {
			if back, err := capability.DecodeProvider(p.Encode()); err != nil || !reflect.DeepEqual(p, back) {
				t.Errorf("%+v becomes %+v, %v", p, back, err)
			}
		}
		if l, err := capability.DecodeLink(b); err == nil {
			if back, err := capability.DecodeLink(l.Encode()); err != nil || !reflect.DeepEqual(l, back) {
				t.Errorf("%+v becomes %+v, %v", l, back, err)
			}
		}
		for _, memo := range []*capability.Memo{nil, {}} {
			table := &capability.Table{Memo: memo, Read: func(actor.Address, []byte) ([]byte, bool) { return b, true }}
			_, _ = table.Admit("echo", start)
			_, _ = table.Find("echo", "", "wasmcloud:keyvalue")
			_, _, _ = capability.Linked(table, "p", "echo", "c", "")
		}
	})
}
