package state

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2"
)

// formatVersion is the version of everything in this package that reaches the disk: key layout, spaces, records.
const formatVersion = 1

// formatMagic stands before the version, in decimal, in the meta row "format" of partition 0.
const formatMagic = "troupe/state "

func formatKey() []byte { return Partition(0).AppendMeta(nil, "format") }

// probe reports whether the directory holds a store of ours. It changes nothing. A directory with anything else that
// would be overwritten or misread is an error.
func (s *Store) probe(o Options) (found bool, err error) {
	desc, err := pebble.Peek(s.path, s.fs)
	if err != nil {
		return false, s.openError(err)
	}
	if !desc.Exists {
		return false, s.probeEmpty()
	}
	p := s.pebbleOptions(o)
	p.ReadOnly, p.ErrorIfNotExists = true, true
	p.CacheSize, p.DisableAutomaticCompactions = 1<<20, true
	defer s.catch("open", &err)
	db, err := pebble.Open(s.path, p)
	if err != nil {
		return false, s.openError(err)
	}
	found, err = s.checkFormat(db)
	if closeErr := db.Close(); err == nil && closeErr != nil {
		err = s.openError(closeErr)
	}
	if failed := s.Err(); failed != nil {
		err = failed
	}
	return found, err
}

// probeEmpty refuses to create a store where the pieces of one lie without what holds them together.
func (s *Store) probeEmpty() error {
	names, err := s.fs.List(s.path)
	if err != nil {
		return fmt.Errorf("state: open %s: %w", s.name(), err)
	}
	for _, name := range names {
		if ext := filepath.Ext(name); ext == ".sst" || ext == ".log" || name == "CURRENT" {
			return fmt.Errorf("state: open %s: %w: there is %s, but no manifest that Pebble could read; "+
				"restore the store from a checkpoint, or name another directory", s.name(), ErrFormat, name)
		}
	}
	return nil
}

// checkFormat reports whether db carries our format. A database of ours that is empty is what a crash during creation
// leaves: it holds nothing yet, and creating it again is right.
func (s *Store) checkFormat(db *pebble.DB) (found bool, err error) {
	value, closer, err := db.Get(formatKey())
	if errors.Is(err, pebble.ErrNotFound) {
		return false, s.checkEmpty(db)
	}
	if err != nil {
		return false, s.openError(err)
	}
	text := string(value)
	if err := closer.Close(); err != nil {
		return false, s.openError(err)
	}
	digits, ours := strings.CutPrefix(text, formatMagic)
	version, err := strconv.ParseUint(digits, 10, 32)
	switch {
	case !ours || err != nil:
		return false, fmt.Errorf("state: open %s: %w: the format row is %.40q, which says no version", s.name(), ErrFormat, text)
	case version > formatVersion:
		return false, fmt.Errorf("state: open %s: %w: it has format version %d, this program knows %d; "+
			"open it with a newer release", s.name(), ErrFormat, version, formatVersion)
	case version < formatVersion:
		return false, fmt.Errorf("state: open %s: %w: it has format version %d, this program knows %d; "+
			"open it with the release that wrote it", s.name(), ErrFormat, version, formatVersion)
	}
	return true, nil
}

func (s *Store) checkEmpty(db *pebble.DB) error {
	it, err := db.NewIter(nil)
	if err != nil {
		return s.openError(err)
	}
	occupied := it.First()
	if err := it.Close(); err != nil {
		return s.openError(err)
	}
	if occupied {
		return fmt.Errorf("state: open %s: %w: there are rows, but none says which format they have", s.name(), ErrFormat)
	}
	return nil
}

// writeFormat marks a new store. It is durable before anything else is written.
func (s *Store) writeFormat() error {
	b := s.NewBatch()
	b.Set(formatKey(), strconv.AppendUint([]byte(formatMagic), formatVersion, 10))
	p, err := s.Apply(b)
	if err != nil {
		return err
	}
	return p.Wait()
}
