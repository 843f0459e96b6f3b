package server

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/blobstore"
	"github.com/troupe-run/troupe/runtime/capability/edge"
	"github.com/troupe-run/troupe/runtime/capability/httpclient"
)

// A stubborn half works until its channel is closed, whatever it is told.
type stubborn struct{ until chan struct{} }

func (s stubborn) Run(_ context.Context, _ edge.At, ready func(string)) error {
	ready("works")
	<-s.until
	return nil
}

// A half that does not end keeps the server no longer than the time it has to stop.
func TestAHalfThatDoesNotEnd(t *testing.T) {
	c := natsConfig(t, "off")
	c.Drain = 200 * time.Millisecond
	h, err := openPuppets(c.Dir, runtime.Options{})()
	if err != nil {
		t.Fatal(err)
	}
	operator, err := claims.NewKey(claims.UserKey)
	if err != nil {
		t.Fatal(err)
	}
	until := make(chan struct{})
	edges := &Edges{client: httpclient.New(), kinds: []edge.Kind{{Name: blobstore.Name, New: func() edge.Half { return stubborn{until} }}}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	started := make(chan Address, 1)
	go func() {
		ended <- Run(ctx, h, Options{Config: c, Version: "test", Operator: operator, Edges: edges, Started: func(a Address) { started <- a }})
	}()
	<-started
	if _, err := h.Order(t.Context(), capability.Order{Provide: []capability.ProviderOrder{{Name: "blobs", Kind: blobstore.Name}}}, "", ""); err != nil {
		t.Fatal(err)
	}
	for len(edges.Status()) == 0 || edges.Status()[0].State != capability.Healthy {
		time.Sleep(time.Millisecond)
	}
	cancel()
	select {
	case err := <-ended:
		if err == nil || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "the halves of providers have not ended") {
			t.Errorf("it ended with %v", err)
		}
		close(until)
	case <-time.After(20 * time.Second):
		t.Error("it waits for the half")
		close(until)
		<-ended
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}
