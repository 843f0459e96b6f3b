// Tests of troupe.h with the compiler of the machine, best one that watches memory. It plays the host for the zoo of
// runtime/guest/zoo, and looks at what stands inside the header.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../zoo/testdata/c/zoo.c"

static int failures;

#define CHECK(ok, ...)                                                                                                                \
	do {                                                                                                                              \
		if (!(ok)) {                                                                                                                  \
			failures++;                                                                                                               \
			printf("%s:%d: ", __FILE__, __LINE__);                                                                                    \
			printf(__VA_ARGS__);                                                                                                      \
			printf("\n");                                                                                                             \
		}                                                                                                                             \
	} while (0)

// ---- The host ----

// Memory of a call, each part with borders of its own.
static void **parts;
static size_t part_count, part_room;

void *troupe_allocate(size_t n) {
	if (part_count == part_room) {
		part_room = part_room ? 2 * part_room : 1024;
		parts = realloc(parts, part_room * sizeof *parts);
	}
	return parts[part_count++] = calloc(1, n ? n : 1);
}

static void forget_call(void) {
	while (part_count > 0) free(parts[--part_count]);
}

typedef struct {
	uint8_t *key, *value;
	size_t key_len, value_len;
} pair;

static pair pairs_of[4096];
static size_t pair_count;
static uint8_t *pending;
static size_t pending_len;

static size_t find(const void *key, size_t len, bool *found) {
	size_t i = 0;
	while (i < pair_count && troupe_order_of(pairs_of[i].key, pairs_of[i].key_len, key, len) < 0) i++;
	*found = i < pair_count && troupe_order_of(pairs_of[i].key, pairs_of[i].key_len, key, len) == 0;
	return i;
}

static int32_t give(const void *at, size_t len, void *out, size_t cap) {
	if (len <= cap) {
		if (len) memcpy(out, at, len);
	} else {
		free(pending);
		pending = malloc(len);
		memcpy(pending, at, len);
		pending_len = len;
	}
	return (int32_t)len;
}

int32_t troupe_host_take(void *out, size_t cap) {
	if (!pending || pending_len > cap) abort();
	memcpy(out, pending, pending_len);
	free(pending);
	pending = 0;
	return (int32_t)pending_len;
}

int32_t troupe_host_state_get(const void *key, size_t key_len, void *out, size_t cap) {
	bool found;
	size_t i = find(key, key_len, &found);
	return found ? give(pairs_of[i].value, pairs_of[i].value_len, out, cap) : -1;
}

void troupe_host_state_delete(const void *key, size_t key_len) {
	bool found;
	size_t i = find(key, key_len, &found);
	if (!found) return;
	free(pairs_of[i].key);
	free(pairs_of[i].value);
	memmove(&pairs_of[i], &pairs_of[i + 1], (--pair_count - i) * sizeof(pair));
}

void troupe_host_state_set(const void *key, size_t key_len, const void *value, size_t value_len) {
	troupe_host_state_delete(key, key_len);
	bool found;
	size_t i = find(key, key_len, &found);
	if (pair_count == sizeof pairs_of / sizeof *pairs_of) abort();
	memmove(&pairs_of[i + 1], &pairs_of[i], (pair_count++ - i) * sizeof(pair));
	pairs_of[i] = (pair){malloc(key_len + 1), malloc(value_len + 1), key_len, value_len};
	if (key_len) memcpy(pairs_of[i].key, key, key_len);
	if (value_len) memcpy(pairs_of[i].value, value, value_len);
}

// Ranges of a test are walked one at a time, and nothing is written while they run.
static size_t range_first, range_end;
static bool range_down;

uint32_t troupe_host_state_range(const void *start, size_t start_len, const void *end, int32_t end_len, uint32_t order) {
	bool found;
	range_first = find(start, start_len, &found);
	range_end = end_len < 0 ? pair_count : find(end, (size_t)end_len, &found);
	range_down = order == 1;
	return 1;
}

