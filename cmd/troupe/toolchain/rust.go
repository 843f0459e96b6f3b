package toolchain

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

const rustTarget = "wasm32-unknown-unknown"

// stackRust is the stack of a Rust module, in bytes: the linker's own choice of 1 MiB would be cleared for every instance.
const stackRust = "32768"

func buildRust(ctx context.Context, folder, out string) error {
	path, err := find("CARGO", "cargo")
	if err != nil {
		return &MissingError{Rust, "cargo", "install Rust from https://rustup.rs, and 'rustup target add " + rustTarget + "'"}
	}
	work, keep, err := cargoFolder(folder)
	if err != nil {
		return err
	}
	if !keep {
		defer os.RemoveAll(work)
	}
	home := os.Getenv("CARGO_HOME")
	if home == "" {
		if user, err := os.UserHomeDir(); err == nil {
			home = filepath.Join(user, ".cargo")
		}
	}
	flags := []string{"-C", "link-arg=-zstack-size=" + stackRust, "--remap-path-prefix=" + folder + "=."}
	if home != "" {
		flags = append(flags, "--remap-path-prefix="+home+"=cargo")
	}
	config, err := json.Marshal(flags) // an array of strings of TOML is one of JSON, too
	if err != nil {
		return err
	}
	messages, err := tool{path, []string{"build", "--release", "--target", rustTarget, "--target-dir", work,
		"--message-format=json-render-diagnostics", "--config", "target." + rustTarget + ".rustflags=" + string(config)}, nil}.run(ctx, folder)
	if err != nil {
		return explainRust(err)
	}
	file := artifact(messages)
	if file == "" {
		return &FailedError{Folder: folder, Command: "cargo build",
			Err: errors.New(`it made no .wasm file: Cargo.toml needs [lib] with crate-type = ["cdylib"]`)}
	}
	return copyFile(file, out)
}

// explainRust says what to install if the standard library for WebAssembly is not there.
func explainRust(err error) error {
	var failed *FailedError
	if errors.As(err, &failed) && strings.Contains(failed.Output, "E0463") && strings.Contains(failed.Output, rustTarget) {
		return &MissingError{Rust, "the standard library for " + rustTarget, "'rustup target add " + rustTarget + "'"}
	}
	return err
}

// cargoFolder returns where cargo works for a folder of sources: a place of its own that stays, so that the next build is
// short, or else one to be removed.
func cargoFolder(folder string) (dir string, keep bool, err error) {
	cache := os.Getenv("TROUPE_CACHE")
	if user, err := os.UserCacheDir(); err == nil && cache == "" {
		cache = filepath.Join(user, "troupe")
	}
	if cache != "" {
		sum := sha256.Sum256([]byte(folder))
		dir = filepath.Join(cache, "cargo", hex.EncodeToString(sum[:8]))
		if os.MkdirAll(dir, 0o755) == nil {
			return dir, true, nil
		}
	}
	dir, err = os.MkdirTemp("", "troupe-cargo-")
	return dir, false, err
}

// artifact finds the module in what cargo says about what it has made. The last one is that of the folder.
func artifact(messages []byte) (file string) {
	for line := range bytes.Lines(messages) {
		var m struct {
			Reason    string   `json:"reason"`
			Filenames []string `json:"filenames"`
		}
		if json.Unmarshal(line, &m) != nil || m.Reason != "compiler-artifact" {
			continue
		}
		for _, name := range m.Filenames {
			if filepath.Ext(name) == ".wasm" {
				file = name
			}
		}
	}
	return file
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}
