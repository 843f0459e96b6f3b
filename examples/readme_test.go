package examples

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/troupe-run/troupe/cmd/troupe/manifest"
	"github.com/troupe-run/troupe/cmd/troupe/npm"
)

var update = flag.Bool("update", false, "rewrite the output in README.md where it differs")

// A block is a fenced block of README.md.
type block struct {
	lang string
	file string // the block belongs in a file of this name, because the text before it ends in "`file`:"
	body string
	line int
}

var (
	fenced = regexp.MustCompile("(?m)^```([a-z]+)\n((?s:.*?))^```$")
	named  = regexp.MustCompile("`([a-z_]+\\.(?:go|txt))`:\n\n$")
	linked = regexp.MustCompile(`\]\(([^)#:"]+)\)`) // not the index of a Go value that is called
)

func blocks(text string) (all []block) {
	for _, at := range fenced.FindAllStringSubmatchIndex(text, -1) {
		b := block{lang: text[at[2]:at[3]], body: text[at[4]:at[5]], line: 1 + strings.Count(text[:at[0]], "\n")}
		if m := named.FindStringSubmatch(text[:at[0]]); m != nil {
			b.file = m[1]
		}
		all = append(all, b)
	}
	return all
}

// TestReadme does what a reader of README.md does, in a new home and a new directory: writes the files, runs the commands,
// and looks whether they print what stands there. An ellipsis stands for anything in a line, or for any lines.
func TestReadme(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	newReader(t, root).follow("README.md")
}

// TestContractsReadme does the same with the page about contracts. The contracts are those in the cache of this machine, or
// of the registry.
func TestContractsReadme(t *testing.T) {
	library := contracts(t)
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	r := newReader(t, root)
	r.env = append(r.env, "TROUPE_CACHE="+library)
	r.follow("examples/cw20/README.md")
}

// TestClassicReadmes does the same with the pages about actors of the classic wasmCloud.
func TestClassicReadmes(t *testing.T) {
	for _, name := range classics {
		t.Run(name, func(t *testing.T) {
			root, err := filepath.Abs("..")
			if err != nil {
				t.Fatal(err)
			}
			newReader(t, root).follow("examples/" + name + "/README.md")
		})
	}
}

