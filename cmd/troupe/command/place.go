package command

import (
	"context"
	"errors"
	"io"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/runtime/api"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/state"
)

// A place is what commands look at and send to: a data directory that is open in this process, or a server. Errors have the
// classes that exit codes are made of, wherever they come from.
type place interface {
	// called names the place in messages: "the data directory troupe-data".
	called() string
	head(ctx context.Context) (uint64, error)
	get(ctx context.Context, who actor.Address, key []byte) ([]byte, bool, error)
	scan(ctx context.Context, who actor.Address, rg query.Range) (query.Page, error)
	actors(ctx context.Context, prefix string, limit int, token string) (query.Listing, error)
	actor(ctx context.Context, who actor.Address) (query.Info, error)
	ask(ctx context.Context, who actor.Address, body []byte) (query.Answer, error)
	log(ctx context.Context, from uint64, limit int) ([]entry, error)
	// changes returns the keys that a transaction wrote, with whose they are.
	changes(ctx context.Context, e *entry) ([]query.Change, error)
	receipt(ctx context.Context, seq uint64) (*state.Receipt, error)
	receiptOf(ctx context.Context, id string) (*state.Receipt, error)
	trace(ctx context.Context, seq uint64) (*dispatch.Trace, error)
	// modules returns all modules, sorted by name.
	modules(ctx context.Context) ([]module, error)
	// code returns the WebAssembly of a module, nil if it is none.
	code(ctx context.Context, id actor.ModuleID) ([]byte, error)
	// do runs one transaction. It says in the request who the sender is, if that was left to the place.
	do(ctx context.Context, req *dispatch.Request) (*state.Receipt, error)
	install(ctx context.Context, in *installation) (state.Module, error)
	// cast returns all actors with claims, providers and links.
	cast(ctx context.Context) (*cast, error)
	// trusted returns whose modules may run.
	trusted(ctx context.Context) (*api.Trust, error)
	// start lets a module with claims run as the actor of that name, or updates it.
	start(ctx context.Context, name string, code []byte, o runtime.StartOptions) (*capability.Actor, error)
	// order changes which actors with claims, providers and links there are. It starts none.
	order(ctx context.Context, o capability.Order) error
	// chained reports whether contracts are stored as codes of a chain.
	chained(ctx context.Context) (bool, error)
}

// A module is one as a place knows it.
type module struct {
	state.Module
	here     bool // the place has the code
	text     bool // its actors speak no CBOR
	messages []typed.MessageInfo
}

// An entry is a transaction of the log.
type entry struct {
	query.Entry
	// asks is what a command that installs asks for, if the place does not tell the code.
	asks *installView
}

// installs returns what a command asks for that installs.
func (e *entry) installs() *installView {
	if e.asks != nil {
		return e.asks
	}
	in, err := dispatch.DecodeInstallation(&e.Command.Message)
	if err != nil {
		return nil
	}
	return &installView{in.Kind, in.Hash(), len(in.Code), in.Replace, in.Migrate, in.Body}
}

// An installation is what is to be installed.
type installation struct {
	name string
	code []byte
	// sender is of the migrate messages.
	sender           actor.Address
	replace, migrate bool
	body             []byte
	// traced asks for the trace. It has no root if nothing has changed.
	traced bool
	trace  dispatch.Trace
}

// asking is fn on the place that the command line means, to look at it.
func (c *call) asking(ctx context.Context, fn func(place) error) error {
	return c.at(ctx, fn, func() error {
		return c.read(func(h *runtime.Host) error { return fn(directory{c, h}) })
	})
}

// sending is asking for what may write; a directory is made if it is missing or empty.
func (c *call) sending(ctx context.Context, fn func(place) error) error {
	return c.at(ctx, fn, func() error {
		return c.write(func(h *runtime.Host) error { return fn(directory{c, h}) })
	})
}

// ordering is sending for what either is done or leaves nothing: no directory is made for an order that is refused.
func (c *call) ordering(ctx context.Context, fn func(place) error) error {
	name, err := c.serverName()
	if err != nil {
		return err
	}
	if name == "" {
		if err := c.muted(func() error { return c.rehearse(func(h *runtime.Host) error { return fn(directory{c, h}) }) }); err != nil {
			return err
		}
	}
	return c.sending(ctx, fn)
}

// muted runs fn while nothing is printed.
func (c *call) muted(fn func() error) error {
	printer, program := c.printer, c.Program
	defer func() { c.printer, c.Program = printer, program }()
	silent := *program
	silent.Stderr = io.Discard
	c.printer, c.Program = newPrinter(io.Discard), &silent
	return fn()
}

// changing is sending for what only makes sense where something is: no directory is made for it.
func (c *call) changing(ctx context.Context, fn func(place) error) error {
	if name, err := c.serverName(); err == nil && name == "" {
		if err := errors.Join(c.checkDir(), c.checkData()); err != nil {
			return err
		}
	}
	return c.sending(ctx, fn)
}

// at runs fn on the server that the command line names, or else opens the directory, or asks the server that has it open.
func (c *call) at(ctx context.Context, fn func(place) error, open func() error) error {
	name, err := c.serverName()
	if err != nil {
		return err
	}
	if name == "" {
		err := open()
		if !errors.Is(err, state.ErrLocked) {
			return err
		}
		s, failed := c.running(ctx, err)
		if failed != nil {
			return failed
		}
		defer s.close()
		return fn(s)
	}
	s, err := c.connect(ctx, name)
	if err != nil {
		return err
	}
	defer s.close()
	return s.explained(ctx, fn(s))
}

