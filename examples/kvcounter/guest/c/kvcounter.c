// Counts the requests to each path, or adds what they say: ?amount=5. The numbers are kept by whoever is linked to it for
// wasmcloud:keyvalue.
#define WASMBUS_IMPLEMENTATION
#include "wasmbus.h"

// Makes a key of a path: "counter:" and the path with ":" for "/".
static wasmbus_text key_of(wasmbus_text path) {
	wasmbus_buffer key = {0};
	wasmbus_put_literal(&key, "counter:");
	for (size_t i = 0; i < path.len; i++) wasmbus_put(&key, path.at[i] == '/' ? ":" : path.at + i, 1);
	return wasmbus_text_of(wasmbus_content(&key));
}

static int32_t amount_of(wasmbus_text query) {
	wasmbus_text text;
	int64_t n;
	bool said = wasmbus_parameter(query, WASMBUS_TEXT("amount"), &text) && wasmbus_number(text, &n) && n >= INT32_MIN && n <= INT32_MAX;
	return said ? (int32_t)n : 1;
}

// What the store says goes to the client, good or bad.
static bool count(const wasmbus_request *r, wasmbus_response *out) {
	wasmbus_buffer json = {0};
	int32_t n;
	if (wasmbus_kv_increment(key_of(r->path), amount_of(r->query), &n)) {
		wasmbus_put_literal(&json, "{\"counter\":");
		wasmbus_put_number(&json, n);
	} else {
		out->status = 500;
		wasmbus_put_literal(&json, "{\"error\":");
		wasmbus_put_json(&json, wasmbus_error());
	}
	wasmbus_put_literal(&json, "}");
	out->body = wasmbus_content(&json);
	return true;
}

WASMBUS_ACTOR(.request = count)
