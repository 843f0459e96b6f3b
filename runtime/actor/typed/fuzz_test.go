package typed

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
)

// fuzzed has a field of each form.
type fuzzed struct {
	Flag   bool              `json:"f,omitempty"`
	Small  int8              `json:"s,omitempty"`
	Big    uint64            `json:"u,omitempty"`
	Rate   float64           `json:"r,omitempty"`
	Text   string            `json:"t,omitempty"`
	Bytes  []byte            `json:"b,omitempty"`
	Hash   [2]byte           `json:"h,omitzero"`
	When   time.Time         `json:"w,omitzero"`
	List   []fuzzed          `json:"l,omitempty"`
	Count  map[string]uint16 `json:"c,omitempty"`
	ByID   map[int32]string  `json:"i,omitempty"`
	Any    any               `json:"a,omitempty"`
	Nested *fuzzed           `json:"n,omitempty"`
}

func (fuzzed) MessageName() string { return "m" }

// flat is plain in all its parts; the order of its names is not that of their encodings.
type flat struct {
	Bb    uint64
	C     string    `json:"c"`
	Small int8      `cbor:"aaa" json:"other"`
	A     []flatter `json:"aaaa"`
	None  []byte    `json:"none"`
	Left  chan int  `json:"-"`
}

type flatter struct {
	Text string
	Flag bool
}

// FuzzMessage sends any body to an actor. It must be taken or be refused with a clear error; what is taken must survive
// another round, in CBOR and in JSON.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		`{"m": {"f": true, "s": -1, "u": 5, "r": 1.5, "t": "x", "b": "AQ==", "h": "AQI=", "w": "2024-01-01T00:00:00Z"}}`,
		`{"m": {"l": [{}, {"c": {"a": 1}}], "i": {"-5": "x"}, "a": {"k": [1, null, "v"]}, "n": {"n": {}}}}`,
		`"m"`, "\x61m", "\xa1\x61m\xa0", "\xa1\x61m\xa2\x61f\xf5\x61s\x20", `{"m": {"t": "\ud83d\ude00"}}`, "\xa1\x61m\xa1\x61b\x81\x01",
		"\xa1\x61m\xa1\x61a\xa1\x01\xf6", "\xa1\x61m\xa1\x61a\x81\xa1\x20\x01",
	} {
		f.Add([]byte(seed))
	}
	var got fuzzed
	a := New(OnExecute(func(_ *Call, m fuzzed) error { got = m; return nil }))
	s, err := schemaOf(reflect.TypeFor[fuzzed]())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got = fuzzed{}
		_, err := a.Execute(context.Background(), &actor.Env{State: &actor.MemState{}}, actor.Message{Body: body})
		if err != nil {
			var e *actor.Error
			if !errors.As(err, &e) || strings.Contains(e.Message, "cbor:") || strings.Contains(e.Message, "Go ") {
				t.Fatalf("%q: %v", body, err)
			}
			if strings.Contains(e.Message, "does not fit") {
				t.Fatalf("%q: refused without a reason", body)
			}
			return
		}
		first := got
		again := Encode(first)
		if err := check(s, again[3:], "m", MaxDepth, true); err != nil {
			t.Fatalf("%q became %x, which is not right: %v", body, again, err)
		}
		deliver := func(body []byte) []byte {
			t.Helper()
			if _, err := a.Execute(context.Background(), &actor.Env{State: &actor.MemState{}}, actor.Message{Body: body}); err != nil {
				t.Fatalf("%x (%q) is refused: %v", body, body, err)
			}
			return Encode(got)
		}
		if twice := deliver(again); !bytes.Equal(again, twice) {
			t.Fatalf("%x became %x", again, twice)
		}
		js, err := ToJSON(again)
		if err != nil || !json.Valid(js) {
			t.Fatalf("%x is not JSON: %s, %v", again, js, err)
		}
		if first.holdsAny() {
			return // bytes and infinities become texts in it
		}
		if twice := deliver(js); !bytes.Equal(again, twice) {
			t.Fatalf("%x became %x by %s", again, twice, js)
		}
	})
}

// holdsAny reports whether m holds what JSON has no form for without a type.
func (m fuzzed) holdsAny() bool {
	return m.Any != nil || math.IsInf(m.Rate, 0) || math.IsNaN(m.Rate) || m.Nested != nil && m.Nested.holdsAny() ||
		slices.ContainsFunc(m.List, fuzzed.holdsAny)
}

// FuzzToJSON checks that any bytes become JSON or an error, and that what JSON can say comes back.
func FuzzToJSON(f *testing.F) {
	for _, seed := range []string{"\x00", "\x3b\xff\xff\xff\xff\xff\xff\xff\xff", "\xf9\x3c\x00", "\xa2\x61a\x01\x61b\x82\x60\xf6", "\x43abc", "\xf9\x7e\x00", "\xa1\x01\x02"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		js, err := ToJSON(data)
		if err != nil {
			var e *actor.Error
			if !errors.As(err, &e) || e.Code != actor.CodeMalformed {
				t.Fatalf("%x: %v", data, err)
			}
			return
		}
		if !json.Valid(js) {
			t.Fatalf("%x became %s", data, js)
		}
		back, err := FromJSON(js)
		if err != nil {
			if strings.Contains(err.Error(), "nest too deep") {
				return
			}
			t.Fatalf("%s: %v", js, err)
		}
		again, err := ToJSON(back)
		if err != nil || !bytes.Equal(js, again) {
			t.Fatalf("%s became %s, %v", js, again, err)
		}
	})
}

