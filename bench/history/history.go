package history

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// A History is what was asked and answered, from when the accounts had their first balances.
type History struct {
	// Opening are the balances at the beginning. There are no other accounts.
	Opening map[string]uint64
	Asks    []Ask
	Looks   []Look
	// Log is what the log has of requests with ids, at the end, in its order.
	Log []Entry
	// Final are the balances at the end, and Head is the last sequence.
	Final map[string]uint64
	Head  uint64
}

// An Ask is a request to pay: one id, however often it was asked.
type Ask struct {
	ID       string
	Client   int
	From, To string
	Amount   uint64
	// Invoked is when it was asked first, on the clock of the history.
	Invoked time.Duration
	// Answers are all that were given to this id, in the order of their times. What was no answer is left out: errors that
	// say nothing about the outcome.
	Answers []Answer
}

// An Answer is a receipt.
type Answer struct {
	At       time.Duration
	Sequence uint64
	// Refused says that there was too little on the account. Else Left is what was left there.
	Refused bool
	Left    uint64
}

// A Look is a question for a balance with its answer: as of a sequence.
type Look struct {
	Client             int
	Account            string
	Invoked, Completed time.Duration
	Sequence           uint64
	Balance            uint64
}

// An Entry is a request in the log.
type Entry struct {
	Sequence uint64
	ID       string
}

// A Kind is what is wrong.
type Kind string

// The kinds of findings.
const (
	Unknown  Kind = "unknown"  // a request never had an outcome
	Lost     Kind = "lost"     // an outcome that was told is not in the log
	Doubled  Kind = "doubled"  // a request has two outcomes, or is in the log twice
	Shared   Kind = "shared"   // two requests are said to be in one place of the order
	Invented Kind = "invented" // the log has what nobody asked for
	Order    Kind = "order"    // what was asked after an answer comes before it
	Reply    Kind = "reply"    // an answer is not that of a bank that did everything before it
	Read     Kind = "read"     // neither is a balance that somebody looked at
	Final    Kind = "final"    // nor one at the end
)

// A Finding is one thing that is wrong.
type Finding struct {
	Kind Kind
	Text string
}

func (f Finding) String() string { return string(f.Kind) + ": " + f.Text }

// Check returns everything that is wrong with h, nil if nothing is.
func (h *History) Check() []Finding {
	c := &check{History: h}
	c.outcomes()
	c.log()
	c.clocks()
	c.replay()
	return c.found
}

// A check is one pass over a history.
type check struct {
	*History
	// ordered are the asks that have an answer, by their sequences.
	ordered []*Ask
	found   []Finding
}

func (c *check) add(k Kind, format string, args ...any) {
	c.found = append(c.found, Finding{k, fmt.Sprintf(format, args...)})
}

// outcomes looks at each request by itself, and puts them in order.
func (c *check) outcomes() {
	ids := map[string]bool{}
	for i := range c.Asks {
		a := &c.Asks[i]
		if ids[a.ID] {
			c.add(Doubled, "%s is there twice: the history is not well written", a.ID)
			continue
		}
		ids[a.ID] = true
		if len(a.Answers) == 0 {
			c.add(Unknown, "%s of client %d has no answer", a.ID, a.Client)
			continue
		}
		first := a.Answers[0]
		for _, other := range a.Answers[1:] {
			if other.Sequence != first.Sequence || other.Refused != first.Refused || other.Left != first.Left {
				c.add(Doubled, "%s was answered by %s, and later by %s", a.ID, first, other)
			}
		}
		if first.Sequence > c.Head {
			c.add(Lost, "%s was answered by %s, and the last of all is %d", a.ID, first, c.Head)
		}
		c.ordered = append(c.ordered, a)
	}
	slices.SortStableFunc(c.ordered, func(a, b *Ask) int { return cmp.Compare(a.sequence(), b.sequence()) })
	for i := 1; i < len(c.ordered); i++ {
		if a, b := c.ordered[i-1], c.ordered[i]; a.sequence() == b.sequence() {
			c.add(Shared, "%s and %s are both said to be %d", a.ID, b.ID, a.sequence())
		}
	}
}

func (a *Ask) sequence() uint64 { return a.Answers[0].Sequence }

func (a Answer) String() string {
	if a.Refused {
		return fmt.Sprintf("%d, refused", a.Sequence)
	}
	return fmt.Sprintf("%d, %d left", a.Sequence, a.Left)
}

