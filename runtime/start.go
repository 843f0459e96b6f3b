package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/state"
)

// StartOptions say how an actor with claims is started. The zero value starts one instance.
type StartOptions struct {
	// Instances is how many calls may run at once: see package httpserver. 0 is 1, or what it is if the actor is there.
	Instances int
	// AnyRevision and AnyCaps lift rules for updates: that the revision is greater, and that the capabilities stay the same.
	AnyRevision, AnyCaps bool
	// ID makes the request safe to repeat, and Signer is the key that has signed it: see dispatch.Request. It needs a grant as
	// an operator for all actors.
	ID, Signer string
}

// Start makes a module of the classic wasmCloud, with its signed claims in it, the actor of that name, and lets it run; or
// it puts a later revision in its place, between two transactions, so that no request is lost. The module may be packed by
// gzip. It is judged and compiled here, and then installed and started in one transaction.
//
// An error that is ErrCode says what is wrong with the code or its claims; then a *claims.Refusal is in its chain if it is
// the claims. What the rules or a policy refuse is a *TxError. In both cases everything is as it was.
func (h *Host) Start(ctx context.Context, name string, code []byte, o StartOptions) (*capability.Actor, error) {
	a, err := h.start(ctx, name, code, o)
	var failed *TxError
	if err != nil && !errors.As(err, &failed) {
		err = fmt.Errorf("runtime: start %s: %w", shortName(name), err)
	}
	return a, err
}

func (h *Host) start(ctx context.Context, name string, code []byte, o StartOptions) (*capability.Actor, error) {
	if h.readOnly {
		return nil, ErrReadOnly
	}
	code, err := unpack(code)
	if err != nil {
		return nil, err
	}
	module, token, err := claims.OpenModule(code)
	if err == nil {
		err = module.Check(time.Now())
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCode, err)
	}
	if err := h.checkPlace(actor.Address(name)); err != nil {
		return nil, err
	}
	if err := h.equip(ctx); err != nil {
		return nil, err
	}
	order := capability.Order{Start: []capability.StartOrder{{Actor: actor.Address(name), Token: token, Instances: o.Instances,
		AnyRevision: o.AnyRevision, AnyCaps: o.AnyCaps}}}
	_, _, err = h.install(ctx, name, code, &InstallOptions{Replace: true, ID: o.ID, Signer: o.Signer, then: orderMessage(&order), classic: true})
	if err != nil {
		return nil, err
	}
	a, ok := h.Table().Actor(actor.Address(name))
	if !ok {
		return nil, fmt.Errorf("it was stopped again: %w", &actor.Error{Code: capability.CodeNotStarted})
	}
	return a, nil
}

// checkPlace refuses an address at which an actor of another module lives: the claims would be for code that it does not run.
func (h *Host) checkPlace(at actor.Address) error {
	view := h.executor.View()
	if view == nil {
		return h.gone()
	}
	defer view.Release()
	record, ok, err := partition.ReadActor(view, at)
	if err != nil || !ok || record.Module == actor.ModuleID(at) {
		return err
	}
	return fmt.Errorf("an actor of the module %s lives there already: start it under another name", record.Module)
}

// Order changes which actors with claims, providers and links there are: see capability.Order. Everything in it happens in
// one transaction or nothing does, which is a *TxError. To start actors is for Start. The signer and the id are those of a
// dispatch.Request; a signer needs a grant as an operator for all actors.
func (h *Host) Order(ctx context.Context, order capability.Order, signer, id string) (*state.Receipt, error) {
	if len(order.Start) > 0 {
		return nil, errors.New("runtime: an order that starts actors says that their modules are what they claim, which Start has to see")
	}
	if h.readOnly {
		return nil, fmt.Errorf("runtime: %s: %w", h.name(), ErrReadOnly)
	}
	if err := order.CheckSecrets(); err != nil {
		return nil, err
	}
	if err := h.equip(ctx); err != nil {
		return nil, fmt.Errorf("runtime: %w", err)
	}
	return h.Do(ctx, dispatch.Request{ID: id, Signer: signer, Message: orderMessage(&order)})
}

func orderMessage(o *capability.Order) actor.Message {
	body, err := json.Marshal(o)
	if err != nil {
		panic(err) // of fields that marshal always
	}
	return actor.Message{Kind: actor.KindSudo, To: capability.Address, Body: body}
}

// Table reads actors with claims, providers and links in the latest durable state. What it returns is not to be modified.
func (h *Host) Table() *capability.Table {
	return &capability.Table{Memo: &h.memo, Read: func(of actor.Address, key []byte) ([]byte, bool) {
		view := h.executor.View()
		if view == nil {
			return nil, false
		}
		defer view.Release()
		value, ok, err := readState(view, of, key)
		if err != nil {
			h.log.Error("state cannot be read", "actor", of, "err", err)
		}
		return value, ok
	}}
}

// equip writes to the log, once, that these are bound. A directory that needs none of them has none.
func (h *Host) equip(ctx context.Context) error {
	names := []actor.Address{capability.Address}
	for _, k := range capability.Kinds() {
		names = append(names, k.Address)
	}
	for _, name := range names {
		if err := h.executor.Bind(ctx, actor.ModuleID(name), dispatch.Native, ""); err != nil {
			return fmt.Errorf("bind %s: %w", name, err)
		}
	}
	return nil
}

// Capabilities returns all actors with claims, providers and links in the latest durable state, and what is trusted and banned.
func (h *Host) Capabilities() (capability.Listing, error) {
	rows := &actor.MemState{}
	view := h.executor.View()
	if view == nil {
		return capability.Listing{}, h.gone()
	}
	defer view.Release()
	record, ok, err := partition.ReadActor(view, capability.Address)
	if err != nil || !ok {
		return capability.List(rows), err
	}
	prefix := partition.AppendStatePrefix(nil, record.Number)
	it, err := view.Iter(prefix, actor.PrefixEnd(prefix))
	if err != nil {
		return capability.Listing{}, err
	}
	defer it.Close()
	for more := it.First(); more; more = it.Next() {
		rows.Set(it.Key()[len(prefix):], it.Value())
	}
	return capability.List(rows), it.Err()
}
