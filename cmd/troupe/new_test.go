package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/command"
	"github.com/troupe-run/troupe/runtime/guest/template"
)

// troupe runs a command line, and returns the exit code and what was printed.
func troupe(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	p, err := program()
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	p.Name, p.Stdin, p.Stdout, p.Stderr = "troupe", strings.NewReader(""), &out, &errs
	return p.Run(t.Context(), args), out.String(), errs.String()
}

// must is troupe for what must succeed.
func must(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	code, stdout, stderr := troupe(t, args...)
	if code != command.ExitOK {
		t.Fatalf("troupe %q ended with %d:\n%s%s", args, code, stdout, stderr)
	}
	return stdout
}

// TestNew makes a project in each language and does with it what its README.md says. All of them say the same.
func TestNew(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a project of each language")
	}
	source, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TROUPE_CACHE", t.TempDir())
	t.Setenv("GOPROXY", "off")
	first := ""
	for _, language := range template.Languages() {
		if strings.HasPrefix(language, "wasmbus-") {
			continue
		}
		t.Run(language, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "tally")
			must(t, "new", language, dir, "--source", source)
			code, out, errs := troupe(t, "test", dir, "--update")
			if code == command.ExitNotFound && strings.Contains(errs, "is needed and is not there") {
				t.Skip(errs)
			}
			if code != command.ExitOK || !strings.Contains(out, "updated  "+filepath.Join(dir, "testdata", "tally.txt")) {
				t.Fatalf("test --update ended with %d:\n%s%s", code, out, errs)
			}
			text, err := os.ReadFile(filepath.Join(dir, "testdata", "tally.txt"))
			if err != nil {
				t.Fatal(err)
			}
			says := string(text)
			if first == "" {
				first = says
			}
			if says != first || strings.Contains(says, "error:") {
				t.Errorf("the transcript is\n%s\nand was\n%s", says, first)
			}
			for _, want := range []string{
				": full: the counter stands at 7 and cannot take 18446744073709551615 more\n", ": unauthorized: bob has not made this counter\n",
				"\nquery tally/a \"total\"\n----\n7\n", "\nowner: \"alice\"\ntotal: 0\n",
			} {
				if !strings.Contains(says, want) {
					t.Errorf("the transcript lacks %q:\n%s", want, says)
				}
			}
			if out := must(t, "build", dir); !strings.Contains(out, "built tally  "+language+", ") {
				t.Errorf("build says %q", out)
			}
			if out := must(t, "test", dir); !strings.HasPrefix(out, "1 transcript: 1 ok in ") {
				t.Errorf("test says %q", out)
			}
			if out := must(t, "run", dir); !strings.Contains(out, "└─ alice → tally/a  instantiate tally") {
				t.Errorf("run says %q", out)
			}
			for _, file := range []string{filepath.Join("build", "tally.wasm"), "troupe.lock", "README.md"} {
				if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
					t.Error(err)
				}
			}
			file := filepath.Join(t.TempDir(), "x.wasm")
			must(t, "build", dir, "--to", filepath.Dir(file))
			if code, _, errs := troupe(t, "new", language, dir); code != command.ExitDirectory || !strings.Contains(errs, "is not empty: new overwrites nothing") {
				t.Errorf("new in a folder that is full ended with %d: %s", code, errs)
			}
		})
	}
	if first == "" {
		t.Error("no project was built")
	}
}

// TestNewClassic makes the projects for the ABI of classic wasmCloud, and types what their README.md says. Both answer the same.
func TestNewClassic(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a project of each language")
	}
	t.Setenv("TROUPE_CACHE", t.TempDir())
	first := ""
	for _, language := range []string{"wasmbus-as", "wasmbus-c"} {
		t.Run(language, func(t *testing.T) {
			keys := filepath.Join(t.TempDir(), "keys")
			t.Setenv("TROUPE_KEYS", keys)
			t.Chdir(t.TempDir())
			must(t, "new", language, "visits")
			t.Chdir("visits")
			if code, _, errs := troupe(t, "test"); code != command.ExitUsage || !strings.Contains(errs, "there is no build/visits_s.wasm") {
				t.Errorf("test before there is a module ended with %d: %s", code, errs)
			}
			readme, err := os.ReadFile("README.md")
			if err != nil {
				t.Fatal(err)
			}
			typed := 0
			for line := range strings.Lines(string(readme)) {
				line, _, _ = strings.Cut(line, "#")
				args := strings.Fields(line)
				if !strings.HasPrefix(line, "    troupe ") || args[1] == "up" {
					continue
				}
				typed++
				code, out, errs := troupe(t, args[1:]...)
				if code == command.ExitNotFound && strings.Contains(errs, "is needed and is not there") {
					t.Skip(errs)
				}
				if code != command.ExitOK {
					t.Fatalf("%q ended with %d:\n%s%s", args, code, out, errs)
				}
			}
			if typed != 5 {
				t.Errorf("README.md has %d commands", typed)
			}
			text, err := os.ReadFile(filepath.Join("testdata", "visits.txt"))
			if err != nil {
				t.Fatal(err)
			}
			says := string(text)
			if first == "" {
				first = says
			}
			if says != first {
				t.Errorf("the transcript is\n%s\nand was\n%s", says, first)
			}
			for _, want := range []string{
				`"body":"{\"method\":\"POST\",\"path\":\"/a\",\"body\":\"hi\",\"visits\":2}"}`, ": failed: /a is not to be deleted\n",
				`"body":"{\"method\":\"GET\",\"path\":\"/a\",\"body\":\"\",\"visits\":3}"}`,
			} {
				if !strings.Contains(says, want) {
					t.Errorf("the transcript lacks %q:\n%s", want, says)
				}
			}
			serveVisits(t)
		})
	}
	if first == "" {
		t.Error("no project was built")
	}
}

// serveVisits does what README.md says last: troupe up, and a request.
func serveVisits(t *testing.T) {
	t.Helper()
	at := freeAddress(t)
	t.Setenv("ADDRESS", at)
	p, err := program()
	if err != nil {
		t.Fatal(err)
	}
	var out lines
	p.Name, p.Stdin, p.Stdout, p.Stderr = "troupe", strings.NewReader(""), &out, &out
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int)
	go func() { ended <- p.Run(ctx, []string{"up", "--http-listen", "127.0.0.1:0", "--nats-listen", "off"}) }()
	out.wait(t, "provider works")
	answer, err := http.Get("http://" + at + "/x")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil || string(body) != `{"method":"GET","path":"/x","body":"","visits":1}` ||
		answer.Header.Get("Content-Type") != "application/json" {
		t.Errorf("it answers %s %q, %v", answer.Header.Get("Content-Type"), body, err)
	}
	cancel()
	<-ended
	if _, err := os.Stat("troupe.lock"); err != nil {
		t.Error(err)
	}
}
