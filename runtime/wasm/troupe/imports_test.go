package troupe

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

func TestState(t *testing.T) {
	g := newGuest()
	key, n := g.text("key")
	other, _ := g.text("xyz")
	value, m := g.text("value")
	c := g.call
	c.keep(0, "state_get", key, n)
	c.host("state_set", key, n, value, m)
	c.keep(1, "state_get", key, n)
	c.host("state_set", other, 2, value, 0)
	c.keep(2, "state_get", other, 2)
	c.host("state_delete", key, n)
	c.host("state_delete", key, 1)
	c.keep(3, "state_get", key, n)
	c.kept(4)
	w := world(t, g.load(t))
	data := succeeds(t, send(t, w, "g", ""))
	for i, want := range []struct {
		n     int
		value string
	}{{-1, ""}, {5, "value"}, {0, ""}, {-1, ""}} {
		if n, value := row(data, i); n != want.n || value != want.value {
			t.Errorf("%d: %d bytes %q, want %v", i, n, value, want)
		}
	}
	if got := w.StateText(); got != "  g: xy=\"\"\n" {
		t.Errorf("state:\n%s", got)
	}
}

// TestPending checks that a result that does not fit waits to be taken, whatever happens to the key meanwhile.
func TestPending(t *testing.T) {
	g := newGuest()
	key, n := g.text("key")
	long := strings.Repeat("0123456789", 9)
	value, m := g.text(long)
	none, _ := g.text("none")
	c := g.call
	c.host("state_set", key, n, value, m)
	c.drop("state_get", key, n, inputAt, m-1)
	c.host("state_delete", key, n)
	c.keep(0, "take")
	// exactly enough room is enough
	c.host("state_set", key, n, value, m)
	c.drop("state_get", key, n, inputAt, m)
	c.i32(inputAt+m-1).memory(binary.OpI32Load8U).i32('9').op(binary.OpI32Ne).open(binary.OpIf).op(binary.OpUnreachable, binary.OpEnd)
	// nothing is written if it does not fit
	c.i32(inputAt).i32(0).memory(binary.OpI32Store8)
	c.drop("state_get", key, n, inputAt, 5)
	c.i32(inputAt).memory(binary.OpI32Load8U).open(binary.OpIf).op(binary.OpUnreachable, binary.OpEnd)
	// a result that is not taken is replaced
	c.drop("state_get", key, n, inputAt, 0)
	c.host("state_set", key, n, value, 3)
	c.drop("state_get", key, n, inputAt, 2)
	c.keep(1, "take")
	c.kept(2)
	data := succeeds(t, g.run(t))
	if n, got := row(data, 0); n != len(long) || got != long {
		t.Errorf("%d bytes %q", n, got)
	}
	if n, got := row(data, 1); n != 3 || got != "012" {
		t.Errorf("%d bytes %q", n, got)
	}

	for name, c := range map[string]struct {
		text string
		code func(c *asm)
	}{
		"never": {textNoPending, func(*asm) {}},
		"fitted": {textNoPending, func(c *asm) {
			c.drop("state_get", key, n, inputAt, 100)
		}},
		"replaced by nothing": {textNoPending, func(c *asm) {
			c.drop("state_get", key, n, inputAt, 1)
			c.drop("state_get", none, 4, inputAt, 1)
		}},
		"twice": {textNoPending, func(c *asm) {
			c.drop("state_get", key, n, inputAt, 1)
			c.drop("take", inputAt, 100)
		}},
		"too small": {"the result to take has 100 bytes, there is room for 99", func(c *asm) {
			c.host("state_set", key, n, inputAt, 100)
			c.drop("state_get", key, n, inputAt, 1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			g.call = &asm{g: g}
			g.call.host("state_set", key, n, value, m)
			c.code(g.call)
			g.call.drop("take", inputAt, 99)
			g.call.returns(okay)
			fails(t, g.run(t), actor.CodeMalformed, c.text)
		})
	}
}

// pairs writes nine keys.
func (g *guest) pairs(c *asm) {
	for i := range 9 {
		key, n := g.text(fmt.Sprintf("k%d", i))
		value, m := g.text(strings.Repeat("v", i))
		c.host("state_set", key, n, value, m)
	}
}

// ranges says what a range that is opened by c yields.
func ranges(t *testing.T, open func(g *guest, c *asm)) []string {
	t.Helper()
	g := newGuest()
	g.pairs(g.call)
	open(g, g.call)
	g.call.with(binary.OpLocalSet, 3)
	for i := range int64(11) {
		at := int64(spareAt) + 101*i
		g.call.i32(at).with(binary.OpLocalGet, 3).i32(at+1).i32(100).with(binary.OpCall, g.index("range_next")).memory(binary.OpI32Store8)
	}
	g.call.with(binary.OpLocalGet, 3).with(binary.OpCall, g.index("range_close"))
	data := succeeds(t, func() *guest { g.call.kept(11); return g }().run(t))
	var got []string
	for i := range 11 {
		n, pair := row(data, i)
		if n < 0 {
			continue
		}
		if len(pair) != n || pair[:4] != "\x02\x00\x00\x00" {
			t.Fatalf("pair %d: %d bytes %q", i, n, pair)
		}
		got = append(got, pair[4:6]+"="+pair[6:])
	}
	return got
}

// index returns the number of an import.
func (g *guest) index(name string) uint32 {
	for i, f := range g.module.Imports {
		if f.Name == name {
			return uint32(i)
		}
	}
	panic(name)
}

func TestRanges(t *testing.T) {
	for _, c := range []struct {
		name  string
		open  func(g *guest, c *asm)
		first string
		n     int
		last  string
	}{
		{"all", func(g *guest, c *asm) { c.host("state_range", 0, 0, 0, -1, 0) }, "k0=", 9, "k8=vvvvvvvv"},
		{"all, the length of the end as a number without sign", func(g *guest, c *asm) { c.host("state_range", 0, 0, 0, 1<<32-1, 0) }, "k0=", 9, "k8=vvvvvvvv"},
		{"all, backward", func(g *guest, c *asm) { c.host("state_range", 0, 0, 0, -1, 1) }, "k8=vvvvvvvv", 9, "k0="},
		{"an empty end", func(g *guest, c *asm) { c.host("state_range", 0, 0, 0, 0, 0) }, "", 0, ""},
		{"bounds", func(g *guest, c *asm) {
			p, n := g.text("k2k5")
			c.host("state_range", p, n-2, p+2, 2, 0)
		}, "k2=vv", 3, "k4=vvvv"},
		{"bounds, backward", func(g *guest, c *asm) {
			p, n := g.text("k2k5")
			c.host("state_range", p, n-2, p+2, 2, 1)
		}, "k4=vvvv", 3, "k2=vv"},
		{"the end before the start", func(g *guest, c *asm) {
			p, _ := g.text("k2k5")
			c.host("state_range", p+2, 2, p, 2, 0)
		}, "", 0, ""},
		{"what is written later does not show", func(g *guest, c *asm) {
			p, n := g.text("k1")
			c.host("state_range", 0, 0, 0, -1, 0)
			c.host("state_delete", p, n)
			c.host("state_set", p, 1, p, 1)
		}, "k0=", 9, "k8=vvvvvvvv"},
		{"bounds that are overwritten", func(g *guest, c *asm) {
			p, _ := g.text("k2k5")
			c.host("state_range", p, 2, p+2, 2, 0)
			c.store(p, []byte("k0k9"))
		}, "k2=vv", 3, "k4=vvvv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ranges(t, c.open)
			if len(got) != c.n || c.n > 0 && (got[0] != c.first || got[c.n-1] != c.last) {
				t.Errorf("%q", got)
			}
		})
	}
}

