package wasmbus

import (
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/builtin"
)

// isBuiltin reports whether a contract is one that the host fulfils by itself. It needs a claim and no link.
func isBuiltin(contract string) bool { return logs(contract) || numbers(contract) }

func logs(contract string) bool {
	return contract == capability.Logging || contract == capability.LoggingOld
}

func numbers(contract string) bool {
	return contract == capability.NumberGen || contract == capability.NumberGenOld
}

// serveBuiltin performs an operation of such a contract.
func (c *call) serveBuiltin(contract, operation string, payload []byte) ([]byte, error) {
	if logs(contract) != (strings.TrimPrefix(operation, "Logging.") == "WriteLog") {
		return nil, actor.Errorf(actor.CodeUnknownMessage, "method not handled %s: the contract %s has no such operation", shown(operation), contract)
	}
	b := builtin.Call{Say: c.Say}
	if c.env != nil {
		if c.rand == nil {
			c.rand = c.env.Rand()
		}
		b.Rand, b.State = c.rand, c.env.State
	}
	data, err := b.Serve(operation, payload)
	if err == nil {
		return data, nil
	}
	if err.Code == actor.CodeReadOnly {
		c.needsTransaction(operation, c.self)
	}
	return nil, err
}

// Say tells people what the guest has to say.
func (c *call) Say(level, text string) {
	text = clean([]byte(text), MaxLog)
	if s, ok := c.Services.(interface{ Say(level, text string) }); ok {
		s.Say(level, text)
		return
	}
	c.Services.Log(level + ": " + text)
}

// Log implements wasi.Log: what a guest prints is for people too.
func (c *call) Log(text string) { c.Say("info", text) }
