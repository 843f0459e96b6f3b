package typed

import (
	"fmt"
	"reflect"

	"github.com/troupe-run/troupe/runtime/actor"
)

// OnExecute handles the execute messages of type M. An error rolls back what the handler wrote; return an *actor.Error
// (actor.Errorf) to choose its code.
//
// If *M or M has a method Validate() error, it is called before the handler. An error of it that is no *actor.Error gets
// the code actor.CodeInvalidMessage.
func OnExecute[M any](h func(c *Call, m M) error) Handler {
	return Handler{func(a *Actor) error {
		name, s, err := messageOf[M]()
		if err != nil {
			return err
		}
		return a.execute.add(name, s, nil, named(name, s, h))
	}}
}

// OnSudo handles the sudo messages of type M: those that only the operator of the host can send. It is like OnExecute.
func OnSudo[M any](h func(c *Call, m M) error) Handler {
	return Handler{func(a *Actor) error {
		name, s, err := messageOf[M]()
		if err != nil {
			return err
		}
		return a.sudo.add(name, s, nil, named(name, s, h))
	}}
}

func named[M any](name string, s *schema, h func(c *Call, m M) error) handle {
	return func(c *Call, fields []byte) error {
		var m M
		if err := decodeFields(name, s, fields, &m); err != nil {
			return err
		}
		return h(c, m)
	}
}

// OnQuery answers the queries of type Q. The handler gets a View, which has no way to write; the answer travels as
// EncodeValue makes it, and Ask or Decode reads it.
func OnQuery[Q, A any](h func(v *View, q Q) (A, error)) Handler {
	return Handler{func(a *Actor) error {
		name, s, err := messageOf[Q]()
		if err != nil {
			return err
		}
		returns, err := schemaOf(reflect.TypeFor[A]())
		if err != nil {
			return fmt.Errorf("the answer to %q: %w", name, err)
		}
		returns.prepare()
		return a.query.add(name, s, returns, func(v *View, fields []byte) ([]byte, error) {
			var q Q
			if err := decodeFields(name, s, fields, &q); err != nil {
				return nil, err
			}
			ans, err := h(v, q)
			if err != nil {
				return nil, err
			}
			return appendValue(nil, ans), nil
		})
	}}
}

// OnInstantiate prepares a new instance. There is one type M of instantiate messages, so its body is the fields alone
// (EncodeValue), with no name around them. An empty body is malformed unless the actor is Virtual.
func OnInstantiate[M any](h func(c *Call, m M) error) Handler {
	return Handler{func(a *Actor) error { return bodyOf(&a.instantiate, "instantiate", h) }}
}

// OnMigrate takes over the state that an earlier module left. The body is as of OnInstantiate; an empty one is the
// zero message.
func OnMigrate[M any](h func(c *Call, m M) error) Handler {
	return Handler{func(a *Actor) error { return bodyOf(&a.migrate, "migrate", h) }}
}

func bodyOf[M any](slot **bodyHandler, kind string, h func(c *Call, m M) error) error {
	if *slot != nil {
		return fmt.Errorf("two handlers for %s", kind)
	}
	s, err := structOf(reflect.TypeFor[M]())
	if err != nil {
		return err
	}
	*slot = &bodyHandler{s, func(c *Call, body []byte) error {
		var m M
		if err := decodeBody(kind, s, body, &m); err != nil {
			return err
		}
		return h(c, m)
	}}
	return nil
}

// Virtual lets the first message to an address instantiate the actor there: such an instantiation has no body, and the
// handler of OnInstantiate then gets the zero message. An actor has to say so, because a zero message is seldom a
// meaningful one: a currency without a minter, for one, is a loss.
func Virtual() Handler {
	return Handler{func(a *Actor) error {
		a.virtual = true
		return nil
	}}
}

// Reply is the outcome of a sub-message. Payload is what the sub-message was given by Sub.Payload, the zero value if it
// was given none. Read the data of the callee by Decode[T](r.Data).
type Reply[P any] struct {
	actor.Reply
	Payload P
}

// None is the payload of sub-messages that carry none, or none that the handler of the reply wants to see.
type None struct{}

// OnReply handles the replies with the ID, whose sub-messages carry a payload of type P. It is called in the cases that
// the sub-message asked for; r.Err tells them apart. Its own Return replaces the data of the call that asked.
func OnReply[P any](id uint64, h func(c *Call, r *Reply[P]) error) Handler {
	return Handler{func(a *Actor) error {
		if a.replies[id] != nil {
			return fmt.Errorf("two handlers for reply %d", id)
		}
		a.replies[id] = replying(h)
		return nil
	}}
}

// OnAnyReply handles the replies whose ID has no handler of its own.
func OnAnyReply[P any](h func(c *Call, r *Reply[P]) error) Handler {
	return Handler{func(a *Actor) error {
		if a.reply != nil {
			return fmt.Errorf("two handlers for any reply")
		}
		a.reply = replying(h)
		return nil
	}}
}

func replying[P any](h func(c *Call, r *Reply[P]) error) replyHandle {
	s, err := schemaOf(reflect.TypeFor[P]())
	if err == nil {
		s.prepare()
	} else {
		s = nil // the payload is one that no message could be; it is left to the library
	}
	return func(c *Call, reply actor.Reply) error {
		r := &Reply[P]{Reply: reply}
		if _, none := any(r.Payload).(None); !none && len(reply.Payload) > 0 {
			p, err := decodeValue[P](reply.Payload, s)
			if err != nil {
				return actor.Errorf(actor.CodeMalformed, "the payload of reply %d does not fit its handler", reply.ID)
			}
			r.Payload = p
		}
		return h(c, r)
	}
}
