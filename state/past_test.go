package state

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// fillPast writes rows of size bytes, which do not compress, for the transactions from to to.
func fillPast(t testing.TB, s *Store, from, to uint64, size int) {
	t.Helper()
	p := Partition(0)
	random := rand.NewChaCha8([32]byte{byte(from)})
	b := s.NewBatch()
	for seq := from; seq <= to; seq++ {
		row := make([]byte, size)
		random.Read(row)
		b.SetCommand(p.AppendLog(nil, seq), row, Hash{byte(seq)})
		b.Set(p.AppendReceipt(nil, seq), row)
		b.Set(p.AppendTrace(nil, seq), row)
		b.Set(p.AppendState(nil, 1, []byte{byte(seq)}), nil)
	}
	apply(t, s, b)
}

func rows(t testing.TB, s *Store) map[Space]int {
	t.Helper()
	it, err := s.Iter(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	count := map[Space]int{}
	for ok := it.First(); ok; ok = it.Next() {
		if k, err := ParseKey(it.Key()); err == nil {
			count[k.Space]++
		}
	}
	if it.Err() != nil {
		t.Fatal(it.Err())
	}
	return count
}

func TestPastIsDeletedAndItsSpaceGivenBack(t *testing.T) {
	s := openTest(t, t.TempDir(), &Options{MemTableSize: 256 << 10})
	fillPast(t, s, 1, 200, 5000)
	fillPast(t, s, 201, 210, pieceSize+1) // in pieces
	fillPast(t, s, 211, 220, 5000)
	if err := s.db.Flush(); err != nil {
		t.Fatal(err)
	}
	all, err := s.PastSize(0, 1, 221)
	if err != nil || all < 4<<20 {
		t.Fatalf("the past has %d bytes, %v", all, err)
	}
	half, err := s.PastSize(0, 1, 101)
	if err != nil || half < 1<<20 || half > all/2 {
		t.Errorf("the first hundred have %d of %d bytes, %v", half, all, err)
	}
	before := s.Metrics()
	b := s.NewBatch()
	b.DeletePast(0, 1, 211)
	if b.Count() > 8 {
		t.Errorf("%d writes", b.Count())
	}
	apply(t, s, b)
	got := rows(t, s)
	if got[Log] != 10 || got[Receipts] != 10 || got[Traces] != 10 || got[Pieces] != 0 || got[State] != 220 {
		t.Errorf("left are %v", got)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return s.Metrics().TableBytes < before.TableBytes/2 })
	if err := s.ReclaimPast(t.Context(), 0, 211); err != nil {
		t.Fatal(err)
	}
	if now := s.Metrics().TableBytes; now > before.TableBytes/5 {
		t.Errorf("tables had %d bytes and have %d", before.TableBytes, now)
	}
	if left, err := s.PastSize(0, 1, 211); err != nil || left > all/20 {
		t.Errorf("of the deleted past %d bytes are left, %v", left, err)
	}
}

// waitFor waits for what happens in the background.
func waitFor(t testing.TB, done func() bool) {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("it does not come")
		}
	}
}

func TestReclaimingEndsWithTheStore(t *testing.T) {
	s := openTest(t, t.TempDir(), nil)
	fillPast(t, s, 1, 300, 5000)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.ReclaimPast(ctx, 0, 200); err == nil {
		t.Log("it was quicker")
	} else if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.ReclaimPast(t.Context(), 0, 200) }()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil && !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := s.ReclaimPast(t.Context(), 0, 200); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}
