package script

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/state"
)

// A Puppeteer makes the actor that a script binds as a module. Birth is what it does when it is instantiated with an
// empty body; bare says that it has no entry point but Execute.
type Puppeteer func(birth puppet.Program, bare bool) actor.Actor

// Native makes puppets that are Go values.
func Native(birth puppet.Program, bare bool) actor.Actor {
	p := puppet.Actor{Birth: birth}
	if bare {
		return onlyExecute{p}
	}
	return p
}

// onlyExecute is an actor with Execute alone.
type onlyExecute struct{ actor.Actor }

// Run runs the scripts below a directory.
func Run(t *testing.T, dir string, puppets Puppeteer) {
	datadriven.Walk(t, dir, func(t *testing.T, path string) {
		s := &script{puppets: puppets}
		s.reset(t)
		datadriven.RunTest(t, path, func(t *testing.T, td *datadriven.TestData) string {
			run, ok := commands[td.Cmd]
			if !ok {
				td.Fatalf(t, "no command %q", td.Cmd)
			}
			s.w.T = t
			out := run(s, t, td)
			if n := s.w.Orphans(); n != 0 {
				td.Fatalf(t, "%d keys belong to no actor", n)
			}
			return out
		})
	})
}

type script struct {
	w       *World
	puppets Puppeteer
	result  dispatch.Result
	denied  map[[2]actor.Address]string
}

func (s *script) reset(t testing.TB) {
	s.w = New(t)
	s.w.Bind("puppet", dispatch.Code{Actor: s.puppets(puppet.Program{}, false)})
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
	"state":   func(s *script, _ *testing.T, _ *datadriven.TestData) string { return s.w.StateText() },
	"events":  func(s *script, _ *testing.T, _ *datadriven.TestData) string { return EventsText(s.result.Events) },
	"trace":   (*script).trace,
	"deny":    (*script).deny,
	"unload":  (*script).unload,
	"corrupt": (*script).corrupt,
}

func (s *script) module(t *testing.T, td *datadriven.TestData) string {
	birth, err := puppet.Parse(td.Input)
	if err != nil {
		td.Fatalf(t, "%s", err)
	}
	puppets, system := s.puppets, td.HasArg("system")
	if system {
		puppets = Native // such code is the host's own, whatever the others are
	}
	code := dispatch.Code{Actor: puppets(birth, td.HasArg("bare")), System: system}
	s.w.Bind(actor.ModuleID(td.CmdArgs[0].Key), code)
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
		if res := s.w.Send(t.Context(), "setup", msg); res.Err != nil || res.Fault != nil {
			td.Fatalf(t, "%s: %v %v", arg.Key, res.Err, res.Fault)
		}
	}
	return ""
}

func (s *script) records(*testing.T, *datadriven.TestData) string {
	var b strings.Builder
	s.w.Actors(func(addr actor.Address, r state.Actor, _ [][2]string) {
		fmt.Fprintf(&b, "%s: number %d, module %s, creator %s, admin %s, created %d\n",
			addr, r.Number, r.Module, word(string(r.Creator)), word(string(r.Admin)), r.Created)
	})
	return b.String()
}

func (s *script) limits(t *testing.T, td *datadriven.TestData) string {
	s.w.D.Limits = dispatch.Limits{}
	setFields(t, td, &s.w.D.Limits)
	return ""
}

func (s *script) prices(t *testing.T, td *datadriven.TestData) string {
	s.w.D.Gas = dispatch.DefaultGas()
	s.w.D.Gas.Fuel = freeFuel
	if len(td.CmdArgs) > 0 {
		s.w.D.Gas = &dispatch.Gas{Fuel: freeFuel}
		setFields(t, td, s.w.D.Gas)
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
	var res dispatch.Result
	withDeadline(t, deadline, func(ctx context.Context) { res = s.w.Send(ctx, sender, msg) })
	s.result = res
	var b strings.Builder
	b.WriteString(resultText(res, td.HasArg("gas")))
	if td.HasArg("brief") {
		return b.String()
	}
	b.WriteString("calls:\n" + callsText(s.w.trace.Root, "  "))
	if len(res.Events) > 0 {
		b.WriteString("events:\n" + EventsText(res.Events))
	}
	if text := s.w.StateText(); text != "" {
		b.WriteString("state:\n" + text)
	}
	return b.String()
}

// errLate is why a context ends that ends in time.
var errLate = errors.New("the deadline has passed")

// withDeadline calls fn with a context that ends as a script says. After a duration it ends when somebody waits for it, and
// not before, on however slow a machine: time stands still while anybody does anything.
func withDeadline(t *testing.T, deadline string, fn func(context.Context)) {
	switch deadline {
	case "":
		fn(t.Context())
	case "passed":
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errLate)
		fn(ctx)
	default:
		d, err := time.ParseDuration(deadline)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeoutCause(t.Context(), d, errLate)
			defer cancel()
			fn(ctx)
		})
	}
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
	res := s.w.Query(actor.Address(td.CmdArgs[0].Key), []byte(td.Input))
	switch {
	case res.Fault != nil:
		return fmt.Sprintf("fault: %s\n", res.Fault)
	case res.Err != nil:
		return fmt.Sprintf("error %s\nat %s\n", res.Err, pathText(res.Path))
	}
	out := fmt.Sprintf("data %s\n", DataText(res.Data))
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
	s.w.D.Authorize = func(a dispatch.Access) error {
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
	tx := s.w.Part.Begin()
	tx.Set(Partition.AppendActor(nil, actor.Address(td.CmdArgs[0].Key)), []byte("\xff"))
	tx.Commit()
	return ""
}
