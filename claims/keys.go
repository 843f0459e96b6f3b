package claims

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nkeys"
)

// Keys is a private folder of keys, one file each: NAME.nk, which holds a seed. It keeps nothing in memory and may be
// used by many goroutines and processes.
type Keys struct{ dir string }

// keySuffix ends the name of the file of a key.
const keySuffix = ".nk"

// DefaultKeysDir returns the folder of the user's keys: what the environment variable TROUPE_KEYS says, or troupe/keys in
// the user's folder for configuration. It need not exist.
func DefaultKeysDir() (string, error) {
	if dir := os.Getenv("TROUPE_KEYS"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("claims: no place for keys: %w; set TROUPE_KEYS to a private folder", err)
	}
	return filepath.Join(dir, "troupe", "keys"), nil
}

// OpenKeys opens a folder of keys, and makes it if there is none. A folder that others could look into is refused.
func OpenKeys(dir string) (*Keys, error) {
	if dir == "" {
		return nil, errors.New("claims: a folder for keys needs a name")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("claims: no folder for keys: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("claims: no folder for keys: %w", err)
	}
	if err := checkPrivate(dir, info, 0o700); err != nil {
		return nil, fmt.Errorf("claims: the folder of keys %w", err)
	}
	return &Keys{dir: dir}, nil
}

// Dir returns the folder.
func (k *Keys) Dir() string { return k.dir }

// Load returns the key of that name. The error is ErrNoKey if there is none; it names those that are there.
func (k *Keys) Load(name string) (Key, error) {
	path, err := k.path(name)
	if err != nil {
		return Key{}, err
	}
	key, err := LoadFile(path)
	if errors.Is(err, ErrNoKey) {
		return Key{}, fmt.Errorf("claims: %w: %q in %s%s", ErrNoKey, name, k.dir, k.others())
	}
	return key, err
}

// LoadOrCreate returns the user key of that name. If there is none it makes one, and reports true.
func (k *Keys) LoadOrCreate(name string) (Key, bool, error) {
	path, err := k.path(name)
	if err != nil {
		return Key{}, false, err
	}
	return LoadOrCreateFile(path, UserKey)
}

// Create makes a key of that kind. The error is ErrKeyExists if there is one of that name.
func (k *Keys) Create(name string, kind nkeys.PrefixByte) (Key, error) {
	path, err := k.path(name)
	if err != nil {
		return Key{}, err
	}
	return createFile(path, kind)
}

// Import keeps the key of a seed under that name. White space around the seed does not count. The error is ErrKeyExists
// if there is one of that name.
func (k *Keys) Import(name string, seed []byte) (Key, error) {
	path, err := k.path(name)
	if err != nil {
		return Key{}, err
	}
	key, err := ParseSeed(bytes.TrimSpace(seed))
	if err != nil {
		return Key{}, err
	}
	if err := writeFile(path, key); err != nil {
		return Key{}, err
	}
	return key, nil
}

// Named is a key by its name in a folder.
type Named struct {
	Name   string
	Public string // empty if Err is not nil
	Err    error  // why the file cannot be used
}

// List returns all keys of the folder, sorted by name. A file that cannot be used is one of them, and says why.
func (k *Keys) List() ([]Named, error) {
	names, err := k.names()
	if err != nil {
		return nil, err
	}
	list := make([]Named, 0, len(names))
	for _, name := range names {
		key, err := LoadFile(filepath.Join(k.dir, name+keySuffix))
		list = append(list, Named{Name: name, Public: key.Public(), Err: err})
		key.Wipe()
	}
	return list, nil
}

// names returns the names that have a file, sorted.
func (k *Keys) names() ([]string, error) {
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		return nil, fmt.Errorf("claims: the folder of keys: %w", err)
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), keySuffix); ok && checkName(name) == nil {
			names = append(names, name)
		}
	}
	return names, nil
}

// others says which keys there are, for somebody who has asked for another.
func (k *Keys) others() string {
	names, err := k.names()
	if err != nil || len(names) == 0 {
		return ", which is empty: create one or import one"
	}
	return "; those that are there: " + strings.Join(names, ", ")
}

func (k *Keys) path(name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	return filepath.Join(k.dir, name+keySuffix), nil
}

// checkName refuses what is not a plain name: it becomes that of a file, on systems that tell letters apart by case and
// on those that do not.
func checkName(name string) error {
	ok := name != "" && len(name) <= maxWord
	for i := 0; i < len(name) && ok; i++ {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		ok = letter || i > 0 && (c == '.' || c == '_' || c == '-')
	}
	if !ok {
		return fmt.Errorf("claims: %.80q cannot be the name of a key: it matches [a-z0-9][a-z0-9._-]* and has at most %d bytes", name, maxWord)
	}
	return nil
}
