package npm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Errors that callers branch on.
var (
	// ErrUnreachable: there was no answer from the registry, or none that says anything about the package.
	ErrUnreachable = errors.New("the registry cannot be reached")
	// ErrNotFound: the registry does not have the package, or there is nothing at the address.
	ErrNotFound = errors.New("the registry does not have it")
)

// A HashError says that a package has another file than the one that is wanted.
type HashError struct {
	File        string
	Want, Found [sha256.Size]byte
}

func (e *HashError) Error() string {
	return fmt.Sprintf("%s has the SHA-256 %x, and %x is wanted", e.File, e.Found, e.Want)
}

// A Library gives out files of packages, and what is at addresses.
type Library struct {
	// Dir is the cache; empty: in the cache directory of the user. Its folders are made when they are needed.
	Dir string
}

// patience is how long a fetch may take.
const patience = 5 * time.Minute

// File returns a file of a package, by its path in it with slashes. The sum is its SHA-256. An error names the package.
func (l Library) File(ctx context.Context, p Package, file string, sum [sha256.Size]byte) ([]byte, error) {
	data, err := l.file(ctx, p, file, sum)
	if err != nil {
		return nil, fmt.Errorf("npm package %s: %w", p, err)
	}
	return data, nil
}

func (l Library) file(ctx context.Context, p Package, file string, sum [sha256.Size]byte) ([]byte, error) {
	return l.kept(sum, func() ([]byte, string, error) {
		data, err := fetch(ctx, p, file)
		return data, file, err
	})
}

// kept returns what has a sum: from the cache, or as it is fetched, under the name that it has then.
func (l Library) kept(sum [sha256.Size]byte, fetch func() (data []byte, name string, err error)) ([]byte, error) {
	dir, err := l.dir()
	if err != nil {
		return nil, err
	}
	kept := filepath.Join(dir, hex.EncodeToString(sum[:]))
	if data, err := readKept(kept); err == nil && sha256.Sum256(data) == sum {
		return data, nil
	}
	data, name, err := fetch()
	if err != nil {
		return nil, err
	}
	if found := sha256.Sum256(data); found != sum {
		return nil, &HashError{name, sum, found}
	}
	return data, keep(kept, data)
}

func (l Library) dir() (string, error) {
	if l.Dir != "" {
		return l.Dir, nil
	}
	user, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no place to keep it: %w", err)
	}
	return filepath.Join(user, "troupe", "npm"), nil
}

// readKept reads a file of the cache. One that is larger than any that was kept is none.
func readKept(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// keep writes a file in one step, so that nobody finds half of it, who fetches it at the same time.
func keep(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "fetched-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// Get returns what is at an address, under the same rules as a file of a package. The sum is its SHA-256.
func (l Library) Get(ctx context.Context, address string, sum [sha256.Size]byte) ([]byte, error) {
	return l.kept(sum, func() ([]byte, string, error) {
		var data []byte
		err := get(ctx, address, maxFile, func(body io.Reader) (err error) {
			data, err = io.ReadAll(body)
			return err
		})
		return data, address, err
	})
}

func fetch(ctx context.Context, p Package, file string) (data []byte, err error) {
	from, err := registry(p)
	if err != nil {
		return nil, err
	}
	err = get(ctx, p.url(from), maxPacked, func(body io.Reader) (err error) {
		data, err = extract(body, file)
		return err
	})
	return data, err
}

// get reads what is at an address, of at most limit bytes.
func get(ctx context.Context, address string, limit int64, read func(io.Reader) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("it took longer than %s", patience))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return unreachable(ctx, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		return fmt.Errorf("%w: GET %s: %s", ErrNotFound, req.URL.Redacted(), resp.Status)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%w: GET %s: %s", ErrUnreachable, req.URL.Redacted(), resp.Status)
	}
	body := &download{from: &bounded{resp.Body, limit, fmt.Sprintf("it has more than %d bytes", limit)}}
	err = read(body)
	if body.broken != nil {
		return unreachable(ctx, body.broken)
	}
	return err
}

// download tells a connection that broke from an archive that is damaged.
type download struct {
	from   io.Reader
	broken error
}

func (d *download) Read(p []byte) (int, error) {
	n, err := d.from.Read(p)
	if err != nil && err != io.EOF && !errors.Is(err, errTooLarge) {
		d.broken = err
	}
	return n, err
}

func unreachable(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, fs.ErrPermission) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}
