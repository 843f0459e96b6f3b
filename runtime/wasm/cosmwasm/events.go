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
// the keeper emitted nothing changes. The services are those of whoever asks: the ids of codes are read from the keeper.
func Events(services actor.Services, events []actor.Event) []wire.Event {
	raw := rawOf(services)
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

// sorted puts the attributes of each event in the order that replies have them in (S18).
func sorted(events []wire.Event) []wire.Event {
	for i := range events {
		slices.SortStableFunc(events[i].Attributes, func(a, b wire.EventAttribute) int { return strings.Compare(a.Key, b.Key) })
	}
	return events
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
