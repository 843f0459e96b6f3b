package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/api"
)

func TestSplitLine(t *testing.T) {
	for _, c := range []struct {
		line   string
		words  []string
		beside bool
		says   string
	}{
		{``, nil, false, ""},
		{`  # send a b`, nil, false, ""},
		{`send a '{"b": "c d"}' --as  bob`, []string{"send", "a", `{"b": "c d"}`, "--as", "bob"}, false, ""},
		{`get a "b \"c\" \\" d\ e ''`, []string{"get", "a", `b "c" \`, "d e", ""}, false, ""},
		{`get a#b x"y"'z'`, []string{"get", "a#b", "xyz"}, false, ""},
		{`watch puppet/a &`, []string{"watch", "puppet/a"}, true, ""},
		{`get a '&'`, []string{"get", "a", "&"}, false, ""},
		{`get a 'b`, nil, false, "not closed"},
		{`get a \`, nil, false, "last backslash"},
	} {
		words, beside, err := splitLine(c.line)
		if !slices.Equal(words, c.words) || beside != c.beside || (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q is %q, %v: %v", c.line, words, beside, err)
		}
	}
}

func FuzzSplitLine(f *testing.F) {
	f.Add(`send a '{"b": "c d"}' --as bob &`)
	f.Add(`get "a\"b" \`)
	f.Fuzz(func(t *testing.T, line string) {
		words, _, err := splitLine(line)
		if err != nil {
			return
		}
		// Words in quotation marks are the same words.
		var again strings.Builder
		for _, w := range words {
			if strings.ContainsRune(w, '\'') {
				return
			}
			again.WriteString("'" + w + "' ")
		}
		if got, _, err := splitLine(again.String()); err != nil || !slices.Equal(got, words) {
			t.Errorf("%q is %q, and in quotation marks %q: %v", line, words, got, err)
		}
	})
}

// A screen collects what is written to it.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// shows waits until the text is there.
func (s *screen) shows(t *testing.T, text string) {
	t.Helper()
	until(t, func() bool { return strings.Contains(s.String(), text) }, func() string { return fmt.Sprintf("%q is not on the screen:\n%q", text, s) })
}

// until waits for what comes by itself, however slow the machine is.
func until(t *testing.T, done func() bool, missing func() string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(missing())
		}
	}
}

func TestShell(t *testing.T) {
	t.Setenv(cacheEnv, t.TempDir())
	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	p := &Program{Name: "troupe", Modules: Modules{"puppet": puppet.Actor{}}, Stdout: io.Discard, Stderr: io.Discard}
	p.fill()
	s := &shell{call: newCall(p)}
	s.dir = filepath.Join(t.TempDir(), "data")
	s.args = []string{"--dir", s.dir}
	keys, typing := io.Pipe()
	var on screen
	left := make(chan error, 1)
	go func() {
		left <- s.converse(context.Background(), keys, &on, func() (int, int) { return 80, 24 }, func() {})
	}()
	press := func(text string) {
		t.Helper()
		if _, err := io.WriteString(typing, text); err != nil {
			t.Fatal(err)
		}
	}
	on.shows(t, "> ")
	press("send puppet/alice --raw 'set greeting=hello'\r")
	on.shows(t, "committed seq 3")
	press("get puppet/alice greeting\r")
	on.shows(t, `"hello"`)
	// Tab completes commands and addresses; Ctrl-C empties the line.
	press("scan\tpup\t")
	on.shows(t, "scan puppet/alice ")
	press("\r")
	on.shows(t, "greeting  ")
	press("nonsense\x1b[D\x03actors\r")
	on.shows(t, "ADDRESS")
	// It ends the command that runs as well, whose end nobody can foresee: what was typed meanwhile is gone in any case.
	runs := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.cancel != nil
	}
	until(t, func() bool { return !runs() }, func() string { return "a command does not end" })
	press("send puppet/bob --raw wait\r")
	until(t, runs, func() string { return "no command runs" })
	press("nonsense\x03get puppet/alice nothing\r")
	on.shows(t, "puppet/alice has no key nothing")
	// The line before comes back.
	press("\x1b[A\x1b[A\x1b[A -o json\r")
	on.shows(t, `{"address":"puppet/alice"`)
	press("bogus\r")
	on.shows(t, `there is no command "bogus"`)
	press("get 'a\r")
	on.shows(t, "a quotation mark is not closed")
	press("shell\r")
	on.shows(t, "this is a shell already")
	press("exit\r")
	select {
	case err := <-left:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the shell does not end")
	}
	// No line is wider than the terminal, and nothing takes the screen over.
	if strings.Contains(on.String(), "\x1b[?1049h") || strings.Contains(on.String(), "\x1b[2J") {
		t.Errorf("the screen is taken over: %q", on.String())
	}
	kept, err := os.ReadFile(filepath.Join(config, "troupe", "history"))
	if err != nil || !strings.HasPrefix(string(kept), "send puppet/alice") {
		t.Errorf("kept is %q: %v", kept, err)
	}
	if h := openHistory(); h.Len() < 5 || h.At(0) != "exit" {
		t.Errorf("%d lines, the latest is %q", h.Len(), h.At(0))
	}
}

func TestTop(t *testing.T) {
	begin := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	was := &api.Stats{Time: begin, Committed: 10, Groups: 2, Grouped: 10, Latency: []api.Bucket{{Bound: 1000, Count: 5}, {Bound: 5000, Count: 10}, {Bound: 0, Count: 10}}}
	now := &api.Stats{Time: begin.Add(2 * time.Second), Committed: 110, Groups: 12, Grouped: 110, Synced: 20e6, CacheHits: 3, CacheMiss: 1, LogBytes: 3 << 20,
		Rejected: map[string]uint64{"stale": 4}, Latency: []api.Bucket{{Bound: 1000, Count: 75}, {Bound: 5000, Count: 109}, {Bound: 0, Count: 110}}}
	v := viewTop(was, now)
	if v.Committed != 50 || v.Rejected != 2 || v.P50 != 1 || v.P99 != 5 || v.Group != 10 || v.Sync != 2 || v.CacheHits != 0.75 {
		t.Errorf("%+v", v)
	}
	if idle := viewTop(now, now); idle.P99 != 0 || idle.Committed != 0 || idle.Group != 0 {
		t.Errorf("idle: %+v", idle)
	}
	v.LogBytes, v.DiskFree, v.Heap, v.Committed, v.Queries = 1<<50, 1<<50, 1<<40, 1e6, 1e6
	for line := range strings.Lines(v.block("the server https://" + strings.Repeat("x", 100))) {
		if n := len([]rune(line)); n > 81 {
			t.Errorf("a line has %d columns: %s", n, line)
		}
	}
	for n, want := range map[uint64]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 3 << 30: "3.0 GiB"} {
		if got := size(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
