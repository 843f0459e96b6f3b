package wasmbus

import (
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
)

// builtin reports whether a contract is one that the host fulfils by itself. It needs a claim and no link.
func builtin(contract string) bool {
	switch contract {
	case capability.Logging, capability.LoggingOld, capability.NumberGen, capability.NumberGenOld:
		return true
	}
	return false
}

// builtin performs an operation of such a contract.
func (c *call) builtin(contract, operation string, payload []byte) ([]byte, error) {
	return nil, actor.Errorf(actor.CodeUnsupported, "not yet")
}

// Say tells people what the guest has to say.
func (c *call) Say(level, text string) {
	if s, ok := c.Services.(interface{ Say(level, text string) }); ok {
		s.Say(level, text)
		return
	}
	c.Services.Log(level + ": " + text)
}

// Log implements wasi.Log: what a guest prints is for people too.
func (c *call) Log(text string) { c.Say("info", text) }
