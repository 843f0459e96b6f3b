package edge_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/edge"
	"github.com/troupe-run/troupe/state"
)

// A stage is a kind whose halves do what the value "do" of their link says, and tell what became of them.
type stage struct {
	mu      sync.Mutex
	live    map[string]map[*player]string // by actor: what the halves that run for it serve
	started map[string]int
	broken  map[string]bool // the values that cannot be served for now
	overlap map[string]int  // how many halves of one actor ever ran at once
}

func newStage() *stage {
	return &stage{live: map[string]map[*player]string{}, started: map[string]int{}, broken: map[string]bool{}, overlap: map[string]int{}}
}

func (s *stage) kind() edge.Kind {
	return edge.Kind{Name: "httpserver", PerLink: true, New: func() edge.Half { return &player{s} }}
}

// kindOfProviders is one whose halves are for providers, and do what the configuration says.
func (s *stage) kindOfProviders() edge.Kind {
	return edge.Kind{Name: "blobstore", New: func() edge.Half { return &player{s} }}
}

// serves returns what runs, by actor; of several halves for one all, in the order of the words.
func (s *stage) serves() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]string{}
	for who, live := range s.live {
		if len(live) > 0 {
			all[who] = strings.Join(slices.Sorted(maps.Values(live)), " ")
		}
	}
	return all
}

