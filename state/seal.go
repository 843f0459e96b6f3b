package state

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A seal is a file that lists all others in the directory of a store that was closed in order: tables with their size,
// which have checksums of their own, and everything else with size and checksum. Open compares, and removes the seal
// before it changes anything.
//
// Pebble takes a damaged end of a log or of a manifest for what a crash leaves, drops it without a word, and deletes the
// tables that it then does not know. After a crash nobody can tell the difference. After an orderly end the seal can.
const (
	sealName  = "SEAL"
	sealTemp  = "SEAL.tmp"
	sealMagic = "troupe seal 1\n"
)

// castagnoli is the polynomial that processors have an instruction for.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// writeSeal seals dir. Nobody else writes to it.
func writeSeal(fs vfs.FS, dir string) error {
	content, err := describe(fs, dir)
	if err != nil {
		return err
	}
	temp := fs.PathJoin(dir, sealTemp)
	f, err := fs.Create(temp, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := fs.Rename(temp, fs.PathJoin(dir, sealName)); err != nil {
		return err
	}
	return syncDir(fs, dir)
}

// checkSeal compares the directory with its seal, if it has one. It changes nothing.
func (s *Store) checkSeal() error {
	want, err := readFile(s.fs, s.fs.PathJoin(s.path, sealName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return s.openError(err)
	}
	lines, err := parseSeal(string(want))
	if err == nil {
		err = compare(s.fs, s.path, lines)
	}
	if err != nil {
		return fmt.Errorf("state: open %s: %w: the store was closed in order, but has changed since: %w; "+
			"restore the store from a checkpoint", s.name(), ErrCorrupt, err)
	}
	return nil
}

// parseSeal returns the lines of a seal that are about files.
func parseSeal(text string) ([]string, error) {
	body, ok := strings.CutPrefix(text, sealMagic)
	if !ok || len(body) < 9 {
		return nil, errors.New("the seal is unreadable")
	}
	end := len(text) - 9
	if text[end:] != fmt.Sprintf("%08x\n", crc32.Checksum([]byte(text[:end]), castagnoli)) {
		return nil, errors.New("the seal is damaged")
	}
	return strings.Split(strings.TrimSuffix(text[len(sealMagic):end], "\n"), "\n"), nil
}

// compare checks that the files that lines tell of are as they say. Other files do not matter: a removed one may have
// come back in a crash.
func compare(fs vfs.FS, dir string, lines []string) error {
	for _, want := range lines {
		name, _, _ := strings.Cut(want, " ")
		got, err := describeFile(fs, dir, name)
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("the seal says %q, found is %q", want, got)
		}
	}
	return nil
}

// breakSeal removes the seal, durably, so that what is written from now on is not compared with it.
func breakSeal(fsys vfs.FS, dir string) error {
	err := fsys.Remove(fsys.PathJoin(dir, sealName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(fsys, dir)
}

// describe returns what a seal of dir says: one line per file, in order, and a checksum of the lines.
func describe(fs vfs.FS, dir string) ([]byte, error) {
	names, err := fs.List(dir)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	b := []byte(sealMagic)
	for _, name := range names {
		if !sealed(name) {
			continue
		}
		line, err := describeFile(fs, dir, name)
		if err != nil {
			return nil, err
		}
		b = fmt.Appendf(b, "%s\n", line)
	}
	return fmt.Appendf(b, "%08x\n", crc32.Checksum(b, castagnoli)), nil
}

// describeFile returns name, size and, unless the file has checksums of its own, checksum.
func describeFile(fs vfs.FS, dir, name string) (string, error) {
	path := fs.PathJoin(dir, name)
	info, err := fs.Stat(path)
	if err != nil {
		return "", err
	}
	var sum uint32
	if !isTable(name) {
		if sum, err = checksum(fs, path); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s %d %08x", name, info.Size(), sum), nil
}

// sealed reports whether a file belongs to the store: what others put into the directory is none of our business.
func sealed(name string) bool {
	ext := filepath.Ext(name)
	return isTable(name) || ext == ".log" || strings.HasPrefix(name, "MANIFEST-") ||
		strings.HasPrefix(name, "OPTIONS-") || strings.HasPrefix(name, "marker.")
}

func checksum(fs vfs.FS, path string) (uint32, error) {
	f, err := fs.Open(path)
	if err != nil {
		return 0, err
	}
	h := crc32.New(castagnoli)
	_, err = io.Copy(h, f)
	return h.Sum32(), errors.Join(err, f.Close())
}

func syncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
