// The module "currency" of the game in C: it gives the same results, events and state as the Go actor of examples/mmo/game,
// and can take its place.
#define TROUPE_IMPLEMENTATION
#include "troupe.h"

// Instantiates a currency. The sender may mint.
TROUPE_EMPTY(Open)

// Makes money. Only the one who made the currency may.
TROUPE_MESSAGE(Mint, "mint", (troupe_text, to), (uint64_t, amount))
// Gives the sender's money to somebody else.
TROUPE_MESSAGE(Transfer, "transfer", (troupe_text, to), (uint64_t, amount))
// Asks what somebody owns. The answer is a number.
TROUPE_MESSAGE(Balance, "balance", (troupe_text, of))

TROUPE_VALUE(minter, troupe_text)
TROUPE_COUNTER(supply)
TROUPE_MAP(balances, uint64_t)

static void open(troupe_call *c, const Open *m) {
	(void)m;
	minter_set(c, c->sender);
}

static void mint(troupe_call *c, const Mint *m) {
	if (!troupe_same(c->sender, minter_get(c))) {
		troupe_fail(c, "unauthorized", c->sender, " may not mint");
		return;
	}
	supply_add(c, m->amount); // fails if it overflows, and no balance is ever more than the supply
	uint64_t owned = balances_get(c, TROUPE_KEY(m->to));
	balances_set(c, TROUPE_KEY(m->to), owned + m->amount);
}

// Credits the receiver before it looks whether the sender can pay. That needs no care: if he cannot, the credit is rolled
// back.
static void transfer(troupe_call *c, const Transfer *m) {
	if (troupe_same(m->to, c->sender)) {
		troupe_fail(c, "self_transfer", c->sender, " cannot pay itself");
		return;
	}
	uint64_t got = balances_get(c, TROUPE_KEY(m->to));
	balances_set(c, TROUPE_KEY(m->to), got + m->amount);
	uint64_t owned = balances_get(c, TROUPE_KEY(c->sender));
	if (owned < m->amount) {
		troupe_fail(c, "insufficient_funds", c->sender, " owns ", owned, ", which is less than ", m->amount);
		return;
	}
	balances_set(c, TROUPE_KEY(c->sender), owned - m->amount);
	troupe_emit(c, "transfer", "from", c->sender, "to", m->to, "amount", m->amount);
}

static void balance(troupe_call *c, const Balance *q) {
	uint64_t owned = balances_get(c, TROUPE_KEY(q->of));
	troupe_return(c, uint64_t, &owned);
}

TROUPE_TYPED(
	.instantiate = TROUPE_ON(Open, open),
	.is_virtual = true,
	.execute = TROUPE_HANDLERS(TROUPE_ON(Mint, mint), TROUPE_ON(Transfer, transfer)),
	.query = TROUPE_HANDLERS(TROUPE_ON(Balance, balance)), )
