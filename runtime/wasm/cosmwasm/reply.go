package cosmwasm

import (
	"encoding/json"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// The types of the answers that a chain's modules give (S14).
const (
	typeExecuted     = "/cosmwasm.wasm.v1.MsgExecuteContractResponse"
	typeInstantiated = "/cosmwasm.wasm.v1.MsgInstantiateContractResponse"
	typeMigrated     = "/cosmwasm.wasm.v1.MsgMigrateContractResponse"
	typeSent         = "/cosmos.bank.v1beta1.MsgSendResponse"
)

// replyArg returns a reply as contracts read it (S13, S14, S16 to S19).
func (k *call) replyArg(r *actor.Reply) ([]byte, error) {
	reply := wire.Reply{ID: r.ID, Payload: r.Payload}
	if k.native {
		reply.GasUsed = k.meter.sdk(r.GasUsed)
	}
	if r.Err != nil {
		reply.Result.Err = redact(r.Err, k.native)
	} else {
		ok, err := k.replyOk(r)
		if err != nil {
			return nil, err
		}
		reply.Result.Ok = ok
	}
	k.scratch.other = wire.AppendReply(k.scratch.other[:0], &reply)
	return k.scratch.other, nil
}

func (k *call) replyOk(r *actor.Reply) (*wire.SubMsgResponse, error) {
	ok := &wire.SubMsgResponse{Events: sorted(Events(k.services, r.Events))}
	kind := typeExecuted
	switch r.Callee {
	case BankAddress:
		if r.Data != nil { // otherwise there was nothing to send, so there is no answer either (S38)
			ok.MsgResponses = []wire.MsgResponse{{TypeURL: typeSent, Value: []byte{}}}
		}
		return ok, nil
	case KeeperAddress:
		var data Kept
		if len(r.Data) == 0 {
			return ok, nil
		}
		if err := json.Unmarshal(r.Data, &data); err != nil {
			return nil, actor.Errorf(actor.CodeMalformed, "the data of the keeper: %v", err)
		}
		if data.Migrated {
			kind, ok.Data = typeMigrated, field(1, data.Data)
		} else {
			kind, ok.Data = typeInstantiated, append(field(1, []byte(data.Address)), field(2, data.Data)...)
		}
	default:
		ok.Data = field(1, r.Data)
	}
	value := ok.Data
	if value == nil {
		value = []byte{}
	}
	ok.MsgResponses = []wire.MsgResponse{{TypeURL: kind, Value: value}}
	return ok, nil
}

// sdk returns what an amount of the services' gas is in SDK gas.
func (m *meter) sdk(gas uint64) uint64 {
	perUnit := m.per * m.fuelPerGas()
	if gas > most/perUnit {
		return most / sdkGas
	}
	return gas * perUnit / sdkGas
}

// fuelPerGas returns how much fuel a unit of the services' gas pays for.
func (m *meter) fuelPerGas() uint64 {
	if p, ok := m.services.(interface{ FuelPerGas() uint64 }); ok {
		return p.FuelPerGas()
	}
	return fuelPerGas
}
