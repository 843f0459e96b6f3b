// An actor with a message of each kind and a field of each form. Its twin in Go is in zoo_test.go: what one does, the
// other does, to the byte.
#define TROUPE_IMPLEMENTATION
#include "troupe.h"

#define OMITEMPTY .omitempty = true

TROUPE_DECLARE(Everything)
TROUPE_POINTER_TO(Everything)
TROUPE_MESSAGE(Item, "item", (troupe_text, name), (troupe_bytes, data, OMITEMPTY))
TROUPE_LIST_OF(Item)
TROUPE_LIST_OF(uint32_t)
TROUPE_LIST_OF(troupe_text)
TROUPE_MAPPING_OF(Counts, troupe_text, uint16_t)
TROUPE_MAPPING_OF(Names, int32_t, troupe_text)

TROUPE_MESSAGE(Everything, "everything",
	(bool, flag, OMITEMPTY),
	(int8_t, small, OMITEMPTY),
	(uint16_t, short_, .wire = "short", OMITEMPTY),
	(int64_t, signed_, .wire = "signed", OMITEMPTY),
	(uint64_t, big, OMITEMPTY),
	(double, rate, OMITEMPTY),
	(float, half, OMITEMPTY),
	(troupe_text, text, OMITEMPTY),
	(troupe_bytes, bytes, OMITEMPTY),
	(Item_list, list, OMITEMPTY),
	(uint32_t_list, numbers, OMITEMPTY),
	(Counts, count, OMITEMPTY),
	(Names, by_id, OMITEMPTY),
	(Everything_ptr, nested, OMITEMPTY))
TROUPE_BYTES_OF(Hash, 4)
TROUPE_MESSAGE(Digest, "digest", (Hash, hash), (troupe_bytes, raw, OMITEMPTY))
TROUPE_EMPTY_MESSAGE(Tick, "tick")
TROUPE_MESSAGE(Percent, "percent", (int64_t, n))
// Writes what it is given everywhere.
TROUPE_MESSAGE(Keep, "keep",
	(troupe_text, text),
	(int64_t, n),
	(uint8_t, small),
	(troupe_bytes, bytes),
	(double, rate),
	(Everything, all))
// Reads everything back.
TROUPE_MESSAGE(Show, "show", (troupe_text, from), (bool, down))
TROUPE_MESSAGE(Forget, "forget", (troupe_text, text))
TROUPE_MESSAGE(Count, "count", (uint64_t, by))
// Stores a text where a number belongs.
TROUPE_MESSAGE(Corrupt, "corrupt", (troupe_text, key))
TROUPE_MESSAGE(Emit, "emit", (troupe_text, text), (int32_t, n))
TROUPE_MESSAGE(Relay, "relay", (troupe_text, to), (int64_t, n), (uint8_t, mode))

TROUPE_VALUE(value, Everything)
TROUPE_COUNTER(counter)
TROUPE_MAP(texts, uint64_t)
TROUPE_MAP_AS(numbered, "signed", troupe_text)
TROUPE_MAP(small, bool)
TROUPE_MAP(raw, troupe_bytes)
TROUPE_MAP(pairs, double)
TROUPE_SET(names)
TROUPE_MAP_AS(lies, "texts", troupe_text)

static void everything(troupe_call *c, const Everything *m) { troupe_return(c, Everything, m); }
static void digest(troupe_call *c, const Digest *m) { troupe_return(c, Digest, m); }
static void tick(troupe_call *c, const Tick *m) { troupe_return(c, Tick, m); }
static void item(troupe_call *c, const Item *m) { troupe_return(c, Item, m); }

static void sudo(troupe_call *c, const Tick *m) {
	(void)m;
	troupe_text answer = TROUPE_TEXT("sudo");
	troupe_return(c, troupe_text, &answer);
}

static void percent(troupe_call *c, const Percent *m) {
	if (m->n < 0) {
		troupe_fail(c, "invalid_message", "percent: ", m->n, " is negative");
	} else if (m->n > 100) {
		troupe_fail(c, "too_much", m->n, " is more than 100");
	} else {
		troupe_return(c, Percent, m);
	}
}

