// troupe.h: actors of Troupe in C. A WebAssembly module of the dialect troupe, version 1 of its ABI.
//
// One file, for C11 and clang; it needs no C library. One source of a module says what is in it:
//
//	#define TROUPE_IMPLEMENTATION
//	#include "troupe.h"
//
//	TROUPE_MESSAGE(Add, "add", (uint64_t, n))
//	TROUPE_MESSAGE(Total, "total", (troupe_text, of))
//
//	TROUPE_MAP(totals, uint64_t)
//
//	static void add(troupe_call *c, const Add *m) {
//		uint64_t total = totals_get(c, TROUPE_KEY(c->sender)) + m->n;
//		totals_set(c, TROUPE_KEY(c->sender), total);
//		troupe_emit(c, "added", "who", c->sender, "n", m->n);
//		troupe_return(c, uint64_t, &total);
//	}
//
//	static void total(troupe_call *c, const Total *q) {
//		uint64_t n = totals_get(c, TROUPE_KEY(q->of));
//		troupe_return(c, uint64_t, &n);
//	}
//
//	TROUPE_TYPED(
//		.execute = TROUPE_HANDLERS(TROUPE_ON(Add, add)),
//		.query = TROUPE_HANDLERS(TROUPE_ON(Total, total)), )
//
//	clang --target=wasm32 -O2 -ffreestanding -nostdlib -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=32768 -o totals.wasm totals.c
//
// # On the wire and in the state
//
// Bodies, answers, stored keys and values, and the codes and texts of errors are byte for byte those of the typed layers
// in the other languages: an actor in C can take the place of one in Go, and its callers and its state see no difference.
// The body of a message is a map of one key, the name, to its fields, in CBOR or JSON; what is written is core
// deterministic CBOR (RFC 8949, section 4.2.1).
//
// # Failures
//
// troupe_fail fails the call: what it has written is rolled back, and its caller gets the code and the text. It does not
// leave the function, so return after it. The first failure counts. From then on nothing is written and nothing is found,
// so that a handler which goes on does no harm; helpers of the state fail the call this way when a stored value is not of
// the type that is expected.
//
// # Memory
//
// troupe_new allocates. Nothing is ever freed, because the host throws the memory away after each call, static variables
// included: what an actor wants to remember it keeps in its state. All that the functions return is valid until the call ends.

#ifndef TROUPE_H
#define TROUPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ---- Texts and bytes ----

// Bytes that belong to the call. Where null and empty differ, null has no address.
typedef struct {
	const uint8_t *at;
	size_t len;
} troupe_bytes;

// Text, in UTF-8, without a zero byte behind it.
typedef struct {
	const char *at;
	size_t len;
} troupe_text;

// The text of a string literal.
#define TROUPE_TEXT(literal) ((troupe_text){"" literal, sizeof("" literal) - 1})

// A part of a text, of a key, or of the attributes of an event: text, bytes, an integer or a boolean.
typedef struct {
	enum { TROUPE_PART_TEXT, TROUPE_PART_UINT, TROUPE_PART_INT } kind;
	troupe_text text;
	uint64_t number; // of an integer that is negative, its two's complement
} troupe_part;

typedef struct {
	const troupe_part *at;
	size_t len;
} troupe_parts;

// Up to 32 values of any of the types as parts.
#define TROUPE_PARTS(...)                                                                                                             \
	((troupe_parts){(const troupe_part[]){{0} __VA_OPT__(, TROUPE_EACH_(TROUPE_PART_, , __VA_ARGS__))} + 1,                           \
		sizeof((const troupe_part[]){{0} __VA_OPT__(, TROUPE_EACH_(TROUPE_PART_, , __VA_ARGS__))}) / sizeof(troupe_part) - 1})

// The parts, one behind the other.
#define troupe_join(...) troupe_join_parts(TROUPE_PARTS(__VA_ARGS__))

troupe_text troupe_join_parts(troupe_parts parts);
bool troupe_same(troupe_text a, troupe_text b);
// The text of a string with a zero byte behind it.
troupe_text troupe_string(const char *s);

// Memory for n bytes, aligned for any type and zero. It traps if there is none.
void *troupe_new(size_t n);

// ---- Calls ----

// An error that an actor was answered with.
typedef struct {
	troupe_text code;
	troupe_text message;
} troupe_error;

typedef struct {
	troupe_text key;
	troupe_text value;
} troupe_attribute;

typedef struct {
	troupe_text actor;
	troupe_text type;
	const troupe_attribute *attributes;
	size_t count;
} troupe_event;

// The outcome of a sub-message.
typedef struct {
	uint64_t id;
	troupe_bytes payload;
	troupe_text callee; // for an instantiation the address of the new actor
	uint64_t gas_used;
	const troupe_error *error; // null if the sub-message succeeded; otherwise there are neither data nor events
	troupe_bytes data;
	const troupe_event *events;
	size_t count;
} troupe_reply;

// What a message asks for.
enum { TROUPE_EXECUTE = 0, TROUPE_INSTANTIATE = 1, TROUPE_MIGRATE = 2, TROUPE_SET_ADMIN = 3 };

// In which cases a reply is wanted. Without one on error, the failure of a sub-message is the failure of the call.
typedef enum { TROUPE_NEVER = 0, TROUPE_ON_SUCCESS = 1, TROUPE_ON_ERROR = 2, TROUPE_ALWAYS = 3 } troupe_reply_on;

// A message that the host is asked to deliver when the call has ended, as a subtransaction of its own.
typedef struct troupe_sub troupe_sub;
struct troupe_sub {
	uint64_t id; // comes back in the reply
	troupe_reply_on reply_on;
	uint64_t gas_limit; // of the subtree; 0: none
	troupe_bytes payload; // comes back in the reply
	int kind;
	troupe_text to; // of an instantiate message it may be empty: the host then picks the address
	troupe_bytes body;
	troupe_text module;
	troupe_text admin; // may migrate the actor later; empty: nobody
	troupe_sub *next;
};

// Bytes that grow.
typedef struct {
	uint8_t *at;
	size_t len, room;
} troupe_buffer;

// A running call: what it sees, and what it wants to happen.
typedef struct {
	troupe_text self;   // the actor that runs
	troupe_text sender; // who sent the message; empty in a query, a reply and a sudo call
	uint64_t sequence;  // of the transaction, from 1
	int64_t time;       // of the transaction, in nanoseconds since 1970 UTC
	uint8_t seed[32];   // its randomness, see troupe_random
	uint64_t span;      // the number of the call in its tree

	troupe_bytes body;
	troupe_text module; // the code that was asked for, in an instantiate or migrate message
	troupe_text admin;
	const troupe_reply *reply; // in a reply

	bool failed; // see troupe_fail
	troupe_error error;

	// The rest is for the functions below.
	troupe_bytes data;
	troupe_sub *first, *last;
	size_t messages, events, attributes;
	troupe_buffer event_list, attribute_list;
	bool no_entry;
} troupe_call;

// Fails the call with a code, lower-case words joined by "_", and a text that is made of parts.
#define troupe_fail(c, code, ...) troupe_fail_text(c, troupe_string(code), troupe_join(__VA_ARGS__))
void troupe_fail_text(troupe_call *c, troupe_text code, troupe_text message);

// Emits an event. The attributes are keys and values by turns.
#define troupe_emit(c, type, ...) troupe_emit_parts(c, troupe_string(type), TROUPE_PARTS(__VA_ARGS__))
void troupe_emit_parts(troupe_call *c, troupe_text type, troupe_parts attributes);

// Adds attributes to the event by which the host itself reports the call.
#define troupe_report(c, ...) troupe_report_parts(c, TROUPE_PARTS(__VA_ARGS__))
void troupe_report_parts(troupe_call *c, troupe_parts attributes);

// Makes the value at v, which is of type T, the data of the call or the answer to the query. The last one counts.
#define troupe_return(c, T, v) troupe_return_value(c, &T##_type, TROUPE_IS_(T, v))
// Is troupe_return for data that is encoded already. Bytes without an address take back an earlier one.
static inline void troupe_return_raw(troupe_call *c, troupe_bytes data) { c->data = data; }

// Ask the host to deliver a message to another actor, to create one, to put one on another module, or to hand it to
// another admin. What is returned may be refined until the call ends. Without a message v is null and T is any type.
#define troupe_execute(c, to, T, v) troupe_execute_value(c, to, &T##_type, TROUPE_IS_(T, v))
#define troupe_instantiate(c, module, T, v) troupe_instantiate_value(c, module, &T##_type, TROUPE_IS_(T, v))
#define troupe_migrate(c, to, module, T, v) troupe_migrate_value(c, to, module, &T##_type, TROUPE_IS_(T, v))
troupe_sub *troupe_set_admin(troupe_call *c, troupe_text to, troupe_text admin);
// Adds a message that is made by hand: a copy of it.
troupe_sub *troupe_send(troupe_call *c, troupe_sub m);

// Asks for a reply.
static inline troupe_sub *troupe_reply_to(troupe_sub *m, troupe_reply_on on, uint64_t id) {
	m->reply_on = on;
	m->id = id;
	return m;
}
// Gives the message the value at v, of type T, which comes back in the reply.
#define troupe_payload(m, T, v) ((m)->payload = troupe_encode(&T##_type, TROUPE_IS_(T, v)))

// Asks another actor the query at q, of type Q, and decodes the answer into a, of type A. In a transaction the answer
// counts in everything written so far. If it fails, the result is false and the error is at e; if e is null, the call
// fails with it.
#define troupe_ask(c, to, Q, q, A, a, e) troupe_ask_value(c, to, &Q##_type, TROUPE_IS_(Q, q), &A##_type, TROUPE_INTO_(A, a), e)
// Asks another actor with a body that is no typed message.
bool troupe_query(troupe_call *c, troupe_text to, troupe_bytes body, troupe_bytes *answer, troupe_error *e);
// Reads one key of any actor: false if there is no such key or actor.
bool troupe_query_raw(troupe_call *c, troupe_text to, troupe_bytes key, troupe_bytes *value);

// The data of a callee, decoded as a T into v. If it is none the call fails.
#define troupe_reply_data(c, T, v) troupe_decode_data(c, (c)->reply->data, &T##_type, TROUPE_INTO_(T, v))

uint64_t troupe_gas_left(void);
// Charges work that the host cannot see. If there is not enough left the call ends at once.
void troupe_use_gas(uint64_t n);
// Adds a line to the trace. It has no effect on the transaction.
#define troupe_log(...) troupe_log_text(troupe_join(__VA_ARGS__))
void troupe_log_text(troupe_text line);
// Ends the call at once with the code "panic". The text goes to the trace.
_Noreturn void troupe_abort(troupe_text why);

#define TROUPE_STRING_(x) #x
#define TROUPE_STRING(x) TROUPE_STRING_(x)
// Aborts if what must be true is not.
#define TROUPE_ASSERT(x) ((x) ? (void)0 : troupe_abort(TROUPE_TEXT(__FILE__ ":" TROUPE_STRING(__LINE__) ": " #x)))

// A generator of random numbers: those that an actor in Go draws from Env.Rand. They are the same whenever the transaction
// is executed again, and not for secrets.
typedef struct {
	uint32_t key[8];
	uint32_t words[16][4];
	uint32_t counter, next;
} troupe_rand;

troupe_rand troupe_random(const troupe_call *c);
// A number of 64 bits.
uint64_t troupe_rand_next(troupe_rand *r);
// A number that is less than n, each with the same chance. It aborts if n is 0.
uint64_t troupe_rand_below(troupe_rand *r, uint64_t n);

// ---- Types ----

// The types of fields, stored values, answers and payloads. T has a description T_type:
//
//	bool int8_t … int64_t uint8_t … uint64_t float double troupe_text troupe_bytes
//	TROUPE_STRUCT(T, (type, field), …)          struct T, on the wire a map with a key for each field
//	TROUPE_MESSAGE(T, "name", (type, field), …) the same, and travels under the name
//	TROUPE_EMPTY(T)  TROUPE_EMPTY_MESSAGE(T, "name")   without fields
//	TROUPE_LIST_OF(T)                           T_list: {T *at; size_t len}
//	TROUPE_POINTER_TO(T)                        T_ptr: null if it is not there
//	TROUPE_MAPPING_OF(name, K, V)               name: {struct {K key; V value} *at; size_t len}, K being text or an integer
//	TROUPE_BYTES_OF(name, n)                    name: {uint8_t at[n]}
//
// A field can have options: (troupe_text, kind, .wire = "type", .omitempty = true). A struct has up to 32 fields. A type that
// holds itself, by a pointer or in a list, is declared first: TROUPE_DECLARE(T).
typedef struct troupe_type troupe_type;

typedef struct {
	const char *field;
	const troupe_type *type;
	size_t offset;
	const char *wire; // its name on the wire, if that is another
	bool omitempty;   // it is left out if it is zero or empty
} troupe_field;

typedef enum {
	TROUPE_FORM_ANY,
	TROUPE_FORM_BOOL,
	TROUPE_FORM_INT,
	TROUPE_FORM_UINT,
	TROUPE_FORM_FLOAT,
	TROUPE_FORM_TEXT,
	TROUPE_FORM_BYTES,
	TROUPE_FORM_LIST,
	TROUPE_FORM_MAP,
	TROUPE_FORM_OBJECT,
	TROUPE_FORM_POINTER,
} troupe_form;

struct troupe_type {
	troupe_form form;
	size_t size;
	const char *message;     // the name of a message
	const troupe_type *elem; // of a list, a map or a pointer
	const troupe_type *key;  // of a map
	size_t value;            // where in a pair of a map the value is
	size_t length;           // of bytes, if it is fixed
	const troupe_field *fields;
	size_t count;
};

#define TROUPE_UNUSED_ __attribute__((unused))

#define TROUPE_SCALAR_(T, FORM) TROUPE_UNUSED_ static const troupe_type T##_type = {.form = TROUPE_FORM_##FORM, .size = sizeof(T)};
TROUPE_SCALAR_(_Bool, BOOL)
TROUPE_SCALAR_(int8_t, INT)
TROUPE_SCALAR_(int16_t, INT)
TROUPE_SCALAR_(int32_t, INT)
TROUPE_SCALAR_(int64_t, INT)
TROUPE_SCALAR_(uint8_t, UINT)
TROUPE_SCALAR_(uint16_t, UINT)
TROUPE_SCALAR_(uint32_t, UINT)
TROUPE_SCALAR_(uint64_t, UINT)
TROUPE_SCALAR_(float, FLOAT)
TROUPE_SCALAR_(double, FLOAT)
TROUPE_SCALAR_(troupe_text, TEXT)
TROUPE_SCALAR_(troupe_bytes, BYTES)
#define bool_type _Bool_type

#define TROUPE_DECLARE(T)                                                                                                             \
	typedef struct T T;                                                                                                               \
	TROUPE_UNUSED_ static const troupe_type T##_type;

