package wire

import "encoding/json"

// AppendSystemResult appends the JSON of what the host answers to a query of a contract.
func AppendSystemResult(dst []byte, r *SystemResult) []byte {
	if r.Ok != nil && r.Err == nil {
		dst = appendQueryResult(append(dst, `{"ok":`...), r.Ok)
		return append(dst, '}')
	}
	// Nothing in it can fail to be encoded.
	whole, _ := json.Marshal(r)
	return append(dst, whole...)
}

func appendQueryResult(dst []byte, r *QueryResult) []byte {
	switch {
	case r.Err == "" && len(r.Ok) == 0:
		return append(dst, `{"ok":""}`...)
	case r.Err == "":
		dst = appendBytes(append(dst, `{"ok":`...), r.Ok)
	case len(r.Ok) == 0:
		dst = appendString(append(dst, `{"error":`...), r.Err)
	default:
		dst = appendBytes(append(dst, `{"ok":`...), r.Ok)
		dst = appendString(append(dst, `,"error":`...), r.Err)
	}
	return append(dst, '}')
}

// AppendBalanceResponse appends the JSON of a balance.
func AppendBalanceResponse(dst []byte, r *BalanceResponse) []byte {
	return append(appendCoin(append(dst, `{"amount":`...), &r.Amount), '}')
}

// AppendSupplyResponse appends the JSON of a supply.
func AppendSupplyResponse(dst []byte, r *SupplyResponse) []byte {
	return append(appendCoin(append(dst, `{"amount":`...), &r.Amount), '}')
}

// AppendAllBalancesResponse appends the JSON of all balances of an address.
func AppendAllBalancesResponse(dst []byte, r *AllBalancesResponse) []byte {
	return append(appendCoins(append(dst, `{"amount":`...), r.Amount), '}')
}

// AppendContractInfoResponse appends the JSON of what a contract is.
func AppendContractInfoResponse(dst []byte, r *ContractInfoResponse) []byte {
	dst = appendNumber(append(dst, `{"code_id":`...), r.CodeID)
	dst = appendString(append(dst, `,"creator":`...), r.Creator)
	if r.Admin != "" {
		dst = appendString(append(dst, `,"admin":`...), r.Admin)
	}
	if r.Pinned {
		dst = append(dst, `,"pinned":true`...)
	} else {
		dst = append(dst, `,"pinned":false`...)
	}
	if r.IBCPort != "" {
		dst = appendString(append(dst, `,"ibc_port":`...), r.IBCPort)
	}
	if r.IBC2Port != "" {
		dst = appendString(append(dst, `,"ibc2_port":`...), r.IBC2Port)
	}
	return append(dst, '}')
}

// AppendRawRangeResponse appends the JSON of a range of a contract's state.
func AppendRawRangeResponse(dst []byte, r *RawRangeResponse) []byte {
	dst = append(dst, `{"data":[`...)
	for i := range r.Data {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendBytes(append(dst, '['), r.Data[i].Key)
		dst = appendBytes(append(dst, ','), r.Data[i].Value)
		dst = append(dst, ']')
	}
	dst = appendBytes(append(dst, `],"next_key":`...), r.NextKey)
	return append(dst, '}')
}

// AppendBankMsg appends the JSON of a message to the bank.
func AppendBankMsg(dst []byte, m *BankMsg) []byte {
	dst = append(dst, '{')
	if m.Send != nil {
		dst = appendString(append(dst, `"send":{"to_address":`...), m.Send.ToAddress)
		dst = appendCoins(append(dst, `,"amount":`...), m.Send.Amount)
		dst = append(dst, '}')
	}
	if m.Burn != nil {
		if m.Send != nil {
			dst = append(dst, ',')
		}
		dst = appendCoins(append(dst, `"burn":{"amount":`...), m.Burn.Amount)
		dst = append(dst, '}')
	}
	return append(dst, '}')
}
