// Package wasmbus_test tests the guest code for the ABI wasmbus: one actor is written in each language, and gets the same
// operations. The host is one of the test, so that it sees what guests say.
package wasmbus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/runtime/capability/pack"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/wasmbus"
)

// A language has its probe in testdata and its guest code in a folder of its name.
var languages = []toolchain.Language{toolchain.C, toolchain.AssemblyScript}

// probes holds the modules that were built, for all tests.
var probes sync.Map // of toolchain.Language to func() (*wasm.Module, error)

// each runs a test with each probe for which there is a compiler.
func each(t *testing.T, run func(t *testing.T, p *probe)) {
	for _, l := range languages {
		t.Run(string(l), func(t *testing.T) { run(t, load(t, l)) })
	}
}

func load(t testing.TB, l toolchain.Language) *probe {
	build, _ := probes.LoadOrStore(l, sync.OnceValues(func() (*wasm.Module, error) { return build(l) }))
	m, err := build.(func() (*wasm.Module, error))()
	var missing *toolchain.MissingError
	if errors.As(err, &missing) {
		t.Skip(missing)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &probe{t: t, module: m}
}

func build(l toolchain.Language) (*wasm.Module, error) {
	for _, folder := range []string{string(l), filepath.Join("testdata", string(l))} {
		if err := readAll(folder); err != nil {
			return nil, err
		}
	}
	code, err := toolchain.Build(context.Background(), filepath.Join("testdata", string(l)), l)
	if err != nil {
		return nil, err
	}
	engine, err := wasm.NewEngine(wasm.Options{})
	if err != nil {
		return nil, err
	}
	return engine.Load(context.Background(), code, dialect())
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

// dialect is that of the host, with functions of the test.
func dialect() *wasm.Dialect {
	d := wasmbus.Dialect()
	d.Name = "probe"
	for i := range d.Host {
		f := &d.Host[i]
		if do := hostFunctions[f.Name]; f.Module == wasmbus.Module && do != nil {
			f.Func = func(c *wasm.Call, s []uint64) { do(c.User().(*probe), c, s) }
		}
	}
	return d
}

// A probe is a guest, and the host that it sees.
type probe struct {
	t      testing.TB
	module *wasm.Module
	// answer is what the host answers, refusal what it refuses a call with if it is not empty.
	answer  []byte
	refusal string

	operation string
	payload   []byte
	// calls and lines are what the guest has said.
	calls, lines []string
	response     []byte
	failure      string
}

var hostFunctions = map[string]func(p *probe, c *wasm.Call, s []uint64){
	"__guest_request": func(p *probe, c *wasm.Call, s []uint64) {
		p.write(c, s[0], []byte(p.operation))
		p.write(c, s[1], p.payload)
	},
	"__guest_response": func(p *probe, c *wasm.Call, s []uint64) { p.response = p.read(c, s[0], s[1]) },
	"__guest_error":    func(p *probe, c *wasm.Call, s []uint64) { p.failure = string(p.read(c, s[0], s[1])) },
	"__host_call": func(p *probe, c *wasm.Call, s []uint64) {
		message := "nothing"
		if payload := p.read(c, s[6], s[7]); len(payload) > 0 {
			text, err := pack.ToJSON(payload)
			if err != nil {
				p.t.Errorf("the guest sends %x: %v", payload, err)
			}
			message = string(text)
		}
		p.calls = append(p.calls, fmt.Sprintf("%s/%s %s %s", p.read(c, s[0], s[1]), p.read(c, s[2], s[3]), p.read(c, s[4], s[5]), message))
		s[0] = 1
		if p.refusal != "" {
			s[0] = 0
		}
	},
	"__host_response_len": func(p *probe, _ *wasm.Call, s []uint64) { s[0] = uint64(len(p.answer)) },
	"__host_response":     func(p *probe, c *wasm.Call, s []uint64) { p.write(c, s[0], p.answer) },
	"__host_error_len":    func(p *probe, _ *wasm.Call, s []uint64) { s[0] = uint64(len(p.refusal)) },
	"__host_error":        func(p *probe, c *wasm.Call, s []uint64) { p.write(c, s[0], []byte(p.refusal)) },
	"__console_log":       func(p *probe, c *wasm.Call, s []uint64) { p.lines = append(p.lines, string(p.read(c, s[0], s[1]))) },
}

func (p *probe) read(c *wasm.Call, ptr, n uint64) []byte {
	b, err := c.Read(uint32(ptr), uint32(n))
	if err != nil {
		p.t.Errorf("the guest points outside of its memory: %v", err)
	}
	return bytes.Clone(b)
}

func (p *probe) write(c *wasm.Call, ptr uint64, b []byte) {
	if err := c.Write(uint32(ptr), b); err != nil {
		p.t.Errorf("the guest points outside of its memory: %v", err)
	}
}

// do makes the guest handle an operation. It fails the test if the guest traps.
func (p *probe) do(operation string, payload []byte) (response []byte, failure string) {
	p.t.Helper()
	p.operation, p.payload, p.calls, p.lines, p.response, p.failure = operation, payload, nil, nil, nil, ""
	err := p.module.Call(1<<40, p, func(c *wasm.Call) error {
		ok, err := c.Invoke(0, uint64(len(operation)), uint64(len(payload)))
		if err == nil && (uint32(ok) == 1) != (p.failure == "") {
			p.t.Errorf("%s returns %d and says %q", operation, ok, p.failure)
		}
		return err
	})
	if err != nil {
		p.t.Errorf("%s %x: %v", operation, payload, err)
	}
	return p.response, p.failure
}

// packed is the MessagePack of a value in JSON.
func packed(t testing.TB, text string) []byte {
	t.Helper()
	if text == "" {
		return nil
	}
	b, err := pack.FromJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestHelpers lets the guest call each contract. What it asks for, and what it makes of the answer, is what the contract says.
func TestHelpers(t *testing.T) { each(t, testHelpers) }

func testHelpers(t *testing.T, p *probe) {
	const kv, messaging, numbers = "default/wasmcloud:keyvalue KeyValue.", "default/wasmcloud:messaging Messaging.", "default/wasmcloud:builtin:numbergen NumberGen."
	const key, named, set = `"key"`, `{"listName":"key","value":"välue"}`, `{"setName":"key","value":"välue"}`
	for _, test := range []struct{ operation, call, answer, says string }{
		{"get", kv + "Get " + key, `{"value":"x\"y","exists":true,"more":[{}]}`, `"x\"y"true`},
		{"get", kv + "Get " + key, `{"exists":false}`, `""false`},
		{"set", kv + `Set {"key":"key","value":"välue","expires":60}`, "", ""},
		{"delete", kv + "Del " + key, "true", "true"},
		{"contains", kv + "Contains " + key, "false", "false"},
		{"increment", kv + `Increment {"key":"key","value":-7}`, "-2147483648", "-2147483648"},
		{"list_add", kv + "ListAdd " + named, "70000", "70000"},
		{"list_delete", kv + "ListDel " + named, "true", "true"},
		{"list_range", kv + `ListRange {"listName":"key","start":0,"stop":-1}`, `["a","ß"]`, `"a","ß"`},
		{"list_clear", kv + "ListClear " + key, "true", "true"},
		{"set_add", kv + "SetAdd " + set, "1", "1"},
		{"set_delete", kv + "SetDel " + set, "200", "200"},
		{"set_query", kv + "SetQuery " + key, "[]", ""},
		{"set_union", kv + `SetUnion ["a","b"]`, `["x"]`, `"x"`},
		{"set_intersection", kv + `SetIntersection ["a","b"]`, `["x"]`, `"x"`},
		{"set_clear", kv + "SetClear " + key, "false", "false"},
		{"publish", messaging + `Publish {"subject":"key","replyTo":"välue","body":"välue"}`, "", ""},
		{"tell", messaging + `Publish {"subject":"key","body":""}`, "", ""},
		{"ask", messaging + `Request {"subject":"key","body":"välue","timeoutMs":300}`, `{"subject":"s","replyTo":null,"body":"b"}`, `"s""b"`},
		{"log", `default/wasmcloud:builtin:logging Logging.WriteLog {"level":"warn","text":"välue"}`, "", ""},
		{"guid", numbers + "GenerateGuid nothing", `"6e7ed0e4"`, `"6e7ed0e4"`},
		{"random", numbers + "Random32 nothing", "4294967295", "4294967295"},
		{"random_in_range", numbers + `RandomInRange {"min":1,"max":300}`, "6", "6"},
		{"forward", `/other/actor Some.Thing {"a":[1,null]}`, `{"b":2}`, string(packed(t, `{"b":2}`))},
	} {
		p.answer, p.refusal = packed(t, test.answer), ""
		response, failure := p.do(test.operation, packed(t, `{"a":[1,null]}`))
		if got := strings.Join(p.calls, "\n"); failure != "" || string(response) != test.says || !sameJSON(got, test.call) {
			t.Errorf("%s asks\n%s, not\n%s\nand answers %q %q, not %q", test.operation, got, test.call, response, failure, test.says)
		}
		p.refusal = "Invocation not authorized: no, ä"
		if _, failure := p.do(test.operation, nil); failure != "Host send error "+p.refusal {
			t.Errorf("%s that is refused says %q", test.operation, failure)
		}
		if test.answer == "" || test.operation == "forward" {
			continue
		}
		for _, n := range []uint64{1 << 32, 1 << 63} { // too much for a number, and no text
			p.answer, p.refusal = appendUint(nil, n, 8), ""
			if _, failure := p.do(test.operation, nil); !strings.HasPrefix(failure, "the answer is not that of ") {
				t.Errorf("%s that is answered with %d says %q", test.operation, n, failure)
			}
		}
	}
}

// sameJSON compares texts whose objects may have their members in any order.
func sameJSON(a, b string) bool {
	members := func(s string) string {
		list := strings.Split(strings.NewReplacer("{", "", "}", "").Replace(s), ",")
		slices.Sort(list)
		return strings.Join(list, ",")
	}
	cut := func(s string) (string, string) {
		i := strings.IndexAny(s, `{["`)
		if i < 0 {
			i = len(s)
		}
		return s[:i], members(s[i:])
	}
	a1, a2 := cut(a)
	b1, b2 := cut(b)
	return a1 == b1 && a2 == b2
}

// TestRequests lets the guest answer requests and messages.
func TestRequests(t *testing.T) { each(t, testRequests) }

func testRequests(t *testing.T, p *probe) {
	for _, test := range []struct{ operation, payload, response, failure, lines string }{
		{"HttpServer.HandleRequest", `{"method":"PUT","path":"/ä","queryString":"x=1&name=b%20&name=c","header":{"a":[],"X-NAME":["1","2"]},"body":[104,105]}`,
			`{"statusCode":418,"header":{"Name":["b%20"]},"body":"PUT /ä 1 hi"}`, "", ""},
		{"HttpServer.HandleRequest", `{"method":"GET","path":"/","queryString":"nam=1","header":{},"body":"","more":{"a":[1.5]}}`,
			`{"statusCode":200,"header":{},"body":"GET /  "}`, "", ""},
		{"HttpServer.HandleRequest", `{}`, `{"statusCode":200,"header":{},"body":"   "}`, "", ""},
		{"HttpServer.HandleRequest", `{"method":5}`, "", "the payload is no HttpRequest", ""},
		{"HttpServer.HandleRequest", "", "", "the payload is no HttpRequest", ""},
		{"MessageSubscriber.HandleMessage", `{"subject":"s","replyTo":"r","body":"b"}`, "", "", "sr"},
		{"MessageSubscriber.HandleMessage", `{"subject":"s","body":""}`, "", "empty", "s"},
		{"MessageSubscriber.HandleMessage", `[]`, "", "the payload is no SubMessage", ""},
		{"Actor.HealthRequest", `{}`, `{"healthy":true}`, "", ""},
		{"Bogus.Op", `{}`, "", "method not handled Bogus.Op", ""},
	} {
		response, failure := p.do(test.operation, packed(t, test.payload))
		text := ""
		if len(response) > 0 {
			b, err := pack.ToJSON(response)
			if err != nil {
				t.Errorf("%s answers %x: %v", test.operation, response, err)
			}
			text = string(b)
		}
		if lines := strings.Join(p.lines, "\n"); !sameJSON(text, test.response) || failure != test.failure || lines != test.lines {
			t.Errorf("%s %s answers\n%s %q %q, not\n%s %q %q", test.operation, test.payload, text, failure, lines, test.response, test.failure, test.lines)
		}
	}
}

// TestQuote writes every character of one and two bytes as JSON has it.
func TestQuote(t *testing.T) { each(t, testQuote) }

func testQuote(t *testing.T, p *probe) {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	var in, want strings.Builder
	for c := range rune(0x800) {
		in.WriteRune(c)
		switch s, ok := short[c]; {
		case ok:
			want.WriteString(s)
		case c < 0x20:
			fmt.Fprintf(&want, `\u%04x`, c)
		default:
			want.WriteRune(c)
		}
	}
	if got, failure := p.do("quote", []byte(in.String())); failure != "" || string(got) != `"`+want.String()+`"` {
		t.Errorf("%q: %s", got, failure)
	}
}

// TestValues lets the guest read values at the edges of all forms, and write them in the shortest.
func TestValues(t *testing.T) { each(t, testValues) }

func testValues(t *testing.T, p *probe) {
	for _, n := range []uint64{0, 1, 31, 32, 33, 127, 128, 129, 255, 256, 1 << 15, 1<<15 + 1, 65535, 65536, 1 << 31, 1<<31 + 1, 1<<32 - 1, 1 << 32, 1<<63 - 1, 1 << 63, 1<<64 - 1} {
		for _, form := range []int{0, 1, 2, 4, 8} {
			p.copies(appendUint(nil, n, form), appendUint(nil, n, 0))
			p.copies(appendInt(nil, int64(n), form), appendInt(nil, int64(n), 0))
			p.copies(appendInt(nil, -int64(n), form), appendInt(nil, -int64(n), 0))
		}
	}
	for _, size := range []int{0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536, 100_000} {
		content := bytes.Repeat([]byte{'x'}, size)
		for _, form := range []int{0, 1, 2, 4} {
			if head := appendSize(nil, 0xc4, size, form); head != nil { // else the size does not have this form
				plain := append(appendSize(nil, 0xc4, size, 0), content...)
				p.copies(append(head, content...), plain)
				p.copies(append(appendSize(nil, 0xd9, size, form), content...), plain)
			}
		}
		nils := bytes.Repeat([]byte{0xc0}, 2*size)
		p.copies(append(appendCount(nil, 0xdc, size), nils[:size]...), append(appendCount(nil, 0xdc, size), nils[:size]...))
		p.copies(append(appendCount(nil, 0xde, size), nils...), append(appendCount(nil, 0xde, size), nils...))
	}
	p.copies([]byte{0xca, 0x3f, 0xc0, 0, 0}, []byte{0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0})
	p.copies([]byte{0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0}, []byte{0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0})
	p.copies([]byte{0xc2}, []byte{0xc2})
	p.copies([]byte{0xc3}, []byte{0xc3})
	p.copies([]byte{0xd5, 7, 1, 2}, []byte{7, 0xc4, 2, 1, 2})
	p.copies([]byte{0xc7, 3, 7, 1, 2, 3}, []byte{7, 0xc4, 3, 1, 2, 3})
	for _, bad := range []string{
		"", "\xc1", "\xc4", "\xc4\x01", "\xd9\x05abc", "\xda\x00", "\xdb\xff\xff\xff\xffa", "\x91", "\x92\x01", "\xdd\xff\xff\xff\xff\x01", "\x81\x01",
		"\xdf\x80\x00\x00\x00\x01\x01", "\xcc", "\xcf\x01", "\xd3", "\xca\x01", "\xd4\x01", "\xc7\x01", "\x01\x01", "\xa5abc",
	} {
		if got, failure := p.do("copy", []byte(bad)); failure != "bad" {
			t.Errorf("%x is read as %x %q", bad, got, failure)
		}
	}
}

// copies checks that the guest writes a value as it should.
func (p *probe) copies(in, want []byte) {
	p.t.Helper()
	if len(in) == 0 {
		return // the number does not have this form
	}
	if got, failure := p.do("copy", in); failure != "" || !bytes.Equal(got, want) {
		p.t.Errorf("%x is copied as %x %q, not %x", in[:min(20, len(in))], got[:min(20, len(got))], failure, want[:min(20, len(want))])
	}
}

// TestMutations sends values with mistakes to the guests. They take the same ones, and make the same of them.
func TestMutations(t *testing.T) {
	c, as := load(t, toolchain.C), load(t, toolchain.AssemblyScript)
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		in := appendValue(nil, random, 4)
		for n := random.IntN(3); n > 0; n-- {
			i := random.IntN(len(in))
			switch random.IntN(3) {
			case 0:
				in[i] = byte(random.IntN(256))
			case 1:
				in = append(in[:i:i], in[i+1:]...)
			default:
				in = append(in[:i:i], append([]byte{byte(random.IntN(256))}, in[i:]...)...)
			}
			if len(in) == 0 {
				in = []byte{0}
			}
		}
		one, why := c.do("copy", in)
		other, whyNot := as.do("copy", in)
		if !bytes.Equal(one, other) || why != whyNot {
			t.Errorf("%x is copied as\n%x %q and as\n%x %q", in, one, why, other, whyNot)
		}
		for _, operation := range []string{"HttpServer.HandleRequest", "MessageSubscriber.HandleMessage"} {
			_, why := c.do(operation, in)
			if _, whyNot := as.do(operation, in); why != whyNot {
				t.Errorf("%s %x: %q and %q", operation, in, why, whyNot)
			}
		}
	}
}

// appendUint appends a number in a form of so many bytes, the shortest for 0, or nothing if it does not fit.
func appendUint(b []byte, n uint64, form int) []byte {
	switch {
	case form == 0 && n < 128:
		return append(b, byte(n))
	case form == 1 || form == 0 && n <= math.MaxUint8:
		return appendFixed(b, 0xcc, n, 1)
	case form == 2 || form == 0 && n <= math.MaxUint16:
		return appendFixed(b, 0xcd, n, 2)
	case form == 4 || form == 0 && n <= math.MaxUint32:
		return appendFixed(b, 0xce, n, 4)
	}
	return appendFixed(b, 0xcf, n, 8)
}

func appendInt(b []byte, n int64, form int) []byte {
	switch {
	case form == 0 && n >= 0:
		return appendUint(b, uint64(n), 0)
	case form == 0 && n >= -32:
		return append(b, byte(n))
	case (form == 1 || form == 0) && n == int64(int8(n)):
		return append(b, 0xd0, byte(n))
	case (form == 2 || form == 0) && n == int64(int16(n)):
		return append(b, 0xd1, byte(n>>8), byte(n))
	case (form == 4 || form == 0) && n == int64(int32(n)):
		return append(b, 0xd2, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	case form == 8 || form == 0:
		return appendFixed(b, 0xd3, uint64(n), 8)
	}
	return b
}

// appendFixed appends a byte and a number, or nothing if that does not fit.
func appendFixed(b []byte, head byte, n uint64, bytes int) []byte {
	if bytes < 8 && n>>(8*bytes) != 0 {
		return b
	}
	b = append(b, head)
	for i := bytes - 1; i >= 0; i-- {
		b = append(b, byte(n>>(8*i)))
	}
	return b
}

// appendSize appends the head of bytes (0xc4) or of a text (0xd9).
func appendSize(b []byte, head byte, n, form int) []byte {
	switch {
	case form == 1 || form == 0 && n <= math.MaxUint8:
		return appendFixed(b, head, uint64(n), 1)
	case form == 2 || form == 0 && n <= math.MaxUint16:
		return appendFixed(b, head+1, uint64(n), 2)
	}
	return appendFixed(b, head+2, uint64(n), 4)
}

// appendCount appends the head of a list (0xdc) or of a map (0xde).
func appendCount(b []byte, head byte, n int) []byte {
	switch {
	case n < 16:
		return append(b, map[byte]byte{0xdc: 0x90, 0xde: 0x80}[head]|byte(n))
	case n <= math.MaxUint16:
		return appendFixed(b, head, uint64(n), 2)
	}
	return appendFixed(b, head+1, uint64(n), 4)
}

// appendValue appends a random value.
func appendValue(b []byte, r *rand.Rand, depth int) []byte {
	kind := r.IntN(9)
	if depth == 0 {
		kind = r.IntN(7)
	}
	switch kind {
	case 0:
		return append(b, 0xc0)
	case 1:
		return append(b, 0xc2|byte(r.IntN(2)))
	case 2:
		return appendUint(b, r.Uint64()>>r.IntN(64), 0)
	case 3:
		return appendInt(b, -int64(r.Uint64()>>(1+r.IntN(63))), 0)
	case 4:
		return appendFixed(b, 0xcb, r.Uint64()>>2, 8)
	case 5, 6:
		words := []string{"method", "path", "queryString", "header", "body", "subject", "replyTo", "x", ""}
		word := words[r.IntN(len(words))]
		return append(appendSize(b, []byte{0xc4, 0xd9}[kind-5], len(word), 0), word...)
	case 7:
		n := r.IntN(4)
		for b = appendCount(b, 0xdc, n); n > 0; n-- {
			b = appendValue(b, r, depth-1)
		}
		return b
	default:
		n := r.IntN(4)
		for b = appendCount(b, 0xde, n); n > 0; n-- {
			b = appendValue(appendValue(b, r, 0), r, depth-1)
		}
		return b
	}
}
