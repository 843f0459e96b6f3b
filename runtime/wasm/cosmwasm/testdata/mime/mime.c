// mime is a contract that does what its message says: a JSON list of commands, which are lists of strings.
//
//	["set", key, value]      writes a value
//	["copy", key, key]       writes what the first key has to the second; nothing if there is none
//	["delete", key]
//	["query", request, key]  asks the chain and writes the answer, with the envelopes of the host, to the key
//	["args", key]            writes the arguments of the call to key.0, key.1 and key.2
//	["return", text]         the contract returns the text, which should be a result in JSON
//	["answer", key]          it returns {"ok":"..."} with the value of the key in base64, for queries
//	["abort", text]
//	["spin"]                 does not end
//	["trap"]
//	["scan", start, end]     opens a range in ascending order; an empty text is no bound
//	["next", key]            writes the next pair of the range that was opened last to the key, as key=value, and nothing at
//	                         its end; an empty key does not write it
//
// A reply is written to the key "reply", and then the value of the key "on_reply", if there is one, is the message. A call
// that returns nothing by itself returns an empty response.
#include <stdint.h>

typedef uint32_t u32;
typedef uint8_t u8;

struct region {
	u32 offset, capacity, length;
};
struct text {
	u8 *at;
	u32 length;
};

#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

IMPORT(abort) void host_abort(u32);
IMPORT(db_read) u32 host_read(u32);
IMPORT(db_write) void host_write(u32, u32);
IMPORT(db_remove) void host_remove(u32);
IMPORT(query_chain) u32 host_query(u32);
IMPORT(db_scan) u32 host_scan(u32, u32, u32);
IMPORT(db_next) u32 host_next(u32);

extern u8 __heap_base;
static u32 top;

static void *room(u32 size) {
	if (top == 0) top = (u32)(uintptr_t)&__heap_base;
	u32 at = (top + 7) & ~7u;
	u32 have = __builtin_wasm_memory_size(0) << 16;
	if (at + size > have && __builtin_wasm_memory_grow(0, ((at + size - have) >> 16) + 1) == (u32)-1) __builtin_trap();
	top = at + size;
	return (void *)(uintptr_t)at;
}

EXPORT(allocate) u32 allocate(u32 size) {
	struct region *r = room(sizeof *r);
	r->offset = (u32)(uintptr_t)room(size == 0 ? 1 : size);
	r->capacity = size;
	r->length = 0;
	return (u32)(uintptr_t)r;
}
EXPORT(deallocate) void deallocate(u32 at) { (void)at; }
EXPORT(interface_version_8) void interface_version_8(void) {}

static u32 give(struct text t) {
	struct region *r = room(sizeof *r);
	r->offset = (u32)(uintptr_t)t.at;
	r->capacity = r->length = t.length;
	return (u32)(uintptr_t)r;
}

static struct text take(u32 at) {
	struct region *r = (struct region *)(uintptr_t)at;
	struct text t = {(u8 *)(uintptr_t)r->offset, r->length};
	return t;
}

static struct text constant(const char *s) {
	struct text t = {(u8 *)(uintptr_t)s, 0};
	while (s[t.length]) t.length++;
	return t;
}

static int same(struct text a, const char *b) {
	struct text t = constant(b);
	if (a.length != t.length) return 0;
	for (u32 i = 0; i < a.length; i++)
		if (a.at[i] != t.at[i]) return 0;
	return 1;
}

static void write(struct text key, struct text value) { host_write(give(key), give(value)); }

static void spoiled(const char *why) {
	host_abort(give(constant(why)));
	__builtin_trap();
}

// A reader of the message.
struct reader {
	u8 *at, *end;
};

static void blanks(struct reader *r) {
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r' || *r->at == ',')) r->at++;
}

static int next(struct reader *r, u8 c) {
	blanks(r);
	if (r->at < r->end && *r->at == c) {
		r->at++;
		return 1;
	}
	return 0;
}

