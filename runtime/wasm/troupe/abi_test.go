package troupe

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/runtime/wasm/fuel"
)

// specification is abi.json.
type specification struct {
	ABI     string
	Version int
	Notes   []string
	Exports []struct {
		Name, Kind      string
		Params, Results []string
		Optional        bool
	}
	Imports map[string][]struct {
		Name            string
		Params, Results []string
		Args            []string
		Does            string
	}
	Entries []struct {
		Number              int
		Name, Input, Output string
	}
	Forms    map[string]string
	ReplyOn  map[string]int `json:"reply_on"`
	Kinds    map[string]int
	Limits   map[string]int
	Fuel     map[string]int
	GasTable struct {
		Name        string
		Branch      uint32
		Local       uint32
		FreeLocals  uint32 `json:"free_locals"`
		BulkByte    uint32 `json:"bulk_byte"`
		BulkElement uint32 `json:"bulk_element"`
		Page        uint32
		Default     uint32
		Cost        map[string]uint32
	} `json:"gas_table"`
	Codes   map[string]string
	Traps   []string
	Vectors struct {
		Inputs, Outputs, Malformed, Answers []vector
	}
}

type vector struct {
	Name, Form string
	CBOR       string
	Value      json.RawMessage
	Shortest   *bool
	Message    string
}

func (v *vector) bytes() []byte { return must(hex.DecodeString(v.CBOR)) }

// readValue decodes the value of a vector, of which nothing may be left over.
func (v *vector) readValue(t *testing.T, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(v.Value))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", v.Name, err)
	}
}

func readSpecification(t testing.TB) *specification {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(must(os.ReadFile("abi.json"))))
	d.DisallowUnknownFields()
	var s specification
	if err := d.Decode(&s); err != nil {
		t.Fatal(err)
	}
	return &s
}

// The values of vectors: byte strings are hexadecimal, large integers are strings.
type (
	bytesValue  []byte
	numberValue uint64
	timeValue   int64
	inputValue  struct {
		Self, Sender, Module, Admin, Callee string
		Sequence, Span, ID                  numberValue
		GasUsed                             numberValue `json:"gas_used"`
		Time                                timeValue
		Seed, Body, Payload, Data           bytesValue
		Error                               *actor.Error
		Events                              []actor.Event
	}
	outputValue struct {
		NoEntry    bool `json:"no_entry"`
		Error      *actor.Error
		Data       bytesValue
		Messages   []messageValue
		Attributes []actor.Attribute
		Events     []actor.Event
	}
	messageValue struct {
		ID            numberValue
		ReplyOn       uint8       `json:"reply_on"`
		GasLimit      numberValue `json:"gas_limit"`
		Payload, Body bytesValue
		Kind          uint8
		To            actor.Address
		Module        actor.ModuleID
		Admin         actor.Address
	}
)

func (b *bytesValue) UnmarshalJSON(text []byte) error {
	var s *string
	if err := json.Unmarshal(text, &s); err != nil || s == nil {
		return err
	}
	raw, err := hex.DecodeString(*s)
	*b = append([]byte{}, raw...)
	return err
}

func (n *numberValue) UnmarshalJSON(text []byte) error {
	v, err := strconv.ParseUint(strings.Trim(string(text), `"`), 10, 64)
	*n = numberValue(v)
	return err
}

func (n *timeValue) UnmarshalJSON(text []byte) error {
	v, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 64)
	*n = timeValue(v)
	return err
}

func (v *inputValue) env() *actor.Env {
	return &actor.Env{Self: actor.Address(v.Self), Sender: actor.Address(v.Sender), Sequence: uint64(v.Sequence),
		Time: time.Unix(0, int64(v.Time)).UTC(), Seed: [32]byte(v.Seed), Span: uint64(v.Span)}
}

func TestInputVectors(t *testing.T) {
	forms := map[string]int{}
	for _, v := range readSpecification(t).Vectors.Inputs {
		var in inputValue
		v.readValue(t, &in)
		var got []byte
		switch v.Form {
		case "message":
			got = appendMessage(nil, in.env(), &actor.Message{Body: in.Body, Module: actor.ModuleID(in.Module), Admin: actor.Address(in.Admin)})
		case "query":
			view := &actor.View{Self: actor.Address(in.Self), Sequence: uint64(in.Sequence), Time: time.Unix(0, int64(in.Time))}
			got = appendQuery(nil, view, in.Body)
		case "reply":
			got = appendReply(nil, in.env(), &actor.Reply{ID: uint64(in.ID), Payload: in.Payload, Callee: actor.Address(in.Callee),
				GasUsed: uint64(in.GasUsed), Err: in.Error, Data: in.Data, Events: in.Events})
		}
		if forms[v.Form]++; !bytes.Equal(got, v.bytes()) {
			t.Errorf("%s:\n got  %x\n want %s", v.Name, got, v.CBOR)
		}
	}
	if forms["message"] == 0 || forms["query"] == 0 || forms["reply"] == 0 {
		t.Errorf("there are %v", forms)
	}
}

