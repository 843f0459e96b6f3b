package main

import (
	"errors"
	"math"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

// TestCounter calls the actor as a host does, without any host: natively, one call at a time.
func TestCounter(t *testing.T) {
	state := &actor.MemState{}
	send := func(sender actor.Address, msg any) error {
		env := &actor.Env{Self: "counter", Sender: sender, State: state}
		_, err := Counter().Execute(t.Context(), env, actor.Message{Body: typed.Encode(msg)})
		return err
	}
	owner.Set(state, "alice")
	for _, test := range []struct {
		sender actor.Address
		msg    any
		code   string // of the error; empty: it succeeds
		total  uint64
	}{
		{"alice", Add{5}, "", 5},
		{"bob", Add{2}, "", 7},
		{"bob", Add{math.MaxUint64}, "full", 7},
		{"bob", Reset{}, actor.CodeUnauthorized, 7},
		{"alice", Reset{}, "", 0},
	} {
		err := send(test.sender, test.msg)
		if test.code == "" && err != nil || test.code != "" && !errors.Is(err, &actor.Error{Code: test.code}) {
			t.Errorf("%s sends %+v: %v, want %q", test.sender, test.msg, err, test.code)
		}
		if got := total.Or(state, 0); got != test.total {
			t.Errorf("%s sends %+v: the total is %d, want %d", test.sender, test.msg, got, test.total)
		}
	}
}
