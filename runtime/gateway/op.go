package gateway

import (
	"context"
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

const (
	wasmType  = "application/wasm"
	eventType = "text/event-stream"
)

// serveOp answers a request for an operation.
func (g *Gateway) serveOp(w http.ResponseWriter, r *http.Request, name string) {
	op, ok := g.ops[name]
	if !ok {
		g.refuse(w, r, http.StatusNotFound, api.CodeNotFound, "no operation is called "+quote(name)+": see /docs")
		return
	}
	call := &node.Call{Op: name, Type: api.JSON, Via: "http", Remote: r.RemoteAddr, Parent: r.Header.Get("Traceparent")}
	held, ok := g.read(w, r, op, call)
	defer func() { g.bodies.put(held) }()
	switch {
	case !ok: // it is answered
	case name == "watch" && accepts(r, eventType):
		g.serveWatch(w, r, call)
	default:
		g.serveCall(w, r, op, call)
	}
}

func (g *Gateway) serveCall(w http.ResponseWriter, r *http.Request, op api.Op, call *node.Call) {
	ctx := r.Context()
	if op.Write {
		// It goes on when its client has gone, or seems to, for half of the connection is closed: there is an outcome, that can
		// be asked for by the id.
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, g.limits.CallTime)
	defer cancel()
	res := g.node.Handle(ctx, call)
	status := http.StatusOK
	if res.Err != nil {
		status = Status(res.Err.Code)
	}
	if res.Replayed {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	g.write(w, res.Type, status, res.Err, res.Payload)
}

// read makes a call of a request. Held are the bytes that the budget for bodies gets back when the call is answered. If
// ok is false, it has answered.
func (g *Gateway) read(w http.ResponseWriter, r *http.Request, op api.Op, call *node.Call) (held int, ok bool) {
	if err := identify(r, call); err != nil {
		g.reject("headers")
		g.fail(w, api.JSON, err)
		return 0, false
	}
	switch {
	case r.Method == http.MethodPost:
		return g.readPost(w, r, op, call)
	case r.Method == http.MethodGet && op.Safe():
		return 0, g.readGet(w, r, op, call)
	}
	allowed := http.MethodPost
	if op.Safe() {
		allowed = "GET, POST"
	}
	w.Header().Set("Allow", allowed)
	g.reject("method")
	g.refuse(w, r, http.StatusMethodNotAllowed, api.CodeBadRequest,
		fmt.Sprintf("%s is asked by %s, not by %s", op.Name, strings.ReplaceAll(allowed, ",", " or"), quote(r.Method)))
	return 0, false
}

// identify takes from the headers who asks, and under which id.
func identify(r *http.Request, call *node.Call) *api.Error {
	for _, name := range [...]string{"Troupe-Signature", "Authorization", "Idempotency-Key"} {
		if len(r.Header[name]) > 1 {
			return &api.Error{Code: api.CodeBadRequest, Message: "the header " + name + " is there more than once"}
		}
	}
	call.Signature = r.Header.Get("Troupe-Signature")
	var err error
	if call.Bearer, err = bearer(r.Header.Get("Authorization")); err != nil {
		return &api.Error{Code: api.CodeUnauthenticated, Message: err.Error()}
	}
	if call.RequestID, err = requestID(r.Header.Get("Idempotency-Key")); err != nil {
		return &api.Error{Code: api.CodeBadRequest, Message: err.Error()}
	}
	return nil
}

// bearer returns the token in an Authorization header.
func bearer(header string) (string, error) {
	if header == "" {
		return "", nil
	}
	scheme, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" || strings.ContainsAny(token, " \t,") {
		return "", fmt.Errorf("the header Authorization is %q and a token, which `troupe token` makes", "Bearer")
	}
	return token, nil
}

// requestID returns the id in an Idempotency-Key header: as it is, or between quotation marks.
func requestID(header string) (string, error) {
	id := header
	if len(id) >= 2 && id[0] == '"' && id[len(id)-1] == '"' {
		id = id[1 : len(id)-1]
		if strings.ContainsAny(id, `"\`) {
			return "", fmt.Errorf("the id in the header Idempotency-Key has no quotation marks and no backslashes")
		}
	}
	if header != "" && id == "" || len(id) > maxID {
		return "", fmt.Errorf("the header Idempotency-Key has an id of 1 to %d bytes", maxID)
	}
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return "", fmt.Errorf("the id in the header Idempotency-Key is printable ASCII")
		}
	}
	return id, nil
}

// maxID is the longest id of a request, in bytes.
const maxID = 200

// readPost takes the payload from the body.
func (g *Gateway) readPost(w http.ResponseWriter, r *http.Request, op api.Op, call *node.Call) (held int, ok bool) {
	header := r.Header.Get("Content-Type")
	typ, known := payloadType(header)
	code := op.TakesCode() && mediaType(header) == wasmType
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" ||
		!known && !code && (header != "" || r.ContentLength != 0) {
		g.reject("content_type")
		g.refuse(w, r, http.StatusUnsupportedMediaType, api.CodeBadRequest, "a request is application/json or application/cbor "+
			"and has no Content-Encoding: set the header Content-Type, with curl by -H 'Content-Type: application/json'")
		return 0, false
	}
	if r.URL.RawQuery != "" && !code {
		g.refuse(w, r, http.StatusBadRequest, api.CodeBadRequest, "a POST has its request in the body and takes no query parameters")
		return 0, false
	}
	if known {
		call.Type = typ
	}
	limit := g.limits.Body
	if code {
		limit = g.limits.Code
	} else if op.TakesCode() {
		limit += g.limits.Code/3*4 + 4 // in JSON it is base64
	}
	body, err := g.readBody(w, r, limit)
	if err != nil {
		g.fail(w, call.Type, err)
		return 0, false
	}
	if code {
		return g.wrapCode(w, r, call, body)
	}
	if call.Payload = body; len(body) == 0 {
		call.Payload, call.Type = emptyRequest, api.JSON
	}
	return cap(body), true
}

var emptyRequest = []byte("{}")

// wrapCode makes a request to install of the code that is the body, and the query parameters.
func (g *Gateway) wrapCode(w http.ResponseWriter, r *http.Request, call *node.Call, code []byte) (held int, ok bool) {
	defer g.bodies.put(cap(code))
	if call.Signature != "" {
		g.refuse(w, r, http.StatusBadRequest, api.CodeBadRequest,
			"a signature covers the request, which is JSON or CBOR: send it as that, or code with a bearer token")
		return 0, false
	}
	fields, err := g.params[call.Op].parse(r.URL.RawQuery)
	if err != nil {
		g.refuse(w, r, http.StatusBadRequest, api.CodeBadRequest, err.Error())
		return 0, false
	}
	fields["code"] = map[string]string{"base64": base64.StdEncoding.EncodeToString(code)}
	if call.Payload, err = api.Encode(api.JSON, fields); err != nil {
		g.refuse(w, r, http.StatusInternalServerError, api.CodeInternal, "the request cannot be encoded")
		return 0, false
	}
	if !g.bodies.take(cap(call.Payload)) {
		g.reject("bodies")
		g.fail(w, api.JSON, overloaded)
		return 0, false
	}
	return cap(call.Payload), true
}

// readGet makes a request of the query parameters.
func (g *Gateway) readGet(w http.ResponseWriter, r *http.Request, op api.Op, call *node.Call) bool {
	refuse := func(text string) bool {
		g.refuse(w, r, http.StatusBadRequest, api.CodeBadRequest, text)
		return false
	}
	if call.Signature != "" {
		return refuse("a signature covers the body of a request, and a GET has none: use POST, or a bearer token")
	}
	if r.ContentLength != 0 {
		return refuse("a GET has its request in the query parameters and no body")
	}
	fields, err := g.params[op.Name].parse(r.URL.RawQuery)
	if err != nil {
		return refuse(err.Error())
	}
	if op.Name == "watch" && accepts(r, eventType) {
		if err := g.resume(r, call, fields); err != nil {
			return refuse(err.Error())
		}
	} else if accepts(r, api.CBOR) {
		call.Type = api.CBOR
	}
	if call.Payload, err = api.Encode(call.Type, fields); err != nil {
		return refuse(err.Error())
	}
	return true
}

// payloadType returns the type of payload that a Content-Type header says, if it is one.
func payloadType(header string) (string, bool) {
	if header == "" {
		return "", false
	}
	encoding, err := api.Encoding(header)
	return encoding, err == nil
}

func mediaType(header string) string {
	t, _, err := mime.ParseMediaType(header)
	if err != nil {
		return ""
	}
	return t
}

// accepts reports whether the client names the type in its Accept header, be it among others.
func accepts(r *http.Request, typ string) bool {
	for _, header := range r.Header["Accept"] {
		for part := range strings.SplitSeq(header, ",") {
			t, params, _ := strings.Cut(part, ";")
			if strings.EqualFold(strings.TrimSpace(t), typ) && strings.ReplaceAll(params, " ", "") != "q=0" {
				return true
			}
		}
	}
	return false
}
