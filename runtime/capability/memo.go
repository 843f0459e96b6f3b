package capability

import "sync"

// A Memo holds rows that were decoded, by their bytes, so that what is looked up often is decoded once. What it returns
// depends on the bytes alone. Its zero value is ready, and it is for any number of goroutines; what reads rows for as long as
// a host is open keeps one, and gives it to each Table.
type Memo struct {
	actors    memory[Actor]
	providers memory[Provider]
	links     memory[Link]
	anchors   memory[Anchor]
}

// memory is a Memo of one kind of row.
type memory[T any] struct {
	mu      sync.RWMutex
	decoded map[string]*T
	bytes   int
}

// maxMemory bounds the bytes of the rows that are kept, of each kind. When there are more all are forgotten.
const maxMemory = 8 << 20

// recall decodes a row, nil if it cannot be read. A nil memory forgets everything.
func (m *memory[T]) recall(b []byte, decode func([]byte) (*T, error)) *T {
	if m == nil {
		row, _ := decode(b)
		return row
	}
	m.mu.RLock()
	row, ok := m.decoded[string(b)]
	m.mu.RUnlock()
	if ok {
		return row
	}
	row, _ = decode(b)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bytes += len(b); m.bytes > maxMemory || m.decoded == nil {
		m.decoded, m.bytes = map[string]*T{}, len(b)
	}
	m.decoded[string(b)] = row
	return row
}
