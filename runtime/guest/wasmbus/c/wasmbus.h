// wasmbus.h: classic wasmCloud actors in C, for the guest ABI wasmbus.
//
// One file, for C11 and clang; it needs no C library. One source of a module says what is in it:
//
//	#define WASMBUS_IMPLEMENTATION
//	#include "wasmbus.h"
//
//	static bool count(const wasmbus_request *r, wasmbus_response *out) {
//		int32_t n;
//		if (!wasmbus_kv_increment(wasmbus_join(WASMBUS_TEXT("visits:"), r->path), 1, &n)) return false;
//		wasmbus_buffer body = {0};
//		wasmbus_put_number(&body, n);
//		out->body = wasmbus_content(&body);
//		return true;
//	}
//
//	WASMBUS_ACTOR(.request = count)
//
//	clang --target=wasm32 -O2 -ffreestanding -nostdlib -Wl,--no-entry -Wl,--strip-all -Wl,--stack-first \
//	      -Wl,-z,stack-size=32768 -o visits.wasm visits.c
//
// A module runs when it has been signed with the capabilities that it uses: troupe claims sign.
//
// # Failures
//
// What can fail returns whether it went well; if not, wasmbus_error says why. A handler that returns false fails the call
// with that text, and what the call has done is rolled back. A handler that returns true has caught it.
//
// # Memory
//
// wasmbus_new allocates. Nothing is ever freed before the call ends; then all of it is, static variables being set back by
// the host. What an actor wants to remember it gives to a provider. All that the functions return is valid until the call
// ends.

#ifndef WASMBUS_H
#define WASMBUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ---- Texts and bytes ----

// Bytes that belong to the call.
typedef struct {
	const uint8_t *at;
	size_t len;
} wasmbus_bytes;

// Text, in UTF-8, without a zero byte behind it.
typedef struct {
	const char *at;
	size_t len;
} wasmbus_text;

// The text of a string literal.
#define WASMBUS_TEXT(literal) ((wasmbus_text){"" literal, sizeof("" literal) - 1})

static inline wasmbus_bytes wasmbus_bytes_of(wasmbus_text t) { return (wasmbus_bytes){(const uint8_t *)t.at, t.len}; }
static inline wasmbus_text wasmbus_text_of(wasmbus_bytes b) { return (wasmbus_text){(const char *)b.at, b.len}; }

bool wasmbus_same(wasmbus_text a, wasmbus_text b);
bool wasmbus_starts(wasmbus_text t, wasmbus_text prefix);
// The two, one behind the other.
wasmbus_text wasmbus_join(wasmbus_text a, wasmbus_text b);
// Cuts a text before the first sep, and leaves what is behind it at rest: nothing if there is no sep.
wasmbus_text wasmbus_cut(wasmbus_text t, char sep, wasmbus_text *rest);
// Reads a decimal number that fits, with "-" for those below 0.
bool wasmbus_number(wasmbus_text t, int64_t *n);
// The value of a name in the query of a URL, as it stands there: false if it is not there.
bool wasmbus_parameter(wasmbus_text query, wasmbus_text name, wasmbus_text *value);

// Memory for n bytes, aligned for any type. It traps if there is none.
void *wasmbus_new(size_t n);

// Bytes that grow. All zero is empty.
typedef struct {
	uint8_t *at;
	size_t len, room;
} wasmbus_buffer;

static inline wasmbus_bytes wasmbus_content(const wasmbus_buffer *b) { return (wasmbus_bytes){b->at, b->len}; }

// Append bytes, a text as it is, a number in decimal digits, and a text as JSON has it, in quotes.
void wasmbus_put(wasmbus_buffer *b, const void *at, size_t len);
void wasmbus_put_text(wasmbus_buffer *b, wasmbus_text t);
void wasmbus_put_number(wasmbus_buffer *b, int64_t n);
void wasmbus_put_json(wasmbus_buffer *b, wasmbus_text t);
#define wasmbus_put_literal(b, literal) wasmbus_put_text(b, WASMBUS_TEXT(literal))

// ---- MessagePack ----

// Append a value in its shortest form. Behind the head of a list come its elements, behind that of a map its keys and
// values by turns.
void wasmbus_write_nil(wasmbus_buffer *b);
void wasmbus_write_bool(wasmbus_buffer *b, bool v);
void wasmbus_write_uint(wasmbus_buffer *b, uint64_t n);
void wasmbus_write_int(wasmbus_buffer *b, int64_t n);
void wasmbus_write_float(wasmbus_buffer *b, double v);
void wasmbus_write_text(wasmbus_buffer *b, wasmbus_text t);
void wasmbus_write_bytes(wasmbus_buffer *b, wasmbus_bytes v);
void wasmbus_write_list(wasmbus_buffer *b, uint32_t count);
void wasmbus_write_map(wasmbus_buffer *b, uint32_t count);

// Reads values one behind the other. bad says that what was read is no MessagePack, or not of the type that was asked for:
// from then on everything is empty.
typedef struct {
	const uint8_t *at;
	size_t left;
	bool bad;
} wasmbus_reader;

static inline wasmbus_reader wasmbus_read(wasmbus_bytes b) { return (wasmbus_reader){b.at, b.len, false}; }

typedef enum {
	WASMBUS_NIL,
	WASMBUS_BOOL,
	WASMBUS_UINT,
	WASMBUS_INT, // below 0
	WASMBUS_FLOAT,
	WASMBUS_STRING,
	WASMBUS_BYTES,
	WASMBUS_LIST,
	WASMBUS_MAP,
	WASMBUS_EXTENSION,
} wasmbus_kind;

// A value, or the head of a list or map.
typedef struct {
	wasmbus_kind kind;
	uint64_t number; // a bool, an integer in two's complement, the count of a list or map, the type of an extension
	double real;
	wasmbus_bytes bytes; // of a text, bytes or an extension
} wasmbus_item;

wasmbus_item wasmbus_next(wasmbus_reader *r);
// Goes behind a value with all that is in it.
void wasmbus_skip(wasmbus_reader *r);

// Read a value of a type. Null is the zero value.
bool wasmbus_read_bool(wasmbus_reader *r);
int64_t wasmbus_read_int(wasmbus_reader *r);
int32_t wasmbus_read_int32(wasmbus_reader *r);
uint32_t wasmbus_read_uint32(wasmbus_reader *r);
wasmbus_text wasmbus_read_text(wasmbus_reader *r);
wasmbus_bytes wasmbus_read_bytes(wasmbus_reader *r); // a text or a list of numbers below 256 will do
uint32_t wasmbus_read_list(wasmbus_reader *r);
uint32_t wasmbus_read_map(wasmbus_reader *r);

