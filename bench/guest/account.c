/*
 * The account of the native workloads, see account in ../account.go, as a guest of the troupe dialect: it reads and writes
 * the same keys and says the same. It speaks the ABI by itself, so that the measurement is that of the host.
 *
 *	clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=16384 -o account.wasm account.c
 */

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define IMPORT(name) __attribute__((import_module("troupe"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

IMPORT("state_get") int state_get(const void *key, u32 key_len, void *out, u32 cap);
IMPORT("state_set") void state_set(const void *key, u32 key_len, const void *value, u32 value_len);

enum { EXECUTE = 0, INSTANTIATE = 1, QUERY = 5 };

extern u8 __heap_base;
static u8 *heap = &__heap_base;

EXPORT("troupe_abi_1") void troupe_abi_1(void) {}

EXPORT("troupe_alloc") u8 *troupe_alloc(u32 size) {
	u8 *p = heap;
	u32 end = (u32)(heap + size + 7) & ~7u, have = __builtin_wasm_memory_size(0) << 16;
	if (end > have && __builtin_wasm_memory_grow(0, (end - have + 65535) >> 16) == (u32)-1)
		__builtin_trap();
	heap = (u8 *)end;
	return p;
}

/* head reads the head of an item of CBOR and returns its argument; the items of this ABI are short ones. */
static u64 head(const u8 **p) {
	u8 first = *(*p)++;
	u32 low = first & 31;
	if (low < 24)
		return low;
	u64 n = 0;
	for (u32 i = 1u << (low - 24); i > 0; i--)
		n = n << 8 | *(*p)++;
	return n;
}

static void skip(const u8 **p) {
	u8 major = **p >> 5;
	u64 n = head(p);
	if (major == 2 || major == 3)
		*p += n;
}

static u64 number(const char *key, u32 len) {
	u8 v[8];
	if (state_get(key, len, v, 8) != 8)
		return 0;
	u64 n = 0;
	for (int i = 0; i < 8; i++)
		n = n << 8 | v[i];
	return n;
}

static void store(u8 *v, u64 n) {
	for (int i = 7; i >= 0; i--, n >>= 8)
		v[i] = n;
}

static void put(const char *key, u32 len, u64 n) {
	u8 v[8];
	store(v, n);
	state_set(key, len, v, 8);
}

static u8 answer[512];

static u64 result(const void *p, u32 n) { return (u64)(u32)p << 32 | n; }

static u8 *copy(u8 *to, const void *from, u32 n) {
	for (u32 i = 0; i < n; i++)
		to[i] = ((const u8 *)from)[i];
	return to + n;
}

#define SAY(text) result(text, sizeof(text) - 1)
#define DONE "\x85\x00\xf6\x80\x80\x80"
#define BALANCE "balance", 7
#define COUNT "count", 5

static u64 pay(const u8 *body, u32 len, u64 amount) {
	u64 balance = number(BALANCE);
	if (balance < amount)
		return SAY("\x83\x01\x72insufficient_funds\x60");
	put(BALANCE, balance - amount);
	put(COUNT, number(COUNT) + 1);
	u32 to = len - 9;
	if (to > 256)
		return SAY("\x83\x01\x69malformed\x60");
	/* [0, null, [[0, 0, 0, null, [0, to, body, "", ""]]], [], []] */
	u8 *p = copy(answer, "\x85\x00\xf6\x81\x85\x00\x00\x00\xf6\x85\x00\x79", 12);
	*p++ = to >> 8, *p++ = to;
	p = copy(p, body + 9, to);
	p = copy(p, "\x49r", 2);
	store(p, amount);
	p = copy(p + 8, "\x60\x60\x80\x80", 4);
	return result(answer, p - answer);
}

static u64 execute(const u8 *body, u32 len) {
	if (len < 9)
		return SAY("\x83\x01\x69malformed\x60");
	u64 amount = 0;
	for (int i = 1; i < 9; i++)
		amount = amount << 8 | body[i];
	switch (body[0]) {
	case 'p':
		return pay(body, len, amount);
	case 'r':
		put(BALANCE, number(BALANCE) + amount);
		put(COUNT, number(COUNT) + 1);
		return SAY(DONE);
	case 'o':
		put(BALANCE, amount);
		put(COUNT, 0);
		return SAY(DONE);
	}
	return SAY("\x83\x01\x6funknown_message\x60");
}

EXPORT("troupe_call") u64 troupe_call(u32 entry, const u8 *input, u32 len) {
	(void)len;
	head(&input);
	if (entry == QUERY) {
		answer[0] = 0x82, answer[1] = 0, answer[2] = 0x48;
		int n = state_get(BALANCE, answer + 3, 8);
		return n == 8 ? result(answer, 11) : SAY("\x82\x00\xf6");
	}
	if (entry == INSTANTIATE)
		return SAY(DONE);
	for (int i = 0; i < 6; i++)
		skip(&input);
	if (*input == 0xf6)
		return execute(input, 0);
	u32 n = head(&input);
	return execute(input, n);
}
