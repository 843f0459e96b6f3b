package wire

import "encoding/binary"

// A chain answers a message in protobuf, also when it was for a contract. A contract finds the answer in a reply twice:
// the bytes as data (S13), and with the URL of their type among msg_responses (S14). These functions make the answers;
// the data of the reply is their Value.

// ExecuteResponse is the answer to ExecuteMsg, around the data of the contract.
func ExecuteResponse(data []byte) MsgResponse {
	return MsgResponse{"/cosmwasm.wasm.v1.MsgExecuteContractResponse", protobuf(data)}
}

// InstantiateResponse is the answer to InstantiateMsg: the address, as text, and the data of the new contract.
func InstantiateResponse(address string, data []byte) MsgResponse {
	return MsgResponse{"/cosmwasm.wasm.v1.MsgInstantiateContractResponse", protobuf([]byte(address), data)}
}

// Instantiate2Response is the answer to Instantiate2Msg: the address, as text, and the data of the new contract.
func Instantiate2Response(address string, data []byte) MsgResponse {
	return MsgResponse{"/cosmwasm.wasm.v1.MsgInstantiateContract2Response", protobuf([]byte(address), data)}
}

// MigrateResponse is the answer to MigrateMsg, around the data of the contract.
func MigrateResponse(data []byte) MsgResponse {
	return MsgResponse{"/cosmwasm.wasm.v1.MsgMigrateContractResponse", protobuf(data)}
}

// UpdateAdminResponse is the answer to UpdateAdminMsg. It is empty.
func UpdateAdminResponse() MsgResponse {
	return MsgResponse{"/cosmwasm.wasm.v1.MsgUpdateAdminResponse", protobuf()}
}

// ClearAdminResponse is the answer to ClearAdminMsg. It is empty.
func ClearAdminResponse() MsgResponse {
	return MsgResponse{"/cosmwasm.wasm.v1.MsgClearAdminResponse", protobuf()}
}

// SendResponse is the answer to SendMsg, if there was anything to send. It is empty. BurnMsg has no answer.
func SendResponse() MsgResponse {
	return MsgResponse{"/cosmos.bank.v1beta1.MsgSendResponse", protobuf()}
}

// protobuf returns a message whose fields, numbered from 1, are these bytes. One that is empty is left out. The message
// is never nil.
func protobuf(fields ...[]byte) []byte {
	size := 0
	for _, b := range fields {
		size += 1 + binary.MaxVarintLen32 + len(b)
	}
	message := make([]byte, 0, size)
	for i, b := range fields {
		if len(b) == 0 {
			continue
		}
		const bytesOfLength = 2 // the wire type
		message = append(message, byte(i+1)<<3|bytesOfLength)
		message = binary.AppendUvarint(message, uint64(len(b)))
		message = append(message, b...)
	}
	return message
}
