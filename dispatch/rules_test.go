package dispatch_test

import (
	"path/filepath"
	"testing"

	"github.com/troupe-run/troupe/dispatch/script"
)

// TestRules runs the scripts in testdata/rules, which hold for actors of all kinds, and those in testdata/native, which
// show what only Go values can do.
func TestRules(t *testing.T) {
	for _, dir := range []string{"rules", "native"} {
		script.Run(t, filepath.Join("testdata", dir), script.Native)
	}
}
