// A counter: everybody may add to it, and whoever made it may set it back.
#define TROUPE_IMPLEMENTATION
#include "troupe.h"

// The messages of a counter, with their names: {"add": {"n": 5}}.

// Makes a counter. The first message to an address does, too.
TROUPE_STRUCT(Open, (uint64_t, start))
// Adds. The new total is the data of the call.
TROUPE_MESSAGE(Add, "add", (uint64_t, n))
// Sets the counter back to zero. Only who made it may.
TROUPE_EMPTY_MESSAGE(Reset, "reset")
// Asks what the counter stands at. The answer is a number.
TROUPE_EMPTY_MESSAGE(Total, "total")

// What a counter keeps. The state of an actor is all that is left of a call; variables begin anew.
TROUPE_VALUE(owner, troupe_text)
TROUPE_VALUE(total, uint64_t)

static void open(troupe_call *c, const Open *m) {
	owner_set(c, c->sender);
	total_set(c, m->start);
}

// Fails when the counter is full: then nothing of the call has happened.
static void add(troupe_call *c, const Add *m) {
	uint64_t sum = total_get(c);
	if (m->n > UINT64_MAX - sum) {
		troupe_fail(c, "full", "the counter stands at ", sum, " and cannot take ", m->n, " more");
		return;
	}
	sum += m->n;
	total_set(c, sum);
	troupe_emit(c, "added", "by", c->sender, "n", m->n);
	troupe_return(c, uint64_t, &sum);
}

static void reset(troupe_call *c, const Reset *m) {
	(void)m;
	if (!troupe_same(c->sender, owner_get(c))) {
		troupe_fail(c, "unauthorized", c->sender, " has not made this counter");
		return;
	}
	total_set(c, 0);
}

static void show(troupe_call *c, const Total *q) {
	(void)q;
	uint64_t n = total_get(c);
	troupe_return(c, uint64_t, &n);
}

TROUPE_TYPED(
	.instantiate = TROUPE_ON(Open, open),
	.is_virtual = true, // the first message to an address makes the actor
	.execute = TROUPE_HANDLERS(TROUPE_ON(Add, add), TROUPE_ON(Reset, reset)),
	.query = TROUPE_HANDLERS(TROUPE_ON(Total, show)), )