// ---- Calls ----

// Why the last thing failed that has failed in this call.
wasmbus_text wasmbus_error(void);
// Makes a text the one of wasmbus_error. It is false, to be returned by a handler.
bool wasmbus_fail(wasmbus_text why);

// Calls an operation "Trait.Method" of what has a contract, over a link, or of another actor: then link is empty, and to
// the public key of its module or its alias. The answer may be null if nobody wants it.
bool wasmbus_call(wasmbus_text link, wasmbus_text to, wasmbus_text operation, wasmbus_bytes payload, wasmbus_bytes *answer);
// A line for whoever looks at the host, without a claim.
void wasmbus_print(wasmbus_text line);

// ---- HttpServer: wasmcloud:httpserver ----

typedef struct {
	wasmbus_text name;
	const wasmbus_text *values;
	size_t count;
} wasmbus_header;

typedef struct {
	wasmbus_text method, path;
	wasmbus_text query; // without "?"
	const wasmbus_header *headers;
	size_t count;
	wasmbus_bytes body;
} wasmbus_request;

typedef struct {
	uint16_t status; // 200 before the handler changes it
	wasmbus_bytes body;
	wasmbus_buffer headers; // see wasmbus_add_header
	uint32_t count;
} wasmbus_response;

// The first value of a header, whose name is given in lower case: empty if it is not there.
wasmbus_text wasmbus_header_of(const wasmbus_request *r, wasmbus_text name);
void wasmbus_add_header(wasmbus_response *r, wasmbus_text name, wasmbus_text value);

// ---- Messaging: wasmcloud:messaging ----

typedef struct {
	wasmbus_text subject, reply_to; // reply_to is empty if nobody waits for an answer
	wasmbus_bytes body;
} wasmbus_message;

bool wasmbus_publish(wasmbus_message m);
// Publishes, and waits for an answer at most so long.
bool wasmbus_ask(wasmbus_text subject, wasmbus_bytes body, uint32_t timeout_ms, wasmbus_message *answer);

// ---- KeyValue: wasmcloud:keyvalue ----

typedef struct {
	const wasmbus_text *at;
	size_t len;
} wasmbus_texts;

bool wasmbus_kv_get(wasmbus_text key, wasmbus_text *value, bool *exists);
// Keeps a value for so many seconds, for ever if expires is 0.
bool wasmbus_kv_set(wasmbus_text key, wasmbus_text value, uint32_t expires);
// What tells of the outcome may be null: whether the key or element was there, the new number or size.
bool wasmbus_kv_delete(wasmbus_text key, bool *was);
bool wasmbus_kv_contains(wasmbus_text key, bool *is);
bool wasmbus_kv_increment(wasmbus_text key, int32_t by, int32_t *now);
bool wasmbus_kv_list_add(wasmbus_text list, wasmbus_text value, uint32_t *size);
bool wasmbus_kv_list_delete(wasmbus_text list, wasmbus_text value, bool *was);
// The elements from start to stop, both included; numbers below 0 count from the end.
bool wasmbus_kv_list_range(wasmbus_text list, int32_t start, int32_t stop, wasmbus_texts *elements);
bool wasmbus_kv_list_clear(wasmbus_text list, bool *was);
bool wasmbus_kv_set_add(wasmbus_text set, wasmbus_text value, uint32_t *size);
bool wasmbus_kv_set_delete(wasmbus_text set, wasmbus_text value, uint32_t *size);
bool wasmbus_kv_set_query(wasmbus_text set, wasmbus_texts *elements);
bool wasmbus_kv_set_union(wasmbus_texts sets, wasmbus_texts *elements);
bool wasmbus_kv_set_intersection(wasmbus_texts sets, wasmbus_texts *elements);
bool wasmbus_kv_set_clear(wasmbus_text set, bool *was);

// ---- Logging and NumberGen: wasmcloud:builtin:logging, wasmcloud:builtin:numbergen ----

// level is "debug", "info", "warn" or "error".
bool wasmbus_log(wasmbus_text level, wasmbus_text text);
bool wasmbus_guid(wasmbus_text *guid);
bool wasmbus_random(uint32_t *n);
// A number from min to max, both included.
bool wasmbus_random_in_range(uint32_t min, uint32_t max, uint32_t *n);

// ---- The actor ----

typedef struct {
	bool (*request)(const wasmbus_request *r, wasmbus_response *out);
	bool (*message)(const wasmbus_message *m);
	// Gets all other operations. If it does not know one, it returns wasmbus_unknown.
	bool (*call)(wasmbus_text operation, wasmbus_bytes payload, wasmbus_bytes *answer);
} wasmbus_actor;

bool wasmbus_unknown(wasmbus_text operation);

// Says what the actor handles. It answers Actor.HealthRequest by itself.
#define WASMBUS_ACTOR(...) const wasmbus_actor wasmbus_self = {__VA_ARGS__};

#endif // WASMBUS_H

#ifdef WASMBUS_IMPLEMENTATION
#undef WASMBUS_IMPLEMENTATION

extern const wasmbus_actor wasmbus_self;

// ---- The host ----

#define WASMBUS_IMPORT_(name) __attribute__((import_module("wasmbus"), import_name(#name))) extern
#define WASMBUS_EXPORT_(name) __attribute__((export_name(#name)))

WASMBUS_IMPORT_(__guest_request) void wasmbus_host_request(void *operation, void *payload);
WASMBUS_IMPORT_(__guest_response) void wasmbus_host_respond(const void *at, size_t len);
WASMBUS_IMPORT_(__guest_error) void wasmbus_host_fail(const void *at, size_t len);
WASMBUS_IMPORT_(__host_call)
int32_t wasmbus_host_call(const void *link, size_t link_len, const void *to, size_t to_len, const void *operation, size_t operation_len,
	const void *payload, size_t payload_len);
WASMBUS_IMPORT_(__host_response_len) size_t wasmbus_host_answer_len(void);
WASMBUS_IMPORT_(__host_response) void wasmbus_host_answer(void *at);
WASMBUS_IMPORT_(__host_error_len) size_t wasmbus_host_error_len(void);
WASMBUS_IMPORT_(__host_error) void wasmbus_host_error(void *at);
WASMBUS_IMPORT_(__console_log) void wasmbus_host_print(const void *at, size_t len);

