package world_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/troupe-run/troupe/bench/conformance/world"
)

// TestStore compares a store with a plain map, over writes, rollbacks and scans.
func TestStore(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := world.NewStore()
	kept, now := map[string]string{}, map[string]string{}
	for range 3000 {
		key := string(rune('a' + r.IntN(12)))
		switch r.IntN(6) {
		case 0, 1, 2:
			value := string(make([]byte, r.IntN(3)))
			s.Set([]byte(key), []byte(value))
			now[key] = value
		case 3:
			s.Remove([]byte(key))
			delete(now, key)
		case 4:
			s.Mark()
			kept = copied(now)
		case 5:
			s.Rollback()
			now = copied(kept)
		}
		rows := s.Scan([]byte("c"), []byte("i"), r.IntN(2) == 0)
		want := 0
		for k := range now {
			if k >= "c" && k < "i" {
				want++
			}
		}
		for _, row := range rows {
			if v, ok := now[string(row.Key)]; !ok || v != string(row.Value) {
				t.Fatalf("row %q is %q, not %q", row.Key, row.Value, v)
			}
		}
		if len(rows) != want || s.Len() != len(now) {
			t.Fatalf("%d of %d rows, not %d of %d", len(rows), s.Len(), want, len(now))
		}
		changed := 0
		for _, row := range s.Changed() {
			was, before := kept[string(row.Key)]
			is, after := now[string(row.Key)]
			if before == after && was == is || after && !bytes.Equal(row.Value, []byte(is)) || !after && row.Value != nil {
				t.Fatalf("%q is said to be %q", row.Key, row.Value)
			}
			changed++
		}
	}
}

func copied(m map[string]string) map[string]string {
	c := map[string]string{}
	for k, v := range m {
		c[k] = v
	}
	return c
}
