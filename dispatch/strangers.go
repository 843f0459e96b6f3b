package dispatch

import "github.com/troupe-run/troupe/runtime/actor"

// strangers remembers senders that were found to be no actor and of no bound kind, so that those who send often are
// looked up once. What it holds is true of the committed state: the executor of a partition owns it, and tells it what
// may make an actor of a name. A nil value remembers nobody.
type strangers map[actor.Address]struct{}

// maxStrangers bounds the memory. When it is full all are forgotten, and those who still send are soon back.
const maxStrangers = 4096

func (s strangers) has(a actor.Address) bool {
	_, ok := s[a]
	return ok
}

func (s strangers) add(a actor.Address) {
	if s == nil {
		return
	}
	if len(s) >= maxStrangers {
		clear(s)
	}
	s[a] = struct{}{}
}

// forget is for a name that may become an actor's. It may be called too often.
func (s strangers) forget(a actor.Address) { delete(s, a) }

// forgetAll is for a kind that is bound: it may be that of any of them.
func (s strangers) forgetAll() { clear(s) }
