package lattice_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/client"
	"github.com/troupe-run/troupe/runtime/lattice"
)

var update = flag.Bool("update", false, "write SUBJECTS.md")

// TestReference: SUBJECTS.md says what the code does. Run the test with -update to write it.
func TestReference(t *testing.T) {
	want := reference()
	if *update {
		if err := os.WriteFile("SUBJECTS.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("SUBJECTS.md")
	if err != nil || string(got) != want {
		t.Errorf("SUBJECTS.md is not what the code says (%v): go test ./runtime/lattice -run Reference -update", err)
	}
}

func reference() string {
	var b strings.Builder
	row := func(cells ...string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	s := lattice.Subjects("bank")
	fmt.Fprintf(&b, `# Subjects on NATS

This file is written by a test from the code. The node of the examples has the name %q.

## Requests

A request is answered at its reply subject, which begins with %[2]s. or %[2]s_. The payload is JSON, or CBOR if the header
says so, and so is the answer. What may be asked depends on the grants of the key that has signed, not on the connection.

`, string(s), "_INBOX")
	row("subject", "what it does", "role", "transaction")
	row("---", "---", "---", "---")
	for _, op := range api.Ops() {
		write := ""
		if op.Write {
			write = "yes"
		}
		row("`"+s.Request(op.Name)+"`", op.Doc, op.Role, write)
	}
	b.WriteString("\nHeaders of a request:\n\n")
	row("header", "what it says")
	row("---", "---")
	row("`"+client.HeaderBearer+"`", "`Bearer` and a token")
	row("`"+client.HeaderSignature+"`", "a sealed envelope in base64url, in place of a token")
	row("`"+client.HeaderType+"`", "`"+api.JSON+"`, which it is if there is none, or `"+api.CBOR+"`")
	row("`"+client.HeaderRequestID+"`", "makes a write safe to repeat; an envelope has an id of its own")
	row("`"+lattice.HeaderParent+"`", "what the caller follows the request by, as W3C's Trace Context writes it")
	row("`"+lattice.HeaderTimeout+"`", "how many milliseconds the caller waits; 30,000 if there is none, 120,000 at most and for a watch")
	b.WriteString("\nHeaders of an answer:\n\n")
	row("header", "what it says")
	row("---", "---")
	row("`"+lattice.HeaderErrorCode+"`", "there is no answer but an error: its code, such as `overloaded`; the payload is the whole error")
	row("`"+lattice.HeaderError+"`", "its message, on one line")
	row("`"+lattice.HeaderReplayed+"`", "`true`: the answer is that of an earlier request with the same id")
	b.WriteString(`
A watch is asked for piece by piece: the answer comes when there is something, or when the time in the request is over, and
the next request goes on behind its sequence.

## What is published

Only if the node is configured so. The payloads are JSON. Messages come in the order of transactions, and may come again.

`)
	row("subject", "what it is")
	row("---", "---")
	row("`"+s.Event("account/alice", "moved")+"`", "the events of one type that one transaction had of one actor, as a notice of a watch")
	row("`"+s.Changes("account/alice")+"`", "the keys of one actor that one transaction wrote, with their values, as a notice of a watch")
	row("`"+s.Committed()+"`", "the last durable transaction, and its time; one message may stand for many transactions")
	b.WriteString(`
A slash of an address is a dot in a subject. Other letters than a-z, A-Z, 0-9, - and _ are % and two hexadecimal digits, an
empty part is a % alone:

`)
	row("actor", "event", "subject")
	row("---", "---", "---")
	for _, e := range []struct {
		who  actor.Address
		kind string
	}{{"currency", "sent"}, {"room/kitchen/door", "opened"}, {"troupe.access", "grant"}, {"account/Änne M.", "a/b"}, {"a/", "x"}} {
		row("`"+string(e.who)+"`", "`"+e.kind+"`", "`"+s.Event(e.who, e.kind)+"`")
	}
	b.WriteString("\n## What a client may do on the server in the process\n\n")
	key := "U" + strings.Repeat("A", 55)
	row("the grants of the key", "publish", "subscribe")
	row("---", "---", "---")
	for _, g := range []claims.Grant{{Role: claims.Caller}, {Role: claims.Reader, Actors: []string{"currency", "account/*"}}, {Role: claims.Operator}} {
		p, err := s.Permissions(key, []claims.Grant{g}, time.Unix(0, 0))
		if err != nil {
			panic(err)
		}
		publish := []string{"all requests"}
		for _, subject := range p.Publish {
			if !strings.HasPrefix(subject, "troupe.") {
				publish = append(publish, "`"+subject+"`")
			}
		}
		for i, subject := range p.Subscribe {
			p.Subscribe[i] = "`" + strings.ReplaceAll(subject, key, "*key*") + "`"
		}
		row(g.String(), strings.Join(publish, ", "), strings.Join(p.Subscribe, ", "))
	}
	return b.String()
}

// TestSubjectsDiffer: no two addresses have one subject, whatever stands in them, and no subject is one that NATS would
// read in another way.
func TestSubjectsDiffer(t *testing.T) {
	seen := map[string]actor.Address{}
	for _, who := range []actor.Address{"a", "a.b", "a/b", "a/b/", "a//b", "a/b/c", "a/b.c", "a/b%2Ec", "a/*", "a/>", "a/b c", "a/ä", "a/%", "a/%25", "a/", "a/é", "a/B", "a/b\tc"} {
		subject := lattice.Subjects("n").Changes(who)
		if other, ok := seen[subject]; ok {
			t.Errorf("%q and %q are both %s", who, other, subject)
		}
		seen[subject] = who
		checkSubject(t, subject)
	}
}

func checkSubject(t testing.TB, subject string) {
	t.Helper()
	for token := range strings.SplitSeq(subject, ".") {
		if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' || r == '*' || r == '>' }) {
			t.Errorf("%q is no subject to publish at", subject)
		}
	}
}

func TestPermissions(t *testing.T) {
	now := time.Now()
	s := lattice.Subjects("n")
	may := func(grants ...claims.Grant) lattice.Permission {
		t.Helper()
		p, err := s.Permissions("UKEY", grants, now)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if _, err := s.Permissions("UKEY", nil, now); err == nil {
		t.Error("who holds no grant is let in")
	}
	if _, err := s.Permissions("UKEY", []claims.Grant{{Role: claims.Operator, Until: now.Add(-time.Second)}}, now); err == nil {
		t.Error("whose grant has ended is let in")
	}
	if p := may(claims.Grant{Role: claims.Reader, Actors: []string{"a*", "b/x*", "c"}}); !slices.Equal(p.Subscribe,
		[]string{"_INBOX_UKEY.>", "troupe.n.changes.c", "troupe.n.committed", "troupe.n.events.c.*"}) {
		t.Errorf("subscribe to %q", p.Subscribe)
	}
	for _, p := range []lattice.Permission{may(claims.Grant{Role: claims.Deployer}), may(claims.Grant{Role: claims.Reader, Actors: []string{"*"}})} {
		if len(p.Publish) != len(api.Ops()) || !slices.Contains(p.Subscribe, "troupe.n.events.>") || !slices.Contains(p.Subscribe, "troupe.n.changes.>") {
			t.Errorf("%q", p)
		}
	}
	// A grant that has ended gives nothing beside one that has not.
	if p := may(claims.Grant{Role: claims.Reader, Actors: []string{"c"}}, claims.Grant{Role: claims.Operator, Until: now}); slices.Contains(p.Publish, "$SRV.>") ||
		slices.Contains(p.Subscribe, "troupe.n.events.>") {
		t.Errorf("%q", p)
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"", "a.b", "a b", "*", ">", "A", "ä", strings.Repeat("a", 65)} {
		if lattice.Subjects(name).Check() == nil {
			t.Errorf("%q is a name", name)
		}
	}
	if err := lattice.Subjects("my-node_1").Check(); err != nil {
		t.Error(err)
	}
}
