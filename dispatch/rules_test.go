package dispatch_test

import (
	"path/filepath"
	"testing"

	"github.com/troupe-run/troupe/dispatch/script"
)

// TestRules runs the scripts in testdata/rules.
func TestRules(t *testing.T) { script.Run(t, filepath.Join("testdata", "rules"), script.Native) }
