package typed_test

import (
	"context"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
)

func panics(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

func execute[M any](h func(*typed.Call, M) error) func() {
	return func() { typed.New(typed.OnExecute(h)) }
}

func noop[M any](*typed.Call, M) error { return nil }

type generic[T any] struct{ X T }

type twice struct {
	Common
	A int `json:"memo"`
}

type nameless struct{}

func (nameless) MessageName() string { return "" }

// TestMistakes checks that what is wrong in the source of an actor is said when the program starts.
func TestMistakes(t *testing.T) {
	tick := typed.OnExecute(noop[Tick])
	for name, test := range map[string]struct {
		do   func()
		want string
	}{
		"two handlers":     {func() { typed.New(tick, tick) }, "two handlers"},
		"two instantiates": {func() { typed.New(typed.OnInstantiate(noop[Tick]), typed.OnInstantiate(noop[Tick])) }, "two handlers"},
		"two replies": {func() {
			r := typed.OnReply(1, func(*typed.Call, *typed.Reply[typed.None]) error { return nil })
			typed.New(r, r)
		}, "two handlers"},
		"virtual":     {func() { typed.New(typed.Virtual()) }, "OnInstantiate"},
		"no struct":   {execute(noop[int]), "is a struct"},
		"pointer":     {execute(noop[*Tick]), "is a struct"},
		"generic":     {execute(noop[generic[int]]), "MessageName"},
		"nameless":    {execute(noop[nameless]), "MessageName"},
		"channel":     {execute(noop[struct{ C chan int }]), "C: chan int has no form"},
		"interface":   {execute(noop[struct{ E error }]), "error has no form"},
		"big integer": {execute(noop[struct{ N *big.Int }]), "big.Int has no form"},
		"field twice": {execute(noop[twice]), `two fields named "memo"`},
		"float key":   {execute(noop[struct{ M map[float64]int }]), "keys of a map"},
		"integer names": {execute(noop[struct {
			N int `cbor:"1,keyasint"`
		}]), "keyasint"},
		"key of a map":   {func() { typed.NewMap[float64, int]("x") }, "cannot be a key"},
		"value of a map": {func() { typed.NewMap[string, chan int]("x") }, "cannot be stored"},
		"slash":          {func() { typed.NewMap[string, int]("a/b") }, "name of a state helper"},
		"no name":        {func() { typed.NewValue[int]("") }, "name of a state helper"},
		"encode":         {func() { typed.Encode(5) }, "a message is a struct"},
		"encode nil":     {func() { typed.Encode(nil) }, "a message is a struct"},
		"encode channel": {func() { typed.EncodeValue(make(chan int)) }, "no form in CBOR"},
	} {
		if got := fmt.Sprint(panics(test.do)); !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q in it", name, got, test.want)
		}
	}
}

// TestAborts checks how a handler ends that a helper of this package has stopped.
func TestAborts(t *testing.T) {
	count := typed.NewCounter("n")
	for name, test := range map[string]struct {
		do   func(c *typed.Call)
		want string
	}{
		"corrupt value": {func(c *typed.Call) {
			c.State.Set([]byte("balances/x"), []byte{0xff})
			balances.Get(c.State, "x")
		}, `corrupt_state: the value at "balances/x" is not of the type that the actor expects`},
		"corrupt value in a range": {func(c *typed.Call) {
			c.State.Set([]byte("balances/x"), typed.EncodeValue("text"))
			for range balances.All(c.State) {
			}
		}, `corrupt_state: the value at "balances/x" is not of the type that the actor expects`},
		"corrupt key": {func(c *typed.Call) {
			m := typed.NewMap[uint64, bool]("m")
			c.State.Set([]byte("m/b1"), typed.EncodeValue(true))
			for range m.All(c.State) {
			}
		}, `corrupt_state: the key at "m/b1" is not of the type that the actor expects`},
		"overflow": {func(c *typed.Call) {
			count.Add(c.State, 1<<64-1)
			count.Next(c.State)
		}, "overflow: the counter n stands at 18446744073709551615 and cannot take 1 more"},
		"odd attributes":     {func(c *typed.Call) { c.Emit("event", anys("a b c")...) }, "invalid_event: attributes come in pairs, but there are 3 keys and values"},
		"key of attribute":   {func(c *typed.Call) { c.Emit("event", 1, 2) }, "invalid_event: the key of attribute 1 is not a string"},
		"value of attribute": {func(c *typed.Call) { c.Attribute("k", []int{1}) }, "invalid_event: the attribute k has no text: pass a string"},
		"message":            {func(c *typed.Call) { c.Execute("x", 5) }, "invalid_message: a message is a struct or a pointer to one"},
		"return":             {func(c *typed.Call) { c.Return(func() {}) }, "invalid_message: a value cannot be encoded: a part of it has no form in CBOR"},
	} {
		a := typed.New(typed.OnExecute(func(c *typed.Call, _ Tick) error { test.do(c); return nil }))
		res, err := a.Execute(context.Background(), newEnv(), actor.Message{Body: typed.Encode(Tick{})})
		if err == nil || err.Error() != test.want || !reflect.ValueOf(res).IsZero() {
			t.Errorf("%s: got %v, %v, want %s", name, res, err, test.want)
		}
		code(t, err)
	}
}

func anys(words string) (list []any) {
	for word := range strings.FieldsSeq(words) {
		list = append(list, word)
	}
	return list
}

// shy is encoded by code of its author, which nobody may run before there is a value.
type shy struct{ ready bool }

func (s shy) MarshalText() ([]byte, error) {
	if !s.ready {
		panic("there is no value yet")
	}
	return []byte("shy"), nil
}

func (s *shy) UnmarshalText([]byte) error {
	s.ready = true
	return nil
}

type Meet struct {
	Who   shy              `json:"who"`
	Crowd map[string][]shy `json:"crowd,omitempty"`
}

// TestNewRunsNoMarshalers checks that to make an actor is to look at its types, and not to encode their zero values.
func TestNewRunsNoMarshalers(t *testing.T) {
	stored := typed.NewMap[string, Meet]("stored")
	a := typed.New(typed.OnExecute(func(c *typed.Call, m Meet) error {
		stored.Set(c.State, "it", m)
		return nil
	}))
	env := &actor.Env{State: &actor.MemState{}}
	if _, err := a.Execute(t.Context(), env, actor.Message{Body: []byte(`{"meet": {"who": "x"}}`)}); err != nil {
		t.Fatal(err)
	}
	if m, ok := stored.Get(env.State, "it"); !ok || !m.Who.ready {
		t.Errorf("stored is %v, %v", m, ok)
	}
}
