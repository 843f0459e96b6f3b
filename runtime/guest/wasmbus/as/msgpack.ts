// MessagePack, as the messages of wasmbus have it: maps with the names of fields, in the shortest forms.
//
// Memory is never freed, because a host throws the memory of a call away when the call ends.

/** What kinds of value there are. */
export const enum Kind { Nil, Bool, Uint, Int /* below 0 */, Float, Text, Bytes, List, Pairs, Extension }

/** Writer appends values. Behind the head of a list come its elements, behind that of a map its keys and values by turns. */
@final
export class Writer {
  ptr: usize;
  len: u32 = 0;
  private cap: u32 = 64;

  constructor() { this.ptr = heap.alloc(64); }

  /** room makes sure that n more bytes fit, and returns where they go. */
  private room(n: u32): usize {
    if (this.cap - this.len < n) {
      this.cap = max(this.len + n, this.cap * 2);
      this.ptr = heap.realloc(this.ptr, this.cap);
    }
    const at = this.ptr + this.len;
    this.len += n;
    return at;
  }

  /** head appends a byte and a number of so many bytes, the highest first. */
  private head(first: u8, n: u64, bytes: i32): Writer {
    const at = this.room(bytes + 1);
    store<u8>(at, first);
    for (let i = bytes; i > 0; i--, n >>= 8) store<u8>(at + i, <u8>n);
    return this;
  }

  /** sized appends the first of three heads that holds n. */
  private sized(first: u8, n: u32): Writer {
    return n <= 0xff ? this.head(first, n, 1) : n <= 0xffff ? this.head(first + 1, n, 2) : this.head(first + 2, n, 4);
  }

  /** counted appends the head of a list or map. */
  private counted(small: u8, big: u8, n: u32): Writer {
    return n < 16 ? this.head(small | <u8>n, 0, 0) : n <= 0xffff ? this.head(big, n, 2) : this.head(big + 1, n, 4);
  }

  nil(): Writer { return this.head(0xc0, 0, 0); }
  bool(v: bool): Writer { return this.head(v ? 0xc3 : 0xc2, 0, 0); }
  float(v: f64): Writer { return this.head(0xcb, reinterpret<u64>(v), 8); }
  list(n: u32): Writer { return this.counted(0x90, 0xdc, n); }
  pairs(n: u32): Writer { return this.counted(0x80, 0xde, n); }

  uint(n: u64): Writer {
    if (n < 0x80) return this.head(<u8>n, 0, 0);
    return n <= 0xffffffff ? this.sized(0xcc, <u32>n) : this.head(0xcf, n, 8);
  }

  int(n: i64): Writer {
    if (n >= 0) return this.uint(n);
    if (n >= -32) return this.head(<u8>n, 0, 0);
    if (n >= i8.MIN_VALUE) return this.head(0xd0, n, 1);
    if (n >= i16.MIN_VALUE) return this.head(0xd1, n, 2);
    return n >= i32.MIN_VALUE ? this.head(0xd2, n, 4) : this.head(0xd3, n, 8);
  }

  text(s: string): Writer {
    const n = <u32>String.UTF8.byteLength(s);
    if (n < 32) this.head(0xa0 | <u8>n, 0, 0);
    else this.sized(0xd9, n);
    String.UTF8.encodeUnsafe(changetype<usize>(s), s.length, this.room(n), false, String.UTF8.ErrorMode.REPLACE);
    return this;
  }

  bytes(b: Uint8Array): Writer {
    this.sized(0xc4, b.length);
    memory.copy(this.room(b.length), b.dataStart, b.length);
    return this;
  }

  /** content returns a copy of what was written. */
  content(): Uint8Array { return bytesAt(this.ptr, this.len); }
}

/**
 * Reader reads values one behind the other. bad says that what was read is no MessagePack, or not of the type that was asked
 * for: from then on everything is empty.
 */
@final
export class Reader {
  bad: bool = false;
  private at: usize;
  private end: usize;

  /** What next has found: a bool, an integer in two's complement, the count of a list or map, the type of an extension. */
  value: u64 = 0;
  real: f64 = 0;
  private from: usize = 0;
  private size: u32 = 0;

  constructor(/** It stays where it is. */ private readonly input: Uint8Array) {
    this.at = input.dataStart;
    this.end = input.dataStart + input.length;
  }

  /** left is how many bytes are left to read. */
  get left(): u32 { return <u32>(this.end - this.at); }

  private fail(): Kind {
    this.bad = true;
    this.at = this.end;
    this.value = 0;
    this.size = 0;
    return Kind.Nil;
  }

  /** take reads a number of so many bytes. */
  private take(bytes: u32): u64 {
    if (this.left < bytes) {
      this.fail();
      return 0;
    }
    let n: u64 = 0;
    for (let i: u32 = 0; i < bytes; i++) n = n << 8 | <u64>load<u8>(this.at + i);
    this.at += bytes;
    return n;
  }

  private number(kind: Kind, n: u64): Kind {
    if (this.bad) return Kind.Nil;
    this.value = n;
    return kind;
  }

  private integer(n: i64): Kind { return this.number(n < 0 ? Kind.Int : Kind.Uint, n); }

  private float(v: f64): Kind {
    this.real = v;
    return this.number(Kind.Float, 0);
  }

  private span(kind: Kind, size: u64): Kind {
    if (this.bad || <u64>this.left < size) return this.fail();
    this.from = this.at;
    this.size = <u32>size;
    this.at += <usize>size;
    return kind;
  }

