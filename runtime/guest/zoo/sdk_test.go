// Package zoo_test compares the SDKs of guests with the typed layer of Go: one actor is written in each language, and
// gets the same messages.
package zoo_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/troupe"
)

var mutations = flag.Int("mutations", 3000, "how many bodies with mistakes are sent to the zoo")

// A species is the zoo in one language.
type species struct {
	language toolchain.Language
	// folders of sources: the first is built, the others are the SDK.
	folders []string
}

var zoos = []species{
	{toolchain.Rust, []string{filepath.Join("testdata", "rust"), filepath.Join("..", "rust")}},
	{toolchain.AssemblyScript, []string{filepath.Join("testdata", "as"), filepath.Join("..", "assemblyscript")}},
	{toolchain.C, []string{filepath.Join("testdata", "c"), filepath.Join("..", "c")}},
}

// guests holds the actors that were built, for all tests.
var guests sync.Map // of toolchain.Language to func() (actor.Actor, error)

func (s species) guest() (actor.Actor, error) {
	build, _ := guests.LoadOrStore(s.language, sync.OnceValues(s.build))
	return build.(func() (actor.Actor, error))()
}

func (s species) build() (actor.Actor, error) {
	for _, folder := range s.folders {
		if err := readAll(folder); err != nil {
			return nil, err
		}
	}
	code, err := toolchain.Build(context.Background(), s.folders[0], s.language)
	if err != nil {
		return nil, err
	}
	engine, err := wasm.NewEngine(wasm.Options{})
	if err != nil {
		return nil, err
	}
	module, err := engine.Load(context.Background(), code, troupe.Dialect())
	if err != nil {
		return nil, err
	}
	return troupe.New(module, "zoo"), nil
}

// readAll reads the files below a folder, so that the go command knows what the result of a test depends on.
func readAll(folder string) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			_, err = os.ReadFile(path)
		}
		return err
	})
}

// twins returns the zoo in Go and the one in another language. It returns nil if there is no compiler for that one.
func (s species) twins(t testing.TB) (p *pair, missing *toolchain.MissingError) {
	guest, err := s.guest()
	if errors.As(err, &missing) {
		return nil, missing
	}
	if err != nil {
		t.Fatal(err)
	}
	return &pair{t: t, native: one{actor: zoo()}, guest: one{actor: guest}}, nil
}

// each runs a test with each pair of zoos for which there is a compiler.
func each(t *testing.T, run func(t *testing.T, p *pair)) {
	for _, s := range zoos {
		t.Run(string(s.language), func(t *testing.T) {
			p, missing := s.twins(t)
			if missing != nil {
				t.Skip(missing)
			}
			run(t, p)
		})
	}
}

// A pair gets the same messages and must do the same.
type pair struct {
	t             testing.TB
	native, guest one
}

// one is an actor with its state.
type one struct {
	actor actor.Actor
	state actor.MemState
	logs  []string
}

// Query answers for the zoo, for whoever asks "self".
func (o *one) Query(ctx context.Context, to actor.Address, body []byte) ([]byte, error) {
	if to != "self" {
		return nil, actor.Errorf(actor.CodeUnknownActor, "nobody is at %s", to)
	}
	return zoo().(actor.Querier).Query(ctx, &actor.View{Self: to, State: &o.state, Services: o}, body)
}

func (o *one) QueryRaw(_ actor.Address, key []byte) ([]byte, bool) { return o.state.Get(key) }
func (o *one) GasLeft() uint64                                     { return 1 << 40 }
func (o *one) UseGas(uint64)                                       {}
func (o *one) Log(text string)                                     { o.logs = append(o.logs, text) }

func (o *one) env() *actor.Env {
	return &actor.Env{Self: "self", Sender: "sender", Sequence: 7, Time: time.Unix(-1, 2), Seed: [32]byte{1, 2, 31: 3}, Span: 1 << 40,
		State: &o.state, Services: o}
}

