package vm

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

const maxQuery = 64 << 10

func (r *run) queryChain(s []uint64) error {
	request, err := r.read(s[0], maxQuery)
	if err != nil {
		return err
	}
	answer, gas, failed := r.call.Host.Query(request, r.left())
	if err := r.chargeExternal(gas); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	s[0], failed = r.give(normal(answer))
	return failed
}

// normal returns an answer as the reference VM hands it to the contract: read, and written again by other rules than Go's.
// Its length decides gas. An answer that says no more than base64 is the same in both.
func normal(answer []byte) []byte {
	if b, ok := bytes.CutPrefix(answer, []byte(`{"ok":{"ok":"`)); ok {
		if b, ok := bytes.CutSuffix(b, []byte(`"}}`)); ok && isBase64(b) {
			return answer
		}
	}
	var r systemResult
	err := readJSON(answer, &r)
	if err == nil {
		err = r.check()
	}
	if err == nil {
		err = r.complete(len(answer))
	}
	if err != nil {
		r = systemResult{Error: &systemError{InvalidResponse: &invalidResponse{
			Error: fmt.Sprintf("Parsing Go response: %v", err), Response: answer,
		}}}
	}
	return r.append(nil)
}

// isBase64 reports whether b may be base64 as every encoder writes it.
func isBase64(b []byte) bool {
	if len(b)%4 != 0 {
		return false
	}
	b = bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("=")), []byte("="))
	for _, c := range b {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '+', c == '/':
		default:
			return false
		}
	}
	return true
}

func readJSON(b []byte, v any) error {
	if !utf8.Valid(b) {
		return fmt.Errorf("it is not UTF-8")
	}
	return json.Unmarshal(b, v)
}

// systemResult is what comes of a query (S51). One field of each of these types is set.
type (
	systemResult struct {
		Ok    *contractResult `json:"ok"`
		Error *systemError    `json:"error"`
	}
	contractResult struct {
		Ok    *[]byte `json:"ok"`
		Error *string `json:"error"`
	}
	systemError struct {
		InvalidRequest     *invalidRequest     `json:"invalid_request"`
		InvalidResponse    *invalidResponse    `json:"invalid_response"`
		NoSuchContract     *noSuchContract     `json:"no_such_contract"`
		NoSuchCode         *noSuchCode         `json:"no_such_code"`
		Unknown            *struct{}           `json:"unknown"`
		UnsupportedRequest *unsupportedRequest `json:"unsupported_request"`
	}
	invalidRequest struct {
		Error   string `json:"error"`
		Request []byte `json:"request"`
	}
	invalidResponse struct {
		Error    string `json:"error"`
		Response []byte `json:"response"`
	}
	noSuchContract struct{ Addr *string }
	noSuchCode     struct {
		CodeID *uint64 `json:"code_id"`
	}
	unsupportedRequest struct{ Kind *string }
)

// check tells whether exactly one thing is said.
func (r *systemResult) check() error {
	if (r.Ok == nil) == (r.Error == nil) {
		return fmt.Errorf("it is neither ok nor an error, or both")
	}
	if ok := r.Ok; ok != nil && (ok.Ok == nil) == (ok.Error == nil) {
		return fmt.Errorf("the result is neither ok nor an error, or both")
	}
	if e := r.Error; e != nil {
		n := 0
		for _, set := range []bool{e.InvalidRequest != nil, e.InvalidResponse != nil, e.NoSuchContract != nil,
			e.NoSuchCode != nil, e.Unknown != nil, e.UnsupportedRequest != nil} {
			if set {
				n++
			}
		}
		if n != 1 {
			return fmt.Errorf("the error is of %d kinds", n)
		}
	}
	return nil
}

// complete looks for a field that wasmvm's Go types leave out when it is empty, and that its Rust types must have. The
// column is where the object ends that lacks it, before two more braces.
func (r *systemResult) complete(length int) error {
	lacks := ""
	switch e := r.Error; {
	case e == nil:
	case e.NoSuchContract != nil && e.NoSuchContract.Addr == nil:
		lacks = "addr"
	case e.NoSuchCode != nil && e.NoSuchCode.CodeID == nil:
		lacks = "code_id"
	case e.UnsupportedRequest != nil && e.UnsupportedRequest.Kind == nil:
		lacks = "kind"
	}
	if lacks == "" {
		return nil
	}
	return fmt.Errorf("missing field `%s` at line 1 column %d", lacks, length-len("}}"))
}

// append writes the result.
func (r *systemResult) append(b []byte) []byte {
	if r.Error != nil {
		b = r.Error.append(append(b, `{"error":`...))
		return append(b, '}')
	}
	b = append(b, `{"ok":`...)
	if r.Ok.Error != nil {
		b = appendString(append(b, `{"error":`...), *r.Ok.Error)
	} else {
		b = appendBase64(append(b, `{"ok":`...), *r.Ok.Ok)
	}
	return append(b, "}}"...)
}

func (e *systemError) append(b []byte) []byte {
	switch {
	case e.InvalidRequest != nil:
		b = appendString(append(b, `{"invalid_request":{"error":`...), e.InvalidRequest.Error)
		b = appendBase64(append(b, `,"request":`...), e.InvalidRequest.Request)
	case e.InvalidResponse != nil:
		b = appendString(append(b, `{"invalid_response":{"error":`...), e.InvalidResponse.Error)
		b = appendBase64(append(b, `,"response":`...), e.InvalidResponse.Response)
	case e.NoSuchContract != nil:
		b = appendString(append(b, `{"no_such_contract":{"addr":`...), *e.NoSuchContract.Addr)
	case e.NoSuchCode != nil:
		b = strconv.AppendUint(append(b, `{"no_such_code":{"code_id":`...), *e.NoSuchCode.CodeID, 10)
	case e.UnsupportedRequest != nil:
		b = appendString(append(b, `{"unsupported_request":{"kind":`...), *e.UnsupportedRequest.Kind)
	default:
		b = append(b, `{"unknown":{`...)
	}
	return append(b, "}}"...)
}

func appendBase64(b, data []byte) []byte {
	b = append(b, '"')
	b = base64.StdEncoding.AppendEncode(b, data)
	return append(b, '"')
}

// appendString writes a string with no more escapes than JSON asks for.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			if c < 0x20 {
				b = fmt.Appendf(b, `\u%04x`, c)
				continue
			}
			b = append(b, c)
		}
	}
	return append(b, '"')
}