static void keep(troupe_call *c, const Keep *m) {
	value_set(c, m->all);
	texts_set(c, TROUPE_KEY(m->text), (uint64_t)m->n);
	numbered_set(c, TROUPE_KEY(m->n), m->text);
	small_set(c, TROUPE_KEY(m->small), m->small > 100);
	raw_set(c, TROUPE_KEY(m->bytes), m->bytes);
	pairs_set(c, TROUPE_KEY(m->text, (int32_t)m->n, m->text), m->rate);
	bool added = names_add(c, TROUPE_KEY(m->text));
	troupe_return(c, bool, &added);
}

// The lines of an answer.
typedef struct {
	troupe_text at[200];
	size_t len;
} lines;

static void add(lines *l, troupe_text line) {
	TROUPE_ASSERT(l->len < sizeof l->at / sizeof l->at[0]);
	l->at[l->len++] = line;
}

static void show(troupe_call *c, const Show *q) {
	lines *out = troupe_new(sizeof *out);
	Everything all;
	if (value_find(c, &all)) add(out, all.text);
	troupe_key from = q->from.len > 0 ? TROUPE_KEY(q->from) : TROUPE_ALL;
	troupe_range r = texts_range(c, TROUPE_ALL, from, TROUPE_ALL, q->down ? TROUPE_DESCENDING : TROUPE_ASCENDING);
	troupe_text text, other;
	uint64_t number;
	while (texts_next(&r, &number) && troupe_cut(&r, &text)) add(out, troupe_join(text, "=", number));
	int64_t n;
	r = numbered_range(c, TROUPE_ALL, TROUPE_ALL, TROUPE_ALL, TROUPE_ASCENDING);
	while (numbered_next(&r, &text) && troupe_cut(&r, &n)) add(out, troupe_join(n, "=", text));
	bool yes;
	uint8_t byte;
	r = small_range(c, TROUPE_ALL, TROUPE_ALL, TROUPE_KEY(200), TROUPE_ASCENDING);
	while (small_next(&r, &yes) && troupe_cut(&r, &byte)) add(out, troupe_join(byte, "=", yes));
	troupe_bytes bytes, content;
	r = raw_range(c, TROUPE_ALL, TROUPE_ALL, TROUPE_ALL, TROUPE_ASCENDING);
	while (raw_next(&r, &content) && troupe_cut(&r, &bytes)) add(out, troupe_join(bytes.len));
	int32_t middle;
	double rate;
	r = pairs_range(c, TROUPE_ALL, TROUPE_ALL, TROUPE_ALL, TROUPE_ASCENDING);
	while (pairs_next(&r, &rate) && troupe_cut(&r, &text, &middle, &other)) add(out, troupe_join(text, " ", middle, " ", other));
	r = pairs_range(c, TROUPE_KEY(q->from), TROUPE_ALL, TROUPE_ALL, TROUPE_ASCENDING);
	while (pairs_next(&r, 0) && troupe_cut(&r, &middle, &other)) add(out, troupe_join(middle));
	r = names_range(c, TROUPE_ALL, TROUPE_ALL, TROUPE_ALL, TROUPE_ASCENDING);
	while (names_next(&r) && troupe_cut(&r, &text)) add(out, text);
	troupe_text_list answer = {out->at, out->len};
	troupe_return(c, troupe_text_list, &answer);
}

static void forget(troupe_call *c, const Forget *m) {
	names_delete(c, TROUPE_KEY(m->text));
	texts_delete(c, TROUPE_KEY(m->text));
	value_delete(c);
	numbered_clear(c, TROUPE_ALL);
}

static void count(troupe_call *c, const Count *m) {
	uint64_t stands = counter_add(c, m->by);
	names_add(c, TROUPE_KEY("counted"));
	troupe_return(c, uint64_t, &stands);
}

static void corrupt(troupe_call *c, const Corrupt *m) { lies_set(c, TROUPE_KEY(m->key), TROUPE_TEXT("no number")); }

static void emit(troupe_call *c, const Emit *m) {
	troupe_report(c, "action", "emit", "n", m->n);
	troupe_emit(c, "emitted", "text", m->text, "ok", (bool)true);
	troupe_emit(c, "bare");
	troupe_log("emitted ", m->text);
}

static troupe_text told(troupe_error e) { return troupe_join(e.code, ": ", e.message); }

