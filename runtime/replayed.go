package runtime

import (
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// replayed is the Resolver of one replay. A log may have installed code that no module has any more: it is in the store
// still, but for the code of an installation that failed, which is in the command alone. Code is loaded when an actor
// runs it, and not before: of many versions most have not run a thing. It belongs to one goroutine.
type replayed struct {
	host *Host
	hash state.Hash // of the code in the command that is executed, if it installs
	code []byte
	held map[state.Hash]*slot
}

// maxHeld is how many programs a replay holds on to. Beyond that it lets go of all, and loads what it needs again.
const maxHeld = 16

// meet is told each command before it is executed. One that cannot be read installs nothing.
func (r *replayed) meet(cmd *state.Command) {
	r.hash, r.code = state.Hash{}, nil
	if cmd.Op != state.OpInstall {
		return
	}
	if in, err := dispatch.DecodeInstallation(&cmd.Message); err == nil {
		r.hash, r.code = in.Hash(), in.Code
	}
	if len(r.held) > maxHeld {
		r.release()
	}
}

// Resolve implements dispatch.Resolver.
func (r *replayed) Resolve(name actor.ModuleID, hash state.Hash) (dispatch.Code, bool) {
	modules := r.host.modules
	if hash == (state.Hash{}) {
		run, ok := modules.find(name, hash)
		return run.Code, ok
	}
	s, ok := r.held[hash]
	if !ok {
		var source []byte
		if hash == r.hash {
			source = r.code
		}
		s = modules.pin(hash, source)
		r.held[hash] = s
	}
	run, ok := modules.resolve(s, name)
	return run.Code, ok
}

// release lets go of all programs.
func (r *replayed) release() {
	for _, s := range r.held {
		r.host.modules.unpin(s)
	}
	clear(r.held)
	r.host.sweep()
}
