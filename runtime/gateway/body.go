package gateway

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/troupe-run/troupe/runtime/api"
)

// budget is what is left of the memory for bodies, in bytes.
type budget struct{ left atomic.Int64 }

// take reports whether n bytes were left. They are to be put back.
func (b *budget) take(n int) bool {
	if b.left.Add(-int64(n)) >= 0 {
		return true
	}
	b.put(n)
	return false
}

func (b *budget) put(n int) { b.left.Add(int64(n)) }

var overloaded = &api.Error{Code: api.CodeOverloaded, RetryAfter: 1000,
	Message: "the node has no memory left for the bodies of requests: try again"}

// firstPiece is how much of a body is read before anything is known of whether it comes.
const firstPiece = 16 << 10

// readBody reads a body of at most limit bytes. The budget holds its capacity, which is the caller's to put back. Memory
// is taken as bytes come: a client that announces much and sends little holds little.
func (g *Gateway) readBody(w http.ResponseWriter, r *http.Request, limit int) ([]byte, *api.Error) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	if r.ContentLength > int64(limit) {
		return nil, g.tooLarge(limit)
	}
	size := firstPiece
	if n := r.ContentLength; n >= 0 && n < firstPiece {
		size = int(n)
	}
	if !g.bodies.take(size) {
		g.reject("bodies")
		return nil, overloaded
	}
	body := make([]byte, 0, size)
	for {
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case err == io.EOF || err == nil && int64(len(body)) == r.ContentLength:
			delete(w.Header(), "Connection")
			_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
			return body, nil
		case err != nil:
			g.bodies.put(cap(body))
			return nil, g.cut(err)
		case len(body) > limit:
			g.bodies.put(cap(body))
			return nil, g.tooLarge(limit)
		case len(body) == cap(body):
			grown := min(2*cap(body), limit+1)
			if rest := r.ContentLength; rest > 0 {
				grown = min(grown, int(rest))
			}
			if !g.bodies.take(grown) {
				g.bodies.put(cap(body))
				g.reject("bodies")
				return nil, overloaded
			}
			larger := make([]byte, len(body), grown)
			copy(larger, body)
			g.bodies.put(cap(body))
			body = larger
		}
	}
}

func (g *Gateway) tooLarge(limit int) *api.Error {
	g.reject("too_large")
	return &api.Error{Code: api.CodeTooLarge, Message: fmt.Sprintf("the body of the request is larger than %d bytes", limit)}
}

// cut says why a body has not come to its end.
func (g *Gateway) cut(err error) *api.Error {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		g.reject("slow")
		return &api.Error{Code: api.CodeExpired, Message: fmt.Sprintf("the body of the request has not come within %s", g.limits.BodyTime)}
	}
	g.reject("cut")
	return &api.Error{Code: api.CodeBadRequest, Message: "the body of the request has no end"}
}
