package envelope

import (
	"encoding/binary"

	"github.com/troupe-run/troupe/runtime/actor"
)

// AppendResponse appends what an entry point for messages or replies answers.
func AppendResponse(dst []byte, resp *actor.Response) []byte {
	dst = append(dst, majorArray<<5|5, 0)
	dst = appendBytes(dst, resp.Data)
	dst = appendHead(dst, majorArray, uint64(len(resp.Messages)))
	for i := range resp.Messages {
		dst = appendSubMsg(dst, &resp.Messages[i])
	}
	dst = appendAttributes(dst, resp.Attributes)
	dst = appendHead(dst, majorArray, uint64(len(resp.Events)))
	for i := range resp.Events {
		dst = append(dst, majorArray<<5|2)
		dst = appendText(dst, resp.Events[i].Type)
		dst = appendAttributes(dst, resp.Events[i].Attributes)
	}
	return dst
}

// AppendAnswer appends what the entry point for queries answers.
func AppendAnswer(dst, data []byte) []byte {
	return appendBytes(append(dst, majorArray<<5|2, 0), data)
}

// AppendError appends what any entry point answers that has failed.
func AppendError(dst []byte, e *actor.Error) []byte {
	dst = append(dst, majorArray<<5|3, 1)
	dst = appendText(dst, e.Code)
	return appendText(dst, e.Message)
}

// AppendUnsupported appends the answer of an actor that lacks the entry point. The host knows the words for it.
func AppendUnsupported(dst []byte) []byte { return append(dst, majorArray<<5|1, 2) }

func appendSubMsg(dst []byte, sub *actor.SubMsg) []byte {
	dst = append(dst, majorArray<<5|5)
	dst = appendHead(dst, majorUint, sub.ID)
	dst = appendHead(dst, majorUint, uint64(sub.ReplyOn))
	dst = appendHead(dst, majorUint, sub.GasLimit)
	dst = appendBytes(dst, sub.Payload)
	m := &sub.Msg
	dst = append(dst, majorArray<<5|5)
	dst = appendHead(dst, majorUint, uint64(m.Kind))
	dst = appendText(dst, string(m.To))
	dst = appendBytes(dst, m.Body)
	dst = appendText(dst, string(m.Module))
	return appendText(dst, string(m.Admin))
}

func appendAttributes(dst []byte, attributes []actor.Attribute) []byte {
	dst = appendHead(dst, majorArray, uint64(len(attributes)))
	for i := range attributes {
		dst = append(dst, majorArray<<5|2)
		dst = appendText(dst, attributes[i].Key)
		dst = appendText(dst, attributes[i].Value)
	}
	return dst
}

// appendBytes keeps nil and empty apart.
func appendBytes(dst, b []byte) []byte {
	if b == nil {
		return append(dst, null)
	}
	return append(appendHead(dst, majorBytes, uint64(len(b))), b...)
}

func appendText(dst []byte, s string) []byte {
	return append(appendHead(dst, majorText, uint64(len(s))), s...)
}

// appendHead appends the shortest head with the argument. Most are short, and those are appended where they are needed.
func appendHead(dst []byte, major byte, arg uint64) []byte {
	if arg < 24 {
		return append(dst, major<<5|byte(arg))
	}
	return appendLongHead(dst, major<<5, arg)
}

func appendLongHead(dst []byte, m byte, arg uint64) []byte {
	switch {
	case arg < 1<<8:
		return append(dst, m|24, byte(arg))
	case arg < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, m|25), uint16(arg))
	case arg < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, m|26), uint32(arg))
	}
	return binary.BigEndian.AppendUint64(append(dst, m|27), arg)
}