#define TROUPE_STRUCT(T, ...) TROUPE_STRUCT_(T, 0, __VA_ARGS__)
#define TROUPE_MESSAGE(T, NAME, ...) TROUPE_STRUCT_(T, NAME, __VA_ARGS__)
#define TROUPE_STRUCT_(T, NAME, ...)                                                                                                  \
	typedef struct T T;                                                                                                               \
	struct T {                                                                                                                        \
		TROUPE_EACH_(TROUPE_MEMBER_, T, __VA_ARGS__)                                                                                  \
	};                                                                                                                                \
	TROUPE_UNUSED_ static const troupe_field T##_fields[] = {TROUPE_EACH_(TROUPE_FIELD_, T, __VA_ARGS__)};                            \
	TROUPE_UNUSED_ static const troupe_type T##_type = {.form = TROUPE_FORM_OBJECT,                                                   \
		.size = sizeof(T),                                                                                                            \
		.message = NAME,                                                                                                              \
		.fields = T##_fields,                                                                                                         \
		.count = sizeof(T##_fields) / sizeof(troupe_field)};

#define TROUPE_EMPTY(T) TROUPE_EMPTY_MESSAGE(T, 0)
#define TROUPE_EMPTY_MESSAGE(T, NAME)                                                                                                 \
	typedef struct {                                                                                                                  \
		char nothing;                                                                                                                 \
	} T;                                                                                                                              \
	TROUPE_UNUSED_ static const troupe_type T##_type = {.form = TROUPE_FORM_OBJECT, .size = sizeof(T), .message = NAME};

#define TROUPE_LIST_OF(T)                                                                                                             \
	typedef struct {                                                                                                                  \
		T *at;                                                                                                                        \
		size_t len;                                                                                                                   \
	} T##_list;                                                                                                                       \
	TROUPE_UNUSED_ static const troupe_type T##_list_type = {.form = TROUPE_FORM_LIST, .size = sizeof(T##_list), .elem = &T##_type};

#define TROUPE_POINTER_TO(T)                                                                                                          \
	typedef T *T##_ptr;                                                                                                               \
	TROUPE_UNUSED_ static const troupe_type T##_ptr_type = {.form = TROUPE_FORM_POINTER, .size = sizeof(T##_ptr), .elem = &T##_type};

#define TROUPE_MAPPING_OF(NAME, K, V)                                                                                                 \
	typedef struct {                                                                                                                  \
		K key;                                                                                                                        \
		V value;                                                                                                                      \
	} NAME##_pair;                                                                                                                    \
	typedef struct {                                                                                                                  \
		NAME##_pair *at;                                                                                                              \
		size_t len;                                                                                                                   \
	} NAME;                                                                                                                           \
	TROUPE_UNUSED_ static const troupe_type NAME##_pair_type = {.size = sizeof(NAME##_pair)};                                         \
	TROUPE_UNUSED_ static const troupe_type NAME##_type = {.form = TROUPE_FORM_MAP,                                                   \
		.size = sizeof(NAME),                                                                                                         \
		.elem = &V##_type,                                                                                                            \
		.key = &K##_type,                                                                                                             \
		.value = offsetof(NAME##_pair, value),                                                                                        \
		.length = sizeof(NAME##_pair)};

#define TROUPE_BYTES_OF(NAME, N)                                                                                                      \
	typedef struct {                                                                                                                  \
		uint8_t at[N];                                                                                                                \
	} NAME;                                                                                                                           \
	TROUPE_UNUSED_ static const troupe_type NAME##_type = {.form = TROUPE_FORM_BYTES, .size = sizeof(NAME), .length = N};

// The encoding of the value at v, of a type: the data of a response, the payload of a message, the body of an instantiate
// message.
troupe_bytes troupe_encode(const troupe_type *t, const void *v);
// Decodes what an actor has encoded. Fields that the type does not have are skipped. If data is none of the type, the
// call fails with the code "malformed".
bool troupe_decode_data(troupe_call *c, troupe_bytes data, const troupe_type *t, void *v);

// ---- State ----

// A key is up to 32 parts: text, bytes and integers. Text stands as it is. An integer stands as a letter for the number of
// its digits and the digits, 42 as b42, so that keys order as numbers do. Behind a part that has another behind it stands a
// zero byte, or a "/" if it is an integer.
typedef troupe_parts troupe_key;
#define TROUPE_KEY(...) TROUPE_PARTS(__VA_ARGS__)
// No key: an open bound, or all keys.
#define TROUPE_ALL ((troupe_key){0})

typedef enum { TROUPE_ASCENDING = 0, TROUPE_DESCENDING = 1 } troupe_order;

// The pairs of a map, or the keys of a set.
typedef struct {
	troupe_call *c;
	const troupe_type *type;
	uint32_t iterator;
	bool open;
	size_t prefix;
	troupe_bytes key, value;
} troupe_range;

// Closes a range that is left before its end.
void troupe_range_close(troupe_range *r);

// Takes the key at which a range stands apart: as many parts as the keys of the map have, those that the range is under
// left out. The arguments are pointers to texts, bytes and integers. If the key has other parts the call fails with
// the code "corrupt_state", and the result is false.
#define troupe_cut(r, ...)                                                                                                            \
	troupe_cut_into(r, (const troupe_out[]){TROUPE_EACH_(TROUPE_OUT_, , __VA_ARGS__)},                                                \
		sizeof((const troupe_out[]){TROUPE_EACH_(TROUPE_OUT_, , __VA_ARGS__)}) / sizeof(troupe_out))

// What an actor remembers: declare it at the level of the file. The name is a part of the stored key, and matches
// [a-zA-Z0-9][a-zA-Z0-9_]*; the forms with _AS are given it as a string, in which "." and "-" may stand. Within an actor each
// needs a name of its own. A value that is not there is zero.
//
//	TROUPE_VALUE(owner, troupe_text)   owner_get(c)  owner_find(c, &v)  owner_set(c, v)  owner_delete(c)
//	TROUPE_COUNTER(orders)             orders_get(c)  orders_add(c, n)  orders_next(c)
//	TROUPE_MAP(balances, uint64_t)     balances_get(c, key)  balances_find(c, key, &v)  balances_has(c, key)
//	                                   balances_set(c, key, v)  balances_delete(c, key)  balances_clear(c, under)
//	                                   balances_range(c, under, from, to, order)  balances_next(&r, &v)
//	TROUPE_SET(players)                players_has(c, key)  players_add(c, key)  players_delete(c, key)
//	                                   players_clear(c, under)  players_range(c, under, from, to, order)  players_next(&r)
//
// A find says whether there is a value, an add to a set whether the key was not there. A counter that would pass 2^64-1 fails
// the call with the code "overflow". A range is over the keys from <= key < to under some first parts:
//
//	troupe_range r = allowances_range(c, TROUPE_KEY(owner), TROUPE_ALL, TROUPE_ALL, TROUPE_ASCENDING);
//	while (allowances_next(&r, &amount) && troupe_cut(&r, &spender)) { … }
//
// What is written while a range runs does not show in it. With null in the place of &v the values are not decoded.
#define TROUPE_VALUE(NAME, T) TROUPE_VALUE_AS(NAME, #NAME, T)
#define TROUPE_COUNTER(NAME) TROUPE_COUNTER_AS(NAME, #NAME)
#define TROUPE_MAP(NAME, V) TROUPE_MAP_AS(NAME, #NAME, V)
#define TROUPE_SET(NAME) TROUPE_SET_AS(NAME, #NAME)

#define TROUPE_STORED_ TROUPE_UNUSED_ static inline

#define TROUPE_VALUE_AS(NAME, KEY, T)                                                                                                 \
	TROUPE_STORED_ bool NAME##_find(troupe_call *c, T *v) { return troupe_load(c, TROUPE_TEXT(KEY), 0, &T##_type, v); }               \
	TROUPE_STORED_ T NAME##_get(troupe_call *c) {                                                                                     \
		T v;                                                                                                                          \
		NAME##_find(c, &v);                                                                                                           \
		return v;                                                                                                                     \
	}                                                                                                                                 \
	TROUPE_STORED_ void NAME##_set(troupe_call *c, T v) { troupe_store(c, TROUPE_TEXT(KEY), 0, &T##_type, &v); }                      \
	TROUPE_STORED_ void NAME##_delete(troupe_call *c) { troupe_remove(c, TROUPE_TEXT(KEY), 0); }

#define TROUPE_COUNTER_AS(NAME, KEY)                                                                                                  \
	TROUPE_VALUE_AS(NAME##_number, KEY, uint64_t)                                                                                     \
	TROUPE_STORED_ uint64_t NAME##_get(troupe_call *c) { return NAME##_number_get(c); }                                               \
	TROUPE_STORED_ uint64_t NAME##_add(troupe_call *c, uint64_t n) { return troupe_count(c, TROUPE_TEXT(KEY), n); }                   \
	TROUPE_STORED_ uint64_t NAME##_next(troupe_call *c) { return NAME##_add(c, 1); }

#define TROUPE_KEYED_(NAME, KEY)                                                                                                      \
	TROUPE_STORED_ bool NAME##_has(troupe_call *c, troupe_key k) { return troupe_has(c, TROUPE_TEXT(KEY), &k); }                      \
	TROUPE_STORED_ void NAME##_delete(troupe_call *c, troupe_key k) { troupe_remove(c, TROUPE_TEXT(KEY), &k); }                       \
	TROUPE_STORED_ void NAME##_clear(troupe_call *c, troupe_key under) { troupe_clear(c, TROUPE_TEXT(KEY), under); }

#define TROUPE_MAP_AS(NAME, KEY, V)                                                                                                   \
	TROUPE_KEYED_(NAME, KEY)                                                                                                          \
	TROUPE_STORED_ bool NAME##_find(troupe_call *c, troupe_key k, V *v) {                                                             \
		return troupe_load(c, TROUPE_TEXT(KEY), &k, &V##_type, v);                                                                    \
	}                                                                                                                                 \
	TROUPE_STORED_ V NAME##_get(troupe_call *c, troupe_key k) {                                                                       \
		V v;                                                                                                                          \
		NAME##_find(c, k, &v);                                                                                                        \
		return v;                                                                                                                     \
	}                                                                                                                                 \
	TROUPE_STORED_ void NAME##_set(troupe_call *c, troupe_key k, V v) { troupe_store(c, TROUPE_TEXT(KEY), &k, &V##_type, &v); }       \
	TROUPE_STORED_ troupe_range NAME##_range(troupe_call *c, troupe_key under, troupe_key from, troupe_key to, troupe_order order) {  \
		return troupe_range_open(c, TROUPE_TEXT(KEY), under, from, to, order, &V##_type);                                             \
	}                                                                                                                                 \
	TROUPE_STORED_ bool NAME##_next(troupe_range *r, V *v) { return troupe_range_next(r, v); }

#define TROUPE_SET_AS(NAME, KEY)                                                                                                      \
	TROUPE_KEYED_(NAME, KEY)                                                                                                          \
	TROUPE_STORED_ bool NAME##_add(troupe_call *c, troupe_key k) {                                                                    \
		bool fresh = !NAME##_has(c, k), yes = true;                                                                                   \
		if (fresh) troupe_store(c, TROUPE_TEXT(KEY), &k, &_Bool_type, &yes);                                                          \
		return fresh;                                                                                                                 \
	}                                                                                                                                 \
	TROUPE_STORED_ troupe_range NAME##_range(troupe_call *c, troupe_key under, troupe_key from, troupe_key to, troupe_order order) {  \
		return troupe_range_open(c, TROUPE_TEXT(KEY), under, from, to, order, &_Bool_type);                                           \
	}                                                                                                                                 \
	TROUPE_STORED_ bool NAME##_next(troupe_range *r) { return troupe_range_next(r, 0); }

// The state as bytes.
bool troupe_get(troupe_call *c, troupe_bytes key, troupe_bytes *value);
void troupe_set(troupe_call *c, troupe_bytes key, troupe_bytes value);
void troupe_delete(troupe_call *c, troupe_bytes key);
// The pairs with start <= key < end. An end without an address is open. The key and the value are in the range.
troupe_range troupe_scan(troupe_call *c, troupe_bytes start, troupe_bytes end, troupe_order order);
bool troupe_scan_next(troupe_range *r);

// ---- Actors ----

// What a module does at its entry points, on bytes. One that is null is missing; the host then says so to who called. An
// actor without instantiate accepts an empty body. Use it once, in one source of the module:
//
//	TROUPE_ACTOR(.execute = on_execute, .query = on_query)
#define TROUPE_ACTOR(...) const troupe_actor troupe_this = {__VA_ARGS__};

// The same for handlers of messages. Everything may be left out:
//
//	TROUPE_TYPED(
//		.instantiate = TROUPE_ON(Open, open),   // void open(troupe_call *, const Open *), the body being the fields alone
//		.is_virtual = true,                     // the first message to an address may instantiate the actor there, with zero
//		.migrate = TROUPE_ON(From, migrate),
//		.execute = TROUPE_HANDLERS(TROUPE_ON(Mint, mint), TROUPE_ON(Transfer, transfer)),
//		.query = TROUPE_HANDLERS(TROUPE_ON(Balance, balance)), // they answer by troupe_return
//		.sudo = TROUPE_HANDLERS(…),
//		.reply = TROUPE_REPLIES(TROUPE_ON_REPLY(1, Order, paid), TROUPE_ON_ANY_REPLY(other)), )
//
// A handler of replies is void paid(troupe_call *, const Order *), the payload of the sub-message being zero if it had none;
// or void other(troupe_call *). The rest is in c->reply.
#define TROUPE_TYPED(...)                                                                                                             \
	static const troupe_tables troupe_own_tables = {__VA_ARGS__};                                                                     \
	const troupe_actor troupe_this = {.execute = troupe_typed_execute,                                                                \
		.instantiate = troupe_typed_instantiate,                                                                                      \
		.reply = troupe_typed_reply,                                                                                                  \
		.query = troupe_typed_query,                                                                                                  \
		.migrate = troupe_typed_migrate,                                                                                              \
		.sudo = troupe_typed_sudo,                                                                                                    \
		.tables = &troupe_own_tables};

