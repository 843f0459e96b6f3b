package capability_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// A model says what orders are to do, with maps. It knows revisions, names, keys that come late, bans and anchors without
// claims.
type model struct {
	actors    map[string]modelActor
	providers map[string]string            // contracts
	links     map[string]map[string]string // actor, then contract: provider
	banned    map[string]bool
	trusted   map[string]bool
}

type modelActor struct {
	module, issuer   string
	caps             string
	revision, scaled int
}

func newModel() *model {
	return &model{map[string]modelActor{}, map[string]string{}, map[string]map[string]string{}, map[string]bool{}, map[string]bool{}}
}

func (m *model) clone() *model {
	out := &model{maps.Clone(m.actors), maps.Clone(m.providers), map[string]map[string]string{}, maps.Clone(m.banned), maps.Clone(m.trusted)}
	for who, links := range m.links {
		out.links[who] = maps.Clone(links)
	}
	return out
}

func (m *model) String() string {
	var b strings.Builder
	for _, who := range slices.Sorted(maps.Keys(m.actors)) {
		fmt.Fprintf(&b, "%s %+v\n", who, m.actors[who])
	}
	for _, name := range slices.Sorted(maps.Keys(m.providers)) {
		fmt.Fprintf(&b, "%s for %s\n", name, m.providers[name])
	}
	for _, who := range slices.Sorted(maps.Keys(m.links)) {
		for _, contract := range slices.Sorted(maps.Keys(m.links[who])) {
			fmt.Fprintf(&b, "%s by %s to %s\n", who, contract, m.links[who][contract])
		}
	}
	fmt.Fprintln(&b, slices.Sorted(maps.Keys(m.banned)), slices.Sorted(maps.Keys(m.trusted)))
	return b.String()
}

// of returns the same text for what a host lists.
func modelOf(all capability.Listing) *model {
	m := newModel()
	for _, a := range all.Actors {
		m.actors[string(a.Address)] = modelActor{name(a.Key), name(a.Issuer), strings.Join(a.Caps, ","), int(a.Revision), a.Instances}
	}
	for _, p := range all.Providers {
		m.providers[p.Name] = p.Contract
	}
	for _, l := range all.Links {
		m.link(name(string(l.Actor)), l.Contract, l.Provider)
	}
	for _, b := range all.Bans {
		m.banned[name(b.Key)] = true
	}
	for _, a := range all.Trust {
		m.trusted[name(a.Key)] = true
	}
	return m
}

func (m *model) link(who, contract, provider string) {
	if m.links[who] == nil {
		m.links[who] = map[string]string{}
	}
	m.links[who][contract] = provider
}

func (m *model) unlink(who, contract string) {
	delete(m.links[who], contract)
	if len(m.links[who]) == 0 {
		delete(m.links, who)
	}
}

// holder returns the actor that a name of a module leads to, and the name itself if there is none. Who holds it when several
// have it the generator avoids to know: each actor has a module of its own.
func (m *model) holder(module string) string {
	for _, who := range slices.Sorted(maps.Keys(m.actors)) {
		if m.actors[who].module == module {
			return who
		}
	}
	return module
}

func (m *model) may(a modelActor) string {
	switch {
	case m.banned[a.module] || m.banned[a.issuer]:
		return capability.CodeBanned
	case len(m.trusted) > 0 && !m.trusted[a.issuer]:
		return capability.CodeUntrusted
	}
	return ""
}

// A step is a part of an order: what it adds to it, and what it does to the model, which returns a code if it is refused.
type step struct {
	rank int                 // the place of its kind within an order
	id   func(*model) string // what it names, behind the parts before
	add  func(*capability.Order)
	do   func(*model) string
}

func is(id string) func(*model) string { return func(*model) string { return id } }

