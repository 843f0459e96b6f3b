package runtime

import (
	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/access"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/state"
)

// guarded returns a hook that keeps the code of actors with claims for operators for all actors, who start them. Whoever may
// install no more than modules could put code in the place of it that nobody has signed: code of another dialect asks for no
// claims, and has the links of the actor. What it does not refuse is for next, which may be nil. It comes behind the hook of
// package access.
func guarded(next func(dispatch.Access) error) func(dispatch.Access) error {
	return func(a dispatch.Access) error {
		if a.Op == state.OpInstall && a.Signer != "" && a.Message.To == "" {
			if err := checkClaimed(&a, actor.Address(a.Message.Module)); err != nil {
				return err
			}
		}
		if next == nil {
			return nil
		}
		return next(a)
	}
}

// checkClaimed refuses a command about the code of an actor with claims whose signer is no operator for all actors.
func checkClaimed(a *dispatch.Access, at actor.Address) error {
	table := capability.Table{Read: a.Read}
	if _, started := table.Actor(at); !started {
		return nil
	}
	grants, err := access.Grants(func(key []byte) ([]byte, bool, error) {
		value, ok := a.Read(access.Address, key)
		return value, ok, nil
	}, a.Signer)
	if err == nil && claims.Decide(grants, claims.Request{Role: claims.Operator, Actor: claims.Everything, Now: a.Time}) == nil {
		return nil
	}
	return actor.Errorf(access.CodeForbidden, "%s was started with claims, which are for its code: an operator starts it with other code, or stops it", at)
}
