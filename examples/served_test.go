package examples

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/pack"
	"github.com/troupe-run/troupe/runtime/guest/wasmbus/sample"
)

// TestStoreSwapUnderLoad links a counter to another store while it answers 200 requests a second over HTTP, ten times there
// and back: none fails, and each has counted once, in one of the two.
func TestStoreSwapUnderLoad(t *testing.T) {
	l := newLattice(t)
	url := l.serve("kvcounter", sample.Code("kvcounter"))
	l.order(capability.Order{Provide: []capability.ProviderOrder{{Name: "other", Kind: "keyvalue"}}})
	to := func(provider string) {
		o := link("kvcounter", capability.KeyValue)
		o.Provider = provider
		l.order(capability.Order{Link: []capability.LinkOrder{o}})
	}
	requests, _, _ := steady(t, url+"/n", func() {
		for range 10 {
			to("other")
			to("keyvalue")
		}
	})
	sum := 0
	for _, provider := range []string{"other", "keyvalue"} {
		to(provider)
		_, text := ask(t, "GET", url+"/n", "")
		n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(text, `{"counter":`), "}"))
		if err != nil {
			t.Fatal(text)
		}
		sum += n - 1
	}
	if sum != requests {
		t.Errorf("%d requests have counted %d", requests, sum)
	}
}

// head is the number of the last transaction.
func (l *lattice) head() uint64 {
	l.t.Helper()
	head, err := l.Reader().Head()
	if err != nil {
		l.t.Fatal(err)
	}
	return head.Sequence
}

// TestScale lets an actor run more often at once, not at all, and again, over HTTP. With several instances requests that only
// read are queries, on all processors, and no transactions.
func TestScale(t *testing.T) {
	l := newLattice(t)
	url := l.serve("busy", sample.Code("busy"))
	for _, instances := range []int{1, 50, 0, 1, 2} {
		l.order(capability.Order{Scale: []capability.ScaleOrder{{Actor: "busy", Instances: instances}}})
		for before := l.head(); instances > 1; before = l.head() { // the half outside hears of it a moment later
			if ask(t, "GET", url+"/10000", ""); l.head() == before {
				break
			}
		}
		var together sync.WaitGroup
		for range 20 {
			together.Go(func() {
				before := l.head()
				status, text := ask(t, "GET", url+"/10000", "")
				switch {
				case instances == 0 && status == http.StatusServiceUnavailable && text == "":
				case instances > 0 && status == http.StatusOK && text == "1229":
				default:
					t.Errorf("with %d instances: %d %q", instances, status, text)
				}
				if after := l.head(); instances > 1 && after != before {
					t.Errorf("with %d instances there are %d transactions", instances, after-before)
				}
			})
		}
		together.Wait()
	}
}

// TestHostileNeighbour has an actor that does not end, takes all memory or calls itself without end, and one that answers all the
// same. Each bad request fails, and the next to the same actor is as if nothing had been.
func TestHostileNeighbour(t *testing.T) {
	l := newLatticeWith(t, &runtime.Options{Limits: dispatch.Limits{Gas: 50_000_000}})
	spin, echo := l.serve("spin", sample.Code("spin")), l.serve("echo", sample.Code("echo"))
	steady(t, echo, func() {
		for _, path := range []string{"/spin", "/memory", "/depth", "/print"} {
			status, text, seq := get(t, spin+path)
			receipt, err := l.Reader().Receipt(seq)
			if status != http.StatusInternalServerError || text != "" || err != nil || receipt.Err == nil ||
				receipt.Err.Code != actor.CodeOutOfGas && receipt.Err.Code != actor.CodeTrap {
				t.Errorf("%s: %d %q, %v %v", path, status, text, receipt.Err, err)
			}
			if status, text := ask(t, "GET", spin+"/ok", ""); status != http.StatusOK || text != "ok" {
				t.Errorf("behind %s: %d %q", path, status, text)
			}
		}
	})
	if _, err := l.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestLargeBodies brings an actor two mebibytes, which it hands to its store, and fetches them again.
func TestLargeBodies(t *testing.T) {
	url := newLattice(t).serve("relay", sample.Code("relay")) + "/wasmcloud:keyvalue/KeyValue."
	value := strings.Repeat("x", 2<<20)
	through := func(operation, message string) string {
		body, err := pack.FromJSON([]byte(message))
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), "POST", url+operation, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Link", capability.DefaultLink)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %.100q %v", operation, res.Status, text, err)
		}
		return string(text)
	}
	through("Set", `{"key":"large","value":"`+value+`","expires":0}`)
	if text := through("Get", `"large"`); !strings.Contains(text, value) {
		t.Errorf("%d bytes: %.100q", len(text), text)
	}
}
