package cosmwasm_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rows are those of a table from the first to the last.
type rows struct{ first, last int }

// tables are the tables of behaviour that each index in testdata must be complete for.
var tables = map[string]map[string]rows{
	"rows_dispatch.txt": {"D": {1, 35}, "C": {1, 6}, "R": {1, 18}, "H": {1, 35}, "M": {1, 24}, "I": {1, 10}, "A": {1, 4}, "S": {1, 56}},
	"rows_machine.txt":  {"P": {1, 24}, "E": {1, 18}, "N": {1, 19}, "V": {1, 30}, "T": {1, 11}, "X": {1, 22}, "S": {57, 71}},
}

// TestRows checks the indexes testdata/rows_*.txt: which tests each row of the tables of behaviour stands in. A line is a
// row and one or more tests, each as its package and what -run takes, or a row, a dash and why it has none:
//
//	D1 ./dispatch TestRules/d01-d21-dispatcher ./runtime/wasm/cosmwasm TestDispatcher/D1_error-reply,_ok
//	N20 - why not
//
// The test must be declared in the package, and name the row; so must the subtest, or the script that it is.
func TestRows(t *testing.T) {
	files, err := filepath.Glob("testdata/rows_*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name := range tables {
		if !slices.Contains(files, filepath.Join("testdata", name)) {
			t.Errorf("%s is missing", name)
		}
	}
	s := sources{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for line := range strings.Lines(string(text)) {
				line = strings.TrimSpace(line)
				if line == "" || line[0] == '#' {
					continue
				}
				row, rest, _ := strings.Cut(line, " ")
				if seen[row] {
					t.Errorf("%s is there twice", row)
				}
				seen[row] = true
				if err := s.check(row, rest); err != nil {
					t.Errorf("%s: %v", row, err)
				}
			}
			for table, r := range tables[filepath.Base(file)] {
				for i := r.first; i <= r.last; i++ {
					if row := fmt.Sprint(table, i); !seen[row] {
						t.Errorf("%s is missing", row)
					}
				}
			}
		})
	}
}

// TestRowsAreChecked: what an index must not say.
func TestRowsAreChecked(t *testing.T) {
	s := sources{}
	for rest, want := range map[string]string{
		"":                                    "no test and no reason",
		"-":                                   "no reason",
		"./runtime/wasm/cosmwasm":             "a package without a test",
		"./runtime/wasm/nowhere TestRows":     "no such package",
		"./runtime/wasm/cosmwasm TestNowhere": "no such test",
		"./runtime/wasm/cosmwasm TestAddressesOfAChain":                                      "does not name the row",
		"./runtime/wasm/cosmwasm TestDispatcher/D1_error-reply,_oh":                          "has no such subtest",
		"./runtime/wasm/cosmwasm TestDispatcher/D2_success-reply,_error":                     "the subtest does not name the row",
		"./dispatch TestRules/d22-d26-response":                                              "the script does not name the row",
		"./dispatch TestRules/d27":                                                           "the test does not name the row",
		"./runtime/wasm/cosmwasm TestDispatcher/D1_error-reply,_ok ./dispatch":               "a package without a test",
		"./runtime/wasm/cosmwasm TestDispatcher/D1_error-reply,_ok ./dispatch TestNoOneness": "no such test",
	} {
		if err := s.check("D1", rest); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", rest, err, want)
		}
	}
	for _, rest := range []string{"- staking", "./runtime/wasm/cosmwasm TestDispatcher", "./runtime/wasm/cosmwasm TestDispatcher/D1_error-reply,_ok",
		"./dispatch TestRules/d01-d21-dispatcher ./runtime/wasm/cosmwasm TestDispatcher"} {
		if err := s.check("D1", rest); err != nil {
			t.Errorf("%q: %v", rest, err)
		}
	}
}

// A declared test is a function of a package.
type declared struct {
	text     string   // of the function with its comment
	literals []string // its strings, as names of subtests are written
}

// sources are the tests of packages by the package's path in the repository, and by their names.
type sources map[string]map[string]declared

// root is the way from this package to the repository.
const root = "../../.."

// check checks what an index says of a row.
func (s sources) check(row, rest string) error {
	words := strings.Fields(rest)
	switch {
	case len(words) == 0:
		return fmt.Errorf("no test and no reason why there is none")
	case words[0] == "-" && len(words) == 1:
		return fmt.Errorf("no reason")
	case words[0] == "-":
		return nil
	case len(words)%2 != 0:
		return fmt.Errorf("a package without a test: %s", words[len(words)-1])
	}
	for i := 0; i < len(words); i += 2 {
		if err := s.named(row, words[i], words[i+1]); err != nil {
			return fmt.Errorf("%s %s: %w", words[i], words[i+1], err)
		}
	}
	return nil
}

// named checks that a test names a row.
func (s sources) named(row, pkg, test string) error {
	tests, err := s.tests(pkg)
	if err != nil {
		return err
	}
	name, sub, _ := strings.Cut(test, "/")
	d, ok := tests[name]
	if !ok {
		return fmt.Errorf("no such test")
	}
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(row) + `\b`)
	if scripts, err := filepath.Glob(filepath.Join(root, pkg, "testdata", "*", sub+".txt")); err != nil {
		return err
	} else if len(scripts) == 1 {
		text, err := os.ReadFile(scripts[0])
		if err == nil && !word.Match(text) {
			err = fmt.Errorf("the script does not name the row")
		}
		return err
	}
	switch {
	case name == "Test"+row && sub == "":
		return nil
	case !word.MatchString(d.text):
		return fmt.Errorf("the test does not name the row")
	case sub == "":
		return nil
	case !slices.Contains(d.literals, sub):
		return fmt.Errorf("the test has no such subtest")
	case !word.MatchString(strings.ReplaceAll(sub, "_", " ")):
		return fmt.Errorf("the subtest does not name the row")
	}
	return nil
}

// tests returns the tests of a package.
func (s sources) tests(pkg string) (map[string]declared, error) {
	if tests, ok := s[pkg]; ok {
		return tests, nil
	}
	files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no such package, or one without tests: %v", err)
	}
	tests := map[string]declared{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range parsed.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") && !strings.HasPrefix(f.Name.Name, "Fuzz") {
				continue
			}
			start := f.Pos()
			if f.Doc != nil {
				start = f.Doc.Pos()
			}
			tests[f.Name.Name] = declared{string(text[set.Position(start).Offset:set.Position(f.End()).Offset]), literals(f)}
		}
	}
	s[pkg] = tests
	return tests, nil
}

// literals returns the strings in a function, as they stand in the names of subtests.
func literals(f *ast.FuncDecl) (list []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING && len(l.Value) >= 2 {
			list = append(list, strings.ReplaceAll(l.Value[1:len(l.Value)-1], " ", "_"))
		}
		return true
	})
	return list
}
