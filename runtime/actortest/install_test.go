package actortest_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actortest"
	"github.com/troupe-run/troupe/runtime/actortest/world"
)

// The account of bench/guest opens with a balance ("o" and a number of 8 bytes), pays ("p") and receives ("r"); it
// migrates as it executes.
const (
	open100 = "o\x00\x00\x00\x00\x00\x00\x00\x64"
	pay200  = "p\x00\x00\x00\x00\x00\x00\x00\xc8account/b"
	take1   = "r\x00\x00\x00\x00\x00\x00\x00\x01"
)

func TestInstalledActors(t *testing.T) {
	h := actortest.New(t, nil)
	code, err := os.ReadFile(filepath.Join("..", "..", "bench", "guest", "account.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	other := bytes.Replace(code, []byte("insufficient_funds"), []byte("insufficient_coins"), 1)
	m := h.Install("account", code)
	if last := h.World().Last(); last == nil || last.Receipt.Sequence != m.Bound || last.Trace.Root.Install == nil {
		t.Errorf("the last transaction is %+v", last)
	}
	h.MustSend("alice", "account/a", open100)
	before := h.Snapshot()
	says := func(h *actortest.Host, want string) {
		t.Helper()
		if e := h.SendError("alice", "account/a", pay200); e.Code != want {
			t.Errorf("failed with %v, want %s", e, want)
		}
	}
	says(h, "insufficient_funds")
	h.Install("account", other)
	says(h, "insufficient_coins")

	fork := h.Fork(t)
	h.Fail(world.Failure{Actor: "account/a", Kinds: []actor.Kind{actor.KindMigrate}, Err: actor.Errorf("stubborn", "no")})
	how := &runtime.InstallOptions{Migrate: true, MigrateBody: []byte(take1)}
	_, err = h.World().Install(t.Context(), "account", code, how)
	var failed *runtime.TxError
	if !errors.As(err, &failed) || failed.Err.Code != "stubborn" || h.World().Last().Receipt.Sequence != failed.Sequence {
		t.Errorf("the migration that fails: %v", err)
	}
	h.Verify()
	h.Crash()
	h.Reopen()
	says(h, "insufficient_coins")
	h.Verify()

	if _, err := fork.World().Install(t.Context(), "account", code, how); err != nil {
		t.Error(err)
	}
	says(fork, "insufficient_funds")
	if got := fork.Get("account/a", "balance"); !bytes.Equal(got, []byte{0, 0, 0, 0, 0, 0, 0, 101}) {
		t.Errorf("the balance in the fork is %x", got)
	}
	fork.Verify()
	h.Restore(before)
	says(h, "insufficient_funds")
	h.Verify()
}

// Wherever the disk crashes while code is installed and replaced: the module has the old code or the new, whole, and a
// migration has happened to all actors or to none.
func TestCrashWhileInstalling(t *testing.T) {
	code, err := os.ReadFile(filepath.Join("..", "..", "bench", "guest", "account.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	other := bytes.Replace(code, []byte("insufficient_funds"), []byte("insufficient_coins"), 1)
	first := actortest.New(t, nil)
	first.Install("account", code)
	for _, a := range []actor.Address{"account/a", "account/c"} {
		first.MustSend("alice", a, open100)
	}
	how := &runtime.InstallOptions{Migrate: true, MigrateBody: []byte(take1)}
	done, crashed := 0, 0
	for n := 1; done < 3; n++ {
		h := first.Fork(t)
		h.World().CrashAt(n, 50)
		_, err := h.World().Install(t.Context(), "account", other, how)
		switch {
		case err == nil:
			done++
			h.Crash()
		case errors.Is(err, world.ErrCrashed):
			crashed++
		default:
			t.Errorf("crash %d: %v", n, err)
		}
		h.Reopen()
		want, balance := "insufficient_funds", byte(100)
		mods, listErr := h.Runtime().Modules()
		if listErr != nil || len(mods) != 1 {
			t.Fatalf("crash %d: %+v, %v", n, mods, listErr)
		}
		if mods[0].Hash != sha256.Sum256(code) {
			want, balance = "insufficient_coins", 101
		}
		if err == nil && balance != 101 {
			t.Errorf("crash %d: what was installed is lost", n)
		}
		if e := h.SendError("alice", "account/a", pay200); e.Code != want {
			t.Errorf("crash %d: the code says %v, want %s", n, e, want)
		}
		for _, a := range []actor.Address{"account/a", "account/c"} {
			if got := h.Get(a, "balance"); len(got) != 8 || got[7] != balance {
				t.Errorf("crash %d: %s has %x, want %d", n, a, got, balance)
			}
		}
		h.Verify()
	}
	if crashed == 0 {
		t.Error("no installation was interrupted")
	}
}
