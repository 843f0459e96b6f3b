package transcript

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// history are the commands that look at what happened.
func history() []Command {
	return []Command{
		{Name: "trace", Usage: "on|off|last|SEQUENCE [reads] [gas]", least: 1, most: 3,
			Help: "Print the tree of every transaction from now on, or that of one.", run: trace},
		{Name: "receipt", Usage: "[SEQUENCE] [id=ID]", most: 1, names: []string{"id"},
			Help: "Print the receipt of the last transaction, or of one.", run: receipt},
		{Name: "events", Usage: "[SEQUENCE]", most: 1,
			Help: "Print the events of the last transaction, or of one.", run: events},
		{Name: "log", Usage: "[FROM [TO]]", most: 2,
			Help: "Print the log: what was asked, and how it ended.", run: printLog},
		{Name: "verify", Usage: "",
			Help: "Execute the whole log again, and compare results, writes and roots.", run: verify},
	}
}

func trace(ctx context.Context, s *session, a *args) (string, error) {
	opts := s.show
	opts.Reads, opts.Gas = a.has(1, "reads"), a.has(1, "gas")
	if len(a.words) > 1 {
		return "", fmt.Errorf("%q is unknown", a.words[1].raw)
	}
	switch a.word(0) {
	case "on":
		s.tracing, s.show = true, opts
		return "", nil
	case "off":
		s.tracing, s.show = false, opts
		return "", nil
	case "last":
		last := s.last()
		if last == nil {
			return "", errors.New("there was no transaction")
		}
		return show.Trace(last.Trace, &opts), nil
	}
	seq, err := number[uint64](a.words[0], 0)
	if err != nil {
		return "", err
	}
	t, err := s.target().Trace(ctx, s.asOfServer(seq))
	if err != nil {
		return said(err), nil
	}
	return show.Trace(t, &opts), nil
}

// entry returns the transaction that the first argument names, or the last one.
func (s *session) entry(ctx context.Context, a *args) (*state.Receipt, actor.Address, error) {
	seq, err := number[uint64](word{text: a.word(0)}, 0)
	if err != nil {
		return nil, "", err
	}
	switch id := a.named["id"].text; {
	case id != "":
		return s.target().Receipt(ctx, 0, id)
	case seq > 0:
		return s.target().Receipt(ctx, s.asOfServer(seq), "")
	case s.last() == nil:
		return nil, "", errors.New("there was no transaction")
	}
	return s.target().Receipt(ctx, s.last().Receipt.Sequence, "")
}

func receipt(ctx context.Context, s *session, a *args) (string, error) {
	r, sender, err := s.entry(ctx, a)
	if err != nil {
		return said(err), nil
	}
	return show.Receipt(r, sender, &s.show), nil
}

func events(ctx context.Context, s *session, a *args) (string, error) {
	r, _, err := s.entry(ctx, a)
	if err != nil {
		return said(err), nil
	}
	return show.Events(r.Events, &s.show), nil
}

func printLog(_ context.Context, s *session, a *args) (string, error) {
	from, err := number[uint64](word{text: a.word(0)}, 1)
	if err != nil {
		return "", err
	}
	to, err := number(word{text: a.word(1)}, ^uint64(0))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := s.world.Use(func(h *runtime.Host) error {
		for {
			list, err := h.Reader().Log(from, query.MaxLimit)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, e := range list {
				if from = e.Command.Sequence + 1; from > to+1 && to+1 > 0 {
					return nil
				}
				b.WriteString(show.Command(&e.Command, &s.show) + outcome(e.Command.Sender, e.Receipt) + "\n")
			}
		}
	}); err != nil {
		return said(err), nil
	}
	return b.String(), nil
}

func outcome(sender actor.Address, r *state.Receipt) string {
	if r == nil || r.Err == nil {
		return ""
	}
	return "  rolled back: " + show.Path(sender, r.Path) + ": " + r.Err.Error()
}

func verify(ctx context.Context, s *session, _ *args) (string, error) {
	var head state.Head
	if err := s.world.Use(func(h *runtime.Host) (err error) {
		head, err = h.Verify(ctx)
		return err
	}); err != nil {
		return said(err), nil
	}
	return fmt.Sprintf("all %d transactions verified", head.Sequence), nil
}
