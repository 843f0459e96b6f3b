// Package sample holds actors of the guest ABI wasmbus for tests of hosts. They are small, and do what tests need actors for: they
// fail half way, never end, call each other. Each has a folder with its source, whose first lines say what it does, and is there
// built and signed, so that tests need no compiler; echo and kvcounter are those of the examples:
//
//	host.Start(ctx, "twice", sample.Code("twice"), runtime.StartOptions{})
//
// Nobody has the keys that they are signed with. A test that wants other claims signs the code again, with its own.
// TestModules in package examples builds and signs them anew.
package sample

import (
	"embed"
	"fmt"
)

//go:embed *.wasm
var files embed.FS

// Names returns the names of all, sorted.
func Names() []string {
	return []string{"busy", "dice", "echo", "kvcounter", "mailbox", "relay", "spin", "twice"}
}

// Code returns a module with its claims. It panics if there is none of that name.
func Code(name string) []byte {
	code, err := files.ReadFile(name + ".wasm")
	if err != nil {
		panic(fmt.Sprintf("sample: there is no actor %q, only %q", name, Names()))
	}
	return code
}
