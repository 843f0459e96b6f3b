package cosmwasm_test

import (
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
)

// TestDispatcher is table D in the form of contracts: a caller sends sub-messages to a callee, which writes done=yes. What
// the reply sets as data is the reply's program.
func TestDispatcher(t *testing.T) {
	const (
		original = "b3RoZXJEYXRh"     // otherData
		mine     = "bXlSZXBseURhdGE=" // myReplyData
	)
	done := set("done", "yes")
	fine := done.ok(m{"data": "c3ViRGF0YQ==", "attributes": []m{attribute("foo", "bar")}}) // subData
	bad := done.fail("testing")
	reply := func(data any) program {
		return program(nil).ok(m{"data": data, "attributes": []m{attribute("a", "b")}})
	}
	// first answers the first reply with one, and lets the second be answered by the other.
	first := func(one, other program) program {
		return onReply(other)[:1].do(one[0]...)
	}
	limited := func(s m, limit int) m { return with(s, "gas_limit", limit) }
	tests := []struct {
		name    string
		subs    func(callee actor.Address) []m
		data    any     // of the caller
		reply   program // nil: must not be called
		code    string  // of the error
		want    string  // data; "nil" for none
		done    bool    // the callee's write is there
		replies int
	}{
		{name: "D1 error-reply, ok", subs: func(a actor.Address) []m { return []m{sub(1, "error", execute(a, fine))} }, want: "nil", done: true},
		{name: "D2 success-reply, error", subs: func(a actor.Address) []m { return []m{sub(1, "success", execute(a, bad))} }, code: cosmwasm.CodeExecuteFailed},
		{name: "D3 success-reply, ok", subs: func(a actor.Address) []m { return []m{sub(1, "success", execute(a, fine))} },
			reply: reply(mine), want: "myReplyData", done: true},
		{name: "D4 error-reply, error", subs: func(a actor.Address) []m { return []m{sub(1, "error", execute(a, bad))} },
			reply: reply(mine), want: "myReplyData"},
		{name: "D6 never, ok", subs: func(a actor.Address) []m { return []m{sub(1, "never", execute(a, fine))} }, want: "nil", done: true},
		{name: "D7 never, error", subs: func(a actor.Address) []m { return []m{sub(1, "never", execute(a, bad))} }, code: cosmwasm.CodeExecuteFailed},
		{name: "D8 success-reply, the reply fails", subs: func(a actor.Address) []m { return []m{sub(1, "success", execute(a, fine))} },
			reply: program(nil).fail("no"), code: "nested_" + cosmwasm.CodeExecuteFailed},
		{name: "D9 error-reply, out of its own gas", subs: func(a actor.Address) []m { return []m{limited(sub(1, "error", execute(a, done.do("spin"))), 1)} },
			reply: reply(mine), want: "myReplyData"},
		{name: "D10 error-reply, within its own gas", subs: func(a actor.Address) []m { return []m{limited(sub(1, "error", execute(a, fine)), 200_000)} },
			want: "nil", done: true},
		{name: "D11 two never", subs: func(a actor.Address) []m {
			return []m{sub(1, "never", execute(a, fine)), sub(2, "never", execute(a, fine))}
		}, want: "nil", done: true},
		{name: "D12 two never, with empty data", subs: func(a actor.Address) []m {
			empty := done.ok(m{"data": ""})
			return []m{sub(1, "never", execute(a, empty)), sub(2, "never", execute(a, empty))}
		}, want: "nil", done: true},
		{name: "D13 two never, the first fails", subs: func(a actor.Address) []m {
			return []m{sub(1, "never", execute(a, bad)), sub(2, "never", execute(a, fine))}
		}, code: cosmwasm.CodeExecuteFailed},
		{name: "D14 two replies, the last counts", subs: func(a actor.Address) []m {
			return []m{sub(1, "error", execute(a, bad)), sub(2, "error", execute(a, bad))}
		}, reply: first(reply("MQ=="), reply("Mg==")), want: "2"},
		{name: "D15 the last reply has no data", subs: func(a actor.Address) []m {
			return []m{sub(1, "error", execute(a, bad)), sub(2, "error", execute(a, bad))}
		}, reply: first(reply("MQ=="), reply(nil)), want: "1"},
		{name: "D16 the last reply has empty data", subs: func(a actor.Address) []m {
			return []m{sub(1, "error", execute(a, bad)), sub(2, "error", execute(a, bad))}
		}, reply: first(reply("MQ=="), reply("")), want: ""},
		{name: "D19 the reply has no data", subs: func(a actor.Address) []m {
			return []m{with(sub(1, "always", execute(a, done)), "payload", "cGF5bG9hZERhdGE=")}
		}, reply: reply(nil), want: "nil", done: true},
		{name: "D21 reply_on is missing", subs: func(a actor.Address) []m {
			s := sub(1, "", execute(a, fine))
			delete(s, "reply_on")
			return []m{s}
		}, code: cosmwasm.CodeInvalid},
		{name: "D22 the reply's data for the caller's", data: original, subs: func(a actor.Address) []m { return []m{sub(1, "success", execute(a, fine))} },
			reply: reply(mine), want: "myReplyData", done: true},
		{name: "D23 empty data for the caller's", data: original, subs: func(a actor.Address) []m { return []m{sub(1, "success", execute(a, fine))} },
			reply: reply(""), want: "", done: true},
		{name: "D24 no data leaves the caller's", data: original, subs: func(a actor.Address) []m { return []m{sub(1, "success", execute(a, fine))} },
			reply: reply(nil), want: "otherData", done: true},
		{name: "D25 a sub-message fails", data: original, subs: func(a actor.Address) []m { return []m{sub(1, "never", execute(a, bad))} }, code: cosmwasm.CodeExecuteFailed},
		{name: "S12 data without a reply goes nowhere", data: original, subs: func(a actor.Address) []m { return []m{sub(1, "never", execute(a, fine))} },
			want: "otherData", done: true},
		{name: "S5 always, error", subs: func(a actor.Address) []m { return []m{sub(1, "always", execute(a, bad))} }, reply: reply(mine), want: "myReplyData"},
	}
	w := newWorld(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			callee := w.contract("callee", nil)
			caller := w.contract("caller", onReply(test.reply))
			p := set("mine", "yes").ok(m{"messages": test.subs(callee), "data": test.data})
			r, err := w.Send(w.alice, caller, p.String())
			if e := actor.AsError(err); test.code != "" {
				if e == nil || e.Code != test.code {
					t.Fatalf("error %v, want %s", err, test.code)
				}
				w.has(caller, "mine", "")
				w.has(callee, "done", "")
				if len(r.Events) > 0 {
					t.Errorf("events %v of what failed", r.Events)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := string(r.Data)
			if r.Data == nil {
				got = "nil"
			}
			if got != test.want {
				t.Errorf("data %q, want %q", got, test.want)
			}
			done := ""
			if test.done {
				done = "yes"
			}
			w.has(callee, "done", done)
			w.has(caller, "mine", "yes")
			if called := w.reply(caller) != ""; called != (test.reply != nil) {
				t.Errorf("the reply was called: %t", called)
			}
		})
	}
}

