package txn

import "github.com/troupe-run/troupe/state"

// OnSnapshot returns a Tx that reads a snapshot, for queries. What is written to it is lost: to commit it is a bug, and
// panics. Any number of them may be used at once, each by one goroutine. End it with Rollback before the snapshot is closed.
func OnSnapshot(snap *state.Snapshot) *Tx {
	o := &overlay{base: onSnapshot{snap}}
	o.reset()
	return &Tx{o: o}
}

type onSnapshot struct{ snap *state.Snapshot }

func (s onSnapshot) get(key []byte) (cached, error) {
	value, ok, err := s.snap.Get(key)
	return cached{string(key), present(value, ok)}, err
}

func (s onSnapshot) sources(lower, upper []byte, reverse bool) ([]source, error) {
	it, err := s.snap.Iter(lower, upper)
	if err != nil {
		return nil, err
	}
	return []source{&storeSource{iter: it, reverse: reverse}}, nil
}

func (onSnapshot) publish([]Write) { panic("txn: a transaction on a snapshot was committed") }

func (onSnapshot) end() {}
