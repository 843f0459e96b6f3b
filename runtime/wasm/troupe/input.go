package troupe

import "github.com/troupe-run/troupe/runtime/actor"

// The inputs of the entries, as ABI.md has them. Each function appends one to b and allocates nothing beyond it.

// appendMessage appends the input of execute, instantiate, migrate and sudo.
func appendMessage(b []byte, env *actor.Env, msg *actor.Message) []byte {
	b = appendCall(appendArray(b, 9), env, env.Sender)
	b = appendNullable(b, msg.Body)
	b = appendText(b, string(msg.Module))
	return appendText(b, string(msg.Admin))
}

// appendReply appends the input of reply.
func appendReply(b []byte, env *actor.Env, reply *actor.Reply) []byte {
	b = appendCall(appendArray(b, 13), env, "")
	b = appendUint(b, reply.ID)
	b = appendNullable(b, reply.Payload)
	b = appendText(b, string(reply.Callee))
	b = appendUint(b, reply.GasUsed)
	if e := reply.Err; e != nil {
		b = appendText(appendText(appendArray(b, 2), e.Code), e.Message)
	} else {
		b = append(b, null)
	}
	b = appendNullable(b, reply.Data)
	b = appendArray(b, len(reply.Events))
	for i := range reply.Events {
		ev := &reply.Events[i]
		b = appendText(appendText(appendArray(b, 3), string(ev.Actor)), ev.Type)
		b = appendArray(b, len(ev.Attributes))
		for _, a := range ev.Attributes {
			b = appendText(appendText(appendArray(b, 2), a.Key), a.Value)
		}
	}
	return b
}

// appendQuery appends the input of query.
func appendQuery(b []byte, view *actor.View, body []byte) []byte {
	b = appendText(appendArray(b, 4), string(view.Self))
	b = appendInt(appendUint(b, view.Sequence), view.Time.UnixNano())
	return appendNullable(b, body)
}

// appendCall appends the six facts that every call but a query begins with.
func appendCall(b []byte, env *actor.Env, sender actor.Address) []byte {
	b = appendText(appendText(b, string(env.Self)), string(sender))
	b = appendInt(appendUint(b, env.Sequence), env.Time.UnixNano())
	b = appendBytes(b, env.Seed[:])
	return appendUint(b, env.Span)
}

// appendAnswer appends what the import query hands to a guest, but for the data, which follows if there is any: it is
// not copied here, because it can be long.
func appendAnswer(b, data []byte, err *actor.Error) []byte {
	switch {
	case err != nil:
		return appendText(appendText(append(appendArray(b, 3), outputFailed), err.Code), err.Message)
	case data == nil:
		return append(appendArray(b, 2), outputOK, null)
	}
	return appendHead(append(appendArray(b, 2), outputOK), majorBytes, uint64(len(data)))
}