// A directory is a data directory that is open.
type directory struct {
	*call
	host *runtime.Host
}

func (d directory) called() string { return "the data directory " + d.dir }

func (d directory) head(context.Context) (uint64, error) {
	head, err := d.host.Reader().Head()
	return head.Sequence, err
}

func (d directory) get(_ context.Context, who actor.Address, key []byte) ([]byte, bool, error) {
	return d.host.Reader().Get(who, key)
}

func (d directory) scan(_ context.Context, who actor.Address, rg query.Range) (query.Page, error) {
	return d.host.Reader().Scan(who, rg)
}

func (d directory) actors(_ context.Context, prefix string, limit int, token string) (query.Listing, error) {
	return d.host.Reader().Actors(prefix, limit, token)
}

func (d directory) actor(_ context.Context, who actor.Address) (query.Info, error) {
	return d.host.Reader().Actor(who)
}

func (d directory) ask(ctx context.Context, who actor.Address, body []byte) (query.Answer, error) {
	return d.host.Reader().Smart(ctx, who, body)
}

func (d directory) log(_ context.Context, from uint64, limit int) ([]entry, error) {
	list, err := d.host.Reader().Log(from, limit)
	entries := make([]entry, len(list))
	for i := range list {
		entries[i].Entry = list[i]
	}
	return entries, err
}

func (d directory) changes(ctx context.Context, e *entry) ([]query.Change, error) {
	return changesOf(ctx, d.host.Reader(), &e.Entry)
}

func (d directory) receipt(_ context.Context, seq uint64) (*state.Receipt, error) {
	r, err := d.host.Reader().Receipt(seq)
	return &r, err
}

func (d directory) receiptOf(_ context.Context, id string) (*state.Receipt, error) {
	r, err := d.host.Reader().ReceiptOf(id)
	return &r, err
}

func (d directory) trace(ctx context.Context, seq uint64) (*dispatch.Trace, error) {
	return d.host.Trace(ctx, seq)
}

func (d directory) modules(context.Context) ([]module, error) {
	list, err := d.host.Reader().Modules()
	out := make([]module, len(list))
	for i := range list {
		m := &out[i]
		m.Module = list[i]
		m.here, m.text = m.Installed() || d.host.Binds(m.ID), !m.Installed() && d.host.Textual(m.ID)
		if code, ok := d.Modules[string(m.ID)].(describer); ok {
			m.messages = code.Describe().Messages
		}
	}
	return out, err
}

func (d directory) code(_ context.Context, id actor.ModuleID) ([]byte, error) {
	_, code, err := d.host.Reader().Code(id)
	return code, err
}

// localSender is who sends if nobody is named, where nobody signs.
const localSender = "cli"

func (d directory) do(ctx context.Context, req *dispatch.Request) (*state.Receipt, error) {
	if req.Sender == "" && req.Message.Kind != actor.KindSudo {
		req.Sender = localSender
	}
	return d.host.Do(ctx, *req)
}

func (d directory) install(ctx context.Context, in *installation) (state.Module, error) {
	return d.host.Install(ctx, in.name, in.code, &runtime.InstallOptions{Replace: in.replace, Migrate: in.migrate, MigrateBody: in.body,
		Sender: in.sender, Trace: &in.trace})
}

func (d directory) chained(context.Context) (bool, error) { return d.host.Chain() != nil, nil }

// textual tells of which modules the bytes are text where they can be. A place is asked for its modules once.
type textual struct {
	place  place
	known  map[actor.ModuleID]bool
	some   bool // one of them is
	actors map[actor.Address]bool
}

func textOf(p place) *textual { return &textual{place: p, actors: map[actor.Address]bool{}} }

// module reports whether a module is known to speak no CBOR. What cannot be found out is no reason to fail: it is about how
// bytes are shown.
func (t *textual) module(ctx context.Context, id actor.ModuleID) bool {
	t.learn(ctx)
	return t.known[id]
}

func (t *textual) learn(ctx context.Context) {
	if t.known != nil {
		return
	}
	t.known = map[actor.ModuleID]bool{}
	list, _ := t.place.modules(ctx)
	for i := range list {
		t.known[list[i].ID] = list[i].text
		t.some = t.some || list[i].text
	}
}

// actor is module for that of an actor, be it there or yet to come.
func (t *textual) actor(ctx context.Context, who actor.Address) bool {
	if t.learn(ctx); who == "" || !t.some {
		return false
	}
	is, ok := t.actors[who]
	if !ok {
		if info, err := t.place.actor(ctx, who); err == nil {
			is = t.known[info.Module]
		} else {
			is = t.known[actor.ModuleID(who.Kind())]
		}
		t.actors[who] = is
	}
	return is
}

// entry is actor for the receiver of a message.
func (t *textual) entry(ctx context.Context, e *entry) bool {
	if e.Receipt != nil && e.Receipt.Callee != "" {
		return t.actor(ctx, e.Receipt.Callee)
	}
	return t.actor(ctx, e.Command.Message.To)
}

// tree reports whether all modules that ran in a tree are textual.
func (t *textual) tree(ctx context.Context, s *dispatch.Span) bool {
	if s.Module != "" && !t.module(ctx, s.Module) {
		return false
	}
	for _, child := range s.Children {
		if !t.tree(ctx, child) {
			return false
		}
	}
	return true
}
