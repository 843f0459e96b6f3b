package vm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/vm"
)

const communication = atRuntime + "Error in guest/host communication: "

// TestStorage is V1 to V11.
func TestStorage(t *testing.T) {
	c := probe(t)
	w := newWorld()
	w.store["ant"], w.store["empty"] = "insect", ""
	t.Run("V1", func(t *testing.T) {
		o := played(t, c, w, do("db_read", returned, text("ant")), do("db_read", returned, text("empty")))
		if p := o.result(); p == 0 || o.region() != "insect" {
			t.Errorf("pointer %d", p)
		}
		if p := o.result(); p == 0 || o.region() != "" {
			t.Errorf("an empty value: pointer %d", p)
		}
	})
	t.Run("V2", func(t *testing.T) {
		for _, key := range []string{"bee", ""} {
			if o := played(t, c, w, do("db_read", returned, text(key))); o.result() != 0 {
				t.Errorf("the key %q is not there and was found", key)
			}
		}
	})
	t.Run("V3", func(t *testing.T) {
		ended(t, c, w, vm.RegionLengthTooBig, communication+"Region length too big. Got 307200, limit 65536", do("db_read", plain, many(300<<10)))
		played(t, c, w, do("db_read", plain, many(64<<10)))
		ended(t, c, w, vm.RegionLengthTooBig, communication+"Region length too big. Got 65537, limit 65536", do("db_read", plain, many(64<<10+1)))
	})
	t.Run("V4 V5 V6", func(t *testing.T) {
		played(t, c, w, do("db_write", plain, text("new"), text("v")), do("db_write", plain, text("ant"), text("bug")),
			do("db_write", plain, text("none"), text("")), do("db_write", plain, many(64<<10), many(128<<10)))
		if none, ok := w.store["none"]; w.store["new"] != "v" || w.store["ant"] != "bug" || !ok || none != "" || len(w.store[strings.Repeat("x", 64<<10)]) != 128<<10 {
			t.Errorf("the store is %q", w.store)
		}
	})
	t.Run("V7", func(t *testing.T) {
		ended(t, c, w, vm.GenericErr, atRuntime+"Generic error: Key too big. Tried to write 307200 bytes to storage, limit is 65536.",
			do("db_write", plain, many(300<<10), text("v")))
	})
	t.Run("V8", func(t *testing.T) {
		ended(t, c, w, vm.GenericErr, atRuntime+"Generic error: Value too big. Tried to write 307200 bytes to storage, limit is 131072.",
			do("db_write", plain, text("k"), many(300<<10)))
	})
	t.Run("V9", func(t *testing.T) {
		r := newWorld()
		r.readOnly = true
		const denied = atRuntime + "Must not call a writing storage function in this context."
		ended(t, c, r, vm.WriteAccessDenied, denied, do("db_write", plain, text("k"), text("v")))
		ended(t, c, r, vm.WriteAccessDenied, denied, do("db_remove", plain, text("k")))
		ended(t, c, r, vm.WriteAccessDenied, denied, do("db_write", plain, num(0), num(0))) // before a region is read
		if len(r.store) > 0 {
			t.Errorf("the store is %q", r.store)
		}
	})
	t.Run("V10", func(t *testing.T) {
		played(t, c, w, do("db_remove", plain, text("new")), do("db_remove", plain, text("missing")), do("db_remove", plain, text("")))
		if _, ok := w.store["new"]; ok {
			t.Error("the key is still there")
		}
	})
	t.Run("V11", func(t *testing.T) {
		ended(t, c, w, vm.RegionLengthTooBig, communication+"Region length too big. Got 307200, limit 65536", do("db_remove", plain, many(300<<10)))
	})
	t.Run("S57", func(t *testing.T) {
		ended(t, c, w, vm.BackendErr, atRuntime+"Error calling into the VM's backend: Panic in FFI call", do("db_write", plain, text(""), text("v")))
	})
}

