package wire

// Env is where a call runs (S56). All of it is from the host, nothing from the sender.
type Env struct {
	Block       BlockInfo        `json:"block"`
	Transaction *TransactionInfo `json:"transaction"` // nil, null in JSON, outside of a transaction: in queries from outside (S55)
	Contract    ContractInfo     `json:"contract"`
}

// BlockInfo is the block that a call is a part of.
type BlockInfo struct {
	Height  uint64 `json:"height"`
	Time    uint64 `json:"time,string"` // nanoseconds since 1970 UTC
	ChainID string `json:"chain_id"`
}

// ContractInfo names the contract that is called.
type ContractInfo struct {
	Address string `json:"address"`
}

// TransactionInfo is the transaction that a call is a part of.
type TransactionInfo struct {
	Index uint32 `json:"index"`          // its position in the block, from 0
	Hash  []byte `json:"hash,omitempty"` // left out when it is empty
}

// Info is who calls, and what he sends along: the second argument of instantiate and execute.
type Info struct {
	Sender string      `json:"sender"`
	Funds  Array[Coin] `json:"funds"` // sorted by denom, no zeros, no denom twice: as the bank gives them
}

// MigrateInfo is the third argument of migrate, for contracts that take one.
type MigrateInfo struct {
	Sender            string  `json:"sender"`
	OldMigrateVersion *uint64 `json:"old_migrate_version"` // of the code before; nil, null in JSON, if it has none
}

// Coin is an amount of one token. The amount is an integer in decimal digits.
type Coin struct {
	Denom  string `json:"denom"`
	Amount string `json:"amount"`
}

// DecCoin is an amount with a fraction, for rewards.
type DecCoin struct {
	Amount string `json:"amount"`
	Denom  string `json:"denom"`
}
