package state

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
)

func sampleActor() Actor {
	return Actor{Number: 300, Module: "counter", Creator: "alice", Admin: "bob", Created: 12}
}

func sampleModule() Module {
	return Module{ID: "counter", Kind: "troupe", Bound: 3, Hash: Hash{1, 31: 2}, Size: 70_000}
}

func sampleCommand() Command {
	return Command{
		Op: OpMessage, Sequence: 7, Time: 1_700_000_000_000_000_001, Seed: [32]byte{1, 31: 2}, RequestID: "r-1", Sender: "alice",
		Message: actor.Message{Kind: actor.KindInstantiate, To: "counter/x", Body: []byte{}, Module: "counter", Admin: "bob"},
	}
}

func sampleReceipt() Receipt {
	return Receipt{
		Sequence: 7, RequestID: "r-1", Err: &actor.Error{Code: "failed", Message: "why"}, Path: []actor.Address{"a", "b"}, Callee: "a",
		Data: []byte("data"), GasUsed: 1000, Messages: 3,
		Events: []actor.Event{{Actor: "a", Type: "sent", Attributes: []actor.Attribute{{Key: "k", Value: "v"}}}, {Actor: "b", Type: "got"}},
		Changes: []Change{
			{Key: "\x04\x01\x07k", Value: []byte("v")}, {Key: "\x04\x01\x08k", Value: []byte{}}, {Key: "\x01x", Deleted: true},
		},
		Writes: Hash{1}, Root: Hash{2},
	}
}

func TestRecords(t *testing.T) {
	a, c, r := sampleActor(), sampleCommand(), sampleReceipt()
	m, q, h := Module{ID: "counter", Kind: "native", Bound: 3}, Request{Sequence: 7, Envelope: Hash{9}}, Head{Sequence: 7, Root: Hash{8}, Time: -1}
	roundTrip(t, "actor", a, a.Append(nil), DecodeActor)
	roundTrip(t, "module", m, m.Append(nil), DecodeModule)
	coded := sampleModule()
	roundTrip(t, "module with code", coded, coded.Append(nil), DecodeModule)
	roundTrip(t, "command", c, c.Append(nil), DecodeCommand)
	roundTrip(t, "receipt", r, r.Append(nil), DecodeReceipt)
	roundTrip(t, "request", q, q.Append(nil), DecodeRequest)
	k := KnownID{Time: -5, RequestID: "r-1"}
	roundTrip(t, "known id", k, k.Append(nil), DecodeKnownID)
	roundTrip(t, "head", h, h.Append(nil), DecodeHead)
	roundTrip(t, "empty receipt", Receipt{}, (&Receipt{}).Append(nil), DecodeReceipt)
	c.Message.Body = nil
	roundTrip(t, "command without a body", c, c.Append(nil), DecodeCommand)

	number, module, ok := ActorHead(a.Append(nil))
	if number != a.Number || string(module) != string(a.Module) || !ok {
		t.Errorf("head: %d, %q, %t", number, module, ok)
	}
	if _, _, ok := ActorHead([]byte{recordVersion, 1, 200}); ok {
		t.Error("half a head is accepted")
	}
}

