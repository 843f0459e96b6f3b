package toolchain

import (
	"context"
	"slices"
	"strings"
)

func findGo() (string, error) {
	path, err := find("", "go")
	if err != nil {
		return "", &MissingError{Go, "go", "install Go from https://go.dev/dl"}
	}
	return path, nil
}

// forWasm is the environment in which the go command compiles for WebAssembly.
var forWasm = []string{"GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0"}

func buildGo(ctx context.Context, folder, out string) error {
	path, err := findGo()
	if err != nil {
		return err
	}
	_, err = tool{path, []string{"build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", out, "."},
		forWasm}.run(ctx, folder)
	return err
}

// foldersGo returns the folders of all packages of the main module that the one in folder is made of.
func foldersGo(ctx context.Context, folder string) ([]string, error) {
	path, err := findGo()
	if err != nil {
		return nil, err
	}
	list, err := tool{path, []string{"list", "-e", "-deps", "-f", "{{with .Module}}{{if .Main}}{{$.Dir}}{{end}}{{end}}", "."},
		forWasm}.run(ctx, folder)
	if err != nil {
		return nil, err
	}
	return slices.Collect(strings.FieldsFuncSeq(string(list), func(r rune) bool { return r == '\n' || r == '\r' })), nil
}
