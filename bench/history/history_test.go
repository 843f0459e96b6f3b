package history

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// good is a history of two clients with nothing wrong: x pays y twice, y is refused, and pays, and somebody looks.
func good() *History {
	return &History{
		Opening: map[string]uint64{"x": 10, "y": 0},
		Asks: []Ask{
			{ID: "a", Client: 1, From: "x", To: "y", Amount: 3, Invoked: 1, Answers: []Answer{{At: 10, Sequence: 5, Left: 7}}},
			{ID: "b", Client: 2, From: "y", To: "x", Amount: 4, Invoked: 2, Answers: []Answer{{At: 20, Sequence: 6, Refused: true}, {At: 90, Sequence: 6, Refused: true}}},
			{ID: "c", Client: 1, From: "x", To: "y", Amount: 5, Invoked: 30, Answers: []Answer{{At: 40, Sequence: 8, Left: 2}}},
			{ID: "d", Client: 2, From: "y", To: "x", Amount: 8, Invoked: 50, Answers: []Answer{{At: 60, Sequence: 9, Left: 0}}},
		},
		Looks: []Look{
			{Client: 3, Account: "y", Invoked: 21, Completed: 25, Sequence: 6, Balance: 3},
			{Client: 3, Account: "y", Invoked: 35, Completed: 45, Sequence: 8, Balance: 8},
			{Client: 3, Account: "x", Invoked: 70, Completed: 80, Sequence: 9, Balance: 10},
		},
		Log:   []Entry{{5, "a"}, {6, "b"}, {8, "c"}, {9, "d"}},
		Final: map[string]uint64{"x": 10, "y": 0},
		Head:  9,
	}
}

func TestGood(t *testing.T) {
	if found := good().Check(); found != nil {
		t.Errorf("found: %v", found)
	}
}

// TestBad breaks the good history, each time in one way, and wants it to be found, by its kind.
func TestBad(t *testing.T) {
	for _, test := range []struct {
		name string
		want Kind
		text string
		do   func(*History)
	}{
		{"no answer", Unknown, "d of client 2 has no answer", func(h *History) { h.Asks[3].Answers = nil }},
		{"lost: answered, then not in the log", Lost, "c was answered by 8, 2 left and is not in the log", func(h *History) { h.Log = slices.Delete(h.Log, 2, 3) }},
		{"lost: the log ends before it", Lost, "the last of all is 8", func(h *History) { h.Head = 8; h.Log = h.Log[:3] }},
		{"lost, and done again elsewhere", Lost, "the log has it as 10", func(h *History) { h.Head = 10; h.Log[3].Sequence = 10 }},
		{"lost: its effect is gone", Final, "there are 2 on x", func(h *History) { h.Final = map[string]uint64{"x": 2, "y": 8} }},
		{"lost: an account is gone", Final, "0 on x", func(h *History) { delete(h.Final, "x") }},
		{"doubled: asked again, another receipt", Doubled, "b was answered by 6, refused, and later by 10, refused", func(h *History) { h.Head = 10; h.Asks[1].Answers[1].Sequence = 10 }},
		{"doubled: asked again, another outcome", Doubled, "and later by 6, 1 left", func(h *History) { h.Asks[1].Answers[1] = Answer{At: 90, Sequence: 6, Left: 1} }},
		{"doubled: twice in the log", Doubled, "the log has a as 5 and as 7", func(h *History) { h.Log = slices.Insert(h.Log, 2, Entry{7, "a"}) }},
		{"doubled: its effect is there twice", Reply, "c (5 from x to y)", func(h *History) { h.Asks[2].Answers[0].Left = 7 - 5 - 5 + 10 }},
		{"two in one place", Shared, "c and d are both said to be 8", func(h *History) { h.Asks[3].Answers[0].Sequence = 8; h.Log[3].Sequence = 8 }},
		{"nobody asked", Invented, "the log has z as 7", func(h *History) { h.Log = slices.Insert(h.Log, 2, Entry{7, "z"}) }},
		{"the log is out of order", Order, "the log has 6 behind 8", func(h *History) { h.Log[1], h.Log[2] = h.Log[2], h.Log[1] }},
		{"reordered: asked later, done before", Order, "d was asked at 50ns and is 7 in the order, but c, which is 8, had been answered at 40ns",
			func(h *History) {
				h.Asks[3].Answers[0].Sequence = 7
				h.Log = []Entry{{5, "a"}, {6, "b"}, {7, "d"}, {8, "c"}}
			}},
		{"reordered: the reply is that of another order", Reply, "d (8 from y to x)", func(h *History) { h.Asks[3].Answers[0].Left = 1 }},
		{"refused, where there was enough", Reply, "where a bank answers by 5, 7 left", func(h *History) { h.Asks[0].Answers[0] = Answer{At: 10, Sequence: 5, Refused: true} }},
		{"paid, where there was too little", Reply, "where a bank answers by 6, refused", func(h *History) { h.Asks[1].Answers = []Answer{{At: 20, Sequence: 6}} }},
		{"stale: a look behind an answer", Order, "a look of client 3 at x was asked at 70ns and is 8", func(h *History) { h.Looks[2].Sequence, h.Looks[2].Balance = 8, 2 }},
		{"stale: a look behind a look", Order, "a look of client 3 at x, which is 9, had been answered at 80ns", func(h *History) {
			h.Asks[3].Answers[0].At = 200
			h.Looks = append(h.Looks, Look{3, "y", 100, 110, 8, 8})
		}},
		{"a look at what is not there yet", Order, "c was asked at 30ns and is 8 in the order, but a look", func(h *History) { h.Looks[0].Sequence, h.Looks[0].Balance = 8, 8 }},
		{"a look at what was never there", Read, "client 3 saw 4 on y as of 6, where 3 was", func(h *History) { h.Looks[0].Balance = 4 }},
		{"a look at half a payment", Read, "saw 3 on y as of 8, where 8 was", func(h *History) { h.Looks[1].Balance = 3 }},
		{"a look at what was lost later", Read, "saw 9 on x as of 9", func(h *History) { h.Looks[2].Balance = 9 }},
		{"an id that is two requests", Doubled, "not well written", func(h *History) { h.Asks[3].ID = "c" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := good()
			test.do(h)
			found := h.Check()
			if !slices.ContainsFunc(found, func(f Finding) bool { return f.Kind == test.want && strings.Contains(f.Text, test.text) }) {
				t.Errorf("found %q, not %s: %q", found, test.want, test.text)
			}
		})
	}
}

