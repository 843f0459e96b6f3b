package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// shellFlags say how lines are taken.
type shellFlags struct{ keepGoing bool }

func (c *call) shellCommand() *cobra.Command {
	var f shellFlags
	cmd := &cobra.Command{
		Use:   "shell",
		Short: "Type commands one after the other",
		Long: `Read commands, the same as on the command line without the name of the program, and run them on the same server or data directory.
On a terminal the prompt stays at the bottom and what commands print is above it; the arrow keys bring back earlier lines, Tab
completes, Ctrl-C ends the command that runs and empties the line, Ctrl-D ends the shell. A command with & behind it runs beside the
others, such as 'watch &', until 'stop' ends it. Words are put together by quotes as in a shell; a line that begins with # is passed
over.

From a pipe, lines are run until one fails, whose exit code is that of the shell; --keep-going goes on behind it.`,
		Example: c.examples(`
			% shell --server home
			printf 'actors\nscan puppet/alice\n' | ` + c.Name + ` shell`),
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s := &shell{call: c, args: c.again(cmd), keepGoing: f.keepGoing}
			in, ok := c.Stdin.(*os.File)
			if ok && isTerminal(in) && isTerminal(c.Stdout) {
				return s.interactive(cmd.Context(), in)
			}
			return s.piped(cmd.Context(), c.Stdin)
		},
	}
	cmd.Flags().BoolVar(&f.keepGoing, "keep-going", false, "from a pipe: go on behind a command that failed")
	return cmd
}

// again returns the flags of all commands as they were given, for those of a shell.
func (c *call) again(cmd *cobra.Command) (args []string) {
	for _, name := range []string{"dir", "app", "server", "key", "output", "timeout"} {
		if flag := cmd.Flags().Lookup(name); flag != nil && flag.Changed {
			args = append(args, "--"+name+"="+flag.Value.String())
		}
	}
	return args
}

// A shell runs lines.
type shell struct {
	*call
	args      []string // before those of a line
	keepGoing bool
	out, err  io.Writer // nil: those of the program

	mu      sync.Mutex // guards all below
	cancel  func()     // ends the command that runs; nil if none does
	beside  map[int]func()
	number  int
	waiting sync.WaitGroup // for those beside
}

// errLeave is returned by a line that ends the shell.
var errLeave = errors.New("leave")

// line runs one line and returns its exit code. The error is errLeave or about the line itself.
func (s *shell) line(ctx context.Context, text string) (int, error) {
	words, beside, err := splitLine(text)
	if err != nil || len(words) == 0 {
		return ExitOK, err
	}
	switch words[0] {
	case "exit", "quit":
		return ExitOK, errLeave
	case "stop":
		s.stop()
		return ExitOK, nil
	case "shell":
		return ExitUsage, misuse("this is a shell already")
	}
	if beside {
		s.start(ctx, words)
		return ExitOK, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	s.cancel = cancel
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.cancel = nil
	}()
	return s.run(ctx, words), nil
}

func (s *shell) run(ctx context.Context, words []string) int {
	p := *s.binary
	p.Stdin = strings.NewReader("")
	if s.out != nil {
		p.Stdout, p.Stderr = s.out, s.err
	}
	return p.Run(ctx, append(s.args[:len(s.args):len(s.args)], words...))
}

// start runs a command beside the others.
func (s *shell) start(ctx context.Context, words []string) {
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.beside == nil {
		s.beside = map[int]func(){}
	}
	s.number++
	n := s.number
	s.beside[n] = cancel
	s.waiting.Go(func() {
		s.run(ctx, words)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.beside, n)
		cancel()
	})
}

// stop ends what runs beside, and waits for it.
func (s *shell) stop() {
	s.mu.Lock()
	for _, cancel := range s.beside {
		cancel()
	}
	s.mu.Unlock()
	s.waiting.Wait()
}

// interrupt ends the command that runs, if there is one.
func (s *shell) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel()
	}
}

// piped runs lines until one fails.
func (s *shell) piped(ctx context.Context, in io.Reader) error {
	defer s.stop()
	worst := ExitOK
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		code, err := s.line(ctx, lines.Text())
		switch {
		case errors.Is(err, errLeave):
			return ended(worst)
		case err != nil:
			return usagef("line %d: %w", n, err)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case code != ExitOK && !s.keepGoing:
			return ended(code)
		}
		worst = max(worst, code)
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return ended(worst)
}

// ended is the error of a shell whose command has said what is wrong.
func ended(code int) error {
	if code == ExitOK {
		return nil
	}
	return &classified{code, errSilent}
}

// interactive reads lines from a terminal.
func (s *shell) interactive(ctx context.Context, in *os.File) error {
	fd := int(in.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return err
	}
	restore := func() { _ = term.Restore(fd, before) }
	defer restore()
	return s.converse(ctx, in, s.Stdout, func() (int, int) {
		width, height, err := term.GetSize(fd)
		if err != nil {
			return 0, 0
		}
		return width, height
	}, restore)
}