// TestAddresses is V12 to V17.
func TestAddresses(t *testing.T) {
	c := probe(t)
	w := newWorld()
	said := func(t *testing.T, want string, command []byte) {
		t.Helper()
		o := played(t, c, w, command)
		if p := o.result(); p == 0 {
			t.Errorf("no error, not %q", want)
		} else if got := o.region(); got != want {
			t.Errorf("the contract is told %q, not %q", got, want)
		}
	}
	t.Run("V12", func(t *testing.T) {
		if o := played(t, c, w, do("addr_validate", returned, text("somebody"))); o.result() != 0 {
			t.Error("refused")
		}
	})
	t.Run("V13", func(t *testing.T) {
		said(t, "Input is not valid UTF-8", do("addr_validate", returned, text("\xf0\x80\x80")))
		said(t, "Input is empty", do("addr_validate", returned, text("")))
		said(t, "human address too short", do("addr_validate", returned, text("fo")))
		said(t, "address not normalized", do("addr_validate", returned, text("Foo")))
		said(t, "Input is not valid UTF-8", do("addr_canonicalize", returned, text("\xff"), room(64)))
		said(t, "Input is empty", do("addr_canonicalize", returned, text(""), room(64)))
	})
	t.Run("V14", func(t *testing.T) {
		const tooLong = communication + "Region length too big. Got 257, limit 256"
		ended(t, c, w, vm.RegionLengthTooBig, tooLong, do("addr_validate", plain, many(257)))
		ended(t, c, w, vm.RegionLengthTooBig, tooLong, do("addr_canonicalize", plain, many(257), room(64)))
		played(t, c, w, do("addr_validate", plain, many(256)))
	})
	t.Run("V15", func(t *testing.T) {
		defer clear(w.fail)
		for _, name := range []string{"validate", "canonicalize", "humanize"} {
			w.fail[name] = errHost
		}
		for _, command := range [][]byte{
			do("addr_validate", plain, text("somebody")), do("addr_canonicalize", plain, text("somebody"), room(64)),
			do("addr_humanize", plain, text("ydobemos"), room(64)),
		} {
			if _, _, err := play(t, c, w, command); !errors.Is(err, errHost) {
				t.Errorf("the error is %v", err)
			}
		}
		long := &vm.UserError{Text: strings.Repeat("é", 5000)}
		w.fail["canonicalize"], w.fail["humanize"] = long, &vm.UserError{}
		said(t, strings.Repeat("é", 4096), do("addr_canonicalize", returned, text("somebody"), room(64)))
		said(t, "", do("addr_humanize", returned, text("somebody"), room(64)))
	})
	t.Run("V16", func(t *testing.T) {
		o := played(t, c, w, do("addr_canonicalize", destination, text("somebody"), room(8)))
		if o.result() != 0 || o.region() != "ydobemos" {
			t.Error("wrong answer")
		}
		ended(t, c, w, vm.CommunicationErr, communication+"Region too small. Got 7, required 8", do("addr_canonicalize", plain, text("somebody"), room(7)))
	})
	t.Run("V17", func(t *testing.T) {
		o := played(t, c, w, do("addr_humanize", destination, text("ydobemos"), room(90)))
		if o.result() != 0 || o.region() != "somebody" {
			t.Error("wrong answer")
		}
		ended(t, c, w, vm.CommunicationErr, communication+"Region too small. Got 2, required 8", do("addr_humanize", plain, text("ydobemos"), room(2)))
		ended(t, c, w, vm.RegionLengthTooBig, communication+"Region length too big. Got 65, limit 64", do("addr_humanize", plain, many(65), room(90)))
		ended(t, c, w, vm.BackendErr, atRuntime+"Error calling into the VM's backend: Panic in FFI call", do("addr_humanize", plain, text(""), room(90)))
		ended(t, c, w, vm.BackendErr, atRuntime+"Error calling into the VM's backend: VM received invalid UTF-8 data from backend",
			do("addr_humanize", plain, text("\xff"), room(90)))
		w.fail["humanize"] = &vm.UserError{Text: "wrong canonical length"}
		said(t, "wrong canonical length", do("addr_humanize", returned, text("y"), room(90)))
	})
}

