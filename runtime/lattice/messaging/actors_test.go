package messaging_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/edge"
	"github.com/troupe-run/troupe/runtime/capability/httpserver"
	"github.com/troupe-run/troupe/runtime/lattice/messaging"
)

// A theatre is a host on which real classic actors play: with listeners, a server of NATS, and a log that is read.
type theatre struct {
	*runtime.Host
	t      *testing.T
	halves *edge.Supervisor
	nats   *server
	nc     *nats.Conn
	said   *logged
}

func newTheatre(t *testing.T, s *server) *theatre {
	t.Helper()
	bus, said := messaging.New(), &logged{}
	h, err := runtime.Open("", &runtime.Options{Logger: slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelDebug})), Executor: dispatch.Options{Outside: bus.Ask}})
	if err != nil {
		t.Fatal(err)
	}
	th := &theatre{h, t, edge.New(h, []edge.Kind{httpserver.Kind(), bus.Kind()}, &edge.Options{First: 20 * time.Millisecond}), s, s.client(), said}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- th.halves.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, h.Close()); err != nil {
			t.Error(err)
		}
	})
	th.order(capability.Order{Provide: []capability.ProviderOrder{{Name: "web", Kind: "httpserver"}, {Name: "store", Kind: "keyvalue"}, {Name: "nats", Kind: "messaging"}}})
	return th
}

func (th *theatre) order(o capability.Order) {
	th.t.Helper()
	if _, err := th.Order(th.t.Context(), o, "", ""); err != nil {
		th.t.Fatal(err)
	}
}

// classic reads the module of an actor.
func classic(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(os.Getenv("TROUPE_WASMBUS_ACTORS"), file+".wasm"))
	if err != nil {
		t.Skip(err)
	}
	return b
}

// start starts the actor of a file under that name.
func (th *theatre) start(file string) {
	th.t.Helper()
	if _, err := th.Start(th.t.Context(), file, classic(th.t, file), runtime.StartOptions{}); err != nil {
		th.t.Fatal(err)
	}
}

// link links an actor. The values are those of the link.
func (th *theatre) link(who, contract, provider string, values map[string]string) {
	th.t.Helper()
	th.order(capability.Order{Link: []capability.LinkOrder{{LinkName: capability.LinkName{Actor: who, Contract: contract}, Provider: provider, Values: values}}})
}

// works waits until an actor is reached from outside, and returns where.
func (th *theatre) works(who string) (url string) {
	th.t.Helper()
	for deadline := time.After(30 * time.Second); ; {
		changed := th.halves.Changed()
		for _, s := range th.halves.Status() {
			if string(s.Actor) == who && s.State == capability.Healthy {
				return strings.TrimPrefix(s.Detail, "listens on ")
			}
		}
		select {
		case <-changed:
		case <-deadline:
			th.t.Fatalf("%s is not reached: %+v", who, th.halves.Status())
		}
	}
}

// serve starts an actor, links it to a listener and a store whether or not it claims them, and returns where it is served.
func (th *theatre) serve(file string) (url string) {
	th.t.Helper()
	th.start(file)
	th.link(file, capability.KeyValue, "store", nil)
	th.link(file, capability.HTTPServer, "web", map[string]string{"address": "127.0.0.1:0"})
	return th.works(file)
}

// ask makes a request over HTTP. To an answer without a body, as it is to a failure, it adds what the transaction says.
func (th *theatre) ask(url string) (answer string, seq uint64) {
	th.t.Helper()
	res, err := http.Post(url+"/echo?a=b", "", strings.NewReader("hi"))
	if err != nil {
		th.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		th.t.Fatal(err)
	}
	seq, _ = strconv.ParseUint(res.Header.Get("Troupe-Transaction"), 10, 64)
	answer = fmt.Sprintf("%d %s", res.StatusCode, body)
	if receipt, err := th.Reader().Receipt(seq); len(body) == 0 && err == nil && receipt.Err != nil {
		answer += receipt.Err.Error()
	}
	return answer, seq
}

// A part is what an actor does, again and again: it returns what came of it.
type part func(th *theatre, file string) (play func() string)

