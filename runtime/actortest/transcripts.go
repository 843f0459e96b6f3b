package actortest

import (
	"errors"
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actortest/transcript"
)

func init() {
	// Whoever has a flag of that name already means the same by it.
	if flag.Lookup("update") == nil {
		flag.Bool("update", false, "rewrite transcripts with what they print now")
	}
}

// updating reports whether -update was given.
func updating() bool {
	f := flag.Lookup("update")
	getter, ok := f.Value.(flag.Getter)
	if !ok {
		return false
	}
	on, _ := getter.Get().(bool)
	return on
}

// RunTranscripts runs each file that matches the pattern as a subtest, on a host of its own that setup has prepared: at
// least by binding what the file uses. Options may be nil. With go test -update the files are rewritten. No file at all
// is a failure.
func RunTranscripts(t *testing.T, pattern string, opts *Options, setup func(*Host)) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err == nil && len(files) == 0 {
		err = errors.New("no transcript matches " + pattern)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		t.Run(name, func(t *testing.T) {
			h := New(t, opts)
			if setup != nil {
				setup(h)
			}
			err := transcript.Check(t.Context(), h.world, file, updating())
			var mismatch *transcript.MismatchError
			if errors.As(err, &mismatch) {
				t.Errorf("- expected, + printed; run with -update to accept\n%v", err)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}
