package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
)

// A generator makes values and JSON at random, always the same from the same seed.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 4))} }

// words are what strings are made of: each thing that is written in its own way is there.
var words = []string{
	"", "transfer", "cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr", "ucosm", "1000", "a\"b\\c", "<b>&amp;", "\x00\x01\b\f\n\r\t\x1f\x7f",
	"\u2028\u2029", "é€𝄞", "bad \xff\xc3\x28\xed\xa0\x80 UTF-8", "\ufffd", "always", "never", "error", "success", "null", "yes", "no_with_veto",
}

func pick[T any](g generator, list []T) T { return list[g.IntN(len(list))] }

func (g generator) string() string {
	if g.IntN(4) == 0 {
		return pick(g, words) + pick(g, words)
	}
	return pick(g, words)
}

func (g generator) bytes() []byte {
	switch n := g.IntN(12); n {
	case 0:
		return nil
	default:
		b := make([]byte, n-1)
		for i := range b {
			b[i] = byte(g.Uint32())
		}
		return b
	}
}

func (g generator) number() uint64 {
	return pick(g, []uint64{0, 1, 7, 100, math.MaxUint16, math.MaxUint32, math.MaxInt64, math.MaxUint64, g.Uint64()})
}

// fill sets v and all that is below it.
func (g generator) fill(v reflect.Value) {
	switch x := v.Addr().Interface().(type) {
	case *json.RawMessage:
		*x = pick(g, []json.RawMessage{nil, json.RawMessage(`{"a":[1,null]}`), json.RawMessage(`null`), json.RawMessage(`"x"`)})
		return
	case *ReplyOn:
		*x = ReplyOn(1 + g.IntN(4))
		return
	case *VoteOption:
		*x = VoteOption(1 + g.IntN(4))
		return
	case *Checksum:
		*x = make(Checksum, 32)
		return
	case *[]byte:
		*x = g.bytes()
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(g.string())
	case reflect.Bool:
		v.SetBool(g.IntN(2) == 0)
	case reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(g.number() & (1<<v.Type().Bits() - 1))
	case reflect.Pointer:
		if g.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			g.fill(v.Elem())
		}
	case reflect.Slice:
		if n := g.IntN(4); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				g.fill(v.Index(i))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			g.fill(v.Field(i))
		}
	default:
		panic(v.Type())
	}
}

// filled returns a value of a type with everything set at random.
func filled[T any](g generator) *T {
	v := new(T)
	g.fill(reflect.ValueOf(v).Elem())
	return v
}

// JSON of a type, as a careless or hostile contract may send it. With odds of 0 it is as contracts do send it: one
// variant of what has variants, and each field once.
func (g generator) json(t reflect.Type, odds int) string {
	if g.odd(odds) {
		return pick(g, []string{"null", "1", `"x"`, "{}", "[]", "true", "-1", "1.5", "1e2", "18446744073709551616", `"12"`, `[{"a":1}]`, "[1,2]", `{"a":{"a":[]}}`, "", "nul", "01"})
	}
	switch t {
	case reflect.TypeFor[json.RawMessage]():
		return pick(g, []string{`{"a":[1,null]}`, `null`, `"x"`})
	case reflect.TypeFor[ReplyOn]():
		return pick(g, []string{`"always"`, `"never"`, `"success"`, `"error"`})
	case reflect.TypeFor[VoteOption]():
		return pick(g, []string{`"yes"`, `"no"`})
	case reflect.TypeFor[[]byte]():
		if b := g.bytes(); b != nil {
			return `"` + base64.StdEncoding.EncodeToString(b) + `"`
		}
		return "null"
	}
	switch t.Kind() {
	case reflect.String:
		return g.quoted(odds)
	case reflect.Bool:
		return pick(g, []string{"true", "false"})
	case reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return fmt.Sprint(g.number() & (1<<t.Bits() - 1))
	case reflect.Pointer:
		return g.json(t.Elem(), odds)
	case reflect.Slice:
		var list []string
		for range g.IntN(4) {
			list = append(list, g.json(t.Elem(), odds))
		}
		return "[" + g.space(odds) + strings.Join(list, ","+g.space(odds)) + "]"
	case reflect.Struct:
		return g.object(t, odds)
	}
	panic(t)
}

func (g generator) odd(odds int) bool { return odds > 0 && g.IntN(odds) == 0 }

func (g generator) space(odds int) string {
	if g.odd(odds) {
		return pick(g, []string{" ", "\n\t", "\r", "\v"})
	}
	return ""
}

func (g generator) quoted(odds int) string {
	if g.odd(odds) {
		return pick(g, []string{`"\/\"\\\b\f\n\r\t"`, `"\u0041\ud834\udd1e"`, "\"\xff\"", "\"\n\"", `"\x"`, `"é"`, "\"\u2028\"", `"\ud800"`, `"a`, `"QQ\n=="`})
	}
	quoted, _ := json.Marshal(strings.ToValidUTF8(g.string(), ""))
	return string(quoted)
}

func (g generator) object(t reflect.Type, odds int) string {
	variants := 0
	for i := range t.NumField() {
		if t.Field(i).Type.Kind() == reflect.Pointer && strings.Contains(t.Field(i).Tag.Get("json"), "omitempty") {
			variants++
		}
	}
	var chosen = -1 // the one variant
	if variants > 1 && !g.odd(odds) {
		chosen = g.IntN(t.NumField())
	}
	var fields []string
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if chosen >= 0 && chosen != i || chosen < 0 && strings.Contains(options, "omitempty") && g.IntN(2) == 0 || g.odd(odds) {
			continue
		}
		if name == "any" && g.IntN(2) == 0 {
			name = "stargate"
		}
		times := 1
		if g.odd(odds) {
			times = 2
		}
		for range times {
			name := name
			if g.odd(odds) {
				name = pick(g, []string{strings.ToUpper(name), "x", strings.Replace(name, "s", "ſ", 1), strings.Replace(name, "_", `\u005f`, 1), ""})
			}
			value := g.json(t.Field(i).Type, odds)
			if strings.Contains(options, "string") {
				value = `"` + value + `"`
			}
			fields = append(fields, g.space(odds)+`"`+name+`"`+g.space(odds)+":"+g.space(odds)+value)
		}
	}
	g.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	return "{" + strings.Join(fields, ",") + g.space(odds) + "}"
}
