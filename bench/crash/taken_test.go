package crash

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestTakenPort serves an actor at an address that somebody else listens on: the command line shows the failure and its reason, the
// other actor answers, and it recovers by itself when the address is free.
func TestTakenPort(t *testing.T) {
	b := newBinary(t)
	dir, counter, twice := newApplication(t)
	other, err := net.Listen("tcp", strings.TrimPrefix(counter, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	p := b.serve(t, "--app", dir)
	t.Setenv("TROUPE_SERVER", p.URL)
	show := func(what string) string {
		out, err := b.asking("get", what, "-o", "json").Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	until := func(what string, holds func() bool) {
		t.Helper()
		for deadline := time.Now().Add(2 * time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("did not happen in two minutes: %s\n%s\n%s", what, show("links"), show("inventory"))
			}
		}
	}
	until("the failure shows", func() bool { return strings.Contains(show("links"), "is taken by another listener") })
	until("the other actor is served", func() bool {
		status, _, _, _ := ask(t.Context(), http.DefaultClient, twice+"/ok")
		return status == http.StatusOK
	})
	_ = other.Close()
	until("it recovers", func() bool {
		status, body, _, _ := ask(context.Background(), http.DefaultClient, counter+"/visits")
		return status == http.StatusOK && json.Valid([]byte(body))
	})
	until("that shows", func() bool { return !strings.Contains(show("links"), "is taken by another listener") })
	p.stop(t)
}
