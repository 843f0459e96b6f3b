// An actor that does not come to an end, and one that wants more than there is.
//
//	GET /spin     goes round in circles
//	GET /memory   takes memory until there is none
//	GET /depth    calls itself until the stack ends
//	GET /print    prints without an end
//	GET /ok       answers
#define WASMBUS_IMPLEMENTATION
#include "wasmbus.h"

static volatile uint32_t rounds;

__attribute__((noinline)) static uint32_t deeper(uint32_t n) {
	rounds++;
	return n ? deeper(n - 1) + rounds : 0;
}

static bool handle(const wasmbus_request *r, wasmbus_response *out) {
	if (wasmbus_same(r->path, WASMBUS_TEXT("/spin")))
		for (;;) rounds++;
	if (wasmbus_same(r->path, WASMBUS_TEXT("/memory")))
		for (;;) *(volatile uint8_t *)wasmbus_new(65536) = 1;
	if (wasmbus_same(r->path, WASMBUS_TEXT("/depth"))) deeper(UINT32_MAX);
	if (wasmbus_same(r->path, WASMBUS_TEXT("/print")))
		for (;;) wasmbus_print(WASMBUS_TEXT("and on and on"));
	out->body = wasmbus_bytes_of(WASMBUS_TEXT("ok"));
	return true;
}

WASMBUS_ACTOR(.request = handle)
