package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// DecodeResult reads what instantiate, execute, migrate, sudo and reply answer. A payload of more than MaxPayload bytes
// is an error (S16, R18). Any error ends the call as an error of the virtual machine does. What is read may take fifty
// times the memory of its JSON, as lists of {} do: callers let the contract pay for the bytes first (S29).
func DecodeResult(data []byte) (Result, error) {
	r := newReader(data)
	result := r.result()
	if !r.end() {
		// ContractResult is the name that errors show.
		type ContractResult struct {
			Ok  *Response `json:"ok,omitempty"`
			Err string    `json:"error,omitempty"`
		}
		var read ContractResult
		if err := json.Unmarshal(data, &read); err != nil {
			return Result{}, err
		}
		result = Result{Ok: read.Ok}
		if read.Err != "" {
			result.Err = &read.Err
		}
	}
	if result.Ok != nil {
		for i := range result.Ok.Messages {
			if n := len(result.Ok.Messages[i].Payload); n > MaxPayload {
				return Result{}, fmt.Errorf("reply contains submessage at index %d with payload larger than %d bytes: %d bytes", i, MaxPayload, n)
			}
		}
	}
	return result, nil
}

// DecodeQueryResult reads what the entry point query answers. Any error ends the call as an error of the virtual machine
// does.
func DecodeQueryResult(data []byte) (QueryResult, error) {
	r := newReader(data)
	result := r.queryResult()
	if !r.end() {
		result = QueryResult{}
		if err := json.Unmarshal(data, &result); err != nil {
			return QueryResult{}, err
		}
	}
	return result, nil
}

// DecodeQueryRequest reads a query of a contract. The error, an InvalidRequest, is for the contract (V22).
func DecodeQueryRequest(data []byte) (QueryRequest, *SystemError) {
	r := newReader(data)
	request := r.queryRequest()
	if !r.end() {
		request = QueryRequest{}
		if err := json.Unmarshal(data, &request); err != nil {
			return QueryRequest{}, &SystemError{InvalidRequest: &InvalidRequest{Err: asInWasmvm(err), Request: data}}
		}
	}
	return request, nil
}

// asInWasmvm is the text of an error of encoding/json as it would be for the types of wasmvm, whose package is named
// types.
func asInWasmvm(err error) string {
	text := err.Error()
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if name := wrong.Type.String(); strings.HasPrefix(name, "wire.") {
			return strings.TrimSuffix(text, name) + "types." + strings.TrimPrefix(name, "wire.")
		}
	}
	return text
}
