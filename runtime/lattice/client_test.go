package lattice_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/client"
)

// TestClient: a client of package client over NATS does not notice that the server went and came: what it asks is done
// once, and its watch tells every transaction once, in order.
func TestClient(t *testing.T) {
	r := newRig(t, setup{url: true})
	listen := r.server.URL()[len("nats://"):]
	alice := r.caller(api.Grant{Role: "caller"})
	c := client.New(r.dial(alice), client.Identity{Key: alice, Node: r.key.Public()})
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	const payments = 60
	from := r.head()
	watched, restarted := make(chan error, 1), make(chan struct{})
	w := client.New(r.dial(alice), client.Identity{Key: alice, Node: r.key.Public()})
	go func() {
		last, seen := from, 0
		for n, err := range w.Watch(ctx, &api.WatchRequest{Actor: "account/a", Keys: true, From: from}) {
			if err != nil || n.Sequence <= last {
				watched <- fmt.Errorf("behind %d comes %d: %w", last, n.Sequence, err)
				return
			}
			last = n.Sequence
			if seen++; seen == payments {
				break
			}
		}
		watched <- nil
	}()
	for i := range payments {
		if i == payments/2 {
			stop, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			if err := r.server.Shutdown(stop); err != nil {
				t.Error(err)
			}
			cancel()
			go func() {
				defer close(restarted)
				time.Sleep(50 * time.Millisecond)
				r.serveNATS(setup{listen: listen})
			}()
		}
		receipt, err := c.Send(ctx, &api.SendRequest{To: "account/a", Body: payment(1, "")})
		if err != nil || !receipt.Committed {
			t.Fatalf("payment %d: %+v, %v", i, receipt, err)
		}
	}
	<-restarted
	if err := <-watched; err != nil {
		t.Error(err)
	}
	answer, err := c.Query(ctx, &api.QueryRequest{To: "account/a"})
	if err != nil || string(answer.Data) != fmt.Sprint(payments) {
		t.Errorf("%d payments of 1 make %s, %v", payments, answer.Data, err)
	}
}
