package wire

import (
	"encoding/json"
	"errors"
)

// CosmosMsg is a message of a contract to the world. One field should be set; if there are several, Variant tells which
// counts.
type CosmosMsg struct {
	Bank         *BankMsg         `json:"bank,omitempty"`
	Custom       json.RawMessage  `json:"custom,omitempty"` // of the chain's own; null in JSON counts as set
	Distribution *DistributionMsg `json:"distribution,omitempty"`
	Gov          *GovMsg          `json:"gov,omitempty"`
	IBC          *IBCMsg          `json:"ibc,omitempty"`
	Staking      *StakingMsg      `json:"staking,omitempty"`
	Any          *AnyMsg          `json:"any,omitempty"` // stargate, its older name, is read too (N17)
	Wasm         *WasmMsg         `json:"wasm,omitempty"`
	IBC2         *IBC2Msg         `json:"ibc2,omitempty"`
}

// UnmarshalJSON also takes stargate for any, but not both.
func (m *CosmosMsg) UnmarshalJSON(data []byte) error {
	// InternalCosmosMsg is the name that errors show.
	type InternalCosmosMsg struct {
		Bank         *BankMsg         `json:"bank,omitempty"`
		Custom       json.RawMessage  `json:"custom,omitempty"`
		Distribution *DistributionMsg `json:"distribution,omitempty"`
		Gov          *GovMsg          `json:"gov,omitempty"`
		IBC          *IBCMsg          `json:"ibc,omitempty"`
		Staking      *StakingMsg      `json:"staking,omitempty"`
		Any          *AnyMsg          `json:"any,omitempty"`
		Wasm         *WasmMsg         `json:"wasm,omitempty"`
		Stargate     *AnyMsg          `json:"stargate,omitempty"`
		IBC2         *IBC2Msg         `json:"ibc2,omitempty"`
	}
	var read InternalCosmosMsg
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	if read.Stargate != nil {
		if read.Any != nil {
			return errors.New("invalid CosmosMsg: both 'any' and 'stargate' fields are set")
		}
		read.Any = read.Stargate
	}
	*m = CosmosMsg{
		Bank: read.Bank, Custom: read.Custom, Distribution: read.Distribution, Gov: read.Gov, IBC: read.IBC,
		Staking: read.Staking, Any: read.Any, Wasm: read.Wasm, IBC2: read.IBC2,
	}
	return nil
}

// Variant returns the name of the field that counts: of those that are set the first in the order that wasmd looks at
// them. It is empty if none is.
func (m *CosmosMsg) Variant() string {
	switch {
	case m.Bank != nil:
		return "bank"
	case m.Custom != nil:
		return "custom"
	case m.Distribution != nil:
		return "distribution"
	case m.IBC != nil:
		return "ibc"
	case m.IBC2 != nil:
		return "ibc2"
	case m.Staking != nil:
		return "staking"
	case m.Any != nil:
		return "any"
	case m.Wasm != nil:
		return "wasm"
	case m.Gov != nil:
		return "gov"
	}
	return ""
}

// BankMsg moves or destroys coins of the contract.
type BankMsg struct {
	Send *SendMsg `json:"send,omitempty"`
	Burn *BurnMsg `json:"burn,omitempty"`
}

// SendMsg moves coins of the contract to another address. No coins at all is no message at all (N15).
type SendMsg struct {
	ToAddress string      `json:"to_address"`
	Amount    Array[Coin] `json:"amount"`
}

// BurnMsg destroys coins of the contract.
type BurnMsg struct {
	Amount Array[Coin] `json:"amount"`
}

// AnyMsg is a message in protobuf, under the URL of its type.
type AnyMsg struct {
	TypeURL string `json:"type_url"`
	Value   []byte `json:"value"`
}

// WasmMsg is a message to contracts.
type WasmMsg struct {
	Execute      *ExecuteMsg      `json:"execute,omitempty"`
	Instantiate  *InstantiateMsg  `json:"instantiate,omitempty"`
	Instantiate2 *Instantiate2Msg `json:"instantiate2,omitempty"`
	Migrate      *MigrateMsg      `json:"migrate,omitempty"`
	UpdateAdmin  *UpdateAdminMsg  `json:"update_admin,omitempty"`
	ClearAdmin   *ClearAdminMsg   `json:"clear_admin,omitempty"`
}

// ExecuteMsg calls a contract.
type ExecuteMsg struct {
	ContractAddr string      `json:"contract_addr"`
	Msg          []byte      `json:"msg"` // given to the contract as it is
	Funds        Array[Coin] `json:"funds"`
}

// InstantiateMsg makes a contract of a code, at an address that depends on a sequence (S40).
type InstantiateMsg struct {
	CodeID uint64      `json:"code_id"`
	Msg    []byte      `json:"msg"` // given to the contract as it is
	Funds  Array[Coin] `json:"funds"`
	Label  string      `json:"label"`
	Admin  string      `json:"admin,omitempty"` // who may migrate it; empty: nobody
}

// Instantiate2Msg makes a contract of a code, at an address that depends on code, creator and salt (S41).
type Instantiate2Msg struct {
	CodeID uint64      `json:"code_id"`
	Msg    []byte      `json:"msg"` // given to the contract as it is
	Funds  Array[Coin] `json:"funds"`
	Label  string      `json:"label"`
	Admin  string      `json:"admin,omitempty"` // who may migrate it; empty: nobody
	Salt   []byte      `json:"salt"`
}

// MigrateMsg gives a contract another code. The sender must be its admin.
type MigrateMsg struct {
	ContractAddr string `json:"contract_addr"`
	NewCodeID    uint64 `json:"new_code_id"`
	Msg          []byte `json:"msg"` // given to the new code as it is
}

// UpdateAdminMsg gives a contract another admin. The sender must be its admin.
type UpdateAdminMsg struct {
	ContractAddr string `json:"contract_addr"`
	Admin        string `json:"admin"`
}

// ClearAdminMsg takes a contract's admin away, for ever. The sender must be its admin.
type ClearAdminMsg struct {
	ContractAddr string `json:"contract_addr"`
}
