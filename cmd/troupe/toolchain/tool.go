package toolchain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A MissingError says that a tool is not installed.
type MissingError struct {
	Language Language
	Tool     string
	// Install says how to get it.
	Install string
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("to build %s sources, %s is needed and is not there: %s", e.Language, e.Tool, e.Install)
}

// A FailedError says that a tool ran and refused the sources.
type FailedError struct {
	Folder string
	// Command is what was run, without its path.
	Command string
	// Output is what it printed, cut to its last bytes if it was long.
	Output string
	Err    error
}

func (e *FailedError) Error() string {
	text := fmt.Sprintf("%s in %s: %v", e.Command, e.Folder, e.Err)
	if out := strings.TrimRight(e.Output, "\n"); out != "" {
		text += "\n" + out
	}
	return text
}

// Unwrap returns how the tool ended.
func (e *FailedError) Unwrap() error { return e.Err }

// maxOutput bounds what is kept of what a tool prints, in bytes.
const maxOutput = 64 << 10

// patience is how long a tool that was told to end may take.
const patience = 5 * time.Second

// A tool is a program to be run in a folder.
type tool struct {
	path string
	args []string
	env  []string // in addition to the environment of the process
}

// run runs the tool and returns its standard output. Standard error is for the FailedError.
func (t tool) run(ctx context.Context, folder string) (stdout []byte, err error) {
	cmd := exec.CommandContext(ctx, t.path, t.args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), append([]string{"PWD=" + folder}, t.env...)...)
	cmd.WaitDelay = patience
	var out bytes.Buffer
	said := &tail{max: maxOutput}
	cmd.Stdout, cmd.Stderr = &out, said
	if err := cmd.Run(); err != nil {
		text := said.String()
		if text == "" {
			text = out.String()
		}
		return nil, &FailedError{Folder: folder, Command: t.String(), Output: text, Err: err}
	}
	return out.Bytes(), nil
}

// String is the command as one could type it, as far as it says which tool did what.
func (t tool) String() string {
	words := []string{strings.TrimSuffix(filepath.Base(t.path), ".exe")}
	for _, arg := range t.args {
		if strings.HasPrefix(arg, "-") || filepath.IsAbs(arg) {
			break
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}

// find returns the path of the first of the programs that is installed. A variable of the environment, if it is set,
// names the program instead.
func find(variable string, programs ...string) (string, error) {
	if named := os.Getenv(variable); named != "" {
		programs = []string{named}
	}
	var err error
	for _, p := range programs {
		var path string
		if path, err = exec.LookPath(p); err == nil {
			return path, nil
		}
	}
	if errors.Is(err, exec.ErrDot) {
		return "", err
	}
	return "", exec.ErrNotFound
}

// A tail keeps the last bytes that are written to it.
type tail struct {
	max int
	b   []byte
	cut bool
}

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if over := len(t.b) - t.max; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
		t.cut = true
	}
	return len(p), nil
}

func (t *tail) String() string {
	if t.cut {
		return "…" + strings.ToValidUTF8(string(t.b), "")
	}
	return string(t.b)
}
