package wasmbus

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

func TestEcho(t *testing.T) {
	g := newGuest()
	g.call = takes + echoes
	for _, from := range []string{Module, ModuleOld} {
		g.from = from
		answered(t, g.run(t, "payload"), "payload")
		answered(t, g.run(t, ""), "")
	}
}

// TestOperation checks that the guest gets the name of the operation.
func TestOperation(t *testing.T) {
	g := newGuest()
	g.call = takes + " i32.const 65536 local.get 0 call $__guest_response" + succeeds
	answered(t, g.run(t, "x"), "Test.Run")
}

// TestLargePayloads checks payloads as large as the limits of messages allow.
func TestLargePayloads(t *testing.T) {
	g := newGuest()
	g.call = takes + echoes
	w := newWorld(t)
	w.D.Limits.Body, w.D.Limits.Data = 5<<20, 5<<20
	w.start("guest", g.load(t))
	large := strings.Repeat("0123456789abcdef", 4<<16)
	answered(t, w.send("guest", "Test.Run", large), large)
}

// TestOutcomes checks what counts of what a guest says at its end.
func TestOutcomes(t *testing.T) {
	const noText = "Test.Run failed in guest, and the guest does not say why"
	for name, c := range map[string]struct {
		call       func(g *guest) string
		code, want string // without a code, want is the answer
	}{
		"asked twice":              {call: func(g *guest) string { return takes + takes + echoes }, want: "in"},
		"asked never":              {call: func(g *guest) string { return g.answers("out") + succeeds }, want: "out"},
		"no response":              {call: func(g *guest) string { return succeeds }},
		"the last response counts": {call: func(g *guest) string { return g.answers("a") + g.answers("b") + succeeds }, want: "b"},
		"an empty response":        {call: func(g *guest) string { return g.answers("a") + g.answers("") + succeeds }},
		"an error": {call: func(g *guest) string { return g.text("it is wrong") + " call $__guest_error i32.const 0" },
			code: actor.CodeFailed, want: "it is wrong"},
		"an error of a guest that says it has none": {call: func(g *guest) string { return g.text("wrong") + " call $__guest_error" + succeeds },
			code: actor.CodeFailed, want: "wrong"},
		"an error and a response": {call: func(g *guest) string {
			return g.answers("a") + g.text("wrong") + " call $__guest_error i32.const 0"
		}, code: actor.CodeFailed, want: "wrong"},
		"an error without a text":          {call: func(g *guest) string { return g.text("") + " call $__guest_error i32.const 0" }, code: actor.CodeFailed, want: noText},
		"no error":                         {call: func(g *guest) string { return " i32.const 0" }, code: actor.CodeFailed, want: noText},
		"a number that is neither 0 nor 1": {call: func(g *guest) string { return " i32.const 2" }, code: actor.CodeFailed, want: noText},
		"a response and no success":        {call: func(g *guest) string { return g.answers("a") + " i32.const 0" }, code: actor.CodeFailed, want: noText},
		"an error that is not UTF-8": {call: func(g *guest) string { return g.text("a\xffb") + " call $__guest_error i32.const 0" },
			code: actor.CodeFailed, want: "a\ufffdb"},
		"an error that is too long": {call: func(g *guest) string {
			return g.text(strings.Repeat("ä", MaxErrorMessage)) + " call $__guest_error i32.const 0"
		}, code: actor.CodeFailed, want: strings.Repeat("ä", MaxErrorMessage/2)},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuest()
			g.call = c.call(g)
			res := g.run(t, "in")
			if c.code != "" {
				fails(t, res, c.code, c.want)
				return
			}
			answered(t, res, c.want)
		})
	}
}

// TestNothingWasCalled checks what a guest gets that asks for the outcome of a call that it has not made, or that had the other.
func TestNothingWasCalled(t *testing.T) {
	g := newGuest()
	g.call = ` call $__host_response_len call $__host_error_len i32.add local.set 2
		i32.const 65536 call $__host_response  i32.const 65536 call $__host_error
		i32.const 65536 local.get 2 call $__guest_response i32.const 1`
	answered(t, g.run(t, ""), "")

	g = newGuest()
	g.call = g.asks("default", "nobody:here", "Op", "") + ` if unreachable end call $__host_response_len if unreachable end
		call $__host_error_len i32.eqz if unreachable end` + succeeds
	answered(t, g.run(t, ""), "")
}

