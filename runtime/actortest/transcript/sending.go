package transcript

import (
	"context"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
)

// sending are the commands that begin a transaction.
func sending() []Command {
	id := []string{"id"}
	return []Command{
		{Name: "send", Usage: "FROM TO [BODY] [id=ID]", least: 2, most: 3, names: id,
			Help: "Send an execute message. An id makes it safe to repeat.", run: send},
		{Name: "create", Usage: "FROM ADDRESS MODULE [BODY] [admin=ADDRESS] [id=ID]", least: 3, most: 4, names: []string{"id", "admin"},
			Help: `Instantiate an actor of a module. "-" as the address lets the host choose one.`, run: create},
		{Name: "migrate", Usage: "FROM ADDRESS MODULE [BODY] [id=ID]", least: 3, most: 4, names: id,
			Help: "Put an actor on another module.", run: migrate},
		{Name: "admin", Usage: "FROM ADDRESS ADMIN [id=ID]", least: 3, most: 3, names: id,
			Help: `Make somebody else the admin of an actor; "-" makes it nobody.`, run: admin},
		{Name: "sudo", Usage: "ADDRESS [BODY] [id=ID]", least: 1, most: 2, names: id,
			Help: "Send a message as the operator of the host.", run: sudo},
	}
}

// request submits a message whose body is positional argument i.
func (s *session) request(ctx context.Context, a *args, from actor.Address, msg actor.Message, i int) (string, error) {
	var err error
	if msg.Body, err = a.body(i); err != nil {
		return "", err
	}
	return s.submit(ctx, dispatch.Request{ID: a.named["id"].text, Sender: from, Message: msg}), nil
}

func send(ctx context.Context, s *session, a *args) (string, error) {
	return s.request(ctx, a, a.address(0), actor.Message{To: a.address(1)}, 2)
}

func create(ctx context.Context, s *session, a *args) (string, error) {
	return s.request(ctx, a, a.address(0), actor.Message{Kind: actor.KindInstantiate, To: a.dashed(1),
		Module: actor.ModuleID(a.word(2)), Admin: actor.Address(a.named["admin"].text)}, 3)
}

func migrate(ctx context.Context, s *session, a *args) (string, error) {
	return s.request(ctx, a, a.address(0),
		actor.Message{Kind: actor.KindMigrate, To: a.address(1), Module: actor.ModuleID(a.word(2))}, 3)
}

func admin(ctx context.Context, s *session, a *args) (string, error) {
	return s.request(ctx, a, a.address(0), actor.Message{Kind: actor.KindSetAdmin, To: a.address(1), Admin: a.dashed(2)}, 3)
}

func sudo(ctx context.Context, s *session, a *args) (string, error) {
	return s.request(ctx, a, "", actor.Message{Kind: actor.KindSudo, To: a.address(0)}, 1)
}
