package generate

import "strconv"

// message is a CosmosMsg. Contracts that hold it back pass it on as it is.
func (s *Source) message() object {
	s.depth++
	defer func() { s.depth-- }()
	switch n := s.IntN(20); {
	case n < 7:
		return object{"bank": object{"send": object{"to_address": s.address(), "amount": s.coins()}}}
	case n < 8:
		return object{"bank": object{"burn": object{"amount": s.coins()}}}
	case n < 14 && s.depth < 4:
		return object{"wasm": object{"execute": s.execution()}}
	case n < 15:
		return object{"wasm": object{"instantiate": object{
			"admin": one[any](s, nil, s.user()), "code_id": 1 + s.IntN(4), "msg": s.encoded(object{}), "funds": s.coins(), "label": s.text(),
		}}}
	case n < 16:
		return object{"wasm": object{"migrate": object{"contract_addr": s.address(), "new_code_id": s.IntN(9), "msg": s.encoded(object{})}}}
	case n < 17:
		return object{"staking": object{one(s, "delegate", "undelegate"): object{"validator": s.text(), "amount": s.coin()}}}
	case n < 18:
		return object{"staking": object{"redelegate": object{"src_validator": "a", "dst_validator": "b", "amount": s.coin()}}}
	case n < 19:
		return object{"distribution": object{"withdraw_delegator_reward": object{"validator": s.text()}}}
	default:
		return object{"gov": object{"vote": object{"proposal_id": s.IntN(9), "vote": one(s, "yes", "no", "abstain", "no_with_veto")}}}
	}
}

// execution is a call of a contract of this world, mostly with a message that it understands.
func (s *Source) execution() object {
	if len(s.Parties) == 0 {
		return object{"contract_addr": s.address(), "msg": s.encoded(object{}), "funds": list{}}
	}
	p := one(s, s.Parties...)
	var msg any = object{}
	if spec, ok := specs[p.Family]; ok && len(spec.execute) > 0 {
		msg = pick(s, spec.execute)
	}
	return object{"contract_addr": p.Address, "msg": s.encoded(msg), "funds": s.coins()}
}

// submessage is a SubMsg.
func (s *Source) submessage() object {
	o := object{"id": s.IntN(12), "msg": s.message(), "gas_limit": nil, "reply_on": one(s, "always", "success", "error", "never")}
	if s.chance(30) {
		o["gas_limit"] = s.IntN(1_000_000)
	}
	if s.chance(30) {
		o["payload"] = s.blob(40)
	}
	return o
}

// request is a QueryRequest.
func (s *Source) request() object {
	switch s.IntN(12) {
	case 0:
		return object{"bank": object{"balance": object{"address": s.address(), "denom": one(s, s.Denoms...)}}}
	case 1:
		return object{"bank": object{"all_balances": object{"address": s.address()}}}
	case 2:
		return object{"bank": object{"supply": object{"denom": one(s, s.Denoms...)}}}
	case 3, 4, 5:
		if len(s.Parties) > 0 {
			p := one(s, s.Parties...)
			var msg any = object{}
			if spec, ok := specs[p.Family]; ok && len(spec.query) > 0 && s.depth < 4 {
				s.depth++
				msg = pick(s, spec.query)
				s.depth--
			}
			return object{"wasm": object{"smart": object{"contract_addr": p.Address, "msg": s.encoded(msg)}}}
		}
		fallthrough
	case 6:
		return object{"wasm": object{"raw": object{"contract_addr": s.address(), "key": one(s, []byte("config"), []byte("token_info"), s.blob(30))}}}
	case 7:
		if s.chance(40) {
			return object{"wasm": object{"code_info": object{"code_id": s.IntN(3)}}}
		}
		return object{"wasm": object{"contract_info": object{"contract_addr": s.address()}}}
	case 8:
		return object{"custom": one(s, object{"ping": object{}}, object{"ping": object{}}, object{"dance": object{}})}
	case 9:
		return object{"custom": object{"capitalized": object{"text": s.text()}}}
	case 10:
		return object{"staking": object{one(s, "bonded_denom", "all_validators"): object{}}}
	default:
		return object{"stargate": object{"path": "/a.b/C", "data": s.blob(20)}}
	}
}

