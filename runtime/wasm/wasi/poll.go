package wasi

import (
	"encoding/binary"
	"math"
)

const (
	subscriptionSize = 48
	eventSize        = 32
	maxSubscriptions = 4096
	absoluteTime     = 1 // flag of a clock
	hangup           = 1 // flag of a descriptor
)

// subscription is one thing that poll_oneoff waits for.
type subscription struct {
	user [8]byte
	kind byte
	id   uint32 // of the clock, or the descriptor
	at   uint64 // when the clock rings
}

// subscribe reads a subscription that was made at the time now.
func subscribe(b []byte, now uint64) subscription {
	s := subscription{user: [8]byte(b[:8]), kind: b[8], id: binary.LittleEndian.Uint32(b[16:])}
	s.at = binary.LittleEndian.Uint64(b[24:])
	if binary.LittleEndian.Uint16(b[40:])&absoluteTime == 0 {
		s.at += now
		if s.at < now {
			s.at = math.MaxInt64
		}
	}
	s.at = min(s.at, math.MaxInt64)
	return s
}

// fails says what is wrong with a subscription of a known kind.
func (s *subscription) fails() Errno {
	switch {
	case s.kind == eventClock && s.id >= clocks:
		return inval
	case s.kind == eventRead && s.id != 0, s.kind == eventWrite && s.id != 1 && s.id != 2:
		return badf
	}
	return Success
}

// waits reports whether there is something to wait for.
func (s *subscription) waits() bool { return s.kind == eventClock && s.fails() == Success }

// poll waits for the first of n subscriptions: for nothing if there is a descriptor among them, since those are always
// ready, else until the first clock rings.
func (w *World) poll(g Guest, in, out, n, count uint32) Errno {
	if n == 0 || n > maxSubscriptions {
		return inval
	}
	list, err := g.Read(in, n*subscriptionSize)
	if err != nil {
		return fault
	}
	g.Spend(int64(n) * subscriptionSize * ByteFuel)
	began, first := w.time(), uint64(math.MaxInt64)
	for b := list; len(b) > 0; b = b[subscriptionSize:] {
		s := subscribe(b, began)
		switch {
		case s.kind > eventWrite:
			return inval
		case s.waits():
			first = min(first, s.at)
		default:
			first = 0
		}
	}
	w.sleep(first)
	var events []byte
	for b := list; len(b) > 0; b = b[subscriptionSize:] {
		s := subscribe(b, began)
		if !s.waits() || s.at <= w.time() {
			events = append(events, s.event()...)
		}
	}
	if e := put(g, out, events); e != Success {
		return e
	}
	return put32(g, count, uint32(len(events)/eventSize))
}

func (s *subscription) event() []byte {
	var b [eventSize]byte
	copy(b[:], s.user[:])
	binary.LittleEndian.PutUint16(b[8:], uint16(s.fails()))
	b[10] = s.kind
	if s.fails() == Success {
		switch s.kind {
		case eventRead:
			binary.LittleEndian.PutUint16(b[24:], hangup)
		case eventWrite:
			binary.LittleEndian.PutUint64(b[16:], maxWrite)
		}
	}
	return b[:]
}
