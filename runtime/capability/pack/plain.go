package pack

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Message returns what an actor of Troupe that knows nothing of invocations is sent: an object with one field, the method in
// lower case with "_" between words, and in it the argument. "KeyValue.ListAdd" becomes {"list_add": …}, and an
// empty payload {}.
func Message(operation string, payload []byte) ([]byte, error) {
	method := snake(operation[strings.LastIndexByte(operation, '.')+1:])
	if method == "" || !utf8.ValidString(operation) {
		return nil, actor.Errorf(actor.CodeMalformed, "%.80q is no operation: it is Trait.Method", operation)
	}
	arg := []byte("{}")
	if len(payload) > 0 {
		var err error
		if arg, err = ToJSON(payload); err != nil {
			return nil, err
		}
	}
	b := append(appendText([]byte{'{'}, []byte(method)), ':')
	return append(append(b, arg...), '}'), nil
}

// snake puts "_" in front of an upper-case letter that begins a word, and makes it lower case: HTTPGet becomes http_get.
func snake(name string) string {
	letters := []rune(name)
	var b strings.Builder
	for i, c := range letters {
		if unicode.IsUpper(c) && i > 0 && letters[i-1] != '_' &&
			(!unicode.IsUpper(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// Answer returns what such an actor has answered as MessagePack. JSON is converted, then CBOR as package typed writes it, and
// anything else is bytes. No data is an empty payload. The few numbers that are both, such as the digit 5, are JSON.
func Answer(data []byte) ([]byte, error) {
	switch {
	case len(data) == 0:
		return nil, nil
	case len(data) > MaxSize:
		return nil, actor.Errorf(actor.CodeMalformed, "an answer has at most %d bytes, not %d", MaxSize, len(data))
	case json.Valid(data):
		return FromJSON(data)
	}
	if v, err := decodeCBOR(data); err == nil {
		return Write(func(w *Writer) { w.any(v) }), nil
	}
	return Write(func(w *Writer) { w.Bytes(data) }), nil
}

// any writes a value as the CBOR library decodes it.
func (w *Writer) any(v any) {
	switch v := v.(type) {
	case bool:
		w.Bool(v)
	case uint64:
		w.Uint(v)
	case int64:
		w.Int(v)
	case float64:
		w.Float(v)
	case string:
		w.Text(v)
	case []byte:
		w.Bytes(v)
	case []any:
		w.Array(len(v))
		for _, e := range v {
			w.any(e)
		}
	case map[string]any:
		w.Map(len(v))
		for _, k := range sortedKeys(v) {
			w.Text(k)
			w.any(v[k])
		}
	default:
		w.Nil()
	}
}
