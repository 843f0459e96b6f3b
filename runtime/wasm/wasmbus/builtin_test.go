package wasmbus

import (
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
	"github.com/troupe-run/troupe/state"
)

// trace sends an invocation, drops what it does to the state, and returns what happened.
func (w *world) trace(to actor.Address, operation string) (dispatch.Result, *dispatch.Trace) {
	w.t.Helper()
	tx := w.Part.Begin()
	defer tx.Rollback()
	var tr dispatch.Trace
	cmd := &state.Command{Op: state.OpMessage, Sequence: 100, Time: 5e18, Seed: [32]byte{7}, Sender: "alice",
		Message: actor.Message{To: to, Body: (&capability.Invocation{Operation: operation}).Encode()}}
	res := w.D.Run(w.t.Context(), tx, cmd, &tr)
	if res.Fault != nil {
		w.t.Fatal(res.Fault)
	}
	return res, &tr
}

// TestLogging checks what guests of both kinds say, and what they print.
func TestLogging(t *testing.T) {
	w := newWorld(t)
	g := newGuest()
	g.call = g.asks("", capability.Logging, messages.WriteLog, string(pack.Marshal(messages.LogEntry{Level: "warn", Text: "hot"}))) +
		g.text("printed") + "call $__console_log"
	w.start("guest", g.load(t), capability.Logging)
	res, tr := w.trace("guest", "Test.Run")
	if logs := strings.Join(tr.Root.Logs, "; "); res.Err != nil || logs != "warn: hot; info: printed" {
		t.Errorf("%v: %q", res.Err, logs)
	}

	g = newGuest()
	g.from = ModuleOld
	g.call = g.asks("", capability.LoggingOld, "WriteLog", string(pack.Marshal(messages.OldLogEntry{Target: "oven", Level: "error", Text: "hot"})))
	w.start("guest", g.load(t), capability.LoggingOld)
	res, tr = w.trace("guest", "Test.Run")
	if logs := strings.Join(tr.Root.Logs, "; "); res.Err != nil || logs != "error: oven: hot" {
		t.Errorf("%v: %q", res.Err, logs)
	}
}

// TestLongLines checks that a line is cut and is text.
func TestLongLines(t *testing.T) {
	w := newWorld(t)
	g := newGuest()
	g.call = g.text(strings.Repeat("ä", MaxLog)) + "call $__console_log" + g.text("a\xffb") + "call $__console_log" + succeeds
	w.start("guest", g.load(t))
	_, tr := w.trace("guest", "Test.Run")
	if l := tr.Root.Logs; len(l) != 2 || len(l[0]) > MaxLog+len("info: ") || !strings.HasPrefix(l[0], "info: ää") || l[1] != "info: a\ufffdb" {
		t.Errorf("%.40q", l)
	}
}

// TestNumbers checks that numbers follow from the transaction, and that one call has not the same twice.
func TestNumbers(t *testing.T) {
	w := newWorld(t)
	g := newGuest()
	g.call = g.asks("", capability.NumberGen, messages.GenerateGUID, "") + fetches +
		`local.get 2 local.set 3  i32.const 0 local.set 4
		loop
			local.get 4 i32.const 7340032 i32.add  local.get 4 i32.const 6291456 i32.add i32.load8_u i32.store8
			local.get 4 i32.const 1 i32.add local.tee 4 local.get 3 i32.lt_u br_if 0
		end` + g.asks("", capability.NumberGen, messages.GenerateGUID, "") + `drop
		local.get 3 i32.const 7340032 i32.add call $__host_response
		i32.const 7340032 local.get 3 i32.const 2 i32.mul call $__guest_response` + succeeds
	w.start("guest", g.load(t), capability.NumberGen)
	res, _ := w.trace("guest", "Test.Run")
	again, _ := w.trace("guest", "Test.Run")
	if res.Err != nil || len(res.Data) != 2*38 || string(res.Data) != string(again.Data) || string(res.Data[:38]) == string(res.Data[38:]) {
		t.Errorf("%q, %q, %v", res.Data, again.Data, res.Err)
	}
}

// TestBuiltinRefusals checks that a claim is needed and is good for its contract alone.
func TestBuiltinRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		caps                  []string
		namespace, op, refuse string
	}{
		"no claim for a line": {nil, capability.Logging, messages.WriteLog,
			"Invocation not authorized: missing capability claim for wasmcloud:builtin:logging"},
		"no claim for a number": {[]string{capability.Logging}, capability.NumberGen, messages.Random32,
			"Invocation not authorized: missing capability claim for wasmcloud:builtin:numbergen"},
		"a number for the claim of a line": {[]string{capability.Logging}, capability.Logging, messages.Random32,
			"unknown_message: method not handled NumberGen.Random32: the contract wasmcloud:builtin:logging has no such operation"},
		"a line for the claim of a number": {[]string{capability.NumberGenOld}, capability.NumberGenOld, "WriteLog",
			"unknown_message: method not handled WriteLog: the contract wasmcloud:extras has no such operation"},
		"an operation that is not there": {[]string{capability.NumberGen}, capability.NumberGen, "NumberGen.Dice",
			`unknown_message: method not handled "NumberGen.Dice": the host logs and draws numbers, and has no other operation`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			g := newGuest()
			g.call = g.asks("", c.namespace, c.op, "") + fetches + succeeds
			w.start("guest", g.load(t), c.caps...)
			answered(t, w.send("guest", "Test.Run", ""), c.refuse)
		})
	}
}
