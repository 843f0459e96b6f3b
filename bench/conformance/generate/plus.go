package generate

import "strconv"

// The contracts of cw-plus, and those that stand beside them.

func (s *Source) logo() any {
	return one[any](s, object{"url": "https://example.org/logo.png"},
		object{"embedded": object{"svg": []byte("<?xml version=\"1.0\"?><svg></svg>")}},
		object{"embedded": object{"png": append([]byte("\x89PNG\x0d\x0a\x1a\x0a"), s.blob(60)...)}})
}

func cw20() spec {
	owner := func(s *Source) object { return object{"address": s.address()} }
	return spec{
		instantiate: bare(func(s *Source) any {
			held := list{}
			for _, u := range s.Users {
				held = append(held, object{"address": u, "amount": strconv.Itoa(1_000_000 + s.IntN(1000))})
			}
			o := object{"name": "Token", "symbol": one(s, "TOK", "TOKEN", "ABC-d"), "decimals": s.IntN(19), "initial_balances": held}
			if s.chance(80) {
				mint := object{"minter": s.Users[0]}
				s.some(mint, "cap", one(s, "100000000000", "1", s.amount()))
				o["mint"] = mint
			}
			if s.chance(60) {
				o["marketing"] = object{"project": s.text(), "description": s.text(), "marketing": s.Users[0], "logo": s.logo()}
			}
			return o
		}),
		execute: []form{
			named(30, "transfer", func(s *Source) object { return object{"recipient": s.address(), "amount": s.amount()} }),
			named(5, "burn", func(s *Source) object { return object{"amount": s.amount()} }),
			named(10, "send", func(s *Source) object {
				return object{"contract": s.address(), "amount": s.amount(), "msg": s.hook()}
			}),
			named(12, "increase_allowance", func(s *Source) object {
				o := object{"spender": s.address(), "amount": s.amount()}
				s.some(o, "expires", s.expires())
				return o
			}),
			named(5, "decrease_allowance", func(s *Source) object {
				o := object{"spender": s.address(), "amount": s.amount()}
				s.some(o, "expires", s.expires())
				return o
			}),
			named(15, "transfer_from", func(s *Source) object {
				return object{"owner": s.address(), "recipient": s.address(), "amount": s.amount()}
			}),
			named(6, "send_from", func(s *Source) object {
				return object{"owner": s.address(), "contract": s.address(), "amount": s.amount(), "msg": s.hook()}
			}),
			named(6, "burn_from", func(s *Source) object { return object{"owner": s.address(), "amount": s.amount()} }),
			named(8, "mint", func(s *Source) object { return object{"recipient": s.address(), "amount": s.amount()} }),
			named(1, "update_minter", func(s *Source) object {
				return object{"new_minter": one[any](s, nil, s.Users[0], s.Users[0], s.Users[0])}
			}),
			named(3, "update_marketing", func(s *Source) object {
				o := object{}
				s.some(o, "project", s.text())
				s.some(o, "description", s.text())
				s.some(o, "marketing", one(s, s.Users[0], s.address()))
				return o
			}),
			{3, func(s *Source) any { return object{"upload_logo": s.logo()} }},
		},
		query: []form{
			named(10, "balance", owner),
			plain(4, "token_info", "minter", "marketing_info", "download_logo"),
			named(5, "allowance", func(s *Source) object { return object{"owner": s.address(), "spender": s.address()} }),
			named(4, "all_allowances", func(s *Source) object { return s.paged(object{"owner": s.address()}, s.address()) }),
			named(3, "all_spender_allowances", func(s *Source) object { return s.paged(object{"spender": s.address()}, s.address()) }),
			named(4, "all_accounts", func(s *Source) object { return s.paged(object{}, s.address()) }),
		},
		migrate: fixed(object{}),
	}
}

// hook is what a token passes on to a contract.
func (s *Source) hook() []byte {
	return s.encoded(one[any](s, object{"bond": object{}}, object{}, s.text(),
		object{"channel": "channel-1", "remote_address": "there", "timeout": s.IntN(1000)}))
}

