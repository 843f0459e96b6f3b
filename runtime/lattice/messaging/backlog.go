package messaging

import (
	"sync"

	"github.com/nats-io/nats.go"
)

// Bounds of what waits in the process until there is a slot. What is beyond is lost, as it is where nobody listens.
const (
	keptMessages = 65_536
	keptBytes    = 64 << 20
)

// A backlog holds messages that have come, and outlives the connection that they came by.
type backlog struct {
	mu       sync.Mutex
	messages []*nats.Msg
	bytes    int
	closed   bool
	lost     bool // since it last was empty
	changed  chan struct{}
}

func newBacklog() *backlog { return &backlog{changed: make(chan struct{}, 1)} }

// put adds a message, and reports whether it is the first for which there was no room.
func (b *backlog) put(m *nats.Msg) (full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.messages) >= keptMessages || b.bytes+len(m.Data) > keptBytes {
		full, b.lost = !b.lost, true
		return full
	}
	b.messages = append(b.messages, m)
	b.bytes += len(m.Data)
	b.wake()
	return false
}

// close lets take end when it has taken everything.
func (b *backlog) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.wake()
}

func (b *backlog) wake() {
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// take returns all messages, and waits until there is one. It returns nil when the backlog is closed and empty.
func (b *backlog) take() []*nats.Msg {
	for {
		b.mu.Lock()
		list, closed := b.messages, b.closed
		b.messages, b.bytes, b.lost = nil, 0, false
		b.mu.Unlock()
		if len(list) > 0 || closed {
			return list
		}
		<-b.changed
	}
}
