package transcript_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/actortest/transcript"
	"github.com/troupe-run/troupe/runtime/actortest/world"
)

func open(t *testing.T) *world.World {
	t.Helper()
	w, err := world.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := w.Bind("p", puppet.Actor{}); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestParseAndFormat(t *testing.T) {
	files := []string{
		"",
		"# only a comment\n",
		"clock\n",
		"clock\n----\n2030-01-01T00:00:00Z\n",
		"# one\n\nsend a b\nset x=1\n  set y=2\n----\ncommitted\n\n# two\nclock\n----\n\nactors\n----\n\n",
		"clock\n----\n----\na\n\nb\n----\n----\n\nclock\n----\n",
		"clock\n----\n----\n----\nx\n----\n----\n",
	}
	for _, text := range files {
		if got := string(transcript.Parse("f", []byte(text)).Format()); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

func TestMistakesHavePlaces(t *testing.T) {
	tests := []struct{ text, want string }{
		{"\nflock +1h\n", `f.txt:2: there is no command "flock"; there are send, create`},
		{"# x\nsend a\n", "f.txt:2: send: an argument is missing; usage: send FROM TO [BODY] [id=ID]"},
		{"clock 1h 2h\n", `f.txt:1: clock: "2h" is one argument too many`},
		{"send a b {\n", "f.txt:1: this is not JSON: {"},
		{`send a b {"x":1}y` + "\n", `f.txt:1: a blank is missing before "y"`},
		{"send a b id=1 id=2\n", "f.txt:1: id= stands there twice"},
		{"send a b gas=1\n", "f.txt:1: send: there is no gas= here"},
		{"send a b {}\nset x=1\n", "f.txt:1: send: there is a body in the line, and input as well"},
		{"send a b hex:0\n", `f.txt:1: send: "0" are no hexadecimal digits`},
		{"clock soon\n", `f.txt:1: clock: "soon" is neither a duration nor a time`},
		{"trace last\n", "f.txt:1: trace: there was no transaction"},
		{"trace on fast\n", `f.txt:1: trace: "fast" is unknown`},
		{"restore x\n", `f.txt:1: restore: there is no snapshot "x"`},
		{"world x\n", `f.txt:1: world: there is no world "x"; there are: main`},
		{"fork main\n", `f.txt:1: fork: there is a world "main" already`},
		{"fail p 1\n", "f.txt:1: fail: a code is missing"},
		{"fail p x kind=dance\n", `f.txt:1: fail: actor: no kind of message is called "dance"`},
		{"crash at=soon\n", `f.txt:1: crash: "soon" is not a number`},
		{"disk melt\n", "f.txt:1: disk: the disk can fail, or heal"},
		{"disk fail 1 EBADF\n", `f.txt:1: disk: "EBADF" is no error of a disk`},
		{"show music\n", `f.txt:1: show: "music" is unknown`},
		{"scan p sideways\n", `f.txt:1: scan: "sideways" is unknown`},
		{"log x\n", `f.txt:1: log: "x" is not a number`},
	}
	for _, test := range tests {
		_, err := transcript.Run(t.Context(), open(t), "f.txt", strings.NewReader(test.text))
		var e *transcript.Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q: the error is %v, want %s…", test.text, err, test.want)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := transcript.Run(ctx, open(t), "f.txt", strings.NewReader("clock\n")); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.txt")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("# time\nclock\n----\nnever\n\nclock +1s\n")
	err := transcript.Check(t.Context(), open(t), path, false)
	want := path + `:2: clock
- never
+ 2030-01-01T00:00:00Z

` + path + `:6: clock +1s
  has no answer yet; update the file to record this one:
+ 2030-01-01T00:00:01Z
`
	if err == nil || err.Error() != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
	if err := transcript.Check(t.Context(), open(t), path, true); err != nil {
		t.Fatal(err)
	}
	if err := transcript.Check(t.Context(), open(t), path, false); err != nil {
		t.Errorf("a file that was updated does not pass: %v", err)
	}
	text, err := os.ReadFile(path)
	if want := "# time\nclock\n----\n2030-01-01T00:00:00Z\n\nclock +1s\n----\n2030-01-01T00:00:01Z\n"; err != nil || string(text) != want {
		t.Errorf("the file is %q, want %q (%v)", text, want, err)
	}
}

func TestBodies(t *testing.T) {
	script := "send alice p/1 text:\"set text=1\"\n\nsend alice p/1 hex:736574206865783d31\n\nsend alice p/1 {\"ops\":[{\"do\":\"set\",\"key\":\"json\",\"value\":\"1\"}]}\n\n" +
		"send alice p/1 \"no program\"\n\nsend alice p/1 cbor:{\"a\":[1,2]}\n\nstate p/1\n"
	out, err := transcript.Run(t.Context(), open(t), "f.txt", strings.NewReader(script))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"hex: \"1\"\njson: \"1\"\ntext: \"1\"\n", "malformed"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

func TestCommandsAreDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range transcript.Commands() {
		if c.Help == "" || seen[c.Name] {
			t.Errorf("command %q has no help, or is there twice", c.Name)
		}
		seen[c.Name] = true
	}
}

func TestDiff(t *testing.T) {
	if got, want := transcript.Diff("a\nb\nc\n", "a\nc\nd\n"), "  a\n- b\n  c\n+ d\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := transcript.Diff("a\n", "a\n"); got != "" {
		t.Errorf("%q", got)
	}
}