// What a command has at its end is left out if it is empty: what was written before there was any of it keeps its hash.
func TestTailOfACommand(t *testing.T) {
	plain := sampleCommand()
	head := plain.Append(nil)
	funds := []actor.Coin{{Denom: "gold", Amount: "12"}}
	for _, test := range []struct {
		funds  []actor.Coin
		signer string
		tail   string
	}{
		{nil, "", ""},
		{funds, "", "\x01\x04gold\x0212"},
		{nil, "UKEY", "\x00\x04UKEY"},
		{funds, "UKEY", "\x01\x04gold\x0212\x04UKEY"},
	} {
		c := sampleCommand()
		c.Message.Funds, c.Signer = test.funds, test.signer
		b := c.Append(nil)
		if string(b) != string(head)+test.tail {
			t.Errorf("funds %v and signer %q stand as %q", test.funds, test.signer, b[len(head):])
		}
		if got, err := DecodeCommand(b); err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("got %+v, %v, want %+v", got, err, c)
		}
		if (c.EnvelopeHash() == plain.EnvelopeHash()) != (test.tail == "") {
			t.Errorf("funds %v and signer %q do not show in the envelope", test.funds, test.signer)
		}
	}
	c := sampleCommand()
	c.Answers = []Answer{{Asked: Hash{7}, Data: []byte("yes")}, {Asked: Hash{8}, Err: "no", Data: []byte{}}}
	b := c.Append(nil)
	want := "\x00\x00\x02\x07" + strings.Repeat("\x00", 31) + "\x00\x03yes\x08" + strings.Repeat("\x00", 31) + "\x02no\x00"
	if string(b) != string(head)+want {
		t.Errorf("answers stand as %q", b[len(head):])
	}
	if got, err := DecodeCommand(b); err != nil || !reflect.DeepEqual(got, c) || got.EnvelopeHash() != plain.EnvelopeHash() || got.Hash() == plain.Hash() {
		t.Errorf("with answers: %+v, %v", got, err)
	}
	for n := len(head) + 1; n < len(b); n++ {
		if got, err := DecodeCommand(b[:n]); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%d of %d bytes are taken for %+v, %v", n, len(b), got, err)
		}
	}
	for _, tail := range []string{
		"\x00", "\x00\x00", "\x00\x00\x00", "\x00\x00\x01", "\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "\x00\x05UKEY", "\x00\x04UKEY\x00", "\x01", "\x01\x04gold", "\x01\x04gold\x0212\x00",
		"\x01\x04gold\x0212\x05UKEY", "\x01\x04gold\x0212\x04UKEY\x00", "\x02\x04gold\x0212", "\x80\x00\x04UKEY",
	} {
		if c, err := DecodeCommand(append(bytes.Clone(head), tail...)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("the tail %q is taken for %+v, %v", tail, c, err)
		}
	}
}

// A directory that was written before code could be installed has records of the first version.
func TestModuleOfTheFirstVersion(t *testing.T) {
	old := []byte("\x01\x07counter\x06native\x03")
	m, err := DecodeModule(old)
	if err != nil || m != (Module{ID: "counter", Kind: "native", Bound: 3}) || m.Installed() {
		t.Errorf("got %+v, %v", m, err)
	}
	if string(m.Append(nil)) != string(old) {
		t.Errorf("it is written as %q", m.Append(nil))
	}
	noHash := append([]byte{codedVersion, 1, 'm', 0, 0}, make([]byte, 33)...)
	if m, err := DecodeModule(noHash); !errors.Is(err, ErrCorrupt) {
		t.Errorf("code without a hash: %+v, %v", m, err)
	}
}

// roundTrip checks that v comes back from its encoding, and that no part of the encoding and nothing longer is accepted.
func roundTrip[T any](t *testing.T, name string, v T, b []byte, decode func([]byte) (T, error)) {
	t.Helper()
	got, err := decode(b)
	if err != nil || !reflect.DeepEqual(got, v) {
		t.Errorf("%s: got %+v, %v, want %+v", name, got, err, v)
	}
	for n := range b {
		if _, err := decode(b[:n]); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %d of %d bytes: %v", name, n, len(b), err)
		}
	}
	if _, err := decode(append(bytes.Clone(b), 0)); !errors.Is(err, ErrCorrupt) {
		t.Errorf("%s and one byte more: %v", name, err)
	}
	other := bytes.Clone(b)
	other[0] = codedVersion + 1
	if _, err := decode(other); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "version") {
		t.Errorf("%s of another version: %v", name, err)
	}
}