// deliver delivers a body, and says what came of it and what is in the state then.
func (o *one) deliver(kind string, body []byte) string {
	o.logs = nil
	before := o.pairs()
	var res actor.Response
	var err error
	ctx, msg := context.Background(), actor.Message{Body: body}
	switch kind {
	case "execute":
		res, err = o.actor.Execute(ctx, o.env(), msg)
	case "instantiate":
		res, err = o.actor.(actor.Instantiator).Instantiate(ctx, o.env(), msg)
	case "migrate":
		res, err = o.actor.(actor.Migrator).Migrate(ctx, o.env(), msg)
	case "sudo":
		res, err = o.actor.(actor.Sudoer).Sudo(ctx, o.env(), msg)
	case "query":
		view := &actor.View{Self: "self", Sequence: 7, Time: time.Unix(-1, 2), State: &o.state, Services: o}
		res.Data, err = o.actor.(actor.Querier).Query(ctx, view, body)
	}
	if err != nil { // as the host does
		o.state = actor.MemState{}
		for _, p := range before {
			o.state.Set(p[0], p[1])
		}
	}
	return o.outcome(res, err)
}

func (o *one) outcome(res actor.Response, err error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "error %v\ndata %#v\nmessages %+v\nattributes %v\nevents %v\nlogs %q\n", err, res.Data, res.Messages, res.Attributes, res.Events, o.logs)
	for _, p := range o.pairs() {
		fmt.Fprintf(&b, "%q = %x\n", p[0], p[1])
	}
	return b.String()
}

func (o *one) pairs() (list [][2][]byte) {
	for key, value := range o.state.Range(nil, nil, actor.Ascending) {
		list = append(list, [2][]byte{key, value})
	}
	return list
}

// send delivers a body to both.
func (p *pair) send(kind string, body []byte) {
	p.t.Helper()
	native, guest := p.native.deliver(kind, body), p.guest.deliver(kind, body)
	if native != guest {
		p.t.Errorf("%s %q (%x)\nnative %s\nguest %s", kind, body, body, native, guest)
	}
}

// TestTypedVectors sends the bodies of the tests of package typed to the zoo, in which messages of the same names have
// other fields.
func TestTypedVectors(t *testing.T) { each(t, sendTypedVectors) }

