package blobstore

import (
	"context"
	"encoding/binary"
	"strconv"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// OpNext sends the next chunk of a download, by sudo: its number → nothing. A download that is not there is no error.
const OpNext = "Downloads.Next"

// OpEnd gives a download up, by sudo: End → nothing. The half outside says so when the transaction of a chunk cannot be: an actor that
// runs out of gas, for one, ends more than its own call, and would be sent the same chunk for ever.
const OpEnd = "Downloads.End"

// End is a download, and why it ends.
type End struct {
	Number uint64 `json:"number"`
	Reason string `json:"reason"`
}

// getObject returns the first chunk of a range, and keeps the rest as a download.
func (c *call) getObject() (any, error) {
	var in messages.GetObjectArgs
	if err := c.arg(&in); err != nil {
		return nil, err
	}
	o, err := c.find(in.ContainerID, in.ObjectID)
	if err != nil {
		return nil, err
	}
	start, end := uint64(0), o.Length
	if in.RangeStart != nil {
		start = min(*in.RangeStart, o.Length)
	}
	if in.RangeEnd != nil && *in.RangeEnd < o.Length {
		end = max(*in.RangeEnd+1, start)
	}
	first := min(end, start+c.chunk)
	if first < end {
		if c.state == nil || c.req.From == "" {
			return nil, actor.Errorf(actor.CodeReadOnly, "the object %.80q has %d bytes in that range, and a query can have %d: ask for a shorter range", in.ObjectID, end-start, c.chunk)
		}
		c.save(numbered(downloadPrefix, c.number()), &download{Actor: c.req.From, Link: c.req.Link.Name, Store: c.name, ContainerID: in.ContainerID,
			ObjectID: in.ObjectID, Number: o.Number, Offset: first, End: end, Chunk: c.chunk, Protocol: c.protocol})
	}
	return &messages.GetObjectResponse{Success: true, ContentLength: end - start, ContentType: o.ContentType, ContentEncoding: o.ContentEncoding,
		InitialChunk: &messages.Chunk{ObjectID: in.ObjectID, ContainerID: in.ContainerID, Bytes: c.read(o.Number, start, first), Offset: start, IsLast: first == end}}, nil
}

// Deliver implements capability.Deliverer: it takes OpNext and OpEnd.
func (h *handler) Deliver(ctx context.Context, env *actor.Env, msg actor.Message) (actor.Response, error) {
	inv, err := capability.DecodeInvocation(msg.Body)
	if err != nil {
		return actor.Response{}, err
	}
	var end End
	var argument any = &end.Number
	if inv.Operation == OpEnd && inv.Contract == capability.Blobstore {
		argument = &end
	} else if inv.Operation != OpNext || inv.Contract != capability.Blobstore {
		return actor.Response{}, actor.Errorf(actor.CodeMalformed, "what comes in is %s or %s of %s", OpNext, OpEnd, capability.Blobstore)
	}
	if err := pack.Unmarshal(inv.Payload, argument); err != nil {
		return actor.Response{}, err
	}
	row := numbered(downloadPrefix, end.Number)
	s := &store{rows: env.State, state: env.State, now: env.Time}
	var d download
	if !s.load(row, &d) {
		return actor.Response{}, nil
	}
	if inv.Operation == OpNext {
		s.name = d.Store
		more, err := h.send(ctx, env, s, &d)
		if more && err == nil {
			s.save(row, &d)
			return actor.Response{}, nil
		}
		if err != nil {
			end.Reason = actor.AsError(err).Error()
		}
	}
	env.State.Delete(row)
	if end.Reason == "" {
		return actor.Response{}, nil
	}
	return actor.Response{Events: []actor.Event{{Type: "download_ended", Attributes: []actor.Attribute{
		{Key: "actor", Value: string(d.Actor)}, {Key: "container", Value: d.ContainerID}, {Key: "object", Value: d.ObjectID},
		{Key: "offset", Value: strconv.FormatUint(d.Offset, 10)}, {Key: "reason", Value: end.Reason},
	}}}}, nil
}

// send lets the actor have the next chunk, and reports whether there are more. Where it fails the actor's own writes are undone.
func (h *handler) send(ctx context.Context, env *actor.Env, s *store, d *download) (more bool, err error) {
	link, _, refused := capability.Linked(capability.TableOf(env.Services, &h.memo), env.Self, d.Actor, capability.Blobstore, d.Link)
	if refused != nil {
		return false, refused
	}
	o, err := s.find(d.ContainerID, d.ObjectID)
	if err != nil {
		return false, err
	}
	if o.Number != d.Number {
		return false, actor.Errorf(CodeNotFound, "another object has taken its place")
	}
	next := min(d.End, d.Offset+d.Chunk)
	chunk := messages.Chunk{ObjectID: d.ObjectID, ContainerID: d.ContainerID, Bytes: s.read(d.Number, d.Offset, next), Offset: d.Offset, IsLast: next == d.End}
	inv := capability.Invocation{Operation: messages.ReceiveChunk, Contract: capability.Blobstore, Link: link.Name, Payload: d.Protocol.Encode(&chunk)}
	caller, ok := env.Services.(capability.Caller)
	if !ok {
		return false, actor.Errorf(actor.CodeUnsupported, "these services deliver nothing at once")
	}
	data, err := caller.Call(ctx, d.Actor, inv.Encode())
	if err != nil {
		return false, err
	}
	var answer messages.ChunkResponse
	if err := pack.Unmarshal(data, &answer); err != nil {
		return false, err
	}
	d.Offset = next
	return !answer.CancelDownload && next < d.End, nil
}

// numberOf returns the number of a download from its row.
func numberOf(row []byte) uint64 { return binary.BigEndian.Uint64(row[1:]) }
