package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestVerdicts runs the mutants of the module in testdata/sample: one for each thing that can become of a mutant.
func TestVerdicts(t *testing.T) {
	root, err := filepath.Abs("testdata/sample")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "mutants.txt"))
	if err != nil {
		t.Fatal(err)
	}
	mutants, err := parseMutants("mutants.txt", string(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		name    string
		verdict verdict
		by      string
		output  string
	}{
		{"start-at-one", killed, "sample.TestSum/three", "1+2+3 = 7"},
		{"panics", killed, "sample.TestSum/three (panic)", "index out of range"},
		{"hangs", killed, "sample.TestSum/three (timeout)", "timed out"},
		{"survivor", survived, "-run ^TestProduct$ .", ""},
		{"ambiguous", invalid, "the old text stands 2 times in sum.go, not once", ""},
		{"stale", invalid, "the old text stands 0 times in sum.go, not once", ""},
		{"gone", invalid, "difference.go", ""},
		{"not-go", invalid, "it does not compile", "undefined: nothing"},
		{"no-test", invalid, "go test -run ^TestDifference$ . runs no test", ""},
		{"broken-test", invalid, "without the mutant sample.TestBroken fails too", "fails whatever is done"},
		{"abroad", skipped, "-run ^TestAbroad$ .", ""},
	}
	before := snapshot(t, root)
	lab := &laboratory{root: root, timeout: 5 * time.Second, parallel: 2}
	var printed bytes.Buffer
	table := newTable(&printed, mutants, false)
	i := 0
	err = lab.tryAll(t.Context(), mutants, func(o outcome) {
		table.add(o)
		w := want[i]
		i++
		if o.mutant.Name != w.name || o.verdict != w.verdict || !strings.Contains(o.by, w.by) || !strings.Contains(o.output, w.output) {
			t.Errorf("mutant %s: %s by %q:\n%s\nwant %+v", o.mutant.Name, o.verdict, o.by, o.output, w)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if i != len(want) {
		t.Errorf("%d outcomes, want %d", i, len(want))
	}
	if table.close() {
		t.Error("a list with a survivor and invalid mutants counts as all killed")
	}
	for _, line := range []string{
		"start-at-one  killed ", "survivor      SURVIVED",
		"sum.go: The product is wrong, and no test looks.", "not-go        INVALID",
		"3 killed, 1 survived, 6 invalid, 1 skipped",
	} {
		if !strings.Contains(printed.String(), line) {
			t.Errorf("the table lacks %q:\n%s", line, &printed)
		}
	}
	if after := snapshot(t, root); after != before {
		t.Error("the module on disk is another one after the mutants ran")
	}
}

// TestAllKilled checks that a list is good if every one of its mutants is killed.
func TestAllKilled(t *testing.T) {
	var printed bytes.Buffer
	table := newTable(&printed, nil, true)
	output := "begins\n" + strings.Repeat("goes on\n", headLines+tailLines) + "ends\n"
	table.add(outcome{mutant: mutant{Name: "m"}, verdict: killed, by: "p.TestX", output: output})
	if !table.close() {
		t.Error("one mutant, killed, and the list is not good")
	}
	if s := printed.String(); !strings.Contains(s, "    begins\n") || !strings.Contains(s, "    ... 2 lines\n") || !strings.Contains(s, "    ends\n") {
		t.Errorf("with -v the beginning and the end of the output are shown:\n%s", s)
	}
}

func snapshot(t *testing.T, root string) string {
	t.Helper()
	var all strings.Builder
	files, err := filepath.Glob(filepath.Join(root, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(f + "\n" + string(text))
	}
	return all.String()
}

func TestParseMutants(t *testing.T) {
	const head = "mutant: a\nfile: f.go\nwhy: w\ntest: ./x\n"
	for _, c := range []struct{ name, text, want string }{
		{"no end", head + "--- old\na\n--- new\nb\n", "mutant a is not ended"},
		{"another begins", head + "mutant: b\n", "l:5: mutant a is not ended"},
		{"name taken", head + "--- old\na\n--- new\nb\n---\n" + head, `l:10: the name "a" is empty or taken`},
		{"order", head + "--- new\nb\n", "l:5: \"--- new\" is out of place"},
		{"no file", "mutant: a\nwhy: w\ntest: ./x\n--- old\na\n--- new\nb\n---\n", "names no file"},
		{"no why", "mutant: a\nfile: f\ntest: ./x\n--- old\na\n--- new\nb\n---\n", "why it matters"},
		{"no test", "mutant: a\nfile: f\nwhy: w\n--- old\na\n--- new\nb\n---\n", "names no test"},
		{"nothing changes", head + "--- old\na\n--- new\na\n---\n", "the new text is the old one"},
		{"nothing old", head + "--- old\n--- new\na\n---\n", "the old text is empty"},
		{"key", head + "tests: ./x\n", `l:5: "tests" is neither`},
		{"outside", "file: f\n", "outside of a mutant"},
		{"marker outside", "--- old\n", "outside of a mutant"},
	} {
		if _, err := parseMutants("l", c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	got, err := parseMutants("l", "# c\n\n"+head+"--- old\n\ta\n\n# b\n--- new\n---\n")
	if err != nil || len(got) != 1 || got[0].Old != "\ta\n\n# b\n" || got[0].New != "" || !slices.Equal(got[0].Test, []string{"./x"}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestSeededMutantsApply checks that the list keeps up with the code. Whether they are killed is for the command.
func TestSeededMutantsApply(t *testing.T) {
	mutants, err := parseMutants("mutants.txt", seeded)
	if err != nil {
		t.Fatal(err)
	}
	if len(mutants) < 20 {
		t.Errorf("there are %d mutants, at least 20 are wanted", len(mutants))
	}
	for _, m := range mutants {
		if _, err := m.apply("../.."); err != nil {
			t.Errorf("mutant %s: %v", m.Name, err)
		}
	}
}

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		exit int
		want string
	}{
		{"list", []string{"-list"}, 0, "reply-before-durable  (dispatch/commit.go)"},
		{"unknown mutant", []string{"-only", "no-such-mutant"}, 2, `no mutant is named "no-such-mutant"`},
		{"unknown flag", []string{"-x"}, 2, "flag provided but not defined"},
	} {
		var out bytes.Buffer
		if exit := run(t.Context(), c.args, &out, &out); exit != c.exit || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: exit %d, want %d, with %q:\n%s", c.name, exit, c.exit, c.want, &out)
		}
	}
}