int32_t troupe_host_range_next(uint32_t iterator, void *out, size_t cap) {
	(void)iterator;
	if (range_first >= range_end) return -1;
	pair *p = &pairs_of[range_down ? --range_end : range_first++];
	size_t len = 4 + p->key_len + p->value_len;
	uint8_t *both = malloc(len);
	for (int i = 0; i < 4; i++) both[i] = (uint8_t)(p->key_len >> 8 * i);
	memcpy(both + 4, p->key, p->key_len);
	memcpy(both + 4 + p->key_len, p->value, p->value_len);
	int32_t n = give(both, len, out, cap);
	free(both);
	return n;
}

void troupe_host_range_close(uint32_t iterator) { (void)iterator; }

int32_t troupe_host_query(const void *to, size_t to_len, const void *body, size_t body_len, void *out, size_t cap) {
	(void)to, (void)to_len, (void)body, (void)body_len;
	return give("\x82\x00\x41\x05", 4, out, cap);
}

int32_t troupe_host_query_raw(const void *to, size_t to_len, const void *key, size_t key_len, void *out, size_t cap) {
	(void)to, (void)to_len;
	return troupe_host_state_get(key, key_len, out, cap);
}

uint64_t troupe_host_gas_left(void) { return UINT64_MAX; }
void troupe_host_use_gas(uint64_t n) { (void)n; }
void troupe_host_log(const void *line, size_t len) { (void)line, (void)len; }
void troupe_host_abort(const void *why, size_t len) {
	printf("aborted: %.*s\n", (int)len, (const char *)why);
	exit(1);
}

// ---- Tests ----

static bool is(troupe_buffer b, const char *hex) {
	char text[3];
	if (strlen(hex) != 2 * b.len) return false;
	for (size_t i = 0; i < b.len; i++) {
		snprintf(text, sizeof text, "%02x", b.at[i]);
		if (memcmp(text, hex + 2 * i, 2) != 0) return false;
	}
	return true;
}

