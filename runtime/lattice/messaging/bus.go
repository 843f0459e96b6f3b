package messaging

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/edge"
)

// A Bus is what the halves of the links of one host share. Its methods may be called from any goroutine.
type Bus struct {
	// name is one that no other Bus has.
	name string
	// ackTime is how long a stream may take to say that it has what was published. Somebody else may listen on the subject, and the
	// server does not say then that there is no stream.
	ackTime time.Duration

	mu sync.Mutex
	// lines are the connections that work, of which a new one takes the place of the one before.
	lines map[linkKey]*line
	// opened is closed when there is another.
	opened chan struct{}
	// senders are those who send what waits in an outbox, or would like to.
	senders map[linkKey]*sender
	// stuck are the links of which a server refused a message: theirs leave one by one until the outbox is empty, so that those
	// before it are not sent again with it.
	stuck map[linkKey]bool
}

// linkKey names a link.
type linkKey struct {
	provider actor.Address
	actor    actor.Address
	link     string
}

func keyOf(at *edge.At) linkKey { return linkKey{at.Provider.Address, at.Link.Actor, at.Link.Name} }

// A line is a connection for questions.
type line struct {
	nc     *nats.Conn
	values *Values
}

// A sender is a place for one at a time, and how many want it.
type sender struct {
	place chan struct{}
	users int
}

// New returns a Bus.
func New() *Bus {
	return &Bus{name: rand.Text(), ackTime: 10 * time.Second, lines: map[linkKey]*line{}, opened: make(chan struct{}), senders: map[linkKey]*sender{}, stuck: map[linkKey]bool{}}
}

// Kind is the kind of provider that the Bus serves.
func (b *Bus) Kind() edge.Kind {
	return edge.Kind{Name: "messaging", PerLink: true, New: func() edge.Half { return &half{bus: b} }}
}

// open makes a connection known, and returns what takes it back.
func (b *Bus) open(key linkKey, l *line) (shut func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines[key] = l
	close(b.opened)
	b.opened = make(chan struct{})
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.lines[key] == l {
			delete(b.lines, key)
		}
	}
}

// line returns the connection of a link, and waits until there is one or ctx ends: then it is nil.
func (b *Bus) line(ctx context.Context, key linkKey) *line {
	for {
		b.mu.Lock()
		l, opened := b.lines[key], b.opened
		b.mu.Unlock()
		if l != nil {
			return l
		}
		select {
		case <-opened:
		case <-ctx.Done():
			return nil
		}
	}
}

// turn waits until nobody else sends what waits in the outbox of a link, and returns what ends that.
func (b *Bus) turn(ctx context.Context, key linkKey) (end func(), err error) {
	b.mu.Lock()
	s := b.senders[key]
	if s == nil {
		s = &sender{place: make(chan struct{}, 1)}
		b.senders[key] = s
	}
	s.users++
	b.mu.Unlock()
	leave := func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if s.users--; s.users == 0 {
			delete(b.senders, key)
		}
	}
	select {
	case s.place <- struct{}{}:
		return func() { <-s.place; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, context.Cause(ctx)
	}
}

func (b *Bus) isStuck(key linkKey) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stuck[key]
}

func (b *Bus) setStuck(key linkKey, is bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if is {
		b.stuck[key] = true
	} else {
		delete(b.stuck, key)
	}
}

// digest makes one short text of some that may be long: what they were cannot be told apart in another way.
func digest(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:20])
}