func sendTypedVectors(t *testing.T, p *pair) {
	datadriven.Walk(t, filepath.Join("..", "..", "actor", "typed", "testdata", "messages"), func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			body := []byte(d.Input)
			if d.HasArg("cbor") {
				body = unhex(t, d.Input)
			}
			p.t = t
			p.send(d.Cmd, body)
			return d.Expected
		})
	})
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		digits.WriteString(strings.Join(strings.Fields(line), ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// full is a message with something in every field.
var full = Everything{Flag: true, Small: -3, Short: 700, Signed: -1 << 40, Big: 1 << 63, Rate: 1.25, Half: 0.1, Text: "tä😀", Bytes: []byte{1, 2},
	List: []Item{{Name: "x"}, {Name: "y", Data: []byte{3}}}, Numbers: []uint32{1, 70000}, Count: map[string]uint16{"bb": 300, "a": 1},
	ByID: map[int32]string{-5: "minus", 10: "ten"}, Nested: &Everything{Text: "in"}}

func TestState(t *testing.T) { each(t, sendState) }

func sendState(t *testing.T, p *pair) {
	for _, m := range []Keep{
		{"alice", -5, 7, []byte{0, 1, 255}, 1.5, full},
		{"al\x00\x01", 500, 101, nil, -0.1, Everything{}},
		{"äöü😀", -1 << 63, 255, []byte("x"), 1e300, Everything{}},
		{"", 1<<63 - 1, 0, bytes.Repeat([]byte("long "), 5000), 65504, Everything{Nested: &Everything{Rate: 0x1p-24}}},
		{"alice", 0, 9, []byte{}, 0x1p-25, Everything{}},
	} {
		p.send("execute", typed.Encode(m))
	}
	for _, q := range []Show{{}, {"alice", true}, {"b", false}} {
		p.send("query", typed.Encode(q))
	}
	for _, by := range []uint64{5, 1<<64 - 6, 1} {
		p.send("execute", typed.Encode(Count{by}))
	}
	p.send("execute", typed.Encode(Forget{"alice"}))
	p.send("query", typed.Encode(Show{}))
	p.send("execute", typed.Encode(Corrupt{"zz\"ä"}))
	p.send("query", typed.Encode(Show{}))
	p.native.state.Set([]byte("signed/b07"), []byte("\x60"))
	p.guest.state.Set([]byte("signed/b07"), []byte("\x60"))
	p.send("execute", typed.Encode(Forget{"zz\"ä"}))
	p.native.state.Set([]byte("signed/b07"), []byte("\x60"))
	p.guest.state.Set([]byte("signed/b07"), []byte("\x60"))
	p.send("query", typed.Encode(Show{}))
}

// TestDeepState reads what only an actor can have written: values nest deeper than messages.
func TestDeepState(t *testing.T) { each(t, readDeepState) }

func readDeepState(t *testing.T, p *pair) {
	for _, depth := range []int{64, 100, 255, 256, 300} {
		deep := &Everything{Text: "bottom"}
		for range depth - 1 {
			deep = &Everything{Text: "deep", Nested: deep}
		}
		for _, o := range []*one{&p.native, &p.guest} {
			o.state.Set([]byte("value"), typed.EncodeValue(deep))
		}
		p.send("query", typed.Encode(Show{}))
	}
}

func TestCalls(t *testing.T) { each(t, sendCalls) }

func sendCalls(t *testing.T, p *pair) {
	p.send("execute", typed.Encode(Emit{"text", -3}))
	p.send("sudo", typed.Encode(Tick{}))
	for mode := range uint8(13) {
		for _, to := range []actor.Address{"self", "other"} {
			for _, n := range []int64{5, 1 << 40, 101} {
				p.send("execute", typed.Encode(Relay{to, n, mode}))
			}
		}
	}
}

// TestPanics lets guests draw a number below 0, which ends a Go program, too.
func TestPanics(t *testing.T) { each(t, sendPanics) }

func sendPanics(t *testing.T, p *pair) {
	got := p.guest.deliver("execute", typed.Encode(Relay{"", 0, 8}))
	if !strings.HasPrefix(got, "error panic: self panicked\n") || !strings.Contains(got, "there is no number below 0") {
		t.Errorf("the guest says %s", got)
	}
}

func TestReplies(t *testing.T) { each(t, sendReplies) }

func sendReplies(t *testing.T, p *pair) {
	relayed := typed.EncodeValue(Relay{"x", 5, 1})
	events := []actor.Event{{Actor: "x", Type: "paid", Attributes: []actor.Attribute{{Key: "to", Value: "y"}}}, {Actor: "x", Type: "bare"}}
	failed := &actor.Error{Code: "broke", Message: "no money"}
	for _, r := range []actor.Reply{
		{ID: 1, Payload: relayed, Callee: "self", Data: typed.EncodeValue(Percent{5}), Events: events},
		{ID: 1, Payload: relayed, Callee: "self", Err: failed},
		{ID: 1, Callee: "self", Err: failed},
		{ID: 1, Payload: []byte{1}, Callee: "self"},
		{ID: 2, Payload: []byte{1}, Callee: "self", Err: failed},
		{ID: 3, Payload: typed.EncodeValue("hello"), GasUsed: 1 << 60},
		{ID: 3},
		{ID: 99, Callee: "child"},
	} {
		says := func(o *one) string {
			res, err := o.actor.(actor.Replier).Reply(t.Context(), o.env(), r)
			return o.outcome(res, err)
		}
		if native, guest := says(&p.native), says(&p.guest); native != guest {
			t.Errorf("reply %+v\nnative %s\nguest %s", r, native, guest)
		}
	}
}

// TestLimits sends what is too much.
func TestLimits(t *testing.T) { each(t, sendLimits) }

func sendLimits(t *testing.T, p *pair) {
	nested := func(n int) string {
		return `{"everything":` + strings.Repeat(`{"nested":`, n) + `{"text":"x"` + strings.Repeat("}", n+2)
	}
	long := strings.Repeat("ä ", 50)
	for _, body := range []string{
		strings.Repeat("[", 70), `{"everything":{"x":` + strings.Repeat("[", 70), `{"everything":{"list":[{"name":` + strings.Repeat(`{"a":`, 70),
		nested(62), nested(63), nested(64), strings.Replace(nested(60), `"text":"x"`, `"small":1000`, 1),
		`{"` + long + `":1}`, `{"everything":{"` + long + `":1}}`, `{"everything":{"count":{"` + long + `":{"x":1}}}}`,
		`{"everything":{"count":{"` + strings.Repeat("x", 64) + `":"y"}}}`, `{"everything":{"count":{"` + strings.Repeat("x", 65) + `":"y"}}}`,
		strings.Repeat(" ", typed.MaxBody), strings.Repeat(" ", typed.MaxBody+1), `{"everything":{"text":"` + strings.Repeat("x", typed.MaxBody-30) + `"}}`,
	} {
		for _, kind := range []string{"execute", "migrate", "query", "instantiate"} {
			p.send(kind, []byte(body))
		}
	}
	for _, n := range []int{62, 63, 64, 65, 300} {
		for _, end := range []string{"\xa0", "\xf6", "\x80"} {
			p.send("execute", []byte("\xa1\x6aeverything"+strings.Repeat("\xa1\x66nested", n)+end))
			p.send("execute", []byte("\xa1\x6aeverything\xa1\x64list"+strings.Repeat("\x81", n)+end))
		}
	}
}

// TestBends sends what is taken although it does not quite have the form, and what is not.
func TestBends(t *testing.T) { each(t, sendBends) }

func sendBends(t *testing.T, p *pair) {
	for _, body := range []string{
		`{"everything":{"bytes":[1,2]}}`, `{"everything":{"bytes":[]}}`, `{"everything":{"bytes":[1,null]}}`, `{"everything":{"bytes":[1,256]}}`,
		`{"everything":{"bytes":[1.0]}}`, `{"everything":{"bytes":{}}}`, `{"digest":{"raw":[1,2]}}`, `{"digest":{"raw":[]}}`, `{"digest":{"raw":"AQ=="}}`,
		`{"digest":{"hash":[1,2,3,4]}}`, `{"digest":{"hash":"AQIDBA=="}}`, `{"digest":{"hash":"AQID"}}`, `{"digest":{"hash":null,"raw":null}}`,
		`{"` + strings.Repeat("x", 64) + `":1}`, `{"` + strings.Repeat("x", 65) + `":1}`, `{"tick":{"` + strings.Repeat("y", 64) + `":1}}`,
		`{"tick":{"` + strings.Repeat("y", 61) + `äö":1}}`, `{"tick":{"` + strings.Repeat("y", 62) + `äö":1}}`, `{"tick":{"` + strings.Repeat("y", 63) + `äö":1}}`,
		`{"everything":{"rate":5,"half":-7}}`, `{"everything":{"count":{"1":1,"\u0031":2}}}`, `{"everything":{"by_id":{"1":"a","01":"b"}}}`,
	} {
		p.send("execute", []byte(body))
	}
	// The same key in two encodings, which says no more than that it does not fit.
	p.send("execute", []byte("\xa1\x6aeverything\xa2\x64text\x61a\x78\x04text\x61b"))
	p.send("execute", []byte("\xa1\x6aeverything\xa1\x65count\xa2\x61a\x01\x78\x01a\x02"))
	p.send("execute", []byte("\xa1\x6aeverything\xa1\x65by_id\xa2\x05\x61a\x18\x05\x61b"))
	// A key that is null is the zero one.
	p.send("execute", []byte("\xa1\x6aeverything\xa1\x65by_id\xa1\xf6\x61a"))
	p.send("execute", []byte("\xa1\x6aeverything\xa1\x65count\xa2\xf7\x01\x60\x02"))
}

// TestNumbers sends decimal fractions. What they become is decided by their last digits.
func TestNumbers(t *testing.T) { each(t, sendNumbers) }

func sendNumbers(t *testing.T, p *pair) {
	for _, n := range []string{
		"0", "-0", "-0.0", "0e999999999999", "1e308", "1e309", "-1e309", "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308",
		"179769313486231580793728971405301e276", "4.9e-324", "2.5e-324", "2.4703282292062328e-324", "2.4703282292062327e-324", "1e-400",
		"2.2250738585072011e-308", "2.2250738585072014e-308", "9007199254740993", "9007199254740992.9999999999999999999999", "9007199254740993.0000000000000000001",
		"0.1", "1" + strings.Repeat("0", 400), "0." + strings.Repeat("0", 400) + "1", "1" + strings.Repeat("0", 400) + "e-400",
		"8.5" + strings.Repeat("0", 800) + "1e22", "3.4028234663852886e38", "3.4028235677973366e38", "3.4028235677973367e38", "16777217", "1.17549435e-38", "1e-46",
		"18446744073709551615", "18446744073709551616", "-18446744073709551616", "-18446744073709551617", "1E5", "1e+5", "1.", ".5", "+1", "01", "1e", "--1", "1-2",
	} {
		for _, field := range []string{"rate", "half", "big", "signed", "x"} {
			p.send("execute", []byte(`{"everything":{"`+field+`":`+n+`}}`))
		}
	}
}

// What mistakes are made of.
var (
	wordsJSON = strings.Fields(`null 0 -0 1e400 1.5 123456789012345678901 -9223372036854775809 "" [] {} "a" true , : \u00e9 \ud800 65536 256 -129
		0.1 3.4028236e38 16777217 -18446744073709551616 "AQID" "data" "-5" ü`)
	wordsCBOR = []string{"\xf6", "\xf7", "\xf4", "\xf9\x3c\x00", "\xf9\x7e\x00", "\xf9\x00\x01", "\xfa\x7f\x80\x00\x00", "\xfb\x7f\xef\xff\xff\xff\xff\xff\xff",
		"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", "\x3b\xff\xff\xff\xff\xff\xff\xff\xff", "\x80", "\xa0", "\x60", "\x40", "\x18\x05", "\x9f", "\xc0", "\xf8\x20",
		"\x61\xff", "\x83\x01\x02\x03", "\x3b\x80\x00\x00\x00\x00\x00\x00\x00", "\x38\xff", "\x19\x01\x00", "\x65bytes", "\x61a", "\x78\x01a", "\xa2\x61a\x01\x78\x01a\x02"}
)

// TestMistakes sends bodies that were right before something in them was changed.
func TestMistakes(t *testing.T) { each(t, sendMistakes) }

func sendMistakes(t *testing.T, p *pair) {
	random := rand.New(rand.NewPCG(1, 2))
	var bodies [][]byte
	for _, m := range []any{full, Tick{}, Percent{-1}, Digest{[4]byte{1, 2, 3, 4}, []byte{5}}, Keep{"a", 1, 2, []byte("b"), 0.5, full}} {
		text, err := typed.ToJSON(typed.Encode(m))
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, typed.Encode(m), text)
	}
	kinds := []string{"execute", "execute", "execute", "query", "migrate", "instantiate", "sudo"}
	for range *mutations {
		body := slices.Clone(bodies[random.IntN(len(bodies))])
		words := wordsCBOR
		if body[0] == '{' || body[0] == '"' {
			words = wordsJSON
		}
		for range 1 + random.IntN(3) {
			at, word := random.IntN(len(body)), words[random.IntN(len(words))]
			switch random.IntN(5) {
			case 0:
				body[at] ^= 1 << random.IntN(8)
			case 1:
				body = slices.Delete(body, at, at+1)
			case 2:
				body = slices.Insert(body, at, []byte(word)...)
			case 3:
				body = slices.Replace(body, at, min(len(body), at+random.IntN(9)), []byte(word)...)
			case 4:
				body = body[:at+1]
			}
			body = append(body, make([]byte, max(0, 1-len(body)))...)
		}
		if p.send(kinds[random.IntN(len(kinds))], body); t.Failed() {
			return
		}
	}
}

// FuzzBodies looks for bodies that the two treat differently.
func FuzzBodies(f *testing.F) {
	f.Add(byte(0), typed.Encode(full))
	f.Add(byte(1), []byte(`{"everything":{"rate":1e3,"by_id":{"-5":"x"},"text":"\ud83d\ude00"}}`))
	f.Add(byte(2), typed.EncodeValue(Item{Name: "x"}))
	var built []species
	for _, s := range zoos {
		if _, missing := s.twins(f); missing == nil {
			built = append(built, s)
		}
	}
	if len(built) == 0 {
		f.Skip("there is no compiler for guests in other languages than Go")
	}
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		for _, s := range built {
			p, _ := s.twins(t)
			p.send([]string{"execute", "query", "migrate", "instantiate", "sudo"}[kind%5], body)
		}
	})
}
