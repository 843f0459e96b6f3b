package wire

import "encoding/json"

// QueryRequest is a query of a contract. One field should be set; if there are several, Variant tells which counts.
type QueryRequest struct {
	Bank         *BankQuery         `json:"bank,omitempty"`
	Custom       json.RawMessage    `json:"custom,omitempty"` // of the chain's own; null in JSON counts as set
	IBC          *IBCQuery          `json:"ibc,omitempty"`
	Staking      *StakingQuery      `json:"staking,omitempty"`
	Distribution *DistributionQuery `json:"distribution,omitempty"`
	Stargate     *StargateQuery     `json:"stargate,omitempty"`
	Grpc         *GrpcQuery         `json:"grpc,omitempty"`
	Wasm         *WasmQuery         `json:"wasm,omitempty"`
}

// Variant returns the name of the field that counts: of those that are set the first in the order that wasmd looks at
// them. It is empty if none is (S54).
func (q *QueryRequest) Variant() string {
	switch {
	case q.Bank != nil:
		return "bank"
	case q.Custom != nil:
		return "custom"
	case q.IBC != nil:
		return "ibc"
	case q.Staking != nil:
		return "staking"
	case q.Stargate != nil:
		return "stargate"
	case q.Grpc != nil:
		return "grpc"
	case q.Wasm != nil:
		return "wasm"
	case q.Distribution != nil:
		return "distribution"
	}
	return ""
}

// BankQuery asks about coins.
type BankQuery struct {
	Supply           *SupplyQuery           `json:"supply,omitempty"`
	Balance          *BalanceQuery          `json:"balance,omitempty"`
	AllBalances      *AllBalancesQuery      `json:"all_balances,omitempty"`
	DenomMetadata    *DenomMetadataQuery    `json:"denom_metadata,omitempty"`
	AllDenomMetadata *AllDenomMetadataQuery `json:"all_denom_metadata,omitempty"`
}

// SupplyQuery asks how much there is of a token.
type SupplyQuery struct {
	Denom string `json:"denom"`
}

// BalanceQuery asks how much of a token an address has.
type BalanceQuery struct {
	Address string `json:"address"`
	Denom   string `json:"denom"`
}

// AllBalancesQuery asks what an address has.
type AllBalancesQuery struct {
	Address string `json:"address"`
}

// DenomMetadataQuery asks what is known about a token.
type DenomMetadataQuery struct {
	Denom string `json:"denom"`
}

// AllDenomMetadataQuery asks what is known about all tokens.
type AllDenomMetadataQuery struct {
	Pagination *PageRequest `json:"pagination,omitempty"`
}

// PageRequest says which part of a long list is wanted.
type PageRequest struct {
	Key     []byte `json:"key"`   // NextKey of the page before
	Limit   uint32 `json:"limit"` // 0: the host's own
	Reverse bool   `json:"reverse"`
}

// WasmQuery asks about contracts.
type WasmQuery struct {
	Smart        *SmartQuery        `json:"smart,omitempty"`
	Raw          *RawQuery          `json:"raw,omitempty"`
	ContractInfo *ContractInfoQuery `json:"contract_info,omitempty"`
	CodeInfo     *CodeInfoQuery     `json:"code_info,omitempty"`
	RawRange     *RawRangeQuery     `json:"raw_range,omitempty"`
}

// SmartQuery asks a contract.
type SmartQuery struct {
	ContractAddr string `json:"contract_addr"`
	Msg          []byte `json:"msg"`
}

// RawQuery reads a key of a contract's state (S52).
type RawQuery struct {
	ContractAddr string `json:"contract_addr"`
	Key          []byte `json:"key"`
}

// RawRangeQuery reads a range of a contract's state (S53).
type RawRangeQuery struct {
	ContractAddr string `json:"contract_addr"`
	Start        []byte `json:"start,omitempty"` // inclusive
	End          []byte `json:"end,omitempty"`   // exclusive
	Limit        uint16 `json:"limit"`
	Order        string `json:"order"`
}

// ContractInfoQuery asks what a contract is.
type ContractInfoQuery struct {
	ContractAddr string `json:"contract_addr"`
}

// CodeInfoQuery asks what a code is.
type CodeInfoQuery struct {
	CodeID uint64 `json:"code_id"`
}

// StakingQuery asks about stakes.
type StakingQuery struct {
	AllValidators  *AllValidatorsQuery  `json:"all_validators,omitempty"`
	Validator      *ValidatorQuery      `json:"validator,omitempty"`
	AllDelegations *AllDelegationsQuery `json:"all_delegations,omitempty"`
	Delegation     *DelegationQuery     `json:"delegation,omitempty"`
	BondedDenom    *struct{}            `json:"bonded_denom,omitempty"`
}

// AllValidatorsQuery asks for all validators.
type AllValidatorsQuery struct{}

// ValidatorQuery asks for a validator.
type ValidatorQuery struct {
	Address string `json:"address"`
}

// AllDelegationsQuery asks for all stakes of an address.
type AllDelegationsQuery struct {
	Delegator string `json:"delegator"`
}

// DelegationQuery asks for the stake of an address with a validator.
type DelegationQuery struct {
	Delegator string `json:"delegator"`
	Validator string `json:"validator"`
}

// DistributionQuery asks about rewards.
type DistributionQuery struct {
	DelegatorWithdrawAddress *DelegatorWithdrawAddressQuery `json:"delegator_withdraw_address,omitempty"`
	DelegationRewards        *DelegationRewardsQuery        `json:"delegation_rewards,omitempty"`
	DelegationTotalRewards   *DelegationTotalRewardsQuery   `json:"delegation_total_rewards,omitempty"`
	DelegatorValidators      *DelegatorValidatorsQuery      `json:"delegator_validators,omitempty"`
}

// DelegatorWithdrawAddressQuery asks who gets the rewards of an address.
type DelegatorWithdrawAddressQuery struct {
	DelegatorAddress string `json:"delegator_address"`
}

// DelegationRewardsQuery asks for the rewards of an address from a validator.
type DelegationRewardsQuery struct {
	DelegatorAddress string `json:"delegator_address"`
	ValidatorAddress string `json:"validator_address"`
}

// DelegationTotalRewardsQuery asks for all rewards of an address.
type DelegationTotalRewardsQuery struct {
	DelegatorAddress string `json:"delegator_address"`
}

// DelegatorValidatorsQuery asks where an address has stakes.
type DelegatorValidatorsQuery struct {
	DelegatorAddress string `json:"delegator_address"`
}

// IBCQuery asks about channels to other chains.
type IBCQuery struct {
	PortID       *PortIDQuery       `json:"port_id,omitempty"`
	ListChannels *ListChannelsQuery `json:"list_channels,omitempty"`
	Channel      *ChannelQuery      `json:"channel,omitempty"`
}

// PortIDQuery asks for the contract's own port.
type PortIDQuery struct{}

// ListChannelsQuery asks for the channels of a port.
type ListChannelsQuery struct {
	PortID string `json:"port_id,omitempty"` // empty: the contract's own
}

// ChannelQuery asks for a channel.
type ChannelQuery struct {
	PortID    string `json:"port_id,omitempty"` // empty: the contract's own
	ChannelID string `json:"channel_id"`
}

// StargateQuery is a query in protobuf, answered in whatever the chain likes.
type StargateQuery struct {
	Data []byte `json:"data"`
	Path string `json:"path"`
}

// GrpcQuery is a query in protobuf, answered in protobuf.
type GrpcQuery struct {
	Data []byte `json:"data"`
	Path string `json:"path"`
}
