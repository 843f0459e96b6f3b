package actortest_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/puppet"
	"github.com/troupe-run/troupe/runtime/actortest/transcript"
	"github.com/troupe-run/troupe/runtime/actortest/world"
	"github.com/troupe-run/troupe/state"
)

var seed = flag.Uint64("meta.seed", 0, "run the metamorphic tests with this seed alone")

func metaSeeds() []uint64 {
	if *seed != 0 {
		return []uint64{*seed}
	}
	if testing.Short() || raceEnabled {
		return []uint64{1}
	}
	return []uint64{1, 2, 3}
}

// A variant is a way to run a host that must not show in anything that it says.
type variant struct {
	name     string
	restart  string // the command in the place of a restart
	executor dispatch.Options
	store    state.Options
	guests   *guests // nil for puppets that are Go values
}

var variants = []variant{
	{"plain", "trace off", dispatch.Options{}, state.Options{}, nil},
	{"no cache, groups of one", "trace off", dispatch.Options{Group: 1, CacheBytes: -1}, state.Options{MemTableSize: 64 << 10, CacheSize: 1}, nil},
	{"tiny cache, traces kept", "reopen", dispatch.Options{Group: 3, CacheBytes: 2 << 10, KeepTraces: true}, state.Options{MemTableSize: 64 << 10}, nil},
	{"large", "reopen", dispatch.Options{Group: 4096, CacheBytes: 64 << 20}, state.Options{MemTableSize: 16 << 20, CacheSize: 64 << 20}, nil},
	{"crashes", "crash\n\nreopen", dispatch.Options{CacheBytes: 8 << 10}, state.Options{MemTableSize: 64 << 10}, nil},
	{"snapshots", "snapshot s\n\nrestore s", dispatch.Options{}, state.Options{}, nil},
}

// TestMetamorphic runs one random transcript on hosts that differ in everything that must not matter.
func TestMetamorphic(t *testing.T) {
	for _, seed := range metaSeeds() {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			again := fmt.Sprintf("go test ./runtime/actortest -run TestMetamorphic -meta.seed=%d", seed)
			text := newGenerator(seed).transcript(150)
			var first []transcript.Case
			for _, v := range variants {
				cases := v.mustRun(t, seed, text, again)
				if first == nil {
					first = cases
				}
				compare(t, variants[0].name, first, v.name, cases, again)
			}
		})
	}
}

// compare finds the first answer that is not the same. Those to the commands that are named do not count.
func compare(t *testing.T, aName string, a []transcript.Case, bName string, b []transcript.Case, again string, but ...string) {
	t.Helper()
	for i, c := range b {
		if diff := transcript.Diff(a[i].Expected, c.Expected); diff != "" && !slices.Contains(but, c.Command) {
			t.Fatalf("%s and %s differ in\n%s\n%s\n%s\n%s", aName, bName, c.Command, c.Input, diff, again)
		}
	}
}

// mustRun is run, of a host that can be verified in the end.
func (v *variant) mustRun(t *testing.T, seed uint64, text, again string) []transcript.Case {
	t.Helper()
	cases, err := v.run(t.Context(), seed, text)
	if err != nil {
		t.Fatalf("%s: %v\n%s", v.name, err, again)
	}
	if end := cases[len(cases)-1].Expected; !strings.HasPrefix(end, "all ") {
		t.Fatalf("%s: %s\n%s", v.name, end, again)
	}
	return cases
}

// run returns what every command printed, without those that stand for restarts.
func (v *variant) run(ctx context.Context, seed uint64, text string) ([]transcript.Case, error) {
	o := &world.Options{Seed: seed, NoTraces: true}
	o.Host.Executor, o.Host.Store = v.executor, v.store
	o.Host.Gas = freeInstructions()
	if v.guests != nil {
		o.Host.Wasm = v.guests.engine
	}
	w, err := world.Open(o)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	for _, name := range []string{"p", "q"} {
		if v.guests != nil {
			_, err = w.Install(ctx, name, v.guests.code, nil)
		} else {
			err = w.Bind(name, puppet.Actor{})
		}
		if err != nil {
			return nil, err
		}
	}
	text = strings.ReplaceAll(text, "\nrestart\n", "\n"+v.restart+"\n")
	script, err := transcript.Parse(v.name, []byte(text)).Run(ctx, w)
	if err != nil {
		return nil, err
	}
	var cases []transcript.Case
	for _, c := range script.Cases {
		if !strings.Contains("\n"+v.restart+"\n", "\n"+c.Command+"\n") {
			cases = append(cases, c)
		} else if c.Expected != "" {
			return nil, fmt.Errorf("%s: %s", c.Command, c.Expected)
		}
	}
	return cases, nil
}

