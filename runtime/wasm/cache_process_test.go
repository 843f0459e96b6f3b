package wasm

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// processEnv makes the test binary one of the processes of TestCacheAmongProcesses.
const processEnv = "TROUPE_WASM_TEST_CACHE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(processEnv); dir != "" {
		if err := cacheProcess(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// cacheProcess loads modules again and again, in new engines.
func cacheProcess(dir string) error {
	for round := range 8 {
		e, err := NewEngine(Options{CacheDir: dir, CacheBytes: 20_000})
		if err != nil {
			return err
		}
		for n := range 5 {
			m, err := e.Load(context.Background(), numbered(n+round/4), testDialect())
			if err != nil {
				return err
			}
			if err := m.Call(1e6, nil, func(c *Call) error {
				if v, err := c.Invoke(zooSize); err != nil || int(v) != n+round/4 {
					return fmt.Errorf("module %d answers %d, %v", n, v, err)
				}
				return nil
			}); err != nil {
				return err
			}
			m.Close()
		}
		e.Close()
	}
	return nil
}

// TestCacheAmongProcesses has processes load the same modules at once, in a cache that is too small for them, while
// files in it are damaged.
func TestCacheAmongProcesses(t *testing.T) {
	dir := t.TempDir()
	var all []*exec.Cmd
	for range 4 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), processEnv+"="+dir)
		out := &bytes.Buffer{}
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
	}
	done := make(chan bool)
	spoiling := make(chan bool)
	go func() {
		defer close(spoiling)
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-time.After(3 * time.Millisecond):
			}
			for _, f := range cached(t, dir) {
				if b, err := os.ReadFile(f); err == nil && n%2 == 0 {
					// A new file, as every writer makes one: a file that is there is never changed.
					temp := filepath.Join(dir, "spoilt")
					b[n%len(b)]++
					os.WriteFile(temp, b, 0o600)
					os.Rename(temp, f)
				} else {
					os.Truncate(f, int64(n%1000))
				}
			}
		}
	}()
	for _, cmd := range all {
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %s", err, cmd.Stdout)
		}
	}
	close(done)
	<-spoiling
	onlyEntries(t, dir)
}
