// An actor that computes: GET /N tells how many primes there are below N, in a time that grows with N.
#define WASMBUS_IMPLEMENTATION
#include "wasmbus.h"

static bool prime(int64_t n) {
	for (int64_t d = 2; d * d <= n; d++)
		if (n % d == 0) return false;
	return n > 1;
}

static bool handle(const wasmbus_request *r, wasmbus_response *out) {
	int64_t n, found = 0;
	wasmbus_text path;
	wasmbus_cut(r->path, '/', &path);
	if (!wasmbus_number(path, &n)) return wasmbus_fail(wasmbus_join(path, WASMBUS_TEXT(" is no number")));
	for (int64_t i = 0; i < n; i++) found += prime(i);
	wasmbus_buffer text = {0};
	wasmbus_put_number(&text, found);
	out->body = wasmbus_content(&text);
	return true;
}

WASMBUS_ACTOR(.request = handle)
