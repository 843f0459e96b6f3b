package typed

import (
	"context"
	"reflect"
	"strconv"

	"github.com/troupe-run/troupe/runtime/actor"
)

// Call is a running call of a handler that may write. It is the Env, and collects what the handler wants to happen: its
// sub-messages, events and data take effect when the handler returns nil. It belongs to the goroutine of the handler and
// must not be kept.
type Call struct {
	*actor.Env
	ctx context.Context
	res actor.Response
}

// Context returns the context of the call, for Env.Query.
func (c *Call) Context() context.Context { return c.ctx }

// Emit emits an event. The attributes come in pairs, a key and a value, as in log/slog:
//
//	c.Emit("transfer", "to", m.To, "amount", m.Amount)
//
// A value is a text, an integer, a float, a bool, or has a method String; of any other, and of an odd number, the handler
// fails with actor.CodeInvalidEvent.
func (c *Call) Emit(event string, attributes ...any) {
	c.res.Events = append(c.res.Events, actor.Event{Type: event, Attributes: pairs(nil, attributes)})
}

// Attribute adds attributes to the event by which the host itself reports this call. They are given as to Emit.
func (c *Call) Attribute(attributes ...any) {
	c.res.Attributes = pairs(c.res.Attributes, attributes)
}

// Return makes v, encoded, the data of the call: what its sender, or a reply handler of its sender, gets. It returns nil,
// so that a handler can end with it; the last one counts.
func (c *Call) Return(v any) error {
	c.res.Data = EncodeValue(v)
	return nil
}

// ReturnRaw is Return for data that is encoded already, for example that of a reply to be passed on. It keeps data.
// Nil takes back an earlier Return.
func (c *Call) ReturnRaw(data []byte) error {
	c.res.Data = data
	return nil
}

func pairs(dst []actor.Attribute, kv []any) []actor.Attribute {
	if len(kv)%2 != 0 {
		fail(actor.CodeInvalidEvent, "attributes come in pairs, but there are %d keys and values", len(kv))
	}
	if dst == nil && len(kv) > 0 {
		dst = make([]actor.Attribute, 0, len(kv)/2)
	}
	for i := 0; i < len(kv); i += 2 {
		key, ok := kv[i].(string)
		if !ok {
			fail(actor.CodeInvalidEvent, "the key of attribute %d is not a string", i/2+1)
		}
		dst = append(dst, actor.Attribute{Key: key, Value: attributeText(key, kv[i+1])})
	}
	return dst
}

// attributeText formats the value of an attribute. It takes no value whose text could differ between two runs.
func attributeText(key string, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case actor.Address:
		return string(v)
	case uint64:
		return strconv.FormatUint(v, 10)
	case interface{ String() string }:
		return v.String()
	}
	r := reflect.ValueOf(v)
	switch k := r.Kind(); {
	case k == reflect.String:
		return r.String()
	case r.CanInt():
		return strconv.FormatInt(r.Int(), 10)
	case r.CanUint():
		return strconv.FormatUint(r.Uint(), 10)
	case r.CanFloat():
		return strconv.FormatFloat(r.Float(), 'g', -1, r.Type().Bits())
	case k == reflect.Bool:
		return strconv.FormatBool(r.Bool())
	}
	fail(actor.CodeInvalidEvent, "the attribute %s has no text: pass a string", quotable(key))
	return ""
}

// View is a running query. It is the actor.View: nothing in it can write. It must not be kept.
type View struct {
	*actor.View
	ctx context.Context
}

// Context returns the context of the query.
func (v *View) Context() context.Context { return v.ctx }

// Asker is what can ask other actors: a *Call or a *View.
type Asker interface {
	ask(to actor.Address, body []byte) ([]byte, error)
}

func (c *Call) ask(to actor.Address, body []byte) ([]byte, error) {
	return c.Env.Query(c.ctx, to, body)
}

func (v *View) ask(to actor.Address, body []byte) ([]byte, error) {
	return v.View.Query(v.ctx, to, body)
}

// Ask asks another actor the typed query q and decodes its answer as an A:
//
//	balance, err := typed.Ask[uint64](c, "currency", BalanceOf{Who: m.From})
//
// In a transaction the answer counts in everything written so far. The error is an *actor.Error: the callee's own, or
// actor.CodeMalformed if the answer is no A.
func Ask[A any](c Asker, to actor.Address, q any) (A, error) {
	data, err := c.ask(to, Encode(q))
	if err != nil {
		var zero A
		return zero, err
	}
	return Decode[A](data)
}