func cw721() spec {
	token := func(s *Source) string { return "t" + strconv.Itoa(s.IntN(12)) }
	id := func(s *Source) object {
		o := object{"token_id": token(s)}
		s.some(o, "include_expired", s.chance(50))
		return o
	}
	return spec{
		instantiate: bare(func(s *Source) any { return object{"name": "Things", "symbol": "THG", "minter": s.Users[0]} }),
		execute: []form{
			named(45, "mint", func(s *Source) object {
				o := object{"token_id": token(s), "owner": s.address(), "extension": nil}
				s.some(o, "token_uri", s.text())
				return o
			}),
			named(20, "transfer_nft", func(s *Source) object { return object{"recipient": s.address(), "token_id": token(s)} }),
			named(8, "send_nft", func(s *Source) object { return object{"contract": s.address(), "token_id": token(s), "msg": s.hook()} }),
			named(10, "approve", func(s *Source) object {
				o := object{"spender": s.address(), "token_id": token(s)}
				s.some(o, "expires", s.expires())
				return o
			}),
			named(6, "revoke", func(s *Source) object { return object{"spender": s.address(), "token_id": token(s)} }),
			named(8, "approve_all", func(s *Source) object {
				o := object{"operator": s.address()}
				s.some(o, "expires", s.expires())
				return o
			}),
			named(4, "revoke_all", func(s *Source) object { return object{"operator": s.address()} }),
			named(4, "burn", func(s *Source) object { return object{"token_id": token(s)} }),
			named(1, "extension", func(s *Source) object { return object{"msg": object{}} }),
			{2, func(s *Source) any {
				return object{"update_ownership": one[any](s, "accept_ownership", "accept_ownership",
					object{"transfer_ownership": object{"new_owner": s.Users[0], "expiry": s.expires()}})}
			}},
		},
		query: []form{
			named(6, "owner_of", id), named(3, "all_nft_info", id), named(3, "approvals", id),
			named(3, "approval", func(s *Source) object {
				o := id(s)
				o["spender"] = s.address()
				return o
			}),
			named(3, "nft_info", func(s *Source) object { return object{"token_id": token(s)} }),
			named(2, "operator", func(s *Source) object { return object{"owner": s.address(), "operator": s.address()} }),
			named(3, "all_operators", func(s *Source) object { return s.paged(object{"owner": s.address()}, s.address()) }),
			named(5, "tokens", func(s *Source) object { return s.paged(object{"owner": s.address()}, token(s)) }),
			named(5, "all_tokens", func(s *Source) object { return s.paged(object{}, token(s)) }),
			plain(4, "num_tokens", "contract_info", "minter", "ownership"),
			named(1, "extension", func(s *Source) object { return object{"msg": object{}} }),
		},
		migrate: fixed(object{}),
		sender:  mostlyFirst,
	}
}

// mostlyFirst is the sender of contracts where the first user has the rights.
func mostlyFirst(s *Source) string {
	if s.chance(60) {
		return s.Users[0]
	}
	return s.user()
}

func (s *Source) messages() list {
	msgs := list{}
	for range s.IntN(4) {
		msgs = append(msgs, s.message())
	}
	return msgs
}

func cw1(subkeys bool) spec {
	admins := func(s *Source) list { return list{s.Users[0], s.Users[1]} }
	c := spec{
		instantiate: bare(func(s *Source) any { return object{"admins": admins(s), "mutable": s.chance(80)} }),
		execute: []form{
			named(20, "execute", func(s *Source) object { return object{"msgs": s.messages()} }),
			named(3, "update_admins", func(s *Source) object {
				return object{"admins": append(admins(s), one(s, s.Users[0], s.address()))}
			}),
			form{1, func(s *Source) any {
				if s.chance(10) {
					return object{"freeze": object{}}
				}
				return object{"freeze": object{"x": 1}}
			}},
		},
		query: []form{
			plain(2, "admin_list"),
			named(6, "can_execute", func(s *Source) object { return object{"sender": s.address(), "msg": s.message()} }),
		},
		sender:  mostlyFirst,
		migrate: fixed(object{}),
	}
	if subkeys {
		for _, name := range []string{"increase_allowance", "decrease_allowance"} {
			c.execute = append(c.execute, named(8, name, func(s *Source) object {
				o := object{"spender": s.address(), "amount": s.coin()}
				s.some(o, "expires", s.expires())
				return o
			}))
		}
		c.execute = append(c.execute, named(5, "set_permissions", func(s *Source) object {
			return object{"spender": s.address(), "permissions": object{
				"delegate": s.chance(50), "redelegate": s.chance(50), "undelegate": s.chance(50), "withdraw": s.chance(50),
			}}
		}))
		c.query = append(c.query,
			named(3, "allowance", func(s *Source) object { return object{"spender": s.address()} }),
			named(3, "permissions", func(s *Source) object { return object{"spender": s.address()} }),
			named(3, "all_allowances", func(s *Source) object { return s.paged(object{}, s.address()) }),
			named(3, "all_permissions", func(s *Source) object { return s.paged(object{}, s.address()) }))
	}
	return c
}