// ---- Memory ----

// What compilers call by themselves. A library that is linked has its own.
__attribute__((weak)) void *memcpy(void *restrict to, const void *restrict from, size_t n) {
	for (size_t i = 0; i < n; i++) ((char *)to)[i] = ((const char *)from)[i];
	return to;
}

__attribute__((weak)) void *memset(void *to, int c, size_t n) {
	for (size_t i = 0; i < n; i++) ((char *)to)[i] = (char)c;
	return to;
}

// The linker puts it behind the static data and the stack.
extern uint8_t __heap_base;

static uintptr_t wasmbus_heap; // the end of what is allocated

void *wasmbus_new(size_t n) {
	enum { PAGE = 65536 };
	uintptr_t start = (wasmbus_heap + 15) & ~(uintptr_t)15, end = start + n;
	uintptr_t have = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
	if (end < start) __builtin_trap();
	if (end > have && __builtin_wasm_memory_grow(0, (end - have + PAGE - 1) / PAGE) == (size_t)-1) __builtin_trap();
	wasmbus_heap = end;
	return (void *)start;
}

// ---- Texts ----

static int wasmbus_order_(const void *a, const void *b, size_t n) {
	for (size_t i = 0; i < n; i++)
		if (((const char *)a)[i] != ((const char *)b)[i]) return 1;
	return 0;
}

bool wasmbus_same(wasmbus_text a, wasmbus_text b) { return a.len == b.len && !wasmbus_order_(a.at, b.at, a.len); }

bool wasmbus_starts(wasmbus_text t, wasmbus_text prefix) {
	return t.len >= prefix.len && !wasmbus_order_(t.at, prefix.at, prefix.len);
}

wasmbus_text wasmbus_cut(wasmbus_text t, char sep, wasmbus_text *rest) {
	size_t n = 0;
	while (n < t.len && t.at[n] != sep) n++;
	*rest = n < t.len ? (wasmbus_text){t.at + n + 1, t.len - n - 1} : (wasmbus_text){t.at + n, 0};
	return (wasmbus_text){t.at, n};
}

bool wasmbus_number(wasmbus_text t, int64_t *n) {
	bool below = t.len > 0 && t.at[0] == '-';
	size_t i = below;
	uint64_t v = 0, most = below ? (uint64_t)1 << 63 : ((uint64_t)1 << 63) - 1;
	for (; i < t.len; i++) {
		unsigned digit = (unsigned)(t.at[i] - '0');
		if (digit > 9 || v > (most - digit) / 10) return false;
		v = v * 10 + digit;
	}
	*n = (int64_t)(below ? 0 - v : v);
	return t.len > below;
}

bool wasmbus_parameter(wasmbus_text query, wasmbus_text name, wasmbus_text *value) {
	while (query.len > 0) {
		wasmbus_text pair = wasmbus_cut(query, '&', &query);
		if (wasmbus_same(wasmbus_cut(pair, '=', value), name)) return true;
	}
	return false;
}

// Makes room for n more bytes.
static uint8_t *wasmbus_extend(wasmbus_buffer *b, size_t n) {
	if (b->room - b->len < n) {
		size_t room = b->room ? b->room : 64;
		while (room - b->len < n) {
			if (room > (size_t)1 << 30) __builtin_trap();
			room *= 2;
		}
		uint8_t *at = wasmbus_new(room);
		if (b->len) __builtin_memcpy(at, b->at, b->len);
		b->at = at;
		b->room = room;
	}
	b->len += n;
	return b->at + b->len - n;
}

void wasmbus_put(wasmbus_buffer *b, const void *at, size_t len) {
	if (len > 0) __builtin_memcpy(wasmbus_extend(b, len), at, len);
}

static void wasmbus_put_byte(wasmbus_buffer *b, uint8_t c) { *wasmbus_extend(b, 1) = c; }

void wasmbus_put_text(wasmbus_buffer *b, wasmbus_text t) { wasmbus_put(b, t.at, t.len); }

void wasmbus_put_number(wasmbus_buffer *b, int64_t n) {
	char digits[20], *end = digits + sizeof digits, *at = end;
	uint64_t v = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	do *--at = (char)('0' + v % 10);
	while (v /= 10);
	if (n < 0) *--at = '-';
	wasmbus_put(b, at, (size_t)(end - at));
}

void wasmbus_put_json(wasmbus_buffer *b, wasmbus_text t) {
	static const char hex[] = "0123456789abcdef", escaped[] = "\"\\\b\f\n\r\t", as[] = "\"\\bfnrt";
	wasmbus_put_byte(b, '"');
	for (size_t i = 0; i < t.len; i++) {
		size_t n = 0;
		while (n < sizeof as - 1 && t.at[i] != escaped[n]) n++;
		if (n < sizeof as - 1) {
			wasmbus_put_byte(b, '\\');
			wasmbus_put_byte(b, (uint8_t)as[n]);
		} else if ((uint8_t)t.at[i] < 0x20) {
			wasmbus_put_literal(b, "\\u00");
			wasmbus_put_byte(b, (uint8_t)hex[t.at[i] >> 4]);
			wasmbus_put_byte(b, (uint8_t)hex[t.at[i] & 15]);
		} else {
			wasmbus_put_byte(b, (uint8_t)t.at[i]);
		}
	}
	wasmbus_put_byte(b, '"');
}

wasmbus_text wasmbus_join(wasmbus_text a, wasmbus_text b) {
	wasmbus_buffer both = {0};
	wasmbus_put_text(&both, a);
	wasmbus_put_text(&both, b);
	return wasmbus_text_of(wasmbus_content(&both));
}

// ---- MessagePack ----

// Appends a byte and a number of so many bytes, the highest first.
static void wasmbus_write_head(wasmbus_buffer *b, uint8_t head, uint64_t n, int bytes) {
	uint8_t *at = wasmbus_extend(b, (size_t)bytes + 1);
	at[0] = head;
	for (int i = bytes; i > 0; i--, n >>= 8) at[i] = (uint8_t)n;
}

void wasmbus_write_nil(wasmbus_buffer *b) { wasmbus_put_byte(b, 0xc0); }
void wasmbus_write_bool(wasmbus_buffer *b, bool v) { wasmbus_put_byte(b, v ? 0xc3 : 0xc2); }

