package runtime_test

import (
	"crypto/sha256"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// Updates, repeats of them, orders and requests meet: each happens as a whole or not at all, what runs has the claims that are
// for it, and no hit is lost.
func TestStartsMeet(t *testing.T) {
	s := newSigner(t)
	dir := t.TempDir()
	h, err := runtime.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { h.Close() }()
	_, err = h.Order(t.Context(), capability.Order{
		Provide: []capability.ProviderOrder{{Name: "store", Kind: "keyvalue"}},
		Link:    []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "counter", Contract: capability.KeyValue}, Provider: "store"}},
	}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	var codes [][]byte
	for revision := 1; revision <= 6; revision++ {
		codes = append(codes, s.sign(func(m *claims.Module) { m.Revision = int32(revision) }))
	}
	if _, err := h.Start(t.Context(), "counter", codes[0], runtime.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	var updates, hitting sync.WaitGroup
	for range 2 { // each update twice at once: one transaction
		for i, code := range codes[1:] {
			updates.Go(func() {
				_, err := h.Start(t.Context(), "counter", code, runtime.StartOptions{ID: string(rune('a' + i))})
				if err != nil && !errors.Is(err, &actor.Error{Code: capability.CodeOlderRevision}) {
					t.Error(err)
				}
			})
		}
	}
	counted := 0
	stop := make(chan struct{})
	hitting.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if got, err := hits(t, h); err != nil || !strings.Contains(got, "200") {
				t.Errorf("in the midst of updates: %s, %v", got, err)
			}
			counted++
		}
	})
	updates.Wait()
	close(stop)
	hitting.Wait()
	check := func() {
		t.Helper()
		list, err := h.Capabilities()
		if err != nil || len(list.Actors) != 1 || list.Actors[0].Revision != 6 {
			t.Fatalf("%+v, %v", list.Actors, err)
		}
		modules, err := h.Modules()
		for _, m := range modules {
			if m.ID == "counter" && m.Hash != sha256.Sum256(codes[5]) {
				t.Errorf("the module has the code %s, %v", m.Hash, err)
			}
		}
		if _, err := h.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	}
	check()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if h, err = runtime.Open(dir, nil); err != nil {
		t.Fatal(err)
	}
	check()
	if _, err := h.Start(t.Context(), "counter", codes[5], runtime.StartOptions{ID: "e"}); err != nil {
		t.Errorf("sent again behind a restart: %v", err)
	}
	if got, err := hits(t, h); err != nil || !strings.Contains(got, `{\"counter\":`+strconv.Itoa(counted+1)+`}`) {
		t.Errorf("%d hits were counted as %s, %v", counted+1, got, err)
	}
}