#define TROUPE_ON(T, fn)                                                                                                              \
	{.type = &T##_type, .run = (troupe_run)_Generic((fn), void (*)(troupe_call *, const T *): (fn))}
#define TROUPE_ON_REPLY(ID, P, fn)                                                                                                    \
	{.id = ID, .handler = {.type = &P##_type, .run = (troupe_run)_Generic((fn), void (*)(troupe_call *, const P *): (fn))}}
#define TROUPE_ON_ID(ID, fn) {.id = ID, .plain = fn}
#define TROUPE_ON_ANY_REPLY(fn) {.any = true, .plain = fn}
#define TROUPE_HANDLERS(...) {(const troupe_handler[]){__VA_ARGS__}, sizeof((const troupe_handler[]){__VA_ARGS__}) / sizeof(troupe_handler)}
#define TROUPE_REPLIES(...)                                                                                                           \
	{(const troupe_reply_handler[]){__VA_ARGS__}, sizeof((const troupe_reply_handler[]){__VA_ARGS__}) / sizeof(troupe_reply_handler)}

typedef void (*troupe_run)(troupe_call *, const void *);

typedef struct {
	const troupe_type *type;
	troupe_run run;
} troupe_handler;

typedef struct {
	const troupe_handler *at;
	size_t len;
} troupe_handlers;

typedef struct {
	uint64_t id;
	bool any;
	troupe_handler handler;
	void (*plain)(troupe_call *); // in its place, if the payload does not matter
} troupe_reply_handler;

typedef struct {
	troupe_handler instantiate;
	bool is_virtual;
	troupe_handler migrate;
	troupe_handlers execute, query, sudo;
	struct {
		const troupe_reply_handler *at;
		size_t len;
	} reply;
} troupe_tables;

typedef struct {
	void (*execute)(troupe_call *);
	void (*instantiate)(troupe_call *);
	void (*reply)(troupe_call *);
	void (*query)(troupe_call *);
	void (*migrate)(troupe_call *);
	void (*sudo)(troupe_call *);
	const troupe_tables *tables;
} troupe_actor;

extern const troupe_actor troupe_this;

// ---- What the macros are made of ----

void troupe_typed_execute(troupe_call *c);
void troupe_typed_instantiate(troupe_call *c);
void troupe_typed_reply(troupe_call *c);
void troupe_typed_query(troupe_call *c);
void troupe_typed_migrate(troupe_call *c);
void troupe_typed_sudo(troupe_call *c);

void troupe_return_value(troupe_call *c, const troupe_type *t, const void *v);
troupe_sub *troupe_execute_value(troupe_call *c, troupe_text to, const troupe_type *t, const void *v);
troupe_sub *troupe_instantiate_value(troupe_call *c, troupe_text module, const troupe_type *t, const void *v);
troupe_sub *troupe_migrate_value(troupe_call *c, troupe_text to, troupe_text module, const troupe_type *t, const void *v);
bool troupe_ask_value(troupe_call *c, troupe_text to, const troupe_type *qt, const void *q, const troupe_type *at, void *a, troupe_error *e);

bool troupe_load(troupe_call *c, troupe_text name, const troupe_key *k, const troupe_type *t, void *v);
void troupe_store(troupe_call *c, troupe_text name, const troupe_key *k, const troupe_type *t, const void *v);
void troupe_remove(troupe_call *c, troupe_text name, const troupe_key *k);
bool troupe_has(troupe_call *c, troupe_text name, const troupe_key *k);
uint64_t troupe_count(troupe_call *c, troupe_text name, uint64_t n);
void troupe_clear(troupe_call *c, troupe_text name, troupe_key under);
troupe_range troupe_range_open(
	troupe_call *c, troupe_text name, troupe_key under, troupe_key from, troupe_key to, troupe_order order, const troupe_type *t);
bool troupe_range_next(troupe_range *r, void *v);

// Where a part of a key is put.
typedef struct {
	enum { TROUPE_OUT_TEXT, TROUPE_OUT_BYTES, TROUPE_OUT_UINT, TROUPE_OUT_INT } kind;
	uint8_t size;
	void *at;
} troupe_out;

bool troupe_cut_into(troupe_range *r, const troupe_out *parts, size_t n);

static inline troupe_part troupe_part_text(troupe_text s) { return (troupe_part){TROUPE_PART_TEXT, s, 0}; }
static inline troupe_part troupe_part_bytes(troupe_bytes b) {
	return (troupe_part){TROUPE_PART_TEXT, {(const char *)b.at, b.len}, 0};
}
static inline troupe_part troupe_part_string(const char *s) { return troupe_part_text(troupe_string(s)); }
static inline troupe_part troupe_part_uint(uint64_t n) { return (troupe_part){TROUPE_PART_UINT, {0}, n}; }
static inline troupe_part troupe_part_int(int64_t n) {
	return (troupe_part){n < 0 ? TROUPE_PART_INT : TROUPE_PART_UINT, {0}, (uint64_t)n};
}
static inline troupe_part troupe_part_bool(bool b) { return troupe_part_string(b ? "true" : "false"); }

#define TROUPE_PART_OF_(x)                                                                                                            \
	_Generic((x),                                                                                                                     \
		troupe_text: troupe_part_text,                                                                                                \
		troupe_bytes: troupe_part_bytes,                                                                                              \
		char *: troupe_part_string,                                                                                                   \
		const char *: troupe_part_string,                                                                                             \
		bool: troupe_part_bool,                                                                                                       \
		unsigned char: troupe_part_uint,                                                                                              \
		unsigned short: troupe_part_uint,                                                                                             \
		unsigned: troupe_part_uint,                                                                                                   \
		unsigned long: troupe_part_uint,                                                                                              \
		unsigned long long: troupe_part_uint,                                                                                         \
		signed char: troupe_part_int,                                                                                                 \
		short: troupe_part_int,                                                                                                       \
		int: troupe_part_int,                                                                                                         \
		long: troupe_part_int,                                                                                                        \
		long long: troupe_part_int)(x)
#define TROUPE_PART_(_, x) TROUPE_PART_OF_(x),

#define TROUPE_OUT_KIND_(p)                                                                                                           \
	_Generic((p),                                                                                                                     \
		troupe_text *: TROUPE_OUT_TEXT,                                                                                               \
		troupe_bytes *: TROUPE_OUT_BYTES,                                                                                             \
		uint8_t *: TROUPE_OUT_UINT,                                                                                                   \
		uint16_t *: TROUPE_OUT_UINT,                                                                                                  \
		uint32_t *: TROUPE_OUT_UINT,                                                                                                  \
		uint64_t *: TROUPE_OUT_UINT,                                                                                                  \
		int8_t *: TROUPE_OUT_INT,                                                                                                     \
		int16_t *: TROUPE_OUT_INT,                                                                                                    \
		int32_t *: TROUPE_OUT_INT,                                                                                                    \
		int64_t *: TROUPE_OUT_INT)
#define TROUPE_OUT_(_, p) {TROUPE_OUT_KIND_(p), sizeof(*(p)), p},

// A pointer, checked to be one to T, or null.
#define TROUPE_IS_(T, v) (1 ? (v) : (const T *)0)
#define TROUPE_INTO_(T, v) (1 ? (v) : (T *)0)

// A field is given as (type, name, options).
#define TROUPE_MEMBER_(T, f) TROUPE_MEMBER_OF_ f
#define TROUPE_MEMBER_OF_(type, name, ...) type name;
#define TROUPE_FIELD_(T, f) TROUPE_FIELD_OF_(T, TROUPE_BARE_ f)
#define TROUPE_BARE_(...) __VA_ARGS__
#define TROUPE_FIELD_OF_(...) TROUPE_FIELD_AS_(__VA_ARGS__)
#define TROUPE_FIELD_AS_(T, T2, name, ...) {.field = #name, .type = &T2##_type, .offset = offsetof(T, name), __VA_ARGS__},

// m(t, x) for each x.
#define TROUPE_EACH_(m, t, ...) TROUPE_PASTE_(TROUPE_EACH, TROUPE_NUMBER_(__VA_ARGS__))(m, t, __VA_ARGS__)
#define TROUPE_PASTE_(a, b) TROUPE_PASTED_(a, b)
#define TROUPE_PASTED_(a, b) a##b
#define TROUPE_NUMBER_(...)                                                                                                           \
	TROUPE_33RD_(__VA_ARGS__, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, \
		5, 4, 3, 2, 1, )
#define TROUPE_33RD_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A, B, C, D, E, F, N, ...) N
#define TROUPE_EACH1(m, t, x) m(t, x)
#define TROUPE_EACH2(m, t, x, ...) m(t, x) TROUPE_EACH1(m, t, __VA_ARGS__)
#define TROUPE_EACH3(m, t, x, ...) m(t, x) TROUPE_EACH2(m, t, __VA_ARGS__)
#define TROUPE_EACH4(m, t, x, ...) m(t, x) TROUPE_EACH3(m, t, __VA_ARGS__)
#define TROUPE_EACH5(m, t, x, ...) m(t, x) TROUPE_EACH4(m, t, __VA_ARGS__)
#define TROUPE_EACH6(m, t, x, ...) m(t, x) TROUPE_EACH5(m, t, __VA_ARGS__)
#define TROUPE_EACH7(m, t, x, ...) m(t, x) TROUPE_EACH6(m, t, __VA_ARGS__)
#define TROUPE_EACH8(m, t, x, ...) m(t, x) TROUPE_EACH7(m, t, __VA_ARGS__)
#define TROUPE_EACH9(m, t, x, ...) m(t, x) TROUPE_EACH8(m, t, __VA_ARGS__)
#define TROUPE_EACH10(m, t, x, ...) m(t, x) TROUPE_EACH9(m, t, __VA_ARGS__)
#define TROUPE_EACH11(m, t, x, ...) m(t, x) TROUPE_EACH10(m, t, __VA_ARGS__)
#define TROUPE_EACH12(m, t, x, ...) m(t, x) TROUPE_EACH11(m, t, __VA_ARGS__)
#define TROUPE_EACH13(m, t, x, ...) m(t, x) TROUPE_EACH12(m, t, __VA_ARGS__)
#define TROUPE_EACH14(m, t, x, ...) m(t, x) TROUPE_EACH13(m, t, __VA_ARGS__)
#define TROUPE_EACH15(m, t, x, ...) m(t, x) TROUPE_EACH14(m, t, __VA_ARGS__)
#define TROUPE_EACH16(m, t, x, ...) m(t, x) TROUPE_EACH15(m, t, __VA_ARGS__)
#define TROUPE_EACH17(m, t, x, ...) m(t, x) TROUPE_EACH16(m, t, __VA_ARGS__)
#define TROUPE_EACH18(m, t, x, ...) m(t, x) TROUPE_EACH17(m, t, __VA_ARGS__)
#define TROUPE_EACH19(m, t, x, ...) m(t, x) TROUPE_EACH18(m, t, __VA_ARGS__)
#define TROUPE_EACH20(m, t, x, ...) m(t, x) TROUPE_EACH19(m, t, __VA_ARGS__)
#define TROUPE_EACH21(m, t, x, ...) m(t, x) TROUPE_EACH20(m, t, __VA_ARGS__)
#define TROUPE_EACH22(m, t, x, ...) m(t, x) TROUPE_EACH21(m, t, __VA_ARGS__)
#define TROUPE_EACH23(m, t, x, ...) m(t, x) TROUPE_EACH22(m, t, __VA_ARGS__)
#define TROUPE_EACH24(m, t, x, ...) m(t, x) TROUPE_EACH23(m, t, __VA_ARGS__)
#define TROUPE_EACH25(m, t, x, ...) m(t, x) TROUPE_EACH24(m, t, __VA_ARGS__)
#define TROUPE_EACH26(m, t, x, ...) m(t, x) TROUPE_EACH25(m, t, __VA_ARGS__)
#define TROUPE_EACH27(m, t, x, ...) m(t, x) TROUPE_EACH26(m, t, __VA_ARGS__)
#define TROUPE_EACH28(m, t, x, ...) m(t, x) TROUPE_EACH27(m, t, __VA_ARGS__)
#define TROUPE_EACH29(m, t, x, ...) m(t, x) TROUPE_EACH28(m, t, __VA_ARGS__)
#define TROUPE_EACH30(m, t, x, ...) m(t, x) TROUPE_EACH29(m, t, __VA_ARGS__)
#define TROUPE_EACH31(m, t, x, ...) m(t, x) TROUPE_EACH30(m, t, __VA_ARGS__)
#define TROUPE_EACH32(m, t, x, ...) m(t, x) TROUPE_EACH31(m, t, __VA_ARGS__)

#endif // TROUPE_H

#ifdef TROUPE_IMPLEMENTATION
#undef TROUPE_IMPLEMENTATION

// ---- The host ----

#ifdef __wasm__
#define TROUPE_IMPORT_(name) __attribute__((import_module("troupe"), import_name(#name)))
#define TROUPE_EXPORT_(name) __attribute__((export_name(#name)))
#else // in tests, where somebody else plays the host
#define TROUPE_IMPORT_(name)
#define TROUPE_EXPORT_(name)
#endif

#define TROUPE_HOST_(name) TROUPE_IMPORT_(name) extern
TROUPE_HOST_(state_get) int32_t troupe_host_state_get(const void *key, size_t key_len, void *out, size_t cap);
TROUPE_HOST_(state_set) void troupe_host_state_set(const void *key, size_t key_len, const void *value, size_t value_len);
TROUPE_HOST_(state_delete) void troupe_host_state_delete(const void *key, size_t key_len);
TROUPE_HOST_(state_range)
uint32_t troupe_host_state_range(const void *start, size_t start_len, const void *end, int32_t end_len, uint32_t order);
TROUPE_HOST_(range_next) int32_t troupe_host_range_next(uint32_t iterator, void *out, size_t cap);
TROUPE_HOST_(range_close) void troupe_host_range_close(uint32_t iterator);
TROUPE_HOST_(query)
int32_t troupe_host_query(const void *to, size_t to_len, const void *body, size_t body_len, void *out, size_t cap);
TROUPE_HOST_(query_raw)
int32_t troupe_host_query_raw(const void *to, size_t to_len, const void *key, size_t key_len, void *out, size_t cap);
TROUPE_HOST_(take) int32_t troupe_host_take(void *out, size_t cap);
TROUPE_HOST_(gas_left) uint64_t troupe_host_gas_left(void);
TROUPE_HOST_(use_gas) void troupe_host_use_gas(uint64_t n);
TROUPE_HOST_(log) void troupe_host_log(const void *line, size_t len);
TROUPE_HOST_(abort) void troupe_host_abort(const void *why, size_t len);

// Of a function that is used everywhere, where a compiler that goes by speed alone would copy it to; or that has much on
// the stack and is called from one that calls itself.
#define TROUPE_ONCE_ static __attribute__((noinline))

// ---- Memory ----

#ifdef __wasm__
// What compilers call by themselves. A library that is linked has its own.
__attribute__((weak)) void *memcpy(void *restrict to, const void *restrict from, size_t n) {
	for (size_t i = 0; i < n; i++) ((char *)to)[i] = ((const char *)from)[i];
	return to;
}

__attribute__((weak)) void *memmove(void *to, const void *from, size_t n) {
	if ((uintptr_t)to <= (uintptr_t)from) return memcpy(to, from, n);
	while (n-- > 0) ((char *)to)[n] = ((const char *)from)[n];
	return to;
}

__attribute__((weak)) void *memset(void *to, int c, size_t n) {
	for (size_t i = 0; i < n; i++) ((char *)to)[i] = (char)c;
	return to;
}

// The linker puts it behind the static data and the stack.
extern uint8_t __heap_base;

static uintptr_t troupe_heap; // the end of what is allocated; 0 in the beginning

static void *troupe_allocate(size_t n) {
	enum { PAGE = 65536 };
	uintptr_t start = troupe_heap ? troupe_heap : (uintptr_t)&__heap_base;
	start = (start + 15) & ~(uintptr_t)15;
	uintptr_t end = start + n, have = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
	if (end < start) return 0;
	if (end > have && __builtin_wasm_memory_grow(0, (end - have + PAGE - 1) / PAGE) == (size_t)-1) return 0;
	troupe_heap = end;
	return (void *)start; // memory is zero until it is written, and no part is handed out twice
}
#else
void *troupe_allocate(size_t n); // zero, and there until the test ends
#endif

void *troupe_new(size_t n) {
	void *p = troupe_allocate(n);
	if (!p) __builtin_trap();
	return p;
}

TROUPE_ONCE_ void troupe_copy(void *to, const void *from, size_t n) {
	if (n > 0) __builtin_memcpy(to, from, n);
}

static void troupe_zero(void *to, size_t n) { __builtin_memset(to, 0, n); }

// Compares as bytes: less than, equal to or greater than 0.
TROUPE_ONCE_ int troupe_order_of(const void *a, size_t alen, const void *b, size_t blen) {
	for (size_t i = 0; i < alen && i < blen; i++) {
		int d = ((const uint8_t *)a)[i] - ((const uint8_t *)b)[i];
		if (d) return d;
	}
	return alen < blen ? -1 : alen > blen;
}

bool troupe_same(troupe_text a, troupe_text b) { return a.len == b.len && troupe_order_of(a.at, a.len, b.at, b.len) == 0; }

troupe_text troupe_string(const char *s) {
	troupe_text t = {s, 0};
	while (s[t.len]) t.len++;
	return t;
}

// Makes room for n more bytes.
TROUPE_ONCE_ uint8_t *troupe_extend(troupe_buffer *b, size_t n) {
	if (b->room - b->len < n) {
		size_t room = b->room ? b->room * 2 : 64;
		while (room - b->len < n) room *= 2;
		uint8_t *at = troupe_new(room);
		troupe_copy(at, b->at, b->len);
		b->at = at;
		b->room = room;
	}
	b->len += n;
	return b->at + b->len - n;
}

TROUPE_ONCE_ void troupe_put(troupe_buffer *b, const void *p, size_t n) { troupe_copy(troupe_extend(b, n), p, n); }
TROUPE_ONCE_ void troupe_put_byte(troupe_buffer *b, uint8_t c) { *troupe_extend(b, 1) = c; }
static void troupe_put_text(troupe_buffer *b, troupe_text s) { troupe_put(b, s.at, s.len); }

static troupe_bytes troupe_content(troupe_buffer b) { return (troupe_bytes){b.at ? b.at : (const uint8_t *)"", b.len}; }
static troupe_text troupe_as_text(troupe_bytes b) { return (troupe_text){(const char *)b.at, b.len}; }

// Writes a number before end, and returns where it begins.
static char *troupe_digits(char *end, uint64_t n) {
	do *--end = (char)('0' + n % 10);
	while (n /= 10);
	return end;
}

TROUPE_ONCE_ void troupe_put_part(troupe_buffer *b, troupe_part p) {
	char digits[21], *end = digits + sizeof digits, *at;
	switch (p.kind) {
	case TROUPE_PART_TEXT:
		troupe_put_text(b, p.text);
		return;
	case TROUPE_PART_UINT:
		at = troupe_digits(end, p.number);
		break;
	default:
		at = troupe_digits(end, 0 - p.number);
		*--at = '-';
	}
	troupe_put(b, at, (size_t)(end - at));
}

troupe_text troupe_join_parts(troupe_parts parts) {
	troupe_buffer b = {0};
	for (size_t i = 0; i < parts.len; i++) troupe_put_part(&b, parts.at[i]);
	return troupe_as_text(troupe_content(b));
}

// ---- UTF-8 ----

// The length of the character with which s begins, and the character; 0 if it is none.
TROUPE_ONCE_ size_t troupe_rune(const uint8_t *s, size_t len, uint32_t *rune) {
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;
	if (n == 0 || n > len) return 0;
	*rune = n == 1 ? s[0] : s[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80) return 0;
		*rune = *rune << 6 | (s[i] & 0x3f);
	}
	return *rune < least[n] || *rune > 0x10ffff || (*rune >= 0xd800 && *rune < 0xe000) ? 0 : n;
}

static bool troupe_is_utf8(const uint8_t *s, size_t len) {
	uint32_t rune;
	for (size_t i = 0, n; i < len; i += n) {
		if (!(n = troupe_rune(s + i, len - i, &rune))) return false;
	}
	return true;
}

static void troupe_put_rune(troupe_buffer *b, uint32_t r) {
	if (r < 0x80) {
		troupe_put_byte(b, (uint8_t)r);
	} else if (r < 0x800) {
		troupe_put(b, (uint8_t[]){(uint8_t)(0xc0 | r >> 6), 0x80 | (r & 0x3f)}, 2);
	} else if (r < 0x10000) {
		troupe_put(b, (uint8_t[]){(uint8_t)(0xe0 | r >> 12), 0x80 | (r >> 6 & 0x3f), 0x80 | (r & 0x3f)}, 3);
	} else {
		troupe_put(b, (uint8_t[]){(uint8_t)(0xf0 | r >> 18), 0x80 | (r >> 12 & 0x3f), 0x80 | (r >> 6 & 0x3f), 0x80 | (r & 0x3f)}, 4);
	}
}

// ---- Where in a value a decoder stands, and how names from outside are shown ----

enum {
	TROUPE_MAX_NAME = 64,    // the longest text from outside in an error, in bytes
	TROUPE_MAX_PATH = 256,   // the longest path
	TROUPE_MAX_BODY = 1 << 20,
	TROUPE_MESSAGE_DEPTH = 64, // how deep maps and arrays may nest in a message
	TROUPE_VALUE_DEPTH = 256,  // and in what an actor has encoded itself
};

// A list on the stack, so that it costs nothing until something is wrong.
typedef struct troupe_path troupe_path;
struct troupe_path {
	const troupe_path *up;
	troupe_text name; // empty: an item of a list
	uint64_t index;
};

static void troupe_put_hex(troupe_buffer *b, uint32_t n, int digits) {
	while (digits-- > 0) troupe_put_byte(b, (uint8_t) "0123456789abcdef"[n >> 4 * digits & 15]);
}

// Quotes and cuts a text from outside. All that is not ASCII is escaped.
TROUPE_ONCE_ void troupe_put_quoted(troupe_buffer *b, troupe_text text) {
	const uint8_t *s = (const uint8_t *)text.at;
	size_t len = text.len;
	if (len > TROUPE_MAX_NAME) {
		len = TROUPE_MAX_NAME;
		while (len > TROUPE_MAX_NAME - 4 && (s[len] & 0xc0) == 0x80) len--;
	}
	troupe_put_byte(b, '"');
	for (size_t i = 0, n; i < len; i += n) {
		uint32_t r = 0;
		n = troupe_rune(s + i, len - i, &r);
		if (n == 0) {
			n = 1;
			troupe_put(b, "\\x", 2);
			troupe_put_hex(b, s[i], 2);
		} else if (r == '"' || r == '\\') {
			troupe_put(b, (char[]){'\\', (char)r}, 2);
		} else if (r >= 7 && r <= 13) {
			troupe_put(b, (char[]){'\\', "abtnvfr"[r - 7]}, 2);
		} else if (r >= ' ' && r < 0x7f) {
			troupe_put_byte(b, (uint8_t)r);
		} else {
			int digits = r < 0x80 ? 2 : r < 0x10000 ? 4 : 8;
			troupe_put(b, (char[]){'\\', digits == 2 ? 'x' : digits == 4 ? 'u' : 'U'}, 2);
			troupe_put_hex(b, r, digits);
		}
	}
	troupe_put_byte(b, '"');
	if (len < text.len) troupe_put(b, "…", sizeof "…" - 1);
}

static troupe_text troupe_quote(troupe_text s) {
	troupe_buffer b = {0};
	troupe_put_quoted(&b, s);
	return troupe_as_text(troupe_content(b));
}

static void troupe_put_path(troupe_buffer *b, const troupe_path *at) {
	if (!at->up) {
		troupe_put_text(b, at->name);
		return;
	}
	troupe_put_path(b, at->up);
	if (at->name.len == 0) {
		troupe_put_byte(b, '[');
		troupe_put_part(b, troupe_part_uint(at->index));
		troupe_put_byte(b, ']');
		return;
	}
	bool plain = at->name.len <= TROUPE_MAX_NAME;
	for (size_t i = 0; plain && i < at->name.len; i++) {
		char c = at->name.at[i];
		plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
	}
	troupe_put_byte(b, '.');
	if (plain) {
		troupe_put_text(b, at->name);
	} else {
		troupe_put_quoted(b, at->name);
	}
}

// Where the path begins. Faults of depth are told there: the rest would be long and say nothing.
static const troupe_path *troupe_top(const troupe_path *at) {
	while (at->up) at = at->up;
	return at;
}

// Says what is wrong at a place. The text of a fault is never null; that of its absence is.
#define troupe_fault(at, ...) troupe_fault_parts(at, TROUPE_PARTS(__VA_ARGS__))
static troupe_text troupe_fault_parts(const troupe_path *at, troupe_parts what) {
	troupe_buffer b = {0};
	troupe_put_path(&b, at);
	if (b.len > TROUPE_MAX_PATH) {
		b.len = TROUPE_MAX_PATH;
		while ((b.at[b.len] & 0xc0) == 0x80) b.len--;
		troupe_put(&b, "…", sizeof "…" - 1);
	}
	troupe_put(&b, ": ", 2);
	for (size_t i = 0; i < what.len; i++) troupe_put_part(&b, what.at[i]);
	return troupe_as_text(troupe_content(b));
}

static const troupe_text troupe_fine = {0, 0};

TROUPE_ONCE_ troupe_text troupe_wrong(const troupe_path *at, const char *what) { return troupe_fault(at, what); }

// Says that something is wrong with a name.
TROUPE_ONCE_ troupe_text troupe_wrong_name(const troupe_path *at, const char *before, troupe_text name, const char *behind) {
	return troupe_fault(at, before, troupe_quote(name), behind);
}

// ---- CBOR ----

enum { TROUPE_UINT, TROUPE_NEGATIVE, TROUPE_BYTES, TROUPE_STRING_TEXT, TROUPE_ARRAY, TROUPE_MAP_OF_PAIRS, TROUPE_TAG, TROUPE_SIMPLE };
enum { TROUPE_FALSE = 0xf4, TROUPE_TRUE = 0xf5, TROUPE_NULL = 0xf6 };

// The first part of a data item: its major type and its argument. Of a simple value, info tells what arg is.
typedef struct {
	uint8_t major, info;
	uint64_t arg;
} troupe_head;

static bool troupe_is_null(troupe_head h) { return h.major == TROUPE_SIMPLE && h.info < 24 && (h.arg == 22 || h.arg == 23); }
static bool troupe_is_float(troupe_head h) { return h.major == TROUPE_SIMPLE && h.info >= 25 && h.info <= 27; }
static bool troupe_is_bool(troupe_head h) { return h.major == TROUPE_SIMPLE && h.info < 25 && (h.arg == 20 || h.arg == 21); }
static bool troupe_is_integer(troupe_head h) { return h.major <= TROUPE_NEGATIVE; }

static const char *troupe_kind_of(troupe_head h) {
	static const char *const names[] = {
		"an unsigned integer", "a negative integer", "bytes", "text", "an array", "a map", "a tag", "a simple value"};
	return troupe_is_float(h) ? "a float" : troupe_is_bool(h) ? "a boolean" : troupe_is_null(h) ? "null" : names[h.major];
}

// Reads CBOR from data, beginning at off.
typedef struct {
	const uint8_t *data;
	size_t len, off;
} troupe_wire;

static const char troupe_too_early[] = "the data ends too early";

// Reads one head. It returns what is wrong, or null: it refuses tags, indefinite lengths and lengths beyond the end of the data.
TROUPE_ONCE_ const char *troupe_read_head(troupe_wire *w, troupe_head *h) {
	if (w->off == w->len) return troupe_too_early;
	const uint8_t *at = w->data + w->off;
	size_t rest = w->len - w->off - 1, n = 0;
	h->major = at[0] >> 5;
	h->info = at[0] & 31;
	h->arg = h->info;
	if (h->info >= 24) {
		if (h->info == 31 && h->major != TROUPE_SIMPLE) return "an indefinite length is not allowed";
		if (h->info > 27) return "this is not CBOR";
		n = (size_t)1 << (h->info - 24);
		if (rest < n) return troupe_too_early;
		h->arg = 0;
		for (size_t i = 1; i <= n; i++) h->arg = h->arg << 8 | at[i];
	}
	rest -= n;
	switch (h->major) {
	case TROUPE_TAG:
		return "a tag is not allowed";
	case TROUPE_SIMPLE:
		if (n == 1 && h->arg < 32) return "this is not CBOR";
		if (n < 2 && (h->arg < 20 || h->arg > 23)) return "a simple value is not allowed";
		break;
	case TROUPE_BYTES:
	case TROUPE_STRING_TEXT:
	case TROUPE_ARRAY:
		if (h->arg > rest) return troupe_too_early;
		break;
	case TROUPE_MAP_OF_PAIRS:
		if (h->arg > rest / 2) return troupe_too_early;
		break;
	}
	w->off += 1 + n;
	return 0;
}

// The content of a byte or text string whose head has been read.
static troupe_bytes troupe_read_content(troupe_wire *w, troupe_head h) {
	troupe_bytes b = {w->data + w->off, (size_t)h.arg};
	w->off += b.len;
	return b;
}

// Leaves out one item and what is in it.
static bool troupe_skip(troupe_wire *w, unsigned depth) {
	troupe_head h;
	if (troupe_read_head(w, &h)) return false;
	if (h.major == TROUPE_BYTES || h.major == TROUPE_STRING_TEXT) {
		w->off += (size_t)h.arg;
	} else if (h.major == TROUPE_ARRAY || h.major == TROUPE_MAP_OF_PAIRS) {
		if (depth == 0) return false;
		for (uint64_t n = h.major == TROUPE_ARRAY ? h.arg : 2 * h.arg; n > 0; n--) {
			if (!troupe_skip(w, depth - 1)) return false;
		}
	}
	return true;
}

// Appends the shortest head with the argument.
TROUPE_ONCE_ void troupe_put_head(troupe_buffer *b, uint8_t major, uint64_t arg) {
	int size = arg < 24 ? 0 : arg < 1 << 8 ? 1 : arg < 1 << 16 ? 2 : arg >> 32 == 0 ? 4 : 8;
	static const uint8_t info[] = {0, 24, 25, 0, 26, 0, 0, 0, 27};
	troupe_put_byte(b, (uint8_t)(major << 5 | (size ? info[size] : arg)));
	while (size-- > 0) troupe_put_byte(b, (uint8_t)(arg >> 8 * size));
}

static void troupe_put_integer(troupe_buffer *b, int64_t n) {
	troupe_put_head(b, n < 0 ? TROUPE_NEGATIVE : TROUPE_UINT, (uint64_t)(n < 0 ? ~n : n));
}

static void troupe_put_string(troupe_buffer *b, uint8_t major, const void *at, size_t len) {
	troupe_put_head(b, major, len);
	troupe_put(b, at, len);
}

TROUPE_ONCE_ void troupe_put_tstr(troupe_buffer *b, troupe_text s) { troupe_put_string(b, TROUPE_STRING_TEXT, s.at, s.len); }

static void troupe_put_nullable(troupe_buffer *b, troupe_bytes s) {
	if (s.at) {
		troupe_put_string(b, TROUPE_BYTES, s.at, s.len);
	} else {
		troupe_put_byte(b, TROUPE_NULL);
	}
}

static uint64_t troupe_bits(double f) {
	uint64_t bits;
	__builtin_memcpy(&bits, &f, sizeof bits);
	return bits;
}

static double troupe_double(uint64_t bits) {
	double f;
	__builtin_memcpy(&f, &bits, sizeof f);
	return f;
}

// Widens a float of 16 bits (appendix D). The scales are powers of two, so nothing is rounded.
static double troupe_half(uint16_t b) {
	int exponent = b >> 10 & 31;
	double mantissa = b & 0x3ff, f;
	if (exponent == 0) {
		f = mantissa * 0x1p-24;
	} else if (exponent == 31) {
		f = mantissa == 0 ? __builtin_inf() : __builtin_nan("");
	} else {
		f = (mantissa + 1024) * troupe_double((uint64_t)(1023 + exponent - 25) << 52);
	}
	return b >> 15 ? -f : f;
}

// Narrows a float to 16 bits, and says whether that keeps its value.
static bool troupe_to_half(float f, uint16_t *half) {
	uint32_t bits;
	__builtin_memcpy(&bits, &f, sizeof bits);
	int exponent = (int)(bits >> 23 & 255) - 127;
	uint32_t mantissa = bits & 0x7fffff, h;
	if (exponent == -127 && mantissa == 0) {
		h = 0;
	} else if (exponent == 128) {
		h = 0x7c00 | mantissa >> 13;
	} else if (exponent >= -14 && exponent <= 15) {
		h = (uint32_t)(exponent + 15) << 10 | mantissa >> 13;
	} else if (exponent >= -24 && exponent < -14) {
		h = (mantissa | 0x800000) >> (-exponent - 1);
	} else {
		return false;
	}
	*half = (uint16_t)(h | (bits >> 16 & 0x8000));
	return troupe_bits(troupe_half(*half)) == troupe_bits(f);
}

// Appends a float in the shortest of the three forms that keeps its value. There is one NaN.
TROUPE_ONCE_ void troupe_put_float(troupe_buffer *b, double f) {
	bool fits = f != f || f - f != 0 || (f <= 0x1.fffffep127 && f >= -0x1.fffffep127);
	float single = fits ? (float)f : 0;
	uint64_t bits;
	int size;
	uint16_t half;
	uint32_t single_bits;
	__builtin_memcpy(&single_bits, &single, sizeof single_bits);
	if (f != f) {
		bits = 0x7e00, size = 2;
	} else if (troupe_bits(single) != troupe_bits(f)) {
		bits = troupe_bits(f), size = 8;
	} else if (troupe_to_half(single, &half)) {
		bits = half, size = 2;
	} else {
		bits = single_bits, size = 4;
	}
	troupe_put_byte(b, size == 2 ? 0xf9 : size == 4 ? 0xfa : 0xfb);
	while (size-- > 0) troupe_put_byte(b, (uint8_t)(bits >> 8 * size));
}

static double troupe_float_of(troupe_head h) {
	if (h.info == 25) return troupe_half((uint16_t)h.arg);
	if (h.info == 27) return troupe_double(h.arg);
	float f;
	uint32_t bits = (uint32_t)h.arg;
	__builtin_memcpy(&f, &bits, sizeof f);
	return f;
}

// ---- Encoding ----

static uint64_t troupe_load_integer(const troupe_type *t, const void *v) {
	bool is_signed = t->form == TROUPE_FORM_INT;
	switch (t->size) {
	case 1:
		return is_signed ? (uint64_t) * (const int8_t *)v : *(const uint8_t *)v;
	case 2:
		return is_signed ? (uint64_t) * (const int16_t *)v : *(const uint16_t *)v;
	case 4:
		return is_signed ? (uint64_t) * (const int32_t *)v : *(const uint32_t *)v;
	}
	return *(const uint64_t *)v;
}

static void troupe_store_integer(size_t size, void *v, uint64_t n) {
	switch (size) {
	case 1:
		*(uint8_t *)v = (uint8_t)n;
		break;
	case 2:
		*(uint16_t *)v = (uint16_t)n;
		break;
	case 4:
		*(uint32_t *)v = (uint32_t)n;
		break;
	default:
		*(uint64_t *)v = n;
	}
}

// A list or map in memory, whatever it is of.
typedef struct {
	uint8_t *at;
	size_t len;
} troupe_items;

static bool troupe_is_empty(const troupe_type *t, const void *v) {
	switch (t->form) {
	case TROUPE_FORM_BOOL:
		return !*(const bool *)v;
	case TROUPE_FORM_INT:
	case TROUPE_FORM_UINT:
		return troupe_load_integer(t, v) == 0;
	case TROUPE_FORM_FLOAT:
		return t->size == sizeof(float) ? *(const float *)v == 0 : *(const double *)v == 0;
	case TROUPE_FORM_TEXT:
		return ((const troupe_text *)v)->len == 0;
	case TROUPE_FORM_BYTES:
		return t->length == 0 && ((const troupe_bytes *)v)->len == 0;
	case TROUPE_FORM_LIST:
	case TROUPE_FORM_MAP:
		return ((const troupe_items *)v)->len == 0;
	case TROUPE_FORM_POINTER:
		return !*(void *const *)v;
	case TROUPE_FORM_ANY:
	case TROUPE_FORM_OBJECT:
		break;
	}
	return false;
}

static troupe_text troupe_field_name(const troupe_field *f) { return troupe_string(f->wire ? f->wire : f->field); }

// Moves the item at root of a heap down until no child of it is greater.
static void troupe_sift(void **items, size_t n, size_t root, int (*order)(const void *, const void *)) {
	for (size_t child; (child = 2 * root + 1) < n; root = child) {
		if (child + 1 < n && order(items[child], items[child + 1]) < 0) child++;
		if (order(items[root], items[child]) >= 0) return;
		void *swap = items[root];
		items[root] = items[child];
		items[child] = swap;
	}
}

TROUPE_ONCE_ void troupe_sort(void **items, size_t n, int (*order)(const void *, const void *)) {
	for (size_t root = n / 2; root-- > 0;) troupe_sift(items, n, root, order);
	for (size_t end = n; end-- > 1;) {
		void *swap = items[0];
		items[0] = items[end];
		items[end] = swap;
		troupe_sift(items, end, 0, order);
	}
}

// A pair of a map that is being written: where its parts are in a buffer.
typedef struct {
	const uint8_t *key;
	size_t key_len, len; // len is that of key and value
	troupe_text name;
} troupe_entry;

static int troupe_entry_order(const void *a, const void *b) {
	const troupe_entry *x = a, *y = b;
	return troupe_order_of(x->key, x->key_len, y->key, y->key_len);
}

static void troupe_put_value(troupe_buffer *b, const troupe_type *t, const void *v);

TROUPE_ONCE_ void troupe_put_map(troupe_buffer *b, const troupe_type *t, const troupe_items *m) {
	troupe_entry *entries = troupe_new(m->len * sizeof *entries);
	void **sorted = troupe_new(m->len * sizeof *sorted);
	for (size_t i = 0; i < m->len; i++) {
		troupe_buffer pair = {0};
		troupe_put_value(&pair, t->key, m->at + i * t->length);
		entries[i].key_len = pair.len;
		troupe_put_value(&pair, t->elem, m->at + i * t->length + t->value);
		entries[i].key = pair.at;
		entries[i].len = pair.len;
		sorted[i] = &entries[i];
	}
	troupe_sort(sorted, m->len, troupe_entry_order);
	troupe_put_head(b, TROUPE_MAP_OF_PAIRS, m->len);
	for (size_t i = 0; i < m->len; i++) {
		const troupe_entry *e = sorted[i];
		troupe_put(b, e->key, e->len);
	}
}

// Fields stand in the bytewise order of their encoded names: the shorter name first.
static int troupe_field_order(const void *a, const void *b) {
	troupe_text x = troupe_field_name(a), y = troupe_field_name(b);
	return x.len != y.len ? (x.len < y.len ? -1 : 1) : troupe_order_of(x.at, x.len, y.at, y.len);
}

static void troupe_put_object(troupe_buffer *b, const troupe_type *t, const void *v) {
	void **sorted = troupe_new(t->count * sizeof *sorted);
	size_t n = 0;
	for (size_t i = 0; i < t->count; i++) {
		const troupe_field *f = &t->fields[i];
		if (!f->omitempty || !troupe_is_empty(f->type, (const uint8_t *)v + f->offset)) sorted[n++] = (void *)f;
	}
	troupe_sort(sorted, n, troupe_field_order);
	troupe_put_head(b, TROUPE_MAP_OF_PAIRS, n);
	for (size_t i = 0; i < n; i++) {
		const troupe_field *f = sorted[i];
		troupe_put_tstr(b, troupe_field_name(f));
		troupe_put_value(b, f->type, (const uint8_t *)v + f->offset);
	}
}

static void troupe_put_value(troupe_buffer *b, const troupe_type *t, const void *v) {
	switch (t->form) {
	case TROUPE_FORM_BOOL:
		troupe_put_byte(b, *(const bool *)v ? TROUPE_TRUE : TROUPE_FALSE);
		break;
	case TROUPE_FORM_INT:
		troupe_put_integer(b, (int64_t)troupe_load_integer(t, v));
		break;
	case TROUPE_FORM_UINT:
		troupe_put_head(b, TROUPE_UINT, troupe_load_integer(t, v));
		break;
	case TROUPE_FORM_FLOAT:
		troupe_put_float(b, t->size == sizeof(float) ? *(const float *)v : *(const double *)v);
		break;
	case TROUPE_FORM_TEXT:
		troupe_put_tstr(b, *(const troupe_text *)v);
		break;
	case TROUPE_FORM_BYTES:
		if (t->length > 0) {
			troupe_put_string(b, TROUPE_BYTES, v, t->length);
		} else {
			const troupe_bytes *s = v;
			troupe_put_string(b, TROUPE_BYTES, s->at, s->len);
		}
		break;
	case TROUPE_FORM_LIST: {
		const troupe_items *l = v;
		troupe_put_head(b, TROUPE_ARRAY, l->len);
		for (size_t i = 0; i < l->len; i++) troupe_put_value(b, t->elem, l->at + i * t->elem->size);
		break;
	}
	case TROUPE_FORM_MAP:
		troupe_put_map(b, t, v);
		break;
	case TROUPE_FORM_OBJECT:
		troupe_put_object(b, t, v);
		break;
	case TROUPE_FORM_POINTER:
		if (*(void *const *)v) {
			troupe_put_value(b, t->elem, *(void *const *)v);
			break;
		}
		troupe_put_byte(b, TROUPE_NULL);
		break;
	case TROUPE_FORM_ANY:
		troupe_put_byte(b, TROUPE_NULL);
		break;
	}
}

troupe_bytes troupe_encode(const troupe_type *t, const void *v) {
	troupe_buffer b = {0};
	troupe_put_value(&b, t, v);
	return troupe_content(b);
}

// ---- Decoding ----

// Reads values as they are, without words for what is wrong.
typedef struct {
	troupe_wire wire;
	unsigned depth;
	bool strict; // a message: unknown fields and text that is no UTF-8 are faults
	bool bent;   // something was taken that does not quite have the form
} troupe_decoder;

static bool troupe_read_value(troupe_decoder *d, const troupe_type *t, void *v);

// The range of an integer of so many bytes.
static bool troupe_fits(const troupe_type *t, troupe_head h) {
	int spare = 64 - 8 * (int)t->size;
	if (t->form == TROUPE_FORM_UINT) return h.major == TROUPE_UINT && h.arg <= UINT64_MAX >> spare;
	return t->form == TROUPE_FORM_INT && h.arg <= (uint64_t)INT64_MAX >> spare; // -1-arg reaches one lower than arg reaches up
}

static bool troupe_read_float(const troupe_type *t, troupe_head h, void *v) {
	double f;
	if (troupe_is_float(h)) {
		f = troupe_float_of(h);
	} else if (h.major == TROUPE_UINT) {
		f = (double)h.arg;
	} else if (h.major == TROUPE_NEGATIVE && h.arg <= INT64_MAX) {
		f = (double)~(int64_t)h.arg;
	} else {
		return false;
	}
	if (t->size == sizeof(double)) {
		*(double *)v = f;
		return true;
	}
	if (f == f && f - f == 0 && (f > 0x1.fffffep127 || f < -0x1.fffffep127)) return false;
	*(float *)v = (float)f;
	return true;
}

// The element of bytes that are sent as an array of small integers, which a host takes, too.
#define TROUPE_OCTET_ uint8_t_type

static bool troupe_read_items(troupe_decoder *d, const troupe_type *elem, troupe_head h, troupe_items *l) {
	if (h.major != TROUPE_ARRAY || d->depth == 0) return false;
	d->depth--;
	size_t room = 0;
	for (l->len = 0; l->len < h.arg; l->len++) {
		if (l->len == room) { // what was announced need not come
			room = room ? 2 * room : h.arg < 16 ? (size_t)h.arg : 16;
			uint8_t *at = troupe_new(room * elem->size);
			troupe_copy(at, l->at, l->len * elem->size);
			l->at = at;
		}
		if (!troupe_read_value(d, elem, l->at + l->len * elem->size)) return false;
	}
	d->depth++;
	return true;
}

static bool troupe_read_bytes(troupe_decoder *d, const troupe_type *t, troupe_head h, void *v) {
	troupe_bytes b;
	if (h.major == TROUPE_BYTES) {
		b = troupe_read_content(&d->wire, h);
	} else {
		troupe_items l = {0};
		if (!troupe_read_items(d, &TROUPE_OCTET_, h, &l)) return false;
		d->bent = true;
		b = (troupe_bytes){l.at ? l.at : (const uint8_t *)"", l.len};
	}
	if (t->length == 0) {
		*(troupe_bytes *)v = b;
		return true;
	}
	if (b.len != t->length) return false;
	troupe_copy(v, b.at, b.len);
	return true;
}

// The pairs of a map as its keys order them, for the search of a key that is there twice.
typedef struct {
	const troupe_type *type;
	const void *key;
} troupe_map_key;

static int troupe_map_key_order(const void *a, const void *b) {
	const troupe_map_key *x = a, *y = b;
	if (x->type->form == TROUPE_FORM_TEXT) {
		const troupe_text *s = x->key, *t = y->key;
		return troupe_order_of(s->at, s->len, t->at, t->len);
	}
	uint64_t m = troupe_load_integer(x->type, x->key), n = troupe_load_integer(y->type, y->key);
	return m < n ? -1 : m > n;
}

static bool troupe_keys_differ(const troupe_type *t, const troupe_items *m) {
	troupe_map_key *keys = troupe_new(m->len * sizeof *keys);
	void **sorted = troupe_new(m->len * sizeof *sorted);
	for (size_t i = 0; i < m->len; i++) {
		keys[i] = (troupe_map_key){t->key, m->at + i * t->length};
		sorted[i] = &keys[i];
	}
	troupe_sort(sorted, m->len, troupe_map_key_order);
	for (size_t i = 1; i < m->len; i++) {
		if (troupe_map_key_order(sorted[i - 1], sorted[i]) == 0) return false;
	}
	return true;
}

static bool troupe_read_map(troupe_decoder *d, const troupe_type *t, troupe_head h, troupe_items *m) {
	if (h.major != TROUPE_MAP_OF_PAIRS || d->depth == 0) return false;
	d->depth--;
	size_t room = 0;
	for (m->len = 0; m->len < h.arg; m->len++) {
		if (m->len == room) {
			room = room ? 2 * room : h.arg < 16 ? (size_t)h.arg : 16;
			uint8_t *at = troupe_new(room * t->length);
			troupe_copy(at, m->at, m->len * t->length);
			m->at = at;
		}
		uint8_t *pair = m->at + m->len * t->length;
		if (!troupe_read_value(d, t->key, pair) || !troupe_read_value(d, t->elem, pair + t->value)) return false;
	}
	d->depth++;
	return troupe_keys_differ(t, m);
}

static const troupe_field *troupe_find_field(const troupe_type *t, troupe_text name) {
	for (size_t i = 0; i < t->count; i++) {
		if (troupe_same(troupe_field_name(&t->fields[i]), name)) return &t->fields[i];
	}
	return 0;
}

static bool troupe_read_object(troupe_decoder *d, const troupe_type *t, troupe_head h, void *v) {
	if (h.major != TROUPE_MAP_OF_PAIRS || d->depth == 0) return false;
	d->depth--;
	uint32_t seen = 0;
	for (uint64_t n = 0; n < h.arg; n++) {
		troupe_head key;
		if (troupe_read_head(&d->wire, &key) || (key.major != TROUPE_STRING_TEXT && !troupe_is_integer(key))) return false;
		const troupe_field *f = 0;
		if (key.major == TROUPE_STRING_TEXT) f = troupe_find_field(t, troupe_as_text(troupe_read_content(&d->wire, key)));
		if (!f) {
			if (d->strict || !troupe_skip(&d->wire, d->depth)) return false;
			continue;
		}
		uint32_t bit = (uint32_t)1 << (f - t->fields);
		if (seen & bit) return false;
		seen |= bit;
		if (!troupe_read_value(d, f->type, (uint8_t *)v + f->offset)) return false;
	}
	d->depth++;
	return true;
}

// Reads a value into v, which is zero.
static bool troupe_read_value(troupe_decoder *d, const troupe_type *t, void *v) {
	size_t start = d->wire.off;
	troupe_head h;
	if (troupe_read_head(&d->wire, &h)) return false;
	if (troupe_is_null(h)) return true;
	switch (t->form) {
	case TROUPE_FORM_BOOL:
		*(bool *)v = h.arg == 21;
		return troupe_is_bool(h);
	case TROUPE_FORM_INT:
	case TROUPE_FORM_UINT:
		if (!troupe_is_integer(h) || !troupe_fits(t, h)) return false;
		troupe_store_integer(t->size, v, h.major == TROUPE_NEGATIVE ? ~h.arg : h.arg);
		return true;
	case TROUPE_FORM_FLOAT:
		return troupe_read_float(t, h, v);
	case TROUPE_FORM_TEXT: {
		if (h.major != TROUPE_STRING_TEXT) return false;
		troupe_bytes s = troupe_read_content(&d->wire, h);
		*(troupe_text *)v = troupe_as_text(s);
		return !d->strict || troupe_is_utf8(s.at, s.len);
	}
	case TROUPE_FORM_BYTES:
		return troupe_read_bytes(d, t, h, v);
	case TROUPE_FORM_LIST:
		return troupe_read_items(d, t->elem, h, v);
	case TROUPE_FORM_MAP:
		return troupe_read_map(d, t, h, v);
	case TROUPE_FORM_OBJECT:
		return troupe_read_object(d, t, h, v);
	case TROUPE_FORM_POINTER: {
		void *p = troupe_new(t->elem->size);
		*(void **)v = p;
		d->wire.off = start;
		return troupe_read_value(d, t->elem, p);
	}
	case TROUPE_FORM_ANY:
		break;
	}
	return false;
}

// Decodes the whole of data.
static bool troupe_decode(troupe_decoder *d, const troupe_type *t, void *v) {
	troupe_zero(v, t->size);
	return troupe_read_value(d, t, v) && d->wire.off == d->wire.len;
}

static bool troupe_decode_stored(troupe_bytes data, const troupe_type *t, void *v) {
	troupe_decoder d = {.wire = {data.at, data.len, 0}, .depth = TROUPE_VALUE_DEPTH};
	return troupe_decode(&d, t, v);
}

// ---- What is wrong with what does not fit ----

// A type about which nothing is known.
static const troupe_type troupe_anything = {.form = TROUPE_FORM_ANY};

// Null is the zero value of every type, so a pointer looks like what it points to.
static const troupe_type *troupe_seen_through(const troupe_type *t) {
	while (t->form == TROUPE_FORM_POINTER) t = t->elem;
	return t;
}

static const char *troupe_expected(const troupe_type *t) {
	static const char *const names[] = {
		"a value", "a boolean", "an integer", "an unsigned integer", "a number", "text", "bytes", "an array", "a map", "a map"};
	return names[t->form];
}

// Walks along a type and finds what is wrong: the slow path, for values that could not be decoded.
typedef struct {
	troupe_wire wire;
	unsigned depth;
	bool known; // unknown fields are faults
} troupe_checker;

static troupe_text troupe_check_value(troupe_checker *c, const troupe_type *t, const troupe_path *at);

TROUPE_ONCE_ troupe_text troupe_unexpected(const troupe_type *t, troupe_head h, const troupe_path *at) {
	return troupe_fault(at, "expected ", troupe_expected(t), ", found ", troupe_kind_of(h));
}

TROUPE_ONCE_ troupe_text troupe_integer_text(troupe_head h) {
	if (h.major == TROUPE_UINT) return troupe_join(h.arg);
	if (h.arg == UINT64_MAX) return TROUPE_TEXT("-18446744073709551616"); // the one whose magnitude has no uint64_t
	return troupe_join("-", h.arg + 1);
}

static int troupe_text_order(const void *a, const void *b) {
	const troupe_text *x = a, *y = b;
	return troupe_order_of(x->at, x->len, y->at, y->len);
}

// The names in their order, joined by commas.
static troupe_text troupe_listed(troupe_text *names, size_t n) {
	void **sorted = troupe_new(n * sizeof *sorted);
	for (size_t i = 0; i < n; i++) sorted[i] = &names[i];
	troupe_sort(sorted, n, troupe_text_order);
	troupe_buffer b = {0};
	for (size_t i = 0; i < n; i++) {
		if (i > 0) troupe_put(&b, ", ", 2);
		troupe_put_text(&b, *(troupe_text *)sorted[i]);
	}
	return troupe_as_text(troupe_content(b));
}

TROUPE_ONCE_ troupe_text troupe_unknown_field(const troupe_type *t, troupe_text name, const troupe_path *at) {
	if (t->count == 0) return troupe_fault(at, "unknown field ", troupe_quote(name), "; there are none");
	troupe_text *names = troupe_new(t->count * sizeof *names);
	for (size_t i = 0; i < t->count; i++) names[i] = troupe_field_name(&t->fields[i]);
	return troupe_fault(at, "unknown field ", troupe_quote(name), "; known are ", troupe_listed(names, t->count));
}

// The keys of a map that have been read, as they stand in the data.
typedef struct {
	troupe_bytes *at;
	size_t room; // a power of two, more than there are keys
} troupe_keys;

// Adds a key, and says whether it was not there.
static bool troupe_add_key(troupe_keys *keys, troupe_bytes key) {
	uint32_t hash = 2166136261;
	for (size_t i = 0; i < key.len; i++) hash = (hash ^ key.at[i]) * 16777619;
	for (size_t i = hash;; i++) {
		troupe_bytes *slot = &keys->at[i & (keys->room - 1)];
		if (!slot->at) {
			*slot = key;
			return true;
		}
		if (troupe_order_of(slot->at, slot->len, key.at, key.len) == 0) return false;
	}
}

TROUPE_ONCE_ troupe_text troupe_no_key(troupe_head h, const troupe_path *at) {
	return troupe_fault(at, "a key is text or an integer, found ", troupe_kind_of(h));
}

TROUPE_ONCE_ troupe_text troupe_unexpected_key(const troupe_type *t, troupe_text name, const troupe_path *at) {
	return troupe_fault(at, "expected ", troupe_expected(t), " as key, found ", troupe_quote(name));
}

// Checks one key and its value.
static troupe_text troupe_check_pair(troupe_checker *c, const troupe_type *t, const troupe_path *at, troupe_keys *keys) {
	size_t start = c->wire.off;
	troupe_head h;
	const char *wrong = troupe_read_head(&c->wire, &h);
	if (wrong) return troupe_wrong(at, wrong);
	troupe_text name;
	if (h.major == TROUPE_STRING_TEXT) {
		name = troupe_as_text(troupe_read_content(&c->wire, h));
		if (!troupe_is_utf8((const uint8_t *)name.at, name.len)) return troupe_wrong(at, "a text is not valid UTF-8");
	} else if (troupe_is_integer(h)) {
		name = troupe_integer_text(h);
	} else {
		return troupe_no_key(h, at);
	}
	if (!troupe_add_key(keys, (troupe_bytes){c->wire.data + start, c->wire.off - start})) {
		return troupe_wrong_name(at, "the key ", name, " appears twice");
	}
	const troupe_type *next = t;
	if (t->form == TROUPE_FORM_MAP) {
		bool fits = h.major == TROUPE_STRING_TEXT ? t->key->form == TROUPE_FORM_TEXT : troupe_fits(t->key, h);
		if (!fits) return troupe_unexpected_key(t->key, name, at);
		next = t->elem;
	} else if (t->form == TROUPE_FORM_OBJECT) {
		const troupe_field *f = h.major == TROUPE_STRING_TEXT ? troupe_find_field(t, name) : 0;
		if (!f && c->known) return troupe_unknown_field(t, name, at);
		next = f ? f->type : &troupe_anything;
	}
	return troupe_check_value(c, next, &(troupe_path){.up = at, .name = name});
}

static troupe_text troupe_check_container(troupe_checker *c, const troupe_type *t, troupe_head h, const troupe_path *at) {
	bool array = h.major == TROUPE_ARRAY;
	if (t->form != TROUPE_FORM_ANY && (array ? t->form != TROUPE_FORM_LIST : t->form != TROUPE_FORM_MAP && t->form != TROUPE_FORM_OBJECT)) {
		return troupe_unexpected(t, h, at);
	}
	troupe_text wrong = troupe_fine;
	if (array) {
		const troupe_type *elem = t->form == TROUPE_FORM_LIST ? t->elem : t;
		for (uint64_t i = 0; i < h.arg && !wrong.at; i++) {
			wrong = troupe_check_value(c, elem, &(troupe_path){.up = at, .index = i});
		}
		return wrong;
	}
	troupe_keys keys = {.room = 4};
	while (keys.room < 2 * h.arg) keys.room *= 2;
	keys.at = troupe_new(keys.room * sizeof *keys.at);
	for (uint64_t i = 0; i < h.arg && !wrong.at; i++) wrong = troupe_check_pair(c, t, at, &keys);
	return wrong;
}

TROUPE_ONCE_ troupe_text troupe_check_scalar(const troupe_type *t, troupe_head h, const troupe_path *at) {
	bool fits = t->form == TROUPE_FORM_ANY || (t->form == TROUPE_FORM_BOOL && troupe_is_bool(h)) ||
		(t->form == TROUPE_FORM_FLOAT && (troupe_is_float(h) || troupe_is_integer(h)));
	if ((t->form == TROUPE_FORM_INT || t->form == TROUPE_FORM_UINT) && troupe_is_integer(h)) {
		if (troupe_fits(t, h)) return troupe_fine;
		const char *name = t->form == TROUPE_FORM_UINT ? "uint" : "int";
		return troupe_fault(at, "the integer is out of range for ", name, 8 * t->size);
	}
	return fits ? troupe_fine : troupe_unexpected(t, h, at);
}

TROUPE_ONCE_ troupe_text troupe_check_string(const troupe_type *t, troupe_head h, size_t len, const troupe_path *at) {
	bool text = h.major == TROUPE_STRING_TEXT;
	if (t->form == TROUPE_FORM_BYTES && !text && t->length > 0 && t->length != len) {
		return troupe_fault(at, "expected ", t->length, " bytes, found ", len);
	}
	if (t->form == TROUPE_FORM_ANY || t->form == (text ? TROUPE_FORM_TEXT : TROUPE_FORM_BYTES)) return troupe_fine;
	return troupe_unexpected(t, h, at);
}

// The first fault of a value. Its text is null if there is none.
static troupe_text troupe_check_value(troupe_checker *c, const troupe_type *t, const troupe_path *at) {
	t = troupe_seen_through(t);
	troupe_head h;
	const char *wrong = troupe_read_head(&c->wire, &h);
	if (wrong) return troupe_wrong(at, wrong);
	if (troupe_is_null(h)) return troupe_fine;
	if (h.major == TROUPE_BYTES || h.major == TROUPE_STRING_TEXT) {
		troupe_bytes s = troupe_read_content(&c->wire, h);
		if (h.major == TROUPE_STRING_TEXT && !troupe_is_utf8(s.at, s.len)) return troupe_wrong(at, "a text is not valid UTF-8");
		return troupe_check_string(t, h, s.len, at);
	}
	if (h.major != TROUPE_ARRAY && h.major != TROUPE_MAP_OF_PAIRS) return troupe_check_scalar(t, h, at);
	if (c->depth == 0) return troupe_wrong(troupe_top(at), "maps and arrays nest too deep");
	c->depth--;
	troupe_text fault = troupe_check_container(c, t, h, at);
	c->depth++;
	return fault;
}

static troupe_text troupe_check(const troupe_type *t, troupe_bytes data, troupe_text root, unsigned depth, bool known) {
	troupe_checker c = {.wire = {data.at, data.len, 0}, .depth = depth, .known = known};
	troupe_path at = {.name = root};
	troupe_text wrong = troupe_check_value(&c, t, &at);
	if (!wrong.at && c.wire.off != data.len) wrong = troupe_fault(&at, "something follows the value");
	return wrong;
}

// The first fault of data that does not fit. The root names the whole.
static troupe_text troupe_explain(const troupe_type *t, troupe_bytes data, troupe_text root, unsigned depth, bool known) {
	troupe_text wrong = troupe_check(t, data, root, depth, known);
	return wrong.at ? wrong : troupe_join(root, ": does not fit");
}

// A list of types on the stack.
typedef struct troupe_chain troupe_chain;
struct troupe_chain {
	const troupe_chain *up;
	const troupe_type *type;
};

// Whether a value may hold what decoders would bend to fit. Such values are checked first.
static bool troupe_is_strict(const troupe_type *t, const troupe_chain *up) {
	t = troupe_seen_through(t);
	for (const troupe_chain *c = up; c; c = c->up) {
		if (c->type == t) return false;
	}
	troupe_chain here = {up, t};
	if (t->form == TROUPE_FORM_BYTES) return t->length > 0;
	if ((t->form == TROUPE_FORM_LIST || t->form == TROUPE_FORM_MAP) && troupe_is_strict(t->elem, &here)) return true;
	for (size_t i = 0; i < t->count; i++) {
		if (troupe_is_strict(t->fields[i].type, &here)) return true;
	}
	return false;
}

// ---- JSON: it is turned into deterministic CBOR, so that there is one judge of types ----

static bool troupe_is_json(troupe_bytes body) {
	uint8_t c = body.len > 0 ? body.at[0] : 0;
	return c == '{' || c == '"' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

typedef struct {
	const uint8_t *src;
	size_t len, off;
	unsigned depth;
	troupe_text wrong; // what is wrong, once something is
} troupe_json;

static bool troupe_json_value(troupe_json *r, troupe_buffer *b, const troupe_type *t, const troupe_path *at);

// Skips white space and returns the byte behind it, or 0 at the end. A NUL in the text is returned as 1: neither begins or
// ends anything.
TROUPE_ONCE_ uint8_t troupe_json_peek(troupe_json *r) {
	for (; r->off < r->len; r->off++) {
		uint8_t c = r->src[r->off];
		if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return c ? c : 1;
	}
	return 0;
}

static uint8_t troupe_json_byte(const troupe_json *r) { return r->off < r->len ? r->src[r->off] : 0; }

// Notes what is wrong, and returns false.
TROUPE_ONCE_ bool troupe_json_fault(troupe_json *r, const troupe_path *at, const char *what) {
	if (r->off >= r->len) what = "the text ends too early";
	r->wrong = troupe_fault(at, "byte ", r->off, ": ", what);
	return false;
}

static bool troupe_json_word(troupe_json *r, const char *word) {
	troupe_text w = troupe_string(word);
	if (r->len - r->off < w.len || troupe_order_of(r->src + r->off, w.len, w.at, w.len) != 0) return false;
	r->off += w.len;
	return true;
}

static bool troupe_json_unit(const troupe_json *r, size_t off, uint32_t *unit) {
	if (off + 6 > r->len || r->src[off] != '\\' || r->src[off + 1] != 'u') return false;
	*unit = 0;
	for (size_t i = off + 2; i < off + 6; i++) {
		uint8_t c = r->src[i];
		uint32_t low = c | 32u, digit = c >= '0' && c <= '9' ? c - (uint32_t)'0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : 16;
		if (digit == 16) return false;
		*unit = *unit << 4 | digit;
	}
	return true;
}

// Appends what the escape at off stands for. It leaves off behind it, or on it if it is wrong.
static bool troupe_json_escape(troupe_json *r, troupe_buffer *b) {
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	for (size_t i = 0; r->off + 1 < r->len && from[i]; i++) {
		if (r->src[r->off + 1] != (uint8_t)from[i]) continue;
		troupe_put_byte(b, (uint8_t)to[i]);
		r->off += 2;
		return true;
	}
	uint32_t first, second;
	if (!troupe_json_unit(r, r->off, &first)) return false;
	if (first < 0xd800 || first >= 0xe000) {
		troupe_put_rune(b, first);
		r->off += 6;
		return true;
	}
	if (first >= 0xdc00 || !troupe_json_unit(r, r->off + 6, &second) || second < 0xdc00 || second >= 0xe000) return false;
	troupe_put_rune(b, 0x10000 + ((first - 0xd800) << 10 | (second - 0xdc00)));
	r->off += 12;
	return true;
}

// Reads a string, whose opening quote is the next byte.
TROUPE_ONCE_ bool troupe_json_text(troupe_json *r, troupe_text *text, const troupe_path *at) {
	troupe_buffer out = {0};
	for (r->off++;;) {
		size_t start = r->off;
		while (r->off < r->len && r->src[r->off] != '"' && r->src[r->off] != '\\' && r->src[r->off] >= ' ') r->off++;
		if (r->off == r->len) return troupe_json_fault(r, at, "");
		uint8_t stop = r->src[r->off];
		if (stop < ' ') return troupe_json_fault(r, at, "a control character stands in a text");
		if (!troupe_is_utf8(r->src + start, r->off - start)) return troupe_json_fault(r, at, "a text is not valid UTF-8");
		troupe_put(&out, r->src + start, r->off - start);
		if (stop == '"') break;
		if (!troupe_json_escape(r, &out)) return troupe_json_fault(r, at, "an escape in a text is wrong");
	}
	r->off++;
	*text = troupe_as_text(troupe_content(out));
	return true;
}

// Reads the key of a pair and the colon.
static bool troupe_json_key(troupe_json *r, troupe_text *name, const troupe_path *at) {
	if (troupe_json_peek(r) != '"') return troupe_json_fault(r, at, "a key is a text in quotes");
	if (!troupe_json_text(r, name, at)) return false;
	if (troupe_json_peek(r) != ':') return troupe_json_fault(r, at, "a colon is missing");
	r->off++;
	return true;
}

// Decodes base64 with padding. As in most readers, line breaks do not count; bits that stand for nothing must be zero.
static bool troupe_base64(troupe_text text, troupe_buffer *out) {
	uint32_t bits = 0, count = 0;
	size_t letters = 0, padding = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (c == '\r' || c == '\n') continue;
		if (c == '=') {
			padding++;
			continue;
		}
		uint32_t six = c >= 'A' && c <= 'Z' ? (uint32_t)(c - 'A')
			: c >= 'a' && c <= 'z'          ? (uint32_t)(c - 'a' + 26)
			: c >= '0' && c <= '9'          ? (uint32_t)(c - '0' + 52)
			: c == '+'                      ? 62
			: c == '/'                      ? 63
											: 64;
		if (six == 64 || padding > 0) return false;
		letters++;
		bits = bits << 6 | six;
		if ((count += 6) >= 8) {
			count -= 8;
			troupe_put_byte(out, (uint8_t)(bits >> count));
			bits &= (1u << count) - 1;
		}
	}
	return (letters + padding) % 4 == 0 && padding <= 2 && bits == 0;
}

// The head of the integer that some digits are, if it is one.
static bool troupe_integer_head(const uint8_t *s, size_t len, bool negative, troupe_head *h) {
	uint64_t n = 0;
	h->major = TROUPE_UINT;
	for (size_t i = 0; i < len; i++) {
		uint64_t digit = s[i] - (uint64_t)'0';
		if (digit > 9) return false;
		if (n > (UINT64_MAX - digit) / 10) {
			static const char least[] = "18446744073709551616";
			h->major = TROUPE_NEGATIVE;
			h->arg = UINT64_MAX;
			return negative && troupe_order_of(s, len, least, sizeof least - 1) == 0;
		}
		n = n * 10 + digit;
	}
	h->arg = n;
	if (negative && n > 0) {
		h->major = TROUPE_NEGATIVE;
		h->arg = n - 1;
	}
	return len > 0;
}

// A number without sign that is as long as the decimal fractions to be told apart ask for.
typedef struct {
	uint32_t limbs[160]; // the least first
	int n;
} troupe_big;

static void troupe_big_multiply(troupe_big *b, uint32_t by, uint32_t carry) {
	uint64_t c = carry;
	for (int i = 0; i < b->n; i++) {
		c += (uint64_t)b->limbs[i] * by;
		b->limbs[i] = (uint32_t)c;
		c >>= 32;
	}
	if (c) b->limbs[b->n++] = (uint32_t)c;
}

static void troupe_big_scale(troupe_big *b, int64_t tens) {
	for (; tens >= 9; tens -= 9) troupe_big_multiply(b, 1000000000, 0);
	for (; tens > 0; tens--) troupe_big_multiply(b, 10, 0);
}

static int troupe_big_length(const troupe_big *b) { return 32 * b->n - __builtin_clz(b->limbs[b->n - 1]); }

static void troupe_big_shift(troupe_big *b, int by) {
	for (; by >= 31; by -= 31) troupe_big_multiply(b, 1u << 31, 0);
	troupe_big_multiply(b, 1u << by, 0);
}

static int troupe_big_order(const troupe_big *a, const troupe_big *b) {
	if (a->n != b->n) return a->n < b->n ? -1 : 1;
	for (int i = a->n; i-- > 0;) {
		if (a->limbs[i] != b->limbs[i]) return a->limbs[i] < b->limbs[i] ? -1 : 1;
	}
	return 0;
}

static void troupe_big_subtract(troupe_big *a, const troupe_big *b) {
	int64_t borrow = 0;
	for (int i = 0; i < a->n; i++) {
		borrow += (int64_t)a->limbs[i] - (i < b->n ? b->limbs[i] : 0);
		a->limbs[i] = (uint32_t)borrow;
		borrow >>= 32;
	}
	while (a->n > 0 && a->limbs[a->n - 1] == 0) a->n--;
}

// The float that is nearest to n/d, both at least 1. Where two are as near it is the even one.
static double troupe_nearest(troupe_big *n, troupe_big *d) {
	int exponent = troupe_big_length(n) - troupe_big_length(d);
	troupe_big_shift(exponent > 0 ? d : n, exponent > 0 ? exponent : -exponent);
	if (troupe_big_order(n, d) < 0) {
		exponent--;
		troupe_big_shift(n, 1);
	}
	if (exponent > 1023) return __builtin_inf();
	int bits = exponent >= -1022 ? 53 : 53 + 1022 + exponent; // a small float has fewer
	if (bits < 0) return 0;
	uint64_t mantissa = 0;
	for (int i = 0; i < bits; i++) {
		mantissa <<= 1;
		if (troupe_big_order(n, d) >= 0) {
			troupe_big_subtract(n, d);
			mantissa |= 1;
		}
		troupe_big_multiply(n, 2, 0);
	}
	int rest = troupe_big_order(n, d); // twice what is left, against one
	if (rest > 0 || (rest == 0 && (mantissa & 1))) mantissa++;
	return troupe_double(bits == 53 ? mantissa + ((uint64_t)(exponent + 1022) << 52) : mantissa);
}

// Reads a number of JSON, which may have a fraction and an exponent.
TROUPE_ONCE_ double troupe_decimal(const uint8_t *s, size_t len) {
	enum { ENOUGH = 780, FAR = 100000 }; // digits that decide what a number is nearest to, and an exponent beyond all floats
	troupe_big n = {.n = 0}, d = {.limbs = {1}, .n = 1};
	int64_t tens = 0, exponent = 0;
	size_t i = s[0] == '-', digits = 0;
	bool fraction = false, negative = s[0] == '-', more = false;
	for (; i < len && s[i] != 'e' && s[i] != 'E'; i++) {
		if (s[i] == '.') {
			fraction = true;
		} else if (digits < ENOUGH) {
			if (digits > 0 || s[i] != '0') {
				troupe_big_multiply(&n, 10, s[i] - (uint32_t)'0');
				digits++;
			}
			tens -= fraction;
		} else {
			more |= s[i] != '0';
			tens += !fraction;
		}
	}
	if (i < len) {
		bool down = s[++i] == '-';
		for (i += down || s[i] == '+'; i < len; i++) {
			if (exponent < FAR * 100) exponent = exponent * 10 + s[i] - '0';
		}
		tens += down ? -exponent : exponent;
	}
	if (more) { // a last digit that stands for the rest
		troupe_big_multiply(&n, 10, 1);
		tens--;
		digits++;
	}
	double f = 0;
	if (n.n > 0 && (int64_t)digits + tens > 310) {
		f = __builtin_inf();
	} else if (n.n > 0 && (int64_t)digits + tens > -330) {
		troupe_big_scale(tens > 0 ? &n : &d, tens > 0 ? tens : -tens);
		f = troupe_nearest(&n, &d);
	}
	return negative ? -f : f;
}

static size_t troupe_json_digits(troupe_json *r) {
	size_t start = r->off;
	while (r->off < r->len && r->src[r->off] >= '0' && r->src[r->off] <= '9') r->off++;
	return r->off - start;
}

static bool troupe_json_no_number(troupe_json *r, size_t start, const troupe_path *at) {
	r->off = start;
	return troupe_json_fault(r, at, "this is not a number of JSON");
}

// Reads a number: an integer if it has neither fraction nor exponent, unless a float is wanted.
TROUPE_ONCE_ bool troupe_json_number(troupe_json *r, troupe_buffer *b, bool wants_float, const troupe_path *at) {
	size_t start = r->off;
	while (troupe_json_digits(r) > 0 || troupe_json_byte(r) == '-') r->off += troupe_json_byte(r) == '-';
	const uint8_t *s = r->src + start;
	size_t sign = s[0] == '-', len = r->off - start - sign;
	bool wrong = len == 0 || (len > 1 && s[sign] == '0');
	for (size_t i = sign; i < sign + len; i++) wrong |= s[i] == '-';
	if (wrong) return troupe_json_no_number(r, start, at);
	uint8_t c = troupe_json_byte(r);
	if (c != '.' && c != 'e' && c != 'E' && !wants_float) {
		troupe_head h;
		if (!troupe_integer_head(s + sign, len, sign, &h)) {
			troupe_text whole = {(const char *)s, sign + len};
			r->wrong = troupe_wrong_name(at, "the integer ", whole, " has more than 64 bits");
			return false;
		}
		troupe_put_head(b, h.major, h.arg);
		return true;
	}
	if (c == '.') {
		r->off++;
		if (troupe_json_digits(r) == 0) return troupe_json_no_number(r, start, at);
	}
	c = troupe_json_byte(r);
	if (c == 'e' || c == 'E') {
		r->off++;
		c = troupe_json_byte(r);
		r->off += c == '+' || c == '-';
		if (troupe_json_digits(r) == 0) return troupe_json_no_number(r, start, at);
	}
	troupe_text whole = {(const char *)s, r->off - start};
	double f = troupe_decimal(s, whole.len);
	if (f - f != 0) {
		r->wrong = troupe_wrong_name(at, "the number ", whole, " is out of range");
		return false;
	}
	troupe_put_float(b, f);
	return true;
}

// Consumes what separates items: more is false at the end of the container.
static bool troupe_json_next(troupe_json *r, bool first, uint8_t end, bool *more, const troupe_path *at) {
	uint8_t c = troupe_json_peek(r);
	*more = c != end;
	if (c == end) {
		r->off++;
		return true;
	}
	if (first) return true;
	if (c != ',') return troupe_json_fault(r, at, "a comma is missing");
	r->off++;
	if (troupe_json_peek(r) == end) return troupe_json_fault(r, at, "a value is missing behind the comma");
	return true;
}

TROUPE_ONCE_ bool troupe_json_array(troupe_json *r, troupe_buffer *b, const troupe_type *t, const troupe_path *at) {
	const troupe_type *elem = t->form == TROUPE_FORM_LIST ? t->elem : &troupe_anything;
	troupe_buffer items = {0};
	uint64_t n = 0;
	for (bool more;; n++) {
		if (!troupe_json_next(r, n == 0, ']', &more, at)) return false;
		if (!more) break;
		if (!troupe_json_value(r, &items, elem, &(troupe_path){.up = at, .index = n})) return false;
	}
	troupe_put_head(b, TROUPE_ARRAY, n);
	troupe_put(b, items.at, items.len);
	return true;
}

// Appends the key of a pair of a map.
static void troupe_json_put_key(troupe_buffer *b, const troupe_type *t, troupe_text name) {
	if (t->form == TROUPE_FORM_MAP && t->key->form != TROUPE_FORM_TEXT) {
		size_t sign = name.len > 0 && name.at[0] == '-';
		troupe_head h;
		if (troupe_integer_head((const uint8_t *)name.at + sign, name.len - sign, sign, &h) && troupe_same(troupe_integer_text(h), name)) {
			troupe_put_head(b, h.major, h.arg);
			return;
		}
	}
	troupe_put_tstr(b, name);
}

// Reads a pair. It stands in memory of its own.
static bool troupe_json_pair(troupe_json *r, troupe_entry *e, const troupe_type *t, const troupe_path *at) {
	if (!troupe_json_key(r, &e->name, at)) return false;
	const troupe_type *elem = &troupe_anything;
	if (t->form == TROUPE_FORM_MAP) {
		elem = t->elem;
	} else if (t->form == TROUPE_FORM_OBJECT) {
		const troupe_field *f = troupe_find_field(t, e->name);
		if (f) elem = f->type;
	}
	troupe_buffer pair = {0};
	troupe_json_put_key(&pair, t, e->name);
	e->key_len = pair.len;
	if (!troupe_json_value(r, &pair, elem, &(troupe_path){.up = at, .name = e->name})) return false;
	e->key = pair.at;
	e->len = pair.len;
	return true;
}

TROUPE_ONCE_ bool troupe_json_object(troupe_json *r, troupe_buffer *b, const troupe_type *t, const troupe_path *at) {
	void **entries = 0;
	size_t n = 0, room = 0;
	for (bool more;; n++) {
		if (!troupe_json_next(r, n == 0, '}', &more, at)) return false;
		if (!more) break;
		if (n == room) {
			room = room ? 2 * room : 8;
			void **grown = troupe_new(room * sizeof *grown);
			troupe_copy(grown, entries, n * sizeof *grown);
			entries = grown;
		}
		entries[n] = troupe_new(sizeof(troupe_entry));
		if (!troupe_json_pair(r, entries[n], t, at)) return false;
	}
	// Bytewise order of the encoded keys is what core deterministic encoding asks for.
	troupe_sort(entries, n, troupe_entry_order);
	troupe_put_head(b, TROUPE_MAP_OF_PAIRS, n);
	for (size_t i = 0; i < n; i++) {
		const troupe_entry *e = entries[i];
		if (i > 0 && troupe_entry_order(e, entries[i - 1]) == 0) {
			r->wrong = troupe_wrong_name(at, "the key ", e->name, " appears twice");
			return false;
		}
		troupe_put(b, e->key, e->len);
	}
	return true;
}

TROUPE_ONCE_ bool troupe_json_string(troupe_json *r, troupe_buffer *b, const troupe_type *t, const troupe_path *at) {
	troupe_text text;
	if (!troupe_json_text(r, &text, at)) return false;
	if (t->form != TROUPE_FORM_BYTES) {
		troupe_put_tstr(b, text);
		return true;
	}
	troupe_buffer raw = {0};
	if (!troupe_base64(text, &raw)) {
		r->wrong = troupe_wrong_name(at, "expected bytes in base64, found ", text, "");
		return false;
	}
	troupe_put_string(b, TROUPE_BYTES, raw.at, raw.len);
	return true;
}

static bool troupe_json_value(troupe_json *r, troupe_buffer *b, const troupe_type *t, const troupe_path *at) {
	t = troupe_seen_through(t);
	uint8_t c = troupe_json_peek(r);
	if (c == '{' || c == '[') {
		if (r->depth == 0) return troupe_json_fault(r, troupe_top(at), "maps and arrays nest too deep");
		r->depth--;
		r->off++;
		bool done = c == '{' ? troupe_json_object(r, b, t, at) : troupe_json_array(r, b, t, at);
		r->depth++;
		return done;
	}
	if (c == '"') return troupe_json_string(r, b, t, at);
	if (c == '-' || (c >= '0' && c <= '9')) return troupe_json_number(r, b, t->form == TROUPE_FORM_FLOAT, at);
	if (troupe_json_word(r, "true")) {
		troupe_put_byte(b, TROUPE_TRUE);
	} else if (troupe_json_word(r, "false")) {
		troupe_put_byte(b, TROUPE_FALSE);
	} else if (troupe_json_word(r, "null")) {
		troupe_put_byte(b, TROUPE_NULL);
	} else {
		return troupe_json_fault(r, at, "this is not JSON");
	}
	return true;
}

// ---- What is read of the host ----

// Returns what the host has found in n bytes at out, or what it keeps because it does not fit.
static troupe_bytes troupe_found(int32_t n, void *out, size_t cap) {
	if ((size_t)n > cap) {
		out = troupe_new((size_t)n);
		troupe_host_take(out, (size_t)n);
	}
	return (troupe_bytes){out, (size_t)n};
}

// Most of what is read fits here at once, without a second call of the host.
enum { TROUPE_USUAL = 256 };

bool troupe_get(troupe_call *c, troupe_bytes key, troupe_bytes *value) {
	*value = (troupe_bytes){0};
	if (c->failed) return false;
	void *out = troupe_new(TROUPE_USUAL);
	int32_t n = troupe_host_state_get(key.at, key.len, out, TROUPE_USUAL);
	if (n < 0) return false;
	*value = troupe_found(n, out, TROUPE_USUAL);
	return true;
}

void troupe_set(troupe_call *c, troupe_bytes key, troupe_bytes value) {
	if (!c->failed) troupe_host_state_set(key.at, key.len, value.at, value.len);
}

void troupe_delete(troupe_call *c, troupe_bytes key) {
	if (!c->failed) troupe_host_state_delete(key.at, key.len);
}

troupe_range troupe_scan(troupe_call *c, troupe_bytes start, troupe_bytes end, troupe_order order) {
	troupe_range r = {.c = c, .open = !c->failed};
	if (r.open) r.iterator = troupe_host_state_range(start.at, start.len, end.at, end.at ? (int32_t)end.len : -1, order);
	return r;
}

void troupe_range_close(troupe_range *r) {
	if (r->open) troupe_host_range_close(r->iterator);
	r->open = false;
}

bool troupe_scan_next(troupe_range *r) {
	if (!r->open || r->c->failed) return false;
	void *out = troupe_new(TROUPE_USUAL);
	int32_t n = troupe_host_range_next(r->iterator, out, TROUPE_USUAL);
	if (n < 0) {
		troupe_range_close(r);
		return false;
	}
	troupe_bytes pair = troupe_found(n, out, TROUPE_USUAL);
	size_t len = pair.at[0] | (size_t)pair.at[1] << 8 | (size_t)pair.at[2] << 16 | (size_t)pair.at[3] << 24;
	r->key = (troupe_bytes){pair.at + 4, len};
	r->value = (troupe_bytes){pair.at + 4 + len, pair.len - 4 - len};
	return true;
}

uint64_t troupe_gas_left(void) { return troupe_host_gas_left(); }
void troupe_use_gas(uint64_t n) { troupe_host_use_gas(n); }
void troupe_log_text(troupe_text line) { troupe_host_log(line.at, line.len); }

_Noreturn void troupe_abort(troupe_text why) {
	troupe_host_abort(why.at, why.len);
	__builtin_trap();
}

void troupe_fail_text(troupe_call *c, troupe_text code, troupe_text message) {
	if (c->failed) return;
	c->failed = true;
	c->error = (troupe_error){code, message};
}

// ---- State ----

static void troupe_put_key_text(troupe_buffer *b, troupe_text s, bool last) {
	if (last) {
		troupe_put_text(b, s);
		return;
	}
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.at[i];
		if (c <= 1) troupe_put_byte(b, 1);
		troupe_put_byte(b, c <= 1 ? c + 1 : c);
	}
	troupe_put_byte(b, 0);
}

static void troupe_put_key_part(troupe_buffer *b, troupe_part p, bool last) {
	if (p.kind == TROUPE_PART_TEXT) {
		troupe_put_key_text(b, p.text, last);
		return;
	}
	bool negative = p.kind == TROUPE_PART_INT;
	char digits[20], *end = digits + sizeof digits, *at = troupe_digits(end, negative ? 0 - p.number : p.number);
	int more = (int)(end - at) - 1;
	troupe_put_byte(b, (uint8_t)(negative ? 'Z' - more : 'a' + more));
	for (; at < end; at++) troupe_put_byte(b, (uint8_t)(negative ? '0' + '9' - *at : *at));
	if (!last) troupe_put_byte(b, '/');
}

// Appends parts of a key. If it is whole, the last of them is the last of the key.
static void troupe_put_key(troupe_buffer *b, troupe_key k, bool whole) {
	for (size_t i = 0; i < k.len; i++) troupe_put_key_part(b, k.at[i], whole && i + 1 == k.len);
}

// The stored key of a value, which has none of its own, or of a pair.
static troupe_bytes troupe_stored_key(troupe_text name, const troupe_key *k) {
	troupe_buffer b = {0};
	troupe_put_text(&b, name);
	if (k) {
		troupe_put_byte(&b, '/');
		troupe_put_key(&b, *k, true);
	}
	return troupe_content(b);
}

static void troupe_corrupt(troupe_call *c, const char *what, troupe_bytes key) {
	troupe_fail(c, "corrupt_state", "the ", what, " at ", troupe_quote(troupe_as_text(key)), " is not of the type that the actor expects");
}

bool troupe_load(troupe_call *c, troupe_text name, const troupe_key *k, const troupe_type *t, void *v) {
	troupe_zero(v, t->size);
	troupe_bytes key = troupe_stored_key(name, k), data;
	if (!troupe_get(c, key, &data)) return false;
	if (troupe_decode_stored(data, t, v)) return true;
	troupe_zero(v, t->size);
	troupe_corrupt(c, "value", key);
	return false;
}

void troupe_store(troupe_call *c, troupe_text name, const troupe_key *k, const troupe_type *t, const void *v) {
	troupe_set(c, troupe_stored_key(name, k), troupe_encode(t, v));
}

void troupe_remove(troupe_call *c, troupe_text name, const troupe_key *k) { troupe_delete(c, troupe_stored_key(name, k)); }

bool troupe_has(troupe_call *c, troupe_text name, const troupe_key *k) {
	troupe_bytes value;
	return troupe_get(c, troupe_stored_key(name, k), &value);
}

uint64_t troupe_count(troupe_call *c, troupe_text name, uint64_t n) {
	uint64_t v;
	troupe_load(c, name, 0, &uint64_t_type, &v);
	if (v > UINT64_MAX - n) {
		troupe_fail(c, "overflow", "the counter ", name, " stands at ", v, " and cannot take ", n, " more");
		return v;
	}
	v += n;
	troupe_store(c, name, 0, &uint64_t_type, &v);
	return v;
}

// The least key that is greater than every key with the prefix; without an address if there is none.
static troupe_bytes troupe_prefix_end(troupe_bytes prefix) {
	size_t len = prefix.len;
	while (len > 0 && prefix.at[len - 1] == 0xff) len--;
	if (len == 0) return (troupe_bytes){0};
	uint8_t *end = troupe_new(len);
	troupe_copy(end, prefix.at, len);
	end[len - 1]++;
	return (troupe_bytes){end, len};
}

troupe_range troupe_range_open(
	troupe_call *c, troupe_text name, troupe_key under, troupe_key from, troupe_key to, troupe_order order, const troupe_type *t) {
	troupe_buffer prefix = {0}, start = {0}, end = {0};
	troupe_put_text(&prefix, name);
	troupe_put_byte(&prefix, '/');
	troupe_put_key(&prefix, under, false);
	troupe_put(&start, prefix.at, prefix.len);
	troupe_put_key(&start, from, true);
	troupe_put(&end, prefix.at, prefix.len);
	troupe_put_key(&end, to, true);
	troupe_range r = troupe_scan(c, troupe_content(start), to.at ? troupe_content(end) : troupe_prefix_end(troupe_content(prefix)), order);
	r.type = t;
	r.prefix = prefix.len;
	return r;
}

bool troupe_range_next(troupe_range *r, void *v) {
	if (!troupe_scan_next(r)) return false;
	if (!v) return true;
	troupe_zero(v, r->type->size);
	if (troupe_decode_stored(r->value, r->type, v)) return true;
	troupe_corrupt(r->c, "value", r->key);
	return false;
}

void troupe_clear(troupe_call *c, troupe_text name, troupe_key under) {
	troupe_range r = troupe_range_open(c, name, under, TROUPE_ALL, TROUPE_ALL, TROUPE_ASCENDING, &_Bool_type);
	while (troupe_scan_next(&r)) troupe_delete(c, r.key);
}

// Cuts a text off the front of src.
static bool troupe_cut_text(troupe_bytes *src, bool last, troupe_bytes *part) {
	if (last) {
		*part = *src;
		src->len = 0;
		return true;
	}
	troupe_buffer b = {0};
	for (size_t i = 0; i < src->len; i++) {
		uint8_t c = src->at[i];
		if (c == 0) {
			*part = troupe_content(b);
			*src = (troupe_bytes){src->at + i + 1, src->len - i - 1};
			return true;
		}
		if (c == 1) {
			if (++i == src->len || src->at[i] < 1 || src->at[i] > 2) return false;
			c = src->at[i] - 1;
		}
		troupe_put_byte(&b, c);
	}
	return false;
}

// Cuts an integer off the front of src. What is negative is true if the number is the magnitude of a negative one.
static bool troupe_cut_number(troupe_bytes *src, bool last, uint64_t *n, bool *negative) {
	if (src->len == 0) return false;
	uint8_t letter = src->at[0];
	*negative = letter >= 'H' && letter <= 'Z';
	if (!*negative && (letter < 'a' || letter > 't')) return false;
	size_t digits = (size_t)(*negative ? 'Z' - letter : letter - 'a') + 1, len = digits + 1 + !last;
	if (src->len < len || (!last && src->at[len - 1] != '/')) return false;
	*n = 0;
	for (size_t i = 1; i <= digits; i++) {
		uint8_t digit = src->at[i] - '0';
		if (digit > 9) return false;
		if (*negative) digit = 9 - digit;
		if ((i == 1 && digits > 1 && digit == 0) || *n > (UINT64_MAX - digit) / 10) return false;
		*n = *n * 10 + digit;
	}
	*src = (troupe_bytes){src->at + len, src->len - len};
	return true;
}

static bool troupe_cut_part(troupe_bytes *src, bool last, troupe_out out) {
	if (out.kind == TROUPE_OUT_BYTES || out.kind == TROUPE_OUT_TEXT) {
		troupe_bytes part;
		if (!troupe_cut_text(src, last, &part)) return false;
		if (out.kind == TROUPE_OUT_BYTES) {
			*(troupe_bytes *)out.at = part;
		} else {
			*(troupe_text *)out.at = troupe_as_text(part);
		}
		return true;
	}
	uint64_t n;
	bool negative;
	if (!troupe_cut_number(src, last, &n, &negative)) return false;
	int spare = 64 - 8 * out.size;
	uint64_t most = out.kind == TROUPE_OUT_UINT ? UINT64_MAX >> spare : (uint64_t)INT64_MAX >> spare;
	if (negative && (out.kind == TROUPE_OUT_UINT || n == 0 || n - 1 > most)) return false;
	if (!negative && n > most) return false;
	troupe_store_integer(out.size, out.at, negative ? 0 - n : n);
	return true;
}

bool troupe_cut_into(troupe_range *r, const troupe_out *parts, size_t n) {
	if (r->c->failed) return false;
	troupe_bytes rest = {r->key.at + r->prefix, r->key.len - r->prefix};
	for (size_t i = 0; i < n; i++) {
		if (!troupe_cut_part(&rest, i + 1 == n, parts[i])) {
			troupe_corrupt(r->c, "key", r->key);
			return false;
		}
	}
	if (rest.len > 0) troupe_corrupt(r->c, "key", r->key);
	return !r->c->failed;
}

// ---- What a call asks for ----

static void troupe_put_attributes(troupe_buffer *b, troupe_parts parts) {
	for (size_t i = 0; i < parts.len; i++) {
		if (i % 2 == 0) troupe_put_head(b, TROUPE_ARRAY, 2);
		troupe_put_tstr(b, troupe_join_parts((troupe_parts){parts.at + i, 1}));
	}
}

// Attributes come in pairs.
static bool troupe_are_pairs(troupe_call *c, troupe_parts parts) {
	if (parts.len % 2 == 0) return true;
	troupe_fail(c, "invalid_event", "attributes come in pairs, but there are ", parts.len, " keys and values");
	return false;
}

void troupe_emit_parts(troupe_call *c, troupe_text type, troupe_parts attributes) {
	if (!troupe_are_pairs(c, attributes)) return;
	troupe_put_head(&c->event_list, TROUPE_ARRAY, 2);
	troupe_put_tstr(&c->event_list, type);
	troupe_put_head(&c->event_list, TROUPE_ARRAY, attributes.len / 2);
	troupe_put_attributes(&c->event_list, attributes);
	c->events++;
}

void troupe_report_parts(troupe_call *c, troupe_parts attributes) {
	if (!troupe_are_pairs(c, attributes)) return;
	troupe_put_attributes(&c->attribute_list, attributes);
	c->attributes += attributes.len / 2;
}

void troupe_return_value(troupe_call *c, const troupe_type *t, const void *v) { c->data = troupe_encode(t, v); }

troupe_sub *troupe_send(troupe_call *c, troupe_sub m) {
	troupe_sub *own = troupe_new(sizeof *own);
	*own = m;
	own->next = 0;
	if (c->last) {
		c->last->next = own;
	} else {
		c->first = own;
	}
	c->last = own;
	c->messages++;
	return own;
}

// The body of a message: {"name": {fields}}, or the name alone if there are no fields.
static troupe_bytes troupe_body(const troupe_type *t, const void *v) {
	troupe_buffer b = {0};
	if (!t->message) troupe_abort(TROUPE_TEXT("a message is declared by TROUPE_MESSAGE or TROUPE_EMPTY_MESSAGE"));
	if (t->count > 0) troupe_put_head(&b, TROUPE_MAP_OF_PAIRS, 1);
	troupe_put_tstr(&b, troupe_string(t->message));
	if (t->count > 0) troupe_put_value(&b, t, v);
	return troupe_content(b);
}

troupe_sub *troupe_execute_value(troupe_call *c, troupe_text to, const troupe_type *t, const void *v) {
	return troupe_send(c, (troupe_sub){.kind = TROUPE_EXECUTE, .to = to, .body = troupe_body(t, v)});
}

troupe_sub *troupe_instantiate_value(troupe_call *c, troupe_text module, const troupe_type *t, const void *v) {
	troupe_sub m = {.kind = TROUPE_INSTANTIATE, .module = module};
	if (v) m.body = troupe_encode(t, v);
	return troupe_send(c, m);
}

troupe_sub *troupe_migrate_value(troupe_call *c, troupe_text to, troupe_text module, const troupe_type *t, const void *v) {
	troupe_sub m = {.kind = TROUPE_MIGRATE, .to = to, .module = module};
	if (v) m.body = troupe_encode(t, v);
	return troupe_send(c, m);
}

troupe_sub *troupe_set_admin(troupe_call *c, troupe_text to, troupe_text admin) {
	return troupe_send(c, (troupe_sub){.kind = TROUPE_SET_ADMIN, .to = to, .admin = admin});
}

// ---- Envelopes ----

// Reads what the host has written. Once something is not as it should be nothing more is read, and bad is true.
typedef struct {
	troupe_wire wire;
	bool bad;
} troupe_reader;

static troupe_head troupe_next_head(troupe_reader *r) {
	troupe_head h = {0};
	if (!r->bad && troupe_read_head(&r->wire, &h)) r->bad = true;
	return h;
}

static uint64_t troupe_next_of(troupe_reader *r, uint8_t major) {
	troupe_head h = troupe_next_head(r);
	if (h.major != major) r->bad = true;
	return r->bad ? 0 : h.arg;
}

static void troupe_next_array(troupe_reader *r, uint64_t len) {
	if (troupe_next_of(r, TROUPE_ARRAY) != len) r->bad = true;
}

static troupe_bytes troupe_next_nullable(troupe_reader *r) {
	troupe_head h = troupe_next_head(r);
	if (troupe_is_null(h)) return (troupe_bytes){0};
	if (h.major != TROUPE_BYTES) r->bad = true;
	return r->bad ? (troupe_bytes){0} : troupe_read_content(&r->wire, h);
}

static troupe_text troupe_next_text(troupe_reader *r) {
	troupe_head h = {TROUPE_STRING_TEXT, 0, troupe_next_of(r, TROUPE_STRING_TEXT)};
	return r->bad ? (troupe_text){"", 0} : troupe_as_text(troupe_read_content(&r->wire, h));
}

static int64_t troupe_next_int(troupe_reader *r) {
	troupe_head h = troupe_next_head(r);
	if (!troupe_is_integer(h) || h.arg > INT64_MAX) r->bad = true;
	return r->bad ? 0 : h.major == TROUPE_NEGATIVE ? ~(int64_t)h.arg : (int64_t)h.arg;
}

static void troupe_next_env(troupe_reader *r, troupe_call *c) {
	c->self = troupe_next_text(r);
	c->sender = troupe_next_text(r);
	c->sequence = troupe_next_of(r, TROUPE_UINT);
	c->time = troupe_next_int(r);
	troupe_bytes seed = troupe_next_nullable(r);
	if (seed.len == sizeof c->seed) {
		troupe_copy(c->seed, seed.at, sizeof c->seed);
	} else {
		r->bad = true;
	}
	c->span = troupe_next_of(r, TROUPE_UINT);
}

static const troupe_error *troupe_next_error(troupe_reader *r) {
	troupe_head h = troupe_next_head(r);
	if (troupe_is_null(h)) return 0;
	if (h.major != TROUPE_ARRAY || h.arg != 2) r->bad = true;
	troupe_error *e = troupe_new(sizeof *e);
	e->code = troupe_next_text(r);
	e->message = troupe_next_text(r);
	return e;
}

static const troupe_event *troupe_next_events(troupe_reader *r, size_t *count) {
	*count = (size_t)troupe_next_of(r, TROUPE_ARRAY);
	troupe_event *events = troupe_new(*count * sizeof *events);
	for (size_t i = 0; i < *count && !r->bad; i++) {
		troupe_next_array(r, 3);
		events[i].actor = troupe_next_text(r);
		events[i].type = troupe_next_text(r);
		events[i].count = (size_t)troupe_next_of(r, TROUPE_ARRAY);
		troupe_attribute *attributes = troupe_new(events[i].count * sizeof *attributes);
		for (size_t j = 0; j < events[i].count && !r->bad; j++) {
			troupe_next_array(r, 2);
			attributes[j] = (troupe_attribute){troupe_next_text(r), {0}};
			attributes[j].value = troupe_next_text(r);
		}
		events[i].attributes = attributes;
	}
	return events;
}

static void troupe_next_reply(troupe_reader *r, troupe_call *c) {
	troupe_reply *reply = troupe_new(sizeof *reply);
	c->reply = reply;
	reply->id = troupe_next_of(r, TROUPE_UINT);
	reply->payload = troupe_next_nullable(r);
	reply->callee = troupe_next_text(r);
	reply->gas_used = troupe_next_of(r, TROUPE_UINT);
	reply->error = troupe_next_error(r);
	reply->data = troupe_next_nullable(r);
	reply->events = troupe_next_events(r, &reply->count);
}

enum { TROUPE_ENTRY_EXECUTE, TROUPE_ENTRY_INSTANTIATE, TROUPE_ENTRY_MIGRATE, TROUPE_ENTRY_SUDO = 4, TROUPE_ENTRY_QUERY, TROUPE_ENTRY_REPLY };

// Reads the input of an entry point, and says whether it is one.
static bool troupe_read_input(troupe_call *c, uint32_t entry, troupe_bytes input) {
	troupe_reader r = {.wire = {input.at, input.len, 0}};
	switch (entry) {
	case TROUPE_ENTRY_QUERY:
		troupe_next_array(&r, 4);
		c->self = troupe_next_text(&r);
		c->sequence = troupe_next_of(&r, TROUPE_UINT);
		c->time = troupe_next_int(&r);
		c->body = troupe_next_nullable(&r);
		break;
	case TROUPE_ENTRY_REPLY:
		troupe_next_array(&r, 13);
		troupe_next_env(&r, c);
		troupe_next_reply(&r, c);
		break;
	default:
		troupe_next_array(&r, 9);
		troupe_next_env(&r, c);
		c->body = troupe_next_nullable(&r);
		c->module = troupe_next_text(&r);
		c->admin = troupe_next_text(&r);
	}
	return !r.bad && r.wire.off == r.wire.len;
}

static void troupe_put_sub(troupe_buffer *b, const troupe_sub *m) {
	troupe_put_head(b, TROUPE_ARRAY, 5);
	troupe_put_head(b, TROUPE_UINT, m->id);
	troupe_put_head(b, TROUPE_UINT, m->reply_on);
	troupe_put_head(b, TROUPE_UINT, m->gas_limit);
	troupe_put_nullable(b, m->payload);
	troupe_put_head(b, TROUPE_ARRAY, 5);
	troupe_put_head(b, TROUPE_UINT, (uint64_t)m->kind);
	troupe_put_tstr(b, m->to);
	troupe_put_nullable(b, m->body);
	troupe_put_tstr(b, m->module);
	troupe_put_tstr(b, m->admin);
}

static troupe_bytes troupe_write_output(const troupe_call *c, uint32_t entry) {
	troupe_buffer b = {0};
	if (c->no_entry) {
		troupe_put(&b, "\x81\x02", 2);
	} else if (c->failed) {
		troupe_put(&b, "\x83\x01", 2);
		troupe_put_tstr(&b, c->error.code);
		troupe_put_tstr(&b, c->error.message);
	} else {
		troupe_put_head(&b, TROUPE_ARRAY, entry == TROUPE_ENTRY_QUERY ? 2 : 5);
		troupe_put_head(&b, TROUPE_UINT, 0);
		troupe_put_nullable(&b, c->data);
		if (entry != TROUPE_ENTRY_QUERY) {
			troupe_put_head(&b, TROUPE_ARRAY, c->messages);
			for (const troupe_sub *m = c->first; m; m = m->next) troupe_put_sub(&b, m);
			troupe_put_head(&b, TROUPE_ARRAY, c->attributes);
			troupe_put(&b, c->attribute_list.at, c->attribute_list.len);
			troupe_put_head(&b, TROUPE_ARRAY, c->events);
			troupe_put(&b, c->event_list.at, c->event_list.len);
		}
	}
	return troupe_content(b);
}

static const char troupe_no_envelope[] = "guest: the host has sent something that is no envelope of version 1 of its ABI";

// ---- Other actors ----

// Notes an error where the caller wants it, or fails the call with it.
static bool troupe_refused(troupe_call *c, troupe_error *e, troupe_error what) {
	if (e) {
		*e = what;
	} else {
		troupe_fail_text(c, what.code, what.message);
	}
	return false;
}

bool troupe_query(troupe_call *c, troupe_text to, troupe_bytes body, troupe_bytes *answer, troupe_error *e) {
	*answer = (troupe_bytes){0};
	if (c->failed) return false;
	void *out = troupe_new(TROUPE_USUAL);
	int32_t n = troupe_host_query(to.at, to.len, body.at, body.len, out, TROUPE_USUAL);
	troupe_bytes found = troupe_found(n, out, TROUPE_USUAL);
	troupe_reader r = {.wire = {found.at, found.len, 0}};
	uint64_t len = troupe_next_of(&r, TROUPE_ARRAY), status = troupe_next_of(&r, TROUPE_UINT);
	if (len == 2 && status == 0) {
		*answer = troupe_next_nullable(&r);
		if (!r.bad) return true;
	} else if (len == 3 && status == 1) {
		troupe_error what = {troupe_next_text(&r), {0}};
		what.message = troupe_next_text(&r);
		if (!r.bad) return troupe_refused(c, e, what);
	}
	return troupe_refused(c, e, (troupe_error){TROUPE_TEXT("malformed"), troupe_string(troupe_no_envelope)});
}

bool troupe_query_raw(troupe_call *c, troupe_text to, troupe_bytes key, troupe_bytes *value) {
	*value = (troupe_bytes){0};
	if (c->failed) return false;
	void *out = troupe_new(TROUPE_USUAL);
	int32_t n = troupe_host_query_raw(to.at, to.len, key.at, key.len, out, TROUPE_USUAL);
	if (n < 0) return false;
	*value = troupe_found(n, out, TROUPE_USUAL);
	return true;
}

static troupe_error troupe_no_data(const troupe_type *t, troupe_bytes data) {
	return (troupe_error){TROUPE_TEXT("malformed"), troupe_explain(t, data, TROUPE_TEXT("data"), TROUPE_VALUE_DEPTH, false)};
}

bool troupe_ask_value(troupe_call *c, troupe_text to, const troupe_type *qt, const void *q, const troupe_type *at, void *a, troupe_error *e) {
	troupe_bytes data;
	troupe_zero(a, at->size);
	if (!troupe_query(c, to, troupe_body(qt, q), &data, e)) return false;
	if (troupe_decode_stored(data, at, a)) return true;
	troupe_zero(a, at->size);
	return troupe_refused(c, e, troupe_no_data(at, data));
}

bool troupe_decode_data(troupe_call *c, troupe_bytes data, const troupe_type *t, void *v) {
	if (troupe_decode_stored(data, t, v)) return true;
	troupe_zero(v, t->size);
	return troupe_refused(c, 0, troupe_no_data(t, data));
}

// ---- Handlers ----

#define troupe_malformed(c, ...) troupe_fail(c, "malformed", __VA_ARGS__)

static bool troupe_check_length(troupe_call *c) {
	if (c->body.len <= TROUPE_MAX_BODY) return true;
	troupe_fail(c, "body_too_large", "a body has at most ", (int)TROUPE_MAX_BODY, " bytes, this one has ", c->body.len);
	return false;
}

// Runs a handler on the fields of the message of a name. Fields of length 0 are those of the zero message.
static void troupe_handle(troupe_call *c, const troupe_handler *h, troupe_text name, troupe_bytes fields) {
	const troupe_type *t = h->type;
	void *m = troupe_new(t->size);
	if (fields.len > 0) {
		troupe_decoder d = {.wire = {fields.at, fields.len, 0}, .depth = TROUPE_MESSAGE_DEPTH, .strict = true};
		troupe_text wrong = troupe_fine;
		if (!troupe_decode(&d, t, m)) {
			wrong = troupe_explain(t, fields, name, TROUPE_MESSAGE_DEPTH, true);
		} else if (d.bent && troupe_is_strict(t, 0)) {
			wrong = troupe_check(t, fields, name, TROUPE_MESSAGE_DEPTH, true);
		}
		if (wrong.at) {
			troupe_malformed(c, wrong);
			return;
		}
	}
	h->run(c, m);
}

static void troupe_unknown(troupe_call *c, const char *kind, troupe_handlers table, troupe_text name) {
	troupe_text *names = troupe_new(table.len * sizeof *names);
	for (size_t i = 0; i < table.len; i++) names[i] = troupe_string(table.at[i].type->message);
	troupe_fail(c, "unknown_message", "no ", kind, " message ", troupe_quote(name), "; known are ", troupe_listed(names, table.len));
}

static const troupe_handler *troupe_find(troupe_call *c, const char *kind, troupe_handlers table, troupe_text name) {
	for (size_t i = 0; i < table.len; i++) {
		if (troupe_same(troupe_string(table.at[i].type->message), name)) return &table.at[i];
	}
	troupe_unknown(c, kind, table, name);
	return 0;
}

// Takes a body in JSON apart.
static void troupe_deliver_json(troupe_call *c, const char *kind, troupe_handlers table) {
	troupe_path at = {.name = TROUPE_TEXT("message")};
	troupe_json r = {.src = c->body.at, .len = c->body.len, .depth = TROUPE_MESSAGE_DEPTH};
	uint8_t first = troupe_json_peek(&r);
	troupe_text name = {0};
	bool bare = first == '"', done;
	if (bare) {
		done = troupe_json_text(&r, &name, &at);
	} else if (first != '{') {
		done = troupe_json_fault(&r, &at, "a message is {\"name\": {…}} or \"name\"");
	} else {
		r.off++;
		if (troupe_json_peek(&r) == '}') {
			troupe_malformed(c, "message: a message has one key, its name");
			return;
		}
		done = troupe_json_key(&r, &name, &at);
	}
	const troupe_handler *h = 0;
	troupe_buffer fields = {0};
	if (done && !(h = troupe_find(c, kind, table, name))) return;
	if (done && !bare) {
		done = troupe_json_value(&r, &fields, h->type, &(troupe_path){.name = name});
		if (done && troupe_json_peek(&r) != '}') done = troupe_json_fault(&r, &at, "a message has one key, its name");
		r.off++;
	}
	if (done && troupe_json_peek(&r) != 0) done = troupe_json_fault(&r, &at, "something follows the message");
	if (!done) {
		troupe_malformed(c, r.wrong);
		return;
	}
	troupe_handle(c, h, name, troupe_content(fields));
}

// Finds the handler of the message in the body, and runs it.
static void troupe_deliver(troupe_call *c, const char *kind, troupe_handlers table) {
	if (table.len == 0) {
		troupe_fail(c, "unsupported", "the actor takes no ", kind, " messages");
		return;
	}
	if (c->body.len == 0) {
		troupe_malformed(c, "the body is empty; a message is {\"name\": {…}} or \"name\"");
		return;
	}
	if (!troupe_check_length(c)) return;
	if (troupe_is_json(c->body)) {
		troupe_deliver_json(c, kind, table);
		return;
	}
	troupe_wire w = {c->body.at, c->body.len, 0};
	troupe_head h;
	if (troupe_read_head(&w, &h)) {
		troupe_malformed(c, "the body is neither CBOR nor JSON; a message is {\"name\": {…}} or \"name\", quotes included");
		return;
	}
	bool bare = h.major == TROUPE_STRING_TEXT;
	if (!bare) {
		if (h.major != TROUPE_MAP_OF_PAIRS || h.arg != 1) {
			troupe_text found = troupe_string(troupe_kind_of(h));
			if (h.major == TROUPE_MAP_OF_PAIRS) found = troupe_join("a map with ", h.arg, " keys");
			troupe_malformed(c, "message: expected a map with one key, the name, or the name alone as text; found ", found);
			return;
		}
		if (troupe_read_head(&w, &h) || h.major != TROUPE_STRING_TEXT) {
			troupe_malformed(c, "message: its one key, the name, is a text");
			return;
		}
	}
	size_t start = w.off;
	troupe_text name = troupe_as_text(troupe_read_content(&w, h));
	if (!troupe_is_utf8((const uint8_t *)name.at, name.len)) {
		troupe_malformed(c, "message: byte ", start, ": a text is not valid UTF-8");
		return;
	}
	const troupe_handler *handler = troupe_find(c, kind, table, name);
	if (!handler) return;
	troupe_bytes fields = {w.data + w.off, w.len - w.off};
	if (bare && fields.len > 0) {
		troupe_malformed(c, "message: byte ", w.off, ": something follows the name");
	} else if (!bare && fields.len == 0) {
		troupe_malformed(c, "message: ", troupe_too_early);
	} else {
		troupe_handle(c, handler, name, fields);
	}
}

// Runs a handler on a body that has no name in it.
static void troupe_deliver_fields(troupe_call *c, const char *kind, const troupe_handler *h) {
	if (!troupe_check_length(c)) return;
	troupe_bytes fields = c->body;
	if (troupe_is_json(c->body)) {
		troupe_path at = {.name = troupe_string(kind)};
		troupe_json r = {.src = c->body.at, .len = c->body.len, .depth = TROUPE_MESSAGE_DEPTH};
		troupe_buffer b = {0};
		bool done = troupe_json_value(&r, &b, h->type, &at);
		if (done && troupe_json_peek(&r) != 0) done = troupe_json_fault(&r, &at, "something follows the value");
		if (!done) {
			troupe_malformed(c, r.wrong);
			return;
		}
		fields = troupe_content(b);
	}
	troupe_handle(c, h, troupe_string(kind), fields);
}

void troupe_typed_execute(troupe_call *c) { troupe_deliver(c, "execute", troupe_this.tables->execute); }
void troupe_typed_sudo(troupe_call *c) { troupe_deliver(c, "sudo", troupe_this.tables->sudo); }
void troupe_typed_query(troupe_call *c) { troupe_deliver(c, "query", troupe_this.tables->query); }

void troupe_typed_migrate(troupe_call *c) {
	const troupe_handler *h = &troupe_this.tables->migrate;
	if (h->run) {
		troupe_deliver_fields(c, "migrate", h);
	} else {
		troupe_fail(c, "unsupported", "the actor takes no migrate message");
	}
}

// The length of the white space, as Unicode has it, with which s begins.
static size_t troupe_space(const uint8_t *s, size_t len) {
	uint32_t r;
	size_t n = len > 0 ? troupe_rune(s, len, &r) : 0;
	if (n == 0) return 0;
	bool space = (r >= 9 && r <= 13) || r == ' ' || r == 0x85 || r == 0xa0 || r == 0x1680 || (r >= 0x2000 && r <= 0x200a) || r == 0x2028 ||
		r == 0x2029 || r == 0x202f || r == 0x205f || r == 0x3000;
	return space ? n : 0;
}

// Whether a body has no fields: empty, or an empty map, with white space around it.
static bool troupe_is_nothing(troupe_bytes body) {
	const uint8_t *s = body.at;
	size_t len = body.len;
	for (size_t n; (n = troupe_space(s, len)) > 0; len -= n) s += n;
	for (size_t n = 1; n <= 3 && n <= len; n++) { // a character from behind
		if (troupe_space(s + len - n, n) == n) {
			len -= n;
			n = 0;
		}
	}
	return len == 0 || (len == 1 && s[0] == 0xa0) || (len == 2 && s[0] == '{' && s[1] == '}');
}

void troupe_typed_instantiate(troupe_call *c) {
	const troupe_tables *tables = troupe_this.tables;
	if (!tables->instantiate.run) {
		if (!troupe_is_nothing(c->body)) troupe_fail(c, "unsupported", "the actor takes no instantiate message");
	} else if (c->body.len == 0 && !tables->is_virtual) {
		troupe_malformed(c, "instantiate: the body is empty; the actor must be created with a message and does not come up by its first one");
	} else {
		troupe_deliver_fields(c, "instantiate", &tables->instantiate);
	}
}

void troupe_typed_reply(troupe_call *c) {
	const troupe_tables *tables = troupe_this.tables;
	const troupe_reply_handler *found = 0;
	for (size_t i = 0; i < tables->reply.len; i++) {
		const troupe_reply_handler *h = &tables->reply.at[i];
		if (!h->any && h->id == c->reply->id) {
			found = h;
			break;
		}
		if (h->any) found = h;
	}
	if (!found) {
		troupe_fail(c, "unsupported", "the actor has no handler for reply ", c->reply->id);
		return;
	}
	if (found->plain) {
		found->plain(c);
		return;
	}
	void *payload = troupe_new(found->handler.type->size);
	if (c->reply->payload.len > 0 && !troupe_decode_stored(c->reply->payload, found->handler.type, payload)) {
		troupe_malformed(c, "the payload of reply ", c->reply->id, " does not fit its handler");
		return;
	}
	found->handler.run(c, payload);
}

// ---- Random numbers: ChaCha8 as of https://c2sp.org/chacha8rand ----

static uint32_t troupe_rotate(uint32_t n, int left) { return n << left | n >> (32 - left); }

// SHA-256 of 40 bytes, which are one block.
static void troupe_sha256(const uint8_t *text, uint32_t *sum) {
	static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	static const uint32_t rounds[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
		0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
		0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
		0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb,
		0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
		0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f,
		0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
	uint32_t w[64] = {0}, s[8];
	for (int i = 0; i < 40; i++) w[i / 4] = w[i / 4] << 8 | text[i];
	w[10] = 1u << 31;
	w[15] = 40 * 8;
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];
		w[i] = (troupe_rotate(a, 25) ^ troupe_rotate(a, 14) ^ a >> 3) + (troupe_rotate(b, 15) ^ troupe_rotate(b, 13) ^ b >> 10) + w[i - 16] + w[i - 7];
	}
	for (int i = 0; i < 8; i++) s[i] = start[i];
	for (int i = 0; i < 64; i++) {
		uint32_t s1 = troupe_rotate(s[4], 26) ^ troupe_rotate(s[4], 21) ^ troupe_rotate(s[4], 7);
		uint32_t s0 = troupe_rotate(s[0], 30) ^ troupe_rotate(s[0], 19) ^ troupe_rotate(s[0], 10);
		uint32_t t = s[7] + s1 + ((s[4] & s[5]) ^ (~s[4] & s[6])) + rounds[i] + w[i];
		uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
		for (int j = 7; j > 0; j--) s[j] = s[j - 1];
		s[4] += t;
		s[0] = t + s0 + majority;
	}
	for (int i = 0; i < 8; i++) sum[i] = start[i] + s[i];
}