static u32 hex(u8 c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

// string reads a JSON string. Of \u it knows code points below 128.
static struct text string(struct reader *r) {
	if (!next(r, '"')) spoiled("mime: a string is missing");
	struct text t = {room((u32)(r->end - r->at)), 0};
	for (; r->at < r->end && *r->at != '"'; r->at++) {
		u8 c = *r->at;
		if (c == '\\') {
			c = *++r->at;
			if (c == 'n') c = '\n';
			else if (c == 't') c = '\t';
			else if (c == 'u') {
				c = (u8)(hex(r->at[3]) << 4 | hex(r->at[4]));
				r->at += 4;
			}
		}
		t.at[t.length++] = c;
	}
	if (!next(r, '"')) spoiled("mime: a string does not end");
	return t;
}

static struct text encode(struct text from) {
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct text head = constant("{\"ok\":\"");
	struct text t = {room(head.length + (from.length + 2) / 3 * 4 + 2), 0};
	for (; t.length < head.length; t.length++) t.at[t.length] = head.at[t.length];
	for (u32 i = 0; i < from.length; i += 3) {
		u32 n = from.length - i < 3 ? from.length - i : 3, v = 0;
		for (u32 j = 0; j < 3; j++) v = v << 8 | (j < n ? from.at[i + j] : 0);
		for (u32 j = 0; j < 4; j++) t.at[t.length++] = j <= n ? (u8)digits[v >> (18 - 6 * j) & 63] : '=';
	}
	t.at[t.length++] = '"';
	t.at[t.length++] = '}';
	return t;
}

static struct text numbered(struct text key, u32 i) {
	struct text t = {room(key.length + 2), key.length + 2};
	for (u32 j = 0; j < key.length; j++) t.at[j] = key.at[j];
	t.at[key.length] = '.';
	t.at[key.length + 1] = (u8)('0' + i);
	return t;
}

static u32 big_endian(u8 *at) { return (u32)at[0] << 24 | (u32)at[1] << 16 | (u32)at[2] << 8 | at[3]; }

// pair reads the sections that db_next returns: the key and the value, each with its length behind it.
static struct text pair(struct text from) {
	u32 value = big_endian(from.at + from.length - 4);
	u32 key = big_endian(from.at + from.length - 8 - value);
	struct text t = {room(key + 1 + value), 0};
	for (u32 i = 0; i < key; i++) t.at[t.length++] = from.at[i];
	if (key) t.at[t.length++] = '=';
	for (u32 i = 0; i < value; i++) t.at[t.length++] = from.at[key + 4 + i];
	return t;
}

static u32 bound(struct text t) { return t.length ? give(t) : 0; }

static u32 run(struct text message, u32 count, u32 *args) {
	u32 result = 0, range = 0;
	struct reader r = {message.at, message.at + message.length};
	struct text given[3]; // the host frees nothing, but the regions are read now
	for (u32 i = 0; i < count; i++) given[i] = take(args[i]);
	if (!next(&r, '[')) {
		if (!next(&r, '{')) spoiled("mime: the message is no list");
		return give(constant("{\"ok\":{\"messages\":[],\"attributes\":[],\"events\":[],\"data\":null}}"));
	}
	while (!next(&r, ']')) {
		if (!next(&r, '[')) spoiled("mime: a command is no list");
		struct text word = string(&r);
		if (same(word, "set")) {
			struct text key = string(&r);
			write(key, string(&r));
		} else if (same(word, "copy")) {
			u32 value = host_read(give(string(&r)));
			struct text to = string(&r);
			if (value) write(to, take(value));
		} else if (same(word, "delete")) {
			host_remove(give(string(&r)));
		} else if (same(word, "query")) {
			struct text answer = take(host_query(give(string(&r))));
			write(string(&r), answer);
		} else if (same(word, "args")) {
			struct text key = string(&r);
			for (u32 i = 0; i < count; i++) write(numbered(key, i), given[i]);
		} else if (same(word, "return")) {
			result = give(string(&r));
		} else if (same(word, "answer")) {
			u32 value = host_read(give(string(&r)));
			result = give(encode(value ? take(value) : constant("")));
		} else if (same(word, "abort")) {
			host_abort(give(string(&r)));
		} else if (same(word, "spin")) {
			for (volatile u32 i = 0;; i++) {}
		} else if (same(word, "trap")) {
			__builtin_trap();
		} else if (same(word, "scan")) {
			u32 start = bound(string(&r));
			range = host_scan(start, bound(string(&r)), 1);
		} else if (same(word, "next")) {
			struct text got = take(host_next(range)), key = string(&r);
			if (key.length) write(key, pair(got));
		} else {
			spoiled("mime: a command is unknown");
		}
		if (!next(&r, ']')) spoiled("mime: a command has too many words");
	}
	if (result) return result;
	return give(constant("{\"ok\":{\"messages\":[],\"attributes\":[],\"events\":[],\"data\":null}}"));
}

static u32 three(u32 env, u32 info, u32 msg) {
	u32 args[3] = {env, info, msg};
	return run(take(msg), 3, args);
}

static u32 two(u32 env, u32 msg) {
	u32 args[2] = {env, msg};
	return run(take(msg), 2, args);
}

EXPORT(instantiate) u32 instantiate(u32 env, u32 info, u32 msg) { return three(env, info, msg); }
EXPORT(execute) u32 execute(u32 env, u32 info, u32 msg) { return three(env, info, msg); }
EXPORT(sudo) u32 sudo(u32 env, u32 msg) { return two(env, msg); }
EXPORT(query) u32 query(u32 env, u32 msg) { return two(env, msg); }

EXPORT(migrate) u32 migrate(u32 env, u32 msg, u32 info) {
	u32 args[3] = {env, msg, info};
	return run(take(msg), 3, args);
}

EXPORT(reply) u32 reply(u32 env, u32 msg) {
	u32 args[2] = {env, msg};
	write(constant("reply"), take(msg));
	u32 program = host_read(give(constant("on_reply")));
	return run(program ? take(program) : constant("{}"), 2, args);
}
