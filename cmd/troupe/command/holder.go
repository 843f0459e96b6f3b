package command

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// holder says who has a data directory open, as far as the system tells. It only looks at names: to open the lock file
// and close it again would free the lock, should it be this process that holds it.
func holder(dir string) string {
	lock, err := filepath.Abs(filepath.Join(dir, "LOCK"))
	if err == nil {
		lock, err = filepath.EvalSymlinks(lock)
	}
	if err != nil {
		return "another process"
	}
	// Where there is no such file system there are no matches.
	files, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, file := range files {
		if target, err := os.Readlink(file); err != nil || target != lock {
			continue
		}
		pid := strings.Split(file, "/")[2]
		if pid == strconv.Itoa(os.Getpid()) {
			return "this process"
		}
		return fmt.Sprintf("process %s%s", pid, commandLine(pid))
	}
	return "another process"
}

// commandLine returns " (the command line)" of a process, shortened, or nothing.
func commandLine(pid string) string {
	b, err := os.ReadFile("/proc/" + pid + "/cmdline")
	if err != nil || len(b) == 0 {
		return ""
	}
	text := strings.Join(strings.FieldsFunc(string(bytes.TrimRight(b, "\x00")), func(r rune) bool { return r == 0 }), " ")
	if runes := []rune(text); len(runes) > 80 {
		text = string(runes[:80]) + "…"
	}
	return " (" + text + ")"
}