  /** A list or map has at least a byte for each element, so that nobody counts to what is not there. */
  private counted(kind: Kind, n: u64): Kind {
    if (this.bad || (kind == Kind.Pairs ? 2 * n : n) > <u64>this.left) return this.fail();
    return this.number(kind, n);
  }

  private extension(size: u64): Kind {
    this.value = this.take(1);
    return this.span(Kind.Extension, size);
  }

  /** next reads a value, or the head of a list or map. What is bad is null. */
  next(): Kind {
    this.value = 0;
    this.size = 0;
    const head = <u8>this.take(1);
    if (this.bad) return Kind.Nil;
    if (head < 0x80) return this.number(Kind.Uint, head);
    if (head < 0x90) return this.counted(Kind.Pairs, head & 15);
    if (head < 0xa0) return this.counted(Kind.List, head & 15);
    if (head < 0xc0) return this.span(Kind.Text, head & 31);
    if (head >= 0xe0) return this.integer(<i64><i8>head);
    switch (head) {
      case 0xc0: return Kind.Nil;
      case 0xc2:
      case 0xc3: return this.number(Kind.Bool, head & 1);
      case 0xc4:
      case 0xc5:
      case 0xc6: return this.span(Kind.Bytes, this.take(1 << (head - 0xc4)));
      case 0xc7:
      case 0xc8:
      case 0xc9: return this.extension(this.take(1 << (head - 0xc7)));
      case 0xca: return this.float(<f64>reinterpret<f32>(<u32>this.take(4)));
      case 0xcb: return this.float(reinterpret<f64>(this.take(8)));
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf: return this.number(Kind.Uint, this.take(1 << (head - 0xcc)));
      case 0xd0: return this.integer(<i64><i8>this.take(1));
      case 0xd1: return this.integer(<i64><i16>this.take(2));
      case 0xd2: return this.integer(<i64><i32>this.take(4));
      case 0xd3: return this.integer(<i64>this.take(8));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8: return this.extension(1 << (head - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb: return this.span(Kind.Text, this.take(1 << (head - 0xd9)));
      case 0xdc: return this.counted(Kind.List, this.take(2));
      case 0xdd: return this.counted(Kind.List, this.take(4));
      case 0xde: return this.counted(Kind.Pairs, this.take(2));
      case 0xdf: return this.counted(Kind.Pairs, this.take(4));
      default: return this.fail();
    }
  }

  /** skip goes behind a value with all that is in it, and returns its bytes. */
  skip(): Uint8Array {
    const from = this.at;
    for (let left: u64 = 1; left > 0 && !this.bad; left--) {
      const kind = this.next();
      if (kind == Kind.List) left += this.value;
      else if (kind == Kind.Pairs) left += 2 * this.value;
    }
    return this.bad ? new Uint8Array(0) : bytesAt(from, <u32>(this.at - from));
  }

  /** expect reads a value of a kind. Null is the zero value. */
  private expect(want: Kind): void {
    const kind = this.next();
    if (kind != want && kind != Kind.Nil) this.fail();
  }

  bool(): bool {
    this.expect(Kind.Bool);
    return this.value != 0;
  }

  uint(): u64 {
    this.expect(Kind.Uint);
    return this.value;
  }

  int(): i64 {
    const kind = this.next();
    if (kind != Kind.Uint && kind != Kind.Int && kind != Kind.Nil) this.fail();
    if (kind == Kind.Uint && <i64>this.value < 0) this.fail();
    return <i64>this.value;
  }

  /** small reads an integer from least to most. */
  private small(least: i64, most: i64): i64 {
    const n = this.int();
    if (n >= least && n <= most) return n;
    this.fail();
    return 0;
  }

  i32(): i32 { return <i32>this.small(i32.MIN_VALUE, i32.MAX_VALUE); }
  u32(): u32 { return <u32>this.small(0, u32.MAX_VALUE); }

  list(): u32 {
    this.expect(Kind.List);
    return <u32>this.value;
  }

  pairs(): u32 {
    this.expect(Kind.Pairs);
    return <u32>this.value;
  }

  text(): string {
    this.expect(Kind.Text);
    return this.foundText();
  }

  /** foundText returns what next has found, if that is a text. */
  foundText(): string { return String.UTF8.decodeUnsafe(this.from, this.size, false); }

  /** foundBytes returns what next has found, if that has bytes. */
  foundBytes(): Uint8Array { return bytesAt(this.from, this.size); }

  /** bytes reads bytes; a text or a list of numbers below 256 will do. */
  bytes(): Uint8Array {
    const kind = this.next();
    if (kind == Kind.List) {
      const b = new Uint8Array(<i32>this.value);
      for (let i = 0; i < b.length; i++) {
        const n = this.uint();
        if (n > 0xff) this.fail();
        b[i] = <u8>n;
      }
      return b;
    }
    if (kind != Kind.Text && kind != Kind.Bytes && kind != Kind.Nil) this.fail();
    return this.foundBytes();
  }

  texts(): Array<string> {
    const all = new Array<string>();
    for (let n = this.list(); n > 0 && !this.bad; n--) all.push(this.text());
    return all;
  }
}

/** bytesAt returns a copy of what lies in memory. */
export function bytesAt(ptr: usize, n: u32): Uint8Array {
  const b = new Uint8Array(n);
  memory.copy(b.dataStart, ptr, n);
  return b;
}
