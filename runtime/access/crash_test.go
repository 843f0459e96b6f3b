package access_test

import (
	"fmt"
	"testing"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/state/simdisk"
)

func openOn(disk *simdisk.Disk) (*runtime.Host, error) {
	h, err := runtime.Open("data", &runtime.Options{Store: state.Options{FS: disk, CacheSize: 1 << 20, MemTableSize: 64 << 10}, Lazy: true})
	if err != nil {
		return nil, err
	}
	return h, h.Bind("a", puppet.Actor{})
}

// steps are requests, each with an id, so that they can be asked again.
func steps() []dispatch.Request {
	order := func(msg actor.Message) dispatch.Request {
		return dispatch.Request{Sender: actor.Address(people["ann"]), Signer: people["ann"], Message: msg}
	}
	send := dispatch.Request{Sender: actor.Address(people["bob"]), Signer: people["bob"],
		Message: actor.Message{To: "a", Body: puppet.MustParse("set by={sender}").Encode()}}
	list := []dispatch.Request{
		send, order(access.Grant(people["bob"], claims.Grant{Role: claims.Caller})), send, order(access.PauseActor("a", "")), send,
		order(access.ResumeActor("a")), send, order(access.Revoke(people["bob"])), send,
	}
	for i := range list {
		list[i].ID = fmt.Sprint("step-", i)
	}
	return list
}

var outcomes = []string{access.CodeForbidden, "", "", "", access.CodePaused, "", "", "", access.CodeForbidden}

// TestCrash lets the disk crash before each write operation while a host is founded and grants come and go. Whoever asks
// again by the ids meets the outcomes that there would have been without a crash, and a replay decides the same.
func TestCrash(t *testing.T) {
	clean := simdisk.New()
	if err := run(t, clean, nil); err != nil {
		t.Fatal(err)
	}
	stride := 1
	if testing.Short() {
		stride = 5
	}
	for n := 1; n <= clean.Ops(); n += stride {
		disk := simdisk.New()
		disk.CrashAt(n, 50, uint64(n))
		told := map[string]state.Hash{}
		err := run(t, disk, told)
		after, crashed := disk.Crashed()
		if !crashed {
			if err != nil {
				t.Errorf("no crash before operation %d, and %v", n, err)
			}
			continue
		}
		if err := run(t, after, told); err != nil {
			t.Errorf("behind a crash before operation %d: %v", n, err)
		}
	}
}

// run founds the host and makes the steps, and stops at the first error of the host. What told knows must come again.
func run(t *testing.T, disk *simdisk.Disk, told map[string]state.Hash) error {
	h, err := openOn(disk)
	if h != nil {
		defer h.Close()
	}
	if err == nil {
		err = h.Found(t.Context(), people["ann"])
	}
	if err != nil {
		return err
	}
	for i, req := range steps() {
		r, err := h.Do(t.Context(), req)
		if r == nil {
			return err
		}
		code := ""
		if r.Err != nil {
			code = r.Err.Code
		}
		if code != outcomes[i] {
			return fmt.Errorf("step %d ends with %v, want %q", i, r.Err, outcomes[i])
		}
		if root, ok := told[req.ID]; ok && root != r.Root {
			return fmt.Errorf("step %d was another transaction before", i)
		}
		if _, crashed := disk.Crashed(); told != nil && !crashed {
			told[req.ID] = r.Root
		}
	}
	if founded, err := h.Founded(); err != nil || !founded {
		return fmt.Errorf("founded: %t, %w", founded, err)
	}
	_, err = h.Verify(t.Context())
	return err
}
