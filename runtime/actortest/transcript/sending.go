package transcript

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
)

// sending are the commands that begin a transaction.
func sending() []Command {
	id := []string{"id"}
	return []Command{
		{Name: "send", Usage: "FROM TO [BODY] [id=ID] [funds=COINS]", least: 2, most: 3, names: []string{"id", "funds"},
			Help: "Send an execute message. An id makes it safe to repeat. Funds, such as 5ucosm,7ustake, need a chain.", run: send},
		{Name: "create", Usage: "FROM ADDRESS MODULE [BODY] [admin=ADDRESS] [id=ID]", least: 3, most: 4, names: []string{"id", "admin"},
			Help: `Instantiate an actor of a module. "-" as the address lets the host choose one.`, run: create},
		{Name: "migrate", Usage: "FROM ADDRESS MODULE [BODY] [id=ID]", least: 3, most: 4, names: id,
			Help: "Put an actor on another module.", run: migrate},
		{Name: "admin", Usage: "FROM ADDRESS ADMIN [id=ID]", least: 3, most: 3, names: id,
			Help: `Make somebody else the admin of an actor; "-" makes it nobody.`, run: admin},
		{Name: "sudo", Usage: "ADDRESS [BODY] [id=ID]", least: 1, most: 2, names: id,
			Help: "Send a message as the operator of the host.", run: sudo},
		{Name: "install", Usage: "NAME FILE [replace] [migrate [BODY]]", least: 2, most: 5,
			Help: "Install WebAssembly from a file beside the transcript. With migrate, every actor of the module migrates.", run: install},
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
	funds, err := a.funds()
	if err != nil {
		return "", err
	}
	return s.request(ctx, a, a.address(0), actor.Message{To: a.address(1), Funds: funds}, 2)
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

func install(ctx context.Context, s *session, a *args) (string, error) {
	opts := runtime.InstallOptions{Replace: a.has(2, "replace"), Migrate: a.has(2, "migrate"), Trace: new(dispatch.Trace)}
	if len(a.words) > 2 && !opts.Migrate {
		return "", fmt.Errorf("%q is unknown", a.words[2].raw)
	}
	var err error
	if opts.MigrateBody, err = a.body(2); err != nil {
		return "", err
	}
	file := a.word(1)
	if !filepath.IsAbs(file) {
		file = filepath.Join(s.dir, file)
	}
	code, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	_, err = s.world.Install(ctx, a.word(0), code, &opts)
	var failed *runtime.TxError
	switch {
	case err != nil && !errors.As(err, &failed):
		return said(err), nil
	case opts.Trace.Root == nil:
		return "unchanged", nil
	case s.tracing:
		return show.Trace(opts.Trace, &s.show), nil
	}
	return show.Receipt(s.world.Last().Receipt, "", &s.show), nil
}

func sudo(ctx context.Context, s *session, a *args) (string, error) {
	return s.request(ctx, a, "", actor.Message{Kind: actor.KindSudo, To: a.address(0)}, 1)
}
