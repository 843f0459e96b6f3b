package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/state"
)

// TestRules runs the scripts in testdata/rules. They are the rules of dispatch, to be read: each names the rule that it
// shows. The actors in them are puppets: a message is a script of what its receiver does (see puppet.Parse). Nothing
// costs gas but what a script uses, unless prices are set.
//
// The commands:
//
//	module NAME [system] [bare]     bind a puppet as NAME, system: as system code, bare: with no entry point but Execute;
//	                                the script is what it does when it is instantiated with an empty body
//	actors A B.. [module=] [admin=] instantiate them, by default from the module "puppet"
//	limits NAME=N..                 set limits, by their names in JSON; the others are the defaults
//	prices [NAME=N..]               set prices of gas; without any, those that hold by default
//	send TO [from=] [kind=] [module=] [admin=] [body=N] [gas] [brief] [deadline=passed|DURATION]
//	                                one transaction; brief leaves out calls, events and state
//	query TO                        a query from outside
//	state, records, events, trace   show keys, records, the events or the trace of the last transaction
//	deny FROM TO [code=]            refuse messages from FROM to TO from here on
//	unload NAME                     forget the code of a module that the state knows
//	corrupt ACTOR                   damage its record
//	new                             begin with an empty world
//
// A transaction shows its outcome, who called whom (⇐ is a reply, ✗ a failure, undone what a failure above rolled back),
// its events, and the state of all actors that have any.
func TestRules(t *testing.T) {
	datadriven.Walk(t, filepath.Join("testdata", "rules"), func(t *testing.T, path string) {
		s := &script{}
		s.reset(t)
		datadriven.RunTest(t, path, func(t *testing.T, td *datadriven.TestData) string {
			run, ok := commands[td.Cmd]
			if !ok {
				td.Fatalf(t, "no command %q", td.Cmd)
			}
			s.w.t = t
			out := run(s, t, td)
			if n := s.w.orphans(); n != 0 {
				td.Fatalf(t, "%d keys belong to no actor", n)
			}
			return out
		})
	})
}

type script struct {
	w      *world
	result dispatch.Result
	denied map[[2]actor.Address]string
}

func (s *script) reset(t testing.TB) {
	s.w = newWorld(t)
	s.w.bind("puppet", dispatch.Code{Actor: puppet.Actor{}})
	s.denied = map[[2]actor.Address]string{}
}

var commands = map[string]func(*script, *testing.T, *datadriven.TestData) string{
	"new":     func(s *script, t *testing.T, _ *datadriven.TestData) string { s.reset(t); return "" },
	"module":  (*script).module,
	"actors":  (*script).actors,
	"records": (*script).records,
	"limits":  (*script).limits,
	"prices":  (*script).prices,
	"send":    (*script).send,
	"query":   (*script).query,
	"state":   func(s *script, _ *testing.T, _ *datadriven.TestData) string { return s.w.stateText() },
	"events":  func(s *script, _ *testing.T, _ *datadriven.TestData) string { return eventsText(s.result.Events) },
	"trace":   (*script).trace,
	"deny":    (*script).deny,
	"unload":  (*script).unload,
	"corrupt": (*script).corrupt,
}

// bare is an actor with Execute alone.
type bare struct{ actor.Actor }

func (s *script) module(t *testing.T, td *datadriven.TestData) string {
	birth, err := puppet.Parse(td.Input)
	if err != nil {
		td.Fatalf(t, "%s", err)
	}
	code := dispatch.Code{Actor: puppet.Actor{Birth: birth}, System: td.HasArg("system")}
	if td.HasArg("bare") {
		code.Actor = bare{code.Actor}
	}
	s.w.bind(actor.ModuleID(td.CmdArgs[0].Key), code)
	return ""
}

func (s *script) actors(t *testing.T, td *datadriven.TestData) string {
	msg := actor.Message{Kind: actor.KindInstantiate, Module: "puppet", Body: []byte(td.Input)}
	scan(t, td, "module", &msg.Module)
	scan(t, td, "admin", &msg.Admin)
	for _, arg := range td.CmdArgs {
		if len(arg.Vals) > 0 {
			continue
		}
		msg.To = actor.Address(arg.Key)
		if res := s.w.send(t.Context(), "setup", msg); res.Err != nil || res.Fault != nil {
			td.Fatalf(t, "%s: %v %v", arg.Key, res.Err, res.Fault)
		}
	}
	return ""
}

func (s *script) records(*testing.T, *datadriven.TestData) string {
	var b strings.Builder
	s.w.actors(func(addr actor.Address, r state.Actor, _ [][2]string) {
		fmt.Fprintf(&b, "%s: number %d, module %s, creator %s, admin %s, created %d\n",
			addr, r.Number, r.Module, word(string(r.Creator)), word(string(r.Admin)), r.Created)
	})
	return b.String()
}

func (s *script) limits(t *testing.T, td *datadriven.TestData) string {
	s.w.d.Limits = dispatch.Limits{}
	setFields(t, td, &s.w.d.Limits)
	return ""
}

func (s *script) prices(t *testing.T, td *datadriven.TestData) string {
	s.w.d.Gas = nil
	if len(td.CmdArgs) > 0 {
		s.w.d.Gas = new(dispatch.Gas)
		setFields(t, td, s.w.d.Gas)
	}
	return ""
}

