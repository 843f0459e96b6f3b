package typescript

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write src/types.ts")

func TestTypes(t *testing.T) {
	const file = "src/types.ts"
	want := Types()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what package api says (%v): run go test ./runtime/client/typescript -update", file, err)
	}
}
