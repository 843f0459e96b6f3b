package main

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/command"
)

// TestShellBeside has a command run beside those that come behind it, until stop ends it.
func TestShellBeside(t *testing.T) {
	t.Setenv("TROUPE_CACHE", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	at := served(t)
	p, err := program()
	if err != nil {
		t.Fatal(err)
	}
	in, typing := io.Pipe()
	var out screen
	p.Name, p.Stdin, p.Stdout, p.Stderr = "troupe", in, &out, &out
	shell := &developing{&out, typing, make(chan int, 1)}
	go func() { shell.ended <- p.Run(t.Context(), []string{"shell", "--server", at.URL}) }()
	set := func(value string) {
		t.Helper()
		shell.say(t, fmt.Sprintf("send puppet/alice --raw 'set greeting=%s'", value))
	}
	set("hello")
	shell.wait(t, "committed seq ")
	shell.say(t, "watch puppet/alice --from 0 &")
	shell.wait(t, `puppet/alice greeting: "hello"`)
	shell.say(t, "get puppet/alice greeting")
	shell.wait(t, "\"hello\"\n")
	set("bye")
	shell.wait(t, `puppet/alice greeting: "bye"`)
	shell.say(t, "stop")
	set("nobody hears")
	shell.say(t, "get puppet/alice greeting")
	shell.wait(t, "\"nobody hears\"\n")
	typing.Close()
	shell.end(t, command.ExitOK)
	if strings.Contains(out.text.String(), `greeting: "nobody hears"`) {
		t.Errorf("it goes on behind stop:\n%s", out.text.String())
	}
}
