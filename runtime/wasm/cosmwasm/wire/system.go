package wire

import (
	"encoding/json"
	"fmt"
)

// QueryResult is what the entry point query answers: bytes, or an error text that is not empty.
type QueryResult struct {
	Ok  []byte `json:"ok,omitempty"`
	Err string `json:"error,omitempty"`
}

// MarshalJSON is {"ok":""} when both are empty, since an error is not.
func (r QueryResult) MarshalJSON() ([]byte, error) {
	type fields QueryResult // without this method
	if len(r.Ok) == 0 && r.Err == "" {
		return []byte(`{"ok":""}`), nil
	}
	return json.Marshal(fields(r))
}

// SystemResult is what the host answers to a query of a contract (S51): what the one who was asked answers, or why he
// could not be.
type SystemResult struct {
	Ok  *QueryResult `json:"ok,omitempty"`
	Err *SystemError `json:"error,omitempty"`
}

// SystemError is why a query reached nobody. One field is set. Contracts see it unredacted (S19).
type SystemError struct {
	InvalidRequest     *InvalidRequest     `json:"invalid_request,omitempty"`
	InvalidResponse    *InvalidResponse    `json:"invalid_response,omitempty"`
	NoSuchContract     *NoSuchContract     `json:"no_such_contract,omitempty"`
	NoSuchCode         *NoSuchCode         `json:"no_such_code,omitempty"`
	Unknown            *Unknown            `json:"unknown,omitempty"`
	UnsupportedRequest *UnsupportedRequest `json:"unsupported_request,omitempty"`
}

// InvalidRequest is a query that cannot be read.
type InvalidRequest struct {
	Err     string `json:"error"`
	Request []byte `json:"request"`
}

// InvalidResponse is an answer that cannot be read.
type InvalidResponse struct {
	Err      string `json:"error"`
	Response []byte `json:"response"`
}

// NoSuchContract is a query to an address without a contract.
type NoSuchContract struct {
	Addr string `json:"addr,omitempty"`
}

// NoSuchCode is a query about a code that is not there.
type NoSuchCode struct {
	CodeID uint64 `json:"code_id,omitempty"`
}

// Unknown is a query that asks nothing.
type Unknown struct{}

// UnsupportedRequest is a query that the host does not answer.
type UnsupportedRequest struct {
	Kind string `json:"kind,omitempty"`
}

// Error has the words of wasmvm.
func (e *SystemError) Error() string {
	switch {
	case e.InvalidRequest != nil:
		return fmt.Sprintf("invalid request: %s - original request: %s", e.InvalidRequest.Err, e.InvalidRequest.Request)
	case e.InvalidResponse != nil:
		return fmt.Sprintf("invalid response: %s - original response: %s", e.InvalidResponse.Err, e.InvalidResponse.Response)
	case e.NoSuchContract != nil:
		return "no such contract: " + e.NoSuchContract.Addr
	case e.NoSuchCode != nil:
		return fmt.Sprintf("no such code: %d", e.NoSuchCode.CodeID)
	case e.UnsupportedRequest != nil:
		return "unsupported request: " + e.UnsupportedRequest.Kind
	default:
		return "unknown system error"
	}
}