func (s *Source) threshold() object {
	return one(s, object{"absolute_count": object{"weight": 1 + s.IntN(6)}},
		object{"absolute_percentage": object{"percentage": one(s, "0.5", "0.51", "1", "0.334")}},
		object{"threshold_quorum": object{"threshold": one(s, "0.5", "0.6"), "quorum": one(s, "0.2", "0.4", "0.95")}})
}

func cw3(flex bool) spec {
	proposal := func(s *Source) object { return object{"proposal_id": 1 + s.IntN(6)} }
	c := spec{
		execute: []form{
			named(10, "propose", func(s *Source) object {
				o := object{"title": s.text(), "description": s.text(), "msgs": s.messages()}
				if s.chance(30) {
					o["latest"] = s.expires()
				}
				return o
			}),
			named(20, "vote", func(s *Source) object {
				o := proposal(s)
				o["vote"] = one(s, "yes", "yes", "yes", "no", "abstain", "veto", "maybe")
				return o
			}),
			named(8, "execute", proposal),
			named(4, "close", proposal),
		},
		query: []form{
			plain(2, "threshold"),
			named(5, "proposal", proposal),
			named(3, "list_proposals", func(s *Source) object { return s.paged(object{}, s.IntN(9)) }),
			named(3, "reverse_proposals", func(s *Source) object {
				o := object{}
				s.some(o, "start_before", s.IntN(9))
				s.some(o, "limit", s.IntN(9))
				return o
			}),
			named(3, "vote", func(s *Source) object {
				o := proposal(s)
				o["voter"] = s.address()
				return o
			}),
			named(3, "list_votes", func(s *Source) object { return s.paged(proposal(s), s.address()) }),
			named(3, "voter", func(s *Source) object { return object{"address": s.address()} }),
			named(3, "list_voters", func(s *Source) object { return s.paged(object{}, s.address()) }),
		},
	}
	if !flex {
		c.instantiate = bare(func(s *Source) any {
			return object{"voters": s.members(), "threshold": s.threshold(), "max_voting_period": s.duration()}
		})
		return c
	}
	c.instantiate = bare(func(s *Source) any {
		o := object{"group_addr": s.party("cw4-group", "cw4-stake"), "threshold": s.threshold(), "max_voting_period": s.duration()}
		s.some(o, "executor", one[any](s, "member", object{"only": s.Users[0]}))
		if s.chance(30) {
			o["proposal_deposit"] = object{"denom": one(s, object{"native": "ucosm"}, object{"cw20": s.party("cw20-base")}),
				"amount": "10", "refund_failed_proposals": s.chance(50)}
		}
		return o
	})
	c.execute = append(c.execute, named(2, "member_changed_hook", func(s *Source) object {
		return object{"diffs": list{object{"key": s.user(), "old": 1, "new": nil}}}
	}))
	c.query = append(c.query, plain(2, "config"))
	c.migrate = fixed(object{})
	c.paid = 20
	return c
}

func (s *Source) members() list {
	members := list{}
	for _, u := range s.Users {
		members = append(members, object{"addr": u, "weight": s.IntN(5)})
	}
	return members
}

func cw4Group() spec {
	return spec{
		instantiate: bare(func(s *Source) any { return object{"admin": s.Users[0], "members": s.members()} }),
		execute: []form{
			named(20, "update_members", func(s *Source) object {
				add, remove := list{}, list{}
				for range s.IntN(4) {
					add = append(add, object{"addr": s.address(), "weight": s.IntN(9)})
				}
				for range s.IntN(3) {
					remove = append(remove, s.address())
				}
				return object{"add": add, "remove": remove}
			}),
			named(4, "add_hook", func(s *Source) object { return object{"addr": s.address()} }),
			named(3, "remove_hook", func(s *Source) object { return object{"addr": s.address()} }),
			named(1, "update_admin", func(s *Source) object { return object{"admin": one(s, s.Users[0], s.Users[0], s.address())} }),
		},
		query:   groupQueries(),
		migrate: fixed(object{}),
		sender:  mostlyFirst,
	}
}

func groupQueries() []form {
	height := func(s *Source, o object) object {
		s.some(o, "at_height", s.Height-uint64(s.IntN(100)))
		return o
	}
	return []form{
		plain(3, "admin", "hooks"),
		named(3, "total_weight", func(s *Source) object { return height(s, object{}) }),
		named(4, "list_members", func(s *Source) object { return s.paged(object{}, s.address()) }),
		named(5, "member", func(s *Source) object { return height(s, object{"addr": s.address()}) }),
	}
}

