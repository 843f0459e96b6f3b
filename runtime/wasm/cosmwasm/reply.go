package cosmwasm

import (
	"encoding/json"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
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
		k.meter.replied(ok.Events)
	}
	k.scratch.other = wire.AppendReply(k.scratch.other[:0], &reply)
	return k.scratch.other, nil
}

func (k *call) replyOk(r *actor.Reply) (*wire.SubMsgResponse, error) {
	ok := &wire.SubMsgResponse{Events: sorted(Events(k.services, r.Events))}
	answer, answered, err := answerTo(r)
	if err == nil && answered {
		ok.Data, ok.MsgResponses = answer.Value, []wire.MsgResponse{answer}
	}
	return ok, err
}

// answerTo returns what a chain answers to the message that a reply is for, if it answers (S13, S14).
func answerTo(r *actor.Reply) (answer wire.MsgResponse, ok bool, err error) {
	switch r.Callee {
	case BankAddress:
		return wire.SendResponse(), r.Data != nil, nil // without data there was nothing to send (S38)
	case KeeperAddress:
	default:
		return wire.ExecuteResponse(r.Data), true, nil
	}
	var kept Kept
	if err := json.Unmarshal(r.Data, &kept); err != nil {
		return answer, false, actor.Errorf(actor.CodeMalformed, "the data of the keeper: %v", err)
	}
	switch kept.Deed {
	case Instantiated:
		answer = wire.InstantiateResponse(string(kept.Address), kept.Data)
	case Instantiated2:
		answer = wire.Instantiate2Response(string(kept.Address), kept.Data)
	case Migrated:
		answer = wire.MigrateResponse(kept.Data)
	case AdminUpdated:
		answer = wire.UpdateAdminResponse()
	case AdminCleared:
		answer = wire.ClearAdminResponse()
	}
	return answer, true, nil
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
