package lattice

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/client"
	"github.com/troupe-run/troupe/runtime/node"
)

// The headers of a request beside those of package client, and of an answer.
const (
	// HeaderTimeout is how long the caller waits, in milliseconds: what has not begun by then has no effect.
	HeaderTimeout = "Troupe-Timeout"
	// HeaderParent is what the caller follows the request by, as W3C's Trace Context writes it.
	HeaderParent = "Traceparent"
	// HeaderReplayed is "true" on an answer that was given before, to a request with the same id.
	HeaderReplayed = "Troupe-Replayed"
	// HeaderError and HeaderErrorCode are on an answer that is an api.Error: its message and its code.
	HeaderError     = micro.ErrorHeader
	HeaderErrorCode = micro.ErrorCodeHeader
)

// Bounds of a request.
const (
	// maxHeader bounds all headers together, in bytes.
	maxHeader = 16 << 10
	// defaultTimeout is that of a request that has none, and maxTimeout the greatest. Those of a watch are longer than any
	// that the node waits.
	defaultTimeout = 30 * time.Second
	maxTimeout     = 2 * time.Minute
)

// parse makes a call of the headers of a request. Headers that it does not know are passed over; those that it knows may be
// written in small letters, and stand there once.
func parse(op string, header nats.Header) (call *node.Call, timeout time.Duration, err *api.Error) {
	call, timeout = &node.Call{Op: op, Via: "nats"}, defaultTimeout
	if op == "watch" {
		timeout = maxTimeout
	}
	size, seen := 0, [len(headers)]bool{}
	for name, values := range header {
		for _, v := range values {
			size += len(name) + len(v) + 4
		}
		i := known(name)
		if i < 0 || len(values) == 0 {
			continue
		}
		if len(values) > 1 || seen[i] {
			return call, 0, errorf(api.CodeBadRequest, "the header %s is there more than once", headers[i])
		}
		seen[i] = true
		if err := take(call, &timeout, i, values[0]); err != nil {
			return call, 0, err
		}
	}
	if size > maxHeader {
		return call, 0, errorf(api.CodeTooLarge, "the headers have %d bytes, and a request may have %d", size, maxHeader)
	}
	return call, timeout, nil
}

// headers are those that mean something, in the order of take.
var headers = [...]string{client.HeaderType, client.HeaderSignature, client.HeaderBearer, client.HeaderRequestID, HeaderTimeout, HeaderParent}

func known(name string) int {
	for i, h := range headers {
		if len(h) == len(name) && strings.EqualFold(h, name) {
			return i
		}
	}
	return -1
}

func take(call *node.Call, timeout *time.Duration, header int, value string) *api.Error {
	switch headers[header] {
	case client.HeaderType:
		call.Type = value
	case client.HeaderSignature:
		call.Signature = value
	case client.HeaderBearer:
		scheme, token, _ := strings.Cut(value, " ")
		if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" || strings.ContainsAny(token, " \t,") {
			return errorf(api.CodeUnauthenticated, `the header %s is "Bearer" and a token, which troupe token makes`, client.HeaderBearer)
		}
		call.Bearer = token
	case client.HeaderRequestID:
		if value == "" || strings.IndexFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
			return errorf(api.CodeBadRequest, "the header %s has an id of printable ASCII", client.HeaderRequestID)
		}
		call.RequestID = value
	case HeaderParent:
		call.Parent = value // one that makes no sense is none
	case HeaderTimeout:
		ms, err := strconv.ParseUint(value, 10, 32)
		if err != nil || ms == 0 {
			return errorf(api.CodeBadRequest, "the header %s has milliseconds, from 1 on, not %.40q", HeaderTimeout, value)
		}
		*timeout = min(time.Duration(ms)*time.Millisecond, maxTimeout)
	}
	return nil
}

func errorf(code api.Code, format string, args ...any) *api.Error {
	return &api.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// line makes a text one that can stand in a header.
func line(text string) string {
	const bound = 512
	if len(text) > bound {
		text = text[:bound]
	}
	return strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text), "")
}