func TestHashes(t *testing.T) {
	c := sampleCommand()
	if c.Hash() != sha256.Sum256(c.Append(nil)) {
		t.Error("the hash of a command is not that of its encoding")
	}
	moved := c
	moved.Sequence, moved.Time, moved.Seed = 8, 9, [32]byte{}
	if c.EnvelopeHash() != moved.EnvelopeHash() || c.Hash() == moved.Hash() {
		t.Error("place, time and seed count in the hash and not in the envelope's")
	}
	for i, change := range []func(*Command){
		func(c *Command) { c.Op = OpBind }, func(c *Command) { c.RequestID = "r-2" }, func(c *Command) { c.Sender = "bob" },
		func(c *Command) { c.Message.Kind++ }, func(c *Command) { c.Message.To = "x" }, func(c *Command) { c.Message.Body = nil },
		func(c *Command) { c.Message.Module = "x" }, func(c *Command) { c.Message.Admin = "" },
		func(c *Command) { c.Signer = "UKEY" },
	} {
		other := sampleCommand()
		if change(&other); other.EnvelopeHash() == c.EnvelopeHash() {
			t.Errorf("change %d does not show in the envelope", i)
		}
	}
	r := sampleReceipt()
	encoding := r.Seal([]byte("before"), Hash{5}, c.Hash())
	if r.Writes != r.EffectsHash() || r.Root != Extend(Hash{5}, r.Sequence, c.Hash(), r.Writes) {
		t.Error("Seal hashes something else")
	}
	if string(encoding) != "before"+string(r.Append(nil)) {
		t.Error("Seal encodes something else")
	}
	// The root is a promise to every machine that replays a log: it must not change.
	const golden = "38f5b5e24defc4761910ec713acda0155bd9657834df7850d77e4704300f2e4b"
	if got := r.Root.String(); got != golden {
		t.Errorf("the root is %s, want %s", got, golden)
	}
	var back Hash
	text, _ := r.Root.MarshalText()
	if err := back.UnmarshalText(text); err != nil || back != r.Root {
		t.Errorf("text: %v", err)
	}
	if back.UnmarshalText([]byte("zz")) == nil || back.UnmarshalText(bytes.Repeat([]byte("z"), 64)) == nil {
		t.Error("a text that is no hash is accepted")
	}
}

func TestReaders(t *testing.T) {
	s := openTest(t, "", nil)
	defer s.Close()
	p := Partition(4)
	a, c, r := sampleActor(), sampleCommand(), sampleReceipt()
	m, q, h := Module{ID: "counter", Kind: "native"}, Request{Sequence: 7}, Head{Sequence: 7}
	put(t, s, string(p.AppendActor(nil, "a")), string(a.Append(nil)), string(p.AppendLog(nil, 7)), string(c.Append(nil)),
		string(p.AppendReceipt(nil, 7)), string(r.Append(nil)), string(p.AppendModule(nil, "counter")), string(m.Append(nil)),
		string(p.AppendRequest(nil, "r")), string(q.Append(nil)), string(p.AppendMeta(nil, HeadName)), string(h.Append(nil)),
		string(p.AppendLog(nil, 8)), string(c.Append(nil)), string(p.AppendReceipt(nil, 8)), string(r.Append(nil)),
		string(p.AppendActor(nil, "bad")), "rubbish", string(p.AppendCode(nil, Hash{1})), "code")
	b, hash := s.NewBatch(), Hash(sha256.Sum256([]byte("code")))
	b.SetCode(p.AppendCode(nil, hash), []byte("code"), hash)
	apply(t, s, b)
	for name, read := range map[string]func() (bool, error){
		"actor":   func() (bool, error) { v, ok, err := p.ReadActor(s, "a"); return ok && v == a, err },
		"module":  func() (bool, error) { v, ok, err := p.ReadModule(s, "counter"); return ok && v == m, err },
		"command": func() (bool, error) { v, ok, err := p.ReadCommand(s, 7); return ok && v.Hash() == c.Hash(), err },
		"receipt": func() (bool, error) { v, ok, err := p.ReadReceipt(s, 7); return ok && v.Root == r.Root, err },
		"request": func() (bool, error) { v, ok, err := p.ReadRequest(s, "r"); return ok && v == q, err },
		"code": func() (bool, error) {
			v, ok, err := p.ReadCode(s, hash)
			return ok && string(v) == "code", err
		},
		"head": func() (bool, error) { v, ok, err := p.ReadHead(s); return ok && v == h, err },
	} {
		if ok, err := read(); !ok || err != nil {
			t.Errorf("%s: %t, %v", name, ok, err)
		}
	}
	if _, ok, err := p.ReadActor(s, "nobody"); ok || err != nil {
		t.Errorf("nobody: %t, %v", ok, err)
	}
	if _, ok, err := p.ReadCode(s, Hash{2}); ok || err != nil {
		t.Errorf("no code: %t, %v", ok, err)
	}
	if _, _, err := p.ReadCode(s, Hash{1}); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "code 0100") {
		t.Errorf("code that is not in pieces: %v", err)
	}
	if _, _, err := p.ReadActor(s, "bad"); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), `actors "bad"`) {
		t.Errorf("rubbish: %v", err)
	}
	if _, _, err := p.ReadCommand(s, 8); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "log 8") {
		t.Errorf("a command in another's place: %v", err)
	}
	if _, _, err := p.ReadReceipt(s, 8); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a receipt in another's place: %v", err)
	}
}