static void troupe_quarter(uint32_t *w, int a, int b, int c, int d) {
	for (int i = 0; i < 2; i++) {
		w[a] += w[b];
		w[d] = troupe_rotate(w[d] ^ w[a], i ? 8 : 16);
		w[c] += w[d];
		w[b] = troupe_rotate(w[b] ^ w[c], i ? 7 : 12);
	}
}

// Four blocks side by side.
static void troupe_rand_fill(troupe_rand *r) {
	static const uint32_t constants[4] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
	for (uint32_t lane = 0; lane < 4; lane++) {
		uint32_t b[16] = {0};
		for (int i = 0; i < 4; i++) b[i] = constants[i];
		for (int i = 0; i < 8; i++) b[4 + i] = r->key[i];
		b[12] = r->counter + lane;
		for (int round = 0; round < 4; round++) {
			for (int i = 0; i < 4; i++) troupe_quarter(b, i, 4 + i, 8 + i, 12 + i);
			for (int i = 0; i < 4; i++) troupe_quarter(b, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
		}
		for (int i = 0; i < 16; i++) r->words[i][lane] = b[i] + (i >= 4 && i < 12 ? r->key[i - 4] : 0);
	}
	r->next = 0;
}

troupe_rand troupe_random(const troupe_call *c) {
	troupe_rand r = {.counter = 0};
	uint8_t text[40];
	troupe_copy(text, c->seed, 32);
	for (int i = 0; i < 8; i++) text[32 + i] = (uint8_t)(c->span >> (56 - 8 * i));
	troupe_sha256(text, r.key);
	for (int i = 0; i < 8; i++) r.key[i] = __builtin_bswap32(r.key[i]);
	troupe_rand_fill(&r);
	return r;
}

uint64_t troupe_rand_next(troupe_rand *r) {
	enum { NUMBERS = 32, LAST = 12 }; // in four blocks; the first of the last four
	if (r->next == (r->counter == LAST ? NUMBERS - 4 : NUMBERS)) {
		for (int i = 0; r->counter == LAST && i < 8; i++) r->key[i] = r->words[14 + i / 4][i % 4];
		r->counter = (r->counter + 4) % 16;
		troupe_rand_fill(r);
	}
	const uint32_t *pair = &r->words[r->next / 2][r->next % 2 * 2];
	r->next++;
	return (uint64_t)pair[1] << 32 | pair[0];
}

// The upper half of a product, and the lower one.
static uint64_t troupe_product(uint64_t a, uint64_t b, uint64_t *low) {
	uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
	uint64_t middle = ah * bl + (al * bl >> 32), other = al * bh + (uint32_t)middle;
	*low = a * b;
	return ah * bh + (middle >> 32) + (other >> 32);
}

uint64_t troupe_rand_below(troupe_rand *r, uint64_t n) {
	if (n == 0) troupe_abort(TROUPE_TEXT("there is no number below 0"));
	if ((n & (n - 1)) == 0) return troupe_rand_next(r) & (n - 1);
	uint64_t low, high = troupe_product(troupe_rand_next(r), n, &low);
	if (low < n) {
		uint64_t surplus = (0 - n) % n;
		while (low < surplus) high = troupe_product(troupe_rand_next(r), n, &low);
	}
	return high;
}

// ---- What the host calls ----

static void troupe_run_entry(troupe_call *c, uint32_t entry) {
	void (*run)(troupe_call *) = 0;
	switch (entry) {
	case TROUPE_ENTRY_EXECUTE:
		run = troupe_this.execute;
		break;
	case TROUPE_ENTRY_INSTANTIATE:
		run = troupe_this.instantiate;
		break;
	case TROUPE_ENTRY_MIGRATE:
		run = troupe_this.migrate;
		break;
	case TROUPE_ENTRY_SUDO:
		run = troupe_this.sudo;
		break;
	case TROUPE_ENTRY_QUERY:
		run = troupe_this.query;
		break;
	case TROUPE_ENTRY_REPLY:
		run = troupe_this.reply;
		break;
	}
	if (run) {
		run(c);
	} else {
		c->no_entry = entry != TROUPE_ENTRY_INSTANTIATE || c->body.len > 0;
	}
}

// Runs an entry point on an input, and returns the output.
static troupe_bytes troupe_run_call(uint32_t entry, troupe_bytes input) {
	troupe_call *c = troupe_new(sizeof *c);
	if (entry > TROUPE_ENTRY_REPLY || entry == 3) {
		c->no_entry = true;
	} else if (troupe_read_input(c, entry, input)) {
		troupe_run_entry(c, entry);
	} else {
		troupe_malformed(c, troupe_no_envelope);
	}
	return troupe_write_output(c, entry);
}

// The mark of the dialect and its version. It is never called.
TROUPE_EXPORT_(troupe_abi_1) void troupe_abi_1(void) {}

TROUPE_EXPORT_(troupe_alloc) void *troupe_alloc(size_t size) { return troupe_allocate(size); }

TROUPE_EXPORT_(troupe_call) uint64_t troupe_call_entry(uint32_t entry, const uint8_t *at, size_t len) {
	troupe_bytes output = troupe_run_call(entry, (troupe_bytes){at, len});
	return (uint64_t)(uintptr_t)output.at << 32 | output.len;
}

#endif // TROUPE_IMPLEMENTATION
