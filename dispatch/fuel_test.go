package dispatch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/actor"
)

// tank is what code that counts its instructions finds in its services.
type tank interface {
	FuelLeft() uint64
	UseFuel(n uint64)
}

// burner uses the amounts of fuel in the message, one after another, and says what was left in between.
func burner(_ context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	services := env.Services.(tank)
	var said []string
	for word := range strings.FieldsSeq(string(msg.Body)) {
		var n uint64
		if word == "sub" {
			return actor.Response{Data: []byte(strings.Join(said, " ")),
				Messages: []actor.SubMsg{{Msg: actor.Message{To: "burner", Body: []byte("3")}}}}, nil
		}
		if _, err := fmt.Sscan(word, &n); err != nil {
			return actor.Response{}, err
		}
		services.UseFuel(n)
		said = append(said, fmt.Sprintf("%d/%d", services.FuelLeft(), env.GasLeft()))
	}
	return actor.Response{Data: []byte(strings.Join(said, " "))}, nil
}

func TestFuel(t *testing.T) {
	e := start(t, openStore(t, ""), goActors{"burner": burner}, Options{})
	for _, c := range []struct {
		gas, fuel  uint64
		body, data string
		used       uint64
		code       string
	}{
		{10, 0, "0 1 2 1 4 5", "40/10 39/10 37/10 36/9 32/8 27/7", 3, ""},
		{10, 4, "39", "1/1", 9, ""},
		{10, 4, "3 36", "37/10 1/1", 9, ""},
		{10, 4, "40", "", 10, actor.CodeOutOfGas}, // rule S24: all is too much
		{10, 4, "41", "", 10, actor.CodeOutOfGas},
		{10, 1, "4 5", "6/6 1/1", 9, ""},
		{10, 1, "10", "", 10, actor.CodeOutOfGas},
		{10, 1000, "9999", "1/1", 9, ""},
		{10, 1, "18446744073709551615", "", 10, actor.CodeOutOfGas},
		{10, 4, "3 18446744073709551615", "", 10, actor.CodeOutOfGas},
		{10, 4, "3 sub", "37/10", 0, ""}, // the rest of one call is none of another's
		{math.MaxUint64, 4, "4", "18446744073709551615/18446744073709551614", 1, ""},
	} {
		config := Config{Limits: Limits{Gas: c.gas}, Gas: Gas{Fuel: c.fuel}}
		if err := e.Configure(t.Context(), config, ""); err != nil {
			t.Fatal(err)
		}
		req := message("burner")
		req.Message.Body = []byte(c.body)
		r, err := e.Submit(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		code := ""
		if r.Err != nil {
			code = r.Err.Code
		}
		if string(r.Data) != c.data || r.GasUsed != c.used || code != c.code {
			t.Errorf("%d gas of %d, %s: data %q, %d gas, error %q, want %q, %d, %q",
				c.gas, c.fuel, c.body, r.Data, r.GasUsed, code, c.data, c.used, c.code)
		}
	}
}

// A configuration that was written before there was fuel is the same as one that names the default.
func TestConfigWithoutFuel(t *testing.T) {
	with, without := *DefaultGas(), *DefaultGas()
	with.Fuel, without.Fuel = DefaultFuel, 0
	a, b := Config{Gas: with}.Encode(), Config{Gas: without}.Encode()
	if string(a) != string(b) || strings.Contains(string(a), "fuel") {
		t.Errorf("got %s and %s", a, b)
	}
	with.Fuel = 7
	c, err := DecodeConfig(Config{Gas: with}.Encode())
	if err != nil || c.Gas.Fuel != 7 {
		t.Errorf("got %+v, %v", c, err)
	}
	const old = `{"limits":{"depth":5},"gas":{"call":500,"query":500,"read":200,"read_byte":1,"write":400,"write_byte":4,"delete":300,"range":200,"event_byte":2}}`
	if c, err = DecodeConfig([]byte(old)); err != nil || c.Gas != without {
		t.Errorf("got %+v, %v", c, err)
	}
}

// What fails under an actor is no outcome, be it asked for by another that would catch everything; others go on.
func TestEngineFault(t *testing.T) {
	broken := errors.New("no memory")
	engine := func(_ context.Context, env *actor.Env, _ actor.Message) (actor.Response, error) {
		defer func() { recover() }() // the actor shall not be able to swallow it
		env.Services.(interface{ Fault(error) }).Fault(broken)
		return actor.Response{}, nil
	}
	parent := func(_ context.Context, _ *actor.Env, _ actor.Message) (actor.Response, error) {
		return actor.Response{Messages: []actor.SubMsg{{Msg: actor.Message{To: "engine"}, ReplyOn: actor.ReplyAlways}}}, nil
	}
	e := start(t, openStore(t, ""), goActors{"engine": engine, "parent": parent, "count": count}, Options{})
	head := e.Head()
	for _, to := range []actor.Address{"engine", "parent"} {
		var fault *EngineError
		r, err := e.Submit(t.Context(), message(to))
		if !errors.As(err, &fault) || !errors.Is(err, broken) || fault.Actor != "engine" || fault.Module != "engine" || r != nil {
			t.Errorf("%s: %+v, %v", to, r, err)
		}
	}
	if e.Head() != head || e.Err() != nil {
		t.Errorf("the head moved to %+v, the executor says %v", e.Head(), e.Err())
	}
	if r, err := e.Submit(t.Context(), message("count")); err != nil || r.Err != nil {
		t.Errorf("the next transaction: %+v, %v", r, err)
	}
}