static void relay(troupe_call *c, const Relay *m) {
	Percent n = {m->n};
	Tick nothing = {0};
	Item asked = {.name = TROUPE_TEXT("asked")}, child = {.name = TROUPE_TEXT("child")}, found;
	troupe_text answer = {0}, text = TROUPE_TEXT("text");
	troupe_error e;
	troupe_sub *s;
	uint64_t number;
	switch (m->mode) {
	case 0:
		troupe_execute(c, m->to, Percent, &n);
		return;
	case 1:
		s = troupe_reply_to(troupe_execute(c, m->to, Percent, &n), TROUPE_ALWAYS, 1);
		troupe_payload(s, Relay, m);
		return;
	case 2:
		troupe_reply_to(troupe_execute(c, m->to, Percent, &n), TROUPE_ON_ERROR, 2);
		return;
	case 3:
		s = troupe_reply_to(troupe_execute(c, m->to, Tick, &nothing), TROUPE_ON_SUCCESS, 3);
		troupe_payload(s, troupe_text, &text);
		s->gas_limit = 1000000;
		return;
	case 4:
		s = troupe_reply_to(troupe_instantiate(c, m->to, Item, &child), TROUPE_ON_SUCCESS, 4);
		s->to = TROUPE_TEXT("child");
		s->admin = c->self;
		return;
	case 5:
		troupe_set_admin(c, m->to, TROUPE_TEXT("nobody"));
		return;
	case 6:
		answer = troupe_ask(c, m->to, Item, &asked, Item, &found, &e) ? found.name : told(e);
		break;
	case 7:
		answer = troupe_ask(c, m->to, Item, &asked, uint64_t, &number, &e) ? TROUPE_TEXT("a number") : told(e);
		break;
	case 8: {
		troupe_rand r = troupe_random(c);
		for (int i = 0; i < 200; i++) {
			uint64_t any = troupe_rand_next(&r);
			answer = troupe_join(answer, any, " ", troupe_rand_below(&r, (uint64_t)m->n), " ");
		}
		break;
	}
	case 9:
		answer = troupe_join(c->self, " ", c->sender, " ", c->sequence, " ", c->time);
		break;
	case 10:
		troupe_return_raw(c, (troupe_bytes){(const uint8_t *)"", 0});
		return;
	case 11:
		troupe_return(c, troupe_text, &text);
		troupe_return_raw(c, (troupe_bytes){0});
		return;
	default:
		return;
	}
	troupe_return(c, troupe_text, &answer);
}

static void relayed(troupe_call *c, const Relay *m) {
	const troupe_error *e = c->reply->error;
	troupe_text how = e ? troupe_join(e->code, " ", e->message) : TROUPE_TEXT("well");
	troupe_emit(c, "replied", "to", m->to, "callee", c->reply->callee, "how", how, "events", c->reply->count);
	Percent p;
	if (!e && troupe_reply_data(c, Percent, &p)) troupe_return(c, int64_t, &p.n);
}

static void failed(troupe_call *c) { troupe_emit(c, "failed", "why", c->reply->error->code); }
static void payload(troupe_call *c, const troupe_text *p) { troupe_emit(c, "replied", "payload", *p); }
static void other(troupe_call *c) { troupe_emit(c, "replied", "id", c->reply->id, "callee", c->reply->callee); }

TROUPE_TYPED(
	.instantiate = TROUPE_ON(Item, item),
	.migrate = TROUPE_ON(Item, item),
	.execute = TROUPE_HANDLERS(
		TROUPE_ON(Everything, everything),
		TROUPE_ON(Digest, digest),
		TROUPE_ON(Percent, percent),
		TROUPE_ON(Tick, tick),
		TROUPE_ON(Keep, keep),
		TROUPE_ON(Forget, forget),
		TROUPE_ON(Count, count),
		TROUPE_ON(Corrupt, corrupt),
		TROUPE_ON(Emit, emit),
		TROUPE_ON(Relay, relay)),
	.query = TROUPE_HANDLERS(TROUPE_ON(Item, item), TROUPE_ON(Show, show)),
	.sudo = TROUPE_HANDLERS(TROUPE_ON(Tick, sudo)),
	.reply = TROUPE_REPLIES(
		TROUPE_ON_REPLY(1, Relay, relayed),
		TROUPE_ON_ID(2, failed),
		TROUPE_ON_REPLY(3, troupe_text, payload),
		TROUPE_ON_ANY_REPLY(other)), )
