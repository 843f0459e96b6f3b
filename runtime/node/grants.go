package node

import (
	"bytes"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/access"
)

// known remembers the grants of keys as of a state. They are asked for with every request, and change rarely: as long as
// the state is the same nothing is read, and as long as the row is the same nothing is decoded. What is told is always that of
// the latest durable state.
type known struct {
	mu   sync.RWMutex
	keys map[string]*holder
}

// holder is what is known about one key.
type holder struct {
	upto atomic.Uint64 // the transaction as of which it is true
	row  []byte
	list []claims.Grant
}

// maxKnown bounds the keys that are remembered. Anybody can make himself a key.
const maxKnown = 4096

func (k *known) get(key string) *holder {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.keys[key]
}

func (k *known) put(key string, h *holder) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil || len(k.keys) >= maxKnown {
		k.keys = map[string]*holder{}
	}
	k.keys[key] = h
}

// errSame ends a read that has found what is known already.
var errSame = errors.New("node: the row is the same")

// Grants returns the grants of a key, be they over or not, as of the latest durable state: for a transport that lets callers in
// or not. They are not to be changed.
func (n *Node) Grants(key string) ([]claims.Grant, error) {
	list, err := n.grantsOf(key)
	if err != nil {
		return nil, n.failure(err, &request{})
	}
	return list, nil
}

// grantsOf returns the grants of a key, be they over or not. They are not to be changed.
func (n *Node) grantsOf(key string) ([]claims.Grant, error) {
	if key == "" {
		return nil, nil
	}
	head, err := n.reader.Head() // before the row, which is then at least as new
	if err != nil {
		return nil, err
	}
	old := n.known.get(key)
	if old != nil && old.upto.Load() == head.Sequence {
		return old.list, nil
	}
	fresh := &holder{}
	fresh.list, err = access.Grants(func(name []byte) ([]byte, bool, error) {
		row, ok, err := n.row(name)
		if err == nil && old != nil && bytes.Equal(row, old.row) {
			err = errSame
		}
		fresh.row = row
		return row, ok, err
	}, key)
	if errors.Is(err, errSame) {
		old.upto.Store(head.Sequence)
		return old.list, nil
	}
	if err != nil {
		return nil, err
	}
	fresh.upto.Store(head.Sequence)
	n.known.put(key, fresh)
	return fresh.list, nil
}
