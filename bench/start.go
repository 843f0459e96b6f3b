package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/api"
	nodeclient "github.com/troupe-run/troupe/runtime/client"
)

// Start is how long the program takes to serve a directory that holds much.
type Start struct {
	Rows      int     `json:"rows"`
	DiskBytes uint64  `json:"disk_bytes"`
	BuildS    float64 `json:"build_s"`
	// FirstMS is the median time from when the process began to when it had answered a request for a row, in milliseconds, and MostMS
	// the longest.
	FirstMS float64 `json:"first_ms"`
	MostMS  float64 `json:"most_ms"`
}

// pageBytes is the size of a row of the workload start: so large that a million rows are a gigabyte. It cannot be
// compressed.
const pageBytes = 1000

// runStart is the workload start: it fills a directory, and serves it again and again by the command serve, in a process of its
// own that is killed as soon as it has answered.
func runStart(ctx context.Context, c Config, p *progress) (Result, error) {
	switch {
	case c.Dir == "":
		return Result{}, errMemory
	case c.Binary == "":
		return Result{}, errors.New("the workload needs the file of the command that serves")
	}
	actors := max(c.Keys/rowsEach, 1)
	begun := time.Now()
	if err := createShelves(ctx, c, actors); err != nil {
		return Result{}, err
	}
	dir := filepath.Join(c.Dir, "host")
	rng, value := rand.NewChaCha8([32]byte{byte(c.Seed)}), make([]byte, pageBytes)
	size, err := fillShelves(ctx, dir, actors, c.Keys, func(int) []byte {
		_, _ = rng.Read(value) // it cannot fail
		return value
	}, p)
	if err != nil {
		return Result{}, err
	}
	s := &Start{Rows: c.Keys, DiskBytes: size, BuildS: time.Since(begun).Seconds()}
	// The first time makes keys and founds the host.
	if _, err := startOnce(ctx, c, dir); err != nil {
		return Result{}, err
	}
	result := newResult(c)
	result.Clients, result.Start = 1, s
	var times []float64
	for i := range c.Runs {
		p.show("start: %d of %d", i+1, c.Runs)
		took, err := startOnce(ctx, c, dir)
		if err != nil {
			return Result{}, err
		}
		times = append(times, took.Seconds()*1e3)
		result.Tx++
	}
	s.FirstMS, s.MostMS = median(times), slices.Max(times)
	result.TxPerS = ratio(1e3, s.FirstMS)
	return result, nil
}

// startOnce starts the process, asks it, and kills it.
func startOnce(ctx context.Context, cfg Config, dir string) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	keys := filepath.Join(cfg.Dir, "keys")
	cmd := exec.CommandContext(ctx, cfg.Binary, "serve", "--dir", dir, "--http-listen", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0", "-o", "json",
		"--log-level", "error")
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), "TROUPE_KEYS="+keys)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}()
	var at struct{ URL, Node string }
	if err := json.NewDecoder(out).Decode(&at); err != nil {
		return 0, fmt.Errorf("%s serve does not say where: %w", cfg.Binary, err)
	}
	token, err := operatorToken(keys, at.Node)
	if err != nil {
		return 0, err
	}
	way, err := nodeclient.NewHTTP(at.URL, nil)
	if err != nil {
		return 0, err
	}
	c := nodeclient.New(way, nodeclient.Identity{Token: token})
	defer c.Close()
	i := rand.IntN(cfg.Keys)
	v, err := c.Get(ctx, &api.GetRequest{Actor: shelfAddress(i / rowsEach), Key: bookKey(i)})
	if err == nil && len(v.Value) != pageBytes {
		err = fmt.Errorf("a row has %d bytes, not %d", len(v.Value), pageBytes)
	}
	if err != nil {
		return 0, err
	}
	return time.Since(begun), nil
}

// operatorToken returns a token of the operator that the process has made itself.
func operatorToken(dir, node string) (string, error) {
	keys, err := claims.OpenKeys(dir)
	if err != nil {
		return "", err
	}
	operator, err := keys.Load("default")
	if err != nil {
		return "", err
	}
	defer operator.Wipe()
	return claims.SignToken(operator, claims.Token{Audience: node})
}