// draw returns a step. Actors x, y and z are of the modules m1, m2 and m3.
func draw(t testing.TB, r *rand.Rand) step {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	n := r.IntN(3)
	who, module := [...]string{"x", "y", "z"}[n], [...]string{"m1", "m2", "m3"}[n]
	provider := pick("kv", "web", "kv2", "ghost")
	contract := map[string]string{"kv": capability.KeyValue, "kv2": capability.KeyValue, "web": capability.HTTPServer, "ghost": capability.KeyValue}[provider]
	switch r.IntN(11) {
	case 0, 1, 2:
		a := modelActor{module: module, issuer: pick("acme", "acme", "bolt"), caps: pick("", "wasmcloud:keyvalue"), revision: r.IntN(4), scaled: r.IntN(3)}
		anyCaps, anyRevision := r.IntN(2) == 0, r.IntN(4) == 0
		text := token(t, a.issuer, claims.Module{Subject: module, Revision: int32(a.revision), Caps: strings.FieldsFunc(a.caps, func(c rune) bool { return c == ',' })})
		return step{7, is("actor " + who), func(o *capability.Order) {
			o.Start = append(o.Start, capability.StartOrder{Actor: actor.Address(who), Token: text, Instances: a.scaled, AnyCaps: anyCaps, AnyRevision: anyRevision})
		}, func(m *model) string {
			if code := m.may(a); code != "" {
				return code
			}
			old, there := m.actors[who]
			next := a
			if next.scaled == 0 {
				next.scaled = max(1, old.scaled)
				if there {
					next.scaled = old.scaled
				}
			}
			same := old
			same.scaled = next.scaled
			if there && next != same {
				if next.revision <= old.revision && !anyRevision {
					return capability.CodeOlderRevision
				}
				if next.caps != old.caps && !anyCaps {
					return capability.CodeChangedCaps
				}
			}
			m.actors[who] = next
			for contract, provider := range m.links[module] { // those that waited
				if _, ok := m.links[who][contract]; !ok {
					m.link(who, contract, provider)
				}
			}
			delete(m.links, module)
			return ""
		}}
	case 3:
		return step{0, is("actor " + who), func(o *capability.Order) { o.Stop = append(o.Stop, actor.Address(who)) }, func(m *model) string {
			if _, ok := m.actors[who]; ok {
				delete(m.actors, who)
				delete(m.links, who)
			}
			return ""
		}}
	case 4:
		n := r.IntN(3)
		return step{8, is("actor " + who), func(o *capability.Order) {
			o.Scale = append(o.Scale, capability.ScaleOrder{Actor: actor.Address(who), Instances: n})
		},
			func(m *model) string {
				a, ok := m.actors[who]
				if !ok {
					return capability.CodeNotStarted
				}
				a.scaled = n
				m.actors[who] = a
				return ""
			}}
	case 5:
		if provider == "ghost" {
			provider, contract = "web", capability.HTTPServer
		}
		kind := strings.TrimPrefix(contract, "wasmcloud:")
		return step{6, is("provider " + provider), func(o *capability.Order) {
			o.Provide = append(o.Provide, capability.ProviderOrder{Name: provider, Kind: kind})
		}, func(m *model) string { m.providers[provider] = contract; return "" }}
	case 6:
		return step{1, is("provider " + provider), func(o *capability.Order) { o.Withdraw = append(o.Withdraw, provider) },
			func(m *model) string { delete(m.providers, provider); return "" }}
	case 7, 8:
		by := pick(who, module)
		if r.IntN(8) == 0 {
			contract = capability.Blobstore // of another
		}
		return step{10, func(m *model) string { return "link " + m.holder(by) + contract }, func(o *capability.Order) {
			o.Link = append(o.Link, capability.LinkOrder{LinkName: capability.LinkName{Actor: key(by), Contract: contract}, Provider: provider})
		}, func(m *model) string {
			if c, ok := m.providers[provider]; ok && c != contract {
				return capability.CodeNotProvided
			}
			m.link(m.holder(by), contract, provider)
			return ""
		}}
	case 9:
		by := pick(who, module)
		return step{9, func(m *model) string { return "link " + m.holder(by) + contract }, func(o *capability.Order) {
			o.Unlink = append(o.Unlink, capability.LinkName{Actor: key(by), Contract: contract})
		}, func(m *model) string { m.unlink(m.holder(by), contract); return "" }}
	}
	who = pick("acme", "bolt", "m1", "m2")
	account := who == "acme" || who == "bolt"
	switch r.IntN(4) {
	case 0:
		return step{5, is("ban " + who), func(o *capability.Order) { o.Ban = append(o.Ban, capability.BanOrder{Key: key(who)}) },
			func(m *model) string { m.banned[who] = true; return "" }}
	case 1:
		return step{3, is("ban " + who), func(o *capability.Order) { o.Unban = append(o.Unban, key(who)) },
			func(m *model) string { delete(m.banned, who); return "" }}
	case 2:
		return step{4, is("trust " + who), func(o *capability.Order) { o.Trust = append(o.Trust, capability.TrustOrder{Key: key(who)}) }, func(m *model) string {
			if !account {
				return capability.CodeInvalidOrder
			}
			m.trusted[who] = true
			return ""
		}}
	}
	return step{2, is("trust " + who), func(o *capability.Order) { o.Distrust = append(o.Distrust, key(who)) },
		func(m *model) string { delete(m.trusted, who); return "" }}
}

