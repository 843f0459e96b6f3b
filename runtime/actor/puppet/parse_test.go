package puppet

import (
	"reflect"
	"testing"
)

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{"dance", `line 1: "dance": there is no such verb`},
		{"\n\n# fine\nset k", `line 4: "set k": KEY=TEXT is missing`},
		{"set k=v\n  set l=w", `line 2: "set l=w": it is indented, but nothing stands above that it could belong to`},
		{"  set k=v\nset l=w", `line 2: "set l=w": it is indented less than the first line`},
		{"repeat 2\n    set k=v\n  set l=w", `line 3: "set l=w": it is indented, but nothing stands above that it could belong to`},
		{"call", `line 1: "call": a receiver is missing`},
		{"call b gas=much", `line 1: "call b gas=much": gas=much is no number`},
		{"call b reply=maybe", `line 1: "call b reply=maybe": actor: a reply is asked for never, success, error or always, not "maybe"`},
		{"call b later", `line 1: "call b later": "later" means nothing here`},
		{"call b color=red", `line 1: "call b color=red": "colorred" means nothing here`},
		{"message shout b", `line 1: "message shout b": behind message stands a kind`},
		{"on reply", `line 1: "on reply": no sub-message before it in its block could bring the reply`},
		{"call b id=1\non reply 2", `line 2: "on reply 2": no sub-message before it in its block could bring the reply`},
		{"call b\non reply x", `line 2: "on reply x": "x" is no id`},
		{"call b\non error", `line 2: "on error": after "on" stands "reply"`},
		{"data \"open", `line 1: "data \"open": "open is no quoted text`},
		{"emit", `line 1: "emit": a type is missing`},
		{"emit t \"k\"v", `line 1: "emit t \"k\"v": a blank is missing before "v"`},
		{"emit t \"k=v", `line 1: "emit t \"k=v": "k=v is no quoted text`},
		{"gas lots", `line 1: "gas lots": "lots" is no number`},
		{"try harder", `line 1: "try harder": nothing stands behind try`},
		{"fail", `line 1: "fail": a code is missing`},
		{"range from=a", `line 1: "range from=a": "froma" means nothing here`},
	} {
		if _, err := Parse(c.script); err == nil || err.Error() != c.want {
			t.Errorf("%q:\n got %v\nwant %s", c.script, err, c.want)
		}
	}
}

// everything has each verb in a form that the formatter has to be careful with.
const everything = `set k=v
set "k ="="  blanks  "
append k=it has = and "quotes" in it
delete k
get k as x
range start=a end="b c" desc as y
  set copy={key} {value}
range
query b
  get k
  data {it}
query b body="raw body" as z
raw b k
emit paid amount=5 "my key"="\tv" empty=""
attr a=b
data ""
data "\xff\x00"
gas 10
log a line
repeat 3
  try
    panic oh
call b id=1 reply=error gas=1000 payload="p q"
  set x=1
  call c again
  on reply
    same
  fail broke: no money left
on reply
  set seen={code}
  error "  plain"
create module=m admin=alice
create child/1 module=m reply=9
migrate b module=m2
set_admin b admin=bob
set_admin b
sudo b body=""
message tick b
wait
`

func TestFormat(t *testing.T) {
	p := MustParse(everything)
	if got := p.String(); got != everything {
		t.Errorf("the form changed:\n%s", got)
	}
}

func TestEncode(t *testing.T) {
	p := MustParse("repeat 2\n  set k=<v>\ncall b reply=always\n  get k\non reply\n  same\nmessage tick b payload=\"\"")
	got, err := Decode(p.Encode())
	if err != nil || !reflect.DeepEqual(got, p) {
		t.Errorf("%s came back as %v, %v", p.Encode(), got, err)
	}
	if b := (Program{}).Encode(); b != nil {
		t.Errorf("nothing is encoded as %q", b)
	}
}

// FuzzParse checks that no text breaks the parser, and that what is understood survives being written down.
func FuzzParse(f *testing.F) {
	f.Add(everything)
	f.Add("repeat 2\n\tset k=v")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		q, err := Parse(p.String())
		if err != nil || q.String() != p.String() {
			t.Errorf("%q is written down as\n%s\nand read as\n%s\n%v", text, p, q, err)
		}
	})
}