void wasmbus_write_uint(wasmbus_buffer *b, uint64_t n) {
	if (n < 0x80) wasmbus_put_byte(b, (uint8_t)n);
	else if (n <= 0xff) wasmbus_write_head(b, 0xcc, n, 1);
	else if (n <= 0xffff) wasmbus_write_head(b, 0xcd, n, 2);
	else if (n <= 0xffffffff) wasmbus_write_head(b, 0xce, n, 4);
	else wasmbus_write_head(b, 0xcf, n, 8);
}

void wasmbus_write_int(wasmbus_buffer *b, int64_t n) {
	if (n >= 0) wasmbus_write_uint(b, (uint64_t)n);
	else if (n >= -32) wasmbus_put_byte(b, (uint8_t)n);
	else if (n >= INT8_MIN) wasmbus_write_head(b, 0xd0, (uint64_t)n, 1);
	else if (n >= INT16_MIN) wasmbus_write_head(b, 0xd1, (uint64_t)n, 2);
	else if (n >= INT32_MIN) wasmbus_write_head(b, 0xd2, (uint64_t)n, 4);
	else wasmbus_write_head(b, 0xd3, (uint64_t)n, 8);
}

void wasmbus_write_float(wasmbus_buffer *b, double v) {
	union {
		double real;
		uint64_t bits;
	} u = {v};
	wasmbus_write_head(b, 0xcb, u.bits, 8);
}

void wasmbus_write_text(wasmbus_buffer *b, wasmbus_text t) {
	if (t.len < 32) wasmbus_put_byte(b, (uint8_t)(0xa0 | t.len));
	else if (t.len <= 0xff) wasmbus_write_head(b, 0xd9, t.len, 1);
	else if (t.len <= 0xffff) wasmbus_write_head(b, 0xda, t.len, 2);
	else wasmbus_write_head(b, 0xdb, t.len, 4);
	wasmbus_put_text(b, t);
}

void wasmbus_write_bytes(wasmbus_buffer *b, wasmbus_bytes v) {
	if (v.len <= 0xff) wasmbus_write_head(b, 0xc4, v.len, 1);
	else if (v.len <= 0xffff) wasmbus_write_head(b, 0xc5, v.len, 2);
	else wasmbus_write_head(b, 0xc6, v.len, 4);
	wasmbus_put(b, v.at, v.len);
}

static void wasmbus_write_count(wasmbus_buffer *b, uint32_t count, uint8_t small, uint8_t big) {
	if (count < 16) wasmbus_put_byte(b, (uint8_t)(small | count));
	else if (count <= 0xffff) wasmbus_write_head(b, big, count, 2);
	else wasmbus_write_head(b, big + 1, count, 4);
}

void wasmbus_write_list(wasmbus_buffer *b, uint32_t count) { wasmbus_write_count(b, count, 0x90, 0xdc); }
void wasmbus_write_map(wasmbus_buffer *b, uint32_t count) { wasmbus_write_count(b, count, 0x80, 0xde); }

static wasmbus_item wasmbus_bad(wasmbus_reader *r) {
	r->bad = true;
	r->left = 0;
	return (wasmbus_item){0};
}

// Reads a number of so many bytes.
static uint64_t wasmbus_take(wasmbus_reader *r, size_t bytes) {
	if (r->left < bytes) {
		wasmbus_bad(r);
		return 0;
	}
	uint64_t n = 0;
	for (size_t i = 0; i < bytes; i++) n = n << 8 | r->at[i];
	r->at += bytes;
	r->left -= bytes;
	return n;
}

static wasmbus_item wasmbus_span(wasmbus_reader *r, wasmbus_kind kind, uint64_t len) {
	if (r->left < len || r->bad) return wasmbus_bad(r);
	wasmbus_item v = {.kind = kind, .bytes = {r->at, (size_t)len}};
	r->at += len;
	r->left -= (size_t)len;
	return v;
}

// A list or map has at least a byte for each element, so that nobody counts to what is not there.
static wasmbus_item wasmbus_counted(wasmbus_reader *r, wasmbus_kind kind, uint64_t count) {
	if (r->bad || count > r->left || (kind == WASMBUS_MAP && 2 * count > r->left)) return wasmbus_bad(r);
	return (wasmbus_item){.kind = kind, .number = count};
}

static wasmbus_item wasmbus_extension(wasmbus_reader *r, uint64_t len) {
	uint64_t type = wasmbus_take(r, 1);
	wasmbus_item v = wasmbus_span(r, WASMBUS_EXTENSION, len);
	v.number = type;
	return v;
}

static wasmbus_item wasmbus_integer(wasmbus_reader *r, uint64_t n) {
	if (r->bad) return (wasmbus_item){0};
	return (wasmbus_item){.kind = (int64_t)n < 0 ? WASMBUS_INT : WASMBUS_UINT, .number = n};
}

