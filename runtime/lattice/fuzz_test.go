package lattice

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/client"
)

// FuzzRequest: whatever stands in headers and subjects, a request is understood or refused, an answer goes to an inbox, and
// what is published goes where it says.
func FuzzRequest(f *testing.F) {
	f.Add("Authorization", "Bearer a.b.c", "authorization", "x", "_INBOX.a.b", "account/a", "moved")
	f.Add("Troupe-Timeout", "30", "Content-Type", "application/cbor", "_INBOX_UA.b", "a.b/c d", "")
	f.Add("TROUPE-REQUEST-ID", "\x00", "Troupe-Signature", "", "troupe.test.grant", "a//", "*.>")
	f.Add("X", strings.Repeat("x", 20000), "Troupe-Timeout", "-1", "_INBOX_>", "a/\r\n", ".")
	f.Fuzz(func(t *testing.T, name, value, name2, value2, reply, who, kind string) {
		call, timeout, err := parse("send", nats.Header{name: {value}, name2: {value2, value}})
		switch {
		case call == nil || call.Op != "send":
			t.Fatalf("the call is %+v", call)
		case err == nil && (timeout <= 0 || timeout > maxTimeout):
			t.Errorf("a timeout of %s", timeout)
		case err == nil && (strings.EqualFold(name2, client.HeaderBearer) && name2 != name):
			t.Error("a header counts that is there twice")
		case err != nil && (err.Code == "" || err.Message == "" || strings.ContainsAny(line(err.Message), "\r\n")):
			t.Errorf("the error is %+v", err)
		}
		s := &Service{opts: Options{Inbox: anyInbox}}
		if s.answerable(reply) && !strings.HasPrefix(reply, "_INBOX.") && !strings.HasPrefix(reply, "_INBOX_") {
			t.Errorf("an answer goes to %q", reply)
		}
		subject := Subjects("n").Event(actor.Address(who), kind)
		for token := range strings.SplitSeq(subject, ".") {
			if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' || r == '*' || r == '>' }) {
				t.Errorf("an event is published at %q", subject)
			}
		}
		if parts := strings.SplitN(subject, ".", 4); parts[0] != "troupe" || parts[1] != "n" || parts[2] != "events" {
			t.Errorf("an event is published at %q", subject)
		}
	})
}

// FuzzAnswer: whatever comes to an inbox is an answer or an error.
func FuzzAnswer(f *testing.F) {
	f.Add("bad_request", "wrong", []byte(`{"code":"bad_request","message":"wrong"}`), "application/json")
	f.Add("overloaded", "", []byte("\xa1dcode"), "application/cbor")
	f.Add("", "", []byte(nil), "")
	f.Fuzz(func(t *testing.T, code, text string, data []byte, mediaType string) {
		tr := &transport{}
		answer, err := tr.open(&nats.Msg{Header: nats.Header{HeaderErrorCode: {code}, HeaderError: {text}}, Data: data}, mediaType)
		if err != nil && answer != nil || err == nil && code != "" {
			t.Errorf("%q, %v", answer, err)
		}
	})
}

func TestPause(t *testing.T) {
	for attempts := range 100 {
		if d := pause(attempts); d <= 0 || d > 2*time.Second {
			t.Errorf("after %d attempts it waits %s", attempts, d)
		}
	}
}