// TestQueryChain is V22: what the contract gets is what serde would write, whoever wrote the answer.
func TestQueryChain(t *testing.T) {
	c := probe(t)
	w := newWorld()
	for _, k := range []struct{ name, answer, want string }{
		{"ok", `{"ok":{"ok":"e30="}}`, ""},
		{"ok and empty", `{"ok":{"ok":""}}`, ""},
		{"blanks", ` { "ok" : { "ok" : "e30=" } } `, `{"ok":{"ok":"e30="}}`},
		{"base64 in another spelling", `{"ok":{"ok":"\u00653\u0030="}}`, `{"ok":{"ok":"e30="}}`},
		{"refused by the contract", `{"ok":{"error":"a \u003c b \u0026 \u2028 \"\\\b\f\n\r\t\u0001\u001f\u007f"}}`, "{\"ok\":{\"error\":\"a < b & \u2028 \\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"}}"},
		{"broken JSON", `{"error":{"invalid_request":{"error":"no \u003ejson\u003c","request":"e30="}}}`, `{"error":{"invalid_request":{"error":"no >json<","request":"e30="}}}`},
		{"a broken answer", `{"error":{"invalid_response":{"error":"e","response":"e30="}}}`, ""},
		{"missing contract", `{"error":{"no_such_contract":{"addr":"somebody"}}}`, ""},
		// what Go leaves out because it is empty is missing in Rust, which says where
		{"a contract without a name", `{"error":{"no_such_contract":{}}}`, `{"error":{"invalid_response":{"error":"Parsing Go response: missing field ` + "`addr`" +
			` at line 1 column 31","response":"eyJlcnJvciI6eyJub19zdWNoX2NvbnRyYWN0Ijp7fX19"}}}`},
		{"a code without a number", `{"error":{"no_such_code":{}}}`, `{"error":{"invalid_response":{"error":"Parsing Go response: missing field ` + "`code_id`" +
			` at line 1 column 27","response":"eyJlcnJvciI6eyJub19zdWNoX2NvZGUiOnt9fX0="}}}`},
		{"a request without a kind", `{"error":{"unsupported_request":{}}}`, `{"error":{"invalid_response":{"error":"Parsing Go response: missing field ` + "`kind`" +
			` at line 1 column 34","response":"eyJlcnJvciI6eyJ1bnN1cHBvcnRlZF9yZXF1ZXN0Ijp7fX19"}}}`},
		{"missing code", `{"error":{"no_such_code":{"code_id":18446744073709551615}}}`, ""},
		{"unknown", `{"error":{"unknown":{}}}`, ""},
		{"unsupported", `{"error":{"unsupported_request":{"kind":"custom"}}}`, ""},
	} {
		w.answer = k.answer
		if k.want == "" {
			k.want = k.answer
		}
		t.Run("V22 "+k.name, func(t *testing.T) {
			o := played(t, c, w, do("query_chain", returned, text("request")))
			o.result()
			if got := o.region(); got != k.want {
				t.Errorf("%s:\n got %s\nwant %s", k.answer, got, k.want)
			}
		})
	}
	for _, answer := range []string{
		"", "{", "null", `{}`, `{"ok":{}}`, `{"ok":null}`, `{"ok":{"ok":"!"}}`, `{"ok":{"ok":"e30="},"error":{"unknown":{}}}`,
		`{"error":{"unknown":{},"no_such_contract":{"addr":""}}}`, `{"error":{}}`, "{\"ok\":{\"error\":\"\xff\"}}", `{"ok":{"ok":"e30"}}`, `{"ok":{"ok":"!!!!"}}`,
	} {
		w.answer = answer
		o := played(t, c, w, do("query_chain", returned, text("request")))
		if o.result(); !strings.HasPrefix(o.region(), `{"error":{"invalid_response":{"error":"Parsing Go response: `) {
			t.Errorf("%q is taken", answer)
		}
	}
	w.asked = nil
	played(t, c, w, do("query_chain", plain, many(64<<10)))
	if len(w.asked) != 1 || w.asked[0] != strings.Repeat("x", 64<<10) {
		t.Error("the request has changed on its way")
	}
	ended(t, c, w, vm.RegionLengthTooBig, communication+"Region length too big. Got 65537, limit 65536", do("query_chain", plain, many(64<<10+1)))
	w.fail["query"] = errHost
	if _, _, err := play(t, c, w, do("query_chain", plain, text("request"))); !errors.Is(err, errHost) {
		t.Errorf("the error is %v", err)
	}
	w.fail["query"] = &vm.Error{Kind: vm.OutOfGas, Text: "out of gas"}
	ended(t, c, w, vm.OutOfGas, atRuntime+"out of gas", do("query_chain", plain, text("request")))
}

