package crash

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
)

// A binary is the command troupe, with a data directory.
type binary struct {
	path, dir, keys string
	operator        claims.Key
	log             *tail
}

// folder is where the command is built. It is this test's own.
var folder string

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if folder, err = os.MkdirTemp("", "troupe-crash-"); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	if err := os.RemoveAll(folder); err != nil {
		log.Print(err)
	}
	os.Exit(code)
}

// build builds the command, once for all tests, unless there is one.
var build = sync.OnceValues(func() (path string, err error) {
	if *built != "" {
		return *built, nil
	}
	path = filepath.Join(folder, "troupe")
	cmd := exec.Command("go", "build", "-o", path, "github.com/troupe-run/troupe/cmd/troupe")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is released, whatever this test is built with
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// newBinary returns the command with an empty directory, and the key of its operator.
func newBinary(t *testing.T) *binary {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	b := &binary{path: path, dir: filepath.Join(home, "data"), keys: filepath.Join(home, "keys"), log: new(tail)}
	keys, err := claims.OpenKeys(b.keys)
	if err == nil {
		b.operator, _, err = keys.LoadOrCreate("default")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the last that the program said:\n%s", b.log)
		}
	})
	return b
}

// command returns one of the binary on its directory.
func (b *binary) command(args ...string) *exec.Cmd {
	return b.asking(append([]string{"--dir", b.dir}, args...)...)
}

// asking returns one that is told where to ask by its arguments or the environment.
func (b *binary) asking(args ...string) *exec.Cmd {
	cmd := exec.Command(b.path, args...)
	cmd.Env = append(os.Environ(), "TROUPE_KEYS="+b.keys, "TROUPE_CACHE="+filepath.Join(b.keys, "..", "cache"))
	cmd.Stderr = b.log
	return cmd
}

// A process is the command serve, while it runs.
type process struct {
	// What the command says of itself.
	Node string `json:"node"`
	URL  string `json:"url"`
	NATS string `json:"nats"`

	cmd    *exec.Cmd
	began  time.Time
	exited chan struct{}
	failed error // why it ended; to be read behind exited
}

// begin starts to serve. The process may not answer yet.
func (b *binary) begin(t *testing.T, flags ...string) (*process, *bufio.Reader) {
	t.Helper()
	cmd := b.command(append([]string{"serve", "-o", "json", "--http-listen", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0", "--log-level", "warn"}, flags...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, began: time.Now(), exited: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		// Wait closes the pipe, and with it what has not been read: the state of the process is enough here.
		state, err := cmd.Process.Wait()
		if err == nil && !state.Success() {
			err = errors.New(state.String())
		}
		p.failed = err
		close(p.exited)
	}()
	t.Cleanup(p.kill)
	return p, bufio.NewReader(out)
}

// serve starts to serve, and returns when the process says where it answers.
func (b *binary) serve(t *testing.T, flags ...string) *process {
	t.Helper()
	p, out := b.begin(t, flags...)
	line, err := out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, p)
	}
	if err != nil {
		<-p.exited
		t.Fatalf("serve said %q and ended with %v", line, p.failed)
	}
	return p
}

// kill ends the process as no program can prevent it.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// stop ends the process as a user does.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	select {
	case <-p.exited:
	case <-time.After(2 * time.Minute):
		t.Error("it does not stop")
		p.kill()
	}
}

// run runs another command on the directory and returns what it prints.
func (b *binary) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := b.command(args...).Output()
	if err != nil {
		t.Errorf("%v: %v", args, err)
	}
	return string(out)
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (l *tail) Write(p []byte) (int, error) {
	const most = 8 << 10
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if len(l.text) > most {
		l.text = bytes.Clone(l.text[len(l.text)-most:])
	}
	return len(p), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
