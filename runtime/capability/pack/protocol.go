package pack

import "github.com/troupe-run/troupe/runtime/actor"

// A Protocol is an encoding of payloads.
type Protocol uint8

// The protocols, by the names of what they encode with.
const (
	MessagePack Protocol = iota // protocol 0
	CBOR                        // protocol 2
)

// The bytes that may begin a payload of more than one byte, and are no MessagePack then.
const (
	cborPrefix    = 0x7f
	msgpackPrefix = 0xc1
)

// ProtocolOf says how a payload is encoded, so that an answer can be encoded likewise. An empty payload is MessagePack.
func ProtocolOf(payload []byte) Protocol {
	if len(payload) > 1 && payload[0] == cborPrefix {
		return CBOR
	}
	return MessagePack
}

// Encode returns v in a protocol: see Marshal. In CBOR what is missing is null.
func (p Protocol) Encode(v any) []byte {
	if p == CBOR {
		return marshalCBOR(v)
	}
	return Marshal(v)
}

// split takes the prefix away. The rule is that of wasmbus-rpc: a single byte is MessagePack; longer payloads that begin with a
// small number are reserved, but for the prefixes.
func split(payload []byte) (Protocol, []byte, error) {
	if len(payload) > MaxSize {
		return 0, nil, actor.Errorf(actor.CodeMalformed, "a payload has at most %d bytes, not %d", MaxSize, len(payload))
	}
	if len(payload) < 2 {
		return MessagePack, payload, nil
	}
	switch first := payload[0]; {
	case first == cborPrefix:
		return CBOR, payload[1:], nil
	case first == msgpackPrefix:
		return MessagePack, payload[1:], nil
	case first < cborPrefix, first == 0xc0:
		return 0, nil, actor.Errorf(actor.CodeMalformed, "a payload of %d bytes cannot begin with %#02x: it is neither MessagePack nor, behind 0x7f, CBOR", len(payload), first)
	}
	return MessagePack, payload, nil
}
