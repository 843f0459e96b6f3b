package transcript

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// word is an argument. Raw is how it stands in the file, text what it means where no JSON is asked for.
type word struct{ raw, text string }

// args are the arguments of one command.
type args struct {
	words []word
	named map[string]word
	input string
}

// split takes a line apart: the command and its arguments.
func split(line, input string) (name string, a args, err error) {
	name, rest, _ := strings.Cut(line, " ")
	a = args{named: map[string]word{}, input: strings.TrimSuffix(input, "\n")}
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		key := ""
		if i := strings.IndexAny(rest, "= \t{[\""); i > 0 && rest[i] == '=' {
			key, rest = rest[:i], rest[i+1:]
		}
		var w word
		if w, rest, err = next(rest); err != nil {
			return name, a, err
		}
		if key == "" {
			a.words = append(a.words, w)
			continue
		}
		if _, twice := a.named[key]; twice {
			return name, a, fmt.Errorf("%s= stands there twice", key)
		}
		a.named[key] = w
	}
	return name, a, nil
}

// next reads one word: JSON, with a prefix such as "text:" or without, or anything without blanks.
func next(s string) (w word, rest string, err error) {
	start := 0
	if i := strings.IndexAny(s, " \t{[\""); i > 0 && s[i-1] == ':' {
		start = i
	}
	if s == "" || !strings.ContainsRune("{[\"", rune(s[start])) {
		raw, rest, _ := strings.Cut(s, " ")
		return word{raw, raw}, rest, nil
	}
	d := json.NewDecoder(strings.NewReader(s[start:]))
	var v json.RawMessage
	if err := d.Decode(&v); err != nil {
		return w, "", fmt.Errorf("this is not JSON: %.60s", s[start:])
	}
	end := start + int(d.InputOffset())
	w.raw = s[:end]
	w.text = w.raw
	if v[0] == '"' {
		var text string
		if err := json.Unmarshal(v, &text); err != nil {
			return w, "", err
		}
		w.text = s[:start] + text
	}
	if rest = s[end:]; rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		return w, "", fmt.Errorf("a blank is missing before %.40q", rest)
	}
	return w, rest, nil
}

// word returns positional argument i, empty if it is not there.
func (a *args) word(i int) string {
	if i < len(a.words) {
		return a.words[i].text
	}
	return ""
}

func (a *args) address(i int) actor.Address { return actor.Address(a.word(i)) }

// dashed is address, with "-" for none.
func (a *args) dashed(i int) actor.Address {
	if w := a.address(i); w != "-" {
		return w
	}
	return ""
}

// has reports whether word i or one behind it is w, and takes it out.
func (a *args) has(i int, w string) bool {
	for ; i < len(a.words); i++ {
		if a.words[i].raw == w {
			a.words = append(a.words[:i:i], a.words[i+1:]...)
			return true
		}
	}
	return false
}

// number returns a named or positional argument as a number.
func number[N int | uint64](w word, otherwise N) (N, error) {
	if w.text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(strings.ReplaceAll(w.text, ",", ""), 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", w.text)
	}
	return N(n), nil
}

// body returns positional argument i as the body of a message, or else the input.
func (a *args) body(i int) ([]byte, error) {
	if i >= len(a.words) {
		if a.input == "" {
			return nil, nil
		}
		return []byte(a.input), nil
	}
	if a.input != "" {
		return nil, errors.New("there is a body in the line, and input as well")
	}
	return body(a.words[i])
}

func body(w word) ([]byte, error) {
	if strings.HasPrefix(w.raw, "{") || strings.HasPrefix(w.raw, "[") || strings.HasPrefix(w.raw, `"`) {
		return []byte(w.raw), nil
	}
	if data, ok, err := data(w); ok || err != nil {
		return data, err
	}
	if text, ok := strings.CutPrefix(w.raw, "cbor:"); ok {
		b, err := typed.FromJSON([]byte(text))
		return b, err
	}
	// A message without fields is its name.
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(w.raw)
	return bytes.TrimSpace(b.Bytes()), err
}

// data reads text:WORD and hex:DIGITS.
func data(w word) (b []byte, ok bool, err error) {
	if digits, ok := strings.CutPrefix(w.text, "hex:"); ok {
		if b, err = hex.DecodeString(digits); err != nil {
			err = fmt.Errorf("%q are no hexadecimal digits", digits)
		}
		return b, true, err
	}
	text, ok := strings.CutPrefix(w.text, "text:")
	return []byte(text), ok, nil
}

// key reads a key: text or hex:DIGITS.
func key(w word) ([]byte, error) {
	b, ok, err := data(w)
	if !ok && err == nil {
		b = []byte(w.text)
	}
	return b, err
}

// bound is key, and nil for an argument that is not there.
func (a *args) bound(name string) ([]byte, error) {
	w, ok := a.named[name]
	if !ok {
		return nil, nil
	}
	return key(w)
}
