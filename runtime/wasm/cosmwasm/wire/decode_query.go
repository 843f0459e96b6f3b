package wire

func (r *reader) queryResult() (result QueryResult) {
	var has seen
	for name := r.open(); name != nil; name = r.next() {
		switch string(name) {
		case "ok":
			r.mark(&has, 1)
			result.Ok = r.bytes()
		case "error":
			r.mark(&has, 2)
			result.Err = r.string()
		default:
			r.odd = true
		}
	}
	return result
}

// queryRequest knows queries of one variant: to the bank and to contracts.
func (r *reader) queryRequest() (request QueryRequest) {
	switch string(r.open()) {
	case "bank":
		request.Bank = r.bankQuery()
	case "wasm":
		request.Wasm = r.wasmQuery()
	default:
		r.odd = true
	}
	r.take('}')
	return request
}

func (r *reader) bankQuery() *BankQuery {
	query := new(BankQuery)
	switch string(r.open()) {
	case "balance":
		address, denom := r.addressAndDenom(true, true)
		query.Balance = &BalanceQuery{Address: address, Denom: denom}
	case "all_balances":
		address, _ := r.addressAndDenom(true, false)
		query.AllBalances = &AllBalancesQuery{Address: address}
	case "supply":
		_, denom := r.addressAndDenom(false, true)
		query.Supply = &SupplyQuery{Denom: denom}
	default:
		r.odd = true
	}
	r.take('}')
	return query
}

// addressAndDenom reads an object that may have one, the other or both.
func (r *reader) addressAndDenom(hasAddress, hasDenom bool) (address, denom string) {
	var has seen
	for name := r.open(); name != nil; name = r.next() {
		switch {
		case hasAddress && string(name) == "address":
			r.mark(&has, 1)
			address = r.string()
		case hasDenom && string(name) == "denom":
			r.mark(&has, 2)
			denom = r.string()
		default:
			r.odd = true
		}
	}
	return address, denom
}

func (r *reader) wasmQuery() *WasmQuery {
	query := new(WasmQuery)
	switch string(r.open()) {
	case "smart":
		contract, msg := r.contractAnd("msg")
		query.Smart = &SmartQuery{ContractAddr: contract, Msg: msg}
	case "raw":
		contract, key := r.contractAnd("key")
		query.Raw = &RawQuery{ContractAddr: contract, Key: key}
	case "contract_info":
		contract, _ := r.contractAnd("")
		query.ContractInfo = &ContractInfoQuery{ContractAddr: contract}
	default:
		r.odd = true
	}
	r.take('}')
	return query
}

// contractAnd reads an object with a contract and bytes of that name.
func (r *reader) contractAnd(bytes string) (contract string, value []byte) {
	var has seen
	for name := r.open(); name != nil; name = r.next() {
		switch {
		case string(name) == "contract_addr":
			r.mark(&has, 1)
			contract = r.string()
		case string(name) == bytes:
			r.mark(&has, 2)
			value = r.bytes()
		default:
			r.odd = true
		}
	}
	return contract, value
}
