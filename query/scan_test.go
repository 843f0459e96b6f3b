package query

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
)

// all reads every page of a range.
func (r *rig) all(to actor.Address, rg Range) (pairs []Pair, pages int) {
	r.t.Helper()
	for {
		page, err := r.Scan(to, rg)
		if err != nil {
			r.t.Fatal(err)
		}
		if pages++; len(page.Pairs) > limited(rg.Limit) || len(page.Pairs) == 0 && page.Token != "" {
			r.t.Fatalf("page %d has %d pairs", pages, len(page.Pairs))
		}
		pairs = append(pairs, page.Pairs...)
		if rg.Token = page.Token; rg.Token == "" {
			return pairs, pages
		}
	}
}

// direct reads a range from the store itself.
func (r *rig) direct(to actor.Address, start, end []byte) (pairs []Pair) {
	r.t.Helper()
	info, err := r.Actor(to)
	if err != nil {
		r.t.Fatal(err)
	}
	prefix := r.partition.AppendStatePrefix(nil, info.Number)
	upper := actor.PrefixEnd(prefix)
	if end != nil {
		upper = append(bytes.Clone(prefix), end...)
	}
	it, err := r.store.Iter(append(bytes.Clone(prefix), start...), upper)
	if err != nil {
		r.t.Fatal(err)
	}
	defer it.Close()
	for more := it.First(); more; more = it.Next() {
		pairs = append(pairs, Pair{bytes.Clone(it.Key()[len(prefix):]), bytes.Clone(it.Value())})
	}
	return pairs
}

func equal(a, b []Pair) bool {
	return slices.EqualFunc(a, b, func(p, q Pair) bool { return bytes.Equal(p.Key, q.Key) && bytes.Equal(p.Value, q.Value) })
}

func TestScanPagesOfManyKeys(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	for i := 0; i < 10_000; i += 1000 {
		var orders []string
		for j := i; j < i+1000; j++ {
			orders = append(orders, fmt.Sprintf("set k%05d v%d", j, j))
		}
		r.send("cell/big", orders...)
	}
	r.send("cell/before", "set z 1") // neighbours, whose keys must not show
	r.send("cell/z", "set a 1")
	want := r.direct("cell/big", nil, nil)
	if len(want) != 10_000 {
		t.Fatalf("the store has %d keys", len(want))
	}
	backward := slices.Clone(want)
	slices.Reverse(backward)
	for _, limit := range []int{0, 7, 999, 1000, 10_000, 1 << 30} {
		got, pages := r.all("cell/big", Range{Limit: limit})
		if !equal(got, want) {
			t.Errorf("limit %d, ascending: %d pairs", limit, len(got))
		}
		if n := limited(limit); pages != (10_000+n-1)/n {
			t.Errorf("limit %d: %d pages", limit, pages)
		}
		if got, _ = r.all("cell/big", Range{Limit: limit, Order: actor.Descending}); !equal(got, backward) {
			t.Errorf("limit %d, descending: %d pairs", limit, len(got))
		}
	}
}

func TestScanBounds(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	keys := []string{"a", "aa", "ab", "b", "b\x00", "ba", "b\xff", "b\xff\xff", "c", "\x00", "\xff", "\xff\xff"}
	var orders []string
	for _, k := range keys {
		orders = append(orders, "set "+k+" v")
	}
	r.send("cell/a", orders...)
	bounds := [][]byte{nil, {}, []byte("a"), []byte("aa"), []byte("b"), []byte("b\x00"), []byte("b\xff"), []byte("c"), []byte("\xff"), []byte("zz")}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		rg := Range{Prefix: bounds[rng.IntN(len(bounds))], Start: bounds[rng.IntN(len(bounds))], End: bounds[rng.IntN(len(bounds))], Limit: 1 + rng.IntN(4)}
		var want []Pair
		for _, p := range r.direct("cell/a", nil, nil) {
			if bytes.HasPrefix(p.Key, rg.Prefix) && bytes.Compare(p.Key, rg.Start) >= 0 && (rg.End == nil || bytes.Compare(p.Key, rg.End) < 0) {
				want = append(want, p)
			}
		}
		if rng.IntN(2) == 1 {
			rg.Order = actor.Descending
			slices.Reverse(want)
		}
		if got, _ := r.all("cell/a", rg); !equal(got, want) {
			t.Fatalf("%+v: got %q, want %q", rg, got, want)
		}
	}
}

func TestScanOfNobody(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	if page, err := r.Scan("cell/unborn", Range{}); err != nil || page.Pairs != nil || page.Sequence == 0 {
		t.Errorf("a virtual actor without a state: %+v, %v", page, err)
	}
	_, err := r.Scan("ghost", Range{})
	code(t, err, actor.CodeUnknownActor)
	if _, err = r.Scan("cell/a", Range{Order: 2}); err == nil {
		t.Error("there is no order 2")
	}
}

