package wire

// AppendEnv appends the JSON of an environment.
func AppendEnv(dst []byte, env *Env) []byte {
	dst = appendNumber(append(dst, `{"block":{"height":`...), env.Block.Height)
	dst = appendNumber(append(dst, `,"time":"`...), env.Block.Time)
	dst = appendString(append(dst, `","chain_id":`...), env.Block.ChainID)
	if tx := env.Transaction; tx != nil {
		dst = appendNumber(append(dst, `},"transaction":{"index":`...), uint64(tx.Index))
		if len(tx.Hash) > 0 {
			dst = appendBytes(append(dst, `,"hash":`...), tx.Hash)
		}
		dst = append(dst, `},"contract":{"address":`...)
	} else {
		dst = append(dst, `},"transaction":null,"contract":{"address":`...)
	}
	return append(appendString(dst, env.Contract.Address), "}}"...)
}

// AppendInfo appends the JSON of who calls.
func AppendInfo(dst []byte, info *Info) []byte {
	dst = appendString(append(dst, `{"sender":`...), info.Sender)
	dst = appendCoins(append(dst, `,"funds":`...), info.Funds)
	return append(dst, '}')
}

// AppendMigrateInfo appends the JSON of who migrates, and from what.
func AppendMigrateInfo(dst []byte, info *MigrateInfo) []byte {
	dst = appendString(append(dst, `{"sender":`...), info.Sender)
	if info.OldMigrateVersion == nil {
		return append(dst, `,"old_migrate_version":null}`...)
	}
	dst = appendNumber(append(dst, `,"old_migrate_version":`...), *info.OldMigrateVersion)
	return append(dst, '}')
}

// AppendReply appends the JSON of a reply.
func AppendReply(dst []byte, reply *Reply) []byte {
	dst = appendNumber(append(dst, `{"gas_used":`...), reply.GasUsed)
	dst = appendNumber(append(dst, `,"id":`...), reply.ID)
	dst = append(dst, `,"result":{`...)
	if reply.Result.Ok != nil {
		dst = appendSubMsgResponse(append(dst, `"ok":`...), reply.Result.Ok)
	}
	if reply.Result.Err != "" {
		if reply.Result.Ok != nil {
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `"error":`...), reply.Result.Err)
	}
	dst = append(dst, '}')
	if len(reply.Payload) > 0 {
		dst = appendBytes(append(dst, `,"payload":`...), reply.Payload)
	}
	return append(dst, '}')
}

func appendSubMsgResponse(dst []byte, r *SubMsgResponse) []byte {
	dst = append(dst, `{"events":[`...)
	for i := range r.Events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendEvent(dst, &r.Events[i])
	}
	dst = append(dst, ']')
	if len(r.Data) > 0 {
		dst = appendBytes(append(dst, `,"data":`...), r.Data)
	}
	dst = append(dst, `,"msg_responses":[`...)
	for i := range r.MsgResponses {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `{"type_url":`...), r.MsgResponses[i].TypeURL)
		dst = appendBytes(append(dst, `,"value":`...), r.MsgResponses[i].Value)
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}

func appendEvent(dst []byte, e *Event) []byte {
	dst = appendString(append(dst, `{"type":`...), e.Type)
	dst = append(dst, `,"attributes":[`...)
	for i := range e.Attributes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `{"key":`...), e.Attributes[i].Key)
		dst = appendString(append(dst, `,"value":`...), e.Attributes[i].Value)
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}

func appendCoins(dst []byte, coins []Coin) []byte {
	dst = append(dst, '[')
	for i := range coins {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCoin(dst, &coins[i])
	}
	return append(dst, ']')
}

func appendCoin(dst []byte, c *Coin) []byte {
	dst = appendString(append(dst, `{"denom":`...), c.Denom)
	dst = appendString(append(dst, `,"amount":`...), c.Amount)
	return append(dst, '}')
}
