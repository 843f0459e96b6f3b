package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
)

// The encodings, by their media types.
const (
	JSON = "application/json"
	CBOR = "application/cbor"
)

// Encoding returns the encoding that a media type with parameters means: JSON if it is empty.
func Encoding(mediaType string) (string, error) {
	switch mediaType {
	case "", JSON:
		return JSON, nil
	case CBOR:
		return CBOR, nil
	}
	name, params, err := mime.ParseMediaType(mediaType)
	charset := params["charset"]
	if err != nil || name != JSON && name != CBOR || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return "", fmt.Errorf("the type of the payload is %s or %s, not %.80q", JSON, CBOR, mediaType)
	}
	return name, nil
}

var (
	cborWriter = must(encoding().EncMode())
	// cborStrict is for requests, cborReader for answers: those may grow.
	cborStrict = must(decoding(cbor.ExtraDecErrorUnknownField).DecMode())
	cborReader = must(decoding(cbor.ExtraDecErrorNone).DecMode())
)

// maxNesting bounds what is inside of what, in CBOR; the trees of transactions are the deepest.
const maxNesting = 1024

func encoding() cbor.EncOptions {
	o := cbor.CoreDetEncOptions()
	o.Time = cbor.TimeRFC3339NanoUTC
	return o
}

func decoding(extra cbor.ExtraDecErrorCond) cbor.DecOptions {
	return cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		MaxNestedLevels: maxNesting, FieldNameMatching: cbor.FieldNameMatchingCaseSensitive, ExtraReturnErrors: extra,
		DefaultMapType: reflect.TypeFor[map[string]any]()}
}

// must is for options that are constants.
func must[T any](mode T, err error) T {
	if err != nil {
		panic(err)
	}
	return mode
}

// Encode returns a request, an answer or an Error in an encoding.
func Encode(encoding string, v any) ([]byte, error) {
	if encoding == CBOR {
		return cborWriter.Marshal(v)
	}
	var out bytes.Buffer
	w := json.NewEncoder(&out)
	w.SetEscapeHTML(false)
	if err := w.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// DecodeRequest fills the request that into points to, which is zero. No payload at all is the zero request. A field that
// the request does not have, or has twice, is an error that begins with the path of the field, as is a value of
// another type.
func DecodeRequest(encoding string, payload []byte, into any) error {
	if len(payload) == 0 {
		return nil
	}
	if encoding == CBOR {
		return decodeCBOR(payload, into)
	}
	return decodeJSON(payload, into)
}

// DecodeAnswer fills the answer or Error that into points to. Fields that the reader does not know are passed over.
func DecodeAnswer(encoding string, payload []byte, into any) error {
	if encoding == CBOR {
		return cborReader.Unmarshal(payload, into)
	}
	return json.Unmarshal(payload, into)
}

func decodeCBOR(payload []byte, into any) error {
	if payload[0]>>5 != 5 {
		return errors.New("the payload is not a map in CBOR")
	}
	err := cborStrict.Unmarshal(payload, into)
	var unknown *cbor.UnknownFieldError
	var twice *cbor.DupMapKeyError
	var wrong *cbor.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unknown):
		var v any
		if cborReader.Unmarshal(payload, &v) == nil {
			err = shapeOf(reflect.TypeOf(into).Elem()).value(v)
		}
	case errors.As(err, &twice):
		return fmt.Errorf("%.80q stands twice in one map", fmt.Sprint(twice.Key))
	case errors.As(err, &wrong) && wrong.StructFieldName != "":
		name := wrong.StructFieldName[strings.LastIndexByte(wrong.StructFieldName, '.')+1:]
		return fmt.Errorf("%s: %s does not belong here", name, wrong.CBORType)
	}
	return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "cbor: "))
}

func decodeJSON(payload []byte, into any) error {
	if text := bytes.TrimLeft(payload, " \t\r\n"); len(text) == 0 || text[0] != '{' {
		return errors.New("the payload is not an object in JSON")
	}
	if !utf8.Valid(payload) {
		return errors.New("the payload is not valid UTF-8")
	}
	s := shapeOf(reflect.TypeOf(into).Elem())
	err := json.Unmarshal(payload, into)
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("the payload is not JSON: byte %d: %w", syntax.Offset, err)
	case errors.As(err, &wrong):
		return fmt.Errorf("%s: %s does not belong here", wrong.Field, wrong.Value)
	}
	w := jsonWalk{text: payload, inBytes: err != nil}
	if e := w.walk(s); e != nil {
		return e
	}
	return err
}
