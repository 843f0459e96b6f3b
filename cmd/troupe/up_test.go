package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/cmd/troupe/command"
)

// lines are what a program prints, which may be read while it does.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wait waits until a text is printed.
func (l *lines) wait(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !strings.Contains(l.String(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%q is not printed:\n%s", text, l)
		}
	}
}

// freeAddress returns an address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// echoAs returns the example echo as a revision, with a word in its answers.
func echoAs(t *testing.T, revision int32, says string) []byte {
	t.Helper()
	code, err := classicCode("echo", "query_string", says)
	if err == nil {
		code, err = resign(code, claims.Module{Name: "Echo", Revision: revision, Caps: []string{"wasmcloud:httpserver"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// replaceFile writes a file in one step, as editors and compilers do.
func replaceFile(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name+".new", data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

// TestUp serves a manifest from another working directory, and changes the file of a module under load: what is saved runs
// soon, no request is lost, and what is no module changes nothing.
func TestUp(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TROUPE_CACHE", t.TempDir())
	t.Setenv("TROUPE_KEYS", filepath.Join(dir, "keys"))
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "config"))
	address := freeAddress(t)
	t.Setenv("ECHO_ADDRESS", address)
	module := filepath.Join(dir, "app", "echo.wasm")
	if err := os.MkdirAll(filepath.Dir(module), 0o755); err != nil {
		t.Fatal(err)
	}
	replaceFile(t, module, echoAs(t, 1, "query_string"))
	manifest := "modules: {echo: {wasm: echo.wasm, instances: 4}}\nproviders: {http: {kind: httpserver}}\n" +
		"links:\n  - {actor: echo, provider: http, values: {address: \"${ECHO_ADDRESS}\"}}\n  - {actor: nobody, provider: http}\n"
	if err := os.WriteFile(filepath.Join(dir, "app", "echo.yaml"), []byte(manifest), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := program()
	if err != nil {
		t.Fatal(err)
	}
	var out, log lines
	p.Stdout, p.Stderr, p.Stdin = &out, &log, strings.NewReader("")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan int, 1)
	go func() {
		ended <- p.Run(ctx, []string{"up", "-m", filepath.Join(dir, "app", "echo.yaml"), "--dir", filepath.Join(dir, "data"),
			"--http-listen", "127.0.0.1:0", "--nats-listen", "off", "--watch"})
	}()
	out.wait(t, "next: ")
	for _, want := range []string{"started actor echo\n", "put provider http\n", "put link echo → http\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not printed:\n%s", want, &out)
		}
	}
	if want := "the link of nobody to http: there is no actor of that name"; !strings.Contains(log.String(), want) {
		t.Errorf("%q is not told:\n%s", want, &log)
	}
	ask := func() (string, error) {
		resp, err := http.Get("http://" + address + "/echo?a=b")
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s", resp.Status, body)
		}
		return string(body), err
	}
	answers := func(word string) {
		t.Helper()
		var got string
		begun := time.Now()
		for time.Since(begun) < time.Minute {
			if got, err = ask(); err == nil && strings.Contains(got, word) {
				t.Logf("%s after %s", word, time.Since(begun).Round(time.Millisecond))
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		t.Fatalf("after a minute the answer is %s (%v)\n%s", got, err, &log)
	}
	answers("query_string")

	load, end := context.WithCancel(ctx)
	var lost atomic.Int64
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for load.Err() == nil {
				if body, err := ask(); err != nil {
					t.Errorf("a request is lost: %v %s", err, body)
					lost.Add(1)
				}
			}
		})
	}
	replaceFile(t, module, echoAs(t, 1, "query-string"))
	answers("query-string")
	replaceFile(t, module, []byte("\x00asm is no module"))
	log.wait(t, "a part of the application failed")
	answers("query-string")
	replaceFile(t, module, echoAs(t, 2, "QUERY_STRING"))
	answers("QUERY_STRING")
	end()
	asking.Wait()

	stop()
	if code := <-ended; code != command.ExitFailed {
		t.Errorf("ended with %d, want %d, as a link could not be\n%s", code, command.ExitFailed, &log)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "app", "echo.lock")); err != nil || !strings.Contains(string(text), testModule) {
		t.Errorf("the lock file is %q (%v)", text, err)
	}
}
