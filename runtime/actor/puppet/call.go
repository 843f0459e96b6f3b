package puppet

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
)

// A call is one program on its way.
type call struct {
	ctx      context.Context
	env      *actor.Env // in a query only its facts count
	reader   actor.Reader
	writer   actor.State // nil in a query
	services actor.Services
	msg      *actor.Message
	reply    *actor.Reply // nil unless one came
	payload  string
	vars     map[string]string
	resp     actor.Response
}

func newCall(ctx context.Context, env *actor.Env, msg *actor.Message) *call {
	return &call{ctx: ctx, env: env, reader: env.State, writer: env.State, services: env.Services, msg: msg}
}

func (c *call) respond(p Program) (actor.Response, error) {
	if err := c.run(p.Ops); err != nil {
		return actor.Response{}, err
	}
	return c.resp, nil
}

func (c *call) run(ops []Op) error {
	for i := range ops {
		op := ops[i] // a copy, because templates are expanded in it
		if err := c.expandOp(&op); err != nil {
			return err
		}
		if err := c.step(&op); err != nil {
			return err
		}
	}
	return nil
}

// step does one operation.
func (c *call) step(op *Op) error {
	switch op.Do {
	case Set, Append, Delete:
		return c.write(op)
	case Get:
		value, ok := c.reader.Get([]byte(op.Key))
		c.bind(op, value, ok)
	case Range:
		return c.scan(op)
	case Query:
		c.query(op)
	case Raw:
		value, ok := c.services.QueryRaw(actor.Address(op.To), []byte(op.Key))
		c.bind(op, value, ok)
	case Emit:
		c.resp.Events = append(c.resp.Events, actor.Event{Type: op.Key, Attributes: op.Attributes})
	case Attr:
		c.resp.Attributes = append(c.resp.Attributes, op.Attributes...)
	case Data:
		c.resp.Data = append([]byte{}, op.Value...)
	case Same:
		if c.reply == nil {
			return malformed(errors.New("there is no reply whose data could be the same"))
		}
		c.resp.Data = c.reply.Data
	case Gas:
		c.services.UseGas(op.N)
	case Log:
		c.services.Log(op.Value)
	case Send:
		return c.send(op.Sub)
	default:
		return c.control(op)
	}
	return nil
}

// control does the operations that say how the program goes on.
func (c *call) control(op *Op) error {
	switch op.Do {
	case Fail:
		return &actor.Error{Code: op.Key, Message: op.Value}
	case Error:
		return errors.New(op.Value)
	case Panic:
		panic(op.Value)
	case Try:
		return c.try(op.Ops)
	case Repeat:
		for i := range op.N {
			c.let("i", strconv.FormatUint(i+1, 10))
			if err := c.run(op.Ops); err != nil {
				return err
			}
		}
		return nil
	case Wait:
		if c.ctx.Done() == nil {
			return malformed(errors.New("this call would wait for ever"))
		}
		<-c.ctx.Done()
		return nil
	}
	return malformed(errors.New("there is no verb " + strconv.Quote(string(op.Do))))
}

func (c *call) try(ops []Op) error {
	defer func() { _ = recover() }()
	return c.run(ops)
}

func (c *call) write(op *Op) error {
	if c.writer == nil {
		return actor.Errorf(actor.CodeInvalidMessage, "a query cannot %s", op.Do)
	}
	key := []byte(op.Key)
	switch op.Do {
	case Delete:
		c.writer.Delete(key)
	case Append:
		old, _ := c.writer.Get(key)
		c.writer.Set(key, append(old[:len(old):len(old)], op.Value...))
	default:
		c.writer.Set(key, []byte(op.Value))
	}
	return nil
}

func (c *call) scan(op *Op) error {
	var start, end []byte
	order := actor.Ascending
	if b := op.Range; b != nil {
		start, end = bound(b.Start), bound(b.End)
		if b.Descending {
			order = actor.Descending
		}
	}
	var pairs []string
	for key, value := range c.reader.Range(start, end, order) {
		pairs = append(pairs, string(key)+"="+string(value))
		c.let("key", string(key))
		c.let("value", string(value))
		if err := c.run(op.Ops); err != nil {
			return err
		}
	}
	c.bind(op, []byte(strings.Join(pairs, " ")), true)
	return nil
}

func bound(s *string) []byte {
	if s == nil {
		return nil
	}
	return []byte(*s)
}

func (c *call) query(op *Op) {
	body := []byte(op.Value)
	if op.Value == "" {
		body = Program{op.Ops}.Encode()
	}
	answer, err := c.services.Query(c.ctx, actor.Address(op.To), body)
	if err != nil {
		answer = []byte("error " + err.Error())
	}
	c.bind(op, answer, answer != nil)
}

// send appends a sub-message to the response.
func (c *call) send(s *Sub) error {
	if c.writer == nil {
		return actor.Errorf(actor.CodeInvalidMessage, "a query cannot send")
	}
	if s == nil {
		return malformed(errors.New("send has no message"))
	}
	sub := actor.SubMsg{ID: s.ID, ReplyOn: s.ReplyOn, GasLimit: s.GasLimit, Msg: actor.Message{Kind: s.Kind,
		To: actor.Address(s.To), Module: actor.ModuleID(s.Module), Admin: actor.Address(s.Admin)}}
	if s.WrongReplyOn != 0 {
		sub.ReplyOn = actor.ReplyOn(s.WrongReplyOn)
	}
	switch {
	case s.Body.Again:
		sub.Msg.Body = c.msg.Body
	case s.Body.Raw != nil:
		sub.Msg.Body = []byte(*s.Body.Raw)
	default:
		sub.Msg.Body = Program{s.Body.Ops}.Encode()
	}
	switch text := bound(s.Payload); {
	case s.OnReply.IsZero():
		sub.Payload = text
	default:
		sub.Payload = append([]byte(payloadMark), encode(carried{text, s.OnReply})...)
	}
	c.resp.Messages = append(c.resp.Messages, sub)
	return nil
}

// bind gives the variable of op a value, "<nil>" if there is none.
func (c *call) bind(op *Op, value []byte, ok bool) {
	name, text := op.As, string(value)
	if name == "" {
		name = "it"
	}
	if !ok {
		text = none
	}
	c.let(name, text)
}

func (c *call) let(name, value string) {
	if c.vars == nil {
		c.vars = map[string]string{}
	}
	c.vars[name] = value
}