// TestIterators is V23 to V26, S58 and S60.
func TestIterators(t *testing.T) {
	c := probe(t)
	w := newWorld()
	for _, key := range []string{"a", "b", "c", "d"} {
		w.store[key] = "value of " + key
	}
	const end = "\x00\x00\x00\x00\x00\x00\x00\x00"
	pair := func(key, value string) string {
		return key + "\x00\x00\x00" + string(rune(len(key))) + value + "\x00\x00\x00" + string(rune(len(value)))
	}
	scan := func(start, end []byte, order uint32) []byte { return do("db_scan", plain, start, end, num(order)) }
	next := func(id uint32) []byte { return do("db_next", returned, num(id)) }
	t.Run("V23", func(t *testing.T) {
		o := played(t, c, w, scan(num(0), num(0), 1), scan(num(0), num(0), 2), scan(text("b"), text("d"), 1), scan(text("b"), text("d"), 2),
			scan(text("d"), text("b"), 1), scan(text("b"), text("b"), 2),
			next(0), next(1), next(2), next(3), next(4), next(5), next(0), next(2), next(2), next(1))
		for id := range uint64(6) {
			if got := o.result(); got != id {
				t.Errorf("iterator %d has the id %d", id, got)
			}
		}
		for i, want := range []string{"a", "d", "b", "c", "", "", "b", "c", "", "c"} {
			record := end
			if want != "" {
				record = pair(want, "value of "+want)
			}
			o.result()
			if got := o.region(); got != record {
				t.Errorf("%d: %q, not %q", i, got, record)
			}
		}
		ended(t, c, w, vm.CommunicationErr, communication+"Got an invalid value for iteration order: 42", scan(num(0), num(0), 42))
		ended(t, c, w, vm.CommunicationErr, communication+"Got an invalid value for iteration order: -1", scan(num(0), num(0), 1<<32-1))
		ended(t, c, w, vm.RegionLengthTooBig, communication+"Region length too big. Got 65537, limit 65536", scan(text(""), many(64<<10+1), 1))
	})
	t.Run("V24", func(t *testing.T) {
		for _, name := range []string{"db_next", "db_next_key", "db_next_value"} {
			ended(t, c, w, vm.BackendErr, atRuntime+"Error calling into the VM's backend: Iterator with ID 42 does not exist",
				scan(num(0), num(0), 1), do(name, plain, num(42)))
		}
	})
	t.Run("V25 V26", func(t *testing.T) {
		o := played(t, c, w, scan(num(0), num(0), 1), do("db_next_key", returned, num(0)), do("db_next_value", returned, num(0)), next(0),
			do("db_next_key", returned, num(0)), do("db_next_key", returned, num(0)), do("db_next_value", returned, num(0)), next(0))
		for i, want := range []string{"", "a", "value of b", pair("c", "value of c"), "d", "", "", end} {
			if pointer := o.result(); i > 0 && (pointer != 0) != (want != "") {
				t.Errorf("%d: pointer %d", i, pointer)
			} else if pointer != 0 {
				if got := o.region(); got != want {
					t.Errorf("%d: %q, not %q", i, got, want)
				}
			}
		}
	})
	t.Run("S60", func(t *testing.T) {
		var all [][]byte
		for range 32_768 {
			all = append(all, scan(num(0), num(0), 1))
		}
		played(t, c, w, all...)
		ended(t, c, w, vm.BackendErr, atRuntime+"Error calling into the VM's backend: User error during call into backend: "+
			"reached iterator limit (32768)", append(all, scan(num(0), num(0), 1))...)
		if w.open != 0 {
			t.Errorf("%d iterators are open after the call", w.open)
		}
	})
	t.Run("bounds", func(t *testing.T) {
		k := &keeping{world: newWorld()}
		_, _, err := c.Run(t.Context(), &vm.Call{Entry: "query", Args: [][]byte{{}, scan(text("from"), text("to"), 1)}, Gas: plenty, Host: k})
		played(t, c, w)
		if err != nil || string(k.start) != "from" || string(k.end) != "to" {
			t.Errorf("the bounds that were kept are %q and %q, %v", k.start, k.end, err)
		}
	})
	t.Run("host", func(t *testing.T) {
		w.fail["next"] = errHost
		if _, _, err := play(t, c, w, scan(num(0), num(0), 1), next(0)); !errors.Is(err, errHost) {
			t.Errorf("the error is %v", err)
		}
		w.fail["scan"] = errHost
		if _, _, err := play(t, c, w, scan(num(0), num(0), 1)); !errors.Is(err, errHost) {
			t.Errorf("the error is %v", err)
		}
		if w.open != 0 {
			t.Errorf("%d iterators are open after the call", w.open)
		}
	})
}

