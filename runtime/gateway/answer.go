package gateway

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/troupe-run/troupe/runtime/api"
)

// statuses are those of the codes.
var statuses = map[api.Code]int{
	api.CodeActor: http.StatusUnprocessableEntity, api.CodeBadRequest: http.StatusBadRequest,
	api.CodeUnauthenticated: http.StatusUnauthorized, api.CodeReplayed: http.StatusUnauthorized,
	api.CodeStale: http.StatusUnauthorized, api.CodeForbidden: http.StatusForbidden,
	api.CodeNotFound: http.StatusNotFound, api.CodeConflict: http.StatusConflict,
	api.CodeTooLarge: http.StatusRequestEntityTooLarge, api.CodeOverloaded: http.StatusTooManyRequests,
	api.CodeExpired: http.StatusRequestTimeout, api.CodeUnavailable: http.StatusServiceUnavailable,
	api.CodeUnknown: http.StatusBadGateway, api.CodeTooOld: http.StatusGone,
	api.CodeInternal: http.StatusInternalServerError,
}

// Status returns the status of HTTP that an error with the code has.
func Status(code api.Code) int {
	if status, ok := statuses[code]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// fail answers with an error under the status of its code.
func (g *Gateway) fail(w http.ResponseWriter, typ string, e *api.Error) {
	g.failWith(w, typ, Status(e.Code), e)
}

func (g *Gateway) failWith(w http.ResponseWriter, typ string, status int, e *api.Error) {
	payload, err := api.Encode(typ, e)
	if err != nil {
		payload, typ = []byte(`{"code":"internal","message":"the error cannot be encoded"}`), api.JSON
	}
	g.write(w, typ, status, e, payload)
}

// refuse answers a request that does not reach the node.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, status int, code api.Code, text string) {
	typ := api.JSON
	if t, ok := payloadType(r.Header.Get("Content-Type")); ok {
		typ = t
	}
	g.failWith(w, typ, status, &api.Error{Code: code, Message: text})
}

// write sends an answer. E is the error that it is, nil if it is none.
func (g *Gateway) write(w http.ResponseWriter, typ string, status int, e *api.Error, payload []byte) {
	h := w.Header()
	h["Content-Type"] = []string{typ}
	h["Cache-Control"] = noStore
	h["Content-Length"] = []string{strconv.Itoa(len(payload))}
	if e != nil {
		if e.RetryAfter > 0 {
			h.Set("Retry-After", strconv.FormatInt((e.RetryAfter+999)/1000, 10))
		}
		if status == http.StatusUnauthorized {
			h.Set("WWW-Authenticate", `Bearer realm="troupe"`)
		}
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(g.limits.WriteTime))
	w.WriteHeader(status)
	_, _ = w.Write(payload) // who has gone needs no answer
}

var noStore = []string{"no-store"}

// quote returns what a client sent, so that it can stand in a text.
func quote(s string) string {
	if len(s) > 100 {
		s = s[:100] + "…"
	}
	return fmt.Sprintf("%q", s)
}
