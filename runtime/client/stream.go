package client

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/troupe-run/troupe/runtime/api"
)

// silence is how long a stream may say nothing before it counts as broken: several heartbeats of a gateway.
const silence = time.Minute

var ended = &api.Error{Code: api.CodeUnavailable, Message: "the node has ended the watch"}

// Stream implements Streamer by server-sent events.
func (h *HTTP) Stream(ctx context.Context, header map[string]string, payload []byte) iter.Seq2[api.Notice, error] {
	return func(yield func(api.Notice, error) bool) {
		ctx, stop := h.until(ctx)
		defer stop()
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		resp, err := h.do(ctx, "watch", header, payload, "text/event-stream")
		if err != nil {
			yield(api.Notice{}, err)
			return
		}
		defer resp.Body.Close()
		if typ, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";"); resp.StatusCode != http.StatusOK || typ != "text/event-stream" {
			_, err := h.read(ctx, resp, "")
			yield(api.Notice{}, err)
			return
		}
		watchdog := time.AfterFunc(silence, func() {
			cancel(&api.Error{Code: api.CodeUnavailable, Message: fmt.Sprintf("the node has said nothing for %s", silence)})
		})
		defer watchdog.Stop()
		if !yield(api.Notice{}, nil) {
			return
		}
		events := newEventReader(resp.Body, func() { watchdog.Reset(silence) })
		for {
			notice, err := events.next()
			var failed *api.Error
			switch {
			case errors.Is(err, io.EOF):
				err = ended
			case err != nil && !errors.As(err, &failed):
				err = h.broken(ctx, err)
			}
			if !yield(notice, err) || err != nil {
				return
			}
		}
	}
}

// An eventReader reads the events of a stream.
type eventReader struct {
	r     *bufio.Reader
	alive func() // told of each line
}

func newEventReader(r io.Reader, alive func()) *eventReader {
	return &eventReader{bufio.NewReaderSize(r, 32<<10), alive}
}

// next returns the next notice. The error is io.EOF behind the last event, and an *api.Error if the stream says so or is none.
func (e *eventReader) next() (notice api.Notice, err error) {
	for {
		kind, data, err := e.event()
		if err != nil {
			return notice, err
		}
		switch kind {
		case "notice":
			if err := api.DecodeAnswer(api.JSON, data, &notice); err != nil {
				return notice, malformed(err)
			}
			return notice, nil
		case "error":
			failed := new(api.Error)
			if err := api.DecodeAnswer(api.JSON, data, failed); err != nil {
				return notice, malformed(err)
			}
			if failed.Code == "" {
				failed.Code = api.CodeInternal
			}
			return notice, failed
		}
	}
}

func malformed(err error) error {
	return &api.Error{Code: api.CodeInternal, Message: fmt.Sprintf("the stream of a watch cannot be read: %v", err)}
}

// event returns the next event that has data.
func (e *eventReader) event() (kind string, data []byte, err error) {
	some := false
	for {
		line, err := e.line()
		if err != nil {
			return "", nil, err // an event that is not whole is none
		}
		if len(line) == 0 {
			if some {
				return kind, data, nil
			}
			kind = ""
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(name) {
		case "event":
			kind = string(value)
		case "data":
			if some {
				data = append(data, '\n')
			}
			data, some = append(data, value...), true
			if len(data) > maxAnswer {
				return "", nil, malformed(bufio.ErrTooLong)
			}
		}
	}
}

// line returns the next line without its end, which is "\n" or "\r\n".
func (e *eventReader) line() (line []byte, err error) {
	for {
		piece, err := e.r.ReadSlice('\n')
		line = append(line, piece...)
		switch {
		case len(line) > maxAnswer:
			return nil, malformed(bufio.ErrTooLong)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return nil, err
		}
		e.alive()
		return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
	}
}
