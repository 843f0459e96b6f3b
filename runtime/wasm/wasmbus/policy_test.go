package wasmbus

import (
	"fmt"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// TestPolicy checks what a policy is asked, and that what it denies does not happen.
func TestPolicy(t *testing.T) {
	var asked []string
	deny := ""
	policy := func(d capability.Decision) error {
		line := fmt.Sprintf("%s %s>%s %s/%s", d.Action, d.Source.Address, d.Target.Address, d.Target.Contract, d.Target.Link)
		asked = append(asked, line)
		if string(d.Target.Address) == deny {
			return fmt.Errorf("%s is out of bounds", deny)
		}
		return nil
	}
	w := newWorld(t)
	start := func(name actor.Address, g *guest, caps ...string) {
		a := g.load(t)
		a.options.Policy = policy
		w.start(name, a, caps...)
	}
	g := newGuest()
	g.call = g.forwards("", "echo", "Test.Run") + fetches + succeeds
	start("calls", g)
	start("stores", storing(""), capability.KeyValue)
	g = newGuest()
	g.call = takes + echoes
	start("echo", g)
	w.provide(store, capability.NewProvider(capability.KeyValue, keeps), "stores")

	for _, c := range []struct {
		to           actor.Address
		deny         string
		code, answer string
		asked        string
	}{
		{"calls", "", "", "x", "[perform_invocation alice>calls / perform_invocation calls>echo /]"},
		{"calls", "calls", capability.CodeDenied, "calls is out of bounds", "[perform_invocation alice>calls /]"},
		{"calls", "echo", "", "echo is out of bounds", "[perform_invocation alice>calls / perform_invocation calls>echo /]"},
		{"stores", "", "", "stores default KeyValue.Set x",
			"[perform_invocation alice>stores / perform_invocation stores>troupe.keyvalue/store wasmcloud:keyvalue/default]"},
		{"stores", "troupe.keyvalue/store", "", "troupe.keyvalue/store is out of bounds",
			"[perform_invocation alice>stores / perform_invocation stores>troupe.keyvalue/store wasmcloud:keyvalue/default]"},
	} {
		asked, deny = nil, c.deny
		res := w.send(c.to, "Test.Run", "x")
		if c.code != "" {
			fails(t, res, c.code, c.answer)
		} else {
			answered(t, res, c.answer)
		}
		if got := fmt.Sprint(asked); got != c.asked {
			t.Errorf("asked %s, want %s", got, c.asked)
		}
	}
}
