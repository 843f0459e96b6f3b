package client

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/api"
)

func TestEvents(t *testing.T) {
	text := "retry: 1000\n\n:\n\nevent: start\nid: 4\ndata: {}\n\nevent: notice\r\nid: 5\r\ndata: {\"sequence\":5,\r\ndata: \"events\":[]}\r\n\r\n" +
		"event: other\ndata: x\n\nid\nevent: notice\ndata:{\"sequence\":6}\n\nevent: error\ndata: {\"code\":\"too_old\",\"message\":\"gone\"}\n\nevent: notice\ndata: {\"seq"
	lines := 0
	r := newEventReader(strings.NewReader(text), func() { lines++ })
	for _, want := range []uint64{5, 6} {
		if n, err := r.next(); err != nil || n.Sequence != want {
			t.Fatalf("%+v, want %d: %v", n, want, err)
		}
	}
	var failed *api.Error
	if _, err := r.next(); !errors.As(err, &failed) || failed.Code != api.CodeTooOld {
		t.Errorf("an error in the stream: %v", err)
	}
	if _, err := r.next(); !errors.Is(err, io.EOF) {
		t.Errorf("behind the last whole event: %v", err)
	}
	if lines < 15 {
		t.Errorf("%d lines were told", lines)
	}
	if _, err := newEventReader(strings.NewReader("event: notice\ndata: {\n\n"), func() {}).next(); !errors.As(err, &failed) || failed.Code != api.CodeInternal {
		t.Errorf("what is no JSON: %v", err)
	}
}

func FuzzEvents(f *testing.F) {
	f.Add("event: notice\ndata: {\"sequence\":5}\n\n")
	f.Add("event: error\ndata: {}\n\n")
	f.Add("data\n\r\n:\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := newEventReader(strings.NewReader(text), func() {})
		for range len(text) + 1 {
			if _, err := r.next(); err != nil {
				return
			}
		}
		t.Error("there are more events than bytes")
	})
}
