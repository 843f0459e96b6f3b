package keyvalue

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// FuzzServe performs any operation with any payload on a store that has a key of each kind, in a transaction and in a query,
// where nothing may change. It must be done or be refused with a code.
func FuzzServe(f *testing.F) {
	names := slices.Sorted(maps.Keys(operations))
	for i := range names {
		f.Add(uint8(i), pack.Marshal("l"))
		f.Add(uint8(i), pack.Marshal([]string{"s", "s2"}))
		f.Add(uint8(i), pack.Marshal(&messages.IncrementArgs{Key: "t", Value: -1}))
		f.Add(uint8(i), pack.Marshal(&messages.ListRangeArgs{ListName: "l", Stop: -1}))
		f.Add(uint8(i), pack.Marshal(map[string]string{"setName": "s", "listName": "l", "value": "a"}))
	}
	f.Fuzz(func(t *testing.T, which uint8, payload []byte) {
		state := &actor.MemState{}
		s := &store{rows: state, state: state, now: time.Unix(1_700_000_000, 0), space: "\x00"}
		for _, step := range []struct {
			op  string
			arg any
		}{
			{messages.Set, messages.SetArgs{Key: "t", Value: "7", Expires: 1}}, {messages.ListAdd, messages.ListArgs{ListName: "l", Value: "a"}},
			{messages.ListAdd, messages.ListArgs{ListName: "l", Value: "b"}}, {messages.SetAdd, messages.SetMember{SetName: "s", Value: "a"}},
		} {
			if _, err := operations[step.op].serve(s, pack.Marshal(step.arg)); err != nil {
				t.Fatal(err)
			}
		}
		name := names[int(which)%len(names)]
		for _, reads := range []bool{true, false} {
			if reads {
				if operations[name].writes {
					continue
				}
				s.state = nil
			} else {
				s.state = state
			}
			answer, err := operations[name].serve(s, payload)
			var e *actor.Error
			if err != nil && (!errors.As(err, &e) || e.Code == "") {
				t.Fatalf("%s %x fails with %v, which has no code", name, payload, err)
			}
			if _, err := pack.ToJSON(answer); err != nil {
				t.Fatalf("%s %x answers %x: %v", name, payload, answer, err)
			}
		}
	})
}
