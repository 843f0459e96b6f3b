package examples

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/guest/wasmbus/sample"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
)

// Increment is what a provider of the contract keyvalue is asked for. The till knows no other of its operations.
type Increment struct {
	Key   string `json:"key"`
	Value int32  `json:"value"`
}

// soldOut is the number from which on the contract fails.
const soldOut = 5

var counts = typed.NewMap[string, int32]("counts")

// newTill returns an actor of Go that knows nothing of invocations. It counts, lets a contract write the number down, and
// answers when that has replied.
func newTill(contract actor.Address) actor.Actor {
	return typed.New(
		typed.OnExecute(func(c *typed.Call, m Increment) error {
			n, _ := counts.Get(c.State, m.Key)
			n += m.Value
			counts.Set(c.State, m.Key, n)
			does := [][]string{{"set", m.Key, strconv.Itoa(int(n))}}
			if n >= soldOut {
				does = append(does, []string{"return", `{"error":"sold out"}`})
			}
			body, err := json.Marshal(does)
			if err != nil {
				return err
			}
			c.Add(actor.SubMsg{Msg: actor.Message{To: contract, Body: body}}).OnSuccess(1).Payload(m)
			return nil
		}),
		typed.OnReply(1, func(c *typed.Call, r *typed.Reply[Increment]) error {
			n, _ := counts.Get(c.State, r.Payload.Key)
			c.Emit("sold", "what", r.Payload.Key, "number", n)
			return c.Return(n)
		}),
	)
}

// newContract returns the address of a contract that does what its messages say.
func newContract(t *testing.T, h *runtime.Host) actor.Address {
	t.Helper()
	code, err := os.ReadFile(filepath.Join("..", "runtime", "wasm", "cosmwasm", "testdata", "mime.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	owner := h.Chain().Account("owner")
	id, err := h.StoreCode(t.Context(), owner, "mime", code)
	if err != nil {
		t.Fatal(err)
	}
	order := fmt.Sprintf(`{"instantiate":{"code_id":%d,"msg":"W10=","label":"book","funds":[]}}`, id) // an empty list of commands
	r, err := h.Send(t.Context(), owner, actor.Message{To: cosmwasm.KeeperAddress, Body: []byte(order)})
	if err != nil {
		t.Fatal(err)
	}
	var kept cosmwasm.Kept
	if err := json.Unmarshal(r.Data, &kept); err != nil {
		t.Fatal(err)
	}
	return kept.Address
}

// TestMixedTree brings a request over HTTP to an actor of wasmCloud, which calls another of them, which calls an actor of
// Go, which lets a contract of CosmWasm write, and hears of it: in one transaction, of which all stays or nothing.
func TestMixedTree(t *testing.T) {
	l := newLatticeWith(t, &runtime.Options{Chain: &cosmwasm.Chain{Names: true}, Gas: cosmwasm.Gas(), Limits: dispatch.Limits{Gas: 500_000_000}})
	contract := newContract(t, l.Host)
	if err := l.Bind("till", newTill(contract)); err != nil {
		t.Fatal(err)
	}
	l.order(capability.Order{
		Provide: []capability.ProviderOrder{{Name: "keyvalue", Address: "till", Contract: capability.KeyValue, Plain: true},
			{Name: "httpserver", Kind: "httpserver"}, {Name: "messaging", Kind: "messaging"}},
	})
	urls := map[string]string{}
	for _, name := range []string{"relay", "twice"} {
		l.start(name, sample.Code(name))
		l.order(capability.Order{Link: []capability.LinkOrder{link(name, capability.HTTPServer, "address", "127.0.0.1:0"),
			link(name, capability.KeyValue), link(name, capability.Messaging)}})
		urls[name] = l.address(actor.Address(name))
	}
	through := "/twice/HttpServer.HandleRequest?path="
	wrote := false
	for _, test := range []struct {
		who, path string
		status    int
		body      string
		stays     bool   // what has been done
		numbers   string // of the first and the second key, at the contract
	}{
		{"relay", through + "/ok", 200, `{"first":1,"second":1}`, true, "1 1"},
		{"relay", through + "/error", 502, "Host send error failed after the second write", false, "1 1"},
		{"relay", through + "/trap", 502, "Host send error ", false, "1 1"},
		{"twice", "/ok", 200, `{"first":2,"second":2}`, true, "2 2"},
		{"twice", "/error", 500, "", false, "2 2"},
		{"twice", "/trap", 500, "", false, "2 2"},
		{"relay", through + "/ok", 200, `{"first":3,"second":3}`, true, "3 3"},
		{"twice", "/ok", 200, `{"first":4,"second":4}`, true, "4 4"},
		{"twice", "/ok", 500, "", false, "4 4"}, // the contract fails
		{"relay", through + "/ok", 502, "sold out", false, "4 4"},
	} {
		t.Run(test.who+test.path, func(t *testing.T) {
			before := everything(t, l.Host)
			status, text, seq := get(t, urls[test.who]+test.path)
			if status != test.status || !strings.Contains(text, test.body) || test.body == "" && text != "" {
				t.Errorf("%d %q, not %d %q", status, text, test.status, test.body)
			}
			after := everything(t, l.Host)
			if same := before == after; same == test.stays {
				t.Errorf("behind it there is\n%s\nand there was\n%s", after, before)
			}
			first, _, err := l.Get(contract, []byte("first"))
			second, _, err2 := l.Get(contract, []byte("second"))
			if got := string(first) + " " + string(second); err != nil || err2 != nil || got != test.numbers {
				t.Errorf("the contract has %s, not %s: %v %v", got, test.numbers, err, err2)
			}
			trace, err := l.Trace(t.Context(), seq)
			if err != nil {
				t.Fatal(err)
			}
			if failed := test.status == 500; failed != (trace.Err != nil) {
				t.Errorf("the transaction ended with %v", trace.Err)
			}
			if !wrote {
				wrote = true
				t.Log("\n" + show.Trace(trace, nil))
				want := []string{"troupe.httpserver/httpserver", "relay", "twice", "till", string(contract), "till",
					"troupe.messaging/messaging", "till", string(contract), "till"}
				if got := visited(trace.Root, nil); strings.Join(got, "\n") != strings.Join(want, "\n") {
					t.Errorf("it went through\n%s", strings.Join(got, "\n"))
				}
			}
		})
	}
	if _, err := l.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// visited are who is called by a tree, in order. One that gets a reply is called again; to be made does not count.
func visited(s *dispatch.Span, all []string) []string {
	if s.Kind != actor.KindInstantiate {
		all = append(all, string(s.To))
	}
	for _, sub := range s.Children {
		all = visited(sub, all)
	}
	return all
}

// get makes a request. It returns the transaction that it became, too.
func get(t *testing.T, url string) (status int, text string, seq uint64) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	seq, err = strconv.ParseUint(res.Header.Get("Troupe-Transaction"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body), seq
}

// everything is the state of all actors but that of the links, to which the supervisor reports when it likes.
func everything(t *testing.T, h *runtime.Host) string {
	t.Helper()
	listing, err := h.Reader().Actors("", 1000, "")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, a := range listing.Actors {
		if a.Address == capability.Address {
			continue
		}
		page, err := h.Reader().Scan(a.Address, query.Range{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Pairs {
			fmt.Fprintf(&b, "%s %q %q\n", a.Address, p.Key, p.Value)
		}
	}
	return b.String()
}