// TestRandom writes the history of a bank that works, with clients that overlap, which is good, and then changes one thing in it.
func TestRandom(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		h := random(rng, 60)
		if found := h.Check(); found != nil {
			t.Fatalf("seed %d: found in a good history: %v", seed, found)
		}
		what := spoil(rng, h)
		if h.Check() == nil {
			t.Fatalf("seed %d: %s was not found", seed, what)
		}
	}
}

// random returns the history of n payments. A request has its effect at one moment, is invoked before and answered after it.
func random(rng *rand.Rand, n int) *History {
	name := func() string { return fmt.Sprint("account/", rng.IntN(5)) }
	h := &History{Opening: map[string]uint64{}, Final: map[string]uint64{}}
	for i := range 5 {
		h.Opening[fmt.Sprint("account/", i)], h.Final[fmt.Sprint("account/", i)] = 100, 100
	}
	around := func(at int) (time.Duration, time.Duration) {
		return time.Duration(at - rng.IntN(300)), time.Duration(at + 1 + rng.IntN(300))
	}
	for i := range n {
		at := 1000 + 100*i
		a := Ask{ID: fmt.Sprint("r", i), From: name(), To: name(), Amount: uint64(1 + rng.IntN(60))}
		var end time.Duration
		a.Invoked, end = around(at)
		h.Head += 1 + rng.Uint64N(3)
		answer := Answer{At: end, Sequence: h.Head, Refused: h.Final[a.From] < a.Amount}
		if !answer.Refused {
			h.Final[a.From] -= a.Amount
			h.Final[a.To] += a.Amount
			answer.Left = h.Final[a.From]
		}
		a.Answers = append(a.Answers, answer)
		if rng.IntN(2) == 0 {
			answer.At += time.Duration(rng.IntN(1000))
			a.Answers = append(a.Answers, answer)
		}
		h.Asks, h.Log = append(h.Asks, a), append(h.Log, Entry{h.Head, a.ID})
		l := Look{Account: name(), Sequence: h.Head}
		l.Balance = h.Final[l.Account]
		l.Invoked, l.Completed = around(at + 50)
		h.Looks = append(h.Looks, l)
	}
	rng.Shuffle(n, func(i, j int) {
		h.Asks[i], h.Asks[j] = h.Asks[j], h.Asks[i]
		h.Looks[i], h.Looks[j] = h.Looks[j], h.Looks[i]
	})
	return h
}

func spoil(rng *rand.Rand, h *History) string {
	i := rng.IntN(len(h.Asks))
	a := &h.Asks[i]
	switch rng.IntN(7) {
	case 0:
		a.Answers = nil
		return "a request without an answer"
	case 1:
		a.Answers[0].Left++
		return "a wrong reply"
	case 2:
		h.Looks[i].Balance++
		return "a wrong look"
	case 3:
		h.Log = slices.Delete(h.Log, i, i+1)
		return "a log without a request"
	case 4:
		h.Log[len(h.Log)-1].ID = h.Log[rng.IntN(len(h.Log)-1)].ID
		return "a log with a request twice"
	case 5:
		h.Final["account/3"]++
		return "money from nowhere"
	}
	a.Answers = append(a.Answers, a.Answers[0])
	a.Answers[len(a.Answers)-1].Sequence++
	return "a request with two receipts"
}