// TestText is debug and abort, and what becomes of bytes that are no text.
func TestText(t *testing.T) {
	c := probe(t)
	w := newWorld()
	played(t, c, w, do("debug", plain, text("hello")), do("debug", plain, text("")), do("debug", plain, text("a\xffb")))
	if got := strings.Join(w.printed, "|"); got != "hello||a\ufffdb" {
		t.Errorf("printed %q", got)
	}
	for said, want := range map[string]string{
		"panicked at 'nothing'": "panicked at 'nothing'", "": "", "\xe2\x82": "\ufffd", "\xe2\x82a": "\ufffda", "\xe2\x28\xa1": "\ufffd(\ufffd",
		"\xc0\x80": "\ufffd\ufffd", "\xf0\x9f\x98": "\ufffd", "\xf0\x80\x80": "\ufffd\ufffd\ufffd", "\xed\xa0\x80": "\ufffd\ufffd\ufffd",
		"\xf4\x90\x80\x80": "\ufffd\ufffd\ufffd\ufffd", "é\xc3": "é\ufffd", "\xe0\x9f\x80": "\ufffd\ufffd\ufffd", "\xe1\x80\xe1\x80\x80": "\ufffd\u1000",
	} {
		ended(t, c, w, vm.Aborted, atRuntime+"Aborted: "+want, do("abort", plain, text(said)))
	}
	const tooLong = communication + "Region length too big. Got 2097153, limit 2097152"
	ended(t, c, w, vm.RegionLengthTooBig, tooLong, do("abort", plain, many(2<<20+1)))
	ended(t, c, w, vm.RegionLengthTooBig, tooLong, do("debug", plain, many(2<<20+1)))
}

// keeping is a host that keeps the bounds of a range.
type keeping struct {
	*world
	start, end []byte
}

func (k *keeping) Scan(start, end []byte, down bool) (vm.Iterator, uint64, error) {
	k.start, k.end = start, end
	return k.world.Scan(start, end, down)
}
