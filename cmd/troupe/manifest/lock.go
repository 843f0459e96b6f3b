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
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// LockFile is the name of the lock file of a File. It stands beside it.
const LockFile = "troupe.lock"

// LockName returns the name of the lock file: it is called like the manifest.
func (m *Manifest) LockName() string {
	if m.File == File {
		return LockFile
	}
	return strings.TrimSuffix(m.File, filepath.Ext(m.File)) + ".lock"
}

// A Hash is the SHA-256 of a module as it is unpacked.
type Hash [sha256.Size]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// A Pin is what a lock file holds of a module.
type Pin struct {
	Hash Hash
	// Key and Issuer are those that its claims name, empty if it has none.
	Key, Issuer string
}

// A Lock holds modules by their names.
type Lock map[string]Pin

// A ChangedError says that a module is not the one in the lock file.
type ChangedError struct {
	Module, File string
	// Locked is what the lock file has, Found what is there.
	Locked, Found Pin
}

func (e *ChangedError) Error() string {
	what, was, is := "", e.Locked.Hash.String(), e.Found.Hash.String()
	switch {
	case e.Locked.Key != e.Found.Key:
		what, was, is = "the key ", orNobody(e.Locked.Key), orNobody(e.Found.Key)
	case e.Locked.Issuer != e.Found.Issuer:
		what, was, is = "the issuer ", orNobody(e.Locked.Issuer), orNobody(e.Found.Issuer)
	}
	return fmt.Sprintf("module %s has changed: %s has %s%s, and it is now %s; pass --update-lock if that is meant to be",
		e.Module, e.File, what, was, is)
}

func orNobody(key string) string {
	if key == "" {
		return "none"
	}
	return key
}

// ReadLock reads the lock file of a manifest. Without one it returns nil.
func (m *Manifest) ReadLock() (Lock, error) {
	root, err := os.OpenRoot(m.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	text, err := read(root, m.LockName(), maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return ParseLock(m.Path(m.LockName()), text)
}

// ParseLock reads the text of a lock file. The name is for messages. The error is an *Error.
func ParseLock(name string, text []byte) (Lock, error) {
	d := decoder{file: name}
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
			if lock[name], err = d.pin(p.Value); err != nil {
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

// pin reads a hash, or with claims a mapping.
func (d decoder) pin(n ast.Node) (p Pin, err error) {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
	default:
		p.Hash, err = d.hash(n)
		return p, err
	}
	hashed := false
	err = d.mapping(n, "a locked module", fields{
		"sha256": func(_, v ast.Node) (err error) {
			p.Hash, err = d.hash(v)
			hashed = true
			return err
		},
		"key":    d.into(&p.Key, "the key of a module"),
		"issuer": d.into(&p.Issuer, "the key of an issuer"),
	})
	if err == nil && (!hashed || !isKey(p.Key, 'M') || !isKey(p.Issuer, 'A')) {
		err = d.at(n).errorf("a locked module has sha256, and if it has claims a key, which begins with M, and an issuer, with A")
	}
	return p, err
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

// CheckLock compares a module with the lock file. A lock that is nil allows all; one that does not have the module refuses
// it, as it refuses a change.
func (m *Manifest) CheckLock(l Lock, code *Code) error {
	name, found := code.Module.Name, code.Pin()
	locked, ok := l[name]
	switch {
	case l == nil || ok && locked == found:
		return nil
	case !ok:
		return fmt.Errorf("%s does not have module %s, which is %s; pass --update-lock to add it", m.LockName(), name, found.Hash)
	}
	return &ChangedError{name, m.LockName(), locked, found}
}

const lockHead = `# Written by troupe: the SHA-256 of each module, and the keys in its claims. One that differs is refused; --update-lock accepts it.
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
		p := l[name]
		if p.Key == "" {
			fmt.Fprintf(&b, "  %q: %q\n", name, p.Hash.String())
			continue
		}
		fmt.Fprintf(&b, "  %q:\n    sha256: %q\n    key: %q\n    issuer: %q\n", name, p.Hash.String(), p.Key, p.Issuer)
	}
	return b.Bytes()
}