wasmbus_item wasmbus_next(wasmbus_reader *r) {
	union {
		uint64_t bits;
		double real;
	} wide;
	union {
		uint32_t bits;
		float real;
	} narrow;
	uint8_t head = (uint8_t)wasmbus_take(r, 1);
	if (r->bad) return (wasmbus_item){0};
	if (head < 0x80) return (wasmbus_item){.kind = WASMBUS_UINT, .number = head};
	if (head < 0x90) return wasmbus_counted(r, WASMBUS_MAP, head & 15);
	if (head < 0xa0) return wasmbus_counted(r, WASMBUS_LIST, head & 15);
	if (head < 0xc0) return wasmbus_span(r, WASMBUS_STRING, head & 31);
	if (head >= 0xe0) return (wasmbus_item){.kind = WASMBUS_INT, .number = (uint64_t)(int64_t)(int8_t)head};
	switch (head) {
	case 0xc0:
		return (wasmbus_item){0};
	case 0xc2:
	case 0xc3:
		return (wasmbus_item){.kind = WASMBUS_BOOL, .number = head & 1};
	case 0xc4:
	case 0xc5:
	case 0xc6:
		return wasmbus_span(r, WASMBUS_BYTES, wasmbus_take(r, (size_t)1 << (head - 0xc4)));
	case 0xc7:
	case 0xc8:
	case 0xc9:
		return wasmbus_extension(r, wasmbus_take(r, (size_t)1 << (head - 0xc7)));
	case 0xca:
		narrow.bits = (uint32_t)wasmbus_take(r, 4);
		return (wasmbus_item){.kind = r->bad ? WASMBUS_NIL : WASMBUS_FLOAT, .real = (double)narrow.real};
	case 0xcb:
		wide.bits = wasmbus_take(r, 8);
		return (wasmbus_item){.kind = r->bad ? WASMBUS_NIL : WASMBUS_FLOAT, .real = wide.real};
	case 0xcc:
	case 0xcd:
	case 0xce:
	case 0xcf: {
		uint64_t n = wasmbus_take(r, (size_t)1 << (head - 0xcc));
		return r->bad ? (wasmbus_item){0} : (wasmbus_item){.kind = WASMBUS_UINT, .number = n};
	}
	case 0xd0:
		return wasmbus_integer(r, (uint64_t)(int64_t)(int8_t)wasmbus_take(r, 1));
	case 0xd1:
		return wasmbus_integer(r, (uint64_t)(int64_t)(int16_t)wasmbus_take(r, 2));
	case 0xd2:
		return wasmbus_integer(r, (uint64_t)(int64_t)(int32_t)wasmbus_take(r, 4));
	case 0xd3:
		return wasmbus_integer(r, wasmbus_take(r, 8));
	case 0xd4:
	case 0xd5:
	case 0xd6:
	case 0xd7:
	case 0xd8:
		return wasmbus_extension(r, (uint64_t)1 << (head - 0xd4));
	case 0xd9:
	case 0xda:
	case 0xdb:
		return wasmbus_span(r, WASMBUS_STRING, wasmbus_take(r, (size_t)1 << (head - 0xd9)));
	case 0xdc:
	case 0xdd:
		return wasmbus_counted(r, WASMBUS_LIST, wasmbus_take(r, head == 0xdc ? 2 : 4));
	case 0xde:
	case 0xdf:
		return wasmbus_counted(r, WASMBUS_MAP, wasmbus_take(r, head == 0xde ? 2 : 4));
	}
	return wasmbus_bad(r); // 0xc1
}

void wasmbus_skip(wasmbus_reader *r) {
	for (uint64_t left = 1; left > 0 && !r->bad; left--) {
		wasmbus_item v = wasmbus_next(r);
		if (v.kind == WASMBUS_LIST) left += v.number;
		if (v.kind == WASMBUS_MAP) left += 2 * v.number;
	}
}

// Reads a value of a kind. Null, and what is bad, are all zero.
static wasmbus_item wasmbus_expect(wasmbus_reader *r, wasmbus_kind kind) {
	wasmbus_item v = wasmbus_next(r);
	return v.kind == kind || v.kind == WASMBUS_NIL ? v : wasmbus_bad(r);
}

bool wasmbus_read_bool(wasmbus_reader *r) { return wasmbus_expect(r, WASMBUS_BOOL).number; }
wasmbus_text wasmbus_read_text(wasmbus_reader *r) { return wasmbus_text_of(wasmbus_expect(r, WASMBUS_STRING).bytes); }
uint32_t wasmbus_read_list(wasmbus_reader *r) { return (uint32_t)wasmbus_expect(r, WASMBUS_LIST).number; }
uint32_t wasmbus_read_map(wasmbus_reader *r) { return (uint32_t)wasmbus_expect(r, WASMBUS_MAP).number; }

int64_t wasmbus_read_int(wasmbus_reader *r) {
	wasmbus_item v = wasmbus_next(r);
	if (v.kind > WASMBUS_INT || v.kind == WASMBUS_BOOL || (v.kind == WASMBUS_UINT && v.number > INT64_MAX)) v = wasmbus_bad(r);
	return (int64_t)v.number;
}

// Reads an integer from least to most.
static int64_t wasmbus_within(wasmbus_reader *r, int64_t least, int64_t most) {
	int64_t n = wasmbus_read_int(r);
	return n >= least && n <= most ? n : (int64_t)wasmbus_bad(r).number;
}

int32_t wasmbus_read_int32(wasmbus_reader *r) { return (int32_t)wasmbus_within(r, INT32_MIN, INT32_MAX); }
uint32_t wasmbus_read_uint32(wasmbus_reader *r) { return (uint32_t)wasmbus_within(r, 0, UINT32_MAX); }

wasmbus_bytes wasmbus_read_bytes(wasmbus_reader *r) {
	wasmbus_item v = wasmbus_next(r);
	if (v.kind == WASMBUS_LIST) {
		uint8_t *at = wasmbus_new((size_t)v.number);
		for (size_t i = 0; i < v.number; i++) {
			wasmbus_item b = wasmbus_expect(r, WASMBUS_UINT);
			if (b.number > 0xff) b = wasmbus_bad(r);
			at[i] = (uint8_t)b.number;
		}
		return r->bad ? (wasmbus_bytes){0} : (wasmbus_bytes){at, (size_t)v.number};
	}
	if (v.kind != WASMBUS_STRING && v.kind != WASMBUS_BYTES && v.kind != WASMBUS_NIL) v = wasmbus_bad(r);
	return v.bytes;
}

// ---- Calls ----

static wasmbus_text wasmbus_why;

wasmbus_text wasmbus_error(void) { return wasmbus_why; }

bool wasmbus_fail(wasmbus_text why) {
	wasmbus_why = why;
	return false;
}

bool wasmbus_call(wasmbus_text link, wasmbus_text to, wasmbus_text operation, wasmbus_bytes payload, wasmbus_bytes *answer) {
	if (wasmbus_host_call(link.at, link.len, to.at, to.len, operation.at, operation.len, payload.at, payload.len) != 1) {
		size_t len = wasmbus_host_error_len();
		char *at = wasmbus_new(len);
		wasmbus_host_error(at);
		return wasmbus_fail(wasmbus_join(WASMBUS_TEXT("Host send error "), (wasmbus_text){at, len}));
	}
	if (!answer) return true;
	size_t len = wasmbus_host_answer_len();
	uint8_t *at = wasmbus_new(len);
	wasmbus_host_answer(at);
	*answer = (wasmbus_bytes){at, len};
	return true;
}

void wasmbus_print(wasmbus_text line) { wasmbus_host_print(line.at, line.len); }

// Says whether an answer was read to its end.
static bool wasmbus_answered(const wasmbus_reader *r, const char *operation, size_t len) {
	if (!r->bad) return true;
	return wasmbus_fail(wasmbus_join(WASMBUS_TEXT("the answer is not that of "), (wasmbus_text){operation, len}));
}

