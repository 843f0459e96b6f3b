// probe is a contract that does what its message says: it calls imports with any arguments and tells what came of it. All
// numbers in the message are little endian.
//
//	message = command*
//	command = 0..23 emit argument*    calls an import, by its place in the list of imports below
//	        | 100 mode                what allocate does from now on
//	        | 101 kind                ends the contract
//	        | 102 pages               memory.grow; its result, 8 bytes, is emitted
//	        | 103                     counts in memory; the count, 8 bytes, is emitted
//	        | 104 pointer             the contract returns this in the place of its output
//	        | 105 region              it returns a pointer to this region
//	        | 106 pages               reads all 64 KiB from the start of a page, their sum, 8 bytes, is emitted
//	argument = 'b' length bytes       a region that holds the bytes
//	         | 'm' length byte        a region that holds a byte many times
//	         | 'n' number             the number
//	         | 'c' capacity           an empty region
//	         | 'r' region             a region of these numbers: offset, capacity, length
//	         | 's' capacity           an empty region that lies in the room that it describes
//	         | 'l'                    the result of the last call
//
// The result of an import is emitted in 8 bytes. If emit is 1 and the result, or its low half, is not 0, the region that
// it points at is emitted as its length and its bytes; if emit is 2, that of the first argument of the kind 'c' or 's'.
#include <stdint.h>

typedef uint32_t u32;
typedef uint64_t u64;
typedef uint8_t u8;

struct region {
	u32 offset, capacity, length;
};

#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

IMPORT(abort) void host_abort(u32);
IMPORT(db_read) u32 host_db_read(u32);
IMPORT(db_write) void host_db_write(u32, u32);
IMPORT(db_remove) void host_db_remove(u32);
IMPORT(addr_validate) u32 host_addr_validate(u32);
IMPORT(addr_canonicalize) u32 host_addr_canonicalize(u32, u32);
IMPORT(addr_humanize) u32 host_addr_humanize(u32, u32);
IMPORT(bls12_381_aggregate_g1) u32 host_aggregate_g1(u32, u32);
IMPORT(bls12_381_aggregate_g2) u32 host_aggregate_g2(u32, u32);
IMPORT(bls12_381_pairing_equality) u32 host_pairing_equality(u32, u32, u32, u32);
IMPORT(bls12_381_hash_to_g1) u32 host_hash_to_g1(u32, u32, u32, u32);
IMPORT(bls12_381_hash_to_g2) u32 host_hash_to_g2(u32, u32, u32, u32);
IMPORT(secp256k1_verify) u32 host_secp256k1_verify(u32, u32, u32);
IMPORT(secp256k1_recover_pubkey) u64 host_secp256k1_recover(u32, u32, u32);
IMPORT(secp256r1_verify) u32 host_secp256r1_verify(u32, u32, u32);
IMPORT(secp256r1_recover_pubkey) u64 host_secp256r1_recover(u32, u32, u32);
IMPORT(ed25519_verify) u32 host_ed25519_verify(u32, u32, u32);
IMPORT(ed25519_batch_verify) u32 host_ed25519_batch_verify(u32, u32, u32);
IMPORT(debug) void host_debug(u32);
IMPORT(query_chain) u32 host_query_chain(u32);
IMPORT(db_scan) u32 host_db_scan(u32, u32, u32);
IMPORT(db_next) u32 host_db_next(u32);
IMPORT(db_next_key) u32 host_db_next_key(u32);
IMPORT(db_next_value) u32 host_db_next_value(u32);

static const u8 arity[24] = {1, 1, 2, 1, 1, 2, 2, 2, 2, 4, 4, 4, 3, 3, 3, 3, 3, 3, 1, 1, 3, 1, 1, 1};

// What allocate does. It is for scripts that try the host.
enum {
	ORDINARY,
	ZERO,     // returns no region
	SMALL,    // returns a region of a byte less than asked for
	REENTER,  // calls an import that needs no room
	REENTER2, // calls an import that needs room
	NOWHERE,  // returns a pointer outside of memory
	OUTSIDE,  // returns a region outside of memory
	ITSELF,   // returns a region that lies in its own room
	SPIN,     // does not return
	TRAP
};
static u32 mode;

extern u8 __heap_base;
static u32 top;

