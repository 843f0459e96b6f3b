package httpclient

import (
	"errors"

	"github.com/fxamacker/cbor/v2"
)

// question is what the half inside asks the half outside, in CBOR. The header is a list, so that its order is that of the
// transaction.
type question struct {
	_       struct{} `cbor:",toarray"`
	Version int
	Rules   Rules
	Method  string
	URL     string
	Header  []field
	Body    []byte
}

type field struct {
	_      struct{} `cbor:",toarray"`
	Name   string
	Values []string
}

// version is that of question. A log has questions only in what goes with their answers, and they are not read again.
const version = 1

func (q *question) encode() []byte {
	b, err := cbor.Marshal(q)
	if err != nil {
		panic(err) // of fields that marshal always
	}
	return b
}

func decodeQuestion(b []byte) (*question, error) {
	var q question
	if err := cbor.Unmarshal(b, &q); err != nil || q.Version != version {
		return nil, errors.New("this is no question for an HTTP client")
	}
	return &q, nil
}
