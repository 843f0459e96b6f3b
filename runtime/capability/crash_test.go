package capability_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/state/simdisk"
)

// crashSteps are orders, and the codes with which they end.
func crashSteps(t *testing.T) ([]capability.Order, []string) {
	v1 := capability.StartOrder{Actor: "echo", Token: token(t, "acme", claims.Module{Subject: "m1", Revision: 1})}
	v2 := capability.StartOrder{Actor: "echo", Token: token(t, "acme", claims.Module{Subject: "m1", Revision: 2})}
	link := capability.LinkOrder{LinkName: capability.LinkName{Actor: "echo", Contract: capability.KeyValue}, Provider: "kv"}
	return []capability.Order{
		{Start: []capability.StartOrder{v1}, Provide: []capability.ProviderOrder{{Name: "kv", Kind: "keyvalue"}}, Link: []capability.LinkOrder{link}},
		{Start: []capability.StartOrder{v2}},
		{Start: []capability.StartOrder{v1}, Withdraw: []string{"kv"}},
		{Ban: []capability.BanOrder{{Key: key("m1")}}, Unlink: []capability.LinkName{link.LinkName}},
		{Start: []capability.StartOrder{v2}, Link: []capability.LinkOrder{link}},
		{Stop: []actor.Address{"echo"}},
	}, []string{"", "", capability.CodeOlderRevision, "", capability.CodeBanned, ""}
}

// TestCrash lets the disk crash before each write operation while actors come and go. Whoever asks again by the ids meets the
// outcomes that there would have been without a crash, each of them whole, and a replay decides the same.
func TestCrash(t *testing.T) {
	orders, codes := crashSteps(t)
	clean := simdisk.New()
	if err := run(t, clean, orders, codes, nil); err != nil {
		t.Fatal(err)
	}
	stride := 2
	if testing.Short() {
		stride = 9
	}
	for n := 1; n <= clean.Ops(); n += stride {
		disk := simdisk.New()
		disk.CrashAt(n, 50, uint64(n))
		told := map[string]state.Hash{}
		err := run(t, disk, orders, codes, told)
		after, crashed := disk.Crashed()
		if !crashed {
			if err != nil {
				t.Errorf("no crash before operation %d, and %v", n, err)
			}
			continue
		}
		if err := run(t, after, orders, codes, told); err != nil {
			t.Errorf("behind a crash before operation %d: %v", n, err)
		}
	}
}

// run gives the orders, and stops at the first error of the host. What told knows must come again.
func run(t *testing.T, disk *simdisk.Disk, orders []capability.Order, codes []string, told map[string]state.Hash) error {
	h, err := runtime.Open("data", &runtime.Options{Store: state.Options{FS: disk, CacheSize: 1 << 20, MemTableSize: 64 << 10}, Lazy: true,
		Executor: dispatch.Options{Clock: func() time.Time { return start }}})
	if err != nil {
		return err
	}
	defer h.Close()
	if _, err := h.Order(t.Context(), capability.Order{}, "", "bind"); err != nil {
		return err
	}
	for i := range orders {
		id := fmt.Sprint("step-", i)
		r, err := h.Do(t.Context(), dispatch.Request{ID: id, Message: actor.Message{Kind: actor.KindSudo, To: capability.Address, Body: mustJSON(&orders[i])}})
		if r == nil {
			return err
		}
		code := ""
		if r.Err != nil {
			code = r.Err.Code
		}
		if code != codes[i] {
			return fmt.Errorf("step %d ends with %v, want %q", i, r.Err, codes[i])
		}
		if root, ok := told[id]; ok && root != r.Root {
			return fmt.Errorf("step %d was another transaction before", i)
		}
		if _, crashed := disk.Crashed(); told != nil && !crashed {
			told[id] = r.Root
		}
	}
	all, err := h.Capabilities()
	if err == nil && (len(all.Actors) != 0 || len(all.Links) != 0 || len(all.Providers) != 1 || len(all.Bans) != 1) {
		err = fmt.Errorf("there is %+v", all)
	}
	if err != nil {
		return err
	}
	_, err = h.Verify(t.Context())
	return err
}
