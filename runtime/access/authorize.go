package access

import (
	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// Authorize returns the hook of a host: what Check refuses is refused, and of the rest next decides, which may be nil. It
// keeps what it has decoded, and may be called from any goroutine.
func Authorize(next func(dispatch.Access) error) func(dispatch.Access) error {
	known := newMemory()
	return func(a dispatch.Access) error {
		if err := check(&a, known); err != nil {
			return err
		}
		if next == nil {
			return nil
		}
		return next(a)
	}
}

// Check returns nil if grants and pauses allow an access, else an *actor.Error. It is for who wants to know beforehand: what
// counts is the place of the command in the log.
func Check(a dispatch.Access) error { return check(&a, newMemory()) }

func check(a *dispatch.Access, known *memory) error {
	msg := a.Message
	if err := checkReserved(a, msg); err != nil {
		return err
	}
	paused, founded := a.Read(Address, known.pauses)
	if !founded {
		if a.Signer != "" {
			return errNotFounded()
		}
		return nil
	}
	if decodeCount(paused) > 0 && msg.Kind != actor.KindSudo && isMessage(a) {
		if reason, ok := a.Read(Address, pausedKey(msg.To)); ok {
			return errPaused(msg.To, string(reason))
		}
	}
	if a.Signer == "" || !a.Root {
		return nil
	}
	return checkSigner(a, known)
}

// isMessage reports whether somebody sends a message, be it in the course of an installation: that itself is none, and neither
// are its migrations.
func isMessage(a *dispatch.Access) bool { return a.Op == state.OpMessage || !a.Root }

// checkReserved keeps the names of the host free until it needs them, and others off this actor.
func checkReserved(a *dispatch.Access, msg *actor.Message) error {
	if !isMessage(a) {
		return nil
	}
	who := actor.Address(msg.To.Kind())
	if !Reserved(who) {
		who = actor.Address(msg.Module)
	}
	if !Reserved(who) {
		return nil
	}
	if msg.Kind != actor.KindExecute && msg.Kind != actor.KindSudo {
		return actor.Errorf(actor.CodeUnauthorized, "%s belongs to the host: it is neither made nor changed by messages", who)
	}
	if !a.Root && actor.Address(msg.To.Kind()) == Address {
		return actor.Errorf(actor.CodeUnauthorized, "%s takes orders from outside, and not from actors", Address)
	}
	return nil
}

func errPaused(who actor.Address, reason string) error {
	if reason == "" {
		return actor.Errorf(CodePaused, "%s is paused", who)
	}
	return actor.Errorf(CodePaused, "%s is paused: %s", who, reason)
}

// checkSigner decides whether the grants of the signer allow what the command asks for.
func checkSigner(a *dispatch.Access, known *memory) error {
	as, err := name(a)
	if err != nil {
		return err
	}
	b, _ := a.Read(Address, grantsKey(a.Signer))
	grants := known.grants(b)
	role, about := needs(a)
	if a.Op == state.OpInstall && a.Message.To == "" { // the module's name, and all addresses that begin with it
		if claims.Decide(grants, claims.Request{Role: role, Actor: string(a.Message.Module), As: as, Now: a.Time}) != nil {
			return errForbidden(a.Signer, role, string(a.Message.Module), as)
		}
	}
	if claims.Decide(grants, claims.Request{Role: role, Actor: about, As: as, Now: a.Time}) != nil {
		return errForbidden(a.Signer, role, about, as)
	}
	return nil
}

// name returns the plain name that the signer wants to act as, empty for itself.
func name(a *dispatch.Access) (string, error) {
	switch {
	case string(a.Sender) == a.Signer:
		return "", nil
	case a.Sender != "":
		return string(a.Sender), nil
	case a.Op == state.OpInstall:
		// Migrations would see a message of the operator of the host.
		return "", actor.Errorf(CodeForbidden, "%s installs in no name: the sender is missing", a.Signer)
	}
	return "", nil // sudo, bind and configure, which have none
}

// needs returns the role that the access needs, and for which actor or, as a pattern, which actors.
func needs(a *dispatch.Access) (role claims.Role, about string) {
	msg := a.Message
	to := string(msg.To)
	switch {
	case Reserved(msg.To):
		return claims.Operator, claims.Everything
	case a.Op == state.OpInstall && to == "":
		return claims.Deployer, string(msg.Module) + "/*"
	case a.Op == state.OpInstall:
		return claims.Deployer, to
	case a.Op != state.OpMessage:
		return claims.Operator, claims.Everything
	}
	switch msg.Kind {
	case actor.KindExecute:
		return claims.Caller, to
	case actor.KindInstantiate:
		if to == "" { // the host will choose a key
			to = string(msg.Module) + "/*"
		}
		return claims.Deployer, to
	case actor.KindMigrate, actor.KindSetAdmin:
		return claims.Deployer, to
	}
	return claims.Operator, to
}

func errForbidden(signer string, role claims.Role, about, as string) error {
	if about == claims.Everything {
		about = "all actors"
	}
	if as != "" {
		about += " as " + as
	}
	return actor.Errorf(CodeForbidden, "no grant of %s gives it the role %s for %s", signer, string(role), about)
}
