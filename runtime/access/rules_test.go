package access_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/state"
)

// people are public keys, in their order.
var people = map[string]string{
	"ann":  "UACNHPRFNRMMVKB7Q4AI2NJX7Y4SROAU6LXW7YE5BIAM2CIKOTH2D6AJ",
	"bob":  "UBHOVKW7CMASB3PDSOLKSWSIURRXPYNICUB3CFQ2O5YRNZLMTSAXIBWI",
	"cat":  "UBLRAUD56ERGGE47ZVFDQ3TPURA644SC65ZPX2SSE7PI6PAAOQVSC6DA",
	"dan":  "UC4EWGECJ7GR7COVJ56PMVVVCM4QA64TL7O74FYJGPUXZA53ULIKL6UF",
	"eve":  "UCAP5UNYZ7YE455APXH5JXJGUW3ESCASJH72CTNWVPHL2AZZYRKDFEBE",
	"olga": "UCJ7XTTTCZCQU5HIU7YS36ZSCMIJNTAG6TYIWY6L6ZETC6ZBQ2O3RLJQ",
}

// person returns the key of one of the people, and what is none of them as it is.
func person(name string) string {
	if key, ok := people[name]; ok {
		return key
	}
	return name
}

// named puts names in the place of keys.
func named(text string) string {
	for name, key := range people {
		text = strings.ReplaceAll(text, key, "@"+name)
	}
	return text
}

