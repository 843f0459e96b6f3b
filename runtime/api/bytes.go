package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// Bytes are a body, data, a key or a value of an actor. Nil and empty differ.
//
// In CBOR they are a byte string, or null. In JSON they are null, or an object with "base64", the exact bytes, beside
// which "json" tells the value that the bytes are, if they are one, or else "text", if they are UTF-8. Who writes JSON
// gives exactly one of these: "json" is passed on as the text of JSON that it is, "text" as its UTF-8, "base64" decoded.
type Bytes []byte

// bytesJSON is the form of Bytes in JSON.
type bytesJSON struct {
	JSON   json.RawMessage `json:"json,omitempty"`
	Text   *string         `json:"text,omitempty"`
	Base64 *string         `json:"base64,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (b Bytes) MarshalJSON() ([]byte, error) {
	if b == nil {
		return []byte("null"), nil
	}
	exact := base64.StdEncoding.EncodeToString(b)
	form := bytesJSON{Base64: &exact}
	if value, ok := b.value(); ok {
		form.JSON = value
	} else if text := string(b); len(b) > 0 && utf8.ValidString(text) {
		form.Text = &text
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(form)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

// value returns the bytes as a value of JSON: what they are already, or what the CBOR in them says.
func (b Bytes) value() (json.RawMessage, bool) {
	if len(b) == 0 {
		return nil, false
	}
	if json.Valid(b) {
		return json.RawMessage(b), true
	}
	value, err := typed.ToJSON(b)
	return value, err == nil && json.Valid(value)
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
		return fmt.Errorf(`bytes are an object with "json", "text" or "base64": %w`, err)
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
func (b Bytes) MarshalCBOR() ([]byte, error) { return cbor.Marshal([]byte(b)) }

// UnmarshalCBOR implements cbor.Unmarshaler.
func (b *Bytes) UnmarshalCBOR(data []byte) error { return cbor.Unmarshal(data, (*[]byte)(b)) }
