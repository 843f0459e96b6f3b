package contexts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/claims"
)

// A Context is a server under a name.
type Context struct {
	// URL is where it is.
	URL string `json:"url"`
	// Node is its public key, which is pinned: requests are signed for it.
	Node string `json:"node"`
	// Key is the name of the key that the user asks with.
	Key string `json:"key"`
}

// A List is all contexts.
type List struct {
	// Current is the name of the one that is in use; empty: none.
	Current  string             `json:"current,omitempty"`
	Contexts map[string]Context `json:"contexts"`
}

// ErrNone is in the errors for a name that no context has.
var ErrNone = errors.New("there is no such context")

// Names returns the names of all contexts, sorted.
func (l *List) Names() []string { return slices.Sorted(maps.Keys(l.Contexts)) }

// Find returns the context of that name. The error is ErrNone if there is none; it names those that are there.
func (l *List) Find(name string) (Context, error) {
	c, ok := l.Contexts[name]
	if ok {
		return c, nil
	}
	there := "there are none"
	if names := l.Names(); len(names) > 0 {
		there = "there are " + strings.Join(names, ", ")
	}
	return c, fmt.Errorf("%w: %q; %s", ErrNone, name, there)
}

// At returns the name of a context with that URL, empty if there is none.
func (l *List) At(url string) string {
	for _, name := range l.Names() {
		if l.Contexts[name].URL == url {
			return name
		}
	}
	return ""
}

// Add gives a server a name, and takes it from the one that had it.
func (l *List) Add(name string, c Context) error {
	if err := check(name, &c); err != nil {
		return err
	}
	if l.Contexts == nil {
		l.Contexts = map[string]Context{}
	}
	l.Contexts[name] = c
	return nil
}

// Remove takes a name away.
func (l *List) Remove(name string) error {
	if _, err := l.Find(name); err != nil {
		return err
	}
	delete(l.Contexts, name)
	if l.Current == name {
		l.Current = ""
	}
	return nil
}

// Use makes a context the one in use, none if the name is empty.
func (l *List) Use(name string) error {
	if name != "" {
		if _, err := l.Find(name); err != nil {
			return err
		}
	}
	l.Current = name
	return nil
}

// validName tells names from URLs.
var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

func check(name string, c *Context) error {
	switch {
	case !validName.MatchString(name):
		return fmt.Errorf("%.80q is no name for a context: it matches %s", name, validName)
	case !strings.Contains(c.URL, "://"):
		return fmt.Errorf("context %s: %.200q is no URL", name, c.URL)
	case c.Key == "":
		return fmt.Errorf("context %s: it names no key", name)
	}
	if err := claims.CheckPublic(c.Node, claims.NodeKey); err != nil {
		return fmt.Errorf("context %s: the key of the node: %w", name, err)
	}
	return nil
}

// A Store is the file in which contexts are kept.
type Store struct{ file string }

// Open returns the store in a file, which need not exist.
func Open(file string) Store { return Store{file} }

// DefaultFile returns the file of the user: troupe/contexts.json in the folder for configuration.
func DefaultFile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "troupe", "contexts.json"), nil
}

// maxFile bounds the file, in bytes.
const maxFile = 1 << 20

// Load returns all contexts.
func (s Store) Load() (*List, error) {
	l := &List{Contexts: map[string]Context{}}
	info, err := os.Stat(s.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return l, nil
	case err != nil:
		return nil, err
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("others have rights on %s, which says whom to believe: chmod 600 %s", s.file, s.file)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s is too large: it has %d bytes", s.file, info.Size())
	}
	text, err := os.ReadFile(s.file)
	if err != nil {
		return nil, err
	}
	if err := parse(text, l); err != nil {
		return nil, fmt.Errorf("%s: %w", s.file, err)
	}
	return l, nil
}

func parse(text []byte, l *List) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(l); err != nil {
		return err
	}
	for _, name := range l.Names() {
		c := l.Contexts[name]
		if err := check(name, &c); err != nil {
			return err
		}
	}
	return l.Use(l.Current)
}

// Change loads all contexts, lets fn change them, and keeps them unless fn fails.
func (s Store) Change(fn func(*List) error) error {
	l, err := s.Load()
	if err != nil {
		return err
	}
	if err := fn(l); err != nil {
		return err
	}
	text, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Dir(s.file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	fresh, err := os.CreateTemp(dir, ".contexts-*") // for the user alone
	if err != nil {
		return err
	}
	_, err = fresh.Write(append(text, '\n'))
	if err = errors.Join(err, fresh.Close()); err == nil {
		err = os.Rename(fresh.Name(), s.file)
	}
	if err != nil {
		_ = os.Remove(fresh.Name()) // the error that matters is err
	}
	return err
}
