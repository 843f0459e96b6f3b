// Package golden compares what a program prints with a file in testdata. Run the test with -update to rewrite the file.
package golden

import (
	"flag"
	"os"
	"testing"

	"github.com/troupe-run/troupe/runtime/actortest/transcript"
)

func init() {
	// Package actortest has the same flag; whoever comes first registers it.
	if flag.Lookup("update") == nil {
		flag.Bool("update", false, "rewrite golden files with what is printed now")
	}
}

// Check fails the test if got is not what stands in the file.
func Check(t testing.TB, path, got string) {
	t.Helper()
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := transcript.Diff(string(want), got); diff != "" {
		t.Errorf("- expected, + printed; run with -update to accept\n%s:\n%s", path, diff)
	}
}
