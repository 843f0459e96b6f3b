package cosmwasm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
)

// install stores code that does the same as mime, and has another checksum: it has a custom section more.
func (w *world) install(name string) uint64 {
	w.t.Helper()
	section := append([]byte{0, byte(1 + len(name)), byte(len(name))}, name...)
	id, err := w.Runtime().StoreCode(w.t.Context(), w.alice, name, append(mimeCode(w.t), section...))
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// calls returns what a contract called in the last transaction, replies included.
func (w *world) calls() []*dispatch.Span { return w.World().Last().Trace.Root.Children }

// TestGasOfCalls is S27 with the part of S10 that is about it: to call a contract costs 60,000, and 2,000 if its code has run
// in the transaction; a reply costs 2,000 and what its events do.
func TestGasOfCalls(t *testing.T) {
	w := newWorld(t)
	caller, same := w.contract("caller", nil), w.contract("same", nil)
	w.code = w.store("again") // the same checksum under another id
	again := w.contract("again", nil)
	w.code = w.install("another")
	other := w.contract("other", nil)
	gas := func(messages ...m) (list []uint64) {
		t.Helper()
		w.run(caller, program(nil).send(messages...))
		for _, c := range w.calls() {
			list = append(list, c.GasUsed)
		}
		return list
	}
	first := gas(sub(1, "never", execute(other, nil)))[0]
	discounted := first - 58_000
	if discounted < 2_000 || discounted > 3_000 {
		t.Fatalf("a call costs %d", first)
	}
	fails := execute(other, program(nil).fail("x"))
	query := func(to actor.Address) m { return execute(caller, do("query", smart(to, nil), "k")) }
	for _, test := range []struct {
		name     string
		messages []m
		call     int // that is asked for
		want     uint64
	}{
		{"S27 the contract's own code", []m{sub(1, "never", execute(same, nil))}, 0, discounted},
		{"S27 its code under another id", []m{sub(1, "never", execute(again, nil))}, 0, discounted},
		{"S27 code that has run", []m{sub(1, "never", execute(other, nil)), sub(2, "never", execute(other, nil))}, 1, discounted},
		{"S27 code that was queried", []m{sub(1, "never", query(other)), sub(2, "never", execute(other, nil))}, 1, discounted},
		{"S10 S27 code that has failed", []m{sub(1, "error", fails), sub(2, "never", execute(other, nil))}, 2, discounted},
		{"S10 S27 code that has run out of gas", []m{with(sub(1, "error", execute(other, do("spin"))), "gas_limit", 70_000), sub(2, "never", execute(other, nil))}, 2, discounted},
		{"S27 a limit that does not reach for the call", []m{with(sub(1, "error", execute(other, nil)), "gas_limit", 3_000), sub(2, "never", execute(other, nil))}, 2, discounted},
		{"S27 the next transaction", []m{sub(1, "never", execute(other, nil))}, 0, first},
	} {
		t.Run(test.name, func(t *testing.T) {
			if list := gas(test.messages...); len(list) <= test.call || list[test.call] != test.want {
				t.Errorf("gas %v, want %d for call %d", list, test.want, test.call)
			}
		})
	}
	t.Run("S27 a query", func(t *testing.T) {
		queried := func(to actor.Address) uint64 {
			w.run(caller, do("query", smart(to, nil), "k"))
			return w.calls()[0].GasUsed
		}
		if d := queried(other) - queried(same); d != 58_000 {
			t.Errorf("the discount is %d", d)
		}
	})
	t.Run("S27 the events of a reply", func(t *testing.T) {
		// Both events are as long as JSON, and cost the contract the same therefore. The type is "wasm-thing", the attributes
		// are _contract_address and v.
		reply := func(value string) uint64 {
			return gas(sub(1, "always", execute(same, program(nil).ok(m{"events": []m{{"type": "thing", "attributes": []m{attribute("v", value)}}}}))))[1]
		}
		if quotes, letters := reply(strings.Repeat(`"`, 200)), reply(strings.Repeat("a", 400)); letters-quotes != 200 {
			t.Errorf("200 bytes cost %d", letters-quotes)
		}
		// Up to 100 bytes are free. What comes with the event is more: two times _contract_address with 65 bytes, and v.
		if quotes, letters := reply(strings.Repeat(`"`, 10)), reply(strings.Repeat("a", 20)); letters-quotes != 10 {
			t.Errorf("10 bytes cost %d", letters-quotes)
		}
	})
}

// TestGasOfEvents is S28: what a contract pays for the attributes and events of a response.
func TestGasOfEvents(t *testing.T) {
	w := newWorld(t)
	c := w.contract("c", nil)
	long := strings.Repeat("x", 100)
	a := attribute
	event := func(kind string, attributes ...m) m {
		return m{"type": kind, "attributes": append([]m{}, attributes...)}
	}
	for _, test := range []struct {
		name       string
		attributes []m
		events     []m
		want       uint64
	}{
		{"S28 nothing", nil, nil, 0},
		{"S28 one attribute", []m{a("k", "v")}, nil, 10},
		{"S28 three attributes", []m{a("k", "v"), a("k", "v"), a("k", "v")}, nil, 30},
		{"S28 100 bytes are free", []m{a("k", long[1:])}, nil, 10},
		{"S28 the next byte is not", []m{a("k", long)}, nil, 11},
		{"S28 they are free once in a response", []m{a("k", long), a("k", long)}, nil, 20 + 102},
		{"S28 an event", nil, []m{event("thing")}, 20 + 5},
		{"S28 a long type", nil, []m{event(long)}, 20 + 100},
		{"S28 two events, with attributes", nil, []m{event("thing", a("k", "v")), event("another", a("k", "v"), a("l", "w"))}, 20 + 5 + 10 + 20 + 7 + 20},
		{"S28 events have what attributes leave", []m{a("k", long[10:])}, []m{event("thing", a("k", long[90:]))}, 10 + 20 + 5 + 10 + 2},
		{"S28 blanks are paid for as well", []m{a("k", strings.Repeat(" ", 109))}, nil, 10 + 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := program(nil).ok(m{"attributes": append([]m{}, test.attributes...), "events": append([]m{}, test.events...)})
			paid := w.run(c, p).GasUsed
			// Under names that mean nothing they are as long, and free.
			text := strings.NewReplacer(`\"attributes\":[`, `\"attributez\":[`, `\"events\":`, `\"eventz\":`).Replace(p.String())
			free, err := w.Send(w.alice, c, text)
			if err != nil {
				t.Fatal(err)
			}
			if got := paid - free.GasUsed; got != test.want {
				t.Errorf("%d gas, want %d", got, test.want)
			}
		})
	}
}

