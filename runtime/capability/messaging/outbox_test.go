package messaging

import (
	"bytes"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

var box = Outbox{"shop", "default"}

func env(seed byte) *actor.Env {
	return &actor.Env{Self: "troupe.messaging/nats", Seed: [32]byte{seed}, State: &actor.MemState{}}
}

func readAll(t testing.TB, state actor.Reader, o Outbox) (rows []*Row) {
	t.Helper()
	r := NewReader(o)
	prefix := o.RowsPrefix()
	for key, value := range state.Range(prefix, actor.PrefixEnd(prefix), actor.Ascending) {
		row, err := r.Take(key, value)
		if err != nil {
			t.Fatalf("row %q: %v", key, err)
		}
		if row != nil {
			rows = append(rows, row)
		}
	}
	return rows
}

// TestOutbox: messages of all sizes come out as they were put in, in their order, and are gone when they were sent.
func TestOutbox(t *testing.T) {
	e := env(1)
	var all []messages.Message
	for _, size := range []int{0, 1, piece - 1, piece, piece + 1, 2 * piece, MaxBody} {
		m := messages.Message{Subject: "a.b", Body: bytes.Repeat([]byte{byte(size)}, size)}
		if size > 1 {
			m.ReplyTo = "c"
		}
		all = append(all, m)
		if err := put(e, box, &m); err != nil {
			t.Fatal(err)
		}
	}
	// The names of one are the beginning of those of others.
	for _, other := range []Outbox{{"shop", "default2"}, {"shop2", "default"}, {"sho", "p"}} {
		if err := put(e, other, &messages.Message{Subject: "other"}); err != nil {
			t.Fatal(err)
		}
	}
	rows := readAll(t, e.State, box)
	if len(rows) != len(all) {
		t.Fatalf("%d messages of %d", len(rows), len(all))
	}
	ids := map[string]bool{}
	for i, row := range rows {
		if row.Number != uint64(i+1) || row.Subject != all[i].Subject || row.ReplyTo != all[i].ReplyTo || !bytes.Equal(row.Body, all[i].Body) {
			t.Errorf("message %d is %d %q %q with %d bytes", i+1, row.Number, row.Subject, row.ReplyTo, len(row.Body))
		}
		ids[row.ID] = true
	}
	if len(ids) != len(all) {
		t.Errorf("%d IDs", len(ids))
	}
	if _, err := sent(e, box, pack.Marshal(&Sent{Through: 3})); err != nil {
		t.Fatal(err)
	}
	if rows = readAll(t, e.State, box); len(rows) != len(all)-3 || rows[0].Number != 4 {
		t.Errorf("%d are left", len(rows))
	}
	if _, err := sent(e, box, pack.Marshal(&Sent{Through: 2})); err != nil { // said before
		t.Error(err)
	}
	if _, err := sent(e, box, pack.Marshal(&Sent{Through: 8})); actor.AsError(err) == nil {
		t.Error("what was never there has left")
	}
	r, err := sent(e, box, pack.Marshal(&Sent{Through: 7, Dropped: []Dropped{{7, "a.b", "large"}}}))
	if err != nil || len(r.Events) != 1 || r.Events[0].Type != "message_dropped" {
		t.Errorf("%v, %v", r, err)
	}
	q, err := DecodeQueue(value(e, box.QueueKey()))
	if len(readAll(t, e.State, box)) != 0 || err != nil || q != (Queue{8, 8, 0}) {
		t.Errorf("the queue is %+v, %v", q, err)
	}
	if list := waiting(e.State); len(list) != 3 || list[0] != (Waiting{"sho", "p", 1, 0}) {
		t.Errorf("there wait %+v", list)
	}
}

func value(e *actor.Env, key []byte) []byte {
	v, _ := e.State.Get(key)
	return v
}

// TestIDs: who starts again from an earlier state names other messages otherwise.
func TestIDs(t *testing.T) {
	a, b := env(1), env(2)
	m := &messages.Message{Subject: "a"}
	if put(a, box, m) != nil || put(b, box, m) != nil || readAll(t, a.State, box)[0].ID == readAll(t, b.State, box)[0].ID {
		t.Error("two messages have one ID")
	}
}

// TestFull: an outbox has a bound in messages and in bytes.
func TestFull(t *testing.T) {
	for _, q := range []Queue{{1, 1 + MaxWaiting, 0}, {5, 6, MaxWaitingBytes}} {
		e := env(1)
		e.State.Set(box.QueueKey(), q.encode())
		err := put(e, box, &messages.Message{Subject: "a", Body: []byte("x")})
		if actor.AsError(err) == nil || actor.AsError(err).Code != CodeOutboxFull {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

func TestSubjects(t *testing.T) {
	for _, good := range []string{"a", "a.b", "_INBOX.xyz.1", "$KV.x", "orders.世界", strings.Repeat("a", MaxSubject)} {
		if err := checkSubject(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", ".", "a.", ".a", "a..b", "a b", "a\r\nPUB x 0", "a.*", ">", "a\x00", "a\xff", strings.Repeat("a", MaxSubject+1)} {
		if err := checkSubject(bad); err == nil || actor.AsError(err).Code != CodeSubject {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, subject string
		want             bool
	}{
		{">", "a", true}, {">", "a.b.c", true}, {">", "$JS.API", false}, {"$JS.>", "$JS.API", true}, {"$JS.>", "$JS", false},
		{"a.*", "a.b", true}, {"a.*", "a", false}, {"a.*", "a.b.c", false}, {"a.>", "a.b.c", true}, {"a.>", "a", false},
		{"a.b", "a.b", true}, {"a", "a.b", false}, {"a.b", "a", false}, {"*.b", "a.b", true}, {"", "a", false}, {">.a", "x.a", false},
	} {
		if got := matches(c.pattern, c.subject); got != c.want {
			t.Errorf("%q stands for %q: %v", c.pattern, c.subject, got)
		}
	}
}

func FuzzReader(f *testing.F) {
	e := env(1)
	_ = put(e, box, &messages.Message{Subject: "a.b", ReplyTo: "c", Body: []byte("body")})
	for key, value := range e.State.Range(box.RowsPrefix(), nil, actor.Ascending) {
		f.Add(key, value)
		break
	}
	f.Fuzz(func(t *testing.T, key, value []byte) {
		r := NewReader(box)
		row, err := r.Take(key, value)
		if err != nil && row != nil {
			t.Fatal("a row and an error")
		}
		_, _ = r.Take(key, value)
		if q, err := DecodeQueue(value); err == nil && len(value) > 0 && !bytes.Equal(q.encode(), value) {
			t.Fatalf("%x is %+v", value, q)
		}
	})
}