func (v *outputValue) response() actor.Response {
	r := actor.Response{Data: v.Data}
	for _, m := range v.Messages {
		r.Messages = append(r.Messages, actor.SubMsg{ID: uint64(m.ID), ReplyOn: actor.ReplyOn(m.ReplyOn), GasLimit: uint64(m.GasLimit),
			Payload: m.Payload, Msg: actor.Message{Kind: actor.Kind(m.Kind), To: m.To, Body: m.Body, Module: m.Module, Admin: m.Admin}})
	}
	r.Attributes = append(r.Attributes, v.Attributes...)
	for _, e := range v.Events {
		r.Events = append(r.Events, actor.Event{Type: e.Type, Attributes: append([]actor.Attribute(nil), e.Attributes...)})
	}
	return r
}

// decode reads an output in the form of a vector.
func decode(form string, in []byte) (actor.Response, *actor.Error) {
	if form == "answer" {
		data, err := decodeAnswer(in)
		return actor.Response{Data: data}, err
	}
	resp, _, err := decodeResponse(in)
	return resp, err
}

func TestOutputVectors(t *testing.T) {
	for _, v := range readSpecification(t).Vectors.Outputs {
		var want outputValue
		v.readValue(t, &want)
		got, err := decode(v.Form, v.bytes())
		switch {
		case want.NoEntry:
			if err != errNoEntry {
				t.Errorf("%s: %v", v.Name, err)
			}
		case want.Error != nil:
			if !reflect.DeepEqual(err, want.Error) {
				t.Errorf("%s: %v", v.Name, err)
			}
		case err != nil || !reflect.DeepEqual(got, want.response()):
			t.Errorf("%s:\n got  %#v, %v\n want %#v", v.Name, got, err, want.response())
		case v.Form == "response":
			if same := bytes.Equal(encodeResponse(got), v.bytes()); same == (v.Shortest != nil && !*v.Shortest) {
				t.Errorf("%s: an encoder writes %x", v.Name, encodeResponse(got))
			}
		}
	}
}

func TestMalformedVectors(t *testing.T) {
	for _, v := range readSpecification(t).Vectors.Malformed {
		want := &actor.Error{Code: actor.CodeMalformed, Message: v.Message}
		if resp, err := decode(v.Form, v.bytes()); !reflect.DeepEqual(err, want) || !reflect.DeepEqual(resp, actor.Response{}) {
			t.Errorf("%s (%s):\n got  %v\n want %v", v.Name, v.CBOR, err, want)
		}
	}
}

func TestAnswerVectors(t *testing.T) {
	for _, v := range readSpecification(t).Vectors.Answers {
		var want outputValue
		v.readValue(t, &want)
		if got := append(appendAnswer(nil, want.Data, want.Error), want.Data...); !bytes.Equal(got, v.bytes()) {
			t.Errorf("%s: %x, want %s", v.Name, got, v.CBOR)
		}
	}
}

func typeNames(list []binary.ValueType) []string {
	names := []string{}
	for _, v := range list {
		names = append(names, v.String())
	}
	return names
}

