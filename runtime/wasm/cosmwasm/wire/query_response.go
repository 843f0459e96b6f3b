package wire

import (
	"encoding/json"
	"fmt"
)

// SupplyResponse answers SupplyQuery.
type SupplyResponse struct {
	Amount Coin `json:"amount"`
}

// BalanceResponse answers BalanceQuery. Of what nobody has heard of, there is 0.
type BalanceResponse struct {
	Amount Coin `json:"amount"`
}

// AllBalancesResponse answers AllBalancesQuery.
type AllBalancesResponse struct {
	Amount Array[Coin] `json:"amount"`
}

// DenomMetadata is what is known about a token. DenomUnits must not be nil, nor their Aliases: contracts refuse null.
type DenomMetadata struct {
	Description string      `json:"description"`
	DenomUnits  []DenomUnit `json:"denom_units"`
	Base        string      `json:"base"`
	Display     string      `json:"display"`
	Name        string      `json:"name"`
	Symbol      string      `json:"symbol"`
	URI         string      `json:"uri"`
	URIHash     string      `json:"uri_hash"`
}

// DenomUnit is another name of a token, for 10^Exponent of its base.
type DenomUnit struct {
	Denom    string   `json:"denom"`
	Exponent uint32   `json:"exponent"`
	Aliases  []string `json:"aliases"`
}

// DenomMetadataResponse answers DenomMetadataQuery.
type DenomMetadataResponse struct {
	Metadata DenomMetadata `json:"metadata"`
}

// AllDenomMetadataResponse answers AllDenomMetadataQuery. Metadata must not be nil: contracts refuse null.
type AllDenomMetadataResponse struct {
	Metadata []DenomMetadata `json:"metadata"`
	NextKey  []byte          `json:"next_key,omitempty"` // left out at the end
}

// ContractInfoResponse answers ContractInfoQuery.
type ContractInfoResponse struct {
	CodeID   uint64 `json:"code_id"`
	Creator  string `json:"creator"`
	Admin    string `json:"admin,omitempty"`
	Pinned   bool   `json:"pinned"`
	IBCPort  string `json:"ibc_port,omitempty"`
	IBC2Port string `json:"ibc2_port,omitempty"`
}

// CodeInfoResponse answers CodeInfoQuery.
type CodeInfoResponse struct {
	CodeID   uint64   `json:"code_id"`
	Creator  string   `json:"creator"`
	Checksum Checksum `json:"checksum"`
}

// RawRangeResponse answers RawRangeQuery.
type RawRangeResponse struct {
	Data    Array[RawRangeEntry] `json:"data"`
	NextKey []byte               `json:"next_key"` // nil, null in JSON, at the end
}

// RawRangeEntry is a key with its value. It is a list of two in JSON.
type RawRangeEntry struct {
	Key, Value []byte
}

// MarshalJSON is the list of key and value.
func (e RawRangeEntry) MarshalJSON() ([]byte, error) { return json.Marshal([][]byte{e.Key, e.Value}) }

// UnmarshalJSON reads the list of key and value.
func (e *RawRangeEntry) UnmarshalJSON(data []byte) error {
	var pair [][]byte
	if err := json.Unmarshal(data, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("invalid RawRange entry: expected array of length 2, got %d", len(pair))
	}
	e.Key, e.Value = pair[0], pair[1]
	return nil
}