// TestRules runs the scripts in testdata/rules on a host with the puppets a, b and c and, if it is installed, the module
// guest. Each ends with a replay. Commands, with names of people for keys:
//
//	found WHO
//	grant by=WHO TO ROLE [actors=(…)] [as=(…)] [until=+SECONDS] [name=…]
//	revoke by=WHO WHOM
//	pause by=WHO ACTOR [REASON]
//	resume by=WHO ACTOR
//	order by=WHO               the input is the body of a message to troupe.access
//	send to=ACTOR [by=WHO] [from=SENDER] [kind=…] [module=…] [id=…]   the input is a program of a puppet
//	install MODULE [by=WHO] [from=SENDER] [replace] [migrate]
//	grants, paused             what queries tell
//	sleep SECONDS              for the clock of the host
//	reopen                     closes and opens the directory
//
// By whom an order is, is who has signed it; "sudo" is the operator of the host, who signs nothing, and "local NAME" is the
// program itself, which sends in that name.
func TestRules(t *testing.T) {
	datadriven.Walk(t, "testdata/rules", func(t *testing.T, path string) {
		r := &runner{t: t, dir: t.TempDir(), now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
		r.open()
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			return strings.ReplaceAll(named(r.do(d)), r.dir, "DIR")
		})
		r.replay()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
}

type runner struct {
	*runtime.Host
	t   *testing.T
	dir string
	now time.Time
}

func (r *runner) open() {
	r.t.Helper()
	var err error
	opts := &runtime.Options{Executor: dispatch.Options{Clock: func() time.Time { return r.now }}, Lazy: true}
	if r.Host, err = runtime.Open(r.dir, opts); err != nil {
		r.t.Fatal(err)
	}
	for _, name := range []string{"a", "b", "c"} {
		if err := r.Bind(name, puppet.Actor{}); err != nil {
			r.t.Fatal(err)
		}
	}
}

// replay executes the log again: whatever was decided is decided again.
func (r *runner) replay() {
	r.t.Helper()
	head, err := r.Verify(r.t.Context())
	if err != nil {
		r.t.Error(err)
	}
	if _, err := r.Trace(r.t.Context(), head.Sequence); err != nil {
		r.t.Error(err)
	}
}

func (r *runner) do(d *datadriven.TestData) string {
	words := func(key string) (list []string) {
		if arg, ok := d.Arg(key); ok {
			list = arg.Vals
		}
		return list
	}
	word := func(key string) string { return strings.Join(words(key), ",") }
	var plain []string // arguments without a value
	for _, arg := range d.CmdArgs {
		if len(arg.Vals) == 0 {
			plain = append(plain, arg.Key)
		}
	}
	switch d.Cmd {
	case "found":
		if err := r.Found(r.t.Context(), person(plain[0])); err != nil {
			return err.Error() + "\n"
		}
		return "ok\n"
	case "grant":
		g := claims.Grant{Role: claims.Role(plain[1]), Name: word("name"), Actors: words("actors"), As: words("as")}
		if until := word("until"); until != "" {
			seconds, err := strconv.Atoi(until)
			if err != nil {
				r.t.Fatal(err)
			}
			g.Until = r.now.Add(time.Duration(seconds) * time.Second)
		}
		return r.order(word("by"), access.Grant(person(plain[0]), g))
	case "revoke":
		return r.order(word("by"), access.Revoke(person(plain[0])))
	case "pause":
		return r.order(word("by"), access.PauseActor(actor.Address(plain[0]), strings.Join(plain[1:], " ")))
	case "resume":
		return r.order(word("by"), access.ResumeActor(actor.Address(plain[0])))
	case "order":
		body := d.Input
		for name, key := range people {
			body = strings.ReplaceAll(body, "@"+name, key)
		}
		return r.order(word("by"), actor.Message{To: access.Address, Body: []byte(body)})
	case "send":
		return r.send(d, word)
	case "install":
		return r.install(plain, word)
	case "grants":
		list, err := access.AllGrants(r.t.Context(), r.Query)
		return lines(list, err, func(g access.Granted) string {
			grant := g.Grant()
			return strings.TrimSpace(fmt.Sprintf("%s %s %s", g.Subject, grant.String(), g.Name))
		})
	case "paused":
		list, err := access.AllPaused(r.t.Context(), r.Query)
		return lines(list, err, func(p access.Pause) string { return strings.TrimSpace(fmt.Sprintf("%s %s", p.Actor, p.Reason)) })
	case "sleep":
		seconds, err := strconv.Atoi(plain[0])
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

func lines[T any](list []T, err error, line func(T) string) string {
	if err != nil {
		return err.Error() + "\n"
	}
	var b strings.Builder
	for _, item := range list {
		fmt.Fprintln(&b, line(item))
	}
	return b.String()
}

// order sends a message to troupe.access.
func (r *runner) order(by string, msg actor.Message) string {
	req := dispatch.Request{Message: msg}
	if name, local := strings.CutPrefix(by, "local "); local {
		req.Sender = actor.Address(person(name))
	} else if by == "sudo" {
		req.Message.Kind = actor.KindSudo
	} else {
		req.Signer = person(by)
	}
	return r.try(req)
}

func (r *runner) send(d *datadriven.TestData, word func(string) string) string {
	program, err := puppet.Parse(named(d.Input))
	if err != nil {
		r.t.Fatal(err)
	}
	req := dispatch.Request{ID: word("id"), Sender: actor.Address(person(word("from"))), Signer: person(word("by")),
		Message: actor.Message{To: actor.Address(word("to")), Module: actor.ModuleID(word("module")), Admin: actor.Address(person(word("admin")))}}
	if len(program.Ops) > 0 {
		req.Message.Body = program.Encode()
	}
	if kind := word("kind"); kind != "" {
		if err := req.Message.Kind.UnmarshalText([]byte(kind)); err != nil {
			r.t.Fatal(err)
		}
	}
	if req.Sender == "" && req.Signer == "" && req.Message.Kind != actor.KindSudo {
		req.Sender = "local"
	}
	return r.try(req)
}

// try sends a request, and checks that what was said of it beforehand is right.
func (r *runner) try(req dispatch.Request) string {
	foretold := r.Permits(req, r.now)
	receipt, err := r.Do(r.t.Context(), req)
	// Who bears the name of an actor is refused before.
	if foretold != nil && !errors.Is(err, foretold) && (err == nil || !strings.Contains(err.Error(), "is an actor")) {
		r.t.Errorf("it was said to be refused with %v, and it ended with %v", foretold, err)
	}
	var failed *runtime.TxError
	if err != nil && (!errors.As(err, &failed) || len(failed.Path) < 2 && failed.Err.Code == access.CodeForbidden && foretold == nil &&
		req.Message.To != access.Address) {
		return fmt.Sprintf("without being foretold: %v\n", err)
	}
	return report(receipt)
}

func (r *runner) install(plain []string, word func(string) string) string {
	code, err := os.ReadFile(filepath.Join("..", "..", "bench", "guest", "account.wasm"))
	if err != nil {
		r.t.Fatal(err)
	}
	opts := &runtime.InstallOptions{Sender: actor.Address(person(word("from"))), Signer: person(word("by"))}
	for _, flag := range plain[1:] {
		switch flag {
		case "replace":
			opts.Replace = true
		case "migrate":
			opts.Migrate, opts.MigrateBody = true, []byte("o\x00\x00\x00\x00\x00\x00\x00\x01")
		}
	}
	if opts.Replace || opts.Migrate {
		code = []byte(strings.Replace(string(code), "insufficient_funds", "insufficient_purse", 1))
	}
	foretold := r.PermitsInstall(plain[0], opts, r.now)
	_, err = r.Install(r.t.Context(), plain[0], code, opts)
	if foretold != nil && !errors.Is(err, foretold) {
		r.t.Errorf("it was said to be refused with %v, and it ended with %v", foretold, err)
	}
	if err != nil {
		return err.Error() + "\n"
	}
	return "ok\n"
}

// report tells what a transaction has left.
func report(r *state.Receipt) string {
	if r.Err != nil {
		return fmt.Sprintf("%s\nat %v\n", r.Err, r.Path)
	}
	var b strings.Builder
	b.WriteString("ok")
	if r.Data != nil {
		fmt.Fprintf(&b, " %s", r.Data)
	}
	b.WriteString("\n")
	for _, ev := range r.Events {
		if ev.Actor == access.Address && ev.Type != "execute" && ev.Type != "sudo" {
			fmt.Fprintf(&b, "event %s", ev.Type)
			for _, a := range ev.Attributes {
				fmt.Fprintf(&b, " %s=%s", a.Key, a.Value)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}