func cw4Stake() spec {
	return spec{
		instantiate: bare(func(s *Source) any {
			return object{"denom": one(s, object{"native": "ucosm"}, object{"cw20": s.party("cw20-base")}), "tokens_per_weight": one(s, "1", "10", "1000"),
				"min_bond": one(s, "0", "5", "100"), "unbonding_period": s.duration(), "admin": s.Users[0]}
		}),
		execute: []form{
			plain(12, "bond"),
			named(8, "unbond", func(s *Source) object { return object{"tokens": s.amount()} }),
			plain(4, "claim"),
			named(2, "add_hook", func(s *Source) object { return object{"addr": s.address()} }),
			named(2, "remove_hook", func(s *Source) object { return object{"addr": s.address()} }),
			named(1, "update_admin", func(s *Source) object { return object{"admin": one(s, s.Users[0], s.Users[0], s.address())} }),
			named(8, "receive", func(s *Source) object {
				return object{"sender": s.address(), "amount": s.amount(), "msg": s.encoded(object{"bond": object{}})}
			}),
		},
		query: append(groupQueries(),
			named(4, "claims", func(s *Source) object { return object{"address": s.address()} }),
			named(4, "staked", func(s *Source) object { return object{"address": s.address()} })),
		paid: 50,
		sender: func(s *Source) string {
			if s.chance(30) {
				return s.party("cw20-base")
			}
			return s.user()
		},
	}
}

func multicall() spec {
	queries := func(optional bool) func(*Source) object {
		return func(s *Source) object {
			of := list{}
			for range s.IntN(4) {
				p := one(s, s.Parties...)
				var msg any = object{}
				if c, ok := specs[p.Family]; ok && len(c.query) > 0 && s.depth < 3 {
					s.depth++
					msg = pick(s, c.query)
					s.depth--
				}
				q := object{"address": p.Address, "data": s.encoded(msg)}
				if optional {
					q["require_success"] = s.chance(30)
				}
				of = append(of, q)
			}
			o := object{"queries": of}
			if !optional {
				s.some(o, "require_success", s.chance(30))
				s.some(o, "include_cause", s.chance(50))
			}
			return o
		}
	}
	return spec{
		instantiate: fixed(object{}),
		query: []form{
			plain(1, "contract_version"),
			named(3, "aggregate", queries(false)), named(3, "try_aggregate", queries(false)),
			named(3, "try_aggregate_optional", queries(true)), named(2, "block_aggregate", queries(false)),
			named(2, "block_try_aggregate", queries(false)), named(2, "block_try_aggregate_optional", queries(true)),
		},
		migrate: fixed(object{}),
	}
}

func ics20() spec {
	return ibc(spec{
		instantiate: bare(func(s *Source) any {
			o := object{"default_timeout": 100 + s.IntN(1000), "gov_contract": s.Users[0],
				"allowlist": list{object{"contract": s.party("cw20-base"), "gas_limit": one[any](s, nil, 123_456)}}}
			s.some(o, "default_gas_limit", s.IntN(1_000_000))
			return o
		}),
		execute: []form{
			named(8, "transfer", func(s *Source) object {
				o := object{"channel": one(s, "channel-1", "channel-2", "channel-9"), "remote_address": s.text()}
				s.some(o, "timeout", s.IntN(1000))
				s.some(o, "memo", s.text())
				return o
			}),
			named(4, "allow", func(s *Source) object {
				o := object{"contract": s.address()}
				s.some(o, "gas_limit", s.IntN(1_000_000))
				return o
			}),
			named(1, "update_admin", func(s *Source) object { return object{"admin": one(s, s.Users[0], s.Users[0], s.address())} }),
			named(8, "receive", func(s *Source) object { return object{"sender": s.address(), "amount": s.amount(), "msg": s.hook()} }),
		},
		query: []form{
			plain(4, "port", "list_channels", "config", "admin"),
			named(4, "channel", func(s *Source) object { return object{"id": one(s, "channel-1", "channel-2", "channel-9")} }),
			named(3, "allowed", func(s *Source) object { return object{"contract": s.address()} }),
			named(3, "list_allowed", func(s *Source) object { return s.paged(object{}, s.address()) }),
		},
		migrate: bare(func(s *Source) any { return object{"default_gas_limit": one[any](s, nil, 1000)} }),
		paid:    40,
		version: "ics20-1",
		reply:   bare((*Source).reply),
		sender: func(s *Source) string {
			if s.chance(40) {
				return s.party("cw20-base")
			}
			return mostlyFirst(s)
		},
	})
}

