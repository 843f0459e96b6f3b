package capability_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// accepted are the numbers that must be in the index. Those that are not need several hosts, or what is not built yet.
var accepted = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 25, 27, 29, 30, 36, 37, 38, 39, 40}

// TestAcceptance checks the index testdata/acceptance.txt: which tests each number of the list stands in. A line is a number and
// tests, each as its package and what -run takes; with "real" in front of them they need the folder of TROUPE_WASMBUS_ACTORS, or
// with "$" it is a command. A number may have several lines, and has at least one that needs no such folder:
//
//	7 ./examples TestEcho
//	7 real ./runtime/lattice/messaging TestRealActors/otp_echo
//	37 $ troupe bench wasmbus
//
// The test must be declared in the package, and have the subtest as a text or a script.
func TestAcceptance(t *testing.T) {
	text, err := os.ReadFile("testdata/acceptance.txt")
	if err != nil {
		t.Fatal(err)
	}
	tests, seen := declared{}, map[int]bool{}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		number, ours, err := tests.check(words)
		if err != nil {
			t.Errorf("%s: %v", strings.TrimSpace(line), err)
		}
		seen[number] = seen[number] || ours
	}
	for _, number := range accepted {
		if !seen[number] {
			t.Errorf("%d is missing", number)
		}
	}
}

// TestAcceptanceIsChecked: what the index must not say.
func TestAcceptanceIsChecked(t *testing.T) {
	tests := declared{}
	for line, want := range map[string]string{
		"seven ./examples TestEcho":          "no number",
		"7":                                  "no test",
		"7 real":                             "no test",
		"7 ./examples":                       "no test",
		"7 ./nowhere TestEcho":               "no such package",
		"7 ./examples TestNowhere":           "no such test",
		"7 ./examples TestEcho/nowhere":      "no such subtest",
		"37 $ troupe dance now":              "no such file",
		"37 $":                               "no command",
		"1 ./cmd/troupe TestScripts/claim":   "no such subtest",
		"7 ./examples TestEcho ./dispatch":   "no test",
		"7 ./examples TestEcho ./bench Echo": "no such test",
	} {
		if _, _, err := tests.check(strings.Fields(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", line, err, want)
		}
	}
}

// declared are the functions of tests with the texts in them, by package and name.
type declared map[string]map[string][]string

// root is the way from this package to the repository.
const root = "../.."

// check checks a line. It reports whether everybody can run what it names.
func (d declared) check(words []string) (number int, ours bool, err error) {
	if number, err = strconv.Atoi(words[0]); err != nil {
		return 0, false, fmt.Errorf("no number: %w", err)
	}
	words, ours = words[1:], true
	if len(words) > 0 && words[0] == "$" {
		return number, ours, command(words[1:])
	}
	if len(words) > 0 && words[0] == "real" {
		words, ours = words[1:], false
	}
	if len(words) == 0 || len(words)%2 != 0 {
		return number, ours, fmt.Errorf("no test, or a package without one")
	}
	for pair := range slices.Chunk(words, 2) {
		if err := d.has(pair[0], pair[1]); err != nil {
			return number, ours, fmt.Errorf("%s %s: %w", pair[0], pair[1], err)
		}
	}
	return number, ours, nil
}

// command checks a command line.
func command(words []string) error {
	if len(words) < 2 || words[0] != "troupe" {
		return fmt.Errorf("no command: it is troupe and what to do")
	}
	_, err := os.Stat(filepath.Join(root, "cmd", "troupe", "command", words[1]+".go"))
	return err
}

// has checks that there is a test.
func (d declared) has(pkg, test string) error {
	if err := d.read(pkg); err != nil {
		return err
	}
	name, sub, _ := strings.Cut(test, "/")
	texts, ok := d[pkg][name]
	if !ok {
		return fmt.Errorf("no such test")
	}
	if sub == "" || slices.Contains(texts, sub) {
		return nil
	}
	for _, pattern := range []string{"testdata/" + sub + ".txtar", "testdata/*/" + sub + ".txt", sub + "/README.md"} {
		if files, err := filepath.Glob(filepath.Join(root, pkg, pattern)); err == nil && len(files) > 0 {
			return nil
		}
	}
	return fmt.Errorf("no such subtest")
}

// read reads the tests of a package.
func (d declared) read(pkg string) error {
	if d[pkg] != nil {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no such package, or one without tests: %v", err)
	}
	d[pkg] = map[string][]string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range parsed.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !slices.ContainsFunc([]string{"Test", "Fuzz", "Benchmark"}, func(kind string) bool { return strings.HasPrefix(f.Name.Name, kind) }) {
				continue
			}
			texts := []string{}
			ast.Inspect(f, func(n ast.Node) bool {
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == gotoken.STRING {
					if text, err := strconv.Unquote(l.Value); err == nil {
						texts = append(texts, strings.ReplaceAll(text, " ", "_"))
					}
				}
				return true
			})
			d[pkg][f.Name.Name] = texts
		}
	}
	return nil
}
