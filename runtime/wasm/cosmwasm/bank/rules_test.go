package bank_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/bank"
)

// TestRules runs the scripts in testdata/rules against the bank alone, on a state in memory. Commands:
//
//	new [module=A] [accounts=upper]   an empty bank; accounts=upper keeps them in upper case and refuses those with a digit
//	execute FROM, sudo, instantiate [admin]   a message with the input as its body; shows the events and the data, or the error
//	query                             shows the answer, or the error
//	set KEY VALUE                     writes the state behind the bank's back; KEY is quoted
//	keys                              shows the state
//
// In a body, {{N*S}} is S, N times.
func TestRules(t *testing.T) {
	datadriven.Walk(t, "testdata/rules", func(t *testing.T, path string) {
		r := newRunner(nil)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			body := []byte(repeat(t, d.Input))
			msg := actor.Message{To: "bank", Body: body}
			switch d.Cmd {
			case "new":
				opts := bank.Options{}
				for _, arg := range d.CmdArgs {
					switch arg.Key {
					case "module":
						opts.Module = actor.Address(arg.Vals[0])
					case "accounts":
						opts.Account = upper
					}
				}
				r = newRunner(&opts)
				return ""
			case "execute":
				return r.do(r.bank.Execute, actor.Address(d.CmdArgs[0].Key), msg)
			case "sudo":
				return r.do(r.bank.Sudo, "", msg)
			case "instantiate":
				if d.HasArg("admin") {
					msg.Admin = "alice"
				}
				return r.do(r.bank.Instantiate, "alice", msg)
			case "query":
				answer, err := r.query(string(body))
				if err != nil {
					return report(err)
				}
				return answer + "\n"
			case "set":
				key, err := strconv.Unquote(d.CmdArgs[0].Key)
				if err != nil {
					t.Fatal(err)
				}
				r.state.Set([]byte(key), body)
				return ""
			case "keys":
				return r.keys()
			}
			t.Fatalf("unknown command %q", d.Cmd)
			return ""
		})
	})
}

// upper is an Options.Account for which many texts are one account.
func upper(text string) (actor.Address, error) {
	if strings.ContainsAny(text, "0123456789") {
		return "", errors.New("digits have no place here")
	}
	return actor.Address(strings.ToUpper(text)), nil
}

// runner is a bank and its state, of which it takes back what a failed message has written, as a host does.
type runner struct {
	bank  *bank.Actor
	state *actor.MemState
}

func newRunner(opts *bank.Options) *runner { return &runner{bank.New(opts), new(actor.MemState)} }

type entryPoint func(context.Context, *actor.Env, actor.Message) (actor.Response, error)

func (r *runner) run(entry entryPoint, from actor.Address, msg actor.Message) (actor.Response, error) {
	draft := new(actor.MemState)
	for k, v := range r.state.Range(nil, nil, actor.Ascending) {
		draft.Set(k, v)
	}
	resp, err := entry(context.Background(), &actor.Env{Self: "bank", Sender: from, State: draft}, msg)
	if err == nil {
		r.state = draft
	}
	return resp, err
}

func (r *runner) do(entry entryPoint, from actor.Address, msg actor.Message) string {
	resp, err := r.run(entry, from, msg)
	if err != nil {
		return report(err)
	}
	var b strings.Builder
	for _, ev := range resp.Events {
		b.WriteString(ev.Type)
		for _, a := range ev.Attributes {
			fmt.Fprintf(&b, " %s=%s", a.Key, a.Value)
		}
		b.WriteByte('\n')
	}
	switch {
	case resp.Data != nil:
		fmt.Fprintf(&b, "data %q\n", resp.Data)
	case b.Len() == 0:
		return "ok\n"
	}
	return b.String()
}

func (r *runner) query(body string) (string, error) {
	answer, err := r.bank.Query(context.Background(), &actor.View{Self: "bank", State: r.state}, []byte(body))
	return string(answer), err
}

// report shows an error, which is one for actors, and what a chain makes of it.
func report(err error) string {
	var e *actor.Error
	if !errors.As(err, &e) {
		return fmt.Sprintf("no actor error: %v\n", err)
	}
	chain := "-"
	if c, ok := bank.ChainCode(e.Code); ok {
		chain = fmt.Sprintf("%s/%d", c.Codespace, c.Code)
	}
	return fmt.Sprintf("error %s (%s) %s\n", e.Code, chain, e.Message)
}

func (r *runner) keys() string {
	var b strings.Builder
	for k, v := range r.state.Range(nil, nil, actor.Ascending) {
		fmt.Fprintf(&b, "%q %s\n", k, v)
	}
	return b.String()
}

// repeat replaces each {{N*S}}.
func repeat(t *testing.T, s string) string {
	for {
		before, rest, ok := strings.Cut(s, "{{")
		if !ok {
			return s
		}
		what, after, _ := strings.Cut(rest, "}}")
		times, text, _ := strings.Cut(what, "*")
		n, err := strconv.Atoi(times)
		if err != nil {
			t.Fatal(err)
		}
		s = before + strings.Repeat(text, n) + after
	}
}
