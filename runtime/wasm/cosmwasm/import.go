package cosmwasm

import (
	"encoding/json"

	"github.com/troupe-run/troupe/runtime/actor"
)

// ImportMsg puts a contract as it is elsewhere into the world: with its address, and its keys as they are. With a code id it
// is a contract that is not there yet; without, one that is, which gets more keys. The code does not run, so only the
// operator may say it.
type ImportMsg struct {
	Address actor.Address `json:"address"`
	CodeID  uint64        `json:"code_id,omitempty"`
	// Creator, Admin and Label are those of the new contract.
	Creator actor.Address `json:"creator,omitempty"`
	Admin   actor.Address `json:"admin,omitempty"`
	Label   string        `json:"label,omitempty"`
	State   []StatePair   `json:"state"`
}

// A StatePair is a key of a contract with its value.
type StatePair struct {
	Key   []byte `json:"key"`
	Value []byte `json:"value"`
}

// importOrder is what a contract gets from the keeper in the place of a message.
type importOrder struct {
	Import []StatePair `json:"import,omitzero"`
}

// genesis is what a history says of a contract that was imported, as in wasmd.
const genesis = "genesis"

// importState sends the keys to the contract, which alone can write them.
func (c *keeping) importState(m *ImportMsg) (actor.Response, error) {
	addr, bad := c.Chain.contract(string(m.Address))
	if bad != nil {
		return actor.Response{}, bad
	}
	for _, p := range m.State {
		if len(p.Key) == 0 || len(p.Value) == 0 {
			return actor.Response{}, actor.Errorf(CodeInvalid, "a key or a value that is to be imported is empty")
		}
	}
	body, err := json.Marshal(&importOrder{append([]StatePair{}, m.State...)})
	if err != nil {
		return actor.Response{}, err
	}
	record, there := c.raw.contract(addr)
	msg := actor.Message{Kind: actor.KindMigrate, To: addr, Body: body}
	switch {
	case m.CodeID == 0 && !there:
		return actor.Response{}, actor.Errorf(actor.CodeInvalidMessage, "unknown contract: invalid request")
	case m.CodeID != 0 && there:
		return actor.Response{}, actor.Errorf(actor.CodeAlreadyExists, "there is a contract %s already", addr)
	case m.CodeID != 0:
		if err := checkLabel(m.Label); err != nil {
			return actor.Response{}, err
		}
		record = &ContractRecord{CodeID: m.CodeID, Creator: m.Creator, Admin: m.Admin, Label: m.Label, Created: c.env.Sequence,
			History: []HistoryItem{{genesis, m.CodeID, c.env.Sequence, nil}}}
		put(c.env.State, contractKey(addr), record)
		msg.Kind, msg.Admin = actor.KindInstantiate, c.env.Self
	}
	code, ok := c.raw.code(record.CodeID)
	if !ok {
		return actor.Response{}, actor.Errorf(actor.CodeUnknownModule, "code id %d: no such code", record.CodeID)
	}
	msg.Module = code.Module
	return actor.Response{Messages: []actor.SubMsg{{Msg: msg}}}, nil
}

// take writes what is imported. The body is of the keeper.
func take(s actor.State, body []byte) (actor.Response, error) {
	var order importOrder
	if err := json.Unmarshal(body, &order); err != nil {
		return actor.Response{}, actor.Errorf(actor.CodeMalformed, "an import: %v", err)
	}
	for _, p := range order.Import {
		s.Set(p.Key, p.Value)
	}
	return actor.Response{}, nil
}
