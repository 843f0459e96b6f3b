// An actor that calls others, whoever they are.
//
//	Relay.Call   {"to", "operation", "message", "link", "catch"}: calls the operation with the message, and answers as it is
//	             answered. If catch is true, a failure is answered as {"error": text}; else it fails likewise.
//	GET /TO/OPERATION?name=value&…   calls the operation with a map of the names to the values, in which decimal numbers are
//	             integers; the link is that of the header "link". A body of the request that is not empty is the message in
//	             their place, in MessagePack. The answer is the body of the response as it comes, a failure has the status 502.
//
// TO is the public key of a module, an alias, or a contract that the actor is linked to.
#define WASMBUS_IMPLEMENTATION
#include "wasmbus.h"

static bool call(wasmbus_text operation, wasmbus_bytes payload, wasmbus_bytes *answer) {
	if (!wasmbus_same(operation, WASMBUS_TEXT("Relay.Call"))) return wasmbus_unknown(operation);
	wasmbus_text to = {0}, what = {0}, link = {0};
	wasmbus_bytes message = {0};
	bool catch = false;
	wasmbus_reader r = wasmbus_read(payload);
	for (uint32_t n = wasmbus_read_map(&r); n > 0 && !r.bad; n--) {
		wasmbus_text name = wasmbus_read_text(&r);
		if (wasmbus_same(name, WASMBUS_TEXT("to"))) to = wasmbus_read_text(&r);
		else if (wasmbus_same(name, WASMBUS_TEXT("operation"))) what = wasmbus_read_text(&r);
		else if (wasmbus_same(name, WASMBUS_TEXT("link"))) link = wasmbus_read_text(&r);
		else if (wasmbus_same(name, WASMBUS_TEXT("catch"))) catch = wasmbus_read_bool(&r);
		else {
			const uint8_t *from = r.at;
			wasmbus_skip(&r);
			if (wasmbus_same(name, WASMBUS_TEXT("message"))) message = (wasmbus_bytes){from, (size_t)(r.at - from)};
		}
	}
	if (r.bad) return wasmbus_fail(WASMBUS_TEXT("the payload is none of Relay.Call"));
	if (wasmbus_call(link, to, what, message, answer)) return true;
	if (!catch) return false;
	wasmbus_buffer b = {0};
	wasmbus_write_map(&b, 1);
	wasmbus_write_text(&b, WASMBUS_TEXT("error"));
	wasmbus_write_text(&b, wasmbus_error());
	*answer = wasmbus_content(&b);
	return true;
}

// Writes what stands in the query as a map.
static wasmbus_bytes parameters(wasmbus_text query) {
	wasmbus_buffer pairs = {0}, b = {0};
	uint32_t count = 0;
	for (; query.len > 0; count++) {
		wasmbus_text value;
		wasmbus_write_text(&pairs, wasmbus_cut(wasmbus_cut(query, '&', &query), '=', &value));
		int64_t n;
		if (wasmbus_number(value, &n)) wasmbus_write_int(&pairs, n);
		else wasmbus_write_text(&pairs, value);
	}
	wasmbus_write_map(&b, count);
	wasmbus_put(&b, pairs.at, pairs.len);
	return wasmbus_content(&b);
}

static bool handle(const wasmbus_request *r, wasmbus_response *out) {
	wasmbus_text rest, operation, path = r->path;
	wasmbus_cut(path, '/', &path); // what is before the first is empty
	wasmbus_text to = wasmbus_cut(path, '/', &rest);
	operation = rest;
	wasmbus_bytes message = r->body.len > 0 ? r->body : parameters(r->query);
	if (!wasmbus_call(wasmbus_header_of(r, WASMBUS_TEXT("link")), to, operation, message, &out->body)) {
		out->status = 502;
		out->body = wasmbus_bytes_of(wasmbus_error());
	}
	return true;
}

WASMBUS_ACTOR(.request = handle, .call = call)
