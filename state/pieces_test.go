package state

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state/simdisk"
)

// noise is what no compression makes smaller, like no other with another seed.
func noise(size int, seed uint64) []byte {
	b := make([]byte, 0, size+8)
	for r := rand.New(rand.NewPCG(seed, 1)); len(b) < size; {
		b = binary.LittleEndian.AppendUint64(b, r.Uint64())
	}
	return b[:size]
}

func apply(t testing.TB, s *Store, b *Batch) {
	t.Helper()
	p, err := s.Apply(b)
	if err == nil {
		err = p.Wait()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// putCode stores code as a command that installs it does, and returns its hash.
func putCode(t testing.TB, s *Store, p Partition, seq uint64, code []byte) Hash {
	t.Helper()
	b := s.NewBatch()
	hash := Hash(sha256.Sum256(code))
	b.SetCode(p.AppendCode(nil, hash), code, hash)
	c := Command{Op: OpInstall, Sequence: seq, Message: actor.Message{Body: code}}
	b.SetCommand(p.AppendLog(nil, seq), c.Append(nil), c.Hash())
	apply(t, s, b)
	return hash
}

// wantCode reads code and command back.
func wantCode(t testing.TB, g Getter, p Partition, seq uint64, code []byte) {
	t.Helper()
	if got, ok, err := p.ReadCode(g, sha256.Sum256(code)); !ok || err != nil || !bytes.Equal(got, code) {
		t.Errorf("%d bytes of code: %d bytes, %t, %v", len(code), len(got), ok, err)
	}
	if c, ok, err := p.ReadCommand(g, seq); !ok || err != nil || c.Sequence != seq || !bytes.Equal(c.Message.Body, code) {
		t.Errorf("a command with %d bytes: %+.60v, %t, %v", len(code), c, ok, err)
	}
}

func TestPieces(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir+"/db", nil)
	p := Partition(2)
	var list [][]byte
	for i, size := range []int{1, pieceSize - 100, pieceSize - 1, pieceSize, pieceSize + 1, 3 * pieceSize, 3*pieceSize + 7, 5 << 20} {
		list = append(list, noise(size, uint64(i)))
		putCode(t, s, p, uint64(i+1), list[i])
	}
	all := func(g Getter) {
		t.Helper()
		for i, code := range list {
			wantCode(t, g, p, uint64(i+1), code)
		}
	}
	all(s)
	// The rows are in order, known by their keys, and small.
	it, err := s.Iter(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[Space]int{}
	for ok := it.First(); ok; ok = it.Next() {
		k, err := ParseKey(it.Key())
		if err != nil || len(it.Value()) > pieceSize {
			t.Errorf("key %x with %d bytes: %v", it.Key(), len(it.Value()), err)
		}
		rows[k.Space]++
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	if rows[Log] != len(list) || rows[Code] != len(list) || rows[Pieces] < 2*(5<<20)/pieceSize {
		t.Errorf("there are %v rows", rows)
	}
	snap := s.Snapshot()
	putCode(t, s, p, 100, []byte("later"))
	all(snap)
	if err := snap.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Checkpoint(dir + "/copy"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Restore(dir+"/copy", dir+"/restored", nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"/db", "/copy", "/restored"} {
		s := openTest(t, dir+name, &Options{ReadOnly: true})
		all(s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBrokenPieces breaks what belongs to a row in pieces in every way that leaves rows. What is read afterwards must be
// an error that says where and what, and never other bytes.
func TestBrokenPieces(t *testing.T) {
	p := Partition(1)
	code, other := noise(2*pieceSize+500, 1), noise(2*pieceSize+500, 2)
	hash := Hash(sha256.Sum256(code))
	for _, row := range []struct {
		name, where string
		key         []byte
		read        func(*Store) (bool, error)
	}{
		{"code", "state: partition 1, code " + hash.String() + ": corrupt: ", p.AppendCode(nil, hash), func(s *Store) (bool, error) {
			got, ok, err := p.ReadCode(s, hash)
			if err == nil && ok && !bytes.Equal(got, code) {
				t.Error("other code was read")
			}
			return ok, err
		}},
		{"command", "state: partition 1, log 7: corrupt: ", p.AppendLog(nil, 7), func(s *Store) (bool, error) {
			got, ok, err := p.ReadCommand(s, 7)
			if err == nil && ok && !bytes.Equal(got.Message.Body, code) {
				t.Error("another command was read")
			}
			return ok, err
		}},
	} {
		otherRow := p.AppendLog(nil, 8)
		if row.name == "code" {
			otherRow = p.AppendCode(nil, sha256.Sum256(other))
		}
		piece := func(n uint64) []byte { return appendPiece(nil, row.key, n) }
		get := func(s *Store, key []byte) []byte {
			v, ok, err := s.Get(key)
			if err != nil || !ok {
				t.Fatalf("%x: %t, %v", key, ok, err)
			}
			return v
		}
		header := func(change func(*pieces)) func(*Store, *Batch) {
			return func(s *Store, b *Batch) {
				h, err := decodePieces(get(s, row.key))
				if err != nil {
					t.Fatal(err)
				}
				change(&h)
				b.Set(row.key, h.append(nil))
			}
		}
		for want, damage := range map[string]func(*Store, *Batch){
			"piece 1 of 3 is missing": func(_ *Store, b *Batch) { b.Delete(piece(0)) },
			"piece 2 of 3 is missing": func(_ *Store, b *Batch) { b.Delete(piece(1)) },
			"piece 3 of 3 is missing": func(_ *Store, b *Batch) { b.Delete(piece(2)) },
			"piece 1 of 3 has 65535 bytes, and should have 65536": func(s *Store, b *Batch) {
				b.Set(piece(0), get(s, piece(0))[1:])
			},
			"piece 2 of 3 has 65537 bytes, and should have 65536": func(s *Store, b *Batch) {
				b.Set(piece(1), append(get(s, piece(1)), 0))
			},
			"piece 3 of 3 has 0 bytes": func(_ *Store, b *Batch) { b.Set(piece(2), nil) },
			"and should be ": func(s *Store, b *Batch) {
				b.Set(piece(0), get(s, piece(1)))
				b.Set(piece(1), get(s, piece(0)))
			},
			"the hash of its": func(s *Store, b *Batch) { b.Set(piece(1), get(s, appendPiece(nil, otherRow, 1))) },
			"; " + adviseRestore: func(s *Store, b *Batch) { // all of them
				for n := range uint64(3) {
					b.Set(piece(n), get(s, appendPiece(nil, otherRow, n)))
				}
			},
			"piece 4 of 4 is missing":                 header(func(h *pieces) { h.size += pieceSize }),
			"piece 16384 of 16384 is missing":         header(func(h *pieces) { h.size = maxPieced }),
			"it says that there are 1073741825 bytes": header(func(h *pieces) { h.size = maxPieced + 1 }),
			"it says that there are 0 bytes":          header(func(h *pieces) { h.size = 0 }),
			"piece 2 of 2 has 65536 bytes":            header(func(h *pieces) { h.size -= pieceSize }),
			fmt.Sprintf("should be %s; ", Hash{9}):    header(func(h *pieces) { h.sum = Hash{9} }),
			"cut off":                                 func(s *Store, b *Batch) { b.Set(row.key, get(s, row.key)[:20]) },
			"bytes behind the end":                    func(s *Store, b *Batch) { b.Set(row.key, append(get(s, row.key), 0)) },
			"version":                                 func(_ *Store, b *Batch) { b.Set(row.key, []byte("\x09rubbish")) },
			map[string]string{"code": "what stands there is the code", "command": "the record says sequence 8"}[row.name]: func(s *Store, b *Batch) {
				b.Set(row.key, get(s, otherRow)) // the whole of another row
				for n := range uint64(3) {
					b.Set(piece(n), get(s, appendPiece(nil, otherRow, n)))
				}
			},
		} {
			s := openTest(t, "", nil)
			putCode(t, s, p, 7, code)
			putCode(t, s, p, 8, other)
			b := s.NewBatch()
			damage(s, b)
			apply(t, s, b)
			_, err := row.read(s)
			if !errors.Is(err, ErrCorrupt) || !strings.HasPrefix(err.Error(), strings.TrimSuffix(row.where, "corrupt: ")) ||
				!strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q: %v", row.name, want, err)
			}
			wantCode(t, s, p, 8, other)
			b = s.NewBatch()
			b.Delete(row.key)
			apply(t, s, b)
			if ok, err := row.read(s); ok || err != nil {
				t.Errorf("%s without a header: %t, %v", row.name, ok, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// FuzzDecodePieces: whatever is accepted is encoded again byte for byte, and says something that can be.
func FuzzDecodePieces(f *testing.F) {
	h := pieces{3*pieceSize + 1, Hash{7}}
	good := h.append(nil)
	f.Add(good)
	f.Add(good[:10])
	f.Add(append(bytes.Clone(good), 0))
	f.Add(append([]byte{piecedVersion, 0}, make([]byte, 32)...))
	f.Add(append([]byte{piecedVersion, 0x81, 0}, make([]byte, 32)...))
	f.Add(append([]byte{piecedVersion, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, make([]byte, 32)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decodePieces(b)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("%x: %v", b, err)
			}
			return
		}
		last := h.length(h.count() - 1)
		if h.size == 0 || h.count() > maxPieced/pieceSize || last < 1 || last > pieceSize {
			t.Errorf("%x: %d bytes in %d pieces, the last has %d", b, h.size, h.count(), last)
		}
		if got := h.append(nil); !bytes.Equal(got, b) {
			t.Errorf("%x becomes %+v becomes %x", b, h, got)
		}
	})
}

// storeWithCode is a store with the state of some actors, each a few rows, and large modules, as transactions leave them: the
// modules come in between. It has a small cache, and everything is in tables.
func storeWithCode(t testing.TB, actors uint64, modules int, size int) *Store {
	t.Helper()
	dir := t.TempDir()
	opts := &Options{CacheSize: 4 << 20, MemTableSize: 1 << 20}
	s := openTest(t, dir, opts)
	p, seq := Partition(0), uint64(0)
	for n := range actors {
		if modules > 0 && n%(actors/uint64(modules)) == 0 {
			seq++
			putCode(t, s, p, seq, noise(size, n))
		}
		b := s.NewBatch()
		for i := range 4 {
			b.Set(p.AppendState(nil, n+1, fmt.Appendf(nil, "row %d", i)), noise(50, n))
		}
		seq++
		c := Command{Op: OpMessage, Sequence: seq}
		b.SetCommand(p.AppendLog(nil, seq), c.Append(nil), c.Hash())
		b.Set(p.AppendReceipt(nil, seq), noise(200, n))
		apply(t, s, b)
	}
	if err := s.db.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := s.db.Compact(t.Context(), []byte{0}, []byte{255}, false); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return openTest(t, dir, opts)
}

// ranges walks through the state of an actor and returns how many rows there were, and how many bytes Pebble looked at.
func ranges(t testing.TB, s *Store, n uint64) (rows int, loaded uint64) {
	p := Partition(0)
	it, err := s.Iter(p.AppendStatePrefix(nil, n), p.AppendStatePrefix(nil, n+1))
	if err != nil {
		t.Fatal(err)
	}
	for ok := it.First(); ok; ok = it.Next() {
		rows++
	}
	loaded = it.inner.Stats().InternalStats.BlockBytes
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	return rows, loaded
}

// TestRangesBesideCode: to walk through the state of an actor never means to read a module, whatever lies beside it.
func TestRangesBesideCode(t *testing.T) {
	const actors = 300
	s := storeWithCode(t, actors, 3, 4<<20)
	defer s.Close()
	most := uint64(0)
	for n := uint64(1); n <= actors; n++ {
		rows, loaded := ranges(t, s, n)
		if rows != 4 {
			t.Fatalf("actor %d has %d rows", n, rows)
		}
		most = max(most, loaded)
	}
	t.Logf("%d bytes of blocks at most", most)
	if most > 4*pieceSize {
		t.Errorf("a range over four small rows looks at %d bytes", most)
	}
}

func BenchmarkRangeBesideCode(b *testing.B) {
	for _, modules := range []int{0, 4} {
		b.Run(fmt.Sprintf("modules=%d", modules), func(b *testing.B) {
			const actors = 400
			s := storeWithCode(b, actors, modules, 8<<20)
			defer s.Close()
			b.ReportAllocs()
			for n := uint64(0); b.Loop(); n++ {
				ranges(b, s, n*41%actors+1)
			}
		})
	}
}

// TestCrashBetweenPieces crashes the disk everywhere while code is written. What is left of it is all or nothing, and all
// of what was acknowledged.
func TestCrashBetweenPieces(t *testing.T) {
	t.Parallel()
	p := Partition(0)
	var list [3][]byte
	for i := range list {
		list[i] = noise(2*pieceSize+1, uint64(i))
	}
	opts := func(disk *simdisk.Disk) *Options {
		return &Options{FS: disk, MemTableSize: 256 << 10, CacheSize: 1 << 20}
	}
	runs, torn := 0, 0
	for n := 1; ; n += stride() {
		disk := simdisk.New()
		disk.CrashAt(n, 20*(n%6), uint64(n))
		acked := 0
		s := openTest(t, "db", opts(disk))
		for i, code := range list {
			putCode(t, s, p, uint64(i+1), code)
			if _, crashed := disk.Crashed(); !crashed {
				acked = i + 1
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		after, crashed := disk.Crashed()
		if !crashed {
			break
		}
		runs++
		s = openTest(t, "db", opts(after))
		for i, code := range list {
			got, ok, err := p.ReadCode(s, sha256.Sum256(code))
			c, logged, logErr := p.ReadCommand(s, uint64(i+1))
			if err != nil || logErr != nil || ok != logged || ok && (!bytes.Equal(got, code) || !bytes.Equal(c.Message.Body, code)) {
				t.Errorf("crash at %d: code %d is there: %t, %v; its command: %t, %v", n, i, ok, err, logged, logErr)
			}
			if !ok && i < acked {
				t.Errorf("crash at %d: code %d was acknowledged and is lost", n, i)
			}
			if !ok {
				torn++
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d runs, %d times code was not there", runs, torn)
	if runs == 0 || torn == 0 {
		t.Error("no crash was in between")
	}
}