// Calls an operation of a contract over the default link, and lets r read the answer.
#define WASMBUS_INVOKE_(contract, operation, payload, r)                                                                              \
	wasmbus_invoke(WASMBUS_TEXT(contract), WASMBUS_TEXT(operation), payload, r)
static bool wasmbus_invoke(wasmbus_text contract, wasmbus_text operation, const wasmbus_buffer *payload, wasmbus_reader *r) {
	wasmbus_bytes answer;
	bool ok = wasmbus_call(WASMBUS_TEXT("default"), contract, operation, wasmbus_content(payload), &answer);
	*r = wasmbus_read(ok ? answer : (wasmbus_bytes){0});
	return ok;
}

static void wasmbus_write_field(wasmbus_buffer *b, const char *name, size_t len, wasmbus_text value) {
	wasmbus_write_text(b, (wasmbus_text){name, len});
	wasmbus_write_text(b, value);
}
#define WASMBUS_FIELD_(b, name, value) wasmbus_write_field(b, name, sizeof name - 1, value)
#define WASMBUS_NAME_(b, name) wasmbus_write_text(b, WASMBUS_TEXT(name))

// ---- HttpServer ----

static void wasmbus_read_headers(wasmbus_reader *r, wasmbus_request *out) {
	uint32_t count = wasmbus_read_map(r);
	wasmbus_header *headers = wasmbus_new(count * sizeof *headers);
	for (uint32_t i = 0; i < count && !r->bad; i++) {
		headers[i].name = wasmbus_read_text(r);
		uint32_t n = headers[i].count = wasmbus_read_list(r);
		wasmbus_text *values = wasmbus_new(n * sizeof *values);
		for (uint32_t j = 0; j < n && !r->bad; j++) values[j] = wasmbus_read_text(r);
		headers[i].values = values;
	}
	out->headers = headers;
	out->count = count;
}

static bool wasmbus_read_request(wasmbus_bytes payload, wasmbus_request *out) {
	wasmbus_reader r = wasmbus_read(payload);
	for (uint32_t n = wasmbus_read_map(&r); n > 0 && !r.bad; n--) {
		wasmbus_text name = wasmbus_read_text(&r);
		if (wasmbus_same(name, WASMBUS_TEXT("method"))) out->method = wasmbus_read_text(&r);
		else if (wasmbus_same(name, WASMBUS_TEXT("path"))) out->path = wasmbus_read_text(&r);
		else if (wasmbus_same(name, WASMBUS_TEXT("queryString"))) out->query = wasmbus_read_text(&r);
		else if (wasmbus_same(name, WASMBUS_TEXT("header"))) wasmbus_read_headers(&r, out);
		else if (wasmbus_same(name, WASMBUS_TEXT("body"))) out->body = wasmbus_read_bytes(&r);
		else wasmbus_skip(&r);
	}
	return !r.bad || wasmbus_fail(WASMBUS_TEXT("the payload is no HttpRequest"));
}

static bool wasmbus_letters_same(wasmbus_text a, wasmbus_text lower) {
	if (a.len != lower.len) return false;
	for (size_t i = 0; i < a.len; i++) {
		char c = a.at[i];
		if ((c >= 'A' && c <= 'Z' ? (char)(c + 32) : c) != lower.at[i]) return false;
	}
	return true;
}

wasmbus_text wasmbus_header_of(const wasmbus_request *r, wasmbus_text name) {
	for (size_t i = 0; i < r->count; i++)
		if (r->headers[i].count > 0 && wasmbus_letters_same(r->headers[i].name, name)) return r->headers[i].values[0];
	return (wasmbus_text){0};
}

void wasmbus_add_header(wasmbus_response *r, wasmbus_text name, wasmbus_text value) {
	wasmbus_write_text(&r->headers, name);
	wasmbus_write_list(&r->headers, 1);
	wasmbus_write_text(&r->headers, value);
	r->count++;
}

static bool wasmbus_handle_request(wasmbus_bytes payload, wasmbus_buffer *answer) {
	wasmbus_request request = {0};
	wasmbus_response response = {.status = 200};
	if (!wasmbus_read_request(payload, &request) || !wasmbus_self.request(&request, &response)) return false;
	wasmbus_write_map(answer, 3);
	WASMBUS_NAME_(answer, "statusCode");
	wasmbus_write_uint(answer, response.status);
	WASMBUS_NAME_(answer, "header");
	wasmbus_write_map(answer, response.count);
	wasmbus_put(answer, response.headers.at, response.headers.len);
	WASMBUS_NAME_(answer, "body");
	wasmbus_write_bytes(answer, response.body);
	return true;
}

// ---- Messaging ----

static void wasmbus_read_message(wasmbus_reader *r, wasmbus_message *m) {
	*m = (wasmbus_message){0};
	for (uint32_t n = wasmbus_read_map(r); n > 0 && !r->bad; n--) {
		wasmbus_text name = wasmbus_read_text(r);
		if (wasmbus_same(name, WASMBUS_TEXT("subject"))) m->subject = wasmbus_read_text(r);
		else if (wasmbus_same(name, WASMBUS_TEXT("replyTo"))) m->reply_to = wasmbus_read_text(r);
		else if (wasmbus_same(name, WASMBUS_TEXT("body"))) m->body = wasmbus_read_bytes(r);
		else wasmbus_skip(r);
	}
}

bool wasmbus_publish(wasmbus_message m) {
	wasmbus_buffer b = {0};
	wasmbus_reader r;
	wasmbus_write_map(&b, m.reply_to.len > 0 ? 3 : 2);
	WASMBUS_FIELD_(&b, "subject", m.subject);
	if (m.reply_to.len > 0) WASMBUS_FIELD_(&b, "replyTo", m.reply_to);
	WASMBUS_NAME_(&b, "body");
	wasmbus_write_bytes(&b, m.body);
	return WASMBUS_INVOKE_("wasmcloud:messaging", "Messaging.Publish", &b, &r);
}

