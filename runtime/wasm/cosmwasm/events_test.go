package cosmwasm_test

import (
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
)

// TestEvents is table E: what a contract returns, and what is emitted.
func TestEvents(t *testing.T) {
	event := func(kind string, attributes ...m) []m {
		return []m{{"type": kind, "attributes": append([]m{}, attributes...)}}
	}
	a := attribute
	tests := []struct {
		name   string
		events []m
		own    []m    // attributes of the response
		want   string // behind the event execute; with _contract_address as @; "error" if it fails
	}{
		{name: "E1 an attribute", events: event("foo", a("myKey", "myVal")), want: "wasm-foo @ myKey=myVal\n"},
		{name: "E2 two attributes keep their order", events: event("foo", a("b", "1"), a("a", "2")), want: "wasm-foo @ b=1 a=2\n"},
		{name: "E3 two events keep their order", events: append(event("food", a("a", "1")), event("bar", a("b", "2"))...), want: "wasm-food @ a=1\nwasm-bar @ b=2\n"},
		{name: "E4 no attributes", events: event("foo"), want: "wasm-foo @\n"},
		{name: "E5 an empty value", events: event("foo", a("k", "")), want: "wasm-foo @ k=\n"},
		{name: "E6 a value of blanks", events: event("foo", a("k", "\n\n\n")), want: "wasm-foo @ k=\n"},
		{name: "E7 a short type", events: event("f"), want: "error"},
		{name: "E8 the attribute of the host", events: event("foo", a("_contract_address", "x")), want: "error"},
		{name: "E9 a reserved attribute", events: event("foo", a("_reserved", "x")), want: "error"},
		{name: "E9 a reserved attribute behind blanks", events: event("foo", a("  _reserved", "x")), want: "error"},
		{name: "E10 an empty key", events: event("foo", a("", "x")), want: "error"},
		{name: "E11 a short type between blanks", events: event("    f   "), want: "error"},
		{name: "E12 a key of blanks", events: event("foo", a("\n\n", "x")), want: "error"},
		{name: "E13 blanks around everything", events: event("  food\n", a("my Key", "\tmyVal")), want: "wasm-food @ my Key=myVal\n"},
		{name: "E14 ten empty events", events: []m{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}}, want: "error"},
		{name: "E15 no events", want: ""},
		{name: "E16 attributes are trimmed", own: []m{a("   my-real-key    ", "\n\n\nsome-val\t\t\t")}, want: "wasm @ my-real-key=some-val\n"},
		{name: "E17 a key of blanks", own: []m{a("\n\n", "x")}, want: "error"},
		{name: "E18 no attributes, no event", own: nil, want: ""},
		{name: "S46 a type of two bytes", events: event("ab"), want: "error"},
		{name: "S46 reserved in the response", own: []m{a("_x", "y")}, want: "error"},
		{name: "S45 a type that a chain has", events: event("transfer", a("amount", "5")), want: "wasm-transfer @ amount=5\n"},
	}
	w := newWorld(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := w.contract("c", nil)
			p := set("k", "v").ok(m{"events": append([]m{}, test.events...), "attributes": append([]m{}, test.own...)})
			if test.want == "error" {
				if code, text := w.failure(c, p); code != actor.CodeInvalidEvent {
					t.Errorf("%s: %s", code, text)
				}
				w.has(c, "k", "")
				return
			}
			w.run(c, p)
			got := strings.ReplaceAll(w.emitted(nil), "_contract_address="+string(c), "@")
			if got != "execute @\n"+test.want {
				t.Errorf("emitted %q, want %q", got, test.want)
			}
		})
	}
}

// TestEntryEvents is rule S44: what the host emits for each entry point, and the keeper for what it does.
func TestEntryEvents(t *testing.T) {
	w := newWorld(t)
	c := w.contract("c", nil)
	names := map[actor.Address]string{c: "c", w.alice: "alice", w.bob: "bob"}
	check := func(want string) {
		t.Helper()
		if got := w.emitted(names); got != want {
			t.Errorf("emitted %q, want %q", got, want)
		}
	}
	keep := func(msg m) {
		t.Helper()
		if _, err := w.keep(w.alice, msg); err != nil {
			t.Fatal(err)
		}
	}
	check("instantiate _contract_address=c code_id=1\n")
	w.sudo(c, program(nil).ok(m{"attributes": []m{attribute("a", "b")}}))
	check("sudo _contract_address=c\nwasm _contract_address=c a=b\n")
	keep(m{"migrate": m{"contract_addr": c, "new_code_id": w.store("other"), "msg": []byte("[]")}})
	check("migrate code_id=2 _contract_address=c\n")
	keep(m{"update_label": m{"contract_addr": c, "label": "new"}})
	check("update_contract_label _contract_address=c new_label=new\n")
	keep(m{"update_admin": m{"contract_addr": c, "admin": w.bob}})
	check("update_contract_admin _contract_address=c new_admin_address=bob\n")
}