// FuzzFromJSON checks the reader of JSON against that of the standard library, than which it is stricter, and that its
// result is deterministic CBOR.
func FuzzFromJSON(f *testing.F) {
	for _, seed := range []string{`{"b":1,"a":[1.5,null,true,"x\u00e9\ud83d\ude00"]}`, `-18446744073709551616`, `1e300`, ` [ ] `, `"\ud800"`, `-0`, `{"a":1,"a":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		data, err := FromJSON(text)
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%q is taken", text)
		}
		var v any
		if err := valueMode.Unmarshal(data, &v); err != nil {
			t.Fatalf("%q became %x: %v", text, data, err)
		}
		if again := EncodeValue(v); !bytes.Equal(data, again) {
			t.Fatalf("%q became %x, which is %x", text, data, again)
		}
	})
}

// FuzzKeys checks that keys come back from their encoding, and order as their encodings do.
func FuzzKeys(f *testing.F) {
	f.Add("a", "a\x00", uint64(9), uint64(10), int64(-10), int64(-9))
	f.Add("", "\x01", uint64(math.MaxUint64), uint64(0), int64(math.MinInt64), int64(math.MaxInt64))
	f.Add("alice", "alice/b", uint64(99), uint64(100), int64(0), int64(-1))
	f.Fuzz(func(t *testing.T, s1, s2 string, u1, u2 uint64, i1, i2 int64) {
		keyPair(t, s1, s2, cmp.Compare[string])
		keyPair(t, []byte(s1), []byte(s2), bytes.Compare)
		keyPair(t, u1, u2, cmp.Compare[uint64])
		keyPair(t, i1, i2, cmp.Compare[int64])
		keyPair(t, int16(i1), int16(i2), cmp.Compare[int16])
		keyPair(t, uint8(u1), uint8(u2), cmp.Compare[uint8])
		type word string
		keyPair(t, word(s1), word(s2), cmp.Compare[word])
		keyPair(t, Join(s1, u1), Join(s2, u2), func(a, b Pair[string, uint64]) int {
			return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Second, b.Second))
		})
		keyPair(t, Join(Join(s1, i1), s2), Join(Join(s2, i2), s1), func(a, b Pair[Pair[string, int64], string]) int {
			return cmp.Or(cmp.Compare(a.First.First, b.First.First), cmp.Compare(a.First.Second, b.First.Second),
				cmp.Compare(a.Second, b.Second))
		})
		keyPair(t, Join(u1, Join(s1, s2)), Join(u2, Join(s2, s1)), func(a, b Pair[uint64, Pair[string, string]]) int {
			return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Second.First, b.Second.First),
				cmp.Compare(a.Second.Second, b.Second.Second))
		})
	})
}

func keyPair[K any](t *testing.T, a, b K, compare func(a, b K) int) {
	t.Helper()
	c := codecOf[K]()
	for _, last := range []bool{true, false} {
		ea, eb := c.append(nil, a, last), c.append(nil, b, last)
		if got, want := bytes.Compare(ea, eb), compare(a, b); got != want {
			t.Fatalf("%v and %v (%q and %q) compare as %d, want %d", a, b, ea, eb, got, want)
		}
		back, rest, ok := c.cut(append(slices.Clone(ea), tail(last)...), last)
		if !ok || string(rest) != tail(last) || compare(back, a) != 0 {
			t.Fatalf("%v (%q) became %v, %q, %v", a, ea, back, rest, ok)
		}
		if !last && compare(a, b) != 0 && bytes.HasPrefix(ea, eb) {
			t.Fatalf("%q begins with %q", ea, eb)
		}
	}
}

func tail(last bool) string {
	if last {
		return ""
	}
	return "tail"
}

// FuzzKeyBytes checks that a key has one encoding: whatever decodes, encodes to the same bytes.
func FuzzKeyBytes(f *testing.F) {
	for _, seed := range []string{"a7", "b42", "b07", "a7/x", "Z4", "Z9", "x\x00y", "\x01\x01\x00", "\x01\x03\x00", "t18446744073709551615", "t18446744073709551616"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, key []byte) {
		oneToOne[uint64](t, key)
		oneToOne[int64](t, key)
		oneToOne[int8](t, key)
		oneToOne[uint16](t, key)
		oneToOne[Pair[string, int64]](t, key)
		oneToOne[Pair[uint64, []byte]](t, key)
	})
}

func oneToOne[K any](t *testing.T, key []byte) {
	t.Helper()
	c := codecOf[K]()
	k, rest, ok := c.cut(key, true)
	if !ok || len(rest) > 0 {
		return
	}
	if again := c.append(nil, k, true); !bytes.Equal(again, key) {
		t.Fatalf("%q is %v, whose encoding is %q", key, k, again)
	}
}

// FuzzNames checks that helpers with different names share no key, and that no range of one shows a key of another.
func FuzzNames(f *testing.F) {
	f.Add("balances", "balances2", "k")
	f.Add("a", "a.b", "b/c")
	f.Add("a", "b", "")
	f.Fuzz(func(t *testing.T, n1, n2, key string) {
		if n1 == n2 || !isName(n1+".pairs") || !isName(n2) {
			return
		}
		state := &actor.MemState{}
		NewMap[string, string](n1).Set(state, key, "map")
		NewMap[Pair[string, uint64], string](n1+".pairs").Set(state, Join(key, uint64(7)), "pair")
		NewValue[string](n1).Set(state, "value")
		for k, v := range NewMap[string, string](n2).All(state) {
			if n2 != n1+".pairs" {
				t.Fatalf("%q shows %q of %q: %q", n2, k, n1, v)
			}
		}
		if v, ok := NewValue[string](n2).Get(state); ok {
			t.Fatalf("%q has the value %q of %q", n2, v, n1)
		}
		if v, _ := NewValue[string](n1).Get(state); v != "value" {
			t.Fatalf("the map %q has written into the value: %q", n1, v)
		}
	})
}

func isName(s string) (ok bool) {
	defer func() { ok = recover() == nil }()
	checkedName(s)
	return true
}

// FuzzStored checks that the fast paths for stored values are what the library does.
func FuzzStored(f *testing.F) {
	f.Add("x", uint64(24), []byte("\x18\x05"))
	f.Add("", uint64(math.MaxUint64), []byte("\x61\xff"))
	f.Add("\xff", uint64(1<<32), []byte("\xf7"))
	f.Fuzz(func(t *testing.T, s string, u uint64, data []byte) {
		storedAs(t, s, data)
		storedAs(t, actor.Address(s), data)
		storedAs(t, []byte(s), data)
		storedAs(t, u, data)
		storedAs(t, int64(u), data)
		storedAs(t, u&1 == 1, data)
		storedAs(t, fuzzed{Big: u, Text: s, Small: int8(u)}, data)
		storedAs(t, flat{Bb: u, C: s, Small: int8(u), A: []flatter{{s, u&2 == 2}}, None: []byte{}}, data)
		storedAs(t, []string{s, s}, data)
	})
}

// FuzzPlain checks that what is read as a plain message is what the library reads, strict as it is.
func FuzzPlain(f *testing.F) {
	for _, seed := range []string{
		"\xa0", "\xa1\x61f\xf5", "\xa1\x61f\x01", "\xa2\x61s\x20\x61u\x18\x05", "\xa1\x61s\x19\x01\x00", "\xa1\x61s\x38\xff",
		"\xa1\x61t\x63abc", "\xa1\x61t\x61\xff", "\xa1\x61t\x41a", "\xa1\x61b\x40", "\xa1\x61b\x80", "\xa2\x61u\x01\x61u\x02",
		"\xa1\x61l\x82\xa0\xa1\x61s\x01", "\xa1\x61l\x80", "\xa1\x61n\xa0", "\xa1\x61t\xf6", "\xa1\x61x\x00", "\xa1\x61u\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
		"\xa1\x61s\x3b\xff\xff\xff\xff\xff\xff\xff\xff", "\xa1\x61h\x42ab", "\xa0\x00", "\xa1\x61F\xf5", "\xa1\x41f\xf5",
	} {
		f.Add([]byte(seed))
	}
	s, err := schemaOf(reflect.TypeFor[fuzzed]())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var plain, slow fuzzed
		if !decodePlain(s, data, &plain) {
			if !reflect.DeepEqual(plain, slow) {
				t.Fatalf("%x is not plain, and left %v behind", data, plain)
			}
			return
		}
		if err := messageMode.Unmarshal(data, &slow); err != nil || !reflect.DeepEqual(plain, slow) {
			t.Fatalf("%x is %v, and %v, %v by the library", data, plain, slow, err)
		}
	})
}

func storedAs[V any](t *testing.T, v V, data []byte) {
	t.Helper()
	fast := appendValue(nil, v)
	slow, err := encMode.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if again := EncodeValue(&v); !bytes.Equal(fast, slow) || !bytes.Equal(again, slow) {
		t.Fatalf("%v is %x and %x, and %x by the library", v, fast, again, slow)
	}
	s, err := schemaOf(reflect.TypeFor[V]())
	if err != nil {
		t.Fatal(err)
	}
	if back, err := decodeValue[V](fast, s); err != nil || !reflect.DeepEqual(back, v) {
		t.Fatalf("%v (%x) became %v, %v", v, fast, back, err)
	}
	var want V
	wantErr := valueMode.Unmarshal(data, &want)
	got, err := decodeValue[V](data, s)
	if (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("%x is %v, %v, and %v, %v by the library", data, got, err, want, wantErr)
	}
}