func ics20Latest() spec {
	c := ics20()
	c.instantiate = bare(func(s *Source) any {
		return object{"default_timeout": 100 + s.IntN(1000), "gov_contract": s.Users[0], "swap_router_contract": s.user(),
			"allowlist": list{object{"contract": s.party("cw20-base"), "gas_limit": nil}}}
	})
	asset := func(s *Source) object {
		return one(s, object{"native_token": object{"denom": "ucosm"}}, object{"token": object{"contract_addr": s.party("cw20-base")}})
	}
	c.execute = []form{
		named(4, "update_mapping_pair", func(s *Source) object {
			return object{"local_channel_id": one(s, "channel-1", "channel-2"), "denom": one(s, "trx", "eth"), "local_asset_info": asset(s),
				"remote_decimals": s.IntN(19), "local_asset_info_decimals": s.IntN(19)}
		}),
		named(2, "delete_mapping_pair", func(s *Source) object {
			return object{"local_channel_id": one(s, "channel-1", "channel-2"), "denom": one(s, "trx", "eth")}
		}),
		named(4, "transfer_to_remote", func(s *Source) object {
			return object{"local_channel_id": "channel-1", "remote_address": "there", "remote_denom": "trx", "timeout": nil, "memo": s.text()}
		}),
		named(4, "allow", func(s *Source) object { return object{"contract": s.address(), "gas_limit": s.IntN(1_000_000)} }),
		named(3, "update_config", func(s *Source) object {
			o := object{}
			s.some(o, "default_timeout", s.IntN(1000))
			s.some(o, "default_gas_limit", s.IntN(1000))
			s.some(o, "admin", s.Users[0])
			return o
		}),
		named(3, "override_channel_balance", func(s *Source) object {
			return object{"channel_id": "channel-1", "ibc_denom": "wasm.here/channel-1/trx", "outstanding": s.amount(), "total_sent": nil}
		}),
		named(4, "receive", func(s *Source) object { return object{"sender": s.address(), "amount": s.amount(), "msg": s.hook()} }),
	}
	c.query = append(c.query,
		named(2, "pair_mappings", func(s *Source) object { return s.paged(object{}, "x") }),
		named(2, "pair_mapping", func(s *Source) object { return object{"key": "wasm.here/channel-1/trx"} }),
		named(2, "pair_mappings_from_asset_info", func(s *Source) object { return object{"asset_info": asset(s)} }),
		named(2, "channel_with_key", func(s *Source) object { return object{"channel_id": "channel-1", "denom": "wasm.here/channel-1/trx"} }),
		named(2, "get_transfer_token_fee", func(s *Source) object { return object{"remote_token_denom": "trx"} }))
	c.migrate = fixed(object{})
	return c
}

func ics721() spec {
	class := func(s *Source) object { return object{"class_id": one(s, "wasm.here/channel-1/x", s.user())} }
	return ibc(spec{
		instantiate: bare(func(s *Source) any {
			o := object{"cw721_base_code_id": 3}
			s.some(o, "pauser", s.Users[0])
			return o
		}),
		execute: []form{
			named(4, "receive_nft", func(s *Source) object {
				return object{"sender": s.address(), "token_id": "t1", "msg": s.encoded(object{"receiver": "there", "channel_id": "channel-1",
					"timeout": object{"block": nil, "timestamp": strconv.FormatUint(s.Time+1_000_000_000, 10)}, "memo": nil})}
			}),
			named(1, "pause", func(s *Source) object { return object{} }),
			named(2, "callback", func(s *Source) object {
				return object{"conjunction": object{"operands": list{object{"bank": object{"send": object{"to_address": s.user(), "amount": list{}}}}}}}
			}),
		},
		query: []form{
			plain(4, "pauser", "paused", "proxy", "cw721_code_id"),
			named(2, "class_id", func(s *Source) object { return object{"contract": s.address()} }),
			named(2, "nft_contract", class), named(2, "class_metadata", class),
			named(2, "token_metadata", func(s *Source) object { return object{"class_id": "x", "token_id": "t1"} }),
			named(2, "owner", func(s *Source) object { return object{"class_id": "x", "token_id": "t1"} }),
			named(3, "nft_contracts", func(s *Source) object { return s.paged(object{}, "x") }),
			named(3, "outgoing_channels", func(s *Source) object { return s.paged(object{}, list{"x", "t1"}) }),
			named(3, "incoming_channels", func(s *Source) object { return s.paged(object{}, nil) }),
		},
		migrate: bare(func(s *Source) any {
			return object{"with_update": object{"pauser": s.Users[0], "proxy": nil, "cw721_base_code_id": nil}}
		}),
		reply:   bare((*Source).reply),
		version: "ics721-1",
	})
}
