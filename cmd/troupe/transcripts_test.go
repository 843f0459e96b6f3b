package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/cmd/troupe/command"
	"github.com/troupe-run/troupe/cmd/troupe/server"
	"github.com/troupe-run/troupe/runtime/actortest/transcript"
)

// TestTranscriptsEverywhere runs the same transcripts on a directory, and on servers over HTTP and NATS. What needs a world
// is left out of them.
func TestTranscriptsEverywhere(t *testing.T) {
	t.Setenv("TROUPE_CACHE", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	for _, file := range []string{"../../examples/mmo/testdata/payout.txt", "../../examples/mmo/testdata/broke.txt",
		"../../examples/mmo/testdata/tour.txt", "../../examples/transfer/testdata/accounts.txt", "testdata/transcripts/puppets.txt"} {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		script := subset(t, file)
		t.Run(name+"/directory", func(t *testing.T) {
			tested(t, command.ExitOK, "1 ok", script, "--dir", filepath.Join(t.TempDir(), "data"))
		})
		t.Run(name+"/HTTP", func(t *testing.T) {
			tested(t, command.ExitOK, "1 ok", script, "--server", served(t).URL)
		})
		t.Run(name+"/NATS", func(t *testing.T) {
			tested(t, command.ExitOK, "1 ok", script, "--server", served(t).NATS)
		})
	}
	t.Run("mismatch", func(t *testing.T) {
		tested(t, command.ExitFailed, "1 mismatch", filepath.Join("testdata", "transcripts", "wrong.txt"), "--server", served(t).URL)
	})
	t.Run("world", func(t *testing.T) {
		tested(t, command.ExitUsage, "it needs a world in memory", "../../examples/kitchen/testdata/crash.txt", "--server", served(t).URL)
	})
}

// tested runs troupe test.
func tested(t *testing.T, code int, says string, args ...string) {
	t.Helper()
	p, err := program()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	p.Name, p.Stdout, p.Stderr = "troupe", &out, &out
	if got := p.Run(t.Context(), append([]string{"test"}, args...)); got != code || !strings.Contains(out.String(), says) {
		t.Errorf("ended with %d, want %d and %q:\n%s", got, code, says, out.String())
	}
}

// subset writes a transcript without the commands that a server does not take: there is nothing to verify with.
func subset(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := transcript.Parse(file, text)
	cases := s.Cases[:0]
	for _, c := range s.Cases {
		if c.Command != "verify" {
			cases = append(cases, c)
		}
	}
	s.Cases = cases
	path := filepath.Join(t.TempDir(), filepath.Base(file))
	if err := os.WriteFile(path, s.Format(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// served serves a new directory until the test ends.
func served(t *testing.T) server.Address {
	t.Helper()
	p, err := program()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	var out screen
	p.Name, p.Stdout, p.Stderr = "troupe", &out, &out
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() {
		ended <- p.Run(ctx, []string{"serve", "--dir", dir, "--http-listen", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0"})
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != command.ExitOK {
			t.Errorf("serve ended with %d:\n%s", code, out.unread())
		}
	})
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if at, err := server.Announced(dir); err == nil {
			return at
		}
		select {
		case code := <-ended:
			ended <- code
			t.Fatalf("serve ended with %d:\n%s", code, out.unread())
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatal("nobody serves")
	return server.Address{}
}
