package claims

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A jwsKind is a sort of compact JWS (RFC 7515): the header that all of its tokens have. Their signature is Ed25519 over
// the two first segments.
type jwsKind struct{ typ, alg string }

func (k jwsKind) header() string {
	return encodeSegment([]byte(`{"typ":"` + k.typ + `","alg":"` + k.alg + `"}`))
}

func encodeSegment(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// A jws is a token that was taken apart. Its signature has not been checked.
type jws struct {
	signed    []byte // what the signature covers
	claims    []byte // JSON
	signature []byte
}

// sign returns the token for the claims, which are JSON.
func (k jwsKind) sign(key Key, claims []byte) (string, error) {
	signed := k.header() + "." + encodeSegment(claims)
	signature, err := key.Sign([]byte(signed))
	if err != nil {
		return "", err
	}
	return signed + "." + encodeSegment(signature), nil
}

// split takes a token of that kind apart and refuses all others: those with another algorithm or none, with more or fewer
// segments, with padding, or with a header that asks for something. Texts of its refusals continue "the token ".
func (k jwsKind) split(text string) (jws, *Refusal) {
	segments := strings.Split(text, ".")
	if len(segments) != 3 {
		return jws{}, refuse(Malformed, "has %d segments with dots between them, and not 3", len(segments))
	}
	var parts [3][]byte
	for i, segment := range segments {
		part, err := decode64(segment)
		if err != nil {
			return jws{}, refuse(Malformed, "has a segment that is not base64url without padding: segment %d", i+1)
		}
		parts[i] = part
	}
	if segments[0] != k.header() { // most are as we write them
		if refusal := k.checkHeader(parts[0]); refusal != nil {
			return jws{}, refusal
		}
	}
	return jws{signed: []byte(segments[0] + "." + segments[1]), claims: parts[1], signature: parts[2]}, nil
}

func (k jwsKind) checkHeader(b []byte) *Refusal {
	header, err := parseObject(b)
	if err != nil {
		return refuse(Malformed, "has a malformed header: %v", err)
	}
	var typ, alg string
	if err := header.take(field{"typ", &typ}, field{"alg", &alg}); err != nil {
		return refuse(Malformed, "has a malformed header: %v", err)
	}
	if alg != k.alg {
		return refuse(BadAlgorithm, "is signed by %.40q, and only %q is taken", alg, k.alg)
	}
	if typ != k.typ {
		return refuse(Malformed, "is a %.40q, and not a %q", typ, k.typ)
	}
	return nil
}

// An object holds the members of a JSON object by their exact names. The standard library finds members whatever their
// case is, takes the last of those with one name, and skips those that it does not know: each of these lets two readers
// of one token see two tokens.
type object map[string]json.RawMessage

func parseObject(b []byte) (object, error) {
	if !utf8.Valid(b) {
		return nil, errors.New("it is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	o := object{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, errors.New("it is not JSON")
		}
		if _, ok := o[name]; ok {
			return nil, fmt.Errorf("it has the member %.40q twice", name)
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil, errors.New("it is not JSON")
		}
		o[name] = value
	}
	if t, err := d.Token(); err != nil || t != json.Delim('}') {
		return nil, errors.New("it is not JSON")
	}
	if int(d.InputOffset()) != len(b) {
		return nil, errors.New("something stands behind its end")
	}
	return o, nil
}

// A field is a member that an object may have: to is a *string, an *int64, a *bool, a *[]string or an *object, and stays as it is
// if the member is missing.
type field struct {
	name string
	to   any
}

// take reads the fields, and refuses an object with any other member.
func (o object) take(fields ...field) error {
	known := 0
	for _, f := range fields {
		raw, ok := o[f.name]
		if !ok {
			continue
		}
		known++
		if err := f.read(raw); err != nil {
			return fmt.Errorf("its member %q %w", f.name, err)
		}
	}
	if known == len(o) {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(o)) { // one error for one token
		if !slices.ContainsFunc(fields, func(f field) bool { return f.name == name }) {
			return fmt.Errorf("its member %.40q is not known here", name)
		}
	}
	return nil
}

func (f field) read(raw json.RawMessage) error {
	switch to := f.to.(type) {
	case *string:
		if raw[0] != '"' || json.Unmarshal(raw, to) != nil {
			return errors.New("is not a text")
		}
	case *int64:
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != string(raw) {
			return errors.New("is not a whole number")
		}
		*to = n
	case *bool:
		if text := string(raw); text != "true" && text != "false" {
			return errors.New("is neither true nor false")
		}
		*to = raw[0] == 't'
	case *[]string:
		return readTexts(raw, to)
	case *object:
		o, err := parseObject(raw)
		if err != nil {
			return fmt.Errorf("is wrong: %w", err)
		}
		*to = o
	default:
		panic(fmt.Sprintf("claims: no field is a %T", f.to))
	}
	return nil
}

// readTexts takes an array of texts; null, which the standard library takes for a text, is none.
func readTexts(raw json.RawMessage, to *[]string) error {
	var values []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &values) != nil {
		return errors.New("is not a list of texts")
	}
	texts := make([]string, len(values))
	for i, v := range values {
		if v[0] != '"' || json.Unmarshal(v, &texts[i]) != nil {
			return errors.New("is not a list of texts")
		}
	}
	*to = texts
	return nil
}