// TestSpecificationIsTrue checks what abi.json says against the code.
func TestSpecificationIsTrue(t *testing.T) {
	s := readSpecification(t)
	if s.ABI != Module || s.Version != Version {
		t.Errorf("it is about %s, version %d", s.ABI, s.Version)
	}
	listed := map[string]string{}
	for module, list := range s.Imports {
		for _, f := range list {
			listed[module+"."+f.Name] = fmt.Sprint(f.Params, f.Results)
			if module == Module && (len(f.Args) != len(f.Params) || f.Does == "") {
				t.Errorf("%s: says %q of %q", f.Name, f.Does, f.Args)
			}
		}
	}
	have := map[string]string{}
	for _, f := range hostFunctions() {
		have[f.Module+"."+f.Name] = fmt.Sprint(typeNames(f.Params), typeNames(f.Results))
	}
	if !maps.Equal(listed, have) {
		t.Errorf("imports:\n listed %v\n have   %v", listed, have)
	}
	for _, e := range s.Entries {
		if actor.Kind(e.Number).String() != e.Name || entryNames[actor.Kind(e.Number)] == "" || s.Forms[e.Input] == "" || s.Forms[e.Output] == "" {
			t.Errorf("entry %+v", e)
		}
	}
	if len(s.Entries) != len(entryNames) {
		t.Errorf("%d entries", len(s.Entries))
	}
	for name, n := range s.Kinds {
		if actor.Kind(n).String() != name {
			t.Errorf("kind %d is %s", n, name)
		}
	}
	for name, n := range s.ReplyOn {
		if actor.ReplyOn(n).String() != name {
			t.Errorf("reply_on %d is %s", n, name)
		}
	}
	if want := map[string]int{"transfer": MaxTransfer, "items": MaxItems, "error_code": MaxErrorCode, "error_message": MaxErrorMessage,
		"log_line": MaxLog, "iterators": MaxIterators, "pages": MaxPages, "depth": MaxDepth}; !maps.Equal(s.Limits, want) {
		t.Errorf("limits: %v, want %v", s.Limits, want)
	}
	if want := map[string]int{"import": callFuel, "byte": byteFuel, "item": itemFuel, "page": pageFuel, "free_pages": freePages,
		"per_gas": fuel.PerGas}; !maps.Equal(s.Fuel, want) {
		t.Errorf("fuel: %v, want %v", s.Fuel, want)
	}
	for _, code := range []string{actor.CodeTrap, actor.CodeMalformed, actor.CodeInvalidIterator, actor.CodeTooManyIterators,
		actor.CodeDataTooLarge, actor.CodeTooManyMessages, actor.CodeEventsTooLarge, actor.CodeUnauthorized, actor.CodePanic,
		actor.CodeUnsupported, actor.CodeOutOfGas} {
		if s.Codes[code] == "" {
			t.Errorf("%s is not explained", code)
		}
	}
	traps := []string{textNoMemory}
	for kind := wasm.Unreachable; kind <= wasm.Depth; kind++ {
		if kind != wasm.OutOfFuel {
			traps = append(traps, kind.String())
		}
	}
	slices.Sort(traps)
	if listed := slices.Sorted(slices.Values(s.Traps)); !slices.Equal(listed, traps) {
		t.Errorf("traps: %q, want %q", listed, traps)
	}
	if wasm.MemoryBounds.String() != textBounds {
		t.Errorf("a pointer outside of memory is %q here and %q in the engine", textBounds, wasm.MemoryBounds)
	}
}

func TestGasTableIsAsSpecified(t *testing.T) {
	s, have := readSpecification(t).GasTable, fuel.Table("troupe-1")
	want := have
	want.Name, want.Branch, want.Local, want.FreeLocals = s.Name, s.Branch, s.Local, s.FreeLocals
	want.BulkByte, want.BulkElement, want.Page = s.BulkByte, s.BulkElement, s.Page
	for op := range want.Cost {
		want.Cost[op] = s.Default
	}
	for i := range 256 {
		for name, cost := range s.Cost {
			if binary.Opcode(i).String() == name {
				want.Cost[i] = cost
			}
		}
	}
	for n := range want.Misc {
		cost, ok := s.Cost[binary.Opcode(0xfc00+n).String()]
		if !ok {
			cost = 4
		}
		want.Misc[n] = cost
	}
	if have != want {
		t.Errorf("gas:\n have %+v\n want %+v", have, want)
	}
}

// TestTheTextNamesEverything checks that ABI.md has what abi.json has.
func TestTheTextNamesEverything(t *testing.T) {
	text := string(must(os.ReadFile("ABI.md")))
	s := readSpecification(t)
	var words []string
	for _, e := range s.Exports {
		words = append(words, "`"+e.Name+"`")
	}
	for _, f := range s.Imports[Module] {
		words = append(words, "`"+f.Name+"("+signatureText(f.Args, f.Params))
	}
	for code := range s.Codes {
		words = append(words, "`"+code+"`")
	}
	for _, trap := range s.Traps {
		words = append(words, "`"+trap+"`")
	}
	for _, e := range s.Entries {
		words = append(words, fmt.Sprintf("| %d | %s | %s |", e.Number, e.Name, e.Input))
	}
	for name, n := range s.Limits {
		if thousands := strconv.Itoa(n); !strings.Contains(text, thousands) && !strings.Contains(text, grouped(n)) && n != MaxTransfer {
			t.Errorf("the limit of %s, %d, is not in ABI.md", name, n)
		}
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s is not in ABI.md", w)
		}
	}
}

// signatureText returns the parameters as ABI.md writes them: without a type for i32.
func signatureText(args, types []string) string {
	list := slices.Clone(args)
	for i := range list {
		if types[i] != "i32" {
			list[i] += " " + types[i]
		}
	}
	return strings.Join(list, ", ") + ")"
}

// grouped returns n with a comma before each three digits.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
