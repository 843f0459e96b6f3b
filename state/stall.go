package state

import "sync"

// Unmerged tables: from stallAt on writers wait, because every read has to look into each of them.
const stallAt = 24

// stall makes writers wait for compactions. Pebble could do that itself, but a writer that waits inside Pebble holds
// its commit lock and cannot be woken when the store fails, so that Close would wait for it forever.
type stall struct {
	mu    sync.Mutex
	cond  sync.Cond
	dirty bool // the tables have changed since full was set
	full  bool
}

func newStall() *stall {
	st := &stall{dirty: true}
	st.cond.L = &st.mu
	return st
}

// changed is called by Pebble with its own lock held, so that it must not ask Pebble anything.
func (st *stall) changed() {
	st.mu.Lock()
	st.dirty = true
	st.mu.Unlock()
	st.cond.Broadcast()
}

// wait returns when the store takes another batch, or why it does not.
func (st *stall) wait(s *Store) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	for {
		switch {
		case st.dirty:
			st.dirty = false
			st.mu.Unlock()
			sublevels, err := s.sublevels()
			st.mu.Lock()
			if err != nil {
				st.dirty = true
				return err
			}
			st.full = sublevels >= stallAt
		case st.full:
			st.cond.Wait()
		default:
			return nil
		}
	}
}

// sublevels is how many tables a read has to look into before the merged levels.
func (s *Store) sublevels() (n int32, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(); err != nil {
		return 0, err
	}
	defer s.catch("metrics", &err)
	return s.db.Metrics().Levels[0].Sublevels, nil
}
