package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/cmd/troupe/contexts"
)

// serving DIR waits until the node of a data directory can be asked, and sets the variables URL, NATS and NODE to where and
// who it is.
func serving(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serving DIR")
	}
	var at struct{ URL, NATS, Node string }
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(filepath.Join(ts.MkAbs(args[0]), "node", "serve.json"))
		if err == nil {
			ts.Check(json.Unmarshal(text, &at))
			ts.Setenv("URL", at.URL)
			ts.Setenv("NATS", at.NATS)
			ts.Setenv("NODE", at.Node)
			return
		}
	}
	ts.Fatalf("nobody serves %s", args[0])
}

// repin NAME lets a context know a node that is another.
func repin(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: repin NAME")
	}
	other, err := claims.NewKey(claims.NodeKey)
	ts.Check(err)
	file := contexts.Open(filepath.Join(ts.Getenv("XDG_CONFIG_HOME"), "troupe", "contexts.json"))
	ts.Check(file.Change(func(l *contexts.List) error {
		at, err := l.Find(args[0])
		if err != nil {
			return err
		}
		at.Node = other.Public()
		return l.Add(args[0], at)
	}))
}

// bearer VARIABLE sets a variable to the token that was printed.
func bearer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: bearer VARIABLE")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// odds are what differs between a directory and a server that do the same: who has signed, the ids of requests that had none,
var odds = regexp.MustCompile(`"root":"[0-9a-f]{64}"|root [0-9a-f]{64}|  signed by \S+|U[A-Z2-7]{55}/|   by U[A-Z2-7]{55}|"request_id":"[A-Z2-7]{26}",|  id=[A-Z2-7]{26}`)

// same COMMAND... runs a command of mytroupe on the directory $DIR and on the server $SERVER, and fails unless both print
// the same and end with the same code.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: same COMMAND...")
	}
	run := func(where ...string) string {
		err := ts.Exec("mytroupe", append(args[:len(args):len(args)], where...)...)
		ended := "ended well\n"
		if err != nil {
			ended = "ended with " + err.Error() + "\n"
		}
		out := odds.ReplaceAllString(ts.ReadFile("stdout")+"----\n"+ts.ReadFile("stderr")+ended, "")
		return strings.NewReplacer("the server "+ts.Getenv("SERVER"), "HERE", "the data directory "+ts.Getenv("DIR"), "HERE").Replace(out)
	}
	local, asked := run("--dir", ts.Getenv("DIR")), run("--server", ts.Getenv("SERVER"))
	if local != asked {
		ts.Fatalf("%q on a directory and on a server:\n%s\n%s", args, local, asked)
	}
	ts.Logf("%s", local)
}