bool wasmbus_ask(wasmbus_text subject, wasmbus_bytes body, uint32_t timeout_ms, wasmbus_message *answer) {
	static const char operation[] = "Messaging.Request";
	wasmbus_buffer b = {0};
	wasmbus_reader r;
	wasmbus_write_map(&b, 3);
	WASMBUS_FIELD_(&b, "subject", subject);
	WASMBUS_NAME_(&b, "body");
	wasmbus_write_bytes(&b, body);
	WASMBUS_NAME_(&b, "timeoutMs");
	wasmbus_write_uint(&b, timeout_ms);
	if (!WASMBUS_INVOKE_("wasmcloud:messaging", "Messaging.Request", &b, &r)) return false;
	wasmbus_read_message(&r, answer);
	return wasmbus_answered(&r, operation, sizeof operation - 1);
}

// ---- KeyValue ----

#define WASMBUS_KV_(operation, payload, r) WASMBUS_INVOKE_("wasmcloud:keyvalue", "KeyValue." operation, payload, r)
#define WASMBUS_KV_ANSWERED_(operation, r) wasmbus_answered(r, "KeyValue." operation, sizeof "KeyValue." operation - 1)

static wasmbus_buffer wasmbus_one(wasmbus_text t) {
	wasmbus_buffer b = {0};
	wasmbus_write_text(&b, t);
	return b;
}

static wasmbus_buffer wasmbus_two(wasmbus_text name, wasmbus_text of, wasmbus_text value) {
	wasmbus_buffer b = {0};
	wasmbus_write_map(&b, 2);
	wasmbus_write_field(&b, name.at, name.len, of);
	WASMBUS_FIELD_(&b, "value", value);
	return b;
}

bool wasmbus_kv_get(wasmbus_text key, wasmbus_text *value, bool *exists) {
	wasmbus_buffer b = wasmbus_one(key);
	wasmbus_reader r;
	*value = (wasmbus_text){0};
	*exists = false;
	if (!WASMBUS_KV_("Get", &b, &r)) return false;
	for (uint32_t n = wasmbus_read_map(&r); n > 0 && !r.bad; n--) {
		wasmbus_text name = wasmbus_read_text(&r);
		if (wasmbus_same(name, WASMBUS_TEXT("value"))) *value = wasmbus_read_text(&r);
		else if (wasmbus_same(name, WASMBUS_TEXT("exists"))) *exists = wasmbus_read_bool(&r);
		else wasmbus_skip(&r);
	}
	return WASMBUS_KV_ANSWERED_("Get", &r);
}

bool wasmbus_kv_set(wasmbus_text key, wasmbus_text value, uint32_t expires) {
	wasmbus_buffer b = {0};
	wasmbus_reader r;
	wasmbus_write_map(&b, 3);
	WASMBUS_FIELD_(&b, "key", key);
	WASMBUS_FIELD_(&b, "value", value);
	WASMBUS_NAME_(&b, "expires");
	wasmbus_write_uint(&b, expires);
	return WASMBUS_KV_("Set", &b, &r);
}

bool wasmbus_kv_increment(wasmbus_text key, int32_t by, int32_t *now) {
	wasmbus_buffer b = {0};
	wasmbus_reader r;
	wasmbus_write_map(&b, 2);
	WASMBUS_FIELD_(&b, "key", key);
	WASMBUS_NAME_(&b, "value");
	wasmbus_write_int(&b, by);
	if (!WASMBUS_KV_("Increment", &b, &r)) return false;
	int32_t n = wasmbus_read_int32(&r);
	if (now) *now = n;
	return WASMBUS_KV_ANSWERED_("Increment", &r);
}

static wasmbus_texts wasmbus_read_texts(wasmbus_reader *r) {
	uint32_t n = wasmbus_read_list(r);
	wasmbus_text *at = wasmbus_new(n * sizeof *at);
	for (uint32_t i = 0; i < n && !r->bad; i++) at[i] = wasmbus_read_text(r);
	return (wasmbus_texts){at, n};
}

bool wasmbus_kv_list_range(wasmbus_text list, int32_t start, int32_t stop, wasmbus_texts *elements) {
	wasmbus_buffer b = {0};
	wasmbus_reader r;
	wasmbus_write_map(&b, 3);
	WASMBUS_FIELD_(&b, "listName", list);
	WASMBUS_NAME_(&b, "start");
	wasmbus_write_int(&b, start);
	WASMBUS_NAME_(&b, "stop");
	wasmbus_write_int(&b, stop);
	if (!WASMBUS_KV_("ListRange", &b, &r)) return false;
	*elements = wasmbus_read_texts(&r);
	return WASMBUS_KV_ANSWERED_("ListRange", &r);
}

static wasmbus_buffer wasmbus_all(wasmbus_texts t) {
	wasmbus_buffer b = {0};
	wasmbus_write_list(&b, (uint32_t)t.len);
	for (size_t i = 0; i < t.len; i++) wasmbus_write_text(&b, t.at[i]);
	return b;
}

// Operations that differ in their names, their payload and the type of their answer alone.
#define WASMBUS_BOOL_(operation, payload, to)                                                                                         \
	wasmbus_buffer b = payload;                                                                                                       \
	wasmbus_reader r;                                                                                                                 \
	if (!WASMBUS_KV_(operation, &b, &r)) return false;                                                                                \
	bool v = wasmbus_read_bool(&r);                                                                                                   \
	if (to) *to = v;                                                                                                                  \
	return WASMBUS_KV_ANSWERED_(operation, &r);
#define WASMBUS_SIZE_(operation, payload, to)                                                                                         \
	wasmbus_buffer b = payload;                                                                                                       \
	wasmbus_reader r;                                                                                                                 \
	if (!WASMBUS_KV_(operation, &b, &r)) return false;                                                                                \
	uint32_t v = wasmbus_read_uint32(&r);                                                                                             \
	if (to) *to = v;                                                                                                                  \
	return WASMBUS_KV_ANSWERED_(operation, &r);
#define WASMBUS_TEXTS_(operation, payload, to)                                                                                        \
	wasmbus_buffer b = payload;                                                                                                       \
	wasmbus_reader r;                                                                                                                 \
	if (!WASMBUS_KV_(operation, &b, &r)) return false;                                                                                \
	*to = wasmbus_read_texts(&r);                                                                                                     \
	return WASMBUS_KV_ANSWERED_(operation, &r);