// The examples of RFC 8949, appendix A.
static void integers(void) {
	static const struct {
		int64_t n;
		const char *hex;
	} cases[] = {{0, "00"}, {23, "17"}, {24, "1818"}, {100, "1864"}, {1000, "1903e8"}, {1000000, "1a000f4240"},
		{1000000000000, "1b000000e8d4a51000"}, {-1, "20"}, {-10, "29"}, {-100, "3863"}, {-1000, "3903e7"}, {INT64_MIN, "3b7fffffffffffffff"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		troupe_buffer b = {0};
		troupe_put_integer(&b, cases[i].n);
		CHECK(is(b, cases[i].hex), "%lld", (long long)cases[i].n);
	}
}

static void floats(void) {
	static const struct {
		double f;
		const char *hex;
	} cases[] = {{0.0, "f90000"}, {-0.0, "f98000"}, {1.0, "f93c00"}, {1.1, "fb3ff199999999999a"}, {65504, "f97bff"}, {65520, "fa477ff000"},
		{3.4028234663852886e+38, "fa7f7fffff"}, {3.5e38, "fb47f074f8c4d3cd7b"}, {1e300, "fb7e37e43c8800759c"}, {5.960464477539063e-8, "f90001"}, {0x1p-25, "fa33000000"},
		{INFINITY, "f97c00"}, {-INFINITY, "f9fc00"}, {NAN, "f97e00"}, {0x1p-1074, "fb0000000000000001"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		troupe_buffer b = {0};
		troupe_put_float(&b, cases[i].f);
		CHECK(is(b, cases[i].hex), "%a", cases[i].f);
	}
	for (uint32_t h = 0; h < 1 << 16; h++) {
		double f = troupe_half((uint16_t)h);
		troupe_buffer b = {0};
		troupe_put_float(&b, f);
		uint32_t want = f != f ? 0x7e00 : h;
		CHECK(b.len == 3 && b.at[0] == 0xf9 && b.at[1] == want >> 8 && b.at[2] == (want & 255), "half %x", h);
		forget_call();
	}
}

static uint64_t seed = 1;
static uint32_t draw(uint32_t below) {
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(seed >> 33) % below;
}

// Decimal fractions against the library of the machine, many of them near the middle of two floats.
static void decimals(void) {
	char text[1200];
	for (int i = 0; i < 200000; i++) {
		int n = 0;
		switch (draw(4)) {
		case 0:
			for (uint32_t digits = 1 + draw(25); digits > 0; digits--) n += sprintf(text + n, "%u", draw(10));
			n += sprintf(text + n, "e%d", (int)draw(700) - 350);
			break;
		case 1: {
			double f = troupe_double((uint64_t)draw(1u << 31) << 33 ^ (uint64_t)draw(1u << 31) << 11 ^ draw(1u << 31));
			if (f - f != 0) continue;
			double next = nextafter(f, INFINITY);
			if (next - next != 0) continue;
			n = sprintf(text, i % 2 ? "%.*e" : "%.*g", (int)draw(30), f);
			if (strchr(text, 'i')) continue;
			break;
		}
		case 2: { // exactly between two floats of a small exponent, and beside
			uint64_t mantissa = (1ull << 52) + draw(1u << 31) * 2097152ull % (1ull << 52);
			long double middle = ((long double)mantissa + 0.5L) * 0x1p-40L;
			n = sprintf(text, "%.60Lf%s", middle, draw(3) ? "" : "00000000000000000000000001");
			break;
		}
		default:
			n = sprintf(text, "-0.%0*d%ue-%u", (int)draw(400), 0, draw(1u << 31), draw(40));
		}
		double want = strtod(text, 0), got = troupe_decimal((const uint8_t *)text, (size_t)n);
		CHECK(troupe_bits(want) == troupe_bits(got), "%s is %a, want %a", text, got, want);
	}
	// More digits than decide: half of the smallest float, to the last digit and a little more.
	int n = sprintf(text, "%.1075Lf", 0x1p-1075L);
	CHECK(troupe_decimal((const uint8_t *)text, (size_t)n) == 0, "half of the smallest float");
	text[n] = '1';
	CHECK(troupe_decimal((const uint8_t *)text, (size_t)n + 1) == 0x1p-1074, "a little more than half of the smallest float");
}

static void keys(void) {
	static const struct {
		const char *want;
		size_t len;
	} wants[] = {{"m/alice", 7}, {"m/b42", 5}, {"m/Z4", 4}, {"m/t18446744073709551615", 23}, {"m/H0776627963145224191", 22}, {"m/a\1\1\1\2b\0x", 10}, {"m/a7/x\0Y57", 10}};
	troupe_key all[] = {TROUPE_KEY("alice"), TROUPE_KEY(42), TROUPE_KEY(-5), TROUPE_KEY(UINT64_MAX), TROUPE_KEY(INT64_MIN),
		TROUPE_KEY(((troupe_text){"a\0\1b", 4}), "x"), TROUPE_KEY(7, "x", -42)};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		troupe_bytes key = troupe_stored_key(TROUPE_TEXT("m"), &all[i]);
		CHECK(troupe_order_of(key.at, key.len, wants[i].want, wants[i].len) == 0, "key %zu is %.*s", i, (int)key.len, (const char *)key.at);
	}
	static const char *const numbers[] = {"", "a", "b1", "b01", "ax", "u1", "t99999999999999999999", "Z9", "Y90", "G1", "H0776627963145224190", "t18446744073709551615", "a1/"};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		int64_t n;
		troupe_bytes src = {(const uint8_t *)numbers[i], strlen(numbers[i])};
		bool cut = troupe_cut_part(&src, true, (troupe_out){TROUPE_OUT_INT, 8, &n});
		CHECK(!cut || src.len > 0, "%s is a number", numbers[i]);
	}
}

