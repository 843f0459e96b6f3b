package state

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"strings"
	"testing"
)

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		n    uint64
		want string
	}{
		{0, "\x00"}, {1, "\x01\x01"}, {255, "\x01\xff"}, {256, "\x02\x01\x00"}, {math.MaxUint64, "\x08\xff\xff\xff\xff\xff\xff\xff\xff"},
	} {
		if got := appendNumber(nil, c.n); string(got) != c.want {
			t.Errorf("%d: got %x, want %x", c.n, got, c.want)
		}
	}
	for _, bad := range []string{"", "\x01", "\x01\x00", "\x02\x00\x01", "\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01", "\xff"} {
		if n, _, err := readNumber([]byte(bad)); err == nil {
			t.Errorf("%x is accepted as %d", bad, n)
		}
	}
}

func TestKeyLayout(t *testing.T) {
	p := Partition(0x0102)
	for _, c := range []struct {
		got  []byte
		want string
	}{
		{p.AppendMeta(nil, "head"), "\x01\x02\x01head"},
		{p.AppendModule(nil, "m"), "\x01\x02\x02m"},
		{p.AppendActor(nil, "a/b"), "\x01\x02\x03a/b"},
		{p.AppendState(nil, 7, []byte("k")), "\x01\x02\x04\x01\x07k"},
		{p.AppendLog(nil, 9), "\x01\x02\x05\x00\x00\x00\x00\x00\x00\x00\x09"},
		{p.AppendReceipt(nil, 9), "\x01\x02\x06\x00\x00\x00\x00\x00\x00\x00\x09"},
		{p.AppendRequest(nil, "r"), "\x01\x02\x07r"},
		{p.AppendTrace(nil, 9), "\x01\x02\x0b\x00\x00\x00\x00\x00\x00\x00\x09"},
		{p.AppendKnown(nil, 9), "\x01\x02\x0e\x00\x00\x00\x00\x00\x00\x00\x09"},
		{p.AppendCode(nil, Hash{1, 31: 2}), "\x01\x02\x0c\x01" + strings.Repeat("\x00", 30) + "\x02"},
		{appendPiece(nil, p.AppendLog(nil, 9), 258), "\x01\x02\x0d\x05\x00\x00\x00\x00\x00\x00\x00\x09\x00\x00\x01\x02"},
		{p.AppendKey(nil, "\x01head"), "\x01\x02\x01head"},
	} {
		if string(c.got) != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
		lo, hi := p.Bounds(Space(c.want[2]))
		if bytes.Compare(lo, c.got) > 0 || bytes.Compare(c.got, hi) >= 0 {
			t.Errorf("%q is not in its space", c.got)
		}
	}
	for _, bad := range []string{"", "\x00\x00", "\x00\x00\x00", "\x00\x00\x0f", "\x00\x00\x0e", "\x00\x00\x0d", "\x00\x00\x0c", "\x00\x00\x0c" + strings.Repeat("h", 33), "\x00\x00\x04", "\x00\x00\x05123",
		"\x00\x00\x0d\x05" + strings.Repeat("n", 11), "\x00\x00\x0d\x04" + strings.Repeat("n", 12), "\x00\x00\x0d\x0c" + strings.Repeat("n", 37)} {
		if _, err := ParseKey([]byte(bad)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestKeyAllocs(t *testing.T) {
	buf, key := make([]byte, 0, 64), []byte("balance")
	if n := testing.AllocsPerRun(100, func() {
		buf = Partition(1).AppendState(buf[:0], 1<<40, key)
		buf = Partition(1).AppendActor(buf[:0], "wallet/alice")
		buf = Partition(1).AppendLog(buf[:0], 77)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzParseKey: whatever is accepted is built again byte for byte.
func FuzzParseKey(f *testing.F) {
	p := Partition(3)
	for _, key := range [][]byte{
		p.AppendMeta(nil, "head"), p.AppendState(nil, 1<<20, []byte("k")), p.AppendLog(nil, 1), p.AppendRequest(nil, "id"), {0, 0, 4, 9},
		p.AppendCode(nil, Hash{7}), p.AppendCode(nil, Hash{7})[:20],
		appendPiece(nil, p.AppendCode(nil, Hash{7}), 5), appendPiece(nil, p.AppendLog(nil, 9), 1<<20), appendPiece(nil, p.AppendMeta(nil, "head"), 1),
	} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key []byte) {
		k, err := ParseKey(key)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("%x: %v", key, err)
			}
			return
		}
		if got := k.Append(nil); !bytes.Equal(got, key) {
			t.Errorf("%x becomes %+v becomes %x", key, k, got)
		}
	})
}

// FuzzStateKey: the keys of actors' states sort by number and then by the actor's own key, and come back.
func FuzzStateKey(f *testing.F) {
	f.Add(uint64(0), []byte(nil), uint64(1), []byte("a"))
	f.Add(uint64(255), []byte("z"), uint64(256), []byte("a"))
	f.Add(uint64(7), []byte("a"), uint64(7), []byte("a\x00"))
	f.Add(uint64(math.MaxUint64), []byte{255}, uint64(1<<56), []byte{0})
	f.Fuzz(func(t *testing.T, n uint64, a []byte, m uint64, b []byte) {
		p := Partition(5)
		x, y := p.AppendState(nil, n, a), p.AppendState(nil, m, b)
		order := cmp.Compare(n, m)
		if order == 0 {
			order = bytes.Compare(a, b)
		}
		if got := bytes.Compare(x, y); got != order {
			t.Errorf("(%d, %x) and (%d, %x) compare as %d", n, a, m, b, got)
		}
		k, err := ParseKey(x)
		if err != nil || k.Partition != p || k.Space != State || k.Number != n || !bytes.Equal(k.Rest, a) {
			t.Errorf("(%d, %x) comes back as %+v, %v", n, a, k, err)
		}
	})
}
