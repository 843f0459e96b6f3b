package toolchain

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

func buildAssemblyScript(ctx context.Context, folder, out string) error {
	path, err := findASC(folder)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(folder, "asconfig.json")); errors.Is(err, fs.ErrNotExist) {
		return errors.New(folder + " has no asconfig.json: it names the entry file and the options of asc")
	}
	// The path of the output would be an entry of the configuration; given here it wins.
	_, err = tool{path, []string{"--config", "asconfig.json", "--target", "release", "--outFile", out}, nil}.run(ctx, folder)
	return err
}

// findASC returns the compiler of the project in the folder or in one above it, or else the one that is installed.
func findASC(folder string) (string, error) {
	if os.Getenv("ASC") == "" {
		for dir := folder; ; dir = filepath.Dir(dir) {
			if path, err := find("", filepath.Join(dir, "node_modules", ".bin", "asc")); err == nil {
				return path, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	if path, err := find("ASC", "asc"); err == nil {
		return path, nil
	}
	return "", &MissingError{AssemblyScript, "asc", "install Node.js from https://nodejs.org, and run 'npm install' in " + folder}
}
