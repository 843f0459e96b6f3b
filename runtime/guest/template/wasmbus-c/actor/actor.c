// Answers a request with what it was, and counts: how often its path has been asked for. The numbers are kept by whoever is
// linked for wasmcloud:keyvalue; variables begin anew with each call.
#define WASMBUS_IMPLEMENTATION
#include "wasmbus.h"

static bool handle(const wasmbus_request *r, wasmbus_response *out) {
	int32_t visits;
	if (!wasmbus_kv_increment(wasmbus_join(WASMBUS_TEXT("visits:"), r->path), 1, &visits)) return false;
	// A handler that returns false has failed: what it has done, such as to count, has not happened.
	if (wasmbus_same(r->method, WASMBUS_TEXT("DELETE"))) return wasmbus_fail(wasmbus_join(r->path, WASMBUS_TEXT(" is not to be deleted")));
	wasmbus_buffer json = {0};
	wasmbus_put_literal(&json, "{\"method\":");
	wasmbus_put_json(&json, r->method);
	wasmbus_put_literal(&json, ",\"path\":");
	wasmbus_put_json(&json, r->path);
	wasmbus_put_literal(&json, ",\"body\":");
	wasmbus_put_json(&json, wasmbus_text_of(r->body));
	wasmbus_put_literal(&json, ",\"visits\":");
	wasmbus_put_number(&json, visits);
	wasmbus_put_literal(&json, "}");
	wasmbus_add_header(out, WASMBUS_TEXT("Content-Type"), WASMBUS_TEXT("application/json"));
	out->body = wasmbus_content(&json);
	return true;
}

WASMBUS_ACTOR(.request = handle)