// converse reads lines from a terminal whose keys come one by one. It calls leave before it waits for the last commands.
func (s *shell) converse(ctx context.Context, in io.Reader, out io.Writer, size func() (width, height int), leave func()) error {
	keys := &keyboard{in: in, shell: s}
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{keys, out}, s.prompt())
	keys.resize = func() {
		if width, height := size(); width > 0 {
			_ = t.SetSize(width, height)
		}
	}
	keys.resize()
	t.History = openHistory()
	t.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) { return s.complete(ctx, t, line, pos, key) }
	s.out, s.err = t, t
	fmt.Fprintf(t, "'help' lists the commands, Tab completes, Ctrl-D ends the shell\n")
	lines := make(chan string, 64)
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // a line that is typed while a command runs waits for it
		defer close(done)
		for text := range lines {
			if ctx.Err() != nil {
				continue
			}
			if _, err := s.line(ctx, text); err != nil {
				fmt.Fprintf(t, "%s: %s\n", s.Name, explain(err))
			}
		}
	}()
	for {
		text, err := t.ReadLine()
		if err != nil && !errors.Is(err, term.ErrPasteIndicator) {
			cancel() // who hangs up waits for nothing
			break
		}
		if words, _, err := splitLine(text); err == nil && len(words) == 1 && (words[0] == "exit" || words[0] == "quit") {
			break
		}
		select {
		case lines <- text:
		case <-ctx.Done():
		}
	}
	fmt.Fprint(out, "\r\n")
	leave()
	close(lines)
	<-done
	s.stop()
	return nil
}

// prompt names what is asked.
func (s *shell) prompt() string {
	name, err := s.serverName()
	if err != nil || name == "" {
		name = s.dir
	}
	if before, _, ok := strings.Cut(name, "#"); ok {
		name = before
	}
	return shortened(name, 30) + "> "
}

// A keyboard is the input of a terminal. Ctrl-C ends the command that runs and empties the line, as with a shell of the system: a
// command that ends by itself just then must not make what was typed before Ctrl-C the beginning of what is typed behind it.
type keyboard struct {
	in     io.Reader
	shell  *shell
	resize func()

	typed []byte // what was read, and is not handed on yet
	err   error  // what follows it
}

const (
	ctrlC = 0x03
	ctrlE = 0x05 // to the end of the line
	ctrlU = 0x15 // deletes what is before the cursor
)

// Read implements io.Reader.
func (k *keyboard) Read(b []byte) (int, error) {
	if len(k.typed) == 0 && k.err == nil {
		n, err := k.in.Read(b)
		k.resize()
		k.typed, k.err = k.typed[:0], err
		for _, c := range b[:n] {
			if c == ctrlC {
				k.shell.interrupt()
				k.typed = append(k.typed, ctrlE, ctrlU)
				continue
			}
			k.typed = append(k.typed, c)
		}
	}
	n := copy(b, k.typed)
	k.typed = k.typed[n:]
	if len(k.typed) > 0 {
		return n, nil
	}
	return n, k.err
}

// complete offers what may stand where the cursor is, when Tab is pressed.
func (s *shell) complete(ctx context.Context, t io.Writer, line string, pos int, key rune) (string, int, bool) {
	if key != '\t' {
		return "", 0, false
	}
	words, _, err := splitLine(line[:pos])
	if err != nil {
		return line, pos, true
	}
	last := ""
	if len(words) > 0 && !strings.HasSuffix(line[:pos], " ") {
		last, words = words[len(words)-1], words[:len(words)-1]
	}
	offers := s.offers(ctx, words, last)
	if len(offers) == 0 || !strings.HasSuffix(line[:pos], last) {
		return line, pos, true
	}
	common := offers[0]
	for _, offer := range offers {
		for !strings.HasPrefix(offer, common) {
			common = common[:len(common)-1]
		}
	}
	if len(offers) == 1 {
		common += " "
	} else if len(common) <= len(last) {
		fmt.Fprintf(t, "%s\n", strings.Join(offers, "  "))
	}
	if len(common) < len(last) {
		common = last
	}
	head := line[:pos-len(last)] + common
	return head + line[pos:], len(head), true
}

// offers asks the commands themselves, as a completion of the system's shell does.
func (s *shell) offers(ctx context.Context, words []string, last string) (offers []string) {
	var out strings.Builder
	p := *s.binary
	p.Stdin, p.Stdout, p.Stderr = strings.NewReader(""), &out, io.Discard
	args := append([]string{cobra.ShellCompNoDescRequestCmd}, s.args...)
	p.Run(ctx, append(append(args, words...), last))
	for line := range strings.Lines(out.String()) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, ":") && strings.HasPrefix(line, last) {
			offers = append(offers, line)
		}
	}
	return offers
}
