package c_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestHeader compiles the tests of the header with the compiler of this machine, and runs them: with a watch over memory, if the
// compiler has one.
func TestHeader(t *testing.T) {
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	if _, err := exec.LookPath(cc); err != nil {
		t.Skip("a C compiler is not there: ", err)
	}
	for _, file := range []string{"troupe.h", "test/test.c", "../zoo/testdata/c/zoo.c"} {
		if _, err := os.ReadFile(file); err != nil { // so that the go command knows what the result depends on
			t.Fatal(err)
		}
	}
	program := filepath.Join(t.TempDir(), "test")
	args := []string{"-std=c11", "-D_GNU_SOURCE", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-I.", "-o", program, "test/test.c", "-lm"}
	out, err := exec.Command(cc, append([]string{"-fsanitize=address,undefined", "-fno-sanitize-recover=all"}, args...)...).CombinedOutput()
	if err != nil && !strings.Contains(string(out), "test.c:") {
		t.Log("without a watch over memory: ", string(out))
		out, err = exec.Command(cc, args...).CombinedOutput()
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", cc, err, out)
	}
	if out, err := exec.Command(program).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
