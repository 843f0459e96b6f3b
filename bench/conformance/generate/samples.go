package generate

import "math"

// hackatom and the other contracts here are the test contracts of CosmWasm.
func hackatom() spec {
	return spec{
		paid:        20,
		instantiate: bare(func(s *Source) any { return object{"verifier": s.Users[0], "beneficiary": s.address()} }),
		execute: []form{
			named(30, "release", func(s *Source) object {
				if s.chance(50) {
					return object{"denom": one(s, s.Denoms...)}
				}
				return object{}
			}),
			named(6, "allocate_large_memory", func(s *Source) object { return object{"pages": one(s, 0, 1, 48, 200, 495, 512, 1600, 65536)} }),
			plain(4, "panic"),
			plain(6, "user_errors_in_api_calls"),
			plain(1, "cpu_loop", "storage_loop", "memory_loop", "message_loop"),
		},
		query: []form{
			plain(10, "verifier", "get_int"),
			named(6, "other_balance", func(s *Source) object { return object{"address": s.address()} }),
			named(8, "recurse", func(s *Source) object {
				return object{"depth": one(s, 0, 1, 2, 5, 12), "work": s.IntN(60)}
			}),
		},
		sudo: []form{named(1, "steal_funds", func(s *Source) object {
			return object{"recipient": s.address(), "amount": s.coins()}
		})},
		migrate: bare(func(s *Source) any { return object{"verifier": one(s, s.Users[0], s.Users[0], s.address())} }),
		sender: func(s *Source) string {
			if s.chance(70) {
				return s.Users[0]
			}
			return s.user()
		},
	}
}

func cyberpunk() spec {
	return spec{
		instantiate: fixed(object{}),
		execute: []form{
			named(1, "argon2", func(s *Source) object { return object{"mem_cost": 8 + s.IntN(32), "time_cost": 1 + s.IntN(2)} }),
			named(6, "allocate_large_memory", func(s *Source) object { return object{"pages": one(s, 0, 1, 48, 200, 494, 512, 1600)} }),
			plain(20, "mirror_env"), plain(10, "noop"), plain(4, "debug"), plain(4, "panic"), plain(4, "unreachable"),
			plain(1, "cpu_loop", "storage_loop", "memory_loop", "message_loop"),
		},
		query: []form{plain(5, "mirror_env"), plain(1, "denoms"), named(1, "denom", func(s *Source) object { return object{"denom": s.text()} })},
	}
}

func queue() spec {
	return spec{
		instantiate: fixed(object{}),
		execute: []form{
			named(6, "enqueue", func(s *Source) object {
				return object{"value": one[any](s, s.IntN(100), s.IntN(100)-50, math.MaxInt32, math.MinInt32, int64(math.MaxInt32)+1)}
			}),
			plain(4, "dequeue"),
		},
		query: []form{
			plain(8, "count", "sum", "reducer", "list"),
			named(2, "open_iterators", func(s *Source) object { return object{"count": one(s, 0, 1, 7, 321)} }),
		},
		migrate: fixed(object{}),
	}
}

func floaty() spec {
	floats := instructions()
	return spec{
		instantiate: fixed(object{}),
		query: []form{
			named(40, "run", func(s *Source) object {
				in := one(s, floats...)
				args := list{}
				for _, kind := range in.args {
					args = append(args, s.operand(kind))
				}
				if s.chance(3) {
					args = args[:len(args)-1]
				}
				return object{"instruction": in.name, "args": args}
			}),
			named(10, "random_args_for", func(s *Source) object { return object{"instruction": one(s, floats...).name, "seed": s.IntN(1000)} }),
			plain(1, "instructions"),
		},
	}
}

func reflector() spec {
	return spec{
		instantiate: fixed(object{}),
		execute: []form{
			named(10, "reflect_msg", func(s *Source) object {
				msgs := list{}
				for range s.IntN(4) {
					msgs = append(msgs, s.message())
				}
				if s.chance(20) {
					msgs = append(msgs, object{"custom": one(s, object{"debug": s.text()}, object{"raw": s.blob(30)})})
				}
				return object{"msgs": msgs}
			}),
			named(10, "reflect_sub_msg", func(s *Source) object {
				msgs := list{}
				for range s.IntN(4) {
					msgs = append(msgs, s.submessage())
				}
				return object{"msgs": msgs}
			}),
			named(1, "change_owner", func(s *Source) object {
				return object{"owner": one(s, s.Users[0], s.Users[0], s.Users[0], s.address())}
			}),
		},
		query: []form{
			plain(2, "owner"),
			named(4, "capitalized", func(s *Source) object { return object{"text": s.text()} }),
			named(12, "chain", func(s *Source) object { return object{"request": s.request()} }),
			named(4, "raw", func(s *Source) object {
				return object{"contract": s.address(), "key": one(s, []byte("config"), s.blob(20))}
			}),
			named(4, "sub_msg_result", func(s *Source) object { return object{"id": s.IntN(12)} }),
		},
		migrate: fixed(object{}),
		reply:   bare((*Source).reply),
		sender: func(s *Source) string {
			if s.chance(85) {
				return s.Users[0]
			}
			return s.user()
		},
	}
}

