// An actor that does what its operation says, for the tests of the guest code. It does what testdata/as does.
#define WASMBUS_IMPLEMENTATION
#include "wasmbus.h"

static wasmbus_buffer out;

static bool is(wasmbus_text operation, const char *name) {
	size_t n = 0;
	while (name[n]) n++;
	return wasmbus_same(operation, (wasmbus_text){name, n});
}

// Says what a helper has returned.
static bool number(bool ok, int64_t n) {
	if (ok) wasmbus_put_number(&out, n);
	return ok;
}

static bool yes(bool ok, bool v) {
	if (ok) wasmbus_put_text(&out, v ? WASMBUS_TEXT("true") : WASMBUS_TEXT("false"));
	return ok;
}

static bool text(bool ok, wasmbus_text t) {
	if (ok) wasmbus_put_json(&out, t);
	return ok;
}

static bool texts(bool ok, wasmbus_texts t) {
	for (size_t i = 0; ok && i < t.len; i++) {
		if (i > 0) wasmbus_put_literal(&out, ",");
		wasmbus_put_json(&out, t.at[i]);
	}
	return ok;
}

// Writes a value as it was read. Texts become bytes, as they are.
static bool copy(wasmbus_bytes payload) {
	wasmbus_reader r = wasmbus_read(payload);
	for (uint64_t left = 1; left > 0 && !r.bad; left--) {
		wasmbus_item v = wasmbus_next(&r);
		if (r.bad) break;
		switch (v.kind) {
		case WASMBUS_NIL:
			wasmbus_write_nil(&out);
			break;
		case WASMBUS_BOOL:
			wasmbus_write_bool(&out, v.number);
			break;
		case WASMBUS_UINT:
			wasmbus_write_uint(&out, v.number);
			break;
		case WASMBUS_INT:
			wasmbus_write_int(&out, (int64_t)v.number);
			break;
		case WASMBUS_FLOAT:
			wasmbus_write_float(&out, v.real);
			break;
		case WASMBUS_LIST:
			left += v.number;
			wasmbus_write_list(&out, (uint32_t)v.number);
			break;
		case WASMBUS_MAP:
			left += 2 * v.number;
			wasmbus_write_map(&out, (uint32_t)v.number);
			break;
		case WASMBUS_EXTENSION:
			wasmbus_write_uint(&out, v.number);
			wasmbus_write_bytes(&out, v.bytes);
			break;
		default:
			wasmbus_write_bytes(&out, v.bytes);
		}
	}
	return !(r.bad || r.left > 0) || wasmbus_fail(WASMBUS_TEXT("bad"));
}

static bool call(wasmbus_text operation, wasmbus_bytes payload, wasmbus_bytes *answer) {
	static const wasmbus_text both[] = {{"a", 1}, {"b", 1}};
	const wasmbus_text k = WASMBUS_TEXT("key"), v = WASMBUS_TEXT("välue");
	wasmbus_text t = {0};
	wasmbus_texts list = {0};
	wasmbus_message m = {0};
	bool b = false, ok = false;
	int32_t i = 0;
	uint32_t n = 0;
	out = (wasmbus_buffer){0};
	if (is(operation, "copy")) ok = copy(payload);
	else if (is(operation, "quote")) ok = text(true, wasmbus_text_of(payload));
	else if (is(operation, "forward")) ok = wasmbus_call(WASMBUS_TEXT(""), WASMBUS_TEXT("other/actor"), WASMBUS_TEXT("Some.Thing"), payload, answer);
	else if (is(operation, "get")) ok = wasmbus_kv_get(k, &t, &b) && text(true, t) && yes(true, b);
	else if (is(operation, "set")) ok = wasmbus_kv_set(k, v, 60);
	else if (is(operation, "delete")) ok = yes(wasmbus_kv_delete(k, &b), b);
	else if (is(operation, "contains")) ok = yes(wasmbus_kv_contains(k, &b), b);
	else if (is(operation, "increment")) ok = number(wasmbus_kv_increment(k, -7, &i), i);
	else if (is(operation, "list_add")) ok = number(wasmbus_kv_list_add(k, v, &n), n);
	else if (is(operation, "list_delete")) ok = yes(wasmbus_kv_list_delete(k, v, &b), b);
	else if (is(operation, "list_range")) ok = texts(wasmbus_kv_list_range(k, 0, -1, &list), list);
	else if (is(operation, "list_clear")) ok = yes(wasmbus_kv_list_clear(k, &b), b);
	else if (is(operation, "set_add")) ok = number(wasmbus_kv_set_add(k, v, &n), n);
	else if (is(operation, "set_delete")) ok = number(wasmbus_kv_set_delete(k, v, &n), n);
	else if (is(operation, "set_query")) ok = texts(wasmbus_kv_set_query(k, &list), list);
	else if (is(operation, "set_union")) ok = texts(wasmbus_kv_set_union((wasmbus_texts){both, 2}, &list), list);
	else if (is(operation, "set_intersection")) ok = texts(wasmbus_kv_set_intersection((wasmbus_texts){both, 2}, &list), list);
	else if (is(operation, "set_clear")) ok = yes(wasmbus_kv_set_clear(k, &b), b);
	else if (is(operation, "publish")) ok = wasmbus_publish((wasmbus_message){k, v, wasmbus_bytes_of(v)});
	else if (is(operation, "tell")) ok = wasmbus_publish((wasmbus_message){.subject = k});
	else if (is(operation, "ask")) ok = wasmbus_ask(k, wasmbus_bytes_of(v), 300, &m) && text(true, m.subject) && text(true, wasmbus_text_of(m.body));
	else if (is(operation, "log")) ok = wasmbus_log(WASMBUS_TEXT("warn"), v);
	else if (is(operation, "guid")) ok = text(wasmbus_guid(&t), t);
	else if (is(operation, "random")) ok = number(wasmbus_random(&n), n);
	else if (is(operation, "random_in_range")) ok = number(wasmbus_random_in_range(1, 300, &n), n);
	else return wasmbus_unknown(operation);
	if (out.len > 0) *answer = wasmbus_content(&out);
	return ok;
}

// Says what it has got.
static bool request(const wasmbus_request *r, wasmbus_response *response) {
	wasmbus_text value = {0};
	wasmbus_buffer b = {0};
	wasmbus_put_text(&b, r->method);
	wasmbus_put_literal(&b, " ");
	wasmbus_put_text(&b, r->path);
	wasmbus_put_literal(&b, " ");
	wasmbus_put_text(&b, wasmbus_header_of(r, WASMBUS_TEXT("x-name")));
	wasmbus_put_literal(&b, " ");
	wasmbus_put(&b, r->body.at, r->body.len);
	if (wasmbus_parameter(r->query, WASMBUS_TEXT("name"), &value)) {
		wasmbus_add_header(response, WASMBUS_TEXT("Name"), value);
		response->status = 418;
	}
	response->body = wasmbus_content(&b);
	return true;
}

static bool message(const wasmbus_message *m) {
	wasmbus_print(wasmbus_join(m->subject, m->reply_to));
	return m->body.len > 0 || wasmbus_fail(WASMBUS_TEXT("empty"));
}

WASMBUS_ACTOR(.request = request, .message = message, .call = call)
