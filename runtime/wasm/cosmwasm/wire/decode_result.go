package wire

// Each of these methods reads one type. A field that it does not know makes the reader odd.

func (r *reader) result() (result Result) {
	var has seen
	for name := r.open(); name != nil; name = r.next() {
		switch string(name) {
		case "ok":
			r.mark(&has, 1)
			result.Ok = r.response()
		case "error":
			r.mark(&has, 2)
			if text := r.string(); text != "" {
				result.Err = &text
			}
		default:
			r.odd = true
		}
	}
	return result
}

func (r *reader) response() *Response {
	response := new(Response)
	var has seen
	for name := r.open(); name != nil; name = r.next() {
		switch string(name) {
		case "messages":
			r.mark(&has, 1)
			response.Messages = r.messages()
		case "attributes":
			r.mark(&has, 2)
			response.Attributes = r.attributes()
		case "events":
			r.mark(&has, 4)
			response.Events = r.events()
		case "data":
			r.mark(&has, 8)
			response.Data = r.bytes()
		default:
			r.odd = true
		}
	}
	return response
}

func (r *reader) messages() []SubMsg {
	list := []SubMsg{}
	for more := r.list(); more; more = r.more() {
		list = append(list, SubMsg{})
		r.subMsg(&list[len(list)-1])
	}
	return list
}

func (r *reader) attributes() []EventAttribute {
	list := []EventAttribute{}
	for more := r.list(); more; more = r.more() {
		if cap(list) == 0 {
			list = make([]EventAttribute, 0, 4) // what a transfer has
		}
		list = append(list, r.attribute())
	}
	return list
}

func (r *reader) attribute() (a EventAttribute) {
	var has seen
	for name := r.open(); name != nil; name = r.next() {
		switch string(name) {
		case "key":
			r.mark(&has, 1)
			a.Key = r.string()
		case "value":
			r.mark(&has, 2)
			a.Value = r.string()
		default:
			r.odd = true
		}
	}
	return a
}

func (r *reader) events() []Event {
	list := []Event{}
	for more := r.list(); more; more = r.more() {
		list = append(list, r.event())
	}
	return list
}

func (r *reader) event() (e Event) {
	var has seen
	for name := r.open(); name != nil; name = r.next() {
		switch string(name) {
		case "type":
			r.mark(&has, 1)
			e.Type = r.string()
		case "attributes":
			r.mark(&has, 2)
			e.Attributes = r.attributes()
		default:
			r.odd = true
		}
	}
	return e
}

func (r *reader) subMsg(m *SubMsg) {
	var has seen
	for name := r.open(); name != nil; name = r.next() {
		switch string(name) {
		case "id":
			r.mark(&has, 1)
			m.ID = r.number()
		case "msg":
			r.mark(&has, 2)
			r.cosmosMsg(&m.Msg)
		case "payload":
			r.mark(&has, 4)
			m.Payload = r.bytes()
		case "gas_limit":
			r.mark(&has, 8)
			if !r.null() {
				limit := r.number()
				m.GasLimit = &limit
			}
		case "reply_on":
			r.mark(&has, 16)
			on, ok := replyOn(r.string())
			r.odd = r.odd || !ok
			m.ReplyOn = on
		default:
			r.odd = true
		}
	}
}

// cosmosMsg knows messages of one variant: to the bank and to contracts.
func (r *reader) cosmosMsg(m *CosmosMsg) {
	switch string(r.open()) {
	case "bank":
		m.Bank = r.bankMsg()
	case "wasm":
		m.Wasm = r.wasmMsg()
	default:
		r.odd = true
	}
	r.take('}')
}

func (r *reader) bankMsg() *BankMsg {
	msg := new(BankMsg)
	switch string(r.open()) {
	case "send":
		msg.Send = r.sendMsg()
	case "burn":
		msg.Burn = r.burnMsg()
	default:
		r.odd = true
	}
	r.take('}')
	return msg
}