// TestConcurrent lets many clients send at once, and executes the log again, one by one, on hosts that differ in
// everything that must not matter: on disk, in memory, with small buffers and restarts.
func TestConcurrent(t *testing.T) {
	for _, seed := range metaSeeds() {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			log, err := concurrentLog(seed, 8, 40)
			if err == nil {
				err = sequentially(t, "", log, runtime.Options{}, 0)
			}
			if err == nil {
				o := runtime.Options{Store: state.Options{MemTableSize: 64 << 10}}
				o.Executor = dispatch.Options{Group: 1, CacheBytes: -1, KeepTraces: true}
				err = sequentially(t, t.TempDir(), log[:len(log)/2], o, 40)
			}
			if err != nil {
				t.Fatalf("%v\ngo test ./runtime/actortest -run TestConcurrent -meta.seed=%d", err, seed)
			}
		})
	}
}

// An entry is a command of a log, and its receipt.
type entry struct {
	command state.Command
	receipt state.Receipt
}

// concurrentLog returns the log that clients leave who send so many programs each.
func concurrentLog(seed uint64, clients, programs int) ([]entry, error) {
	o := &world.Options{Seed: seed}
	o.Host.Executor = dispatch.Options{Group: 1 + int(seed*7%100), CacheBytes: 8 << 10}
	o.Host.Store = state.Options{MemTableSize: 64 << 10}
	w, err := world.Open(o)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	for _, name := range []string{"p", "q"} {
		if err := w.Bind(name, puppet.Actor{}); err != nil {
			return nil, err
		}
	}
	w.Disk().Delay(100 * time.Microsecond) // so that groups become large
	var clientsDone sync.WaitGroup
	for c := range clients {
		clientsDone.Go(func() {
			g := newGenerator(seed*1000 + uint64(c))
			for range programs {
				var b strings.Builder
				g.program(&b, "", 3)
				// What fails shows in the receipts.
				_, _ = w.Send(context.Background(), "alice", actor.Message{To: actor.Address(g.address()), Body: []byte(b.String())})
			}
		})
	}
	clientsDone.Wait()
	head, err := w.Head()
	if err != nil {
		return nil, err
	}
	var log []entry
	err = w.Use(func(h *runtime.Host) error {
		if _, err := h.Verify(context.Background()); err != nil {
			return err
		}
		for seq := uint64(1); seq <= head.Sequence; seq++ {
			cmd, err := h.Reader().Command(seq)
			if err != nil {
				return err
			}
			r, err := h.Reader().Receipt(seq)
			if err != nil {
				return err
			}
			log = append(log, entry{cmd, r})
		}
		return nil
	})
	return log, err
}

// sequentially executes a log on another host and compares the receipts. The host is restarted now and then, unless
// every is zero.
func sequentially(t *testing.T, dir string, log []entry, o runtime.Options, every int) (err error) {
	next := 0
	o.Executor.Clock = func() time.Time { return time.Unix(0, log[next].command.Time) }
	o.Executor.Seed = func() [32]byte { return log[next].command.Seed }
	var h *runtime.Host
	for ; next < len(log); next++ {
		if h == nil {
			// The first open and the first binds are transactions, the first ones in the log.
			if h, err = runtime.Open(dir, &o); err != nil {
				return err
			}
			defer h.Close()
		}
		was := log[next]
		switch cmd := was.command; cmd.Op {
		case state.OpConfigure:
			continue
		case state.OpBind:
			err = h.Bind(string(cmd.Message.Module), puppet.Actor{})
		default:
			_, _ = h.Do(t.Context(), dispatch.Request{ID: cmd.RequestID, Sender: cmd.Sender, Message: cmd.Message})
		}
		if err != nil {
			return err
		}
		now, err := h.Reader().Receipt(was.command.Sequence)
		if err != nil {
			return err
		}
		if string(now.Append(nil)) != string(was.receipt.Append(nil)) {
			return fmt.Errorf("transaction %d, executed one by one:\n%+v\nconcurrently:\n%+v\n%s", was.command.Sequence,
				now, was.receipt, was.command.Message.Body)
		}
		if every > 0 && next > 10 && next%every == 0 {
			if err := h.Close(); err != nil {
				return err
			}
			if h, err = runtime.Open(dir, &o); err != nil {
				return err
			}
			defer h.Close()
			for _, name := range []string{"p", "q"} {
				if err := h.Bind(name, puppet.Actor{}); err != nil {
					return err
				}
			}
		}
	}
	return h.Close()
}