func burner() spec {
	return spec{
		instantiate: fixed(object{}),
		execute:     []form{named(1, "cleanup", func(s *Source) object { return one(s, object{}, object{"limit": s.IntN(6)}) })},
		migrate: bare(func(s *Source) any {
			o := object{"payout": s.address()}
			s.some(o, "delete", s.IntN(50))
			if _, ok := o["delete"]; !ok {
				o["delete"] = 3
			}
			return o
		}),
	}
}

func replier() spec {
	var tree func(s *Source, depth int) object
	tree = func(s *Source, depth int) object {
		children := list{}
		if depth < 3 {
			for range s.IntN(3) {
				children = append(children, tree(s, depth+1))
			}
		}
		return object{"msg_id": s.IntN(9), "set_data_in_exec_and_reply": s.chance(70), "return_order_in_reply": s.chance(40),
			"exec_error": s.chance(10), "reply_error": s.chance(10), "reply_on_never": s.chance(20), "messages": children}
	}
	return spec{
		instantiate: fixed(object{}),
		execute:     bare(func(s *Source) any { return tree(s, 0) }),
		reply:       bare((*Source).reply),
	}
}

func staking() spec {
	return spec{
		instantiate: bare(func(s *Source) any {
			return object{"name": "Derivative", "symbol": "DRV", "decimals": 6, "validator": Validator, "exit_tax": one(s, "0", "0.1", "0.02"), "min_withdrawal": "50"}
		}),
		execute: []form{
			named(6, "transfer", func(s *Source) object { return object{"recipient": s.address(), "amount": s.amount()} }),
			named(4, "unbond", func(s *Source) object { return object{"amount": s.amount()} }),
			plain(8, "bond"), plain(4, "claim", "reinvest", "__bond_all_tokens"),
		},
		paid: 60,
		query: []form{
			named(4, "balance", func(s *Source) object { return object{"address": s.address()} }),
			named(2, "claims", func(s *Source) object { return object{"address": s.address()} }),
			plain(2, "token_info", "investment"),
		},
	}
}

// Validator is the validator that contracts stake with.
const Validator = "cosmosvaloper1the"

// ibc adds the entry points of contracts that speak IBC.
func ibc(s spec) spec {
	s.other = map[string][]form{
		"ibc_channel_open": bare((*Source).channelOpen), "ibc_channel_connect": bare((*Source).channelConnect),
		"ibc_channel_close": bare((*Source).channelClose), "ibc_packet_receive": bare((*Source).packetReceive),
		"ibc_packet_ack": bare((*Source).packetAck), "ibc_packet_timeout": bare((*Source).packetTimeout),
	}
	return s
}

func ibcReflect() spec {
	return ibc(spec{
		instantiate: fixed(object{"reflect_code_id": 2}),
		execute: []form{named(1, "async_ack", func(s *Source) object {
			return object{"channel_id": "channel-1", "packet_sequence": "7", "ack": object{"data": s.blob(20)}}
		})},
		query:   []form{named(3, "account", func(s *Source) object { return object{"channel_id": one(s, "channel-1", "channel-2", "none")} }), plain(2, "list_accounts")},
		migrate: fixed(object{}),
		reply:   bare((*Source).reply),
		version: "ibc-reflect-v1",
	})
}

func ibc2() spec {
	payload := func(s *Source) object {
		return object{"source_port": "wasm2here", "destination_port": "wasm2there", "version": "V1", "encoding": "application/json",
			"value": s.encoded(object{"response_without_ack": s.chance(50), "send_async_ack_for_prev_msg": s.chance(50)})}
	}
	packet := func(s *Source) any {
		return object{"payload": payload(s), "relayer": s.user(), "source_client": "client-1", "destination_client": "client-2",
			"packet_sequence": s.IntN(50), "signer": s.user(), "acknowledgement": s.blob(10)}
	}
	return spec{
		instantiate: fixed(object{}),
		query:       []form{plain(1, "query_state")},
		other: map[string][]form{
			"ibc2_packet_receive": bare(packet), "ibc2_packet_ack": bare(packet), "ibc2_packet_timeout": bare(packet), "ibc2_packet_send": bare(packet),
		},
	}
}

func ibcCallbacks() spec {
	return spec{
		instantiate: fixed(object{}),
		execute: []form{named(1, "transfer", func(s *Source) object {
			o := object{"to_address": s.address(), "channel_id": "channel-1", "timeout_seconds": s.IntN(1000)}
			if s.chance(70) {
				o["callback_type"] = one(s, "src", "dst", "both")
			}
			return o
		})},
		query: []form{plain(1, "callback_stats")},
		other: map[string][]form{
			"ibc_source_callback": bare(func(s *Source) any {
				if s.chance(50) {
					return object{"timeout": s.packetTimeout()}
				}
				return object{"acknowledgement": s.packetAck()}
			}),
			"ibc_destination_callback": bare(func(s *Source) any {
				return object{"packet": s.packet(s.packetData()), "ack": object{"data": s.blob(10)}, "transfer": object{"sender": s.user(), "receiver": s.user(), "funds": s.coins()}}
			}),
		},
	}
}
