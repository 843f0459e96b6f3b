package wasm

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
)

// diskCache keeps compiled modules in a folder that any number of processes may share. Each is a file of its own, which
// is complete from the moment it has its name, is never changed, and carries its key and a hash of all of it. A file that
// is not right is removed, and its module compiled again.
//
// wazero reads and writes such a folder by itself, but believes what it finds. So it gets a folder for each load, the
// stage, with one file that was checked, or none and then leaves one.
type diskCache struct {
	dir    string // of this format
	limit  int64  // bytes
	flavor string // the folder that wazero makes: it names its version, architecture and system

	hits, misses, damaged atomic.Uint64
}

// cacheFormat is the folder within Options.CacheDir. It changes with the format of files.
const cacheFormat = "troupe-wasm-1"

const (
	entrySuffix = ".compiled"
	stagePrefix = "stage-"
	tempPrefix  = "new-"
	// abandonedAfter is when a stage or an unfinished file was left by a process that is no more.
	abandonedAfter = time.Hour
	// maxEntry bounds what is read of a file.
	maxEntry = 1 << 30
)

// defaultCacheBytes is what Options.CacheBytes stands for if it is 0.
const defaultCacheBytes = 1 << 30

func openCache(dir string, limit int64) (*diskCache, error) {
	if limit <= 0 {
		limit = defaultCacheBytes
	}
	c := &diskCache{dir: filepath.Join(dir, cacheFormat), limit: limit}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, fmt.Errorf("wasm: the folder for compiled modules: %w", err)
	}
	stage, _, err := c.newStage()
	if err != nil {
		return nil, err
	}
	stage.remove()
	c.flavor = filepath.Base(stage.dir)
	c.prune()
	return c, nil
}

// cacheKey identifies what is compiled, and for what. wazero's own name for it, which is a hash of the rewritten code,
// must agree as well for a file to be used.
func (c *diskCache) key(p *prepared) [32]byte {
	digest := p.dialect.digest()
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%x\n%x\n", cacheFormat, c.flavor, p.hash, digest)
	return [32]byte(h.Sum(nil))
}

func (c *diskCache) path(key [32]byte) string {
	return filepath.Join(c.dir, hex.EncodeToString(key[:])+entrySuffix)
}

// A stage is a folder for one load.
type stage struct {
	cache  *diskCache
	root   string
	dir    string // below root: where wazero's files are
	key    [32]byte
	staged string // name of the file that was put there, empty if none
}

// newStage makes an empty stage and the cache of wazero that uses it, which the caller closes.
func (c *diskCache) newStage() (*stage, wazero.CompilationCache, error) {
	root, err := os.MkdirTemp(c.dir, stagePrefix)
	if err != nil {
		return nil, nil, fmt.Errorf("wasm: the folder for compiled modules: %w", err)
	}
	s := &stage{cache: c, root: root}
	cache, err := wazero.NewCompilationCacheWithDir(root)
	if err == nil {
		var found []os.DirEntry
		if found, err = os.ReadDir(root); err == nil && len(found) != 1 {
			err = errors.New("wazero made no folder of its own")
		}
		if err == nil {
			s.dir = filepath.Join(root, found[0].Name())
			return s, cache, nil
		}
	}
	s.remove()
	return nil, nil, fmt.Errorf("wasm: the folder for compiled modules: %w", err)
}

func (s *stage) remove() { os.RemoveAll(s.root) }

// fill puts what the cache has for a key into the stage.
func (s *stage) fill(key [32]byte) {
	s.key = key
	path := s.cache.path(key)
	name, payload, err := readEntry(path, key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.cache.misses.Add(1)
		return
	case err != nil:
		// It may have been replaced by a good one since, which costs no more than to compile once more.
		s.cache.damaged.Add(1)
		os.Remove(path)
		return
	}
	if os.WriteFile(filepath.Join(s.dir, name), payload, 0o600) != nil {
		return // then it is compiled
	}
	s.staged = name
	now := time.Now()
	os.Chtimes(path, now, now) // the least recently used are removed first
}

