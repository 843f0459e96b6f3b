package claims

import (
	"bytes"
	"encoding/base64"
	"errors"

	"github.com/fxamacker/cbor/v2"
)

// The modes are built once and are immutable from then on.
var (
	encMode = newEncoding()
	decMode = newDecoding()
)

func newEncoding() cbor.EncMode {
	o := cbor.CoreDetEncOptions()
	o.NilContainers = cbor.NilContainerAsEmpty
	o.TagsMd = cbor.TagsForbidden
	mode, err := o.EncMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return mode
}

func newDecoding() cbor.DecMode {
	o := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		MaxNestedLevels:  8,
		MaxArrayElements: 1024,
		MaxMapPairs:      16,
	}
	mode, err := o.DecMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return mode
}

var errForm = errors.New("it is not in deterministic form")

// decodeExact decodes b into v and refuses it if v, encoded again, is not b: what was signed has one form, so that it
// cannot be altered without a trace, and nothing of it is skipped.
func decodeExact[T any](b []byte, v *T) error {
	if err := decMode.Unmarshal(b, v); err != nil {
		return err
	}
	again, err := encMode.Marshal(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, b) {
		return errForm
	}
	return nil
}

var errBase64 = errors.New("it is not base64url without padding")

// decode64 takes the one text that EncodeToString makes of some bytes. The standard library's decoder skips line breaks
// even where it is strict.
func decode64(text string) ([]byte, error) {
	for i := 0; i < len(text); i++ {
		if text[i] == '\r' || text[i] == '\n' {
			return nil, errBase64
		}
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errBase64
	}
	return b, nil
}
