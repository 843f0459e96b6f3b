package access

import (
	"sync"

	"github.com/troupe-run/troupe/claims"
)

// memory holds grants that were decoded, by their encoding: who sends often is decoded once. What it returns depends on the
// encoding alone.
type memory struct {
	pauses []byte // the key

	mu      sync.Mutex
	decoded map[string][]claims.Grant
	bytes   int
}

// maxMemory bounds the encodings that are kept, in bytes. When there are more all are forgotten.
const maxMemory = 4 << 20

func newMemory() *memory {
	return &memory{pauses: []byte(pauses), decoded: map[string][]claims.Grant{}}
}

// grants decodes the grants of a key, none if b is nil. What cannot be read allows nothing.
func (m *memory) grants(b []byte) []claims.Grant {
	if b == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	list, ok := m.decoded[string(b)]
	if ok {
		return list
	}
	list, _ = claims.DecodeGrants(b)
	if m.bytes += len(b); m.bytes > maxMemory {
		clear(m.decoded)
		m.bytes = len(b)
	}
	m.decoded[string(b)] = list
	return list
}
