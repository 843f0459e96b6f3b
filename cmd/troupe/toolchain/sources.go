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

// results are folders that tools make.
var results = []string{"node_modules", "target", "build"}

// Sources returns the files that a build of the folder reads, sorted, with absolute paths: those below it and, where the tool can tell, those
// of the same project elsewhere. What is installed or downloaded does not count.
func Sources(ctx context.Context, folder string, l Language) ([]string, error) {
	lang := lookup(l)
	if lang == nil {
		return nil, fmt.Errorf("there is no language %q; there are %s", l, names())
	}
	folder, err := filepath.Abs(folder) // as tools say it
	if err != nil {
		return nil, err
	}
	files, err := below(folder, lang.sources)
	if err != nil || lang.more == nil {
		return files, err
	}
	folders, err := lang.more(ctx, folder)
	if err != nil {
		return files, err
	}
	for _, dir := range folders {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return files, err
		}
		for _, e := range entries {
			if !e.IsDir() && matches(lang.sources, e.Name()) {
				files = append(files, filepath.Join(dir, e.Name()))
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// below returns the files below a folder whose names match, hidden ones and results left out.
func below(folder string, patterns []string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch name := d.Name(); {
		case d.IsDir() && path != folder && (strings.HasPrefix(name, ".") || slices.Contains(results, name)):
			return fs.SkipDir
		case !d.IsDir() && matches(patterns, name):
			files = append(files, path)
		}
		return nil
	})
	return files, err
}
