package httpserver

import (
	"context"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/edge"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// NewHandler returns what answers requests for a link, without a port.
func NewHandler(at edge.At, v *Values) http.Handler {
	return newHandler(context.Background(), at, v, newBudget(), patient())
}

// KindOf returns a Kind whose clients may take that long for a body, and for an answer.
func KindOf(body, answer time.Duration) edge.Kind { return kindOf(pace{body, answer}) }

// Inbound returns a request as it goes to the actor.
func Inbound(r *http.Request, body []byte) []byte { return pack.Marshal(&inbound{r, body}) }

// Check judges an answer.
func Check(who actor.Address, data []byte) error { return check(who, data) }

// Write sends an answer.
func Write(w http.ResponseWriter, r *http.Request, data []byte) {
	h := &handler{values: &Values{}}
	if err := h.write(w, r, answer{payload: data}); err != nil {
		panic(err) // it was judged
	}
}

// Taken returns how many bytes of the budget a body takes that comes as a request has it.
func Taken(r *http.Request, v *Values) int64 {
	h := &handler{values: v, bodies: newBudget(), pace: patient()}
	_, taken, _ := h.body(r.Context(), httptest.NewRecorder(), r)
	return taken
}