// TestRangePending checks that a pair that does not fit can be taken, and that the iterator has moved on.
func TestRangePending(t *testing.T) {
	g := newGuest()
	g.pairs(g.call)
	c := g.call
	c.drop("state_range", 0, 0, 0, -1, 1)
	c.drop("range_next", 1, inputAt, 3)
	c.keep(0, "take")
	c.keep(1, "range_next", 1)
	c.kept(2)
	data := succeeds(t, g.run(t))
	for i, want := range []string{"k8vvvvvvvv", "k7vvvvvvv"} {
		if n, pair := row(data, i); n != 4+len(want) || pair != "\x02\x00\x00\x00"+want {
			t.Errorf("%d bytes %q", n, pair)
		}
	}
}

func TestQueries(t *testing.T) {
	g := newGuest()
	p, one := g.text("p")
	body, n := g.text("get k as v\ndata {v}")
	bad, m := g.text("fail broke: no money")
	empty, k := g.text(`data ""`)
	key, _ := g.text("k")
	c := g.call
	c.keep(0, "query", p, one, body, n)
	c.keep(1, "query", p, one, bad, m)
	c.keep(2, "query", p, one, empty, k)
	c.keep(3, "query", p, one, 0, 0)
	c.keep(4, "query", p, 0, body, n)
	c.keep(5, "query_raw", p, one, key, 1)
	c.keep(6, "query_raw", p, one, key, 0)
	c.keep(7, "query_raw", bad, m, key, 1)
	c.drop("query", p, one, body, n, inputAt, 4)
	c.keep(8, "take")
	c.kept(9)
	w := world(t, g.load(t))
	succeeds(t, send(t, w, "p", "set k=value"))
	data := succeeds(t, send(t, w, "g", ""))
	for i, want := range []string{"\x82\x00\x45value", "\x83\x01\x65broke\x68no money", "\x82\x00\x40", "\x82\x00\xf6",
		"\x83\x01\x6finvalid_address\x78\x1a\"\": a name is missing", "value", "", "", "\x82\x00\x45value"} {
		n, got := row(data, i)
		if i == 4 {
			if !strings.HasPrefix(got, want[:18]) {
				t.Errorf("%d: %q", i, got)
			}
			continue
		}
		if got != want || n != len(want) && n != -1 {
			t.Errorf("%d: %d bytes %q, want %q", i, n, got, want)
		}
	}
	if n, _ := row(data, 6); n != -1 {
		t.Errorf("an empty key has %d bytes", n)
	}
}

