package dispatch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// MaxOutside is how often a transaction may ask the world outside.
const MaxOutside = 16

// An Ask is a question of a running transaction to the world outside of the host.
type Ask struct {
	// From is the actor that asks.
	From actor.Address
	// ID names the question: whoever asks the same in the same transaction, be it that it is executed again, has the same. If the
	// request of the transaction has an id this holds for all times it is sent.
	ID      string
	Request []byte
}

// outside is the name under which the world outside stands in traces.
const outside actor.Address = "outside"

// Outside asks the world outside of the host, through Options.Outside, and returns its answer. The transaction is not held up
// in its place in the serial order meanwhile: it is taken back, executed again when the answer is there, and finds it then.
// The answer becomes a part of the log. An error has the code actor.CodeOutside; the text is a part of the log likewise.
//
// A transaction that does not ask the same when it is executed again, because the state has changed, has asked in vain, and
// asks anew. So a question should not depend on the time, which is that of before only if there was no other transaction
// meanwhile. A query cannot ask.
func (s servicesOf) Outside(_ context.Context, request []byte) ([]byte, error) {
	return s.f.askOutside(request)
}

func (f *frame) askOutside(request []byte) ([]byte, error) {
	f.charge(0)
	r := f.run
	if f.queries > 0 {
		return nil, actor.Errorf(actor.CodeReadOnly, "a query cannot ask the world outside")
	}
	if r.asks++; r.asks > MaxOutside {
		return nil, actor.Errorf(actor.CodeOutside, "a transaction asks the world outside at most %d times", MaxOutside)
	}
	asked := askHash(f.self, request)
	answer, again := r.answerTo(asked)
	if answer == nil {
		if len(r.answers) >= MaxOutside {
			return nil, actor.Errorf(actor.CodeOutside, "the transaction has asked the world outside %d times, and something else each time it was executed", MaxOutside)
		}
		f.tx.Fail(&suspension{Ask{From: f.self, ID: r.askID(asked, again), Request: append([]byte(nil), request...)}, asked})
		panic(halt{})
	}
	span := r.trace.query(f.span, f.self, outside, request)
	span.outside()
	var err error
	switch {
	case answer.Err != "":
		err = actor.Errorf(actor.CodeOutside, "%s", answer.Err)
	case len(answer.Data) > r.limits.Data:
		err = actor.Errorf(actor.CodeDataTooLarge, "an answer has at most %d bytes, this one has %d", r.limits.Data, len(answer.Data))
	}
	span.end(outcome{data: answer.Data}, err, 0)
	if err != nil {
		return nil, err
	}
	return bytes.Clone(answer.Data), nil // that of the log is nobody's to write on
}

func askHash(from actor.Address, request []byte) state.Hash {
	h := sha256.New()
	h.Write([]byte(from))
	h.Write([]byte{0})
	h.Write(request)
	return state.Hash(h.Sum(nil))
}

// answerTo returns the first answer to a question that was not given yet, or nil and how many were.
func (r *run) answerTo(asked state.Hash) (a *state.Answer, given int) {
	for i := range r.answers {
		if r.answers[i].Asked != asked {
			continue
		}
		if r.given&(1<<i) == 0 {
			r.given |= 1 << i
			return &r.answers[i], given
		}
		given++
	}
	return nil, given
}

// askID makes the ID of a question that was asked before as often as again says.
func (r *run) askID(asked state.Hash, again int) string {
	h := sha256.New()
	if r.request != "" {
		fmt.Fprintf(h, "request %q ", r.request)
	} else {
		fmt.Fprintf(h, "seed %x ", r.seed)
	}
	fmt.Fprintf(h, "%s %d", asked, again)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// suspension is the fault of a transaction that waits for an answer. It has no effect, and is executed again.
type suspension struct {
	ask   Ask
	asked state.Hash
}

func (s *suspension) Error() string {
	return fmt.Sprintf("%s asks the world outside, and the log has no answer", s.ask.From)
}
