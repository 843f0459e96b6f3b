package capability_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/state"
)

// TestOrders runs the scripts in testdata/orders on a host. Each ends with a replay. "@name" stands for a key of that name.
// The lines of an order are one transaction:
//
//	order [by=WHO]
//	start ACTOR MODULE ISSUER [caps=(…)] [rev=N] [issued=+SECONDS] [expires=+SECONDS] [not-before=+SECONDS] [alias=…] [hash=…]
//	  [instances=N] [any-revision] [any-caps] [forged]
//	stop ACTOR
//	scale ACTOR N
//	provide NAME [kind=…] [address=…] [contract=…] [key=…] [plain] [config=(k:v,…)]
//	withdraw NAME
//	link ACTOR PROVIDER CONTRACT [name=…] [values=(k:v,…)]
//	unlink ACTOR CONTRACT [name=…]
//	trust KEY [issuer=…] [signers=(…)] [of=KEY] [expires=+SECONDS]
//	distrust KEY
//	ban KEY [REASON]
//	unban KEY
//	policy [ACTOR] [actions=(…)]
//	report PROVIDER STATE [actor=…] [link=…] [reason=…] [detail=…]
//
// Other commands:
//
//	json [by=WHO] [as=SENDER]   the input is the body of a message to troupe.links
//	admit ACTOR
//	find ACTOR NAMESPACE [link=…]
//	linked ADDRESS ACTOR CONTRACT [link=…]
//	list
//	ask                         the input is the body of a query
//	asked JUDGE                 what the policy actor was asked last
//	grant WHO                   makes it an operator; the first founds the host
//	sleep SECONDS               for the clock of the host
//	reopen                      closes and opens the directory
func TestOrders(t *testing.T) {
	datadriven.Walk(t, "testdata/orders", func(t *testing.T, path string) {
		r := &runner{t: t, dir: t.TempDir(), now: start}
		r.open()
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			return named(r.do(d))
		})
		if _, err := r.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
}

// requestID is in what a policy actor is asked, and differs each time.
var requestID = regexp.MustCompile(`"requestId":"[0-9a-f]{32}"`)

type runner struct {
	*runtime.Host
	t    *testing.T
	dir  string
	now  time.Time
	memo capability.Memo
}

func (r *runner) open() {
	r.t.Helper()
	var err error
	opts := &runtime.Options{Executor: dispatch.Options{Clock: func() time.Time { return r.now }}, Lazy: true, Policy: housePolicy}
	if r.Host, err = runtime.Open(r.dir, opts); err != nil {
		r.t.Fatal(err)
	}
	if err := errors.Join(r.Bind("judge", judge{}), r.Bind("clerk", judge{clerk: true}), r.Bind("seer", seer{}), r.Bind("post", capability.NewProvider(capability.Messaging, post{}))); err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.Order(r.t.Context(), capability.Order{}, "", ""); err != nil { // binds the actors of the host
		r.t.Fatal(err)
	}
}

// args are the arguments of a command: those with values by their names, and the others in order.
type args struct {
	t     *testing.T
	plain []string
	named map[string][]string
}

func parse(t *testing.T, list []datadriven.CmdArg) args {
	a := args{t: t, named: map[string][]string{}}
	for _, arg := range list {
		if len(arg.Vals) == 0 {
			a.plain = append(a.plain, unnamed(arg.Key))
		} else {
			for i := range arg.Vals {
				arg.Vals[i] = unnamed(arg.Vals[i])
			}
			a.named[arg.Key] = arg.Vals
		}
	}
	return a
}

func (a args) word(key string) string { return strings.Join(a.named[key], ",") }

func (a args) flag(name string) bool { return slices.Contains(a.plain, name) }

func (a args) number(key string) int {
	if a.word(key) == "" {
		return 0
	}
	n, err := strconv.Atoi(a.word(key))
	if err != nil {
		a.t.Fatal(err)
	}
	return n
}

// after is the time that many seconds from now, zero if there is no such argument.
func (a args) after(key string, now time.Time) time.Time {
	if a.word(key) == "" {
		return time.Time{}
	}
	return now.Add(time.Duration(a.number(key)) * time.Second)
}

func (a args) pairs(key string) map[string]string {
	if a.named[key] == nil {
		return nil
	}
	m := map[string]string{}
	for _, pair := range a.named[key] {
		k, v, _ := strings.Cut(pair, ":")
		m[k] = v
	}
	return m
}