// TestGasOfAnswers is S29: one gas for each byte of what a contract returns, and an error that can be caught if there is not
// enough.
func TestGasOfAnswers(t *testing.T) {
	w := newWorld(t)
	caller, callee := w.contract("caller", nil), w.contract("callee", nil)
	const size = 100_000
	long := program(nil).ok(m{"ignored": strings.Repeat("x", size)})
	w.run(caller, program(nil).send(sub(1, "always", execute(callee, long))))
	used := w.calls()[0].GasUsed
	if used < size || used > size+size/10 {
		t.Errorf("%d gas", used)
	}
	for limit, want := range map[uint64]string{
		used + 1:            `"ok":{`,
		used:                `"error":"codespace: wasm, code: 29"`, // the VM has used a part of a unit more
		used - size/10:      `"error":"codespace: wasm, code: 29"`,
		size / 10:           `"error":"codespace: wasm, code: 29"`,
		used - size - 1_000: `"error":"codespace: sdk, code: 11"`, // the contract itself does not get to its end
	} {
		t.Run(fmt.Sprintf("S29 with %d", limit), func(t *testing.T) {
			w.run(caller, program(nil).send(with(sub(1, "always", execute(callee, long)), "gas_limit", limit)))
			if got := w.reply(caller); !strings.Contains(got, want) {
				t.Errorf("reply %.200s, want %s", got, want)
			}
			if e := w.calls()[0].Err; e != nil && e.Code == cosmwasm.CodeVM &&
				!strings.Contains(e.Message, "insufficient gas left to deserialize contract execution result (") {
				t.Errorf("error %v", e)
			}
		})
	}
}

