package state

import "sync"

// handles are the open snapshots and iterators of a store, so that Close can close them first: Pebble has none of its own
// checks for their use after that.
type handles struct {
	mu   sync.Mutex
	head link // a ring; its next is nil when it was never used
}

// link makes its owner a member of handles. It is embedded, so that membership allocates nothing.
type link struct {
	prev, next *link
	owner      interface{ shut() error }
}

func (h *handles) add(l *link, owner interface{ shut() error }) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.head.next == nil {
		h.head.prev, h.head.next = &h.head, &h.head
	}
	l.owner = owner
	l.prev, l.next = h.head.prev, &h.head
	l.prev.next, l.next.prev = l, l
}

func (h *handles) remove(l *link) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(l)
}

func (h *handles) drop(l *link) {
	if l.next != nil {
		l.prev.next, l.next.prev = l.next, l.prev
		l.prev, l.next = nil, nil
	}
}

// shut closes all members. None can be added any more. Their errors are those of reads that their users have seen.
func (h *handles) shut() {
	for {
		h.mu.Lock()
		l := h.head.next
		if l == nil || l == &h.head {
			h.mu.Unlock()
			return
		}
		h.drop(l)
		h.mu.Unlock()
		_ = l.owner.shut()
	}
}
