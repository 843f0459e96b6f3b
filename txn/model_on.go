//go:build invariants

package txn

import (
	"bytes"
	"fmt"
	"maps"
)

// model is a full copy of what was written when a savepoint began. A rollback must meet it again.
type model struct{ written map[string][]byte }

func (m *model) save(o *overlay) { m.written = written(o) }

func (m *model) compare(o *overlay) {
	if m.written == nil {
		return
	}
	if now := written(o); !maps.EqualFunc(now, m.written, bytes.Equal) {
		panic(fmt.Sprintf("txn: rollback left %q, the savepoint began with %q", now, m.written))
	}
	if o.index != nil && o.index.Len() != len(m.written) {
		panic(fmt.Sprintf("txn: the index holds %d keys, %d are written", o.index.Len(), len(m.written)))
	}
}

func written(o *overlay) map[string][]byte {
	set := map[string][]byte{}
	for key, e := range o.entries {
		if e.dirty {
			set[key] = e.value
		}
	}
	return set
}
