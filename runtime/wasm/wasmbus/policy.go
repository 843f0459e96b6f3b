package wasmbus

import (
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// authorizeOut asks the policy of the host whether the guest may call whom it has found.
func (c *call) authorizeOut(target *capability.Target, contract, link string) *actor.Error {
	if c.actor.options.Policy == nil {
		return nil
	}
	d := capability.Decision{Action: capability.PerformInvocation, Source: capability.PartyOf(c.row), Time: c.now}
	if target.Provider != nil {
		d.Target = target.Provider.Party()
	} else {
		d.Target = c.party(target.To)
	}
	d.Target.Contract, d.Target.Link = contract, link
	return c.actor.options.Policy.Authorize(d)
}

// authorizeIn asks the policy whether somebody may call the guest who is no guest: what guests call was decided already.
func (c *call) authorizeIn(sender actor.Address, inv *capability.Invocation) *actor.Error {
	if c.actor.options.Policy == nil {
		return nil
	}
	if _, guest := c.table.Actor(sender); guest && c.env != nil {
		return nil
	}
	d := capability.Decision{Action: capability.PerformInvocation, Source: capability.Party{Address: sender, Contract: inv.Contract, Link: inv.Link},
		Target: capability.PartyOf(c.row), Time: c.now}
	return c.actor.options.Policy.Authorize(d)
}

// party returns what an actor is in a decision.
func (c *call) party(at actor.Address) capability.Party {
	if row, ok := c.table.Actor(at); ok {
		return capability.PartyOf(row)
	}
	return capability.Party{Address: at}
}
