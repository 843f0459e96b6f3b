package generate

// form makes one kind of message.
type form struct {
	weight int
	make   func(*Source) any
}

// spec has the messages of a family of contracts, by entry point.
type spec struct {
	instantiate, execute, query, sudo, migrate, reply []form
	other                                             map[string][]form // ibc_...
	sender                                            func(*Source) string
	paid                                              int    // how many of 100 executes come with one coin
	version                                           string // of IBC channels
}

func pick(s *Source, forms []form) any {
	total := 0
	for _, f := range forms {
		total += f.weight
	}
	n := s.IntN(total)
	for _, f := range forms {
		if n -= f.weight; n < 0 {
			return f.make(s)
		}
	}
	panic("generate: weights do not add up")
}

// named is a form {name: fields}.
func named(weight int, name string, fields func(*Source) object) form {
	return form{weight, func(s *Source) any { return object{name: fields(s)} }}
}

// plain is a form {name: {}} for each name.
func plain(weight int, names ...string) form {
	return form{weight, func(s *Source) any { return object{one(s, names...): object{}} }}
}

// fixed is a message without choices.
func fixed(o object) []form { return []form{{1, func(*Source) any { return o }}} }

// bare is a form without a name around it.
func bare(f func(*Source) any) []form { return []form{{1, f}} }

// specs is filled by init, since messages of one family carry messages of others.
var specs map[string]spec

func init() {
	specs = map[string]spec{
		"hackatom": hackatom(), "cyberpunk": cyberpunk(), "queue": queue(), "floaty": floaty(), "reflect": reflector(),
		"burner": burner(), "replier": replier(), "staking": staking(), "ibc_reflect": ibcReflect(), "ibc2": ibc2(),
		"ibc_callbacks": ibcCallbacks(), "cw20-base": cw20(), "cw721-base": cw721(), "cw1-whitelist": cw1(false),
		"cw1-subkeys": cw1(true), "cw3-fixed-multisig": cw3(false), "cw3-flex-multisig": cw3(true), "cw4-group": cw4Group(),
		"cw4-stake": cw4Stake(), "multicall": multicall(), "cw20-ics20": ics20(), "cw-ics20-latest": ics20Latest(),
		"cw-ics721-bridge": ics721(), "probe": probe(),
	}
}