func (r *runner) do(d *datadriven.TestData) string {
	a := parse(r.t, d.CmdArgs)
	switch d.Cmd {
	case "order":
		var o capability.Order
		for line := range strings.SplitSeq(d.Input, "\n") {
			cmd, list, err := datadriven.ParseLine(line)
			if err != nil {
				d.Fatalf(r.t, "%v", err)
			}
			r.add(&o, cmd, parse(r.t, list))
		}
		return r.send(a, mustJSON(&o))
	case "json":
		return r.send(a, []byte(unnamed(d.Input)))
	case "admit":
		who, err := r.table().Admit(actor.Address(a.plain[0]), r.now)
		if err != nil {
			return err.Error() + "\n"
		}
		return fmt.Sprintf("%s of %s, %d instances\n", who.Address, who.Key, who.Instances)
	case "find":
		return r.find(actor.Address(a.plain[0]), a.word("link"), a.plain[1])
	case "linked":
		l, p, err := capability.Linked(r.table(), actor.Address(a.plain[0]), actor.Address(a.plain[1]), a.plain[2], a.word("link"))
		if err != nil {
			return err.Error() + "\n"
		}
		return fmt.Sprintf("%s, by %s %v\n", p.Name, l.Name, l.Values)
	case "list":
		return r.list()
	case "ask":
		b, err := r.Query(r.t.Context(), capability.Address, []byte(unnamed(d.Input)))
		if err != nil {
			return err.Error() + "\n"
		}
		return string(b) + "\n"
	case "asked":
		b, _, err := r.Get(actor.Address(a.plain[0]), []byte("asked"))
		if err != nil {
			return err.Error() + "\n"
		}
		return requestID.ReplaceAllString(string(b), `"requestId":"…"`) + "\n"
	case "grant":
		return r.grant(a.plain[0])
	case "sleep":
		seconds, err := strconv.Atoi(a.plain[0])
		if err != nil {
			r.t.Fatal(err)
		}
		r.now = r.now.Add(time.Duration(seconds) * time.Second)
		return ""
	case "reopen":
		if err := r.Close(); err != nil {
			r.t.Fatal(err)
		}
		r.open()
		return ""
	}
	d.Fatalf(r.t, "unknown command %s", d.Cmd)
	return ""
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// add adds a line to an order.
func (r *runner) add(o *capability.Order, cmd string, a args) {
	switch cmd {
	case "start":
		text := token(r.t, name(a.plain[2]), claims.Module{Subject: a.plain[1], Caps: a.named["caps"], Revision: int32(a.number("rev")), Issued: a.after("issued", start),
			Expires: a.after("expires", r.now), NotBefore: a.after("not-before", r.now), Alias: a.word("alias"), Hash: a.word("hash")})
		if a.flag("forged") {
			text = text[:len(text)-1] + "A"
		}
		o.Start = append(o.Start, capability.StartOrder{Actor: actor.Address(a.plain[0]), Token: text, Instances: a.number("instances"),
			AnyRevision: a.flag("any-revision"), AnyCaps: a.flag("any-caps")})
	case "stop":
		o.Stop = append(o.Stop, actor.Address(a.plain[0]))
	case "scale":
		n, err := strconv.Atoi(a.plain[1])
		if err != nil {
			r.t.Fatal(err)
		}
		o.Scale = append(o.Scale, capability.ScaleOrder{Actor: actor.Address(a.plain[0]), Instances: n})
	case "provide":
		o.Provide = append(o.Provide, capability.ProviderOrder{Name: a.plain[0], Kind: a.word("kind"), Address: actor.Address(a.word("address")),
			Contract: a.word("contract"), Key: a.word("key"), Config: a.pairs("config"), Plain: a.flag("plain")})
	case "withdraw":
		o.Withdraw = append(o.Withdraw, a.plain[0])
	case "link":
		o.Link = append(o.Link, capability.LinkOrder{LinkName: capability.LinkName{Actor: a.plain[0], Contract: a.plain[2], Name: a.word("name")},
			Provider: a.plain[1], Values: a.pairs("values")})
	case "unlink":
		o.Unlink = append(o.Unlink, capability.LinkName{Actor: a.plain[0], Contract: a.plain[1], Name: a.word("name")})
	case "trust":
		t := capability.TrustOrder{Key: a.plain[0]}
		if issuer := a.word("issuer"); issuer != "" {
			of := a.plain[0]
			if a.word("of") != "" {
				of = a.word("of")
			}
			t.Token = accountToken(r.t, name(issuer), claims.Account{Subject: of, ValidSigners: a.named["signers"], Expires: a.after("expires", r.now)})
		}
		o.Trust = append(o.Trust, t)
	case "distrust":
		o.Distrust = append(o.Distrust, a.plain[0])
	case "ban":
		o.Ban = append(o.Ban, capability.BanOrder{Key: a.plain[0], Reason: strings.Join(a.plain[1:], " ")})
	case "unban":
		o.Unban = append(o.Unban, a.plain[0])
	case "policy":
		o.Policy = &capability.PolicyOrder{Actor: actor.Address(strings.Join(a.plain, ""))}
		for _, action := range a.named["actions"] {
			o.Policy.Actions = append(o.Policy.Actions, capability.Action(action))
		}
	case "report":
		o.Report = append(o.Report, capability.ReportOrder{Provider: a.plain[0], State: capability.State(a.plain[1]), Actor: actor.Address(a.word("actor")),
			Link: a.word("link"), Reason: a.word("reason"), Detail: a.word("detail")})
	default:
		r.t.Fatalf("an order has no line %q", cmd)
	}
}

// name returns the name of a key.
func name(public string) string {
	for name, k := range keys {
		if k.public == public {
			return name
		}
	}
	return public
}

func (r *runner) send(a args, body []byte) string {
	req := dispatch.Request{Message: actor.Message{To: capability.Address, Body: body}}
	switch {
	case a.word("as") != "":
		req.Sender = actor.Address(a.word("as"))
	case a.word("by") != "":
		req.Signer = a.word("by")
	default:
		req.Message.Kind = actor.KindSudo
	}
	receipt, err := r.Do(r.t.Context(), req)
	if receipt == nil {
		return err.Error() + "\n"
	}
	return report(receipt)
}

// report tells what a transaction has left.
func report(r *state.Receipt) string {
	if r.Err != nil {
		return r.Err.Error() + "\n"
	}
	var b strings.Builder
	b.WriteString("ok\n")
	for _, ev := range r.Events {
		if ev.Actor == capability.Address && ev.Type != "execute" && ev.Type != "sudo" && ev.Type != "instantiate" {
			fmt.Fprintf(&b, "%s", ev.Type)
			for _, a := range ev.Attributes {
				fmt.Fprintf(&b, " %s=%s", a.Key, a.Value)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// table reads what is durable.
func (r *runner) table() *capability.Table {
	t := r.Table()
	t.Memo = &r.memo
	return t
}

func (r *runner) find(self actor.Address, link, namespace string) string {
	target, err := r.table().Find(self, link, namespace)
	if err != nil {
		return err.Error() + "\n"
	}
	if target.Link == nil {
		return fmt.Sprintf("%s, guest: %t\n", target.To, target.Guest)
	}
	out := fmt.Sprintf("%s at %s\n", target.Provider.Name, target.To)
	if a, ok := r.table().Actor(self); ok {
		if err := capability.Outbound(a, namespace); err != nil {
			out += "outbound: " + err.Error() + "\n"
		}
		if err := capability.Inbound(a, namespace); err != nil {
			out += "inbound: " + err.Error() + "\n"
		}
	}
	return out
}

func (r *runner) list() string {
	all, err := r.Capabilities()
	if err != nil {
		return err.Error() + "\n"
	}
	var b strings.Builder
	for _, a := range all.Actors {
		fmt.Fprintf(&b, "actor %s of %s by %s rev=%d caps=%v alias=%q instances=%d\n", a.Address, a.Key, a.Issuer, a.Revision, a.Caps, a.Alias, a.Instances)
	}
	for _, p := range all.Providers {
		fmt.Fprintf(&b, "provider %s at %s for %s kind=%s key=%s plain=%t %v\n", p.Name, p.Address, p.Contract, p.Kind, p.Key, p.Plain, p.Config)
	}
	for _, l := range all.Links {
		fmt.Fprintf(&b, "link %s %s %s to %s %v\n", l.Actor, l.Contract, l.Name, l.Provider, l.Values)
	}
	for _, s := range all.Status {
		fmt.Fprintf(&b, "status %s %s %s: %s %q %q since=%ds attempts=%d\n", s.Provider, s.Actor, s.Link, s.State, s.Reason, s.Detail,
			int(s.Since.Sub(start).Seconds()), s.Attempts)
	}
	for _, k := range all.Trust {
		fmt.Fprintf(&b, "trust %s issuer=%s signers=%v\n", k.Key, k.Issuer, k.ValidSigners)
	}
	for _, k := range all.Bans {
		fmt.Fprintf(&b, "ban %s %q\n", k.Key, k.Reason)
	}
	if p := all.Policy; p != nil {
		fmt.Fprintf(&b, "policy %s %v\n", p.Actor, p.Actions)
	}
	return b.String()
}
