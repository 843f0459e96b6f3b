package pack

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
)

// FromJSON is the inverse of ToJSON: it returns MessagePack. Nothing, and white space, is an empty payload. A number with a
// fraction or an exponent is one of 64 bits, any other a whole number; those that do not fit are refused. {"base64":"…"}
// is bytes. A key that stands twice is refused.
func FromJSON(data []byte) ([]byte, error) {
	if len(data) > MaxSize {
		return nil, errJSON("it has more than %d bytes", MaxSize)
	}
	if len(bytes.TrimLeft(data, " \t\r\n")) == 0 {
		return nil, nil
	}
	p := jsonParser{dec: json.NewDecoder(bytes.NewReader(data))}
	p.dec.UseNumber()
	out, err := p.value(nil, 0)
	if err != nil {
		return nil, err
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errJSON("there is something behind the end of the value")
	}
	return out, nil
}

func errJSON(format string, args ...any) error {
	return actor.Errorf(actor.CodeMalformed, "JSON: "+format, args...)
}

type jsonParser struct{ dec *json.Decoder }

// token returns the next token. Errors of the library are replaced: a transaction may depend on ours.
func (p *jsonParser) token() (json.Token, error) {
	t, err := p.dec.Token()
	if err != nil {
		return nil, errJSON("it is not well-formed at byte %d", p.dec.InputOffset())
	}
	return t, nil
}

func (p *jsonParser) value(b []byte, depth int) ([]byte, error) {
	t, err := p.token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		if depth++; depth > MaxDepth {
			return nil, errJSON("objects and arrays nest deeper than %d", MaxDepth)
		}
		if t == '[' {
			return p.array(b, depth)
		}
		return p.object(b, depth)
	case json.Number:
		return appendNumber(b, string(t))
	case string:
		return append(b, Write(func(w *Writer) { w.Text(t) })...), nil
	case bool:
		return append(b, Write(func(w *Writer) { w.Bool(t) })...), nil
	}
	return append(b, Write((*Writer).Nil)...), nil
}

func (p *jsonParser) array(b []byte, depth int) ([]byte, error) {
	var elems []byte
	n := 0
	for ; p.dec.More(); n++ {
		var err error
		if elems, err = p.value(elems, depth); err != nil {
			return nil, err
		}
	}
	if _, err := p.token(); err != nil {
		return nil, err
	}
	return append(b, Write(func(w *Writer) {
		w.Array(n)
		w.raw(elems)
	})...), nil
}

func (p *jsonParser) object(b []byte, depth int) ([]byte, error) {
	var pairs []byte
	seen := map[string]bool{}
	for p.dec.More() {
		t, err := p.token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string) // a key is a text
		if seen[name] {
			return nil, errJSON("the key %.80q stands twice", name)
		}
		seen[name] = true
		pairs = append(pairs, Write(func(w *Writer) { w.Text(name) })...)
		if pairs, err = p.value(pairs, depth); err != nil {
			return nil, err
		}
	}
	if _, err := p.token(); err != nil {
		return nil, err
	}
	if len(seen) == 1 && seen[base64Key] {
		if raw, ok := fromBase64(pairs); ok {
			return append(b, Write(func(w *Writer) { w.Bytes(raw) })...), nil
		}
	}
	return append(b, Write(func(w *Writer) {
		w.Map(len(seen))
		w.raw(pairs)
	})...), nil
}

// fromBase64 returns the bytes that a pair of base64Key and a text stands for.
func fromBase64(pair []byte) (raw []byte, ok bool) {
	_ = Read(pair, func(r *Reader) {
		r.text()
		if c, more := r.peek(); !more || formOf(c) != isText {
			r.failf("there is no text")
			return
		}
		var err error
		raw, err = base64.StdEncoding.Strict().DecodeString(r.Text())
		ok = err == nil
	})
	return raw, ok
}

func appendNumber(b []byte, text string) ([]byte, error) {
	if strings.ContainsAny(text, ".eE") {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(v, 0) {
			return nil, errJSON("the number %.40s does not fit into 64 bits", text)
		}
		return append(b, Write(func(w *Writer) { w.Float(v) })...), nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return append(b, Write(func(w *Writer) { w.Int(n) })...), nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return nil, errJSON("the number %.40s does not fit into 64 bits", text)
	}
	return append(b, Write(func(w *Writer) { w.Uint(n) })...), nil
}
