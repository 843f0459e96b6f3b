package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// Bytes are a body, data, a key or a value of an actor. Nil and empty differ.
//
// In CBOR they are a byte string, or null. In JSON they are null, or an object with "base64", the exact bytes, beside
// which "json" tells the value that the bytes are, if they are one, or else "text", if they are UTF-8. Who writes JSON
// gives exactly one of these: "json" is passed on as the text of JSON that it is, "text" as its UTF-8, "base64" decoded.
type Bytes []byte

// bytesJSON is the form of Bytes in JSON, as it is read.
type bytesJSON struct {
	JSON   json.RawMessage `json:"json"`
	Text   *string         `json:"text"`
	Base64 *string         `json:"base64"`
}

// MarshalJSON implements json.Marshaler.
func (b Bytes) MarshalJSON() ([]byte, error) {
	if b == nil {
		return []byte("null"), nil
	}
	out := make([]byte, 0, 3*len(b)+32)
	if value, ok := b.value(); ok {
		out = append(append(append(out, `{"json":`...), value...), ',')
	} else if len(b) > 0 && utf8.Valid(b) {
		text, err := Encode(JSON, string(b))
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, `{"text":`...), text...), ',')
	} else {
		out = append(out, '{')
	}
	out = base64.StdEncoding.AppendEncode(append(out, `"base64":"`...), b)
	return append(out, `"}`...), nil
}

// value returns the bytes as a value of JSON: what they are already, or what the CBOR in them says.
func (b Bytes) value() (json.RawMessage, bool) {
	if len(b) == 0 {
		return nil, false
	}
	if mayBeJSON(b) && json.Valid(b) {
		return json.RawMessage(b), true
	}
	if !mayBeCBOR(b) {
		return nil, false
	}
	value, err := typed.ToJSON(b)
	return value, err == nil && json.Valid(value)
}

// mayBeJSON reports whether bytes begin as JSON does. What tells most others apart costs no error that says why.
func mayBeJSON(b []byte) bool { return bytes.IndexByte([]byte("{[\"-0123456789tfn \t\r\n"), b[0]) >= 0 }

// mayBeCBOR reports whether bytes are as long as the head of an item of CBOR says, where the head alone says it.
func mayBeCBOR(b []byte) bool {
	const (
		byteString, textString, array, tag = 2, 3, 4, 6 // the major types; an array, a map and a tag hold other items
		oneByte, eightBytes                = 24, 27     // the argument is in the bytes behind the first one
	)
	major, argument, head := b[0]>>5, uint64(b[0]&31), 1
	switch {
	case argument > eightBytes || array <= major && major <= tag:
		return true // it is for others to say
	case argument >= oneByte:
		head += 1 << (argument - oneByte)
		if len(b) < head {
			return false
		}
		argument = 0
		for _, digit := range b[1:head] {
			argument = argument<<8 | uint64(digit)
		}
	}
	rest := uint64(len(b) - head)
	if major == byteString || major == textString {
		return rest == argument
	}
	return rest == 0
}

// UnmarshalJSON implements json.Unmarshaler. On an error b is as it was.
func (b *Bytes) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*b = nil
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var form bytesJSON
	if err := dec.Decode(&form); err != nil {
		return fmt.Errorf(`bytes are an object with "json", "text" or "base64": %v`, err) // no %w: it is about the form here
	}
	switch {
	case form.Base64 != nil:
		// What a node has answered can be sent back: there "json" or "text" only explain.
		exact, err := base64.StdEncoding.DecodeString(*form.Base64)
		if err != nil {
			return fmt.Errorf(`bytes: "base64" is no base64: %w`, err)
		}
		*b = exact
	case form.JSON != nil && form.Text != nil:
		return errors.New(`bytes: an object has "json" or "text", not both`)
	case form.JSON != nil:
		*b = Bytes(form.JSON)
	case form.Text != nil:
		*b = Bytes(*form.Text)
	default:
		return errors.New(`bytes are an object with "json", "text" or "base64", and this one has none of them`)
	}
	return nil
}

// MarshalCBOR implements cbor.Marshaler.
func (b Bytes) MarshalCBOR() ([]byte, error) { return cborWriter.Marshal([]byte(b)) }

// UnmarshalCBOR implements cbor.Unmarshaler. On an error b is as it was.
func (b *Bytes) UnmarshalCBOR(item []byte) error {
	const null, byteString = 0xf6, 2
	switch {
	case len(item) == 1 && item[0] == null:
		*b = nil
		return nil
	case len(item) > 0 && item[0]>>5 == byteString:
		return cborStrict.Unmarshal(item, (*[]byte)(b))
	}
	return errors.New("bytes are a byte string in CBOR, or null")
}
