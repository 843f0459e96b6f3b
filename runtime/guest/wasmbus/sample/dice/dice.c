// An actor that throws dice: GET / answers with a guid, a number of 32 bits and one from 1 to 6, and logs on four levels.
#define WASMBUS_IMPLEMENTATION
#include "wasmbus.h"

static bool handle(const wasmbus_request *r, wasmbus_response *out) {
	static const wasmbus_text levels[] = {{"debug", 5}, {"info", 4}, {"warn", 4}, {"error", 5}};
	for (int i = 0; i < 4; i++)
		if (!wasmbus_log(levels[i], r->path)) return false;
	wasmbus_text guid;
	uint32_t any, die;
	if (!wasmbus_guid(&guid) || !wasmbus_random(&any) || !wasmbus_random_in_range(1, 6, &die)) return false;
	wasmbus_buffer json = {0};
	wasmbus_put_literal(&json, "{\"guid\":");
	wasmbus_put_json(&json, guid);
	wasmbus_put_literal(&json, ",\"any\":");
	wasmbus_put_number(&json, any);
	wasmbus_put_literal(&json, ",\"die\":");
	wasmbus_put_number(&json, die);
	wasmbus_put_literal(&json, "}");
	out->body = wasmbus_content(&json);
	return true;
}

WASMBUS_ACTOR(.request = handle)