// TestQuerySeesWrites checks rule S48 through the ABI: the guest asks itself.
func TestQuerySeesWrites(t *testing.T) {
	g := newGuest()
	self, one := g.text("g")
	key, n := g.text("key")
	c := g.call
	c.with(binary.OpLocalGet, 0).i32(int64(actor.KindQuery)).op(binary.OpI32Eq).open(binary.OpIf)
	answer := int64(spareAt)
	c.store(answer, []byte{0x82, 0, 0x43})
	c.drop("state_get", key, n, answer+3, 3)
	c.i64(answer<<32|6).op(binary.OpReturn, binary.OpEnd)
	c.host("state_set", key, n, key, n)
	c.keep(0, "query", self, one, 0, 0)
	c.kept(1)
	if _, got := row(succeeds(t, g.run(t)), 0); got != "\x82\x00\x43key" {
		t.Errorf("%q", got)
	}
}

// keeper is an actor that keeps the last question that it was asked.
type keeper struct {
	actor.Actor
	asked []byte
}

func (k *keeper) Query(_ context.Context, _ *actor.View, body []byte) ([]byte, error) {
	k.asked = body
	return body, nil
}

// TestQuestionsAreCopied checks that what a guest asks does not change when the guest goes on, and that an answer which is
// the question itself may be written over it.
func TestQuestionsAreCopied(t *testing.T) {
	g := newGuest()
	p, n := g.text("p")
	body, m := g.text("question")
	g.call.i32(spareAt).host("query", p, n, body, m, body-1, 100).memory(binary.OpI32Store8)
	for i := range int64(11) {
		g.call.i32(spareAt + 1 + i).i32(body - 1 + i).memory(binary.OpI32Load8U).memory(binary.OpI32Store8)
	}
	g.call.store(body, []byte("scribble"))
	g.call.kept(1)
	w := world(t, g.load(t))
	k := &keeper{}
	w.Bind("puppet", dispatch.Code{Actor: k})
	if n, got := row(succeeds(t, send(t, w, "g", "")), 0); n != 11 || got[:n] != "\x82\x00\x48question" {
		t.Errorf("%d bytes %q", n, got)
	}
	if string(k.asked) != "question" {
		t.Errorf("the question is %q now", k.asked)
	}
}

// lazy looks at the bounds of a range when it is walked.
type lazy struct{ *actor.MemState }

func (l lazy) Range(start, end []byte, order actor.Order) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) { l.MemState.Range(start, end, order)(yield) }
}

// TestBoundsAreCopied checks that the bounds of an open range are not those that lie in memory.
func TestBoundsAreCopied(t *testing.T) {
	g := newGuest()
	g.pairs(g.call)
	p, _ := g.text("k2k5")
	g.call.drop("state_range", p, 2, p+2, 2, 0)
	g.call.store(p, []byte("k7k9"))
	g.call.keep(0, "range_next", 1)
	g.call.kept(1)
	a := g.load(t)
	resp, err := a.Execute(t.Context(), &actor.Env{State: lazy{&actor.MemState{}}, Services: &allowance{gas: 1e9}}, actor.Message{})
	if err != nil {
		t.Fatal(err)
	}
	if n, got := row(resp.Data, 0); n != 8 || got[4:n] != "k2vv" {
		t.Errorf("%d bytes %q", n, got)
	}
}

func TestQueryCannotWrite(t *testing.T) {
	for _, name := range []string{"state_set", "state_delete"} {
		g := newGuest()
		key, n := g.text("key")
		if name == "state_set" {
			g.call.host(name, key, n, key, n)
		} else {
			g.call.host(name, key, n)
		}
		g.call.returns("\x82\x00\xf6")
		w := world(t, g.load(t))
		fails(t, w.Query("g", nil), actor.CodeUnauthorized, textReadOnly)
		if w.StateText() != "" {
			t.Error(w.StateText())
		}
	}
}