// overHTTP is a request. Before it the actors of other files are started.
func overHTTP(others ...string) part {
	return func(th *theatre, file string) func() string {
		for _, other := range others {
			th.start(other)
		}
		url := th.serve(file)
		return func() string { answer, _ := th.ask(url); return answer }
	}
}

// neverEntered is a request to an actor that does not claim to serve. The first shows that it costs what the calls do, to make the
// actor and to ask it: a guest that is entered burns fuel, ten times as much.
func neverEntered(th *theatre, file string) func() string {
	play := overHTTP()(th, file)
	_, seq := th.ask(th.works(file))
	trace, err := th.Trace(th.t.Context(), seq)
	if err != nil {
		th.t.Fatal(err)
	}
	span := trace.Root.Children[len(trace.Root.Children)-1]
	if string(span.To) != file || span.Err == nil || len(span.Logs)+len(span.Touches) > 0 || span.GasUsed > 3*dispatch.DefaultGas().Call {
		th.t.Errorf("it did something for %d gas: %v, %+v, %v", span.GasUsed, span.Err, span.Touches, span.Logs)
	}
	return play
}

// logging is a request to an actor that says so many lines, which the log tells with its name and transaction. The first
// shows them.
func logging(lines int) part {
	return func(th *theatre, file string) func() string {
		url := th.serve(file)
		_, seq := th.ask(url)
		said := 0
		// The logger is told behind the answer.
		for until := time.Now().Add(30 * time.Second); said < lines && time.Now().Before(until); time.Sleep(time.Millisecond) {
			said = strings.Count(th.said.String(), fmt.Sprintf(" actor=%s seq=%d committed=true", file, seq))
		}
		if said != lines {
			th.t.Errorf("%d lines, not %d:\n%s", said, lines, th.said)
		}
		return func() string { answer, _ := th.ask(url); return answer }
	}
}

// overNATS is a request over NATS.
func overNATS(th *theatre, file string) func() string {
	th.start(file)
	th.link(file, capability.Messaging, "nats", th.nats.values("SUBSCRIPTION", "classic.*|q"))
	th.works(file)
	return func() string {
		reply, err := th.nc.Request("classic.echo", []byte("hello"), 30*time.Second)
		if err != nil {
			return err.Error()
		}
		return string(reply.Data)
	}
}

// deciding lets a policy actor decide: it admits an actor of wasmCloud, and denies the same code signed by others.
func deciding(th *theatre, file string) func() string {
	th.start(file)
	th.order(capability.Order{
		Link:   []capability.LinkOrder{{LinkName: capability.LinkName{Actor: file, Contract: capability.Messaging}, Provider: "nats", Values: th.nats.values()}},
		Policy: &capability.PolicyOrder{Actor: actor.Address(file)},
	})
	echo, stranger := classic(th.t, "otp_echo"), must(claims.NewKey(claims.AccountKey))
	other := must(claims.SignModule(stranger, echo, claims.Module{Subject: must(claims.NewKey(claims.ModuleKey)).Public(), Name: "Echo", Caps: []string{capability.HTTPServer}}))
	if _, err := th.Start(th.t.Context(), "echo", echo, runtime.StartOptions{}); err != nil {
		th.t.Fatal(err)
	}
	return func() string {
		_, err := th.Start(th.t.Context(), "other", other, runtime.StartOptions{})
		return fmt.Sprint(err)
	}
}

