package cosmwasm

import (
	"encoding/json"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/bank"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/wire"
)

// response returns what a contract wants, in the words of Troupe.
func (k *call) response(r *wire.Response) (actor.Response, error) {
	events, err := actorEvents(r.Events)
	if err != nil {
		return actor.Response{}, err
	}
	resp := actor.Response{Attributes: actorAttributes(r.Attributes), Events: events, Data: r.Data}
	if len(r.Messages) == 0 {
		return resp, nil
	}
	resp.Messages = make([]actor.SubMsg, len(r.Messages))
	for i := range r.Messages {
		if err := k.sub(&resp.Messages[i], i, &r.Messages[i]); err != nil {
			return actor.Response{}, err
		}
	}
	return resp, nil
}

// forReply is the SDK gas that a sub-message of a native contract should leave to the reply.
const forReply = 200_000

// replyOn has the reply policies of Troupe for those of contracts.
var replyOn = map[wire.ReplyOn]actor.ReplyOn{
	wire.ReplyAlways: actor.ReplyAlways, wire.ReplySuccess: actor.ReplyOnSuccess,
	wire.ReplyError: actor.ReplyOnError, wire.ReplyNever: actor.ReplyNever,
}

// sub translates a sub-message. What nobody takes fails when its turn comes, so that its sender can catch it.
func (k *call) sub(to *actor.SubMsg, i int, from *wire.SubMsg) error {
	if n := len(from.Payload); n > wire.MaxPayload {
		return actor.Errorf(CodeVM, "reply contains submessage at index %d with payload larger than %d bytes: %d bytes", i, wire.MaxPayload, n)
	}
	on, ok := replyOn[from.ReplyOn]
	if !ok {
		refused := actor.Errorf(CodeInvalid, "replyOn value: invalid") // D21
		*to = actor.SubMsg{ID: from.ID, ReplyOn: actor.ReplyNever, Msg: keeperMessage(&KeeperMsg{Refuse: refused})}
		return nil
	}
	*to = actor.SubMsg{ID: from.ID, ReplyOn: on, Payload: from.Payload}
	if from.GasLimit != nil {
		to.GasLimit = k.meter.gas(*from.GasLimit)
	} else if k.native && on&actor.ReplyOnError != 0 {
		// A limit of its own makes running out of gas an error that can be caught. It leaves something to the reply.
		left := k.services.GasLeft()
		to.GasLimit = left - max(left/64, min(left/4, k.meter.gas(forReply)))
	}
	msg, refused := k.message(&from.Msg)
	if refused != nil {
		msg = keeperMessage(&KeeperMsg{Refuse: refused})
	}
	to.Msg = msg
	return nil
}

// message returns the message to an actor that a message of a contract is (2.4).
func (k *call) message(m *wire.CosmosMsg) (actor.Message, *actor.Error) {
	switch variant := m.Variant(); variant {
	case "bank":
		return jsonMessage(BankAddress, m.Bank), nil
	case "wasm":
		return k.wasmMessage(m.Wasm)
	case "custom":
		if k.contract.chain.Custom == nil {
			return actor.Message{}, actor.Errorf(CodeUnknownMsg, "custom: no handler found")
		}
		msg, err := k.contract.chain.Custom(k.self, m.Custom)
		return msg, actor.AsError(err)
	case "":
		return actor.Message{}, actor.Errorf(CodeUnknownMsg, "unknown variant of CosmosMsg: no handler found")
	default:
		return actor.Message{}, actor.Errorf(CodeUnknownMsg, "%s: no handler found", variant) // S39
	}
}

// wasmMessage checks what a chain checks before it looks at the contract or the keeper: the former here, the latter does it
// itself.
func (k *call) wasmMessage(m *wire.WasmMsg) (actor.Message, *actor.Error) {
	var keeper KeeperMsg
	switch {
	case m.Execute != nil:
		return k.executeMessage(m.Execute)
	case m.Instantiate != nil:
		keeper.Instantiate = m.Instantiate
	case m.Instantiate2 != nil:
		keeper.Instantiate2 = m.Instantiate2
	case m.Migrate != nil:
		if err := k.checkMigrate(m.Migrate); err != nil {
			return actor.Message{}, err
		}
		keeper.Migrate = m.Migrate
	case m.UpdateAdmin != nil:
		keeper.UpdateAdmin = m.UpdateAdmin
	case m.ClearAdmin != nil:
		keeper.ClearAdmin = m.ClearAdmin
	default:
		return actor.Message{}, actor.Errorf(CodeUnknownMsg, "unknown variant of Wasm: no handler found")
	}
	return keeperMessage(&keeper), nil
}

func (k *call) executeMessage(m *wire.ExecuteMsg) (actor.Message, *actor.Error) {
	funds, err := bank.ParseCoins(m.Funds) // N6 to N10
	if err != nil {
		return actor.Message{}, actor.AsError(err)
	}
	to, bad := k.contract.chain.contract(m.ContractAddr)
	if bad != nil {
		return actor.Message{}, bad
	}
	if !json.Valid(m.Msg) {
		return actor.Message{}, errInvalidMsg()
	}
	return actor.Message{To: to, Body: m.Msg, Funds: coinsOf(funds.Wire())}, nil
}

// checkMigrate lets the keeper have what it will refuse. The message for the new code must be JSON (S43).
func (k *call) checkMigrate(m *wire.MigrateMsg) *actor.Error {
	_, bad := k.contract.chain.contract(m.ContractAddr)
	if m.NewCodeID == 0 || bad != nil || json.Valid(m.Msg) {
		return nil
	}
	return errInvalidMsg()
}

func errInvalidMsg() *actor.Error { return actor.Errorf(CodeInvalid, "payload msg: invalid") }

func keeperMessage(m *KeeperMsg) actor.Message { return jsonMessage(KeeperAddress, m) }

// jsonMessage has a body that marshals always.
func jsonMessage(to actor.Address, body any) actor.Message {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return actor.Message{To: to, Body: b}
}

// gas returns what an amount of SDK gas is in units of the services' gas.
func (m *meter) gas(sdk uint64) uint64 {
	perUnit := m.per * m.fuelPerGas()
	if sdk > most/sdkGas {
		return most
	}
	// A limit of 0 is one that nothing fits into; to Troupe 0 is no limit.
	return max(1, sdk*sdkGas/perUnit)
}
