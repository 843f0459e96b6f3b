package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/node"
)

// resume lets a watch begin behind the last notice that its client has seen. One that begins now gets the sequence that
// it begins behind, so that it can be told, and nothing is missed when the connection breaks before the first notice.
func (g *Gateway) resume(r *http.Request, call *node.Call, fields map[string]any) error {
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		seq, err := strconv.ParseUint(last, 10, 64)
		if err != nil {
			return fmt.Errorf("the header Last-Event-ID is the id of an event that was seen, not %s", quote(last))
		}
		delete(fields, "now")
		fields["from"] = seq
	}
	if fields["now"] == true {
		if head, ok := g.head(r.Context(), call); ok {
			delete(fields, "now")
			fields["from"] = head
		}
	}
	return nil
}

// head returns the latest sequence, if who asks may know it: to others it is 0.
func (g *Gateway) head(ctx context.Context, call *node.Call) (uint64, bool) {
	info := *call
	info.Op, info.Type, info.Payload = "info", api.JSON, emptyRequest
	res := g.node.Handle(ctx, &info)
	var answer api.Info
	if res.Err != nil || json.Unmarshal(res.Payload, &answer) != nil {
		return 0, false
	}
	return answer.Sequence, answer.Sequence > 0
}

// serveWatch answers with a stream of server-sent events: "start" with the sequence that it begins behind where that is
// known, a "notice" for each notice, and an "error" behind which nothing comes. Ids are sequences.
func (g *Gateway) serveWatch(w http.ResponseWriter, r *http.Request, call *node.Call) {
	if g.watches.Add(1) > int64(g.limits.Watches) {
		g.watches.Add(-1)
		g.reject("watches")
		g.fail(w, api.JSON, &api.Error{Code: api.CodeOverloaded, RetryAfter: 5000,
			Message: fmt.Sprintf("%d watches are open, which is all that this node takes", g.limits.Watches)})
		return
	}
	defer g.watches.Add(-1)
	ctx, cancel := context.WithCancel(r.Context())
	notices, failure := g.node.Watch(ctx, call)
	if failure != nil {
		cancel()
		g.fail(w, call.Type, failure)
		return
	}
	feed := make(chan event, feedLength)
	go func() {
		defer close(feed)
		for notice, failure := range notices {
			select {
			case feed <- event{notice, failure}:
			case <-ctx.Done():
				return
			}
		}
	}()
	s := stream{w: w, control: http.NewResponseController(w), limits: g.limits}
	s.run(call, feed, g.closing)
	cancel()
	for range feed { // until the node lets go of the watch
	}
}

// An event of a stream: a notice, or why there are no more.
type event struct {
	notice  api.Notice
	failure *api.Error
}

// feedLength is how many notices wait for a client that is not quick enough. The node keeps the others in its log.
const feedLength = 16

// A stream is the answer to one watch.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	limits  Limits
	buf     []byte
}

// run writes events until the feed or the gateway ends, or the client does not take them.
func (s *stream) run(call *node.Call, feed <-chan event, closing <-chan struct{}) {
	h := s.w.Header()
	h.Set("Content-Type", eventType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy that collects the stream would hold it back
	s.buf = append(s.buf, "retry: 1000\n\n"...)
	var begin api.WatchRequest
	if call.Type == api.JSON && json.Unmarshal(call.Payload, &begin) == nil && !begin.Now {
		s.put("start", strconv.FormatUint(begin.From, 10), []byte("{}"))
	}
	heartbeat := time.NewTicker(s.limits.Heartbeat)
	defer heartbeat.Stop()
	for s.flush() {
		select {
		case e, ok := <-feed:
			if !ok || !s.putAll(e, feed) {
				s.flush()
				return
			}
		case <-heartbeat.C:
			s.buf = append(s.buf, ":\n\n"...)
		case <-closing:
			s.putFailure(&api.Error{Code: api.CodeUnavailable, RetryAfter: 1000, Message: "the node is being stopped"})
			s.flush()
			return
		}
	}
}

// flushAt is how many bytes are written together, if there are as many.
const flushAt = 32 << 10

// putAll takes an event, and those that wait behind it, and reports whether there may be more.
func (s *stream) putAll(e event, feed <-chan event) bool {
	for {
		if e.failure != nil {
			s.putFailure(e.failure)
			return false
		}
		data, err := api.Encode(api.JSON, e.notice)
		if err != nil {
			s.putFailure(&api.Error{Code: api.CodeInternal, Message: "a notice cannot be encoded"})
			return false
		}
		s.put("notice", strconv.FormatUint(e.notice.Sequence, 10), data)
		if len(s.buf) > flushAt {
			return true
		}
		var ok bool
		select {
		case e, ok = <-feed:
			if !ok {
				return false
			}
		default:
			return true
		}
	}
}

// put adds an event. Data is JSON on one line.
func (s *stream) put(kind, id string, data []byte) {
	s.buf = append(s.buf, "event: "...)
	s.buf = append(s.buf, kind...)
	if id != "" {
		s.buf = append(s.buf, "\nid: "...)
		s.buf = append(s.buf, id...)
	}
	s.buf = append(s.buf, "\ndata: "...)
	s.buf = append(s.buf, data...)
	s.buf = append(s.buf, "\n\n"...)
}

func (s *stream) putFailure(e *api.Error) {
	if data, err := api.Encode(api.JSON, e); err == nil {
		s.put("error", "", data)
	}
}

// flush writes what there is, and reports whether the client takes it. One that does not is dropped: it can come back.
func (s *stream) flush() bool {
	_ = s.control.SetWriteDeadline(time.Now().Add(s.limits.WriteTime))
	if _, err := s.w.Write(s.buf); err != nil {
		return false
	}
	s.buf = s.buf[:0]
	return s.control.Flush() == nil
}