func TestScanPageBytes(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	value := strings.Repeat("x", 100_000)
	for i := range 25 {
		r.send("cell/a", fmt.Sprintf("set k%02d %s", i, value))
	}
	page, err := r.Scan("cell/a", Range{Limit: 1000})
	if err != nil || len(page.Pairs) != 10 || page.Token == "" {
		t.Errorf("the first page has %d pairs, token %q, %v", len(page.Pairs), page.Token, err)
	}
	if got, pages := r.all("cell/a", Range{Limit: 1000}); len(got) != 25 || pages != 3 {
		t.Errorf("%d pairs on %d pages", len(got), pages)
	}
}

// A page is of the latest state: what was written behind its place shows, what was written before it does not.
func TestScanBetweenWrites(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	r.send("cell/a", "set b 1", "set d 1", "set f 1")
	first, err := r.Scan("cell/a", Range{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	seq := r.send("cell/a", "set a 2", "set e 2", "del d").Sequence
	second, err := r.Scan("cell/a", Range{Limit: 2, Token: first.Token})
	if err != nil || len(second.Pairs) != 2 || string(second.Pairs[0].Key) != "e" || second.Sequence != seq || first.Sequence != seq-1 {
		t.Errorf("got %+v, then %+v, %v", first, second, err)
	}
	// Pairs are copies, each of its own.
	copy(first.Pairs[0].Key, "x")
	_ = append(first.Pairs[0].Key, "xxxx"...)
	if string(first.Pairs[0].Value) != "1" {
		t.Error("a key and its value share memory that grows")
	}
}

func TestTokensAreBoundToTheirRequest(t *testing.T) {
	r := newRig(t, dispatch.Options{})
	r.send("cell/a", "set a 1", "set b 1", "set c 1")
	r.send("cell/b", "set a 1", "set b 1", "set c 1")
	page, err := r.Scan("cell/a", Range{Limit: 1})
	if err != nil || page.Token == "" {
		t.Fatal(page, err)
	}
	refused := func(what string, to actor.Address, rg Range) {
		t.Helper()
		if _, err := r.Scan(to, rg); !errors.Is(err, ErrToken) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if page, err = r.Scan("cell/a", Range{Limit: 2, Token: page.Token, Start: []byte{}}); err != nil || len(page.Pairs) != 2 {
		t.Errorf("the same request with another limit: %+v, %v", page, err)
	}
	page, _ = r.Scan("cell/a", Range{Limit: 1})
	refused("another actor", "cell/b", Range{Token: page.Token})
	refused("another order", "cell/a", Range{Token: page.Token, Order: actor.Descending})
	refused("another start", "cell/a", Range{Token: page.Token, Start: []byte("b")})
	refused("another end", "cell/a", Range{Token: page.Token, End: []byte("z")})
	refused("an empty end", "cell/a", Range{Token: page.Token, End: []byte{}})
	refused("another prefix", "cell/a", Range{Token: page.Token, Prefix: []byte("b")})
	refused("no token", "cell/a", Range{Token: "hello"})
	refused("a huge token", "cell/a", Range{Token: strings.Repeat("A", maxToken+1)})
	refused("a line break", "cell/a", Range{Token: page.Token + "\n"})
	other := New(r.exec, 1)
	if _, err := other.Scan("cell/a", Range{Token: page.Token}); !errors.Is(err, ErrToken) {
		t.Errorf("another partition: %v", err)
	}
	for i := range page.Token {
		for _, c := range "A_z9" {
			if forged := page.Token[:i] + string(c) + page.Token[i+1:]; forged != page.Token {
				refused(fmt.Sprintf("byte %d changed", i), "cell/a", Range{Token: forged})
			}
		}
		if i > 0 {
			refused(fmt.Sprintf("cut at %d", i), "cell/a", Range{Token: page.Token[:i]})
		}
	}
}

func FuzzToken(f *testing.F) {
	q := request{what: "keys", actor: "cell/a", lower: []byte("a")}
	f.Add("")
	f.Add(q.token([]byte("abc")).String())
	f.Add(q.token(nil).String())
	f.Add(q.token(bytes.Repeat([]byte{0xff}, 300)).String())
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseToken(text)
		if err != nil {
			if !errors.Is(err, ErrToken) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if again := parsed.String(); again != text {
			t.Fatalf("%q is the token of %q", text, again)
		}
		last, err := q.open(text)
		if err != nil && !errors.Is(err, ErrToken) {
			t.Fatalf("%q: %v", text, err)
		}
		if err == nil && q.token(last).String() != text {
			t.Fatalf("%q opens, but is not the token of %q", text, last)
		}
	})
}
