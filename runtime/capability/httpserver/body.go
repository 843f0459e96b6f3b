package httpserver

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// errBody says that a body was not taken, and that the client knows why.
var errBody = errors.New("the body was not taken")

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

// bodyTime is how long a client may take to send a body.
const bodyTime = 30 * time.Second

// step is how many bytes a body of unknown length grows by.
const step = 32 << 10

// body reads the body of a request, and returns how much of the budget it holds, errors or not. An error that is errBody has
// been answered.
func (h *handler) body(w http.ResponseWriter, r *http.Request) (body []byte, taken int64, err error) {
	if r.ContentLength == 0 {
		return nil, 0, nil
	}
	if r.ContentLength > h.values.MaxBody {
		return nil, 0, refuseBody(w, http.StatusRequestEntityTooLarge)
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTime))
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	if n := r.ContentLength; n > 0 {
		if !h.bodies.take(n) {
			return nil, 0, refuseBody(w, http.StatusServiceUnavailable)
		}
		body = make([]byte, n)
		if _, err := io.ReadFull(r.Body, body); err != nil {
			return nil, n, fmt.Errorf("%w: %w", refuseBody(w, http.StatusBadRequest), err)
		}
		return body, n, nil
	}
	for {
		if int64(len(body)) > h.values.MaxBody {
			return nil, taken, refuseBody(w, http.StatusRequestEntityTooLarge)
		}
		if cap(body)-len(body) < step {
			if !h.bodies.take(step) {
				return nil, taken, refuseBody(w, http.StatusServiceUnavailable)
			}
			taken += step
			body = append(body, make([]byte, step)...)[:len(body)]
		}
		n, err := r.Body.Read(body[len(body):min(cap(body), len(body)+step)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			if int64(len(body)) > h.values.MaxBody {
				return nil, taken, refuseBody(w, http.StatusRequestEntityTooLarge)
			}
			return body, taken, nil
		case err != nil:
			return nil, taken, fmt.Errorf("%w: %w", refuseBody(w, http.StatusBadRequest), err)
		}
	}
}

// refuseBody ends the connection: what is left of the body is not read.
func refuseBody(w http.ResponseWriter, status int) error {
	w.Header()["Connection"] = []string{"close"}
	if status == http.StatusServiceUnavailable {
		unavailable(w, time.Second)
	} else {
		w.WriteHeader(status)
	}
	return errBody
}
