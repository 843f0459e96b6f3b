package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/command"
	"github.com/troupe-run/troupe/cmd/troupe/config"
	"github.com/troupe-run/troupe/runtime/metrics"
)

const operations = "../../runtime/OPERATIONS.md"

func configurationTable() string {
	var b strings.Builder
	b.WriteString("| option | kind | default | what it is for |\n|---|---|---|---|\n")
	for _, o := range config.Options() {
		value := ""
		if o.Default != "" {
			value = "`" + o.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", o.Key, o.Kind, value, strings.ReplaceAll(o.Doc, "|", "\\|"))
	}
	return b.String()
}

func metricsTable() string {
	var b strings.Builder
	b.WriteString("| metric | kind | what it counts |\n|---|---|---|\n")
	for _, m := range metrics.List() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", m.Name, m.Kind, m.Help)
	}
	return b.String()
}

func TestOperationsSaysWhatTheCodeSays(t *testing.T) {
	text, err := os.ReadFile(operations)
	if err != nil {
		t.Fatal(err)
	}
	want := text
	for name, table := range map[string]string{"configuration": configurationTable(), "metrics": metricsTable()} {
		begin, end := []byte("<!-- begin "+name+" -->\n"), []byte("<!-- end "+name+" -->")
		before, rest, ok := bytes.Cut(want, begin)
		_, after, found := bytes.Cut(rest, end)
		if !ok || !found {
			t.Fatalf("there is no place for the table of the %s", name)
		}
		want = bytes.Join([][]byte{before, begin, []byte(table), end, after}, nil)
	}
	if bytes.Equal(text, want) {
		return
	}
	if !*update {
		t.Fatal("the tables are not those of the code: run go test ./cmd/troupe -run Operations -update")
	}
	if err := os.WriteFile(operations, want, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestOperationsNamesWhatThereIs looks up commands, flags, options and variables that the guide names.
func TestOperationsNamesWhatThereIs(t *testing.T) {
	text, err := os.ReadFile(operations)
	if err != nil {
		t.Fatal(err)
	}
	help := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)(?:^|`|/bin/)troupe ([a-z]+)([^`\n#]*)").FindAllStringSubmatch(string(text), -1) {
		name := m[1]
		if help[name] == "" {
			var out, errs bytes.Buffer
			p := command.Program{Name: "troupe", Stdout: &out, Stderr: &errs}
			code := p.Run(t.Context(), []string{name, "--help"})
			if code != command.ExitOK || !strings.Contains(out.String(), "Usage:\n  troupe "+name) {
				t.Errorf("troupe %s: %s", name, errs.String())
				continue
			}
			help[name] = out.String()
		}
		for _, f := range regexp.MustCompile(`--[a-z-]+`).FindAllString(m[2], -1) {
			if !strings.Contains(help[name], f) {
				t.Errorf("troupe %s has no %s", name, f)
			}
		}
	}
	if len(help) < 6 {
		t.Errorf("only %d commands were found", len(help))
	}
	known := map[string]bool{"TROUPE_CACHE": true, "TROUPE_DIR": true, "TROUPE_KEYS": true, "TROUPE_CONFIG": true}
	options := map[string]bool{}
	for _, o := range config.Options() {
		known[o.Env()], options[o.Key] = true, true
	}
	for _, v := range regexp.MustCompile(`TROUPE_[A-Z_]+`).FindAllString(string(text), -1) {
		if !known[v] {
			t.Errorf("there is no variable %s", v)
		}
	}
	for _, m := range regexp.MustCompile("`((?:http|nats|log|otlp|limits|retention|disk|backup)\\.[a-z-]+)`").FindAllStringSubmatch(string(text), -1) {
		if !options[m[1]] {
			t.Errorf("there is no option %s", m[1])
		}
	}
	list := metricsTable()
	for _, m := range regexp.MustCompile("troupe_[a-z_]+").FindAllString(string(text), -1) {
		if !strings.Contains(list, m) {
			t.Errorf("there is no metric %s", m)
		}
	}
}
