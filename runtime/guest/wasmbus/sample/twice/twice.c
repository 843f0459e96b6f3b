// An actor that writes twice, tells the world, and then fails or not: what it has done stays or goes as a whole.
//
//	GET /ok      counts "first" and "second" and publishes to the subject "twice"; answers with the numbers
//	GET /error   does the same, and fails with a text
//	GET /trap    does the same, and runs into an instruction that traps
//	GET /status  does the same, and answers with 500: that is an answer, so what it has done stays
#define WASMBUS_IMPLEMENTATION
#include "wasmbus.h"

static bool handle(const wasmbus_request *r, wasmbus_response *out) {
	int32_t first, second;
	if (!wasmbus_kv_increment(WASMBUS_TEXT("first"), 1, &first)) return false;
	if (!wasmbus_publish((wasmbus_message){.subject = WASMBUS_TEXT("twice"), .body = wasmbus_bytes_of(r->path)})) return false;
	if (!wasmbus_kv_increment(WASMBUS_TEXT("second"), 1, &second)) return false;
	if (wasmbus_same(r->path, WASMBUS_TEXT("/error"))) return wasmbus_fail(WASMBUS_TEXT("failed after the second write"));
	if (wasmbus_same(r->path, WASMBUS_TEXT("/trap"))) __builtin_trap();
	if (wasmbus_same(r->path, WASMBUS_TEXT("/status"))) out->status = 500;
	wasmbus_buffer json = {0};
	wasmbus_put_literal(&json, "{\"first\":");
	wasmbus_put_number(&json, first);
	wasmbus_put_literal(&json, ",\"second\":");
	wasmbus_put_number(&json, second);
	wasmbus_put_literal(&json, "}");
	out->body = wasmbus_content(&json);
	return true;
}

WASMBUS_ACTOR(.request = handle)
