package state

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// FormatVersion is the version of the format that this program reads and writes.
const FormatVersion = formatVersion

// formatVersion is the version of everything in this package that reaches the disk: key layout, spaces, records.
const formatVersion = 2

// The version stands in two places. The name of the comparer is in Pebble's own files, where it is found before anything
// is touched. The meta row "format" of partition 0 is ours, and durable before any other row.
const (
	comparerPrefix = "troupe.state."
	formatMagic    = "troupe/state "
)

func formatKey() []byte { return Partition(0).AppendMeta(nil, "format") }

// comparer orders keys as bytes.
func comparer() *pebble.Comparer {
	c := *pebble.DefaultComparer
	c.Name = comparerPrefix + strconv.Itoa(formatVersion)
	return &c
}

// probe reports whether the directory holds a Pebble database. It changes nothing. If the database is not ours, or not
// of our version, or pieces of one lie about, that is an error.
func (s *Store) probe() (found bool, err error) {
	desc, err := pebble.Peek(s.path, s.fs)
	if err != nil {
		return false, s.openError(err)
	}
	if !desc.Exists {
		return false, s.probeEmpty()
	}
	if desc.OptionsFilename == "" {
		return true, nil // a crash during creation; Pebble will compare the name in its manifest
	}
	options, err := readFile(s.fs, desc.OptionsFilename)
	if err != nil {
		return false, s.openError(err)
	}
	for line := range strings.Lines(string(options)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "comparer="); ok {
			return true, s.checkName(name)
		}
	}
	return false, s.foreign("its OPTIONS file names no comparer")
}

// probeEmpty refuses to create a store where the pieces of one lie without what holds them together.
func (s *Store) probeEmpty() error {
	names, err := s.fs.List(s.path)
	if err != nil {
		return s.openError(err)
	}
	for _, name := range names {
		if ext := filepath.Ext(name); ext == ".sst" || ext == ".log" || name == "CURRENT" || name == sealName {
			return s.foreign("there is " + name + ", but no manifest")
		}
	}
	return nil
}

// checkName compares the version in the name of a comparer.
func (s *Store) checkName(name string) error {
	digits, ours := strings.CutPrefix(name, comparerPrefix)
	if !ours {
		return s.foreign("it is a Pebble database of another program, ordered by " + strconv.Quote(name))
	}
	return s.checkVersion(digits)
}

func (s *Store) checkVersion(digits string) error {
	version, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return s.foreign("its version is " + strconv.Quote(digits))
	}
	advice := "open it with a newer release"
	switch {
	case version == formatVersion:
		return nil
	case version < formatVersion:
		advice = "open it with the release that wrote it"
	}
	return fmt.Errorf("state: open %s: %w version %d, and this program knows version %d; %s",
		s.name(), ErrFormat, version, formatVersion, advice)
}

func (s *Store) foreign(why string) error {
	return fmt.Errorf("state: open %s: unknown %w: %s; name another directory, or restore this one from a checkpoint",
		s.name(), ErrFormat, why)
}

// checkFormat reads the format row of an open database, and writes it into one that is new. A database of ours without
// any row is what a crash during creation leaves: it holds nothing yet, and creating it again is right.
func (s *Store) checkFormat(readOnly bool) error {
	value, ok, err := s.Get(formatKey())
	if err != nil {
		return err
	}
	if ok {
		digits, ours := strings.CutPrefix(string(value), formatMagic)
		if !ours {
			return s.foreign("the format row says " + strconv.Quote(string(truncate(value))))
		}
		return s.checkVersion(digits)
	}
	it, err := s.Iter(nil, nil)
	if err != nil {
		return err
	}
	occupied := it.First()
	if err := it.Close(); err != nil {
		return err
	}
	switch {
	case occupied:
		return s.foreign("there are rows, but none says which format they have")
	case readOnly:
		return s.foreign("it was never completely created")
	}
	return s.writeFormat()
}

func (s *Store) writeFormat() error {
	b := s.NewBatch()
	b.Set(formatKey(), strconv.AppendUint([]byte(formatMagic), formatVersion, 10))
	p, err := s.Apply(b)
	if err != nil {
		return err
	}
	return p.Wait()
}

// readFile returns the content of a small file.
func readFile(fs vfs.FS, path string) ([]byte, error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	return data, errors.Join(err, f.Close())
}
