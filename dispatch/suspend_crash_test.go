package dispatch

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
	"github.com/troupe-run/troupe/state/simdisk"
)

// TestCrashWhileTheWorldIsAsked lets the disk crash before each write operation while many ask the world outside and others
// write. Whoever was told something is told it again, each request has one effect, the world hears of each question under one
// name, and a replay asks nobody.
func TestCrashWhileTheWorldIsAsked(t *testing.T) {
	clean := simdisk.New()
	asked := &names{by: map[string]string{}}
	if err := askAll(t, clean, asked, map[string]state.Hash{}); err != nil {
		t.Fatal(err)
	}
	stride := 3
	if testing.Short() {
		stride = 11
	}
	crashes := 0
	for n := 1; n <= clean.Ops(); n += stride {
		disk := simdisk.New()
		disk.CrashAt(n, 50, uint64(n))
		told := map[string]state.Hash{}
		err := askAll(t, disk, asked, told)
		after, crashed := disk.Crashed()
		if !crashed {
			if err != nil {
				t.Errorf("no crash before operation %d, and %v", n, err)
			}
			continue
		}
		crashes++
		if err := askAll(t, after, asked, told); err != nil {
			t.Errorf("behind a crash before operation %d: %v", n, err)
		}
	}
	if crashes < 3 {
		t.Errorf("there were %d crashes", crashes)
	}
}

// names are what the world was asked, by the ids.
type names struct {
	mu sync.Mutex
	by map[string]string
}

func (s *names) answer(_ context.Context, a Ask) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if was, ok := s.by[a.ID]; ok && was != string(a.Request) {
		return nil, fmt.Errorf("%s was %s", a.ID, was)
	}
	s.by[a.ID] = string(a.Request)
	return []byte("heard " + string(a.Request)), nil
}

// askAll opens the disk, sends all requests, and compares what comes with what was told before. It returns the first error of
// the host.
func askAll(t *testing.T, disk *simdisk.Disk, asked *names, told map[string]state.Hash) error {
	store, err := state.Open("data", &state.Options{FS: disk, CacheSize: 1 << 20, MemTableSize: 64 << 10})
	if err != nil {
		return err
	}
	defer store.Close()
	actors := goActors{"ask": asking, "count": count}
	at := time.Unix(1, 0)
	e, err := NewExecutor(store, Dispatcher{Resolver: actors}, Options{Outside: asked.answer, Group: 4, Clock: func() time.Time { return at }})
	if err != nil {
		return err
	}
	defer e.Close()
	for _, id := range []actor.ModuleID{"ask", "count"} {
		if err := e.Bind(t.Context(), id, Native, ""); err != nil {
			return err
		}
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var first error
	for i := range 12 {
		wg.Go(func() {
			id := fmt.Sprint("request-", i)
			req := ask(fmt.Sprintf("x%d n y%d", i, i), id)
			if i%3 == 0 {
				req = message("count")
				req.ID = id
			}
			r, err := e.Submit(t.Context(), req)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				first = err
				return
			}
			if was, known := told[id]; known && was != r.Root {
				t.Errorf("%s was told %s, and now %s", id, was, r.Root)
			}
			if _, crashed := disk.Crashed(); crashed {
				return // it was told by what goes on in vain
			}
			told[id] = r.Root
			if want := fmt.Sprintf("heard x%d ", i); i%3 != 0 && (r.Err != nil || len(r.Data) < len(want) || string(r.Data[:len(want)]) != want) {
				t.Errorf("%s came to %v, %s", id, r.Err, r.Data)
			}
		})
	}
	wg.Wait()
	if _, crashed := disk.Crashed(); first != nil || crashed {
		return first
	}
	var part state.Partition
	ids := map[string]bool{}
	for seq := uint64(1); seq <= e.Head().Sequence; seq++ {
		r, _, err := part.ReadReceipt(store, seq)
		if err != nil {
			return err
		}
		if r.RequestID != "" && ids[r.RequestID] {
			t.Errorf("%s has had two effects", r.RequestID)
		}
		ids[r.RequestID] = true
	}
	again(t, store, e.Head().Sequence, actors)
	return nil
}
