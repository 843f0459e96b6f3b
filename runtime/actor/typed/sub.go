package typed

import "github.com/troupe-run/troupe/runtime/actor"

// Sub is a sub-message of a Call, to be refined: by default it wants no reply, so that its failure is the failure of the
// call, and its subtree may use all the gas that is left. It is valid as long as its Call.
type Sub struct {
	c *Call
	i int // into the messages of c, which may move
}

// Execute asks the host to deliver an execute message to another actor, when the handler has returned:
//
//	c.Execute("currency", Transfer{To: seller, Amount: price}).OnError(refund).Payload(order)
func (c *Call) Execute(to actor.Address, msg any) Sub {
	return c.Add(actor.SubMsg{Msg: actor.Message{To: to, Body: Encode(msg)}})
}

// Instantiate asks the host to create an actor from a module with a typed message, nil for none. The host picks the
// address (see Sub.At), a reply tells it; nobody is admin (see Sub.Admin).
func (c *Call) Instantiate(module actor.ModuleID, msg any) Sub {
	return c.Add(actor.SubMsg{Msg: actor.Message{Kind: actor.KindInstantiate, Module: module, Body: bodyFor(msg)}})
}

// Migrate asks the host to put an actor, of which this one is the admin, on another module, with a typed message, nil
// for none.
func (c *Call) Migrate(to actor.Address, module actor.ModuleID, msg any) Sub {
	return c.Add(actor.SubMsg{Msg: actor.Message{Kind: actor.KindMigrate, To: to, Module: module, Body: bodyFor(msg)}})
}

// SetAdmin asks the host to hand an actor, of which this one is the admin, to another admin, or for ever to nobody if
// admin is empty.
func (c *Call) SetAdmin(to, admin actor.Address) Sub {
	return c.Add(actor.SubMsg{Msg: actor.Message{Kind: actor.KindSetAdmin, To: to, Admin: admin}})
}

// Add adds a sub-message that is made by hand, for example with a body that is no typed message. It keeps the slices.
func (c *Call) Add(sub actor.SubMsg) Sub {
	c.res.Messages = append(c.res.Messages, sub)
	return Sub{c, len(c.res.Messages) - 1}
}

func bodyFor(msg any) []byte {
	if msg == nil {
		return nil
	}
	return EncodeValue(msg)
}

func (s Sub) msg() *actor.SubMsg { return &s.c.res.Messages[s.i] }

// OnSuccess asks for a reply with the ID if the sub-message succeeds.
func (s Sub) OnSuccess(id uint64) Sub { return s.replyOn(id, actor.ReplyOnSuccess) }

// OnError asks for a reply with the ID if the sub-message fails. Its subtree is rolled back, and the call itself goes on
// unless the handler of the reply fails.
func (s Sub) OnError(id uint64) Sub { return s.replyOn(id, actor.ReplyOnError) }

// Always asks for a reply with the ID in both cases.
func (s Sub) Always(id uint64) Sub { return s.replyOn(id, actor.ReplyAlways) }

func (s Sub) replyOn(id uint64, on actor.ReplyOn) Sub {
	m := s.msg()
	m.ID, m.ReplyOn = id, on
	return s
}

// Payload gives the sub-message a value that comes back in the reply: what the handler of the reply has to know of this
// call. Its type is that of the Reply which the handler takes.
func (s Sub) Payload(v any) Sub {
	s.msg().Payload = EncodeValue(v)
	return s
}

// GasLimit bounds the gas of the subtree. Only with such a limit can it run out of gas without taking the transaction
// with it.
func (s Sub) GasLimit(n uint64) Sub {
	s.msg().GasLimit = n
	return s
}

// At chooses the address of an actor that is to be created.
func (s Sub) At(address actor.Address) Sub {
	s.msg().Msg.To = address
	return s
}

// Admin makes an address the admin of an actor that is to be created.
func (s Sub) Admin(admin actor.Address) Sub {
	s.msg().Msg.Admin = admin
	return s
}
