// Package bank is the bank of a world of CosmWasm contracts, as an actor: who has how much of which token. It moves,
// mints and burns tokens by the rules of the bank module of the Cosmos SDK (v0.54) and of wasmd, with their events, the
// texts of their errors, and the answers that contracts expect. Being an actor it takes part in the tree of messages like
// any other: what a failed branch has paid comes back with everything else in it.
//
//	h.Bind("bank", bank.New(nil))
//	sudo bank:           {"mint": {"to_address": "alice", "amount": [{"denom": "ucosm", "amount": "1000"}]}}
//	alice to bank:       {"send": {"to_address": "bob", "amount": [{"denom": "ucosm", "amount": "7"}]}}
//	query bank:          {"balance": {"address": "bob", "denom": "ucosm"}}
//	                     {"amount":{"denom":"ucosm","amount":"7"}}
//
// # Messages
//
// All bodies are JSON. Anybody may send, and burn, what is his:
//
//	{"send": {"to_address", "amount": [{"denom", "amount"}..]}}
//	{"burn": {"amount"}}
//
// A send that moved coins answers with data that is there and empty, as its response on a chain; a send of nothing and a
// burn have no data (rule S38). If a body has both, the send counts.
//
// The operator of the host, by sudo, makes coins and rules:
//
//	{"mint": {"to_address", "amount"}}
//	{"set_send_enabled": {"denom", "enabled"}}        what cannot be sent can still be burned and minted
//	{"set_default_send_enabled": {"enabled"}}         for denoms without a flag of their own; true at first
//	{"set_metadata": {"base", ..}}                    DenomMetadata, under its base denom
//	{"block_address": {"address", "blocked"}}         who is blocked cannot be paid; he may pay, and be given by a mint
//	{"genesis": {"balances": [{"address", "coins"}..], ..}}
//
// The queries are those of CosmWasm's BankQuery, and two more:
//
//	{"balance": {"address", "denom"}}                 {"amount": {"denom", "amount"}}, of 0 if there is none
//	{"all_balances": {"address"}}                     {"amount": [..]}, by denom
//	{"supply": {"denom"}}                             {"amount": {..}}
//	{"denom_metadata": {"denom"}}                     {"metadata": {..}}, or an error with CodeNotFound
//	{"all_denom_metadata": {"pagination"?}}           {"metadata": [..], "next_key"?}
//	{"send_enabled": {"denom"}}                       {"enabled"}
//	{"denom_owners": {"denom", "pagination"?}}        {"denom_owners": [{"address", "balance"}..], "next_key"?}
//
// A page, {"key", "limit", "reverse"}, begins with its key and has 100 entries if limit is 0.
//
// A bank is empty when it comes into being, which is at the first message to it, whoever sends it: so instantiating it
// takes no body and no admin. A genesis fills an empty bank with the state of the bank module as a chain exports it; and
// "blocked_addresses", which chains have in their code.
//
// # Coins
//
// An amount is a number of at most 256 bits, and so are balances and the supply of a denom. Coins in a message may be in
// any order, have zeros, and name a denom twice: see ParseCoins (rows N1 to N13). No coins at all are a message that does
// nothing (rule S38, row N15), but an error in a burn (row N16).
//
// Addresses are text: any actor, any sender, whether he exists or not. Options.Account makes that narrower, and can make
// several texts name one account.
//
// # Guarantees
//
// The supply of a denom is the sum of all balances of it, after each message. What a message does depends on its body, its
// sender, the state and the Options alone. Bad bodies are errors with fixed codes and texts; ChainCode says what they are
// called on a chain, where contracts see that alone (rule S19).
//
// # What it is not
//
// It knows no vesting and no delegations: whoever has coins can spend them. It guards no addresses of its own: that a
// sender is who he says is the host's to see to. On a chain, a sum beyond 256 bits and a question about a denom that is
// none are panics, which end the transaction; here they are errors, with CodeOverflow and CodeInvalidDenom.
package bank
