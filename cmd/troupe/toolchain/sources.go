package toolchain

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Sources are what a build of a folder reads.
type Sources struct {
	folder   string
	patterns []string
	// more are further folders, without those below them.
	more []string
}

// results are folders that tools make.
var results = []string{"node_modules", "target", "build"}

// Locate finds out where the sources of a folder are: below it, and elsewhere in the same project where the tool can tell.
// What is installed or downloaded does not count. If the tool fails, the sources are those below the folder, and the
// error is that of the tool.
func Locate(ctx context.Context, folder string, l Language) (*Sources, error) {
	lang := lookup(l)
	if lang == nil {
		return nil, fmt.Errorf("there is no language %q; there are %s", l, names())
	}
	folder, err := filepath.Abs(folder) // as tools say it
	if err != nil {
		return nil, err
	}
	s := &Sources{folder: folder, patterns: lang.sources}
	if lang.more != nil {
		s.more, err = lang.more(ctx, folder)
	}
	return s, err
}

// Files returns the files that are there now, sorted, with absolute paths.
func (s *Sources) Files() ([]string, error) {
	files, err := s.below()
	if err != nil {
		return nil, err
	}
	for _, dir := range s.more {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !e.IsDir() && matches(s.patterns, e.Name()) {
				files = append(files, filepath.Join(dir, e.Name()))
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// below returns the files below the folder, hidden ones and results left out.
func (s *Sources) below() (files []string, err error) {
	err = filepath.WalkDir(s.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch name := d.Name(); {
		case d.IsDir() && path != s.folder && (strings.HasPrefix(name, ".") || slices.Contains(results, name)):
			return fs.SkipDir
		case !d.IsDir() && matches(s.patterns, name):
			files = append(files, path)
		}
		return nil
	})
	return files, err
}
