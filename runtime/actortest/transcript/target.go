package transcript

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actortest/world"
	"github.com/troupe-run/troupe/state"
)

// A Target is what a script sends to and looks at: a world, or a server that is as new as a world would be. What
// surrounds a world, a server does not have.
type Target interface {
	// Do runs one transaction and fills the trace that the request asks for.
	Do(ctx context.Context, req *dispatch.Request) (*state.Receipt, error)
	Query(ctx context.Context, to actor.Address, body []byte) ([]byte, error)
	Get(ctx context.Context, to actor.Address, key []byte) ([]byte, bool, error)
	Scan(ctx context.Context, to actor.Address, rg query.Range) (query.Page, error)
	Actors(ctx context.Context, prefix string) ([]query.Info, error)
	Trace(ctx context.Context, seq uint64) (*dispatch.Trace, error)
	// Receipt returns what a transaction left, by its sequence or, if that is 0, by the id of its request, and who had sent it.
	Receipt(ctx context.Context, seq uint64, id string) (*state.Receipt, actor.Address, error)
}

// A worldTarget is a world as a target.
type worldTarget struct{ *world.World }

func (w worldTarget) Do(ctx context.Context, req *dispatch.Request) (*state.Receipt, error) {
	return w.World.Do(ctx, *req)
}

func (w worldTarget) Get(_ context.Context, to actor.Address, key []byte) (value []byte, ok bool, err error) {
	err = w.Use(func(h *runtime.Host) (err error) {
		value, ok, err = h.Get(to, key)
		return err
	})
	return value, ok, err
}

func (w worldTarget) Scan(_ context.Context, to actor.Address, rg query.Range) (page query.Page, err error) {
	err = w.Use(func(h *runtime.Host) (err error) {
		page, err = h.Reader().Scan(to, rg)
		return err
	})
	return page, err
}

func (w worldTarget) Actors(_ context.Context, prefix string) ([]query.Info, error) {
	return w.World.Actors(prefix)
}

func (w worldTarget) Trace(ctx context.Context, seq uint64) (t *dispatch.Trace, err error) {
	err = w.Use(func(h *runtime.Host) (err error) {
		t, err = h.Trace(ctx, seq)
		return err
	})
	return t, err
}

func (w worldTarget) Receipt(_ context.Context, seq uint64, id string) (*state.Receipt, actor.Address, error) {
	var r state.Receipt
	var cmd state.Command
	err := w.Use(func(h *runtime.Host) (err error) {
		if seq > 0 {
			r, err = h.Reader().Receipt(seq)
		} else {
			r, err = h.Reader().ReceiptOf(id)
		}
		if err == nil {
			cmd, err = h.Reader().Command(r.Sequence)
		}
		return err
	})
	return &r, cmd.Sender, err
}

// target returns what the script is about.
func (s *session) target() Target {
	if s.server != nil {
		return s.server
	}
	return worldTarget{s.world}
}

// last is the last transaction of the script, nil if there was none.
func (s *session) last() *world.Transaction {
	if s.server != nil {
		return s.lastAsked
	}
	return s.world.Last()
}

// CheckServer runs a file on a server and compares, as Check does on a world. Sequences are compared by their distance: a
// server begins with other transactions than a world. A command that needs a world is an error.
func CheckServer(ctx context.Context, server Target, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("transcript: %w", err)
	}
	was := Parse(path, text)
	now := &Script{Name: was.Name, Cases: make([]Case, 0, len(was.Cases)), Tail: was.Tail}
	run := newSession(nil, path)
	run.server = server
	if err := run.each(ctx, was, func(c Case) { now.Cases = append(now.Cases, c) }); err != nil {
		return err
	}
	return compare(was, now)
}

// errNoWorld is why a command cannot be executed.
var errNoWorld = errors.New("it needs a world in memory, and this is a server")

// sequences are the places where a transaction is told by its number.
var sequences = regexp.MustCompile(`\b(seq|transaction) (\d+)`)

// align finds out by how much the sequences of a server are ahead of those of the world that a file was written in.
func (s *session) align(expected, printed string) {
	was, now := sequences.FindStringSubmatch(expected), sequences.FindStringSubmatch(printed)
	if s.server == nil || s.aligned || was == nil || now == nil {
		return
	}
	a, errA := strconv.ParseInt(was[2], 10, 63)
	b, errB := strconv.ParseInt(now[2], 10, 63)
	if errA == nil && errB == nil {
		s.ahead, s.aligned = b-a, true
	}
}

// asOfFile returns a text with the sequences that the file would have.
func (s *session) asOfFile(text string) string {
	if s.ahead == 0 {
		return text
	}
	return sequences.ReplaceAllStringFunc(text, func(found string) string {
		word, digits, _ := strings.Cut(found, " ")
		n, err := strconv.ParseInt(digits, 10, 63)
		if err != nil {
			return found
		}
		return word + " " + strconv.FormatInt(n-s.ahead, 10)
	})
}

// asOfServer returns the sequence of the target that a sequence of the file means.
func (s *session) asOfServer(seq uint64) uint64 {
	if seq == 0 {
		return 0
	}
	return uint64(max(0, int64(seq)+s.ahead))
}
