package crash

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/client"
	"github.com/troupe-run/troupe/runtime/lattice"
)

// A way leads to the process that serves now, for one key.
type way struct {
	key    claims.Key
	client *client.Client
}

// dial returns a way by HTTP. Its client asks once: to ask again is the matter of the test.
func dial(t *testing.T, p *process, key claims.Key) *way {
	t.Helper()
	transport, err := client.NewHTTP(p.URL, &client.HTTPOptions{Connections: 64})
	if err != nil {
		t.Fatal(err)
	}
	c := client.New(transport, client.Identity{Key: key, Node: p.Node})
	c.Patience = -1
	return &way{key, c}
}

// dialNATS returns a way by NATS.
func dialNATS(t *testing.T, p *process, key claims.Key) *way {
	t.Helper()
	transport, err := lattice.Dial(t.Context(), lattice.Connection{URL: p.NATS, Key: key}, "troupe")
	if err != nil {
		t.Fatal(err)
	}
	c := client.New(transport, client.Identity{Key: key, Node: p.Node})
	c.Patience = -1
	return &way{key, c}
}

// A road is the ways to the process that serves now. They change when that is killed.
type road struct {
	mu      sync.Mutex
	ways    []*way
	changed chan struct{} // closed when they do
}

// lead gives new ways, and closes those before.
func (r *road) lead(ways []*way) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.ways {
		_ = w.client.Close()
	}
	if r.changed != nil {
		close(r.changed)
	}
	r.ways, r.changed = ways, make(chan struct{})
}

// of returns the way of a client, and a channel that is closed when it leads nowhere any more.
func (r *road) of(i int) (*way, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ways[i%len(r.ways)], r.changed
}

// undecided reports whether an error leaves open what became of a request, or says that nothing did: it is to be asked
// again.
func undecided(err error) bool {
	var failed *api.Error
	if !errors.As(err, &failed) {
		return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	}
	return failed.Code.Retry()
}

// patience is how long one attempt may take.
const patience = 20 * time.Second
