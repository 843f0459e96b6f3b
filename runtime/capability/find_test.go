package capability_test

import (
	"strings"
	"testing"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// A guest may call anything by any name. What leads nowhere is refused in printable words, of a length that has a bound.
func TestNamesThatLeadNowhere(t *testing.T) {
	var k keeper
	twin := func(who actor.Address) capability.StartOrder {
		return capability.StartOrder{Actor: who, Token: token(t, "acme", claims.Module{Subject: "m1", Alias: "x"})}
	}
	if _, err := k.order(t, &capability.Order{Start: []capability.StartOrder{twin("a"), twin("b")}}); err != nil {
		t.Fatal(err)
	}
	table := k.table()
	for _, link := range []string{"", "default", "a\x00b", strings.Repeat("l", 10_000)} {
		for _, namespace := range []string{"", "wasmcloud:keyvalue", "x\x00b", key("m1") + "\x00b", key("m2"), key("acme"), "troupe.links", "troupe.keyvalue/x", "\x1b[2J",
			"\xff", "A", strings.Repeat("n", 10_000), "a/\u202e"} {
			target, err := table.Find("a", link, namespace)
			if err == nil {
				t.Errorf("%.20q on %.20q leads to %+v", namespace, link, target)
				continue
			}
			if len(err.Message) > 500 || strings.ContainsFunc(err.Message, func(r rune) bool { return r < ' ' || r == 0x202e || r == 0xfffd }) {
				t.Errorf("%.20q on %.20q: %q", namespace, link, err.Message)
			}
		}
	}
	for _, namespace := range []string{"x", key("m1"), "a"} {
		if target, err := table.Find("b", "", namespace); err != nil || target.To != "a" || !target.Guest {
			t.Errorf("%s: %+v, %v", namespace, target, err)
		}
	}
}