func (r *reader) sendMsg() *SendMsg {
	msg := new(SendMsg)
	var has seen
	for name := r.open(); name != nil; name = r.next() {
		switch string(name) {
		case "to_address":
			r.mark(&has, 1)
			msg.ToAddress = r.string()
		case "amount":
			r.mark(&has, 2)
			msg.Amount = r.coins()
		default:
			r.odd = true
		}
	}
	return msg
}

func (r *reader) burnMsg() *BurnMsg {
	msg := new(BurnMsg)
	var has seen
	for name := r.open(); name != nil; name = r.next() {
		if string(name) != "amount" {
			r.odd = true
			break
		}
		r.mark(&has, 1)
		msg.Amount = r.coins()
	}
	return msg
}

func (r *reader) coins() Array[Coin] {
	list := Array[Coin]{}
	for more := r.list(); more; more = r.more() {
		list = append(list, r.coin())
	}
	return list
}

func (r *reader) coin() (c Coin) {
	var has seen
	for name := r.open(); name != nil; name = r.next() {
		switch string(name) {
		case "denom":
			r.mark(&has, 1)
			c.Denom = r.string()
		case "amount":
			r.mark(&has, 2)
			c.Amount = r.string()
		default:
			r.odd = true
		}
	}
	return c
}

// A wasmCall has the fields of all messages to contracts.
type wasmCall struct {
	contract, label, admin string
	code                   uint64
	msg, salt              []byte
	funds                  Array[Coin]
	has                    seen
}

// The fields of messages to contracts.
const (
	hasContract seen = 1 << iota
	hasLabel
	hasAdmin
	hasCode
	hasMsg
	hasSalt
	hasFunds
	hasNewCode
)

func (r *reader) wasmMsg() *WasmMsg {
	msg := new(WasmMsg)
	switch string(r.open()) {
	case "execute":
		c := r.wasmCall(hasContract | hasMsg | hasFunds)
		msg.Execute = &ExecuteMsg{c.contract, c.msg, c.funds}
	case "instantiate":
		c := r.wasmCall(hasCode | hasMsg | hasFunds | hasLabel | hasAdmin)
		msg.Instantiate = &InstantiateMsg{c.code, c.msg, c.funds, c.label, c.admin}
	case "instantiate2":
		c := r.wasmCall(hasCode | hasMsg | hasFunds | hasLabel | hasAdmin | hasSalt)
		msg.Instantiate2 = &Instantiate2Msg{c.code, c.msg, c.funds, c.label, c.admin, c.salt}
	case "migrate":
		c := r.wasmCall(hasContract | hasNewCode | hasMsg)
		msg.Migrate = &MigrateMsg{c.contract, c.code, c.msg}
	case "update_admin":
		c := r.wasmCall(hasContract | hasAdmin)
		msg.UpdateAdmin = &UpdateAdminMsg{c.contract, c.admin}
	case "clear_admin":
		c := r.wasmCall(hasContract)
		msg.ClearAdmin = &ClearAdminMsg{c.contract}
	default:
		r.odd = true
	}
	r.take('}')
	return msg
}

// wasmCall reads a message that may have the fields of known.
func (r *reader) wasmCall(known seen) (c wasmCall) {
	for name := r.open(); name != nil; name = r.next() {
		var field seen
		switch string(name) {
		case "contract_addr":
			field = hasContract
			c.contract = r.string()
		case "label":
			field = hasLabel
			c.label = r.string()
		case "admin":
			field = hasAdmin
			c.admin = r.string()
		case "code_id":
			field = hasCode
			c.code = r.number()
		case "new_code_id":
			field = hasNewCode
			c.code = r.number()
		case "msg":
			field = hasMsg
			c.msg = r.bytes()
		case "salt":
			field = hasSalt
			c.salt = r.bytes()
		case "funds":
			field = hasFunds
			c.funds = r.coins()
		}
		r.mark(&c.has, field)
		if field&known == 0 {
			r.odd = true
		}
	}
	return c
}
