package dispatch

import (
	"strings"

	"github.com/troupe-run/troupe/runtime/actor"
)

// attributesType is the type of the event that a response's attributes become.
const attributesType = "actor"

// reserved are the types that only the host emits.
var reserved = map[string]bool{
	"execute": true, "instantiate": true, "migrate": true, "set_admin": true, "sudo": true, "query": true, "reply": true,
	"tick": true, "message": true, attributesType: true,
}

// emitAll emits the events of a call in the order of rule S47: the host's own, the attributes, the actor's.
func (r *run) emitAll(f *frame, resp actor.Response, entry actor.Event) error {
	if f.code.System {
		return r.emitSystem(f, resp.Events)
	}
	if err := r.emit(f.meter, f.span, entry); err != nil {
		return err
	}
	if len(resp.Attributes) > 0 {
		ev := actor.Event{Actor: f.self, Type: attributesType, Attributes: resp.Attributes}
		if err := normalize(&ev); err != nil {
			return err
		}
		if err := r.emit(f.meter, f.span, ev); err != nil {
			return err
		}
	}
	for _, ev := range resp.Events {
		ev.Actor, ev.Type = f.self, strings.TrimSpace(ev.Type)
		if err := checkType(ev.Type); err != nil {
			return err
		}
		if err := normalize(&ev); err != nil {
			return err
		}
		if err := r.emit(f.meter, f.span, ev); err != nil {
			return err
		}
	}
	return nil
}

// emitSystem emits what system code says, as it is; events of type "message" never surface (rule S47).
func (r *run) emitSystem(f *frame, events []actor.Event) error {
	for _, ev := range events {
		if ev.Type == "message" {
			continue
		}
		ev.Actor = f.self
		if err := r.emit(f.meter, f.span, ev); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) emit(m *meter, span *Span, ev actor.Event) error {
	size := len(ev.Type)
	for _, a := range ev.Attributes {
		size += len(a.Key) + len(a.Value)
	}
	if !m.use(uint64(size) * r.gas.EventByte) {
		return outOfGas(m)
	}
	if r.eventBytes += size; r.eventBytes > r.limits.Events {
		return &stop{err: actor.Errorf(actor.CodeEventsTooLarge, "the events of a transaction have at most %d bytes", r.limits.Events)}
	}
	r.events = append(r.events, ev)
	span.emitted(ev)
	return nil
}

// checkType is rule S46 for types.
func checkType(kind string) error {
	if len(kind) <= 2 {
		return actor.Errorf(actor.CodeInvalidEvent, "the type of an event has more than 2 bytes, %q has not", kind)
	}
	if reserved[kind] {
		return actor.Errorf(actor.CodeInvalidEvent, "the type %q is reserved for the host", kind)
	}
	return nil
}

// normalize trims the attributes and checks them (rule S46). It does not write into the actor's slice.
func normalize(ev *actor.Event) error {
	if len(ev.Attributes) == 0 {
		ev.Attributes = nil
		return nil
	}
	trimmed := make([]actor.Attribute, len(ev.Attributes))
	for i, a := range ev.Attributes {
		key := strings.TrimSpace(a.Key)
		switch {
		case key == "":
			return actor.Errorf(actor.CodeInvalidEvent, "event %q: attribute %d has an empty key, its value is %q", ev.Type, i, a.Value)
		case key[0] == '_':
			return actor.Errorf(actor.CodeInvalidEvent, "event %q: the key %q is reserved, because it starts with _", ev.Type, key)
		}
		trimmed[i] = actor.Attribute{Key: key, Value: strings.TrimSpace(a.Value)}
	}
	ev.Attributes = trimmed
	return nil
}
