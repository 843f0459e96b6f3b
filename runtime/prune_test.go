package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/state"
)

func openPuppets(t testing.TB, dir string) *house {
	t.Helper()
	h := openHouse(t, dir, nil)
	if err := h.Bind("puppet", puppet.Actor{}); err != nil {
		t.Fatal(err)
	}
	return h
}

// past is a host that has forgotten the first half of what it did, with a backup from before and one from between.
func past(t testing.TB, dir string) (h *house, early, later string) {
	t.Helper()
	h = openPuppets(t, dir)
	backup := func(name string) string {
		name = filepath.Join(t.TempDir(), name)
		if err := h.Backup(name); err != nil {
			t.Fatal(err)
		}
		return name
	}
	h.install("account", accountCode(t), nil)
	set := func(n int) {
		for i := range n {
			h.order("puppet/a", fmt.Appendf(nil, "set k=%d", i))
			h.order("account/x", order('o', 5, ""))
		}
	}
	set(10)
	early = backup("early")
	set(10)
	later = backup("later")
	set(10)
	got, err := h.Prune(t.Context(), runtime.PruneOptions{Before: 30})
	if err != nil || got.Floor.Sequence != 29 {
		t.Fatalf("%+v, %v", got, err)
	}
	return h, early, later
}

func TestPrunedLogSaysWhatCannotBeChecked(t *testing.T) {
	dir := t.TempDir()
	h, early, later := past(t, dir)
	look := func() {
		t.Helper()
		if _, err := h.Verify(t.Context()); !errors.Is(err, runtime.ErrPruned) || !strings.Contains(err.Error(), "behind transaction 29") {
			t.Errorf("Verify: %v", err)
		}
		head, err := h.Reader().Head()
		if err != nil {
			t.Fatal(err)
		}
		if c, err := h.Check(t.Context()); err != nil || c.Floor.Sequence != 29 || c.Head != head {
			t.Errorf("Check: %+v, %v", c, err)
		}
		if got, err := h.VerifyFrom(t.Context(), later); err != nil || got.Head.Root != head.Root || got.From.Sequence < 40 {
			t.Errorf("VerifyFrom: %+v, %v", got, err)
		}
		if _, err := h.VerifyFrom(t.Context(), early); err == nil || !strings.Contains(err.Error(), "take a later backup") {
			t.Errorf("VerifyFrom an early backup: %v", err)
		}
		for _, seq := range []uint64{5, 50} { // none was kept, and without the beginning none can be made again
			if _, err := h.Trace(t.Context(), seq); !errors.Is(err, query.ErrTooOld) {
				t.Errorf("Trace of %d: %v", seq, err)
			}
		}
		if _, err := h.Reader().Receipt(29); !errors.Is(err, query.ErrNotFound) {
			t.Errorf("Receipt: %v", err)
		}
		list, next, err := h.Reader().Versions(t.Context(), "puppet/a", []byte("k"), 0, 100)
		if err != nil || next != 30 || len(list) == 0 || list[len(list)-1].Sequence < 30 {
			t.Errorf("Versions: %d, then before %d, %v", len(list), next, err)
		}
		if _, _, err := h.Reader().Versions(t.Context(), "puppet/a", []byte("k"), next, 100); !errors.Is(err, query.ErrTooOld) {
			t.Errorf("Versions of long ago: %v", err)
		}
		for _, err := range h.Reader().Watch(t.Context(), query.WatchOptions{From: 10}) {
			if !errors.Is(err, query.ErrTooOld) {
				t.Errorf("Watch: %v", err)
			}
			break
		}
		if log, err := h.Reader().Log(0, 1); err != nil || log[0].Command.Sequence != 30 {
			t.Errorf("Log: %+v, %v", log, err)
		}
	}
	look()
	h.order("puppet/b", []byte("set new=1"))
	if list, next, err := h.Reader().Versions(t.Context(), "puppet/b", []byte("new"), 0, 100); err != nil || next != 0 || len(list) != 1 {
		t.Errorf("the values of somebody new: %+v, %d, %v", list, next, err)
	}
	if err := h.Reclaim(t.Context()); err != nil {
		t.Error(err)
	}
	h.Close()
	h = openPuppets(t, dir)
	look()

	other := openPuppets(t, t.TempDir())
	for range 45 {
		other.order("puppet/a", []byte("set k=5"))
	}
	foreign := filepath.Join(t.TempDir(), "foreign")
	if err := other.Backup(foreign); err != nil {
		t.Fatal(err)
	}
	if _, err := h.VerifyFrom(t.Context(), foreign); err == nil || !strings.Contains(err.Error(), "backup of something else") {
		t.Errorf("VerifyFrom a backup of another host: %v", err)
	}
	if _, err := h.VerifyFrom(t.Context(), filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// tamper changes a row of a directory that is not open.
func tamper(t testing.TB, dir string, change func(*state.Store, *state.Batch)) {
	t.Helper()
	s, err := state.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := s.NewBatch()
	change(s, b)
	p, err := s.Apply(b)
	if err == nil {
		err = p.Wait()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestRestoreRefusesWhatIsNotWhole(t *testing.T) {
	h, _, _ := past(t, t.TempDir())
	at := state.Partition(0)
	for name, change := range map[string]func(*state.Store, *state.Batch){
		"":          func(*state.Store, *state.Batch) {},
		"receipt":   func(_ *state.Store, b *state.Batch) { b.Delete(at.AppendReceipt(nil, 40)) },
		"command":   func(_ *state.Store, b *state.Batch) { b.Delete(at.AppendLog(nil, 41)) },
		"beginning": func(_ *state.Store, b *state.Batch) { b.Delete(at.AppendMeta(nil, state.FloorName)) },
		"other": func(s *state.Store, b *state.Batch) {
			r, _, _ := at.ReadReceipt(s, 42)
			r.GasUsed++
			b.Set(at.AppendReceipt(nil, 42), r.Append(nil))
		},
		"order": func(s *state.Store, b *state.Batch) {
			c, _, _ := at.ReadCommand(s, 43)
			c.Message.Body = []byte("set k=rich")
			b.Set(at.AppendLog(nil, 43), c.Append(nil))
		},
	} {
		backup, dir := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "copy")
		if err := h.Backup(backup); err != nil {
			t.Fatal(err)
		}
		tamper(t, backup, change)
		c, err := runtime.Restore(t.Context(), backup, dir)
		if name == "" {
			if err != nil || c.Floor.Sequence != 29 {
				t.Errorf("%+v, %v", c, err)
			}
			continue
		}
		if _, left := os.Stat(dir); !errors.Is(err, state.ErrCorrupt) || !os.IsNotExist(left) {
			t.Errorf("%s: %v, and the copy: %v", name, err, left)
		}
		if err := runtime.RestoreUnchecked(backup, dir); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Check(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestPruneNeedsToWrite(t *testing.T) {
	dir := t.TempDir()
	openPuppets(t, dir).Close()
	h := openHouse(t, dir, &runtime.Options{ReadOnly: true})
	if _, err := h.Prune(t.Context(), runtime.PruneOptions{Before: 5}); !errors.Is(err, runtime.ErrReadOnly) {
		t.Error(err)
	}
}