// TestGasOfLimits is S24: to use exactly the limit is too much.
func TestGasOfLimits(t *testing.T) {
	w := newWorld(t)
	caller, callee := w.contract("caller", nil), w.contract("callee", nil)
	w.run(caller, program(nil).send(sub(1, "always", execute(callee, set("k", "v")))))
	used := w.calls()[0].GasUsed
	for limit, want := range map[uint64]string{
		used - 1: `"error":"codespace: sdk, code: 11"`, used: `"error":"codespace: sdk, code: 11"`, used + 1: `"ok":{`,
	} {
		t.Run(fmt.Sprintf("S24 S22 %d of %d", limit, used), func(t *testing.T) {
			w.run(caller, program(nil).send(with(sub(1, "always", execute(callee, set("k", "v"))), "gas_limit", limit)))
			if got := w.reply(caller); !strings.Contains(got, want) {
				t.Errorf("reply %s, want %s", got, want)
			}
			if got := w.calls()[0].GasUsed; got != min(limit, used) {
				t.Errorf("%d gas are charged", got)
			}
		})
	}
}

// TestGasOfQueries is S50: a query has what its caller has left, which pays for it even if it fails; running out of gas
// ends the caller as well.
func TestGasOfQueries(t *testing.T) {
	w := newWorld(t)
	caller, asks, asked := w.contract("caller", nil), w.contract("asks", nil), w.contract("asked", nil)
	ask := func(p program) m { return execute(asks, do("query", smart(asked, p), "k")) }
	work := func() program { // that leaves no trace
		p := program(nil)
		for range 50 {
			p = p.do("copy", "nothing", "nowhere")
		}
		return p
	}
	gas := func(p program) uint64 {
		t.Helper()
		w.run(caller, program(nil).send(sub(1, "always", ask(p))))
		if got := w.reply(caller); !strings.Contains(got, `"ok"`) {
			t.Fatalf("reply %s", got)
		}
		return w.calls()[0].GasUsed
	}
	t.Run("S50 failed work is paid for", func(t *testing.T) {
		idle, busy := gas(program(nil).fail("x")), gas(work().fail("x"))
		if d := busy - idle; d < 50*1000 {
			t.Errorf("50 reads cost %d", d)
		}
		if idle, busy := gas(do("abort", "x")), gas(work().do("abort", "x")); busy-idle < 50*1000 {
			t.Errorf("50 reads cost %d", busy-idle)
		}
	})
	t.Run("S50 no gas for the caller either", func(t *testing.T) {
		w.run(caller, program(nil).send(with(sub(1, "always", ask(do("spin"))), "gas_limit", 300_000)))
		if got := w.reply(caller); !strings.Contains(got, `"error":"codespace: sdk, code: 11"`) {
			t.Errorf("reply %s", got)
		}
		if got := w.calls()[0].GasUsed; got != 300_000 {
			t.Errorf("%d gas", got)
		}
	})
	t.Run("S50 nobody catches it", func(t *testing.T) {
		w := worldOf(t, &cosmwasm.Chain{}, 1_000_000)
		c := w.contract("c", nil)
		if code, _ := w.failure(c, do("query", smart(c, do("spin")), "k")); code != actor.CodeOutOfGas {
			t.Error(code)
		}
	})
}

// TestLoops is H28: a contract that calls itself forever ends, by gas or by depth.
func TestLoops(t *testing.T) {
	for name, test := range map[string]struct {
		gas  uint64
		want string
	}{
		"H28 S25 with enough gas, by depth": {20_000_000, actor.CodeDepthExceeded},
		"H28 S23 by gas":                    {200_000, actor.CodeOutOfGas},
	} {
		t.Run(name, func(t *testing.T) {
			w := worldOf(t, &cosmwasm.Chain{}, test.gas)
			c := w.contract("c", nil)
			again := program(nil).send(sub(1, "success", execute(c, nil)))
			w.run(c, onReply(again))
			if code, text := w.failure(c, again); code != test.want {
				t.Errorf("%s: %s", code, text)
			}
			if test.want != actor.CodeDepthExceeded {
				return
			}
			depth := 0
			for s := w.World().Last().Trace.Root; len(s.Children) > 0; s = s.Children[len(s.Children)-1] {
				depth++
			}
			if depth != 100 {
				t.Errorf("the error is %d levels deep", depth)
			}
		})
	}
}
