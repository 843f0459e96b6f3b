// Answers with what it was asked, as JSON: the first actor of the classic getting-started guide.
#define WASMBUS_IMPLEMENTATION
#include "wasmbus.h"

static bool echo(const wasmbus_request *r, wasmbus_response *out) {
	wasmbus_buffer json = {0};
	wasmbus_put_literal(&json, "{\"body\":[");
	for (size_t i = 0; i < r->body.len; i++) {
		if (i > 0) wasmbus_put_literal(&json, ",");
		wasmbus_put_number(&json, r->body.at[i]);
	}
	wasmbus_put_literal(&json, "],\"method\":");
	wasmbus_put_json(&json, r->method);
	wasmbus_put_literal(&json, ",\"path\":");
	wasmbus_put_json(&json, r->path);
	wasmbus_put_literal(&json, ",\"query_string\":");
	wasmbus_put_json(&json, r->query);
	wasmbus_put_literal(&json, "}");
	out->body = wasmbus_content(&json);
	return true;
}

WASMBUS_ACTOR(.request = echo)