// setFields sets the numbers of a struct by their names in JSON.
func setFields(t *testing.T, td *datadriven.TestData, target any) {
	v := reflect.ValueOf(target).Elem()
	for _, arg := range td.CmdArgs {
		n, err := strconv.ParseInt(strings.Join(arg.Vals, ""), 10, 64)
		found := err == nil
		for i := 0; found && i < v.NumField(); i++ {
			if name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); name == arg.Key {
				v.Field(i).Set(reflect.ValueOf(n).Convert(v.Field(i).Type()))
				found = false
			}
		}
		if found || err != nil {
			td.Fatalf(t, "%s is no limit or price", arg.Key)
		}
	}
}

func (s *script) send(t *testing.T, td *datadriven.TestData) string {
	msg := actor.Message{Body: []byte(td.Input)}
	if len(td.CmdArgs) > 0 && len(td.CmdArgs[0].Vals) == 0 && !strings.HasPrefix(td.FullCmd(), "send kind") {
		msg.To = actor.Address(td.CmdArgs[0].Key)
	}
	sender, kind, fill, deadline := actor.Address("alice"), "execute", 0, ""
	scan(t, td, "from", &sender)
	scan(t, td, "kind", &kind)
	scan(t, td, "to", &msg.To)
	scan(t, td, "module", &msg.Module)
	scan(t, td, "admin", &msg.Admin)
	scan(t, td, "body", &fill)
	scan(t, td, "deadline", &deadline)
	if err := msg.Kind.UnmarshalText([]byte(kind)); err != nil {
		td.Fatalf(t, "%s", err)
	}
	if fill > 0 {
		msg.Body = []byte(strings.Repeat("x", fill))
	}
	ctx, cancel := deadlined(t, deadline)
	defer cancel()
	res := s.w.send(ctx, sender, msg)
	s.result = res
	var b strings.Builder
	b.WriteString(resultText(res, td.HasArg("gas")))
	if s.w.panic != "" {
		fmt.Fprintf(&b, "panic in %s\n", s.w.panic)
	}
	if td.HasArg("brief") {
		return b.String()
	}
	b.WriteString("calls:\n" + callsText(s.w.trace.Root, "  "))
	if len(res.Events) > 0 {
		b.WriteString("events:\n" + eventsText(res.Events))
	}
	if text := s.w.stateText(); text != "" {
		b.WriteString("state:\n" + text)
	}
	return b.String()
}

// errLate is why a context ends that ends in time.
var errLate = errors.New("the deadline has passed")

func deadlined(t *testing.T, deadline string) (context.Context, context.CancelFunc) {
	switch deadline {
	case "":
		return t.Context(), func() {}
	case "passed":
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errLate)
		return ctx, func() {}
	}
	d, err := time.ParseDuration(deadline)
	if err != nil {
		t.Fatal(err)
	}
	return context.WithTimeoutCause(t.Context(), d, errLate)
}

// scan reads an optional argument. Unlike datadriven's own it takes any type of text.
func scan[T ~string | ~int](t *testing.T, td *datadriven.TestData, key string, target *T) {
	arg, ok := td.Arg(key)
	if !ok || len(arg.Vals) == 0 {
		return
	}
	v := reflect.ValueOf(target).Elem()
	if v.Kind() == reflect.String {
		v.SetString(arg.Vals[0])
		return
	}
	n, err := strconv.Atoi(arg.Vals[0])
	if err != nil {
		td.Fatalf(t, "%s", err)
	}
	v.SetInt(int64(n))
}

func (s *script) query(_ *testing.T, td *datadriven.TestData) string {
	res := s.w.query(actor.Address(td.CmdArgs[0].Key), []byte(td.Input))
	switch {
	case res.Fault != nil:
		return fmt.Sprintf("fault: %s\n", res.Fault)
	case res.Err != nil:
		return fmt.Sprintf("error %s\nat %s\n", res.Err, pathText(res.Path))
	}
	out := fmt.Sprintf("data %s\n", dataText(res.Data))
	if td.HasArg("gas") {
		out += fmt.Sprintf("gas %d\n", res.GasUsed)
	}
	return out
}

func (s *script) trace(*testing.T, *datadriven.TestData) string {
	return fmt.Sprintf("transaction %d from %s, gas %d, error %v, path %s\n", s.w.trace.Sequence, s.w.trace.Sender,
		s.w.trace.GasUsed, s.w.trace.Err, word(pathText(s.w.trace.Path))) + traceText(s.w.trace.Root, "")
}

func (s *script) deny(t *testing.T, td *datadriven.TestData) string {
	code := ""
	scan(t, td, "code", &code)
	s.denied[[2]actor.Address{actor.Address(td.CmdArgs[0].Key), actor.Address(td.CmdArgs[1].Key)}] = code
	s.w.d.Authorize = func(a dispatch.Access) error {
		code, denied := s.denied[[2]actor.Address{a.From, a.Message.To}]
		switch {
		case !denied:
			return nil
		case code == "":
			return fmt.Errorf("%s may not send to %s for %s at depth %d", a.From, a.Message.To, a.Sender, a.Depth)
		}
		return actor.Errorf(code, "policy")
	}
	return ""
}

func (s *script) unload(_ *testing.T, td *datadriven.TestData) string {
	delete(s.w.code, actor.ModuleID(td.CmdArgs[0].Key))
	return ""
}

func (s *script) corrupt(_ *testing.T, td *datadriven.TestData) string {
	tx := s.w.part.Begin()
	tx.Set(partition.AppendActor(nil, actor.Address(td.CmdArgs[0].Key)), []byte("\xff"))
	tx.Commit()
	return ""
}
