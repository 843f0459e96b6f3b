package capability

import (
	"encoding/hex"

	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// Readable tells people what a body says, and what came back for it, where the body is an invocation:
//
//	KeyValue.Increment {"key":"counter:hits","value":1}
//
// and JSON. What is not to be had in JSON is in hexadecimal digits. It reports false for other bodies, and for invocations
// that a person wrote, in JSON: those can be read as they are.
func Readable(body, data []byte) (call, answer string, ok bool) {
	if len(body) == 0 || body[0] == '{' {
		return "", "", false
	}
	inv, err := DecodeInvocation(body)
	if err != nil {
		return "", "", false
	}
	call = inv.Operation
	if len(inv.Payload) > 0 {
		call += " " + readable(inv.Payload)
	}
	if data != nil {
		answer = readable(data)
	}
	return call, answer, true
}

func readable(payload []byte) string {
	text, err := pack.ToJSON(payload)
	if err != nil {
		return "0x" + hex.EncodeToString(payload)
	}
	return string(text)
}