// The decoders take bytes that a disk has kept, or another machine has sent. What one accepts it encodes again byte for
// byte.

func fuzz[T any](f *testing.F, decode func([]byte) (T, error), encode func(T) []byte, seeds ...[]byte) {
	for _, b := range seeds {
		f.Add(b)
		f.Add(b[:len(b)/2])
		f.Add(append(bytes.Clone(b), b...))
	}
	f.Add([]byte{recordVersion, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Add([]byte{recordVersion, 0x80, 0x00})
	f.Add([]byte{codedVersion, 1, 'm', 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := decode(b)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("%x: %v", b, err)
			}
			return
		}
		if got := encode(v); !bytes.Equal(got, b) {
			t.Errorf("%x becomes %+v becomes %x", b, v, got)
		}
	})
}

func FuzzDecodeActor(f *testing.F) {
	a := sampleActor()
	fuzz(f, func(b []byte) (Actor, error) {
		a, err := DecodeActor(b)
		number, module, ok := ActorHead(b)
		if err == nil && (!ok || number != a.Number || string(module) != string(a.Module)) {
			return a, errors.New("the head is another")
		}
		return a, err
	}, func(a Actor) []byte { return a.Append(nil) }, a.Append(nil))
}

func FuzzDecodeModule(f *testing.F) {
	m := Module{ID: "counter", Kind: "native", Bound: 3}
	coded := sampleModule()
	fuzz(f, DecodeModule, func(m Module) []byte { return m.Append(nil) }, m.Append(nil), coded.Append(nil),
		append([]byte{codedVersion, 1, 'm', 0, 0}, make([]byte, 33)...))
}

func FuzzDecodeCommand(f *testing.F) {
	c := sampleCommand()
	signed := c
	signed.Message.Funds, signed.Signer = []actor.Coin{{Denom: "gold", Amount: "12"}}, "UKEY"
	bare := signed
	bare.Message.Funds = nil
	told := bare
	told.Answers = []Answer{{Asked: Hash{1}, Data: []byte("yes")}, {Err: "no"}}
	fuzz(f, DecodeCommand, func(c Command) []byte { return c.Append(nil) }, c.Append(nil), signed.Append(nil), bare.Append(nil), told.Append(nil))
}

func FuzzDecodeReceipt(f *testing.F) {
	r := sampleReceipt()
	decode := func(b []byte) (Receipt, error) {
		r, err := DecodeReceipt(b)
		id, ok := ReceiptOf(b, r.Sequence)
		if err == nil && (!ok || string(id) != r.RequestID) {
			return r, errors.New("the id is another")
		}
		return r, err
	}
	fuzz(f, decode, func(r Receipt) []byte { return r.Append(nil) }, r.Append(nil), (&Receipt{}).Append(nil))
}

func FuzzDecodeRequest(f *testing.F) {
	q := Request{Sequence: 7, Envelope: Hash{9}}
	fuzz(f, DecodeRequest, func(q Request) []byte { return q.Append(nil) }, q.Append(nil))
}

func FuzzDecodeKnownID(f *testing.F) {
	k := KnownID{Time: 5, RequestID: "r-1"}
	fuzz(f, DecodeKnownID, func(k KnownID) []byte { return k.Append(nil) }, k.Append(nil))
}

func FuzzDecodeHead(f *testing.F) {
	h := Head{Sequence: 7, Root: Hash{8}, Time: 5}
	fuzz(f, DecodeHead, func(h Head) []byte { return h.Append(nil) }, h.Append(nil))
}