static void *room(u32 size) {
	if (top == 0) top = (u32)(uintptr_t)&__heap_base;
	u32 at = (top + 7) & ~7u;
	u32 have = __builtin_wasm_memory_size(0) << 16;
	if (at + size > have && __builtin_wasm_memory_grow(0, ((at + size - have) >> 16) + 1) == (u32)-1) __builtin_trap();
	top = at + size;
	return (void *)(uintptr_t)at;
}

static u32 region(u32 capacity, u32 length) {
	struct region *r = room(sizeof *r);
	r->capacity = capacity;
	r->length = length;
	r->offset = (u32)(uintptr_t)room(capacity == 0 ? 1 : capacity);
	return (u32)(uintptr_t)r;
}

static u32 pair_of(u32 offset, u32 capacity) {
	struct region *r = room(sizeof *r);
	r->offset = offset;
	r->capacity = capacity;
	r->length = 0;
	return (u32)(uintptr_t)r;
}

static u32 inside(u32 capacity) {
	u8 *at = room(capacity + sizeof(struct region));
	struct region *r = (struct region *)at;
	r->offset = (u32)(uintptr_t)at;
	r->capacity = capacity;
	r->length = 0;
	return (u32)(uintptr_t)r;
}

EXPORT(allocate) u32 allocate(u32 size) {
	switch (mode) {
	case ZERO:
		return 0;
	case SMALL:
		return region(size == 0 ? 0 : size - 1, 0);
	case REENTER:
		host_db_remove(region(1, 1));
		break;
	case REENTER2:
		host_db_read(region(1, 1));
		break;
	case NOWHERE:
		return 0xfffffffe;
	case OUTSIDE:
		return pair_of(0x7fffffff, 0x10000);
	case ITSELF:
		return inside(size);
	case SPIN:
		for (volatile u32 i = 0;; i++) {
		}
	case TRAP:
		__builtin_trap();
	}
	return region(size, 0);
}

EXPORT(deallocate) void deallocate(u32 pointer) { (void)pointer; }
EXPORT(interface_version_8) void interface_version(void) {}
EXPORT(requires_iterator) void requires_iterator(void) {}

static u8 output[256 << 10];
static u32 written;
static u64 count;

static void emit(const void *bytes, u32 length) {
	for (u32 i = 0; i < length; i++) output[written++] = ((const u8 *)bytes)[i];
}

static void emit_region(u32 pointer) {
	struct region *r = (struct region *)(uintptr_t)pointer;
	emit(&r->length, 4);
	emit((void *)(uintptr_t)r->offset, r->length);
}

static const u8 *script, *end;

static void take(void *to, u32 length) {
	if ((u32)(end - script) < length) __builtin_trap();
	for (u32 i = 0; i < length; i++) ((u8 *)to)[i] = *script++;
}

static u8 byte(void) {
	u8 b;
	take(&b, 1);
	return b;
}

static u32 number(void) {
	u32 n;
	take(&n, 4);
	return n;
}

static u64 last;

static u32 argument(u32 *destination) {
	struct region *r;
	u32 n, p;
	switch (byte()) {
	case 'b':
		n = number();
		p = region(n, n);
		r = (struct region *)(uintptr_t)p;
		take((void *)(uintptr_t)r->offset, n);
		return p;
	case 'm':
		n = number();
		p = region(n, n);
		r = (struct region *)(uintptr_t)p;
		u8 b = byte();
		for (u32 i = 0; i < n; i++) ((volatile u8 *)(uintptr_t)r->offset)[i] = b;
		return p;
	case 'n':
		return number();
	case 'c':
		return *destination = region(number(), 0);
	case 'r':
		r = room(sizeof *r);
		take(r, sizeof *r);
		return (u32)(uintptr_t)r;
	case 's':
		return *destination = inside(number());
	case 'l':
		return (u32)last;
	}
	__builtin_trap();
}

