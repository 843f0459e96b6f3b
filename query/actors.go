package query

import (
	"fmt"

	"github.com/troupe-run/troupe/dispatch"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/state"
)

// Info is what the partition knows about an actor.
type Info struct {
	Address actor.Address
	// Number stands for the actor in the keys of the store.
	Number uint64
	Module actor.ModuleID
	// Creator sent the message that instantiated the actor; Admin may migrate it, nobody if empty.
	Creator, Admin actor.Address
	// Created is the sequence of the transaction that instantiated it.
	Created uint64
}

// A Listing is a page of actors. What Page says of its state and its token holds here, too.
type Listing struct {
	Actors   []Info
	Token    string
	Sequence uint64
}

// Actors lists the actors whose addresses begin with prefix, sorted by address: at most limit of them, DefaultLimit if
// zero and MaxLimit at most. The token is that of the page before, empty for the first.
func (r *Router) Actors(prefix string, limit int, token string) (Listing, error) {
	lower := []byte(prefix)
	w := walk{limit: limited(limit), prefix: r.partition.AppendSpace(nil, state.Actors), request: request{
		what: "actors", partition: uint16(r.partition), lower: lower, upper: actor.PrefixEnd(lower),
	}}
	if err := w.resume(token); err != nil {
		return Listing{}, err
	}
	v, err := r.view()
	if err != nil {
		return Listing{}, err
	}
	defer v.Release()
	list := Listing{Sequence: v.Head.Sequence}
	list.Token, err = w.run(v, func(key, value []byte) error {
		row, err := state.DecodeActor(value)
		if err != nil {
			return fmt.Errorf("query: the record of actor %s: %w", key, err)
		}
		list.Actors = append(list.Actors, info(actor.Address(key), row))
		return nil
	})
	if err != nil {
		return Listing{}, err
	}
	return list, nil
}

// Actor returns what there is to know about one actor. Nobody at the address is an *actor.Error with CodeUnknownActor;
// that holds for a virtual actor that was never sent a message, too.
func (r *Router) Actor(addr actor.Address) (Info, error) {
	if err := addr.Validate(); err != nil {
		return Info{}, err
	}
	v, err := r.view()
	if err != nil {
		return Info{}, err
	}
	defer v.Release()
	row, ok, err := r.partition.ReadActor(v, addr)
	if err != nil {
		return Info{}, hostError(err)
	}
	if !ok {
		return Info{}, r.missing(v, addr)
	}
	return info(addr, row), nil
}

// missing tells a virtual actor that may yet come from an address where nobody can be.
func (r *Router) missing(v *dispatch.View, addr actor.Address) error {
	if _, _, err := r.find(v, addr); err != nil {
		return err
	}
	return actor.Errorf(actor.CodeUnknownActor, "%s has not been sent a message yet", addr)
}

func info(addr actor.Address, a state.Actor) Info {
	return Info{Address: addr, Number: a.Number, Module: a.Module, Creator: a.Creator, Admin: a.Admin, Created: a.Created}
}

// Code returns a module and its code. ErrNotFound says that there is no such module; of one that is bound there is no
// code, which is nil.
func (r *Router) Code(id actor.ModuleID) (m state.Module, code []byte, err error) {
	v, err := r.view()
	if err != nil {
		return m, nil, err
	}
	defer v.Release()
	m, ok, err := r.partition.ReadModule(v, id)
	if err == nil && !ok {
		return m, nil, fmt.Errorf("query: module %.300q: %w", string(id), ErrNotFound)
	}
	if err != nil || !m.Installed() {
		return m, nil, hostError(err)
	}
	if code, ok, err = r.partition.ReadCode(v, m.Hash); err == nil && !ok {
		err = fmt.Errorf("%s is missing: %w; restore the store from a checkpoint", m.Hash, state.ErrCorrupt)
	}
	if err != nil {
		return m, nil, hostError(fmt.Errorf("query: the code of module %s: %w", id, err))
	}
	return m, code, nil
}

// Modules lists all modules, sorted by id: those that are bound, and those that are installed, which have a hash.
func (r *Router) Modules() ([]state.Module, error) {
	v, err := r.view()
	if err != nil {
		return nil, err
	}
	defer v.Release()
	it, err := v.Iter(r.partition.Bounds(state.Modules))
	if err != nil {
		return nil, hostError(err)
	}
	defer it.Close()
	var list []state.Module
	for more := it.First(); more; more = it.Next() {
		m, err := state.DecodeModule(it.Value())
		if err != nil {
			return nil, fmt.Errorf("query: a record of a module: %w", err)
		}
		list = append(list, m)
	}
	if err := it.Err(); err != nil {
		return nil, hostError(err)
	}
	return list, nil
}
