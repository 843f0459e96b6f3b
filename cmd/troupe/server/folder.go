package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// folder is the one in which a node keeps its own files.
type folder string

// openFolder returns the folder, and makes it if it is not there. Others must not be able to look into it.
func openFolder(dir string) (folder, error) {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return "", err
	case !info.IsDir():
		return "", fmt.Errorf("%s is a file, and the node keeps its key in a folder of this name: move it away", dir)
	case private(info) != nil:
		return "", fmt.Errorf("others can look into %s: chmod 700 %s", dir, dir)
	}
	return folder(dir), nil
}

func (f folder) path(name string) string { return filepath.Join(string(f), name) }

// announced is the file that says where the node is reached.
const announced = "serve.json"

// announce writes where the node is reached, for commands on this machine.
func (f folder) announce(a *Address) error {
	a.PID = os.Getpid()
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	fresh := f.path(announced + ".new")
	if err := os.WriteFile(fresh, append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, f.path(announced))
}

// retract takes it back.
func (f folder) retract() error {
	if err := os.Remove(f.path(announced)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Announced returns where the node of a data directory says that it is reached. Whether it still runs is not known.
func Announced(dir string) (Address, error) {
	text, err := os.ReadFile(folder(filepath.Join(dir, "node")).path(announced))
	if err != nil {
		return Address{}, err
	}
	var a Address
	if err := json.Unmarshal(text, &a); err != nil {
		return Address{}, fmt.Errorf("%s: %w", announced, err)
	}
	return a, nil
}
