package cosmwasm

import (
	"slices"
	"strconv"
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

const (
	contractAttribute = "_contract_address"
	customPrefix      = "wasm-"
)

// Events returns events as a chain emits them (S44, S45): the attributes of a call are the event "wasm", those that a
// contract has made are "wasm-" and their type, each with the contract before its attributes. Of an event that the bank or
// the keeper emitted nothing changes. The ids of codes are read from the keeper, as it is now.
//
// The attributes stand as contracts gave them. A chain sorts those of all events below a sub-message to a contract by their
// keys (S18), and here nothing says which events those were: Emitted, which has the whole tree, does so.
func Events(state State, events []actor.Event) []wire.Event {
	raw := rawOf(state)
	list := make([]wire.Event, 0, len(events))
	for i := range events {
		if ev, ok := chainEvent(raw, &events[i]); ok {
			list = append(list, ev)
		}
	}
	return list
}

func chainEvent(raw raw, ev *actor.Event) (wire.Event, bool) {
	if ev.Actor == BankAddress || ev.Actor == KeeperAddress {
		return wire.Event{Type: ev.Type, Attributes: attributes(nil, ev.Attributes)}, true
	}
	who := wire.EventAttribute{Key: contractAttribute, Value: string(ev.Actor)}
	switch ev.Type {
	case "execute", "sudo", "reply":
		return wire.Event{Type: ev.Type, Attributes: []wire.EventAttribute{who}}, true
	case "instantiate":
		return wire.Event{Type: ev.Type, Attributes: append([]wire.EventAttribute{who}, codeID(raw, ev.Actor)...)}, true
	case "migrate":
		return wire.Event{Type: ev.Type, Attributes: append(codeID(raw, ev.Actor), who)}, true
	case "actor":
		return wire.Event{Type: "wasm", Attributes: attributes(&who, ev.Attributes)}, true
	case "set_admin":
		return wire.Event{}, false // the keeper says it
	}
	kind := ev.Type
	if !strings.HasPrefix(kind, customPrefix) {
		kind = customPrefix + kind // of a native actor
	}
	return wire.Event{Type: kind, Attributes: attributes(&who, ev.Attributes)}, true
}

func attributes(who *wire.EventAttribute, list []actor.Attribute) []wire.EventAttribute {
	out := make([]wire.EventAttribute, 0, len(list)+1)
	if who != nil {
		out = append(out, *who)
	}
	for _, a := range list {
		out = append(out, wire.EventAttribute(a))
	}
	return out
}

// codeID is the code of a contract as an attribute. Actors that the keeper has not made have none.
func codeID(raw raw, addr actor.Address) []wire.EventAttribute {
	record, ok := raw.contract(addr)
	if !ok {
		return nil
	}
	return []wire.EventAttribute{{Key: "code_id", Value: strconv.FormatUint(record.CodeID, 10)}}
}

// A State gives the keys of actors, as actor.Services and hosts do.
type State interface {
	QueryRaw(to actor.Address, key []byte) (value []byte, ok bool)
}

// sorted puts the attributes of each event in the order of replies (S18). It returns its argument.
func sorted(events []wire.Event) []wire.Event {
	for i := range events {
		sortAttributes(events[i].Attributes)
	}
	return events
}

func sortAttributes(list []wire.EventAttribute) {
	slices.SortStableFunc(list, func(a, b wire.EventAttribute) int { return strings.Compare(a.Key, b.Key) })
}

// actorEvents returns what a contract emitted as events of an actor. What is wrong with them the host finds (S46).
func actorEvents(list []wire.Event) ([]actor.Event, error) {
	if len(list) == 0 {
		return nil, nil
	}
	events := make([]actor.Event, len(list))
	for i, ev := range list {
		kind := strings.TrimSpace(ev.Type)
		if len(kind) <= minEventType {
			return nil, actor.Errorf(actor.CodeInvalidEvent, "Event type too short: '%s'", kind)
		}
		events[i] = actor.Event{Type: customPrefix + kind, Attributes: actorAttributes(ev.Attributes)}
	}
	return events, nil
}

// minEventType is how many bytes the type of an event has more than (S46).
const minEventType = 2

func actorAttributes(list []wire.EventAttribute) []actor.Attribute {
	if len(list) == 0 {
		return nil
	}
	out := make([]actor.Attribute, len(list))
	for i, a := range list {
		out[i] = actor.Attribute(a)
	}
	return out
}
