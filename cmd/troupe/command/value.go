package command

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"github.com/troupe-run/troupe/dispatch/show"
)

// data is bytes of an actor in the output for machines: as a value where they are one, and always exactly.
type data struct {
	bytes []byte
	// text says that what can be read as text is text, never CBOR.
	text bool
}

// keyData is a key. Keys are text where they can be.
func keyData(key []byte) data { return data{nonNil(key), true} }

// IsZero reports whether there are no bytes, which is not the same as zero bytes.
func (d data) IsZero() bool { return d.bytes == nil }

// MarshalJSON returns {"json": value, "base64": "…"}, without "json" if the bytes are no value that has a form there.
func (d data) MarshalJSON() ([]byte, error) {
	if d.bytes == nil {
		return []byte("null"), nil
	}
	var v struct {
		JSON   json.RawMessage `json:"json,omitempty"`
		Base64 string          `json:"base64"`
	}
	// What is shown to people is JSON, unless it is hexadecimal digits.
	opts := show.Options{Text: d.text, Width: -1}
	if text := []byte(opts.Value(d.bytes)); json.Valid(text) && len(d.bytes) > 0 {
		v.JSON = text
	}
	v.Base64 = base64.StdEncoding.EncodeToString(d.bytes)
	return marshal(v)
}

// nonNil makes no bytes empty bytes, for a field that is always there.
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// quoted returns s as a text of JSON, for messages that repeat what the user wrote.
func quoted(s string) string { return strconv.Quote(s) }

// harmless returns s without control characters, which a terminal would obey: what actors say is printed.
func harmless(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) || r == '\n' || r == '\t' {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
	}
	return b.String()
}

// count returns "1 key", "3,000 keys".
func count[N int | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return show.Count(n) + " " + noun + "s"
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func shortened(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}
