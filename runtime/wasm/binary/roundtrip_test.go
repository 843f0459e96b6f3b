package binary

import (
	"bytes"
	"reflect"
	"testing"
)

// roundTrip checks that what Parse accepts is the same after Encode, and that Encode then has nothing left to change.
func roundTrip(t testing.TB, name string, code []byte) {
	t.Helper()
	m, err := Parse(code)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	encoded := m.Encode()
	again, err := Parse(encoded)
	if err != nil {
		t.Errorf("%s: encoded, it does not parse: %v", name, err)
		return
	}
	if !bytes.Equal(again.Encode(), encoded) {
		t.Errorf("%s: encoding twice gives other bytes", name)
	}
	sameModule(t, name, again, m)
}

// sameModule compares two modules, their sizes and offsets aside.
func sameModule(t testing.TB, name string, got, want *Module) {
	t.Helper()
	plain := func(m *Module) Module {
		c := *m
		c.Size, c.Codes = 0, nil
		for _, code := range m.Codes {
			code.Offset = 0
			c.Codes = append(c.Codes, code)
		}
		return c
	}
	if g, w := plain(got), plain(want); !reflect.DeepEqual(g, w) {
		t.Errorf("%s: got\n%+v\nwant\n%+v", name, g, w)
	}
}

func TestRoundTripSample(t *testing.T) {
	m := sample()
	code := m.Encode()
	parsed, err := Parse(code)
	if err != nil {
		t.Fatal(err)
	}
	sameModule(t, "sample", parsed, m)
	if parsed.Size != len(code) {
		t.Errorf("Size is %d, want %d", parsed.Size, len(code))
	}
	for i, c := range parsed.Codes {
		if !bytes.HasPrefix(code[c.Offset:], c.Body) {
			t.Errorf("the body of code %d is not at its offset %d", i, c.Offset)
		}
	}
	if err := everything.Check(parsed); err != nil {
		t.Error(err)
	}
	parsed.Customs = nil // a name section like this one is not to the taste of wazero
	if err := compiles(t, engine(t), parsed.Encode()); err != nil {
		t.Error(err)
	}
	if n := testing.AllocsPerRun(10, func() { m.Encode() }); n > 20 {
		t.Errorf("Encode allocates %v times", n)
	}
}

func TestRoundTripEmpty(t *testing.T) {
	if got := (&Module{}).Encode(); string(got) != header {
		t.Errorf("an empty module is %x", got)
	}
	roundTrip(t, "empty", []byte(header))
}

// What Encode writes in a shorter form is the same module.
func TestRoundTripLongForms(t *testing.T) {
	long := func(n byte) []byte { return []byte{n | 0x80, 0x80, 0x80, 0x80, 0} }
	code := module(
		section1(sectionType, []byte{1, 0x60, 0, 0}),
		section1(sectionFunction, long(1), long(0)),
		section1(sectionTable, []byte{1, 0x70, 0}, long(4)),
		section1(sectionMemory, []byte{1, 0}, long(1)),
		section1(sectionElement, []byte{3},
			[]byte{2}, long(0), []byte{0x41, 0x80, 0x00, 0x0b, 0, 1, 0}, // active, with table 0
			[]byte{6, 0, 0x41, 0x00, 0x0b, 0x70, 1, 0xd2, 0, 0x0b}, // active, with table 0 and type funcref
			[]byte{5, 0x70, 0}), // expressions, but none
		section1(sectionCode, long(1), long(8), long(0), []byte{byte(OpNop), byte(OpNop), byte(OpEnd)}),
		section1(sectionData, []byte{1, 2}, long(0), []byte{0x41, 0, 0x0b}, long(1), []byte{'x'}),
	)
	roundTrip(t, "long", code)
	m, err := Parse(code)
	if err != nil {
		t.Fatal(err)
	}
	if short := m.Encode(); len(short) > len(code)-40 {
		t.Errorf("%d bytes became %d", len(code), len(short))
	}
}

func TestRoundTripGoGuest(t *testing.T) {
	code := goGuest(t)
	roundTrip(t, "guest", code)
	m, err := Parse(code)
	if err != nil {
		t.Fatal(err)
	}
	rules := everything
	rules.Tables = 0
	rules.TableMaxRequired = false
	if err := rules.Check(m); err != nil {
		t.Error(err)
	}
	m.Customs = nil
	if err := compiles(t, engine(t), m.Encode()); err != nil {
		t.Error(err)
	}
	if _, ok := m.ExportedFunc("call"); !ok {
		t.Error("the export call is not there")
	}
}
