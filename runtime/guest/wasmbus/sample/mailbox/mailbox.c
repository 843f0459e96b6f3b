// An actor that gets messages. It counts those of a subject under the key "messages:SUBJECT", and publishes "reply: BODY" to
// whoever waits for an answer. A message whose body is "fail" fails behind both, one that is "log" is told to the log as well.
//
//	GET /SUBJECT?text=…   publishes a text
//	POST /SUBJECT         publishes the body and waits for an answer, 2 seconds, which is the body of the response
#define WASMBUS_IMPLEMENTATION
#include "wasmbus.h"

static bool receive(const wasmbus_message *m) {
	wasmbus_text body = wasmbus_text_of(m->body);
	if (!wasmbus_kv_increment(wasmbus_join(WASMBUS_TEXT("messages:"), m->subject), 1, 0)) return false;
	if (m->reply_to.len > 0) {
		wasmbus_text reply = wasmbus_join(WASMBUS_TEXT("reply: "), body);
		if (!wasmbus_publish((wasmbus_message){.subject = m->reply_to, .body = wasmbus_bytes_of(reply)})) return false;
	}
	if (wasmbus_same(body, WASMBUS_TEXT("log"))) return wasmbus_log(WASMBUS_TEXT("info"), m->subject);
	return !wasmbus_same(body, WASMBUS_TEXT("fail")) || wasmbus_fail(WASMBUS_TEXT("failed as it was told"));
}

static bool handle(const wasmbus_request *r, wasmbus_response *out) {
	wasmbus_text subject, text = {0};
	wasmbus_cut(r->path, '/', &subject);
	if (wasmbus_same(r->method, WASMBUS_TEXT("POST"))) {
		wasmbus_message answer;
		if (!wasmbus_ask(subject, r->body, 2000, &answer)) return false;
		out->body = answer.body;
		return true;
	}
	wasmbus_parameter(r->query, WASMBUS_TEXT("text"), &text);
	return wasmbus_publish((wasmbus_message){.subject = subject, .body = wasmbus_bytes_of(text)});
}

WASMBUS_ACTOR(.request = handle, .message = receive)