// contracts returns the cache of the command, with the contracts of examples/cw20 in it.
func contracts(t *testing.T) string {
	cache := os.Getenv("TROUPE_CACHE")
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		cache = filepath.Join(user, "troupe")
	}
	m, err := manifest.Load("cw20")
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Codes(t.Context(), npm.Library{Dir: filepath.Join(cache, "npm")})
	if errors.Is(err, npm.ErrUnreachable) {
		t.Skipf("the contracts are not in the cache of this machine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return cache
}

// follow does what a page says that is in the checkout.
func (r *reader) follow(page string) {
	t := r.t
	readme := filepath.Join(r.root, filepath.FromSlash(page))
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	r.page = page
	now := string(text)
	for _, b := range blocks(string(text)) {
		switch {
		case b.file != "":
			r.write(b.file, b.body)
		case b.lang != "console":
			t.Errorf("%s:%d: this %s block is not run: name its file, as in `shop.go`:", page, b.line, b.lang)
		default:
			if fresh := r.console(b); fresh != b.body {
				now = strings.Replace(now, b.body, fresh, 1)
			}
		}
	}
	if *update && now != string(text) {
		if err := os.WriteFile(readme, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A reader has the checkout in root and works in dir, which is a module of its own.
type reader struct {
	t         *testing.T
	root, dir string
	page      string
	env       []string
	running   *exec.Cmd  // what was started in the background
	ended     chan error // gets how that has ended
	// listens says where that listens, in the order of places, instead of the addresses that the page names: others may have
	// those. It is empty if nothing runs.
	listens []string
	// starts is how often something was started in the background: each has a directory of its own.
	starts int
}

// places are the addresses that pages name, and the variables that say others.
var places = []struct{ served, variable string }{
	{"127.0.0.1:8880", "TROUPE_HTTP_LISTEN"},
	{"127.0.0.1:8080", "ECHO_ADDRESS"},
	{"127.0.0.1:8081", "KVCOUNTER_ADDRESS"},
}

// local is how people write an address of their own machine.
func local(address string) string { return strings.Replace(address, "127.0.0.1", "localhost", 1) }

func newReader(t *testing.T, root string) *reader {
	home := t.TempDir()
	r := &reader{t: t, root: root, dir: filepath.Join(home, "work")}
	if err := os.Mkdir(r.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(home, "bin")
	r.env = append(os.Environ(), "HOME="+home, "GOBIN="+bin, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
		"GOFLAGS=-mod=mod", "GOPROXY=off", "TROUPE_DIR=")
	// The caches of the go command are in the real home.
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		r.env = append(r.env, name+"="+strings.TrimSpace(string(out)))
	}
	// The module has the dependencies of this one, and this one from the checkout.
	const path = "github.com/troupe-run/troupe"
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	r.write("go.mod", strings.Replace(string(mod), "module "+path, "module shop", 1)+
		"\nrequire "+path+" v0.0.0\nreplace "+path+" => "+root+"\n")
	r.write("go.sum", string(sum))
	return r
}

func (r *reader) write(file, text string) {
	if err := os.WriteFile(filepath.Join(r.dir, file), []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// console runs the commands of a block, compares, and returns the block with what was printed where that differs. A command
// that ends in "&" runs until the end of the block.
func (r *reader) console(b block) string {
	var fresh strings.Builder
	defer r.stop()
	for step := range strings.SplitSeq(strings.TrimPrefix(b.body, "$ "), "\n$ ") {
		command, want, _ := strings.Cut(step, "\n")
		if want != "" && !strings.HasSuffix(want, "\n") {
			want += "\n"
		}
		var got string
		if before, ok := strings.CutSuffix(strings.TrimSpace(command), "&"); ok {
			got = r.start(before, want)
		} else {
			got = r.run(command)
		}
		if got != "" && !strings.HasSuffix(got, "\n") {
			got += "\n" // curl ends no line
		}
		if !matches(want, got) {
			if !*update {
				r.t.Errorf("%s:%d: $ %s\nprints\n%s\nand not\n%s", r.page, b.line, command, got, want)
			}
			want = got
		}
		fresh.WriteString("$ " + strings.TrimSpace(command) + "\n" + want)
	}
	return fresh.String()
}

// inCheckout are the beginnings of commands that are about the checkout. All others run in the directory of the reader.
var inCheckout = regexp.MustCompile(`^go (run|install) \./`)

// refused is the exit code of curl where nobody listens.
const refused = 7

func (r *reader) run(command string) string {
	if command = strings.TrimSpace(command); command == "go test ./..." {
		return "" // this is running already
	}
	for i, address := range r.listens {
		command = strings.NewReplacer(places[i].served, address, local(places[i].served), local(address)).Replace(command)
	}
	if variable, ok := strings.CutPrefix(command, "export "); ok {
		r.env = append(r.env, variable)
		return ""
	}
	// The first of them compile all that there is, for two systems.
	ctx, cancel := context.WithTimeout(r.t.Context(), 15*time.Minute)
	defer cancel()
	start := time.Now()
	var out []byte
	var err error
	for asked := true; asked; {
		cmd := exec.CommandContext(ctx, "sh", "-c", command)
		cmd.Dir, cmd.Env = r.dir, r.env
		cmd.WaitDelay = 5 * time.Second // what the command has started may hold on to its output
		if inCheckout.MatchString(command) {
			cmd.Dir, cmd.Env = r.root, append(r.env, "GOFLAGS=")
		}
		// What a command prints is all that is compared: some of them are shown failing.
		out, err = cmd.CombinedOutput()
		// What was linked is served a moment later.
		asked = strings.HasPrefix(command, "curl ") && cmd.ProcessState.ExitCode() == refused && time.Since(start) < time.Minute
	}
	if ctx.Err() != nil {
		r.t.Errorf("$ %s: %v", command, err)
	}
	r.t.Logf("%.1fs  $ %s", time.Since(start).Seconds(), command)
	return r.asNamed(out)
}

// asNamed returns an output with the addresses that the page names.
func (r *reader) asNamed(output []byte) string {
	text := string(output)
	for i, address := range r.listens {
		text = strings.ReplaceAll(text, address, places[i].served)
	}
	return text
}

// start runs a command in the background until it has printed what it should, or for as long as that may take. It listens on a
// port that is free, and works on a directory of its own.
func (r *reader) start(command, want string) string {
	if r.running != nil {
		r.t.Fatalf("$ %s: something runs in the background already", command)
	}
	output := filepath.Join(r.dir, "background.txt")
	file, err := os.Create(output)
	if err != nil {
		r.t.Fatal(err)
	}
	defer file.Close()
	cmd := exec.Command("sh", "-c", "exec "+command)
	r.starts++
	dir := filepath.Join(r.dir, fmt.Sprintf("served-%d", r.starts))
	cmd.Dir, cmd.Env = r.root, append(slices.Clone(r.env), "GOFLAGS=", "TROUPE_DIR="+dir, "TROUPE_NATS_LISTEN=127.0.0.1:0")
	var ports []io.Closer
	for _, p := range places {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			r.t.Fatal(err)
		}
		ports = append(ports, free)
		r.listens = append(r.listens, free.Addr().String())
		cmd.Env = append(cmd.Env, p.variable+"="+free.Addr().String())
	}
	for _, port := range ports { // now that each is another
		if err := port.Close(); err != nil {
			r.t.Fatal(err)
		}
	}
	cmd.Stdout, cmd.Stderr = file, file
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with what it starts, as a shell has it
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.running, r.ended = cmd, make(chan error, 1)
	go func() { r.ended <- cmd.Wait() }()
	deadline := time.Now().Add(15 * time.Minute)
	for over := false; ; {
		got, err := os.ReadFile(output)
		if err != nil {
			r.t.Fatal(err)
		}
		if text := r.asNamed(got); matches(want, text) || over || time.Now().After(deadline) {
			return text
		}
		select {
		case err := <-r.ended: // it prints nothing more
			r.ended <- err
			over = true
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop ends what was started in the background, as somebody does who has seen enough.
func (r *reader) stop() {
	if r.running == nil {
		return
	}
	// It may have ended by itself; then its exit code says how.
	if err := syscall.Kill(-r.running.Process.Pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
		r.t.Error(err)
	}
	// Its exit code is that of a command which a signal has ended.
	if err := <-r.ended; r.running.ProcessState == nil || !slices.Contains([]int{0, 1, 130}, r.running.ProcessState.ExitCode()) {
		r.t.Errorf("what ran in the background: %v", err)
	}
	r.running, r.listens = nil, nil
}

// matches reports whether got is what the lines of want say.
func matches(want, got string) bool {
	var pattern strings.Builder
	for line := range strings.Lines(want) {
		if line == "…\n" {
			pattern.WriteString(`(?s:.*)`)
			continue
		}
		pattern.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", `.*`))
	}
	return regexp.MustCompile(`\A` + pattern.String() + `\z`).MatchString(got)
}

// TestReadmeLinks checks that everything is there that the pages point to.
func TestReadmeLinks(t *testing.T) {
	for _, page := range []string{"../README.md", "cw20/README.md", "echo/README.md", "kvcounter/README.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range linked.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s points to %s: %v", page, m[1], err)
			}
		}
	}
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		want, got string
		match     bool
	}{
		{"", "", true},
		{"", "a\n", false},
		{"a\n", "a\n", true},
		{"a\n", "a\nb\n", false},
		{"a.c\n", "abc\n", false},
		{"in …\n", "in 3 ms\n", true},
		{"in …\n", "in 3\nms\n", false},
		{"…\n", "", true},
		{"…\nb\n", "a\na\nb\n", true},
		{"a\n…\n", "a\nb\nc\n", true},
		{"a\n…\n", "b\na\n", false},
	} {
		if matches(test.want, test.got) != test.match {
			t.Errorf("%q and %q: match is not %t", test.want, test.got, test.match)
		}
	}
}

// TestProgramIsShort keeps a promise of README.md's first screen: the program, from its types on, fits in it.
func TestProgramIsShort(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks(string(text)) {
		if b.file != "shop.go" {
			continue
		}
		_, program, _ := strings.Cut(b.body, ")\n\n")
		if n := strings.Count(strings.ReplaceAll(program, "\n\n", "\n"), "\n"); n > 30 {
			t.Errorf("the program has %d lines behind its imports", n)
		}
	}
}