func (s *stage) look(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

type player struct{ *stage }

func (p *player) Run(ctx context.Context, at edge.At, ready func(string)) error {
	who, do := string(at.Link.Actor), at.Link.Values["do"]
	if who == "" {
		who, do = at.Provider.Name, at.Provider.Config["do"]
	}
	var broken bool
	p.look(func() {
		p.started[who]++
		broken = p.broken[do]
	})
	switch {
	case do == "panic":
		panic("as told")
	case broken:
		return errors.New(do + " is broken")
	case do == "hang":
		<-ctx.Done()
		return nil
	}
	p.look(func() {
		if p.live[who] == nil {
			p.live[who] = map[*player]string{}
		}
		p.live[who][p] = do
		p.overlap[who] = max(p.overlap[who], len(p.live[who]))
	})
	defer p.look(func() { delete(p.live[who], p) })
	ready("serves " + do)
	if do == "leave" {
		return nil
	}
	for ctx.Err() == nil {
		p.look(func() { broken = p.broken[do] })
		if broken {
			return errors.New(do + " broke")
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

func web(name string) capability.Order {
	return capability.Order{Provide: []capability.ProviderOrder{{Name: name, Kind: "httpserver"}}}
}

func link(who, do string) capability.LinkOrder {
	return capability.LinkOrder{LinkName: capability.LinkName{Actor: who, Contract: capability.HTTPServer}, Provider: "web", Values: map[string]string{"do": do}}
}

func put(links ...capability.LinkOrder) capability.Order { return capability.Order{Link: links} }

// supervise runs a supervisor to the end of the test.
func supervise(t *testing.T, h edge.Host, kinds ...edge.Kind) *edge.Supervisor {
	t.Helper()
	s := edge.New(h, kinds, &edge.Options{First: 5 * time.Millisecond, Longest: 40 * time.Millisecond})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

func statusOf(s *edge.Supervisor, who string) capability.Status {
	for _, status := range s.Status() {
		if status.Actor == actor.Address(who) {
			return status
		}
	}
	return capability.Status{}
}

func TestHalvesFollowTheRows(t *testing.T) {
	r, st := newRig(t), newStage()
	serves := func(want map[string]string) func() bool {
		return func() bool { return maps.Equal(st.serves(), want) }
	}
	r.order(web("web"))
	r.order(put(link("shop", "one"))) // before there is a supervisor
	s := supervise(t, r, st.kind())
	eventually(t, "it finds what is there", serves(map[string]string{"shop": "one"}))

	r.order(put(link("bank", "two"), link("shop", "three")))
	eventually(t, "links come and change", serves(map[string]string{"shop": "three", "bank": "two"}))
	st.look(func() {
		if st.overlap["shop"] != 2 {
			t.Errorf("%d halves of a link that changed ran at once: the new one starts before the old one ends", st.overlap["shop"])
		}
	})

	started := 0
	st.look(func() { started = st.started["shop"] })
	r.order(put(link("shop", "three")))
	r.order(capability.Order{Unlink: []capability.LinkName{{Actor: "bank", Contract: capability.HTTPServer}}})
	eventually(t, "a link that is deleted ends", serves(map[string]string{"shop": "three"}))
	st.look(func() {
		if st.started["shop"] != started {
			t.Error("a link that was put again as it was has been started again")
		}
	})

	r.order(capability.Order{Withdraw: []string{"web"}})
	eventually(t, "without a provider nothing is served", serves(map[string]string{}))
	if list := s.Status(); len(list) != 0 {
		t.Errorf("status without a provider: %+v", list)
	}
	r.order(web("web"))
	eventually(t, "a provider that comes back has its links", serves(map[string]string{"shop": "three"}))
}

func TestHalvesOfProviders(t *testing.T) {
	r, st := newRig(t), newStage()
	s := supervise(t, r, st.kind(), st.kindOfProviders())
	provide := func(do string) {
		r.order(capability.Order{Provide: []capability.ProviderOrder{{Name: "blobs", Kind: "blobstore", Config: map[string]string{"do": do}}}})
	}
	for _, do := range []string{"one", "two"} {
		provide(do)
		r.order(capability.Order{Link: []capability.LinkOrder{{LinkName: capability.LinkName{Actor: "shop", Contract: capability.Blobstore}, Provider: "blobs"}}})
		eventually(t, "the provider has a half, and its links have none", func() bool { return maps.Equal(st.serves(), map[string]string{"blobs": do}) })
	}
	list := s.Status()
	if len(list) != 1 || list[0].Provider != "blobs" || list[0].Actor != "" || list[0].State != capability.Healthy {
		t.Errorf("status %+v", list)
	}
	wantEvents(t, r, "", "provider_healthy")
	r.order(capability.Order{Withdraw: []string{"blobs"}})
	eventually(t, "it ends", func() bool { return len(st.serves()) == 0 })
}

// A link may name a provider by its public key, and before there is one.
func TestProvidersAreNamedByKeys(t *testing.T) {
	r, st := newRig(t), newStage()
	supervise(t, r, st.kind())
	kind, _ := capability.KindOf("httpserver")
	early := link("shop", "one")
	early.Provider = kind.Key
	r.order(put(early))
	r.order(web("other"))
	eventually(t, "the provider with the key is found", func() bool { return st.serves()["shop"] == "one" })
}

func TestFailuresShowAndHeal(t *testing.T) {
	for _, c := range []struct{ name, do, reason string }{
		{"cannot start", "taken", "taken is broken"},
		{"panics", "panic", "it panicked: as told"},
		{"ends by itself", "leave", "it ended by itself"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, st := newRig(t), newStage()
			st.broken["taken"] = true
			s := supervise(t, r, st.kind())
			r.order(web("web"))
			r.order(put(link("shop", c.do), link("bank", "fine")))
			var got capability.Status
			eventually(t, "the failure shows", func() bool { got = statusOf(s, "shop"); return got.State == capability.Failed })
			if got.Reason != c.reason || got.Provider != "web" || got.Link != "default" || got.Since.IsZero() {
				t.Errorf("status %+v, want the reason %q", got, c.reason)
			}
			eventually(t, "others work", func() bool { return statusOf(s, "bank").State == capability.Healthy })
			eventually(t, "it is tried again", func() bool {
				st.mu.Lock()
				defer st.mu.Unlock()
				return st.started["shop"] > 3
			})
			st.look(func() { delete(st.broken, "taken") })
			works := c.do
			if c.do != "taken" {
				works = "fine"
				r.order(put(link("shop", works)))
			}
			eventually(t, "it recovers", func() bool {
				got = statusOf(s, "shop")
				return got.State == capability.Healthy && got.Detail == "serves "+works
			})
			if got.Reason != "" || got.Attempts != 0 || !got.Next.IsZero() {
				t.Errorf("status %+v of a half that recovered", got)
			}
			if c.do != "leave" { // which comes and goes
				wantEvents(t, r, "shop", "provider_failed", "provider_recovered")
			}
		})
	}
}

// wantEvents waits for the events about a link, in their order.
func wantEvents(t *testing.T, r *rig, who string, want ...string) {
	t.Helper()
	var got []string
	about := actor.Attribute{Key: "actor", Value: who}
	if who == "" {
		about = actor.Attribute{Key: "provider", Value: "blobs"}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for n, err := range r.Reader().Watch(ctx, query.WatchOptions{Actor: capability.Address, Events: true}) {
		if err != nil {
			t.Fatalf("%v behind the events %q, want %q", err, got, want)
		}
		for _, ev := range n.Events {
			if strings.HasPrefix(ev.Type, "provider_") && ev.Type != "provider_started" && slices.Contains(ev.Attributes, about) {
				got = append(got, ev.Type)
			}
		}
		if slices.Equal(got, want) {
			return
		}
	}
}

// What breaks while it works is a failure of its own, and not every attempt becomes an event.
func TestAWorkingHalfBreaks(t *testing.T) {
	r, st := newRig(t), newStage()
	s := supervise(t, r, st.kind())
	r.order(web("web"))
	r.order(put(link("shop", "fine")))
	eventually(t, "it works", func() bool { return statusOf(s, "shop").State == capability.Healthy })
	wantEvents(t, r, "shop", "provider_healthy")
	st.look(func() { st.broken["fine"] = true })
	eventually(t, "it is tried often", func() bool { return statusOf(s, "shop").Attempts > 4 })
	eventually(t, "it says when it will be tried again", func() bool { return statusOf(s, "shop").Next.After(time.Now()) })
	wantEvents(t, r, "shop", "provider_healthy", "provider_failed", "provider_failed") // "broke", then "is broken"
	st.look(func() { st.broken["fine"] = false })
	wantEvents(t, r, "shop", "provider_healthy", "provider_failed", "provider_failed", "provider_recovered")
}

// A link that cannot be served as it is now is not served as it was.
func TestAFailedChangeEndsWhatWas(t *testing.T) {
	r, st := newRig(t), newStage()
	st.broken["bad"] = true
	s := supervise(t, r, st.kind())
	r.order(web("web"))
	r.order(put(link("shop", "good")))
	eventually(t, "it works", func() bool { return statusOf(s, "shop").State == capability.Healthy })
	r.order(put(link("shop", "bad")))
	eventually(t, "it has failed, and nothing runs", func() bool { return len(st.serves()) == 0 && statusOf(s, "shop").State == capability.Failed })
}

// What breaks while another that shall take its place does not come does not count as healthy.
func TestWhatComesHangs(t *testing.T) {
	r, st := newRig(t), newStage()
	s := supervise(t, r, st.kind())
	r.order(web("web"))
	r.order(put(link("shop", "good")))
	eventually(t, "it works", func() bool { return statusOf(s, "shop").State == capability.Healthy })
	r.order(put(link("shop", "hang")))
	eventually(t, "the other starts", func() bool { return statusOf(s, "shop").Attempts > 0 })
	if got := statusOf(s, "shop"); got.State != capability.Healthy || got.Detail != "serves good" {
		t.Errorf("while the first works: %+v", got)
	}
	st.look(func() { st.broken["good"] = true })
	eventually(t, "nothing works, and that shows", func() bool {
		got := statusOf(s, "shop")
		return got.State == capability.Starting && got.Reason == "good broke" && len(st.serves()) == 0
	})
	r.order(put(link("shop", "fine")))
	eventually(t, "a change is served", func() bool {
		got := statusOf(s, "shop")
		return got.State == capability.Healthy && got.Reason == "" && st.serves()["shop"] == "fine"
	})
}

func TestThousandsOfChanges(t *testing.T) {
	before := goruntime.NumGoroutine()
	r, st := newRig(t), newStage()
	s := edge.New(r, []edge.Kind{st.kind()}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	r.order(web("web"))
	const links, rounds = 50, 40
	var last []capability.LinkOrder
	for round := range rounds {
		last = nil
		for i := range links {
			last = append(last, link(fmt.Sprintf("a%d", i), fmt.Sprintf("v%d", round)))
		}
		r.order(put(last...))
		if round%8 == 7 {
			r.order(capability.Order{Unlink: []capability.LinkName{{Actor: "a0", Contract: capability.HTTPServer}}})
		}
	}
	r.order(put(last...))
	eventually(t, "all are as they were last put", func() bool {
		all := st.serves()
		for i := range links {
			if all[fmt.Sprintf("a%d", i)] != fmt.Sprintf("v%d", rounds-1) {
				return false
			}
		}
		return true
	})
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if all := st.serves(); len(all) != 0 {
		t.Errorf("behind the end of the supervisor there run %v", all)
	}
	for _, status := range s.Status() {
		if status.State != capability.Stopped {
			t.Fatalf("status behind the end: %+v", status)
		}
	}
	_ = r.Close()
	eventually(t, "no goroutine is left", func() bool { return goruntime.NumGoroutine() <= before+5 })
}

// A host that closes ends the supervisor.
func TestTheHostCloses(t *testing.T) {
	r, st := newRig(t), newStage()
	s := edge.New(r, []edge.Kind{st.kind()}, nil)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(context.Background()) }()
	r.order(web("web"))
	r.order(put(link("shop", "fine")))
	eventually(t, "it works", func() bool { return statusOf(s, "shop").State == capability.Healthy })
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the supervisor goes on without a host")
	}
	if all := st.serves(); len(all) != 0 {
		t.Errorf("without a host there run %v", all)
	}
}

// One row that cannot be read, such as one that a later version has written, keeps nobody else from being served.
func TestARowThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	h, err := runtime.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, st := &rig{h, t}, newStage()
	r.order(web("web"))
	r.order(put(link("shop", "fine"), link("bank", "fine")))
	links, err := h.Reader().Actor(capability.Address)
	if err := errors.Join(err, h.Close()); err != nil {
		t.Fatal(err)
	}
	spoil(t, dir, state.Partition(0).AppendState(nil, links.Number, []byte("l/bank\x00"+capability.HTTPServer+"\x00default")))
	if h, err = runtime.Open(dir, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	s := supervise(t, h, st.kind())
	eventually(t, "the other works", func() bool { return statusOf(s, "shop").State == capability.Healthy })
	if all := st.serves(); len(all) != 1 {
		t.Errorf("there run %v", all)
	}
}

// spoil makes a row of a host that is closed unreadable.
func spoil(t *testing.T, dir string, row []byte) {
	t.Helper()
	s, err := state.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := s.NewBatch()
	b.Set(row, []byte{0xff})
	p, err := s.Apply(b)
	if err == nil {
		err = p.Wait()
	}
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestChangedWakes(t *testing.T) {
	r, st := newRig(t), newStage()
	s := supervise(t, r, st.kind())
	r.order(web("web"))
	r.order(put(link("shop", "fine")))
	late := time.After(30 * time.Second)
	for {
		changed := s.Changed()
		if statusOf(s, "shop").State == capability.Healthy {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatal("nobody was woken")
		}
	}
}
