package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/troupe-run/troupe/cmd/troupe/command"
	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/examples/mmo/game"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actortest"
	"github.com/troupe-run/troupe/runtime/wasm"
)

// TestGuests runs the transcripts with modules of WebAssembly, and Go values for those that a language does not have: what
// is printed is the same.
func TestGuests(t *testing.T) {
	engine := runtime.NewEngine(wasm.Options{CacheDir: t.TempDir()})
	defer engine.Close()
	for _, lang := range toolchain.Languages() {
		t.Run(string(lang), func(t *testing.T) {
			codes := guests(t, lang)
			opts := &actortest.Options{Host: runtime.Options{Engine: engine}}
			actortest.RunTranscripts(t, "testdata/*.txt", opts, func(h *actortest.Host) {
				natives := command.Modules{}
				if err := game.Bind(natives); err != nil {
					t.Fatal(err)
				}
				for _, name := range modules {
					if code, ok := codes[name]; ok {
						h.Install(name, code)
					} else {
						h.Bind(name, natives[name])
					}
				}
			})
		})
	}
}

// modules are in the order in which game.Bind binds them: it decides the numbers of transactions.
var modules = []string{game.CurrencyModule, game.WarriorModule, game.NaiveModule}

// guests builds the modules that there are in a language.
func guests(t *testing.T, lang toolchain.Language) map[string][]byte {
	t.Helper()
	codes := map[string][]byte{}
	for _, name := range modules {
		folder := filepath.Join("guest", string(lang), name)
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		readAll(t, folder)
		readAll(t, filepath.Join("..", "..", "runtime", "guest"))
		code, err := toolchain.Build(t.Context(), folder, lang)
		var missing *toolchain.MissingError
		if errors.As(err, &missing) {
			t.Skip(missing)
		}
		if err != nil {
			t.Fatal(err)
		}
		codes[name] = code
	}
	if len(codes) == 0 {
		t.Skipf("there are no guests in guest/%s", lang)
	}
	return codes
}

// readAll reads the files below a folder, so that the go command knows what the result of the test depends on.
func readAll(t *testing.T, folder string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			_, err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
