package pack

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"
)

// ToJSON returns a payload of either protocol as JSON for people. An empty payload is null. Bytes that are UTF-8 are a text, others
// are {"base64":"…"}; numbers are as they are; maps keep their order, CBOR's are sorted. Structs of protocol 2 are arrays: what
// the fields are called is known to who knows the contract. Numbers that JSON has no form for are refused, and so are keys
// that are no text or stand twice.
func ToJSON(payload []byte) ([]byte, error) {
	protocol, body, err := split(payload)
	switch {
	case err != nil:
		return nil, err
	case len(body) == 0:
		return []byte("null"), nil
	case protocol == CBOR:
		v, err := decodeCBOR(body)
		if err != nil {
			return nil, err
		}
		return appendAny(nil, v), nil
	}
	var out []byte
	err = Read(body, func(r *Reader) { out = r.appendJSON(out) })
	if err != nil {
		return nil, err
	}
	return out, nil
}

// appendJSON reads a value, and appends it.
func (r *Reader) appendJSON(b []byte) []byte {
	c, ok := r.peek()
	if !ok {
		return b
	}
	switch formOf(c) {
	case isNull:
		r.Nil()
		return append(b, "null"...)
	case isBool:
		return strconv.AppendBool(b, r.Bool())
	case isInt:
		if c >= 0xcc && c <= 0xcf { // of no sign
			return strconv.AppendUint(b, r.Uint(math.MaxUint64), 10)
		}
		return strconv.AppendInt(b, r.Int(math.MinInt64, math.MaxInt64), 10)
	case isFloat:
		v := r.Float()
		if math.IsNaN(v) || math.IsInf(v, 0) {
			r.failf("JSON has no such number")
			return b
		}
		return appendFloat(b, v)
	case isText:
		return appendText(b, r.text())
	case isBytes:
		return appendBytes(b, r.Bytes())
	case isArray:
		b = append(b, '[')
		r.Each(nil, func(i int) {
			if i > 0 {
				b = append(b, ',')
			}
			b = r.appendJSON(b)
		})
		return append(b, ']')
	case isMap:
		return r.appendObject(b)
	}
	r.failf("a value is of no form that contracts use")
	return b
}

func (r *Reader) appendObject(b []byte) []byte {
	seen := map[string]bool{}
	b = append(b, '{')
	r.Fields(func(name []byte) {
		if seen[string(name)] {
			r.failf("a key stands twice")
			return
		}
		if len(seen) > 0 {
			b = append(b, ',')
		}
		seen[string(name)] = true
		b = append(appendText(b, name), ':')
		b = r.appendJSON(b)
	})
	return append(b, '}')
}

// appendAny appends a value as the CBOR library decodes it.
func appendAny(b []byte, v any) []byte {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(b, v)
	case uint64:
		return strconv.AppendUint(b, v, 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return appendFloat(b, v)
	case string:
		return appendText(b, []byte(v))
	case []byte:
		return appendBytes(b, v)
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendAny(b, e)
		}
		return append(b, ']')
	case map[string]any:
		b = append(b, '{')
		for i, k := range sortedKeys(v) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, []byte(k)), ':')
			b = appendAny(b, v[k])
		}
		return append(b, '}')
	}
	return append(b, "null"...) // nil: there is no other type
}

// appendFloat marks a number with a fraction or an exponent, so that it is read as one again.
func appendFloat(b []byte, v float64) []byte {
	at := len(b)
	b = strconv.AppendFloat(b, v, 'g', -1, 64)
	for _, c := range b[at:] {
		if c == '.' || c == 'e' {
			return b
		}
	}
	return append(b, ".0"...)
}

// appendText appends a text that is UTF-8.
func appendText(b, text []byte) []byte {
	quoted, err := json.Marshal(string(text))
	must(err) // a text has a form
	return append(b, quoted...)
}

// base64Key is the one key of an object that stands for bytes.
const base64Key = "base64"

func appendBytes(b, value []byte) []byte {
	if utf8.Valid(value) {
		return appendText(b, value)
	}
	b = append(b, `{"`+base64Key+`":"`...)
	b = base64.StdEncoding.AppendEncode(b, value)
	return append(b, `"}`...)
}