bool wasmbus_kv_delete(wasmbus_text key, bool *was) { WASMBUS_BOOL_("Del", wasmbus_one(key), was) }
bool wasmbus_kv_contains(wasmbus_text key, bool *is) { WASMBUS_BOOL_("Contains", wasmbus_one(key), is) }
bool wasmbus_kv_list_clear(wasmbus_text list, bool *was) { WASMBUS_BOOL_("ListClear", wasmbus_one(list), was) }
bool wasmbus_kv_set_clear(wasmbus_text set, bool *was) { WASMBUS_BOOL_("SetClear", wasmbus_one(set), was) }
bool wasmbus_kv_list_delete(wasmbus_text list, wasmbus_text value, bool *was) {
	WASMBUS_BOOL_("ListDel", wasmbus_two(WASMBUS_TEXT("listName"), list, value), was)
}
bool wasmbus_kv_list_add(wasmbus_text list, wasmbus_text value, uint32_t *size) {
	WASMBUS_SIZE_("ListAdd", wasmbus_two(WASMBUS_TEXT("listName"), list, value), size)
}
bool wasmbus_kv_set_add(wasmbus_text set, wasmbus_text value, uint32_t *size) {
	WASMBUS_SIZE_("SetAdd", wasmbus_two(WASMBUS_TEXT("setName"), set, value), size)
}
bool wasmbus_kv_set_delete(wasmbus_text set, wasmbus_text value, uint32_t *size) {
	WASMBUS_SIZE_("SetDel", wasmbus_two(WASMBUS_TEXT("setName"), set, value), size)
}
bool wasmbus_kv_set_query(wasmbus_text set, wasmbus_texts *elements) { WASMBUS_TEXTS_("SetQuery", wasmbus_one(set), elements) }
bool wasmbus_kv_set_union(wasmbus_texts sets, wasmbus_texts *elements) { WASMBUS_TEXTS_("SetUnion", wasmbus_all(sets), elements) }
bool wasmbus_kv_set_intersection(wasmbus_texts sets, wasmbus_texts *elements) {
	WASMBUS_TEXTS_("SetIntersection", wasmbus_all(sets), elements)
}

// ---- Logging and NumberGen ----

bool wasmbus_log(wasmbus_text level, wasmbus_text text) {
	wasmbus_buffer b = {0};
	wasmbus_reader r;
	wasmbus_write_map(&b, 2);
	WASMBUS_FIELD_(&b, "level", level);
	WASMBUS_FIELD_(&b, "text", text);
	return WASMBUS_INVOKE_("wasmcloud:builtin:logging", "Logging.WriteLog", &b, &r);
}

#define WASMBUS_NUMBERGEN_(operation, payload, r) WASMBUS_INVOKE_("wasmcloud:builtin:numbergen", "NumberGen." operation, payload, r)
#define WASMBUS_GENERATED_(operation, r) wasmbus_answered(r, "NumberGen." operation, sizeof "NumberGen." operation - 1)

bool wasmbus_guid(wasmbus_text *guid) {
	wasmbus_buffer b = {0};
	wasmbus_reader r;
	if (!WASMBUS_NUMBERGEN_("GenerateGuid", &b, &r)) return false;
	*guid = wasmbus_read_text(&r);
	return WASMBUS_GENERATED_("GenerateGuid", &r);
}

bool wasmbus_random(uint32_t *n) {
	wasmbus_buffer b = {0};
	wasmbus_reader r;
	if (!WASMBUS_NUMBERGEN_("Random32", &b, &r)) return false;
	*n = wasmbus_read_uint32(&r);
	return WASMBUS_GENERATED_("Random32", &r);
}

bool wasmbus_random_in_range(uint32_t min, uint32_t max, uint32_t *n) {
	wasmbus_buffer b = {0};
	wasmbus_reader r;
	wasmbus_write_map(&b, 2);
	WASMBUS_NAME_(&b, "min");
	wasmbus_write_uint(&b, min);
	WASMBUS_NAME_(&b, "max");
	wasmbus_write_uint(&b, max);
	if (!WASMBUS_NUMBERGEN_("RandomInRange", &b, &r)) return false;
	*n = wasmbus_read_uint32(&r);
	return WASMBUS_GENERATED_("RandomInRange", &r);
}

// ---- The actor ----

bool wasmbus_unknown(wasmbus_text operation) {
	return wasmbus_fail(wasmbus_join(WASMBUS_TEXT("method not handled "), operation));
}

static bool wasmbus_run(wasmbus_text operation, wasmbus_bytes payload, wasmbus_bytes *answer) {
	wasmbus_buffer b = {0};
	if (wasmbus_self.request && wasmbus_same(operation, WASMBUS_TEXT("HttpServer.HandleRequest"))) {
		if (!wasmbus_handle_request(payload, &b)) return false;
	} else if (wasmbus_self.message && wasmbus_same(operation, WASMBUS_TEXT("MessageSubscriber.HandleMessage"))) {
		wasmbus_reader r = wasmbus_read(payload);
		wasmbus_message m;
		wasmbus_read_message(&r, &m);
		if (r.bad) return wasmbus_fail(WASMBUS_TEXT("the payload is no SubMessage"));
		return wasmbus_self.message(&m); // nothing is answered
	} else if (wasmbus_same(operation, WASMBUS_TEXT("Actor.HealthRequest"))) {
		wasmbus_write_map(&b, 1);
		WASMBUS_NAME_(&b, "healthy");
		wasmbus_write_bool(&b, true);
	} else {
		return wasmbus_self.call ? wasmbus_self.call(operation, payload, answer) : wasmbus_unknown(operation);
	}
	*answer = wasmbus_content(&b);
	return true;
}

WASMBUS_EXPORT_(__guest_call) int32_t wasmbus_guest_call(size_t operation_len, size_t payload_len) {
	wasmbus_heap = (uintptr_t)&__heap_base; // other hosts call an instance again
	char *operation = wasmbus_new(operation_len);
	uint8_t *payload = wasmbus_new(payload_len);
	wasmbus_bytes answer = {0};
	wasmbus_host_request(operation, payload);
	if (wasmbus_run((wasmbus_text){operation, operation_len}, (wasmbus_bytes){payload, payload_len}, &answer)) {
		wasmbus_host_respond(answer.at, answer.len);
		return 1;
	}
	wasmbus_host_fail(wasmbus_why.at, wasmbus_why.len);
	return 0;
}

// The version of the way in which messages are encoded.
WASMBUS_EXPORT_(__wasmbus_rpc_version) uint32_t wasmbus_rpc_version(void) { return 1; }

#endif // WASMBUS_IMPLEMENTATION