static u64 call(u8 import, u32 *a) {
	switch (import) {
	case 0: host_abort(a[0]); return 0;
	case 1: return host_db_read(a[0]);
	case 2: host_db_write(a[0], a[1]); return 0;
	case 3: host_db_remove(a[0]); return 0;
	case 4: return host_addr_validate(a[0]);
	case 5: return host_addr_canonicalize(a[0], a[1]);
	case 6: return host_addr_humanize(a[0], a[1]);
	case 7: return host_aggregate_g1(a[0], a[1]);
	case 8: return host_aggregate_g2(a[0], a[1]);
	case 9: return host_pairing_equality(a[0], a[1], a[2], a[3]);
	case 10: return host_hash_to_g1(a[0], a[1], a[2], a[3]);
	case 11: return host_hash_to_g2(a[0], a[1], a[2], a[3]);
	case 12: return host_secp256k1_verify(a[0], a[1], a[2]);
	case 13: return host_secp256k1_recover(a[0], a[1], a[2]);
	case 14: return host_secp256r1_verify(a[0], a[1], a[2]);
	case 15: return host_secp256r1_recover(a[0], a[1], a[2]);
	case 16: return host_ed25519_verify(a[0], a[1], a[2]);
	case 17: return host_ed25519_batch_verify(a[0], a[1], a[2]);
	case 18: host_debug(a[0]); return 0;
	case 19: return host_query_chain(a[0]);
	case 20: return host_db_scan(a[0], a[1], a[2]);
	case 21: return host_db_next(a[0]);
	case 22: return host_db_next_key(a[0]);
	case 23: return host_db_next_value(a[0]);
	}
	__builtin_trap();
}

static void import(u8 name) {
	u8 how = byte();
	u32 a[4], destination = 0;
	for (u32 i = 0; i < arity[name]; i++) a[i] = argument(&destination);
	last = call(name, a);
	emit(&last, 8);
	if (how == 1 && (u32)last != 0) emit_region((u32)last);
	if (how == 2 && destination != 0) emit_region(destination);
}

static u32 sink;
static u32 deep(u32 n) {
	u32 below = n == 0 ? 0 : deep(n - 1);
	return below + ((volatile u32 *)&sink)[0] + 1;
}

// die ends the contract in the way of a kind.
static void die(u8 kind) {
	volatile u32 zero = 0;
	volatile float nan = 0; // divided by itself
	switch (kind) {
	case 0: __builtin_trap();
	case 1: sink = 7 / zero; return;
	case 2: sink = *(volatile u32 *)(uintptr_t)0xffffff00; return;
	case 3: sink = (u32)__builtin_wasm_trunc_s_i32_f32(zero / nan); return;
	case 4: for (volatile u32 i = 0;; i++) {}
	case 5: sink = deep(0xffffffff); return;
	case 6: ((void (*)(void))(uintptr_t)(zero + 1000))(); return;
	case 7: sink = deep(1000); return;
	}
}

static u32 run(u32 pointer) {
	struct region *r = (struct region *)(uintptr_t)pointer;
	script = (u8 *)(uintptr_t)r->offset;
	end = script + r->length;
	while (script < end) {
		u8 command = byte();
		if (command < 24) {
			import(command);
			continue;
		}
		u64 n;
		switch (command) {
		case 100: mode = byte(); break;
		case 101: die(byte()); break;
		case 102: n = __builtin_wasm_memory_grow(0, number()); emit(&n, 8); break;
		case 103: n = ++count; emit(&n, 8); break;
		case 104: return number();
		case 105:
			r = room(sizeof *r);
			take(r, sizeof *r);
			return (u32)(uintptr_t)r;
		case 106:
			n = 0;
			u8 *page = (u8 *)(uintptr_t)(number() << 16);
			for (u32 i = 0; i < 1 << 16; i++) n += page[i];
			emit(&n, 8);
			break;
		default: __builtin_trap();
		}
	}
	mode = ORDINARY;
	u32 result = region(0, 0);
	r = (struct region *)(uintptr_t)result;
	r->offset = (u32)(uintptr_t)output;
	r->capacity = sizeof output;
	r->length = written;
	return result;
}

EXPORT(instantiate) u32 instantiate(u32 env, u32 info, u32 msg) { (void)env; (void)info; return run(msg); }
EXPORT(execute) u32 execute(u32 env, u32 info, u32 msg) { (void)env; (void)info; return run(msg); }
EXPORT(migrate) u32 migrate(u32 env, u32 msg) { (void)env; return run(msg); }
EXPORT(query) u32 query(u32 env, u32 msg) { (void)env; return run(msg); }
EXPORT(sudo) u32 sudo(u32 env, u32 msg) { (void)env; return run(msg); }
EXPORT(reply) u32 reply(u32 env, u32 msg) { (void)env; return run(msg); }
