package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"testing"
)

// TestS13 checks the answers of chains against bytes that are known: of the replier (3.B) and by the protobuf format.
func TestS13(t *testing.T) {
	for _, c := range []struct {
		name string
		got  MsgResponse
		url  string
		want string
	}{
		{"ee05 of a replier", ExecuteResponse([]byte{0xee, 5}), "/cosmwasm.wasm.v1.MsgExecuteContractResponse", "0a02ee05"},
		{"no data", ExecuteResponse(nil), "/cosmwasm.wasm.v1.MsgExecuteContractResponse", ""},
		{"empty data", ExecuteResponse([]byte{}), "/cosmwasm.wasm.v1.MsgExecuteContractResponse", ""},
		{"instantiated", InstantiateResponse("cosmos1", []byte{1}), "/cosmwasm.wasm.v1.MsgInstantiateContractResponse", "0a07636f736d6f7331120101"},
		{"instantiated without data", InstantiateResponse("cosmos1", nil), "/cosmwasm.wasm.v1.MsgInstantiateContractResponse", "0a07636f736d6f7331"},
		{"instantiated by salt", Instantiate2Response("a", []byte("b")), "/cosmwasm.wasm.v1.MsgInstantiateContract2Response", "0a0161120162"},
		{"migrated", MigrateResponse([]byte("b")), "/cosmwasm.wasm.v1.MsgMigrateContractResponse", "0a0162"},
		{"admin updated", UpdateAdminResponse(), "/cosmwasm.wasm.v1.MsgUpdateAdminResponse", ""},
		{"admin cleared", ClearAdminResponse(), "/cosmwasm.wasm.v1.MsgClearAdminResponse", ""},
		{"sent", SendResponse(), "/cosmos.bank.v1beta1.MsgSendResponse", ""},
	} {
		if got := hex.EncodeToString(c.got.Value); got != c.want || c.got.TypeURL != c.url || c.got.Value == nil {
			t.Errorf("%s: %s %s (nil: %v), want %s %s", c.name, c.got.TypeURL, got, c.got.Value == nil, c.url, c.want)
		}
	}
	// The reply of a reply in 3.B has an answer inside of an answer.
	inner := append(ExecuteResponse([]byte{0xee, 5}).Value, 0xbb, 4)
	if got := hex.EncodeToString(ExecuteResponse(inner).Value); got != "0a060a02ee05bb04" {
		t.Errorf("nested: %s", got)
	}
}

// FuzzProtobuf reads the answers again, by the rules of the format: tags, lengths, fields in order.
func FuzzProtobuf(f *testing.F) {
	f.Add("cosmos1", []byte("data"))
	f.Add("", bytes.Repeat([]byte{1}, 200))
	f.Fuzz(func(t *testing.T, address string, data []byte) {
		message := InstantiateResponse(address, data).Value
		var fields [3][]byte
		for last := uint64(0); len(message) > 0; {
			tag, n := binary.Uvarint(message)
			size, m := binary.Uvarint(message[max(n, 0):])
			if n <= 0 || m <= 0 || tag&7 != 2 || tag>>3 <= last || tag>>3 > 2 || size > uint64(len(message)-n-m) {
				t.Fatalf("%q and %q became %x", address, data, InstantiateResponse(address, data).Value)
			}
			last = tag >> 3
			fields[last], message = message[n+m:][:size], message[n+m+int(size):]
		}
		if string(fields[1]) != address || !bytes.Equal(fields[2], data) {
			t.Fatalf("%q and %q became %q", address, data, fields)
		}
	})
}
