package generate_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/troupe-run/troupe/bench/conformance/corpus"
	"github.com/troupe-run/troupe/bench/conformance/generate"
)

func source(seed uint64) *generate.Source {
	s := generate.NewSource(seed, 1)
	s.Users = []string{"cosmos1alice", "cosmos1bob"}
	for _, c := range corpus.All() {
		if generate.Knows(c.Family) {
			s.Parties = append(s.Parties, generate.Party{Family: c.Family, Address: "cosmos1" + c.Name})
		}
	}
	s.Height, s.Time = 100_000, 1_000_000_000_000_000_000
	return s
}

// TestSeed checks that a seed makes the same calls each time, and another one others.
func TestSeed(t *testing.T) {
	calls := func(seed uint64) []generate.Call {
		s := source(seed)
		var made []generate.Call
		for _, p := range s.Parties {
			made = append(made, s.Instantiate(p))
			for range 60 {
				made = append(made, s.Next(p))
			}
		}
		return made
	}
	a, b, c := calls(1), calls(1), calls(2)
	same := 0
	for i := range a {
		if a[i].Entry != b[i].Entry || !bytes.Equal(a[i].Msg, b[i].Msg) || a[i].Sender != b[i].Sender {
			t.Fatalf("call %d is %v the second time, not %v", i, b[i], a[i])
		}
		if bytes.Equal(a[i].Msg, c[i].Msg) {
			same++
		}
	}
	if same > len(a)*2/3 {
		t.Errorf("%d of %d calls are the same with another seed", same, len(a))
	}
}

// TestShape checks that most messages are JSON, that some are not, and that every family has an entry point to try.
func TestShape(t *testing.T) {
	s := source(7)
	right, wrong := 0, 0
	for _, p := range s.Parties {
		if p.Family == "probe" {
			continue
		}
		entries := map[string]bool{}
		for range 200 {
			c := s.Next(p)
			entries[c.Entry] = true
			if json.Valid(c.Msg) {
				right++
			} else {
				wrong++
			}
		}
		if len(entries) == 0 || entries[""] {
			t.Errorf("%s has the entry points %v", p.Family, entries)
		}
	}
	if wrong == 0 || wrong > right/10 {
		t.Errorf("%d messages are JSON, %d are not", right, wrong)
	}
}
