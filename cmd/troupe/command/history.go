package command

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"
)

// maxHistory is how many lines of shells are kept.
const maxHistory = 1000

// A history is the lines of earlier shells, the latest last. They are kept in a file of the user's alone; where there can
// be none, they are forgotten.
type history struct {
	file  string
	lines []string
}

var _ term.History = (*history)(nil)

// openHistory reads the lines of the shells before.
func openHistory() *history {
	dir, err := os.UserConfigDir()
	if err != nil {
		return &history{}
	}
	h := &history{file: filepath.Join(dir, "troupe", "history")}
	f, err := os.Open(h.file)
	if err != nil {
		return h
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		h.lines = append(h.lines, lines.Text())
	}
	if len(h.lines) > maxHistory {
		h.lines = h.lines[len(h.lines)-maxHistory:]
		// The file gets no longer than this for ever.
		_ = os.WriteFile(h.file, []byte(strings.Join(h.lines, "\n")+"\n"), 0o600)
	}
	return h
}

// Add implements term.History.
func (h *history) Add(line string) {
	if strings.TrimSpace(line) == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	h.lines = append(h.lines, line)
	if h.file == "" || os.MkdirAll(filepath.Dir(h.file), 0o700) != nil {
		return
	}
	f, err := os.OpenFile(h.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	_, _ = f.WriteString(line + "\n") // what cannot be kept is forgotten
	_ = f.Close()
}

// Len implements term.History.
func (h *history) Len() int { return len(h.lines) }

// At implements term.History: 0 is the latest line.
func (h *history) At(i int) string { return h.lines[len(h.lines)-1-i] }
