package wasmbus

import (
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// authorizeOut asks the policy of the host, and the policy actor, whether the guest may call whom it has found. A query that
// cannot tell ends the call, so that the guest takes no other way than it would outside of one.
func (c *call) authorizeOut(target *capability.Target, contract, link string) *actor.Error {
	refused := c.authorize(&capability.Case{Source: c.self, Target: target.To, Contract: contract, Link: link})
	if refused != nil && c.env == nil && refused.Code == capability.CodeNeedsTransaction {
		c.end(refused)
	}
	return refused
}

// authorizeIn asks them whether somebody may call the guest who is no guest: what guests call was decided already.
func (c *call) authorizeIn(sender actor.Address, inv *capability.Invocation) *actor.Error {
	if c.actor.options.Policy == nil && c.policyActor() == "" {
		return nil
	}
	if c.env == nil {
		sender = c.asker(inv)
	}
	if _, guest := c.table.Actor(sender); guest {
		return nil
	}
	return c.authorize(&capability.Case{Source: sender, Target: c.self, Contract: inv.Contract, Link: inv.Link})
}

// asker returns who has sent a query, empty if that is not known: nothing but being around the call proves it.
func (c *call) asker(inv *capability.Invocation) actor.Address {
	who := inv.Origin
	if l, ok := c.table.Link(c.self, inv.Contract, inv.Link); ok && inv.Contract != "" {
		if p, ok := c.table.Provider(l.Provider); ok {
			who = p.Address
		}
	}
	if who == c.self || !c.within(who) {
		return ""
	}
	return who
}

// authorize returns why an invocation may not be. The policy of the host comes first.
func (c *call) authorize(k *capability.Case) *actor.Error {
	if policy := c.actor.options.Policy; policy != nil {
		if refused := policy.Authorize(c.table.Decision(k, c.now)); refused != nil {
			return refused
		}
	}
	if c.policyActor() == "" {
		return nil
	}
	if c.env == nil {
		_, err := c.Query(c.ctx, capability.Address, k.Body())
		if err != nil && actor.AsError(err).Code == actor.CodeQueryDepth {
			return actor.Errorf(capability.CodeNeedsTransaction, "the policy actor cannot be asked in a query that is nested so deep: send a message instead")
		}
		return actor.AsError(err)
	}
	host, ok := c.Services.(capability.Caller)
	if !ok {
		return actor.Errorf(capability.CodeDenied, "the policy actor cannot be asked here: these services deliver nothing at once")
	}
	_, err := host.Call(c.ctx, capability.Address, k.Body())
	return actor.AsError(err)
}

// policyActor returns the policy actor if it is asked about what happens here, else nothing. Nobody enters it in the middle of
// its own call, so it is not asked about what happens within.
func (c *call) policyActor() actor.Address {
	by, asked := c.table.Policy(capability.PerformInvocation)
	if !asked || c.within(by) {
		return ""
	}
	return by
}

// within reports whether a call of the actor is around this one, or is this one.
func (c *call) within(at actor.Address) bool {
	s, ok := c.Services.(interface{ Within(actor.Address) bool })
	return ok && s.Within(at)
}