// TestInitialization checks that what initializes a module runs once, when it is loaded, and may print, but call nobody.
func TestInitialization(t *testing.T) {
	g := newGuest()
	g.init = " i32.const 3000 i32.const 3000 i32.load i32.const 1 i32.add i32.store" + g.text("hello") + "call $__console_log"
	g.call = " i32.const 3000 i32.const 3000 i32.load i32.const 48 i32.add i32.store  i32.const 3000 i32.const 1 call $__guest_response" + succeeds
	w := newWorld(t)
	w.start("guest", g.load(t))
	for range 3 { // nothing is left of the call before
		answered(t, w.send("guest", "Test.Run", ""), "1")
	}

	for _, name := range []string{"__guest_request", "__guest_response", "__guest_error", "__host_error_len"} {
		g = newGuest()
		g.call = succeeds
		params := map[string]string{"__host_error_len": ""}
		args, ok := params[name]
		if !ok {
			args = " i32.const 0 i32.const 0"
		}
		g.init = args + " call $" + name
		if ok {
			g.init += " drop"
		}
		_, err := engine().Load(t.Context(), g.build(), dialect())
		if refused := (*wasm.Refusal)(nil); !errors.As(err, &refused) || !strings.Contains(err.Error(), name+" was called while the module was being initialized") {
			t.Errorf("%s: %v", name, err)
		}
	}
	g = newGuest()
	g.call, g.init = succeeds, g.asks("", "wasmcloud:logging", "WriteLog", "")+" drop"
	if _, err := engine().Load(t.Context(), g.build(), dialect()); err == nil || !strings.Contains(err.Error(), "call it while an operation is handled") {
		t.Error(err)
	}
}

// TestRefusals checks what a module is told that was not made for this ABI.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(m *binary.Module)
		want   string
	}{
		"no call": {func(m *binary.Module) { m.Exports = m.Exports[1:] }, "wasmbus: the module does not export a function __guest_call: it must be " +
			"(func (param i32 i32) (result i32)), which the guest libraries of wasmbus and waPC add"},
		"another call": {func(m *binary.Module) {
			m.Functions = slices.Clone(m.Functions)
			m.Functions[0] = 0
		}, "wasmbus: the export __guest_call takes [i32 i32] and returns []: it must take two i32 and return one"},
		"no memory":         {func(m *binary.Module) { m.Exports = m.Exports[:1] }, `wasmbus: a memory must be exported as "memory"`},
		"a function memory": {func(m *binary.Module) { m.Exports[1].Kind = binary.ExternFunc }, `wasmbus: a memory must be exported as "memory"`},
		"an unknown import": {func(m *binary.Module) { m.Imports[0].Name = "__host_sleep" },
			`wasm: import "wasmbus" "__host_sleep": the wasmbus dialect has no such function`},
	} {
		g := newGuest()
		g.call = succeeds
		m, err := binary.Parse(g.build())
		if err != nil {
			t.Fatal(err)
		}
		c.change(m)
		_, err = engine().Load(t.Context(), m.Encode(), dialect())
		if refused := (*wasm.Refusal)(nil); !errors.As(err, &refused) || err.Error() != c.want {
			t.Errorf("%s: %v\nwant %s", name, err, c.want)
		}
	}
}

func TestIs(t *testing.T) {
	for name, c := range map[string]struct {
		m    binary.Module
		want bool
	}{
		"nothing":           {binary.Module{}, false},
		"another dialect":   {binary.Module{Imports: []binary.Import{{Module: "troupe", Name: "log"}}}, false},
		"wasmbus":           {binary.Module{Imports: []binary.Import{{Module: "env"}, {Module: "wasmbus", Name: "__guest_request"}}}, true},
		"wapc":              {binary.Module{Imports: []binary.Import{{Module: "wapc", Name: "__guest_request"}}}, true},
		"without an import": {binary.Module{Exports: []binary.Export{{Name: "__guest_call"}}}, true},
	} {
		if got := Is(&c.m); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestInstantiate checks that an actor is created without a body only.
func TestInstantiate(t *testing.T) {
	g := newGuest()
	g.call = succeeds
	a := g.load(t)
	if _, err := a.Instantiate(t.Context(), &actor.Env{}, actor.Message{}); err != nil {
		t.Error(err)
	}
	_, err := a.Instantiate(t.Context(), &actor.Env{}, actor.Message{Body: []byte("{}")})
	if e := actor.AsError(err); e == nil || e.Code != actor.CodeUnsupported {
		t.Error(err)
	}
}