// TestDispatcherEvents has the rows of table D that are about events, and the order of S47.
func TestDispatcherEvents(t *testing.T) {
	w := newWorld(t)
	w.mint(w.alice, coin("100", "ucosm"))
	event := m{"type": "  thing\n", "attributes": []m{attribute("Z", "1"), attribute("foo", "bar"), attribute("A", "2")}}
	callee := w.contract("callee", nil)
	caller := w.contract("caller", onReply(program(nil).ok(m{"attributes": []m{attribute("reply", "yes")}})), coin("50", "ucosm"))
	names := map[actor.Address]string{callee: "callee", caller: "caller", w.alice: "alice", w.bob: "bob"}
	inner := program(nil).ok(m{"attributes": []m{attribute("Z", "1"), attribute("b", "2"), attribute("A", "3")}, "events": []m{event}})
	const sorted = "execute _contract_address=callee\nwasm A=3 Z=1 _contract_address=callee b=2\nwasm-thing A=2 Z=1 _contract_address=callee foo=bar\n"
	tests := []struct {
		name, want string
		sub        m
		events     string // in the reply
	}{
		{"D5 D18 S18 sub-messages to contracts are sorted by keys", "execute _contract_address=caller\n" + sorted +
			"reply _contract_address=caller\nwasm _contract_address=caller reply=yes\n", sub(1, "always", execute(callee, inner)),
			`[{"type":"execute","attributes":[{"key":"_contract_address","value":"callee"}]},` +
				`{"type":"wasm","attributes":[{"key":"A","value":"3"},{"key":"Z","value":"1"},{"key":"_contract_address","value":"callee"},{"key":"b","value":"2"}]},` +
				`{"type":"wasm-thing","attributes":[{"key":"A","value":"2"},{"key":"Z","value":"1"},{"key":"_contract_address","value":"callee"},{"key":"foo","value":"bar"}]}]`},
		{"D6 D26 S18 without a reply as well", "execute _contract_address=caller\n" + sorted, sub(1, "never", execute(callee, inner)), ""},
		{"D17 S31 funds, without message", "execute _contract_address=caller\n" +
			"coin_spent amount=1ucosm spender=caller\ncoin_received amount=1ucosm receiver=callee\ntransfer amount=1ucosm recipient=callee sender=caller\n" +
			"execute _contract_address=callee\n", sub(1, "never", execute(callee, nil, coin("1", "ucosm"))), ""},
		{"D20 S17 the bank's events are emitted and not in replies", "execute _contract_address=caller\n" +
			"coin_spent spender=caller amount=1ucosm\ncoin_received receiver=bob amount=1ucosm\ntransfer recipient=bob sender=caller amount=1ucosm\n" +
			"reply _contract_address=caller\nwasm _contract_address=caller reply=yes\n", sub(1, "always", bankSend(w.bob, coin("1", "ucosm"))), "[]"},
		{"D4 D7 events of what is rolled back are gone", "execute _contract_address=caller\nreply _contract_address=caller\nwasm _contract_address=caller reply=yes\n",
			sub(1, "always", execute(callee, program(nil).send(sub(1, "never", execute(callee, inner)), sub(2, "never", execute(callee, program(nil).fail("x")))))), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w.run(caller, program(nil).send(test.sub))
			if got := w.emitted(names); got != test.want {
				t.Errorf("emitted\n%swant\n%s", got, test.want)
			}
			if test.events != "" {
				got := strings.ReplaceAll(w.reply(caller), string(callee), "callee")
				if want := `"events":` + test.events + `,`; !strings.Contains(got, want) {
					t.Errorf("reply %s\nwithout %s", got, want)
				}
			}
		})
	}
}