// log compares what was answered with what the log has.
func (c *check) log() {
	asked := map[string]bool{}
	for i := range c.Asks {
		asked[c.Asks[i].ID] = true
	}
	at, before := map[string]uint64{}, uint64(0)
	for _, e := range c.Log {
		switch other, twice := at[e.ID]; {
		case e.Sequence <= before || e.Sequence > c.Head:
			c.add(Order, "the log has %d behind %d, and %d is the last", e.Sequence, before, c.Head)
		case twice:
			c.add(Doubled, "the log has %s as %d and as %d", e.ID, other, e.Sequence)
		case !asked[e.ID]:
			c.add(Invented, "the log has %s as %d, and nobody asked for it", e.ID, e.Sequence)
		}
		at[e.ID], before = e.Sequence, max(before, e.Sequence)
	}
	for _, a := range c.ordered {
		switch seq, there := at[a.ID]; {
		case !there:
			c.add(Lost, "%s was answered by %s and is not in the log", a.ID, a.Answers[0])
		case seq != a.sequence():
			c.add(Lost, "%s was answered by %s, and the log has it as %d", a.ID, a.Answers[0], seq)
		}
	}
}

// An interval is a request on the clock: it happened somewhere in it.
type interval struct {
	from, to time.Duration
	sequence uint64
	look     bool
	what     string
}

// clocks checks that what was answered before something else was asked is before it in the order.
func (c *check) clocks() {
	var list []interval
	for _, a := range c.ordered {
		list = append(list, interval{a.Invoked, a.Answers[0].At, a.sequence(), false, a.ID})
	}
	for i := range c.Looks {
		l := &c.Looks[i]
		list = append(list, interval{l.Invoked, l.Completed, l.Sequence, true, fmt.Sprintf("a look of client %d at %s", l.Client, l.Account)})
	}
	ends := slices.Clone(list)
	slices.SortFunc(list, func(a, b interval) int { return cmp.Compare(a.from, b.from) })
	slices.SortFunc(ends, func(a, b interval) int { return cmp.Compare(a.to, b.to) })
	var last *interval // of those that have ended, the one farthest in the order
	for _, i := range list {
		for ; len(ends) > 0 && ends[0].to < i.from; ends = ends[1:] {
			if last == nil || ends[0].sequence > last.sequence {
				last = &ends[0]
			}
		}
		// A look is as of a sequence: it can be the same as before.
		if last != nil && (i.sequence < last.sequence || i.sequence == last.sequence && !i.look) {
			c.add(Order, "%s was asked at %s and is %d in the order, but %s, which is %d, had been answered at %s", i.what, i.from, i.sequence,
				last.what, last.sequence, last.to)
		}
	}
}

// replay does all payments again, in their order, and compares what was said.
func (c *check) replay() {
	balances := map[string]uint64{}
	for name, b := range c.Opening {
		balances[name] = b
	}
	looks := make([]*Look, len(c.Looks))
	for i := range c.Looks {
		looks[i] = &c.Looks[i]
	}
	slices.SortStableFunc(looks, func(a, b *Look) int { return cmp.Compare(a.Sequence, b.Sequence) })
	look := func(before uint64) {
		for ; len(looks) > 0 && looks[0].Sequence < before; looks = looks[1:] {
			if l := looks[0]; l.Balance != balances[l.Account] {
				c.add(Read, "client %d saw %d on %s as of %d, where %d was", l.Client, l.Balance, l.Account, l.Sequence, balances[l.Account])
			}
		}
	}
	for _, a := range c.ordered {
		look(a.sequence())
		want := Answer{Sequence: a.sequence(), Refused: balances[a.From] < a.Amount}
		if !want.Refused {
			balances[a.From] -= a.Amount
			balances[a.To] += a.Amount
			want.Left = balances[a.From]
		}
		if got := a.Answers[0]; got.Refused != want.Refused || got.Left != want.Left {
			c.add(Reply, "%s (%d from %s to %s) was answered by %s, where a bank answers by %s", a.ID, a.Amount, a.From, a.To, got, want)
		}
	}
	look(math.MaxUint64)
	for name, want := range balances {
		if got, ok := c.Final[name]; !ok || got != want {
			c.add(Final, "there are %d on %s in the end, where %d must be", got, name, want)
		}
	}
}
