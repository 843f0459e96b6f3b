package bank

import "github.com/troupe-run/troupe/runtime/actor"

// The keys of the bank. Neither an address nor a denom has a zero byte in it, so what an address owns, and who owns of a
// denom, is one range each. All values are text: amounts are decimal numbers, flags are true or false.
//
//	balances/ADDRESS 0 DENOM    the amount, never zero
//	holders/DENOM 0 ADDRESS     nothing: the address has a balance of the denom
//	supply/DENOM                the sum of all balances, never zero
//	metadata/DENOM              DenomMetadata in JSON
//	send_enabled/DENOM          a flag; without it the default counts
//	default_send_enabled        a flag; true without it
//	blocked/ADDRESS             nothing: the address may not receive
const (
	balances         = "balances/"
	holders          = "holders/"
	supplies         = "supply/"
	metadata         = "metadata/"
	sendEnabled      = "send_enabled/"
	sendDefault      = "default_send_enabled"
	blocked          = "blocked/"
	separator   byte = 0
)

func key(space, name string) []byte { return append([]byte(space), name...) }

func key2(space, name, second string) []byte {
	k := make([]byte, 0, len(space)+len(name)+1+len(second))
	k = append(k, space...)
	k = append(k, name...)
	k = append(k, separator)
	return append(k, second...)
}

func balanceKey(who actor.Address, denom string) []byte { return key2(balances, string(who), denom) }
func holderKey(who actor.Address, denom string) []byte  { return key2(holders, denom, string(who)) }
