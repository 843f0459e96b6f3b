package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/cmd/troupe/config"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/client"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/state/simdisk"
)

// A rig is a server that runs.
type rig struct {
	*client.Client
	t    testing.TB
	host *runtime.Host
}

// serve runs a server on a host that open opens.
func serve(t testing.TB, c *config.Config, o Options, open func() (*runtime.Host, error)) *rig {
	t.Helper()
	h, err := open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	operator, err := claims.NewKey(claims.UserKey)
	if err != nil {
		t.Fatal(err)
	}
	c.HTTP.Listen, c.NATS.Listen, c.HTTP.Dashboard, c.Drain = "127.0.0.1:0", "off", false, 5*time.Second
	started, ended := make(chan Address, 1), make(chan error, 1)
	o.Config, o.Version, o.Operator, o.Reopen, o.Logger = c, "test", operator, open, slog.New(slog.NewTextHandler(logged{t}, nil))
	o.Started = func(a Address) { started <- a }
	ctx, cancel := context.WithCancel(context.Background())
	go func() { ended <- Run(ctx, h, o) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server: %v", err)
		}
	})
	var at Address
	select {
	case at = <-started:
	case err := <-ended:
		t.Fatal(err)
	}
	transport, err := client.NewHTTP(at.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{client.New(transport, client.Identity{Key: operator}), t, h}
	r.Patience = -1
	t.Cleanup(func() { r.Close() })
	return r
}

// logged is the log of a test.
type logged struct{ t testing.TB }

func (l logged) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

func openPuppets(dir string, opts runtime.Options) func() (*runtime.Host, error) {
	return func() (*runtime.Host, error) {
		h, err := runtime.Open(dir, &opts)
		if err != nil {
			return nil, err
		}
		return h, h.Bind("puppet", puppet.Actor{})
	}
}

func (r *rig) set(id string, value []byte) error {
	_, err := r.Send(context.Background(), &api.SendRequest{ID: id, To: "puppet/a", Body: append([]byte("set k="), value...)})
	return err
}

func (r *rig) get() (string, error) {
	v, err := r.Get(context.Background(), &api.GetRequest{Actor: "puppet/a", Key: []byte("k")})
	if err != nil {
		return "", err
	}
	return string(v.Value), nil
}

// until waits for what the server does by itself.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come: " + what)
		}
	}
}

func codeOf(err error) api.Code {
	var e *api.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestNearlyFullDiskIsOnlyRead(t *testing.T) {
	var left atomic.Uint64
	left.Store(1 << 30)
	c := config.Default()
	c.Dir = t.TempDir()
	r := serve(t, c, Options{Free: func(string) (uint64, error) { return left.Load(), nil }}, openPuppets(c.Dir, runtime.Options{}))
	if err := r.set("", []byte("1")); err != nil {
		t.Fatal(err)
	}
	left.Store(200 << 20)
	until(t, "refusal", func() bool { return codeOf(r.set("", []byte("2"))) == api.CodeUnavailable })
	if err := r.set("", []byte("2")); !strings.Contains(err.Error(), "the disk is nearly full: 200 MiB are free, and 256 MiB stay reserved") {
		t.Error(err)
	}
	value, err := r.get()
	if err != nil {
		t.Errorf("it reads %q, %v", value, err)
	}
	if info, err := r.Info(context.Background()); err != nil || info.Ready || info.State != "read_only" || !strings.Contains(info.Reason, "nearly full") {
		t.Errorf("%+v, %v", info, err)
	}
	left.Store(257 << 20) // not enough to begin again
	time.Sleep(2 * lookEvery)
	if err := r.set("", []byte("3")); codeOf(err) != api.CodeUnavailable {
		t.Error(err)
	}
	left.Store(300 << 20)
	until(t, "writes", func() bool { return r.set("", []byte("4")) == nil })
}

func TestHostIsOpenedAgainAfterAFullDisk(t *testing.T) {
	disk := simdisk.New()
	c := config.Default()
	c.Dir = t.TempDir()
	c.Disk.Reserve = 0
	r := serve(t, c, Options{}, openPuppets(c.Dir, runtime.Options{Store: state.Options{FS: disk}}))
	if err := r.set("one", []byte("1")); err != nil {
		t.Fatal(err)
	}
	disk.FailFrom(disk.Ops()+1, syscall.ENOSPC)
	if err := r.set("two", []byte("2")); codeOf(err) != api.CodeUnknown {
		t.Fatalf("when the disk is full: %v", err)
	}
	for range 3 {
		if err := r.set("two", []byte("2")); codeOf(err) != api.CodeUnavailable && codeOf(err) != api.CodeUnknown {
			t.Errorf("after the disk was full: %v", err)
		}
		if _, err := r.get(); codeOf(err) != api.CodeUnavailable {
			t.Errorf("read while the host is closed: %v", err)
		}
		time.Sleep(lookEvery)
	}
	disk.Heal()
	until(t, "the host", func() bool { _, err := r.get(); return err == nil })
	before, err := r.Info(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"two", "two"} {
		if err := r.set(id, []byte("2")); err != nil {
			t.Error(err)
		}
	}
	after, err := r.Info(context.Background())
	if err != nil || after.Sequence > before.Sequence+1 {
		t.Errorf("the request asked again had more than one effect: from %d to %d, %v", before.Sequence, after.Sequence, err)
	}
	if v, err := r.get(); err != nil || v != "2" {
		t.Errorf("it reads %q, %v", v, err)
	}
	if !after.Ready {
		t.Errorf("%+v", after)
	}
}

func TestSmallDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root mounts")
	}
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=96m"); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { syscall.Unmount(mount, 0) })
	ballast := filepath.Join(mount, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 16<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.Dir, c.Disk.Reserve = filepath.Join(mount, "data"), 40<<20
	r := serve(t, c, Options{}, openPuppets(c.Dir, runtime.Options{}))
	value, taken := make([]byte, 16<<10), 0
	for i := range value {
		value[i] = 'a' + byte(i%7)
	}
	var err error
	for ; taken < 4000 && err == nil; taken++ {
		copy(value, fmt.Sprint(taken))
		err = r.set("", value)
	}
	if codeOf(err) != api.CodeUnavailable || r.host.Err() != nil {
		t.Fatalf("after %d writes: %v; the host: %v", taken, err, r.host.Err())
	}
	if got, err := r.get(); err != nil || len(got) != len(value) {
		t.Errorf("it reads %d bytes, %v", len(got), err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	until(t, "writes", func() bool { return r.set("", []byte("more")) == nil })
	if r.host.Err() != nil {
		t.Error(r.host.Err())
	}
}
