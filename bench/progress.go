package bench

import (
	"fmt"
	"io"
	"os"
)

// progress is one line on a terminal that is written again and again. Elsewhere it is nothing.
type progress struct {
	out   io.Writer
	width int
}

func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	if !ok {
		return &progress{}
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return &progress{}
	}
	return &progress{out: w}
}

// show replaces the line.
func (p *progress) show(format string, args ...any) {
	if p.out == nil {
		return
	}
	line := fmt.Sprintf(format, args...)
	fmt.Fprintf(p.out, "\r%-*s", p.width, line)
	p.width = len(line)
}

// clear removes the line.
func (p *progress) clear() {
	if p.out != nil && p.width > 0 {
		p.show("")
		fmt.Fprint(p.out, "\r")
	}
}