func TestLog(t *testing.T) {
	g := newGuest()
	text, n := g.text("hello\nworld")
	g.call.host("log", text, n)
	g.call.host("log", text, 0)
	g.call.host("log", 0, MaxLog+1)
	g.call.host("abort", text, 5)
	g.call.op(binary.OpUnreachable)
	w := world(t, g.load(t))
	res, tr := trace(t, w, "g", "")
	fails(t, res, actor.CodePanic, "g panicked")
	logs := tr.Root.Logs
	if len(logs) != 4 || logs[0] != "hello\nworld" || logs[1] != "" || len(logs[2]) != MaxLog || logs[3] != "panic: hello" {
		t.Errorf("%q", logs)
	}
}

func TestGas(t *testing.T) {
	g := newGuest()
	c := g.call
	c.i32(spareAt + 8).host("gas_left").memory(binary.OpI64Store)
	c.host("use_gas", 1000)
	c.i32(spareAt + 16).host("gas_left").memory(binary.OpI64Store)
	at := int64(spareAt)
	c.store(at+5, []byte{0x85, 0, 0x50})
	c.store(at+24, []byte{0x80, 0x80, 0x80})
	c.i64((at+5)<<32 | 22)
	w := world(t, g.load(t))
	w.D.Limits.Gas = 1_000_000
	res, _ := trace(t, w, "g", "")
	data := succeeds(t, res)
	if len(data) != 16 {
		t.Fatalf("%x", data)
	}
	before, after := le64(data), le64(data[8:])
	if before >= 1_000_000-500 || before < 990_000 || before-after < 1000 || before-after > 1100 {
		t.Errorf("%d, then %d", before, after)
	}
	if left := 1_000_000 - res.GasUsed; left >= after || left < after-500 {
		t.Errorf("%d left in the end", left)
	}
	for range 3 {
		if again, _ := trace(t, w, "g", ""); again.GasUsed != res.GasUsed {
			t.Errorf("%d gas, and then %d", res.GasUsed, again.GasUsed)
		}
	}

	g = newGuest()
	g.call.host("use_gas", 1_000_000)
	g.call.returns(okay)
	w = world(t, g.load(t))
	w.D.Limits.Gas = 1_000_000
	fails(t, send(t, w, "g", ""), actor.CodeOutOfGas, "the limit of 1000000 gas is used up")
}

func le64(b []byte) (n uint64) {
	for i := range 8 {
		n |= uint64(b[i]) << (8 * i)
	}
	return n
}

// TestResponses checks that what a guest returns is what dispatch gets: sub-messages run, with replies.
func TestResponses(t *testing.T) {
	g := newGuest()
	for kind, output := range map[actor.Kind]string{
		actor.KindExecute: string(encodeResponse(actor.Response{Data: []byte("first"),
			Attributes: []actor.Attribute{{Key: "did", Value: "it"}}, Events: []actor.Event{{Type: "asked"}},
			Messages: []actor.SubMsg{{ID: 7, ReplyOn: actor.ReplyAlways, Payload: []byte("p"),
				Msg: actor.Message{To: "p", Body: []byte("set k=v\nemit told\ndata x")}}}})),
		actor.KindReply: string(encodeResponse(actor.Response{Data: []byte("second"), Events: []actor.Event{{Type: "replied"}}})),
	} {
		g.call.with(binary.OpLocalGet, 0).i32(int64(kind)).op(binary.OpI32Eq).open(binary.OpIf)
		g.call.returns(output).op(binary.OpReturn, binary.OpEnd)
	}
	g.call.returns("\x81\x02")
	w := world(t, g.load(t))
	res := send(t, w, "g", "")
	if got := string(succeeds(t, res)); got != "second" {
		t.Errorf("data %q", got)
	}
	var types []string
	for _, ev := range res.Events {
		types = append(types, string(ev.Actor)+" "+ev.Type)
	}
	if want := []string{"g execute", "g actor", "g asked", "p execute", "p told", "g reply", "g replied"}; !reflect.DeepEqual(types, want) {
		t.Errorf("%q, want %q", types, want)
	}
	fails(t, w.Query("g", nil), actor.CodeUnsupported, `module "guest" has no Query`)
	res = w.Send(t.Context(), "", actor.Message{Kind: actor.KindSudo, To: "g"})
	fails(t, res, actor.CodeUnsupported, `module "guest" has no Sudo`)
}
