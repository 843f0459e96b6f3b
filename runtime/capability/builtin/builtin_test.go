package builtin_test

import (
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability/builtin"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// call is a call of an actor whose lines end in said.
func call(said *[]string) *builtin.Call {
	env := actor.Env{Span: 3}
	return &builtin.Call{Rand: env.Rand(), State: &actor.MemState{}, Say: func(level, text string) { *said = append(*said, level+" "+text) }}
}

// ask performs an operation that must succeed, and decodes the answer.
func ask[T any](t *testing.T, c *builtin.Call, operation string, arg any) (out T) {
	t.Helper()
	var payload []byte
	if arg != nil {
		payload = pack.Marshal(arg)
	}
	answer, err := c.Serve(operation, payload)
	if err != nil {
		t.Fatalf("%s: %v", operation, err)
	}
	if e := pack.Unmarshal(answer, &out); e != nil {
		t.Fatalf("%s answers %x: %v", operation, answer, e)
	}
	return out
}

func TestLogging(t *testing.T) {
	var said []string
	c := call(&said)
	for _, level := range []string{"trace", "DEBUG", "warning", "critical", "loud"} {
		ask[struct{}](t, c, messages.WriteLog, messages.LogEntry{Level: level, Text: "x"})
	}
	ask[struct{}](t, c, "WriteLog", messages.OldLogEntry{Level: "error", Target: "db", Text: "y"})
	want := []string{"trace x", "debug x", "warn x", "critical x", "info x", "error db: y"}
	if !slices.Equal(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
}

var uuid4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// TestNumbers draws many numbers: all must be in range, both ends must occur, and another execution must draw the same.
func TestNumbers(t *testing.T) {
	var first []any
	for round := range 2 {
		c := call(nil)
		var drawn []any
		for range 200 {
			guid := ask[string](t, c, messages.GenerateGUID, nil)
			if !uuid4.MatchString(guid) {
				t.Fatalf("%q is no UUID of version 4", guid)
			}
			n := ask[uint32](t, c, messages.RandomInRange, messages.RangeLimit{Min: 5, Max: 7})
			old := ask[uint32](t, c, "RequestRandom", messages.RangeLimit{Min: 5, Max: 7})
			if n < 5 || n > 7 || old < 5 || old > 6 {
				t.Fatalf("drew %d from 5 to 7, and %d from 5 to below 7", n, old)
			}
			drawn = append(drawn, guid, n, old, ask[uint32](t, c, messages.Random32, nil))
			ask[uint32](t, c, messages.RandomInRange, messages.RangeLimit{Max: math.MaxUint32})
		}
		for _, end := range []any{uint32(5), uint32(7)} {
			if !slices.Contains(drawn, end) {
				t.Errorf("never drew %v", end)
			}
		}
		if round == 0 {
			first = drawn
		} else if !slices.Equal(first, drawn) {
			t.Error("another execution draws other numbers")
		}
	}
}

// TestExtras has the shapes of host 0.18 and those of later actors.
func TestExtras(t *testing.T) {
	c := call(nil)
	r := ask[messages.GeneratorResult](t, c, "RequestGuid", messages.GeneratorRequest{GUID: true})
	if r.GUID == nil || !uuid4.MatchString(*r.GUID) {
		t.Errorf("the result is %+v", r)
	}
	if guid := ask[string](t, c, "RequestGuid", nil); !uuid4.MatchString(guid) {
		t.Errorf("the guid is %q", guid)
	}
	if r := ask[messages.GeneratorResult](t, c, "RequestRandom", messages.GeneratorRequest{Random: true, Min: 9, Max: 9}); r.RandomNumber != 9 || r.GUID != nil {
		t.Errorf("the result is %+v", r)
	}
	for want := range uint64(3) {
		if r := ask[messages.GeneratorResult](t, c, "RequestSequence", messages.GeneratorRequest{Sequence: true}); r.SequenceNumber != want*2 {
			t.Errorf("number %d of the sequence is %d", want*2, r.SequenceNumber)
		}
		if n := ask[uint64](t, c, "RequestSequence", nil); n != want*2+1 {
			t.Errorf("number %d of the sequence is %d", want*2+1, n)
		}
	}
}

func TestRefused(t *testing.T) {
	var said []string
	query := &builtin.Call{Say: func(level, text string) { said = append(said, text) }}
	full := &builtin.Call{Rand: rand.New(rand.NewPCG(1, 1)), State: &actor.MemState{}, Say: query.Say}
	for _, c := range []struct {
		call      *builtin.Call
		operation string
		payload   []byte
		code      string
	}{
		{query, messages.GenerateGUID, nil, actor.CodeReadOnly},
		{query, "RequestSequence", nil, actor.CodeReadOnly},
		{full, messages.RandomInRange, pack.Marshal(messages.RangeLimit{Min: 2, Max: 1}), actor.CodeMalformed},
		{full, "RequestRandom", pack.Marshal(messages.RangeLimit{Min: 2, Max: 1}), actor.CodeMalformed},
		{full, messages.WriteLog, []byte{0x81}, actor.CodeMalformed},
		{full, "Logging.Other", nil, actor.CodeUnknownMessage},
	} {
		if _, err := c.call.Serve(c.operation, c.payload); err == nil || err.Code != c.code {
			t.Errorf("%s: %v, want %s", c.operation, err, c.code)
		}
	}
	if _, err := query.Serve(messages.WriteLog, pack.Marshal(messages.LogEntry{Level: "info", Text: "x"})); err != nil || len(said) != 1 {
		t.Errorf("a query cannot log: %v", err)
	}
}
