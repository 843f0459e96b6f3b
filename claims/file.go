package claims

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/nkeys"
)

// ErrNoKey is in the errors for a key that does not exist.
var ErrNoKey = errors.New("there is no such key")

// ErrKeyExists is in the errors for a key that would replace another.
var ErrKeyExists = errors.New("there is a key already")

// LoadFile returns the key whose seed is in the file: one line, and nothing else. A file that others could read or write
// is refused. The error is ErrNoKey if there is no file.
func LoadFile(path string) (Key, error) {
	b, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Key{}, fmt.Errorf("claims: %s: %w", path, ErrNoKey)
	}
	if err != nil {
		return Key{}, fmt.Errorf("claims: %w", err)
	}
	defer clear(b)
	key, err := ParseSeed(bytes.TrimRight(b, "\r\n"))
	if err != nil {
		return Key{}, fmt.Errorf("claims: the file %s holds no key: %w", path, err)
	}
	return key, nil
}

// LoadOrCreateFile returns the key in the file. If there is no file it makes a key of that kind first, and reports true.
// Of several processes that do so at once one makes the key and all return it. The folder must exist.
func LoadOrCreateFile(path string, kind nkeys.PrefixByte) (Key, bool, error) {
	key, err := LoadFile(path)
	if errors.Is(err, ErrNoKey) {
		key, err = createFile(path, kind)
		if err == nil {
			return key, true, nil
		}
		if errors.Is(err, ErrKeyExists) {
			key, err = LoadFile(path)
		}
	}
	if err != nil {
		return Key{}, false, err
	}
	if key.Kind() != kind {
		return Key{}, false, fmt.Errorf("claims: the key in %s is that of %s, and one of %s is needed", path, aKind(key.Kind()), aKind(kind))
	}
	return key, false, nil
}

// createFile makes a key and its file.
func createFile(path string, kind nkeys.PrefixByte) (Key, error) {
	key, err := NewKey(kind)
	if err != nil {
		return Key{}, err
	}
	if err := writeFile(path, key); err != nil {
		return Key{}, err
	}
	return key, nil
}

// writeFile makes a file of a key. It replaces none, and the file is whole as soon as it has its name.
func writeFile(path string, key Key) error {
	seed, err := key.Seed()
	if err != nil {
		return err
	}
	defer clear(seed)
	temp, err := os.CreateTemp(filepath.Dir(path), ".new-*.tmp") // with mode 0600
	if err != nil {
		return fmt.Errorf("claims: no key can be kept: %w", err)
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(append(seed, '\n'))
	if err == nil {
		err = temp.Sync()
	}
	if e := temp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Link(temp.Name(), path) // unlike a renaming, it never replaces a file
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("claims: %s: %w", path, ErrKeyExists)
	}
	if err != nil {
		return fmt.Errorf("claims: the key cannot be kept: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// maxFile is more than a file of a seed has.
const maxFile = 256

// readPrivate reads a small regular file that only its owner can read and write.
func readPrivate(path string) ([]byte, error) {
	// A pipe would be waited for when it is opened.
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkPrivate(path, info, 0o600); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		clear(b)
		return nil, fmt.Errorf("%s is too large for a file of a key", path)
	}
	return b, nil
}
