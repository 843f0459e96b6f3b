package httpserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// errTold says that a request was not taken, and that the client has been told why.
var errTold = errors.New("the request was not taken")

// MaxBodies bounds the bytes of all bodies that the links of a Kind hold at once.
const MaxBodies = 256 << 20

// A budget is what is left of MaxBodies.
type budget struct{ left atomic.Int64 }

func newBudget() *budget {
	b := &budget{}
	b.left.Store(MaxBodies)
	return b
}

func (b *budget) take(n int64) bool {
	if b.left.Add(-n) >= 0 {
		return true
	}
	b.left.Add(n)
	return false
}

func (b *budget) give(n int64) { b.left.Add(n) }

// step is how many bytes there is room for at first.
const step = 32 << 10

// body reads the body of a request, and returns how much of the budget it holds, errors or not. Room is made, and taken from the
// budget, as bytes come: who says that there will be many holds nothing yet. An error that is errTold has been answered.
func (h *handler) body(ctx context.Context, w http.ResponseWriter, r *http.Request) (body []byte, taken int64, err error) {
	if r.ContentLength == 0 {
		return nil, 0, nil
	}
	if r.ContentLength > h.values.MaxBody {
		return nil, 0, refuseBody(w, http.StatusRequestEntityTooLarge)
	}
	control := http.NewResponseController(w)
	until := time.Now().Add(h.pace.body)
	if end, ok := ctx.Deadline(); ok && end.Before(until) {
		until = end
	}
	_ = control.SetReadDeadline(until)
	limit := r.ContentLength
	if limit < 0 {
		limit = h.values.MaxBody + 1 // one more shows that it is too large
	}
	for ended := false; !ended && int64(len(body)) < limit; {
		if len(body) == cap(body) {
			more := min(max(int64(cap(body)), step), limit-int64(cap(body)))
			if !h.bodies.take(more) {
				return nil, taken, refuseBody(w, http.StatusServiceUnavailable)
			}
			taken += more
			body = append(make([]byte, 0, taken), body...)
		}
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			ended = true
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, taken, fmt.Errorf("%w: %w", refuseBody(w, http.StatusRequestTimeout), err)
		case err != nil:
			return nil, taken, fmt.Errorf("%w: %w", refuseBody(w, http.StatusBadRequest), err)
		}
	}
	switch n := int64(len(body)); {
	case n > h.values.MaxBody:
		return nil, taken, refuseBody(w, http.StatusRequestEntityTooLarge)
	case n < r.ContentLength:
		return nil, taken, refuseBody(w, http.StatusBadRequest)
	}
	// What is not read to its end keeps its deadline: the server looks for that end before it lets the connection go.
	_ = control.SetReadDeadline(time.Time{})
	return body, taken, nil
}

// refuseBody ends the connection: what is left of the body is not read.
func refuseBody(w http.ResponseWriter, status int) error {
	w.Header()["Connection"] = []string{"close"}
	if status == http.StatusServiceUnavailable {
		unavailable(w, time.Second)
	} else {
		w.WriteHeader(status)
	}
	return errTold
}
