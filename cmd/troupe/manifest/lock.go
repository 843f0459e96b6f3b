package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// LockFile is the name of a lock file. It stands beside the manifest.
const LockFile = "troupe.lock"

// A Hash is the SHA-256 of a module as it is unpacked.
type Hash [sha256.Size]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// A Lock holds the hashes of modules by their names.
type Lock map[string]Hash

// A ChangedError says that a module is not the one in the lock file.
type ChangedError struct {
	Module string
	// Locked is what the lock file has, Found what is there.
	Locked, Found Hash
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("module %s has changed: %s has %s, and it is now %s; pass --update-lock if that is meant to be",
		e.Module, LockFile, e.Locked, e.Found)
}

// ReadLock reads the lock file in the folder of a manifest. Without one it returns nil.
func ReadLock(dir string) (Lock, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	text, err := read(root, LockFile, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return ParseLock(filepath.Join(dir, LockFile), text)
}

// ParseLock reads the text of a lock file. The name is for messages. The error is an *Error.
func ParseLock(name string, text []byte) (Lock, error) {
	d := decoder{name}
	body, err := d.document(text)
	if err != nil {
		return nil, err
	}
	lock := Lock{}
	err = d.mapping(body, "a lock file", fields{"modules": func(_, v ast.Node) error {
		pairs, err := d.pairs(v, "modules", "the names of modules")
		if err != nil {
			return err
		}
		for _, p := range pairs {
			name, err := d.key(p.Key)
			if err != nil {
				return err
			}
			if lock[name], err = d.hash(p.Value); err != nil {
				return err
			}
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	return lock, nil
}

func (d decoder) hash(n ast.Node) (h Hash, err error) {
	text, err := d.text(n, "a hash")
	if err != nil {
		return h, err
	}
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(h) {
		return h, d.at(n).errorf("a hash has %d hexadecimal digits, and this one is %q", 2*len(h), text)
	}
	copy(h[:], b)
	return h, nil
}

// Check compares a module with the lock file. A lock that is nil allows all; one that does not have the module refuses
// it, as it refuses a change.
func (l Lock) Check(module string, found Hash) error {
	locked, ok := l[module]
	switch {
	case l == nil || ok && locked == found:
		return nil
	case !ok:
		return fmt.Errorf("%s does not have module %s, which is %s; pass --update-lock to add it", LockFile, module, found)
	}
	return &ChangedError{module, locked, found}
}

const lockHead = `# Written by troupe build: the SHA-256 of each module. One that differs is refused; --update-lock accepts it.
`

// Format returns the text of a lock file, the same for equal locks.
func (l Lock) Format() []byte {
	var b bytes.Buffer
	b.WriteString(lockHead)
	if len(l) == 0 {
		b.WriteString("modules: {}\n")
		return b.Bytes()
	}
	b.WriteString("modules:\n")
	for _, name := range slices.Sorted(maps.Keys(l)) {
		// In quotes: a name or a hash of digits alone would be a number.
		fmt.Fprintf(&b, "  %q: %q\n", name, l[name].String())
	}
	return b.Bytes()
}
