package runtime

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm"
)

// A Dump is a contract as it is elsewhere: on a chain, for example.
type Dump struct {
	Address actor.Address `json:"address"`
	// CodeID is that of a code which is stored here. 0: the contract is here, and gets more keys.
	CodeID  uint64        `json:"code_id"`
	Creator actor.Address `json:"creator"`
	Admin   actor.Address `json:"admin"`
	Label   string        `json:"label"` // the address if it is empty
	// Models are keys in hexadecimal digits and values in base64, as "wasmd query wasm contract-state all" prints them.
	Models []Model `json:"models"`
	// State are keys and values in base64.
	State []cosmwasm.StatePair `json:"state"`
}

// A Model is a key with its value.
type Model struct {
	Key   string `json:"key"`
	Value []byte `json:"value"`
}

// What goes into one transaction: about so many bytes, or so many keys.
const (
	importBytes = 64 << 10
	importKeys  = 500
)

// Import puts a contract with its state into the host, which must have a Chain. It is a transaction of the operator, or
// several if there is much, and a part of the log like all others. If one fails, those before it stay.
func (h *Host) Import(ctx context.Context, d *Dump) error {
	pairs := append([]cosmwasm.StatePair{}, d.State...)
	for _, m := range d.Models {
		key, err := hex.DecodeString(m.Key)
		if err != nil {
			return fmt.Errorf("runtime: import %s: the key %.80q is not made of hexadecimal digits", shortName(string(d.Address)), m.Key)
		}
		pairs = append(pairs, cosmwasm.StatePair{Key: key, Value: m.Value})
	}
	if h.chain == nil {
		return fmt.Errorf("runtime: import %s: %w", shortName(string(d.Address)), errNoChain)
	}
	msg := &cosmwasm.ImportMsg{Address: d.Address, CodeID: d.CodeID, Creator: d.Creator, Admin: d.Admin, Label: d.Label}
	if msg.Label == "" {
		msg.Label = string(d.Address)
	}
	for first := true; first || len(pairs) > 0; first = false {
		n := portion(pairs)
		msg.State, pairs = pairs[:n], pairs[n:]
		body, err := json.Marshal(&cosmwasm.KeeperOrder{Import: msg})
		if err != nil {
			return err
		}
		if _, err := h.Sudo(ctx, cosmwasm.KeeperAddress, body); err != nil {
			return err
		}
		msg = &cosmwasm.ImportMsg{Address: d.Address}
	}
	return nil
}

var errNoChain = errors.New("the host has no chain")

// portion returns how many pairs go into one transaction.
func portion(pairs []cosmwasm.StatePair) int {
	size := 0
	for i, p := range pairs {
		if size += len(p.Key) + len(p.Value); i > 0 && (size > importBytes || i == importKeys) {
			return i
		}
	}
	return len(pairs)
}