// outcome is a SubMsgResult, as a reply carries it.
func (s *Source) outcome() object {
	if s.chance(25) {
		return object{"error": one(s, "codespace: sdk, code: 5", "codespace: wasm, code: 29", s.text())}
	}
	var events list
	for range s.IntN(3) {
		events = append(events, object{"type": one(s, "instantiate", "wasm", "transfer"), "attributes": list{
			object{"key": "_contract_address", "value": s.address()}, object{"key": "code_id", "value": strconv.Itoa(s.IntN(9))},
		}})
	}
	if events == nil {
		events = list{}
	}
	ok := object{"events": events, "msg_responses": list{}}
	if s.chance(50) {
		ok["data"] = one(s, []byte{}, []byte("\x0a\x02\xee\x05"), s.blob(60))
	}
	if s.chance(50) {
		ok["msg_responses"] = list{object{"type_url": "/cosmwasm.wasm.v1.MsgExecuteContractResponse", "value": s.blob(20)}}
	}
	return object{"ok": ok}
}

// reply is what an entry point reply is called with.
func (s *Source) reply() any {
	id := s.IntN(12)
	if s.chance(30) {
		id = one(s, 0x100, 0x105, 0x205, 0x305, 0x405, 0x705, 1337, 1338, 0xfa17, 9999)
	}
	o := object{"gas_used": 0, "id": id, "result": s.outcome()}
	if s.chance(30) {
		o["payload"] = s.blob(40)
	}
	return o
}

func (s *Source) channel() object {
	return object{
		"endpoint":              object{"port_id": "wasm.here", "channel_id": one(s, "channel-1", "channel-2", "channel-3")},
		"counterparty_endpoint": object{"port_id": "their-port", "channel_id": "channel-7"},
		"order":                 one(s, "ORDER_ORDERED", "ORDER_UNORDERED"),
		"version":               one(s, s.version, s.version, s.version, "ics20-1", s.text()),
		"connection_id":         "connection-3",
	}
}

func (s *Source) channelOpen() any {
	if s.chance(50) {
		return object{"open_init": object{"channel": s.channel()}}
	}
	return object{"open_try": object{"channel": s.channel(), "counterparty_version": one(s, s.version, s.version, s.version, "x")}}
}

func (s *Source) channelConnect() any {
	if s.chance(50) {
		return object{"open_confirm": object{"channel": s.channel()}}
	}
	return object{"open_ack": object{"channel": s.channel(), "counterparty_version": one(s, s.version, s.version, s.version, "x")}}
}

func (s *Source) channelClose() any {
	return object{one(s, "close_init", "close_confirm"): object{"channel": s.channel()}}
}

func (s *Source) packet(data any) object {
	return object{
		"data":     s.encoded(data),
		"src":      object{"port_id": "their-port", "channel_id": "channel-7"},
		"dest":     object{"port_id": "wasm.here", "channel_id": one(s, "channel-1", "channel-2", "channel-3")},
		"sequence": s.IntN(100),
		"timeout":  object{"block": object{"revision": 1, "height": s.Height + 50}, "timestamp": nil},
	}
}

// packetData is what one of the contracts that speak IBC takes.
func (s *Source) packetData() any {
	switch s.IntN(8) {
	case 0:
		return object{"who_am_i": object{}}
	case 1:
		return object{"balance": object{"denom": one(s, s.Denoms...)}}
	case 2:
		return object{"dispatch": object{"msgs": list{s.message()}}}
	case 3:
		return object{"return_err": object{"text": s.text()}}
	case 4:
		return object{"return_msgs": object{"msgs": list{s.message(), s.message()}}}
	case 5:
		return object{one(s, "panic", "no_ack"): object{}}
	default:
		return object{"amount": s.amount(), "denom": one(s, "ucosm", "their-port/channel-7/ucosm", "wasm.here/channel-1/cw20:"+s.party("cw20-base")),
			"receiver": s.address(), "sender": s.text(), "memo": s.text()}
	}
}

func (s *Source) packetReceive() any {
	return object{"packet": s.packet(s.packetData()), "relayer": s.user()}
}

func (s *Source) packetAck() any {
	return object{"acknowledgement": object{"data": s.encoded(one[any](s, object{"result": []byte("1")}, object{"error": "no"}, object{"ok": object{}}))},
		"original_packet": s.packet(s.packetData()), "relayer": s.user()}
}

func (s *Source) packetTimeout() any {
	return object{"packet": s.packet(s.packetData()), "relayer": s.user()}
}
