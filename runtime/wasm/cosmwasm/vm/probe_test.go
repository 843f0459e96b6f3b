package vm_test

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
)

// TestProbe compiles testdata/probe, and compares it with what is there already if the compiler is the same one.
func TestProbe(t *testing.T) {
	built, err := toolchain.Build(t.Context(), filepath.Join("testdata", "probe"), toolchain.C)
	if missing := (*toolchain.MissingError)(nil); errors.As(err, &missing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	contract(t, built)
	version, err := exec.Command("clang", "--version").Output()
	if err != nil || !strings.Contains(string(version), "clang version 14.") {
		t.Skip("another version of clang makes another module")
	}
	code, err := probeCode()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(built, code) {
		t.Error("testdata/probe.wasm is not what testdata/probe compiles to")
	}
}
