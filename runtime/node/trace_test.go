package node

import (
	"context"
	"testing"
)

// TestTurns has one at a time, and some who wait; one more is turned away at once, and who gives up leaves its place.
func TestTurns(t *testing.T) {
	turns := newTurns(2)
	first, ok := turns.take(t.Context())
	if !ok {
		t.Fatal("nobody was before")
	}
	ctx, giveUp := context.WithCancel(t.Context())
	second := make(chan bool)
	go func() {
		_, ok := turns.take(ctx)
		second <- ok
	}()
	for len(turns.all) < 2 {
		select {
		case <-second:
			t.Fatal("the second did not wait")
		default:
		}
	}
	if _, ok := turns.take(t.Context()); ok {
		t.Error("two are as many as may be there")
	}
	giveUp()
	if <-second {
		t.Error("had its turn beside the first")
	}
	first()
	third, ok := turns.take(t.Context())
	if !ok {
		t.Fatal("nobody is before")
	}
	third()
	if len(turns.all) != 0 || len(turns.one) != 0 {
		t.Error("a place is still taken")
	}
}
