package wire

import (
	"encoding/json"
	"errors"
	"fmt"
)

// The messages to the modules of a chain that a host may lack. They are read in full, because a message that does not
// fit ends the call of the contract that returned it, whoever would have handled it.

// StakingMsg moves stakes of the contract.
type StakingMsg struct {
	Delegate   *DelegateMsg   `json:"delegate,omitempty"`
	Undelegate *UndelegateMsg `json:"undelegate,omitempty"`
	Redelegate *RedelegateMsg `json:"redelegate,omitempty"`
}

// DelegateMsg stakes coins with a validator.
type DelegateMsg struct {
	Validator string `json:"validator"`
	Amount    Coin   `json:"amount"`
}

// UndelegateMsg takes coins back from a validator.
type UndelegateMsg struct {
	Validator string `json:"validator"`
	Amount    Coin   `json:"amount"`
}

// RedelegateMsg moves a stake to another validator.
type RedelegateMsg struct {
	SrcValidator string `json:"src_validator"`
	DstValidator string `json:"dst_validator"`
	Amount       Coin   `json:"amount"`
}

// DistributionMsg is about the rewards of stakes.
type DistributionMsg struct {
	SetWithdrawAddress      *SetWithdrawAddressMsg      `json:"set_withdraw_address,omitempty"`
	WithdrawDelegatorReward *WithdrawDelegatorRewardMsg `json:"withdraw_delegator_reward,omitempty"`
	FundCommunityPool       *FundCommunityPoolMsg       `json:"fund_community_pool,omitempty"`
}

// SetWithdrawAddressMsg says who gets the contract's rewards.
type SetWithdrawAddressMsg struct {
	Address string `json:"address"`
}

// WithdrawDelegatorRewardMsg takes the rewards of the stake with a validator.
type WithdrawDelegatorRewardMsg struct {
	Validator string `json:"validator"`
}

// FundCommunityPoolMsg gives coins of the contract to everybody.
type FundCommunityPoolMsg struct {
	Amount Array[Coin] `json:"amount"`
}

// GovMsg is a vote.
type GovMsg struct {
	Vote         *VoteMsg         `json:"vote,omitempty"`
	VoteWeighted *VoteWeightedMsg `json:"vote_weighted,omitempty"`
}

// VoteMsg is a vote for one option.
type VoteMsg struct {
	ProposalId uint64     `json:"proposal_id"`
	Option     VoteOption `json:"option"` // vote, its name of 1.x, is read too
}

// UnmarshalJSON also takes vote for option, but not both, and not neither: wasmvm crashes then, which ends the whole
// transaction; here it is an error as any other.
func (m *VoteMsg) UnmarshalJSON(data []byte) error {
	// InternalVoteMsg is the name that errors show.
	type InternalVoteMsg struct {
		ProposalId uint64      `json:"proposal_id"`
		Option     *VoteOption `json:"option"`
		Vote       *VoteOption `json:"vote"`
	}
	var read InternalVoteMsg
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	switch {
	case read.Option != nil && read.Vote != nil:
		return errors.New("invalid VoteMsg: both 'option' and 'vote' fields are set")
	case read.Vote != nil:
		read.Option = read.Vote
	case read.Option == nil:
		return errors.New("invalid VoteMsg: neither 'option' nor 'vote' is set")
	}
	*m = VoteMsg{ProposalId: read.ProposalId, Option: *read.Option}
	return nil
}

// VoteWeightedMsg is a vote for several options.
type VoteWeightedMsg struct {
	ProposalId uint64               `json:"proposal_id"`
	Options    []WeightedVoteOption `json:"options"`
}

// WeightedVoteOption is a part of a vote. The weight is a decimal number of at most 1.
type WeightedVoteOption struct {
	Option VoteOption `json:"option"`
	Weight string     `json:"weight"`
}

// VoteOption is what can be voted for. It is a word in JSON.
type VoteOption int

// The options. The zero value is none of them.
const (
	UnsetVoteOption VoteOption = iota
	Yes
	No
	Abstain
	NoWithVeto
)

// String is the word in JSON, empty for what is no option.
func (v VoteOption) String() string {
	switch v {
	case Yes:
		return "yes"
	case No:
		return "no"
	case Abstain:
		return "abstain"
	case NoWithVeto:
		return "no_with_veto"
	}
	return ""
}

// MarshalJSON is the word.
func (v VoteOption) MarshalJSON() ([]byte, error) { return json.Marshal(v.String()) }

// UnmarshalJSON reads the word. null is none.
func (v *VoteOption) UnmarshalJSON(data []byte) error {
	var word string
	if err := json.Unmarshal(data, &word); err != nil {
		return err
	}
	for option := Yes; option <= NoWithVeto; option++ {
		if word == option.String() {
			*v = option
			return nil
		}
	}
	return fmt.Errorf("invalid vote option '%v'", word)
}
