package httpserver_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime"
)

// serveDir is the environment variable that makes the test a process which serves a directory until it is killed.
const serveDir = "TROUPE_HTTPSERVER_TEST_DIR"

func TestServeUntilKilled(t *testing.T) {
	dir := os.Getenv(serveDir)
	if dir == "" {
		t.Skip("a part of TestKilledUnderLoad")
	}
	fmt.Println("serves", newRigAt(t, dir).put("shop", anyPort))
	time.Sleep(time.Minute)
}

// A process that is killed in the middle has lost none of what it answered, and counts nothing twice.
func TestKilledUnderLoad(t *testing.T) {
	dir := t.TempDir()
	answered, most := map[int]bool{}, 0
	for range 2 {
		url, kill := serve(t, dir)
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 8 {
			c := client(t)
			all.Go(func() {
				for {
					resp, text, err := try(c, "GET", url+"/count", nil)
					n, bad := strconv.Atoi(text)
					if err != nil || bad != nil || resp.StatusCode != http.StatusOK {
						return // it was killed
					}
					mu.Lock()
					if answered[n] {
						t.Errorf("%d was answered twice", n)
					}
					answered[n] = true
					most = max(most, n)
					mu.Unlock()
				}
			})
		}
		time.Sleep(200 * time.Millisecond)
		kill()
		all.Wait()
	}
	h, err := runtime.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	value, _, err := h.Get("shop", []byte("n"))
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(string(value))
	if n < most || n < len(answered) || n > len(answered)+16 {
		t.Errorf("%d counts, %d answers, the highest is %d: 16 at most can have been under way", n, len(answered), most)
	}
	t.Logf("%d answers, %d counts", len(answered), n)
}

func serve(t *testing.T, dir string) (url string, kill func()) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run", "^TestServeUntilKilled$", "-test.v")
	child.Env = append(os.Environ(), serveDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	})
	t.Cleanup(kill)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, err := fmt.Sscanf(lines.Text(), "serves %s", &url); err == nil {
			return url, kill
		}
	}
	t.Fatal("the child has ended")
	return "", nil
}