// reject removes the file that the stage was filled with, because wazero does not want it, and reports whether there was
// one.
func (s *stage) reject() bool {
	if s.staged == "" {
		return false
	}
	s.cache.damaged.Add(1)
	return os.Remove(s.cache.path(s.key)) == nil
}

// publish puts what wazero compiled into the cache. That it could not is no reason to fail: it is compiled again next
// time.
func (s *stage) publish() {
	found, err := os.ReadDir(s.dir)
	if err != nil {
		return
	}
	for _, f := range found {
		if f.Name() == s.staged {
			s.cache.hits.Add(1)
			continue
		}
		payload, err := os.ReadFile(filepath.Join(s.dir, f.Name()))
		if err != nil || !validEntryName(f.Name()) || int64(len(payload)) > s.cache.limit {
			continue
		}
		if s.cache.write(s.key, encodeEntry(s.key, f.Name(), payload)) == nil {
			s.cache.prune()
		}
		return
	}
}

// write makes a file that is complete when it gets its name.
func (c *diskCache) write(key [32]byte, b []byte) error {
	f, err := os.CreateTemp(c.dir, tempPrefix)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), c.path(key))
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// prune removes the least recently used files until the rest is within the limit, and what was abandoned.
func (c *diskCache) prune() {
	found, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	var entries []fs.FileInfo
	var total int64
	for _, f := range found {
		info, err := f.Info()
		if err != nil {
			continue // another process removed it
		}
		switch name := f.Name(); {
		case strings.HasSuffix(name, entrySuffix):
			entries = append(entries, info)
			total += info.Size()
		case strings.HasPrefix(name, stagePrefix), strings.HasPrefix(name, tempPrefix):
			if time.Since(info.ModTime()) > abandonedAfter {
				os.RemoveAll(filepath.Join(c.dir, name))
			}
		}
	}
	slices.SortFunc(entries, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), strings.Compare(a.Name(), b.Name()))
	})
	for _, e := range entries {
		if total <= c.limit {
			return
		}
		if os.Remove(filepath.Join(c.dir, e.Name())) == nil {
			total -= e.Size()
		}
	}
}

// A file begins with entryMagic and the key; then come the name that wazero gave it, its length before it in one byte,
// what wazero wrote, and the SHA-256 of all that.
var entryMagic = []byte("troupe compiled wasm\n")

func encodeEntry(key [32]byte, name string, payload []byte) []byte {
	b := make([]byte, 0, len(entryMagic)+len(key)+1+len(name)+len(payload)+sha256.Size)
	b = append(b, entryMagic...)
	b = append(b, key[:]...)
	b = append(b, byte(len(name)))
	b = append(b, name...)
	b = append(b, payload...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// readEntry reads a file. It returns an error if the file is not exactly what encodeEntry made for the key.
func readEntry(path string, key [32]byte) (name string, payload []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxEntry {
		return "", nil, errors.New("not a file of the cache")
	}
	b := make([]byte, info.Size())
	if _, err := io.ReadFull(f, b); err != nil {
		return "", nil, err
	}
	return decodeEntry(b, key)
}

func decodeEntry(b []byte, key [32]byte) (name string, payload []byte, err error) {
	damaged := errors.New("a file of the cache is damaged")
	head := len(entryMagic) + len(key) + 1
	if len(b) < head+sha256.Size {
		return "", nil, damaged
	}
	body, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if want := sha256.Sum256(body); !bytes.Equal(sum, want[:]) {
		return "", nil, damaged
	}
	if !bytes.HasPrefix(body, entryMagic) || !bytes.Equal(body[len(entryMagic):head-1], key[:]) {
		return "", nil, damaged
	}
	n := int(body[head-1])
	if len(body) < head+n || !validEntryName(string(body[head:head+n])) {
		return "", nil, damaged
	}
	return string(body[head : head+n]), body[head+n:], nil
}

// validEntryName accepts the names that wazero gives: a hash in hexadecimal digits.
func validEntryName(name string) bool {
	b, err := hex.DecodeString(name)
	return err == nil && len(b) == sha256.Size
}
