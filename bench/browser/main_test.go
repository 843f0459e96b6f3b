package browser

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var (
	shots = flag.String("shots", "", "write pictures of the pages into this `folder`")
	at    = flag.String("at", "", "walk the node at this `address`, with its token, instead of serving one")
)

// What all tests share: a browser, and a node that serves examples/mmo.
var (
	browser context.Context
	// origin is the address of the node; address is what serve printed: origin with the operator's token.
	origin, address string
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	end, err := start()
	defer end()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/browser:", err)
		return 1
	}
	return m.Run()
}

// start makes ready what all tests share; end takes it away again, also what was made before an error.
func start() (end func(), err error) {
	var ends []func()
	end = func() {
		for i := len(ends) - 1; i >= 0; i-- {
			ends[i]()
		}
	}
	chromium, err := findChromium()
	if err != nil {
		return end, err
	}
	if err := findAxe(); err != nil {
		return end, err
	}
	address = *at
	if address == "" {
		dir, err := os.MkdirTemp("", "troupe-browser-")
		if err != nil {
			return end, err
		}
		ends = append(ends, func() { _ = os.RemoveAll(dir) })
		stop, err := serve(dir)
		if err != nil {
			return end, err
		}
		ends = append(ends, stop)
	}
	origin, _, _ = strings.Cut(address, "/#")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium has none for root
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	ends = append(ends, cancel)
	browser, cancel = chromedp.NewContext(allocator)
	ends = append(ends, cancel)
	if err := chromedp.Do(browser); err != nil {
		return end, fmt.Errorf("%s does not start: %w", chromium, err)
	}
	return end, nil
}

// findChromium returns where a browser is that speaks the DevTools protocol.
func findChromium() (string, error) {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "chrome", "headless-shell"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium: install it, by .ci/toolchains browser for example, or name one in the variable CHROMIUM")
}

const root = "../.."

// serve builds the command, and serves the example in an empty home until stop.
func serve(dir string) (stop func(), err error) {
	binary := filepath.Join(dir, "troupe")
	build := exec.Command("go", "build", "-o", binary, "./cmd/troupe")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	// The example is compiled from source: what the compiler has kept is not a part of the home that is empty.
	caches, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	cache, modules, _ := strings.Cut(strings.TrimSpace(string(caches)), "\n")
	cmd := exec.Command(binary, "serve", "--app", "examples/mmo", "--dir", filepath.Join(dir, "data"),
		"--http-listen", "127.0.0.1:0", "--nats-listen", "off")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "HOME="+filepath.Join(dir, "home"), "XDG_CONFIG_HOME=", "XDG_CACHE_HOME=", "TROUPE_KEYS=",
		"GOCACHE="+cache, "GOMODCACHE="+modules)
	var log strings.Builder
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n')
		lines <- strings.TrimSpace(line)
		_, _ = io.Copy(io.Discard, out)
	}()
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	select {
	case address = <-lines:
	case <-time.After(5 * time.Minute): // where nothing is compiled yet, and the machine is busy
	}
	if !strings.Contains(address, "/#token=") {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, fmt.Errorf("troupe serve printed %q instead of an address with a token\n%s", address, log.String())
	}
	return stop, nil
}
