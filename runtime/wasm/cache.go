package wasm

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
)

// diskCache keeps compiled modules in a folder that any number of processes may share. Each is a file of
// its own, which is complete from the moment it has its name, is never changed, and carries its key and a sum of all of
// it. A file that is not right is removed, and its module compiled again.
//
// wazero reads and writes such a folder by itself, but believes what it finds. So it gets a folder for each load, the
// stage, with one file that was checked, or none and then leaves one.
//
// wazero also decodes and validates a module before it looks for the file, whose name is a hash of the module. So it is
// given the outline, and the file has the name of the outline's. Should wazero compile the outline after all, or the file be
// of another module, the witness says so, and the module is compiled as if there were no file.
type diskCache struct {
	dir    string // of this format
	limit  int64  // bytes
	flavor string // the folder that wazero makes: it names its version, architecture and system

	hits, misses, damaged atomic.Uint64
}

// cacheFormat is the folder within Options.CacheDir. It changes with the format of files.
const cacheFormat = "troupe-wasm-2"

const (
	entrySuffix = ".compiled"
	stagePrefix = "stage-"
	tempPrefix  = "new-"
	// abandonedAfter is when a stage or an unfinished file was left by a process that is no more.
	abandonedAfter = time.Hour
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

// key identifies what is compiled, and for what. wazero's own name, which is also a hash of what the processor can do, must
// agree as well for a file to be used.
func (c *diskCache) key(k loadKey) [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%x\n%x\n", cacheFormat, c.flavor, k.hash, k.dialect.digest()))
}

func (c *diskCache) path(key [32]byte) string {
	return filepath.Join(c.dir, hex.EncodeToString(key[:])+entrySuffix)
}

// A stage is a folder for one load.
type stage struct {
	cache *diskCache
	root  string
	dir   string // below root: where wazero's files are
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

// find puts what the cache has for a key into an empty stage, or returns nil. What is not right is removed.
func (c *diskCache) find(key [32]byte, d *Dialect, s *stage) *entry {
	path, staged := c.path(key), filepath.Join(s.root, "found")
	err := give(path, staged)
	var e *entry
	if err == nil {
		e, err = readEntry(staged, key, d)
	}
	if err == nil {
		err = os.Rename(staged, filepath.Join(s.dir, e.Name))
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.misses.Add(1)
		return nil
	case err != nil:
		// It may have been replaced by a good one since, which costs no more than to compile once more.
		c.reject(key)
		return nil
	}
	now := time.Now()
	os.Chtimes(path, now, now) // the least recently used are removed first
	return e
}

// give makes a file appear at another place, where it stays what it is when others replace it. It is not copied if the file
// system can do without.
func give(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}

// reject removes the file of a key, which is not right.
func (c *diskCache) reject(key [32]byte) {
	c.damaged.Add(1)
	os.Remove(c.path(key))
}

// publish puts a module into the cache that wazero compiled into the stage. That a file could not be written is no reason to
// fail: the module is compiled again next time.
func (s *stage) publish(key [32]byte, p *prepared) error {
	found, err := os.ReadDir(s.dir)
	if err != nil || len(found) != 1 {
		return err // a machine without a compiler
	}
	native, err := os.ReadFile(filepath.Join(s.dir, found[0].Name()))
	if err != nil {
		return err
	}
	name, err := renamed(found[0].Name(), p.code, p.outline)
	if err != nil {
		return err
	}
	b, err := encodeEntry(key, name, p, native)
	if err != nil || int64(len(b)) > s.cache.limit {
		return err
	}
	if err := s.cache.write(key, b); err != nil {
		return err
	}
	s.cache.prune()
	return nil
}

// renamed returns the name that wazero gives to the file of a module, given the name of the file of another one. Names are
// hashes of what the module is and of what the processor can do, which wazero does not tell. It is a number of few bits.
func renamed(known string, of, to []byte) (string, error) {
	a, b := wazeroID(of), wazeroID(to)
	for processor := range uint64(1 << 10) {
		if fileName(a, processor) == known {
			return fileName(b, processor), nil
		}
	}
	return "", errors.New("wazero names its files in another way")
}

// wazeroID returns what wazero knows a module by.
func wazeroID(code []byte) []byte {
	h := sha256.New()
	h.Write(code)
	h.Write([]byte{0}) // there are no listeners, and no checks of a clock
	return h.Sum(nil)
}

func fileName(id []byte, processor uint64) string {
	sum := sha256.Sum256(binary.LittleEndian.AppendUint64(slices.Concat(id, []byte("WAZEVO")), processor))
	return hex.EncodeToString(sum[:])
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