// TestRealActors lets the actors that the classic hosts were tested with play their parts, unmodified, over real sockets, and tells
// of each what came of it and the time per call: the median of a call as it says, with its commit to a host in memory, and of a
// health request, which is a call of the guest in a transaction and nothing more. None of the actors is in the repository: the
// variable names the folder that has them.
//
//	TROUPE_WASMBUS_ACTORS=DIR go test -v -run 'RealActors|UpdateUnderLoad' ./runtime/lattice/messaging ./examples
func TestRealActors(t *testing.T) {
	if os.Getenv("TROUPE_WASMBUS_ACTORS") == "" {
		t.Skip("TROUPE_WASMBUS_ACTORS names no folder of classic actors")
	}
	const (
		echo     = `200 {"body":[104,105],"method":"POST","path":"/echo","query_string":"a=b"}`
		old      = `"method":"POST","path":"/echo","query_string":"a=b","headers":{`
		noClaim  = "Invocation not authorized: missing capability claim for wasmcloud:keyvalue"
		noServer = "Invocation source does not have the required capability claim wasmcloud:httpserver"
	)
	s := newServer(t)
	var table strings.Builder
	out := tabwriter.NewWriter(&table, 0, 8, 2, ' ', 0)
	fmt.Fprintln(out, "actor\tcall\tguest alone\tresult")
	for _, row := range []struct {
		file  string
		part  part
		wants []string // parts of what comes of it
	}{
		{"otp_echo", overHTTP(), []string{echo}},
		{"v018_echo", overHTTP(), []string{"200 ", old}},
		{"v018_echo_r0", overHTTP(), []string{`200 {"revision":0,`, old}},
		{"v018_echo_r1", overHTTP(), []string{`200 {"revision":1,`, old}},
		{"taction_tinygo_echo_s_20221114", overHTTP(), []string{"200 ", "/echo"}},
		{"otp_kvcounter", overHTTP(), []string{`200 {"counter":`}},
		{"v018_kvcounter", overHTTP(), []string{`200 {"counter":`}},
		{"otp_pinger_s", overHTTP("otp_ponger_s"), []string{"200 Ping pong"}},
		{"v018_pinger", overHTTP("v018_ponger"), []string{`200 {"value":53}`}},
		{"otp_randogenlogger_s", logging(5), []string{"200 I did it"}},
		{"wascap_logger", logging(3), []string{"200 "}},
		{"v018_extras", overHTTP(), []string{"200 "}},
		{"wc_extras", overHTTP(), []string{"200 "}},
		{"wascap_echo_messaging_v0.9.0", overNATS, []string{"reply: hello"}},
		{"wascap_echo_messaging_v0.10.0", overNATS, []string{"reply: hello"}},
		{"otp_example_policy_s", deciding, []string{"denied: ", "Issuer was not the official wasmCloud issuer"}},
		{"otp_kvcounter_unpriv_s", overHTTP(), []string{"500 ", noClaim}},
		{"otp_kvcounter_unpriv_s_20210712", overHTTP(), []string{"500 ", noClaim}},
		{"otp_kvcounter_unpriv_s_20220302", overHTTP(), []string{"500 ", noClaim}},
		{"otp_echo_unpriv_s", neverEntered, []string{"500 " + capability.CodeMissingClaim + ": " + noServer}},
		{"otp_echo_unpriv_s_20220304", neverEntered, []string{"500 " + capability.CodeMissingClaim + ": " + noServer}},
		{"otp_echo_unpriv_s_20220309", neverEntered, []string{"500 " + capability.CodeMissingClaim + ": " + noServer}},
	} {
		t.Run(row.file, func(t *testing.T) {
			th := newTheatre(t, s)
			play := row.part(th, row.file)
			result := play()
			for _, want := range row.wants {
				if !strings.Contains(result, want) {
					t.Errorf("%s, without %s", result, want)
				}
			}
			call := median(t, 51, func() { play() })
			guest := median(t, 101, func() {
				r, err := th.Send(t.Context(), "somebody", actor.Message{To: actor.Address(row.file), Body: []byte(`{"op":"Actor.HealthRequest"}`)})
				if err != nil || !strings.HasPrefix(string(r.Data), `{"healthy":true`) {
					t.Errorf("%v, %v", r, err)
				}
			})
			fmt.Fprintf(out, "%s\t%s\t%s\t%.90q\n", row.file, call, guest, result)
			if _, err := th.Verify(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	out.Flush()
	t.Log("\n" + table.String())
}

// median is that of the times of so many calls, unless something has failed.
func median(t *testing.T, calls int, call func()) time.Duration {
	var times []time.Duration
	for range calls {
		begun := time.Now()
		call()
		times = append(times, time.Since(begun))
		if t.Failed() {
			break
		}
	}
	slices.Sort(times)
	return times[len(times)/2].Round(time.Microsecond)
}
