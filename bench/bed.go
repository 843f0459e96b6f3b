package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// A binder is a host, or something like one.
type binder interface {
	Bind(name string, a actor.Actor) error
}

// Bind binds the actors of all workloads, so that a directory that a run has left can be looked at and verified.
func Bind(h binder) error { return errors.Join(h.Bind("account", account{}), bindOthers(h)) }

func bindOthers(h binder) error {
	return errors.Join(h.Bind("opener", opener{}), h.Bind("node", node{}), h.Bind("noop", noop{}), h.Bind("shelf", shelf{}),
		h.Bind("ballast", ballast{}))
}

// A bed is a host that is measured.
type bed struct {
	config Config
	host   *runtime.Host

	// groups counts the durable states that were seen, and seen is the sequence of the last of them.
	groups, seen atomic.Uint64
	samples      sampler
}

// openBed opens the host of a run.
func openBed(c Config) (*bed, error) {
	dir := ""
	if c.Dir != "" {
		entries, err := os.ReadDir(c.Dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if len(entries) > 0 {
			return nil, fmt.Errorf("%s is not empty: name a directory for this run alone", c.Dir)
		}
		dir = filepath.Join(c.Dir, "host")
	}
	h, err := runtime.Open(dir, nil)
	if err != nil {
		return nil, err
	}
	b := &bed{config: c, host: h}
	if c.guests {
		_, err = h.Install(context.Background(), "account", accountModule, nil)
		err = errors.Join(err, bindOthers(h))
	} else {
		err = Bind(h)
	}
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return b, nil
}

func (b *bed) close() error { return b.host.Close() }

// send runs one transaction for a client and takes note of what it left.
func (b *bed) send(ctx context.Context, c *client, from actor.Address, msg actor.Message) error {
	r, err := b.host.Do(ctx, dispatch.Request{Sender: from, Message: msg})
	if err != nil {
		return err
	}
	b.noteGroup()
	if c.done%sampleEvery == 0 {
		b.samples.add(from, msg, r)
	}
	return nil
}

// noteGroup counts the group that has become durable last, once. Groups that come while no client is awake are missed: on
// a crowded machine the mean size of a group is a little less than it seems.
func (b *bed) noteGroup() {
	head, err := b.host.Reader().Head()
	if err != nil {
		return
	}
	if seen := b.seen.Load(); head.Sequence > seen && b.seen.CompareAndSwap(seen, head.Sequence) {
		b.groups.Add(1)
	}
}

// noop is an actor that does nothing.
type noop struct{}

// Execute implements actor.Actor.
func (noop) Execute(context.Context, *actor.Env, actor.Message) (actor.Response, error) {
	return actor.Response{}, nil
}

// senders are the names of clients.
func senders(n int) []actor.Address {
	list := make([]actor.Address, n)
	for i := range list {
		list[i] = actor.Address(fmt.Sprintf("client-%d", i))
	}
	return list
}

// headRow is a head of the size that a group writes.
func headRow() []byte {
	h := state.Head{Sequence: 1 << 20, Time: 1 << 60}
	return h.Append(nil)
}
