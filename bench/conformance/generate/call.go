package generate

import "strconv"

// A Call is an entry into a contract.
type Call struct {
	Contract string // address
	Entry    string
	Sender   string // of instantiate, execute and migrate
	Funds    []Coin // of instantiate and execute
	Msg      []byte // JSON, but for some that are broken
}

// Coin is an amount of something.
type Coin struct{ Denom, Amount string }

// Knows reports whether there are messages for a family.
func Knows(family string) bool {
	_, ok := specs[family]
	return ok
}

// Instantiate makes the first call of a contract; it is mostly right.
func (s *Source) Instantiate(p Party) Call {
	return Call{p.Address, "instantiate", s.Users[0], nil, s.encoded(pick(s, specs[p.Family].instantiate))}
}

// Next makes a call of a contract that exists. Some are broken: see spoil.
func (s *Source) Next(p Party) Call {
	c := specs[p.Family]
	call := Call{Contract: p.Address}
	var forms []form
	for forms == nil {
		switch n := s.IntN(100); {
		case n < 58:
			call.Entry, forms = "execute", c.execute
		case n < 84:
			call.Entry, forms = "query", c.query
		case n < 87:
			call.Entry, forms = "sudo", c.sudo
		case n < 89:
			call.Entry, forms = "migrate", c.migrate
		case n < 92:
			call.Entry, forms = "reply", c.reply
		default:
			call.Entry, forms = s.other(c)
		}
	}
	switch {
	case call.Entry == "execute" && s.chance(c.paid):
		call.Funds = []Coin{{one(s, "ucosm", "ucosm", "ustake"), strconv.Itoa(1 + s.IntN(5000))}}
	case call.Entry == "execute" && s.chance(15):
		for _, denom := range s.Denoms {
			if s.chance(50) {
				call.Funds = append(call.Funds, Coin{denom, strconv.Itoa(1 + s.IntN(5000))})
			}
		}
	}
	call.Sender = s.user()
	if c.sender != nil {
		call.Sender = c.sender(s)
	}
	s.version = c.version
	msg := pick(s, forms)
	if s.chance(8) {
		call.Msg = s.spoil(msg)
	} else {
		call.Msg = s.encoded(msg)
	}
	return call
}

func (s *Source) other(c spec) (string, []form) {
	if len(c.other) == 0 {
		return "", nil
	}
	n := s.IntN(len(c.other))
	for _, entry := range otherEntries {
		if forms, ok := c.other[entry]; ok {
			if n == 0 {
				return entry, forms
			}
			n--
		}
	}
	return "", nil
}

// otherEntries gives the entry points that are only in some contracts an order.
var otherEntries = [...]string{
	"ibc_channel_open", "ibc_channel_connect", "ibc_channel_close", "ibc_packet_receive", "ibc_packet_ack", "ibc_packet_timeout",
	"ibc_source_callback", "ibc_destination_callback",
	"ibc2_packet_receive", "ibc2_packet_ack", "ibc2_packet_timeout", "ibc2_packet_send",
}

// Reply makes the call that follows a sub-message.
func (s *Source) Reply(contract string, id uint64, payload []byte) Call {
	o := object{"gas_used": 0, "id": id, "result": s.outcome()}
	if len(payload) > 0 {
		o["payload"] = payload
	}
	return Call{Contract: contract, Entry: "reply", Msg: s.encoded(o)}
}