static void random_numbers(void) {
	troupe_call c = {.seed = {1}, .span = 7};
	troupe_rand r = troupe_random(&c);
	CHECK(troupe_rand_next(&r) == 2066876137220991846u && troupe_rand_next(&r) == 12584967267413095421u, "the first two");
	troupe_rand_next(&r);
	uint64_t sum = 0;
	for (int i = 0; i < 1000; i++) sum = sum * 3 + troupe_rand_next(&r);
	CHECK(sum == 17280880915941662674u, "a thousand numbers");
	sum = 0;
	for (int i = 0; i < 1000; i++) sum = sum * 3 + troupe_rand_below(&r, (1ull << 63) + 5);
	CHECK(sum == 281384525733391525u, "a thousand numbers below a bound");
}

// The input of a message or a query.
static troupe_bytes input_of(uint32_t entry, troupe_bytes body) {
	troupe_buffer b = {0};
	bool query = entry == TROUPE_ENTRY_QUERY;
	troupe_put_head(&b, TROUPE_ARRAY, query ? 4 : 9);
	troupe_put_tstr(&b, TROUPE_TEXT("self"));
	if (!query) troupe_put_tstr(&b, TROUPE_TEXT("sender"));
	troupe_put_head(&b, TROUPE_UINT, 7);
	troupe_put_integer(&b, -1);
	if (!query) {
		troupe_put_string(&b, TROUPE_BYTES, (uint8_t[32]){0}, 32);
		troupe_put_head(&b, TROUPE_UINT, 3);
	}
	troupe_put_nullable(&b, body);
	if (!query) {
		troupe_put_tstr(&b, TROUPE_TEXT(""));
		troupe_put_tstr(&b, TROUPE_TEXT(""));
	}
	return troupe_content(b);
}

// Delivers a body that stands in memory of its own, so that reading beyond it is seen.
static troupe_bytes deliver(uint32_t entry, const void *body, size_t len) {
	uint8_t *own = troupe_allocate(len);
	if (len) memcpy(own, body, len);
	return troupe_run_call(entry, input_of(entry, (troupe_bytes){own, len}));
}

