package toolchain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// flagsFile holds options for the compiler, one on a line, as clangd and other tools know it.
const flagsFile = "compile_flags.txt"

// stackC is the stack of a C module, in bytes.
const stackC = "32768"

func buildC(ctx context.Context, folder, out string) error {
	path, err := findClang(ctx)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(folder) // sorted: the order of the files decides the bytes of the module
	if err != nil {
		return err
	}
	own, err := ownFlags(folder)
	if err != nil {
		return err
	}
	args := []string{"-O2", "-fno-ident", "-ffile-prefix-map=" + folder + "=.", "-Wl,--strip-all", "-Wl,-z,stack-size=" + stackC}
	if slices.ContainsFunc(own, func(f string) bool { return strings.Contains(f, "wasi") }) {
		args = append(args, "-mexec-model=reactor")
	} else {
		args = append(args, "--target=wasm32", "-ffreestanding", "-nostdlib", "-Wl,--no-entry")
	}
	args = append(append(args, own...), "-o", out)
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".c" {
			args = append(args, e.Name())
		}
	}
	_, err = tool{path, args, nil}.run(ctx, folder)
	return err
}

// ownFlags returns what the folder has to say to the compiler.
func ownFlags(folder string) (flags []string, err error) {
	text, err := os.ReadFile(filepath.Join(folder, flagsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			flags = append(flags, line)
		}
	}
	return flags, err
}

// clangs are the versions that distributions install under names of their own, the newest first.
const newestClang, oldestClang = 30, 14

// findClang returns a clang that compiles for WebAssembly, which not all do.
func findClang(ctx context.Context) (string, error) {
	missing := &MissingError{C, "clang", "install clang 14 or newer and its linker for WebAssembly: the packages clang and lld, or " +
		"https://github.com/llvm/llvm-project/releases"}
	programs := []string{"clang"}
	for v := newestClang; v >= oldestClang; v-- {
		programs = append(programs, fmt.Sprintf("clang-%d", v))
	}
	if named := os.Getenv("WASM_CC"); named != "" {
		programs = []string{named}
	}
	for _, p := range programs {
		path, err := find("", p)
		if err != nil {
			continue
		}
		targets, err := tool{path, []string{"--print-targets"}, nil}.run(ctx, "")
		if err == nil && strings.Contains(string(targets), "wasm32") {
			return path, nil
		}
		missing.Tool = "a clang that compiles for WebAssembly"
	}
	return "", missing
}
