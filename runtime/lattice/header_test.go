package lattice

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

func TestHeaders(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	call, timeout, err := parse("get", nats.Header{"traceparent": {parent}, "Troupe-Request-Id": {"one"}, "Troupe-Timeout": {"250"},
		"Content-Type": {"application/cbor"}, "Authorization": {"bearer abc"}})
	if err != nil {
		t.Fatal(err)
	}
	if call.Parent != parent || call.RequestID != "one" || timeout != 250*time.Millisecond || call.Type != "application/cbor" || call.Bearer != "abc" {
		t.Errorf("%+v, %v", call, timeout)
	}
	if _, _, err := parse("get", nats.Header{"traceparent": {parent}, "Traceparent": {parent}}); err == nil {
		t.Error("a header that stands there twice was taken")
	}
}