static void envelopes(void) {
	static const struct {
		uint32_t entry;
		const char *input, *want;
	} cases[] = {{3, "", "8102"}, {99, "", "8102"}, {0, "", "830169"}, {0, "\x80", "830169"}, {5, "\x84\x01", "830169"}, {6, "\x8d", "830169"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		troupe_bytes out = troupe_run_call(cases[i].entry, (troupe_bytes){(const uint8_t *)cases[i].input, strlen(cases[i].input)});
		troupe_buffer head = {(uint8_t *)out.at, strlen(cases[i].want) / 2, 0};
		CHECK(out.len >= head.len && is(head, cases[i].want), "case %zu", i);
	}
	troupe_bytes out = deliver(TROUPE_ENTRY_EXECUTE, "\x64tick", 5);
	CHECK(is((troupe_buffer){(uint8_t *)out.at, out.len, 0}, "850041a0808080"), "tick");
	out = deliver(TROUPE_ENTRY_EXECUTE, "\"tick\"", 6);
	CHECK(is((troupe_buffer){(uint8_t *)out.at, out.len, 0}, "850041a0808080"), "tick in JSON");
	// Every prefix of an input is refused, and nothing beyond it is read.
	troupe_bytes whole = input_of(TROUPE_ENTRY_EXECUTE, (troupe_bytes){(const uint8_t *)"\x64tick", 5});
	for (size_t n = 0; n < whole.len; n++) {
		uint8_t *own = troupe_allocate(n);
		memcpy(own, whole.at, n);
		out = troupe_run_call(TROUPE_ENTRY_EXECUTE, (troupe_bytes){own, n});
		CHECK(out.at[0] == 0x83, "a prefix of %zu bytes", n);
	}
}

// Sends bodies that were right before something in them was changed.
static void mistakes(int rounds) {
	static const char *const bodies[] = {
		("{\"everything\":{\"flag\":true,\"small\":-3,\"rate\":1.25e10,\"text\":\"t\\u00e4\\ud83d\\ude00\",\"bytes\":\"AQI=\",\"list\":[{\"name\":\"x\",\"data\":\"Aw==\"}],"
		"\"numbers\":[1,70000],\"count\":{\"bb\":300,\"a\":1},\"by_id\":{\"-5\":\"minus\",\"10\":\"ten\"},\"nested\":{\"text\":\"in\"}}}"),
		"{\"keep\":{\"text\":\"a\",\"n\":-5,\"small\":7,\"bytes\":\"AP8=\",\"rate\":0.5,\"all\":{\"count\":{\"x\":1}}}}",
		"{\"relay\":{\"to\":\"other\",\"n\":5,\"mode\":7}}", "{\"show\":{\"from\":\"a\",\"down\":true}}", "{\"name\":\"x\",\"data\":\"AQ==\"}"};
	static const char *const words[] = {"null", "-", "1e400", "[[[[", "{\"a\":", "\"", "\\u", "\xff", "\x9b", "\xbb\x7f", "\x5b", "0.00000000000000000000001", "}", ","};
	enum { BODIES = sizeof bodies / sizeof *bodies, WORDS = sizeof words / sizeof *words };
	static const uint32_t entries[] = {0, 0, 0, 1, 2, 4, 5};
	// The same in CBOR, as far as the JSON reader makes it.
	troupe_buffer cbor[BODIES];
	memset(cbor, 0, sizeof cbor);
	for (size_t i = 0; i < BODIES; i++) {
		troupe_json r = {.src = (const uint8_t *)bodies[i], .len = strlen(bodies[i]), .depth = 64};
		troupe_buffer b = {0};
		CHECK(troupe_json_value(&r, &b, &troupe_anything, &(troupe_path){.name = TROUPE_TEXT("x")}), "body %zu", i);
		cbor[i] = (troupe_buffer){malloc(b.len), b.len, 0};
		memcpy(cbor[i].at, b.at, b.len);
	}
	forget_call();
	for (int i = 0; i < rounds; i++) {
		uint8_t body[1024];
		uint32_t which = draw(BODIES);
		size_t len = i % 2 ? strlen(bodies[which]) : cbor[which].len;
		memcpy(body, i % 2 ? (const void *)bodies[which] : cbor[which].at, len);
		for (uint32_t n = 1 + draw(3); n > 0 && len > 0; n--) {
			uint32_t at = draw((uint32_t)len);
			const char *word = words[draw(WORDS)];
			switch (draw(4)) {
			case 0:
				body[at] ^= (uint8_t)(1 << draw(8));
				break;
			case 1:
				memmove(body + at, body + at + 1, --len - at);
				break;
			case 2:
				memmove(body + at + strlen(word), body + at, len - at);
				memcpy(body + at, word, strlen(word));
				len += strlen(word);
				break;
			default:
				len = at;
			}
		}
		troupe_bytes out = deliver(entries[draw(sizeof entries / sizeof *entries)], body, len);
		troupe_wire w = {out.at, out.len, 0};
		CHECK(troupe_skip(&w, 100) && w.off == w.len, "an output is no CBOR");
		while (pair_count > 1000) troupe_host_state_delete(pairs_of[0].key, pairs_of[0].key_len);
		forget_call();
	}
	for (size_t i = 0; i < BODIES; i++) free(cbor[i].at);
}

int main(int argc, char **argv) {
	integers();
	floats();
	decimals();
	keys();
	random_numbers();
	envelopes();
	mistakes(argc > 1 ? atoi(argv[1]) : 30000);
	forget_call();
	while (pair_count > 0) troupe_host_state_delete(pairs_of[0].key, pairs_of[0].key_len);
	free(parts);
	free(pending);
	printf("%d failures\n", failures);
	return failures != 0;
}
