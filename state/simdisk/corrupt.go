package simdisk

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"sort"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Files returns the paths of all files, sorted.
func (d *Disk) Files() []string {
	var files []string
	d.walk("/", &files)
	sort.Strings(files)
	return files
}

func (d *Disk) walk(dir string, files *[]string) {
	names, err := d.mem.List(dir)
	if err != nil {
		return // it is gone by now
	}
	for _, name := range names {
		path := d.mem.PathJoin(dir, name)
		info, err := d.mem.Stat(path)
		switch {
		case err != nil:
		case info.IsDir():
			d.walk(path, files)
		default:
			*files = append(*files, path)
		}
	}
}

// ReadFile returns the content of a file. It is not counted.
func (d *Disk) ReadFile(path string) ([]byte, error) {
	f, err := d.mem.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return data, err
}

// A Mutation returns what becomes of the content of a file. It may change what it is given.
type Mutation func(content []byte) []byte

// Corrupt replaces the content of a file by what m makes of it, and reports whether that made a difference. It is not
// counted, survives crashes, and does not show in files that are open: it is for disks whose users have closed them.
func (d *Disk) Corrupt(path string, m Mutation) (changed bool, err error) {
	before, err := d.ReadFile(path)
	if err != nil {
		return false, err
	}
	after := m(slices.Clone(before))
	if bytes.Equal(before, after) {
		return false, nil
	}
	f, err := d.mem.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return false, err
	}
	if _, err = f.Write(after); err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return false, fmt.Errorf("simdisk: corrupt %s: %w", path, err)
	}
	dir, err := d.mem.OpenDir(d.mem.PathDir(path))
	if err != nil {
		return false, err
	}
	err = dir.Sync()
	if closeErr := dir.Close(); err == nil {
		err = closeErr
	}
	return true, err
}

// FlipBit flips the bit at a place in the content, 0 to 1000 thousandths from its start.
func FlipBit(thousandths int, bit uint) Mutation {
	return func(b []byte) []byte {
		if len(b) > 0 {
			b[(len(b)-1)*thousandths/1000] ^= 1 << (bit % 8)
		}
		return b
	}
}

// Truncate keeps the first thousandths of the content.
func Truncate(thousandths int) Mutation {
	return func(b []byte) []byte { return b[:len(b)*thousandths/1000] }
}

// SwapBlocks swaps blocks i and j of the given size, as far as the content reaches.
func SwapBlocks(size, i, j int) Mutation {
	return func(b []byte) []byte {
		first, second := block(b, size, i), block(b, size, j)
		n := min(len(first), len(second))
		for k := range n {
			first[k], second[k] = second[k], first[k]
		}
		return b
	}
}

// Misdirect puts block i of another file's content in the place of the same block, as if a write had gone to the wrong
// file.
func Misdirect(other []byte, size, i int) Mutation {
	return func(b []byte) []byte {
		copy(block(b, size, i), block(other, size, i))
		return b
	}
}

func block(b []byte, size, i int) []byte {
	lo := min(i*size, len(b))
	return b[lo:min(lo+size, len(b))]
}
