package claims_test

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
)

// hash is that of the request n.
func hash(n uint64) [32]byte { return sha256.Sum256(binary.BigEndian.AppendUint64(nil, n)) }

func TestReplays(t *testing.T) {
	minute := now.Add(time.Minute)
	for _, row := range []struct {
		name                  string
		before                func(*claims.Replays) error // what happened before
		issued, notAfter, now time.Time
		reason                claims.Reason
		want                  string
	}{
		{"new", nil, now, minute, now, "", ""},
		{"replayed", admit(1, minute, now), now, minute, now, claims.Replayed, "admitted before"},
		{"replayed at its end", admit(1, minute, now), now, minute, minute, claims.Replayed, ""},
		{"another before", admit(2, minute, now), now, minute, now, "", ""},
		{"over", nil, now, minute, minute.Add(1), claims.Stale, "valid until"},
		{"over and forgotten", admit(1, minute, now), now, minute, minute.Add(2 * time.Second), claims.Stale, ""},
		{"signed while an earlier run ended", nil, now.Add(-claims.MaxSkew), minute, now, "", ""},
		{"signed in an earlier run", nil, now.Add(-claims.MaxSkew - 1), minute, now, claims.Stale, "does not know whether it was seen before"},
		{"for long", nil, now, now.Add(claims.MaxLifetime + claims.MaxSkew), now, "", ""},
		{"for too long", nil, now, now.Add(claims.MaxLifetime + claims.MaxSkew + 1), now, claims.BadLifetime, "for a shorter time"},
		{"the clock was set forward and back", func(r *claims.Replays) error {
			if err := r.Admit(hash(1), now, minute, now); err != nil {
				return err
			}
			day := now.AddDate(0, 0, 1)
			return r.Admit(hash(2), day, day.Add(time.Minute), day)
		}, now, minute, now, claims.Stale, "clock of this node was set back"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := claims.NewReplays(now, 10)
			if row.before != nil {
				if err := row.before(r); err != nil {
					t.Fatal(err)
				}
			}
			err := r.Admit(hash(1), row.issued, row.notAfter, row.now)
			if row.reason == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, err, row.reason, row.want)
		})
	}
}

func admit(n uint64, notAfter, at time.Time) func(*claims.Replays) error {
	return func(r *claims.Replays) error { return r.Admit(hash(n), now, notAfter, at) }
}

func TestReplaysAreBounded(t *testing.T) {
	const most = 100
	r := claims.NewReplays(now, most)
	for n := range uint64(most) {
		notAfter := now.Add(time.Second)
		if n%2 == 0 {
			notAfter = now.Add(time.Minute)
		}
		if err := r.Admit(hash(n), now, notAfter, now); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, r.Admit(hash(most), now, now.Add(time.Minute), now), claims.Overloaded, "100 signed requests")
	refused(t, r.Admit(hash(0), now, now.Add(time.Minute), now), claims.Replayed, "")
	later := now.Add(2 * time.Second)
	if err := r.Admit(hash(most), later, later.Add(time.Minute), later); err != nil {
		t.Errorf("time made no room: %v", err)
	}
	if n := r.Len(); n != most/2+1 {
		t.Errorf("%d are remembered, want %d", n, most/2+1)
	}
	refused(t, r.Admit(hash(0), now, now.Add(time.Minute), later), claims.Replayed, "")
}

// TestReplaysAfterWrongClock: after a clock that was a day ahead for a moment the node goes on at once, but for what it may
// have forgotten.
func TestReplaysAfterWrongClock(t *testing.T) {
	r := claims.NewReplays(now, 0)
	for _, at := range []time.Time{now, now.AddDate(0, 0, 1)} {
		if err := r.Admit(hash(uint64(at.Unix())), at, at.Add(time.Minute), at); err != nil {
			t.Fatal(err)
		}
	}
	at := now.Add(2 * time.Second)
	if err := r.Admit(hash(7), at, at.Add(time.Minute), at); err != nil {
		t.Error(err)
	}
}

// TestReplaysAdmitOnce asks from many goroutines at once: each request is admitted once.
func TestReplaysAdmitOnce(t *testing.T) {
	const requests, askers = 500, 8
	r := claims.NewReplays(now, 0)
	var admitted atomic.Int64
	var wg sync.WaitGroup
	for range askers {
		wg.Go(func() {
			for n := range uint64(requests) {
				at := now.Add(time.Duration(n) * 10 * time.Millisecond)
				if r.Admit(hash(n), now, now.Add(time.Minute+time.Duration(n)*time.Second/4), at) == nil {
					admitted.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if admitted.Load() != requests || r.Len() != requests {
		t.Errorf("%d admitted and %d remembered of %d", admitted.Load(), r.Len(), requests)
	}
}
