package state

import "sync"

// handles are the open snapshots and iterators of a store, so that Close can close them first: Pebble has none of its own
// checks for their use after that.
//
// A member leaves only when nobody uses it any more: when Pebble has closed it, and not when somebody has begun to. Pebble
// releases memory and deletes files at the end of an iterator, with channels that closing the database closes. So whoever
// closes a member closes it in Pebble first, under the member's own lock, and removes it then; and shut, which finds it
// here until then, waits for that lock.
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

// remove ends a membership. Pebble has closed the owner of l.
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

// shut closes all members, and returns when Pebble has closed them, be it here or elsewhere. The store has been closed, so
// that none is added any more but iterators over a snapshot that is a member itself. Their errors are those of reads that
// their users have seen.
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
