package corpus

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// DefaultRegistry is the public npm registry.
const DefaultRegistry = "https://registry.npmjs.org"

// maxArchive bounds what is read from a registry or unpacked from it.
const maxArchive = 64 << 20

// A Library gives out contracts from a directory, and fills it from the registries.
type Library struct {
	Dir      string // empty: below the user's cache directory
	Registry string // of npm; empty: npm_config_registry of the environment, or DefaultRegistry
}

// Load returns the binaries of the contracts, by name. What is not in the directory is fetched, a whole package at a
// time.
func (l Library) Load(ctx context.Context, contracts []Contract) (map[string][]byte, error) {
	dir := l.Dir
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("corpus: no place for contracts: %w", err)
		}
		dir = filepath.Join(base, "troupe", "conformance")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("corpus: %w", err)
	}
	found := make(map[string][]byte, len(contracts))
	missing := map[Package][]Contract{}
	for _, c := range contracts {
		if c.Sum == "" {
			missing[c.From] = append(missing[c.From], c)
			continue
		}
		code, err := os.ReadFile(kept(dir, c))
		if err == nil && sum(code) == c.Sum {
			found[c.Name] = code
			continue
		}
		missing[c.From] = append(missing[c.From], c)
	}
	for p, wanted := range missing {
		files, err := l.open(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("corpus: %s %s from %s: %w", p.Name, p.Version, p.Registry, err)
		}
		for _, c := range wanted {
			code, err := files(c.Path)
			if err != nil {
				return nil, fmt.Errorf("corpus: %s: %w", c.Name, err)
			}
			if strings.HasSuffix(c.Path, ".gz") {
				if code, err = gunzip(code); err != nil {
					return nil, fmt.Errorf("corpus: %s: %w", c.Name, err)
				}
			}
			if c.Sum == "" {
				found[c.Name] = code
				continue
			}
			if got := sum(code); got != c.Sum {
				return nil, fmt.Errorf("corpus: %s: %s in %s %s has SHA-256 %s, want %s",
					c.Name, c.Path, p.Name, p.Version, got, c.Sum)
			}
			if err := keep(dir, c, code); err != nil {
				return nil, fmt.Errorf("corpus: %w", err)
			}
			found[c.Name] = code
		}
	}
	return found, nil
}

func kept(dir string, c Contract) string { return filepath.Join(dir, c.Sum+".wasm") }

// keep writes a file that is whole or not there, since tests of several packages may fetch at once.
func keep(dir string, c Contract, code []byte) error {
	f, err := os.CreateTemp(dir, "fetch-*")
	if err != nil {
		return err
	}
	_, err = f.Write(code)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), kept(dir, c))
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// open fetches a package and returns what reads its files.
func (l Library) open(ctx context.Context, p Package) (func(path string) ([]byte, error), error) {
	switch p.Registry {
	case "here":
		return repository(ctx, p)
	case "goproxy":
		return goModule(ctx, p)
	case "npm":
		return l.npm(ctx, p)
	}
	return nil, fmt.Errorf("unknown registry %q", p.Registry)
}

// repository reads what is in the repository that go.mod replaces the module by.
func repository(ctx context.Context, p Package) (func(string) ([]byte, error), error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", p.Name).Output()
	if err != nil {
		return nil, fmt.Errorf("go list -m %s, in the folder bench/conformance: %w", p.Name, err)
	}
	return in(strings.TrimSpace(string(out))), nil
}

func in(dir string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))) }
}

// goModule has the go command bring a module into its cache, which checks it against the checksum database.
func goModule(ctx context.Context, p Package) (func(string) ([]byte, error), error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", p.Name+"@"+p.Version)
	cmd.Dir = os.TempDir() // away from any go.mod, which it would otherwise take notice of
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var answer struct{ Dir, Error string }
	if json.Unmarshal(out, &answer) != nil || err != nil || answer.Error != "" {
		return nil, fmt.Errorf("go mod download: %s", cmp.Or(answer.Error, strings.TrimSpace(stderr.String()), fmt.Sprint(err)))
	}
	return in(answer.Dir), nil
}

// npm fetches the archive of a package and unpacks it in memory.
func (l Library) npm(ctx context.Context, p Package) (func(string) ([]byte, error), error) {
	registry := cmp.Or(l.Registry, os.Getenv("npm_config_registry"), os.Getenv("NPM_CONFIG_REGISTRY"), DefaultRegistry)
	url := fmt.Sprintf("%s/%s/-/%s-%s.tgz", strings.TrimRight(registry, "/"), p.Name, path.Base(p.Name), p.Version)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", url, resp.Status)
	}
	archive, err := io.ReadAll(io.LimitReader(resp.Body, maxArchive))
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", url, err)
	}
	if got := sum(archive); got != p.Sum {
		return nil, fmt.Errorf("GET %s: SHA-256 %s, want %s", url, got, p.Sum)
	}
	files, err := untar(archive)
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", url, err)
	}
	return func(name string) ([]byte, error) {
		if b, ok := files[path.Join("package", name)]; ok {
			return b, nil
		}
		return nil, fmt.Errorf("no file %s in the archive", name)
	}, nil
}

func untar(archive []byte) (map[string][]byte, error) {
	plain, err := gunzip(archive)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for r := tar.NewReader(bytes.NewReader(plain)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if files[path.Clean(h.Name)], err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
}

func gunzip(b []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxArchive+1))
	if err == nil && len(plain) > maxArchive {
		err = fmt.Errorf("more than %d bytes", maxArchive)
	}
	return plain, err
}