var modelSeed = flag.Uint64("seed", 1, "the first seed of the random orders")

// TestOrdersMatchTheModel gives random orders of several parts to a host and to the model. After each the two have the same,
// and an order that fails has changed nothing. At the end a replay decides the same.
func TestOrdersMatchTheModel(t *testing.T) {
	rounds := 6
	if testing.Short() {
		rounds = 1
	}
	for i := range rounds {
		seed := *modelSeed + uint64(i)
		r := rand.New(rand.NewPCG(seed, 1))
		h, err := runtime.Open("", &runtime.Options{Executor: dispatch.Options{Clock: func() time.Time { return start }}, Lazy: true})
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		if _, err := h.Order(t.Context(), capability.Order{}, "", ""); err != nil {
			t.Fatal(err)
		}
		m, failed := newModel(), 0
		for range 150 {
			o, next, code := order(t, r, m)
			receipt, err := h.Do(t.Context(), dispatch.Request{Message: actor.Message{Kind: actor.KindSudo, To: capability.Address, Body: mustJSON(&o)}})
			if receipt == nil {
				t.Fatal(err)
			}
			got := ""
			if receipt.Err != nil {
				got = receipt.Err.Code
				failed++
			}
			if got != code {
				t.Fatalf("seed %d: %s ends with %q, %v, want %q, behind\n%v", seed, named(string(mustJSON(&o))), got, receipt.Err, code, m)
			}
			if code == "" {
				m = next
			}
			all, err := h.Capabilities()
			if err != nil {
				t.Fatal(err)
			}
			if have := modelOf(all).String(); have != m.String() {
				t.Fatalf("seed %d: behind %s there is\n%swant\n%s", seed, named(string(mustJSON(&o))), have, m)
			}
			checkAdmission(t, h, m, seed)
		}
		if failed < 10 || failed > 140 {
			t.Errorf("seed %d: %d of 150 orders failed: the test says little", seed, failed)
		}
		if _, err := h.Verify(t.Context()); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

// order draws an order, and what the model is behind it, or the code with which it fails.
func order(t testing.TB, r *rand.Rand, m *model) (o capability.Order, next *model, code string) {
	steps := []step{}
	ids := map[string]bool{}
	for range 1 + r.IntN(4) {
		s := draw(t, r)
		if id := s.id(m); !ids[id] || r.IntN(20) == 0 {
			steps, ids[id] = append(steps, s), true
		}
	}
	for _, s := range steps {
		s.add(&o)
	}
	slices.SortStableFunc(steps, func(a, b step) int { return a.rank - b.rank })
	next = m.clone()
	ids = map[string]bool{}
	for _, s := range steps {
		if ids[s.id(next)] {
			return o, nil, capability.CodeInvalidOrder
		}
		ids[s.id(next)] = true
		if code := s.do(next); code != "" {
			return o, nil, code
		}
	}
	return o, next, ""
}

// checkAdmission compares what the table says of every actor.
func checkAdmission(t *testing.T, h *runtime.Host, m *model, seed uint64) {
	t.Helper()
	for _, who := range []string{"x", "y", "z"} {
		want := ""
		a, ok := m.actors[who]
		switch {
		case !ok:
			want = capability.CodeNotStarted
		case a.scaled == 0:
			want = capability.CodeStopped
		default:
			want = m.may(a)
		}
		got := ""
		if _, err := h.Table().Admit(actor.Address(who), start); err != nil {
			got = err.Code
		}
		if got != want {
			t.Fatalf("seed %d: %s is admitted with %q, want %q, in\n%v", seed, who, got, want, m)
		}
	}
}
