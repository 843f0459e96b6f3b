package runtime_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/wasm"
	"github.com/troupe-run/troupe/state"
)

// accountCode is a guest that is an account: see bench/guest. Its messages are a letter and a number: "o" opens with a
// balance, "p" pays to the address behind, "r" receives. It migrates as it executes.
func accountCode(t testing.TB) []byte {
	t.Helper()
	code, err := os.ReadFile(filepath.Join("..", "bench", "guest", "account.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// renamed is the account with another code for who has not enough.
func renamed(t testing.TB, code []byte, to string) []byte {
	t.Helper()
	const was = "insufficient_funds"
	other := bytes.Replace(code, []byte(was), []byte(to), 1)
	if len(to) != len(was) || bytes.Equal(other, code) {
		t.Fatalf("the guest does not say %s", was)
	}
	return other
}

func order(letter byte, amount uint64, to string) []byte {
	return append(binary.BigEndian.AppendUint64([]byte{letter}, amount), to...)
}

// A house is a host with accounts.
type house struct {
	*runtime.Host
	t testing.TB
}

func openHouse(t testing.TB, dir string, opts *runtime.Options) *house {
	t.Helper()
	h, err := runtime.Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return &house{h, t}
}

func (h *house) install(name string, code []byte, opts *runtime.InstallOptions) state.Module {
	h.t.Helper()
	m, err := h.Install(h.t.Context(), name, code, opts)
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

// order sends what must be committed. Like what follows it may be called from any goroutine.
func (h *house) order(to actor.Address, body []byte) {
	h.t.Helper()
	if _, err := h.Send(h.t.Context(), "tester", actor.Message{To: to, Body: body}); err != nil {
		h.t.Error(err)
	}
}

// refused sends what must fail, and returns the code.
func (h *house) refused(to actor.Address, body []byte) string {
	h.t.Helper()
	_, err := h.Send(h.t.Context(), "tester", actor.Message{To: to, Body: body})
	var failed *runtime.TxError
	if !errors.As(err, &failed) {
		h.t.Errorf("%s: got %v", to, err)
		return ""
	}
	return failed.Err.Code
}

func (h *house) balance(a actor.Address) uint64 {
	h.t.Helper()
	b, err := h.Query(h.t.Context(), a, nil)
	if err != nil || len(b) != 8 {
		h.t.Errorf("balance of %s: %x, %v", a, b, err)
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

func (h *house) verify() state.Head {
	h.t.Helper()
	head, err := h.Verify(h.t.Context())
	if err != nil {
		h.t.Error(err)
	}
	return head
}

func TestInstall(t *testing.T) {
	dir := t.TempDir()
	h := openHouse(t, filepath.Join(dir, "data"), nil)
	if err := h.Bind("puppet", puppet.Actor{}); err != nil {
		t.Fatal(err)
	}
	code := accountCode(t)
	m := h.install("account", code, nil)
	want := state.Module{ID: "account", Kind: "troupe", Bound: m.Bound, Hash: sha256.Sum256(code), Size: uint64(len(code))}
	if m != want {
		t.Errorf("the module is %+v, want %+v", m, want)
	}
	list, err := h.Modules()
	if err != nil || len(list) != 2 || list[0] != want || list[1].ID != "puppet" || list[1].Installed() {
		t.Errorf("the modules are %+v, %v", list, err)
	}
	h.order("account/a", order('o', 100, ""))
	h.order("account/a", order('p', 30, "account/b"))
	if a, b := h.balance("account/a"), h.balance("account/b"); a != 70 || b != 30 {
		t.Errorf("the balances are %d and %d", a, b)
	}
	if got := h.refused("account/a", order('p', 1000, "account/b")); got != "insufficient_funds" {
		t.Errorf("it is refused as %s", got)
	}
	h.order("puppet/p", []byte("set k=v"))
	head := h.verify()

	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(code)
	z.Close()
	if again := h.install("account", packed.Bytes(), nil); again != want || h.verify() != head {
		t.Errorf("the same code again, packed: %+v", again)
	}

	backup := filepath.Join(dir, "backup")
	if err := h.Backup(backup); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if err := runtime.RestoreUnchecked(backup, filepath.Join(dir, "restored")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir  string
		opts runtime.Options
	}{
		{"data", runtime.Options{}},
		{"data", runtime.Options{ReadOnly: true}},
		{"data", runtime.Options{Lazy: true}},
		{"restored", runtime.Options{}},
	} {
		h := openHouse(t, filepath.Join(dir, c.dir), &c.opts)
		if err := h.Ready(t.Context()); err != nil {
			t.Error(err)
		}
		if got := h.balance("account/a"); got != 70 {
			t.Errorf("%+v: the balance is %d", c, got)
		}
		if err := h.Bind("puppet", puppet.Actor{}); err != nil {
			t.Error(err)
		}
		if got := h.verify(); got != head {
			t.Errorf("%+v: the log ends at %+v, want %+v", c, got, head)
		}
		if c.opts.ReadOnly {
			if _, err := h.Install(t.Context(), "other", code, nil); !errors.Is(err, runtime.ErrReadOnly) {
				t.Errorf("to install in a directory that is only read: %v", err)
			}
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestInstallRefuses(t *testing.T) {
	h := openHouse(t, "", nil)
	if err := h.Bind("puppet", puppet.Actor{}); err != nil {
		t.Fatal(err)
	}
	code := accountCode(t)
	h.install("account", code, nil)
	other := renamed(t, code, "insufficient_coins")
	head := h.verify()
	for _, c := range []struct {
		name string
		code []byte
		opts *runtime.InstallOptions
		is   error
		text string
	}{
		{"account", other, nil, &actor.Error{Code: actor.CodeAlreadyExists}, "runtime: install account: already_exists: "},
		{"puppet", code, &runtime.InstallOptions{Replace: true}, &actor.Error{Code: actor.CodeAlreadyExists}, "bound"},
		{"Account", code, nil, nil, `runtime: install "Account": the name of a module matches`},
		{"a/b", code, nil, nil, "the name of a module matches"},
		{"b", nil, nil, runtime.ErrCode, "install b: "},
		{"b", []byte("#!/bin/sh"), nil, runtime.ErrCode, "install b: "},
		{"b", code[:len(code)/2], nil, runtime.ErrCode, "install b: "},
		{"b", []byte("\x1f\x8bxx"), nil, runtime.ErrCode, "gzip"},
		{"b", []byte("\x00asm\x01\x00\x00\x00"), nil, runtime.ErrCode, "troupe_abi_1"},
		{"b", make([]byte, dispatch.MaxCode+1), nil, runtime.ErrCode, "limit"},
		{"b", code, &runtime.InstallOptions{Sender: "a\nb"}, &actor.Error{Code: actor.CodeInvalidAddress}, "sender"},
	} {
		_, err := h.Install(t.Context(), c.name, c.code, c.opts)
		if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.text)
		}
	}
	if err := h.Bind("account", puppet.Actor{}); !errors.Is(err, &actor.Error{Code: actor.CodeAlreadyExists}) {
		t.Errorf("an installed name is bound: %v", err)
	}
	if got := h.verify(); got != head {
		t.Errorf("the log has gone on to %d", got.Sequence)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Install(ended, "late", other, nil); !errors.Is(err, context.Canceled) && !errors.Is(err, dispatch.ErrExpired) {
		t.Errorf("with a context that has ended: %v", err)
	}
	h.Close()
	if _, err := h.Install(t.Context(), "late", other, nil); !errors.Is(err, dispatch.ErrClosed) {
		t.Errorf("in a host that is closed: %v", err)
	}
}

func TestReplaceAndMigrate(t *testing.T) {
	dir := t.TempDir()
	h := openHouse(t, dir, nil)
	code := accountCode(t)
	coins, bucks := renamed(t, code, "insufficient_coins"), renamed(t, code, "insufficient_bucks")
	h.install("account", code, nil)
	h.order("account/a", order('o', 100, ""))
	h.order("account/b", order('o', 5, ""))
	h.install("account", coins, &runtime.InstallOptions{Replace: true})
	if got := h.refused("account/a", order('p', 1000, "x")); got != "insufficient_coins" {
		t.Errorf("the new code says %s", got)
	}
	// a can pay 50, b cannot; so nobody has.
	var trace dispatch.Trace
	pay := runtime.InstallOptions{Migrate: true, MigrateBody: order('p', 50, "account/c"), Sender: "operator", Trace: &trace}
	_, err := h.Install(t.Context(), "account", bucks, &pay)
	var failed *runtime.TxError
	if !errors.As(err, &failed) || failed.Error() != "operator → account/b: insufficient_bucks" {
		t.Fatalf("got %v", err)
	}
	if trace.Root == nil || len(trace.Root.Children) != 2 || len(trace.Root.Children[0].Children) != 1 {
		t.Errorf("the trace is %+v", trace.Root)
	}
	if a, got := h.balance("account/a"), h.refused("account/a", order('p', 1000, "x")); a != 100 || got != "insufficient_coins" {
		t.Errorf("behind a migration that failed the balance is %d, and the code says %s", a, got)
	}
	again, err := h.Trace(t.Context(), failed.Sequence)
	if err != nil || again.Root.Install == nil || fmt.Sprintf("%+v", *again.Root.Install) != fmt.Sprintf("%+v", *trace.Root.Install) ||
		len(again.Root.Children) != 2 || again.Err.Code != "insufficient_bucks" {
		t.Errorf("executed again the trace is %+v, %v", again, err)
	}
	m := h.install("account", bucks, &runtime.InstallOptions{Migrate: true, MigrateBody: order('r', 1, "")})
	if a, b := h.balance("account/a"), h.balance("account/b"); a != 101 || b != 6 {
		t.Errorf("behind the migration the balances are %d and %d", a, b)
	}
	if r, err := h.Reader().Receipt(m.Bound); err != nil || len(r.Events) != 2 || r.Events[0].Type != "migrate" {
		t.Errorf("the receipt is %+v, %v", r, err)
	}
	h.install("account", code, &runtime.InstallOptions{Replace: true}) // and back
	if got := h.refused("account/a", order('p', 1000, "x")); got != "insufficient_funds" {
		t.Errorf("the first code, again, says %s", got)
	}
	head := h.verify()
	h.Close()
	h = openHouse(t, dir, &runtime.Options{Lazy: true})
	if got := h.verify(); got != head {
		t.Errorf("in another process the log ends at %+v, want %+v", got, head)
	}
	if got := h.refused("account/a", order('p', 1000, "x")); got != "insufficient_funds" {
		t.Errorf("in another process the code says %s", got)
	}
}

// Everything at once: sends, queries, replacements there and back, and verifying what there is so far.
// A module whose code is damaged is named, and does not run. Others do.
func TestDamagedCode(t *testing.T) {
	dir := t.TempDir()
	h := openHouse(t, dir, nil)
	code := accountCode(t)
	broken := h.install("broken", code, nil)
	h.install("whole", renamed(t, code, "insufficient_coins"), nil)
	h.order("broken/a", order('o', 5, ""))
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}

	store, err := state.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := state.Partition(0)
	lo, hi := p.Bounds(state.Pieces)
	it, err := store.Iter(append(lo, p.AppendCode(nil, broken.Hash)[2:]...), hi)
	if err != nil {
		t.Fatal(err)
	}
	b := store.NewBatch()
	if !it.First() || !bytes.HasPrefix(it.Value(), code[:100]) {
		t.Fatal("the code has no pieces")
	}
	b.Delete(it.Key())
	pending, err := store.Apply(b)
	if err := errors.Join(err, it.Close(), pending.Wait(), store.Close()); err != nil {
		t.Fatal(err)
	}

	h = openHouse(t, dir, nil)
	h.order("whole/a", order('o', 5, ""))
	_, sent := h.Send(t.Context(), "tester", actor.Message{To: "broken/a", Body: order('r', 1, "")})
	_, _, asked := h.Reader().Code("broken")
	for what, err := range map[string]error{"ready": h.Ready(t.Context()), "send": sent, "code": asked} {
		if !errors.Is(err, state.ErrCorrupt) {
			t.Errorf("%s: %v", what, err)
			continue
		}
		for _, want := range []string{"broken", broken.Hash.String(), "piece 1 of 1 is missing", "restore the store from a checkpoint"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s does not say %q: %v", what, want, err)
			}
		}
	}
	if err := h.Ready(t.Context(), "whole"); err != nil {
		t.Error(err)
	}
}

func TestInstallWhileBusy(t *testing.T) {
	h := openHouse(t, "", nil)
	code := accountCode(t)
	versions := [][]byte{code, renamed(t, code, "insufficient_coins"), renamed(t, code, "insufficient_bucks")}
	h.install("account", code, nil)
	h.order("account/a", order('o', 0, ""))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	repeat := func(fn func()) {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					fn()
				}
			}
		})
	}
	var received uint64
	repeat(func() { h.order("account/a", order('r', 1, "")); received++ })
	repeat(func() { h.balance("account/a") })
	repeat(func() { h.verify() })
	for i := range 30 {
		h.install("account", versions[i%len(versions)], &runtime.InstallOptions{Replace: true})
	}
	close(stop)
	wg.Wait()
	if got := h.balance("account/a"); got != received {
		t.Errorf("of %d received there are %d", received, got)
	}
	h.verify()
}

// Hosts that share an engine share what it has compiled, and leave it open.
func TestSharedEngine(t *testing.T) {
	engine := runtime.NewEngine(wasm.Options{})
	code := accountCode(t)
	for range 2 {
		h := openHouse(t, "", &runtime.Options{Engine: engine})
		h.install("account", code, nil)
		h.order("account/a", order('o', 7, ""))
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
	if s := engine.Stats(); s.Calls == 0 || s.Instances > s.Idle {
		t.Errorf("the engine has %+v", s)
	}
	if err := errors.Join(engine.Close(), engine.Close()); err != nil {
		t.Error(err)
	}
	h := openHouse(t, "", &runtime.Options{Engine: engine})
	if _, err := h.Install(t.Context(), "account", code, nil); !errors.Is(err, wasm.ErrClosed) {
		t.Errorf("an engine that is closed: %v", err)
	}
}

// What was replaced takes up nothing any more, soon after.
func TestReplacedProgramsAreFreed(t *testing.T) {
	engine := runtime.NewEngine(wasm.Options{})
	defer engine.Close()
	h := openHouse(t, "", &runtime.Options{Engine: engine})
	code := accountCode(t)
	for i := range 20 {
		version := append(bytes.Clone(code), 0, 3, 2, 'v', byte('a'+i)) // a section of its own
		h.install("account", version, &runtime.InstallOptions{Replace: true})
		h.order("account/a", order('r', 1, ""))
	}
	h.verify()
	var left int
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		goruntime.GC()
		if left = engine.Stats().Modules; left <= 1 {
			return
		}
	}
	t.Errorf("%d modules are left of 20", left)
}
