// Bytes that are being written, most of them CBOR.
//
// The memory below is never freed, because a host throws the memory of a call away when the call ends.

/** Major is the type of an item of CBOR (RFC 8949, section 3.1). */
export namespace Major {
  export const Uint: u8 = 0;
  export const Negative: u8 = 1;
  export const Bytes: u8 = 2;
  export const Text: u8 = 3;
  export const List: u8 = 4;
  export const Pairs: u8 = 5;
  export const Tag: u8 = 6;
  export const Simple: u8 = 7;
}

export const FALSE: u8 = 0xf4;
export const TRUE: u8 = 0xf5;
export const NULL: u8 = 0xf6;

/** Buffer grows as it is written. */
@final
export class Buffer {
  ptr: usize;
  len: u32 = 0;
  private cap: u32;

  constructor(cap: u32 = 64) {
    this.ptr = heap.alloc(cap);
    this.cap = cap;
  }

  /** room makes sure that n more bytes fit, and returns where they go. */
  private room(n: u32): usize {
    const need = this.len + n;
    if (need > this.cap) {
      this.cap = max(need, this.cap * 2);
      this.ptr = heap.realloc(this.ptr, this.cap);
    }
    return this.ptr + this.len;
  }

  byte(b: u8): void {
    store<u8>(this.room(1), b);
    this.len++;
  }

  /** raw appends what lies at ptr, which may be this buffer itself. */
  raw(ptr: usize, n: u32): void {
    const own = ptr >= this.ptr && ptr < this.ptr + this.cap;
    const at = ptr - this.ptr;
    const to = this.room(n);
    memory.copy(to, own ? this.ptr + at : ptr, n);
    this.len += n;
  }

  /** ascii appends a text if it is nothing but ASCII, which most are, and reports whether it is. */
  private ascii(s: string): bool {
    const n = <u32>s.length;
    const to = this.room(n);
    const from = changetype<usize>(s);
    let i: u32 = 0;
    for (; i + 4 <= n; i += 4) {
      let four = load<u64>(from + (i << 1));
      if ((four & 0xff80ff80ff80ff80) != 0) return false;
      four |= four >> 8;
      store<u32>(to + i, <u32>(four & 0xffff | four >> 16 & 0xffff0000));
    }
    for (; i < n; i++) {
      const c = load<u16>(from + (i << 1));
      if (c >= 0x80) return false;
      store<u8>(to + i, c);
    }
    this.len += n;
    return true;
  }

  /** utf8 appends a text, in which a lone surrogate becomes U+FFFD. */
  utf8(s: string): void {
    if (this.ascii(s)) return;
    const n = <u32>String.UTF8.byteLength(s);
    const to = this.room(n);
    String.UTF8.encodeUnsafe(changetype<usize>(s), s.length, to, false, String.UTF8.ErrorMode.REPLACE);
    this.len += n;
  }

  /** head appends the first bytes of an item in their shortest form. */
  head(major: u8, arg: u64): void {
    const m = major << 5;
    if (arg < 24) {
      this.byte(m | <u8>arg);
    } else if (arg <= 0xff) {
      this.byte(m | 24);
      this.byte(<u8>arg);
    } else if (arg <= 0xffff) {
      this.byte(m | 25);
      this.big16(<u16>arg);
    } else if (arg <= 0xffffffff) {
      this.byte(m | 26);
      this.big32(<u32>arg);
    } else {
      this.byte(m | 27);
      this.big64(arg);
    }
  }

  big16(v: u16): void {
    store<u16>(this.room(2), bswap(v));
    this.len += 2;
  }

  big32(v: u32): void {
    store<u32>(this.room(4), bswap(v));
    this.len += 4;
  }

  big64(v: u64): void {
    store<u64>(this.room(8), bswap(v));
    this.len += 8;
  }

  int(n: i64): void {
    if (n < 0) this.head(Major.Negative, ~(<u64>n));
    else this.head(Major.Uint, <u64>n);
  }

  text(s: string): void {
    const start = this.len;
    this.head(Major.Text, <u64>s.length);
    if (this.ascii(s)) return;
    this.len = start;
    this.head(Major.Text, <u64>String.UTF8.byteLength(s));
    this.utf8(s);
  }

  bytes(b: Uint8Array): void {
    this.head(Major.Bytes, <u64>b.length);
    this.raw(b.dataStart, <u32>b.length);
  }

  /** nullable appends null for null. */
  nullable(b: Uint8Array | null): void {
    if (b == null) this.byte(NULL);
    else this.bytes(b);
  }

  /** float appends the shortest form that holds v. */
  float(v: f64): void {
    if (v != v) {
      this.byte(0xf9);
      this.big16(0x7e00);
      return;
    }
    const single = <f32>v;
    if (<f64>single != v) {
      this.byte(0xfb);
      this.big64(reinterpret<u64>(v));
      return;
    }
    const bits = reinterpret<u32>(single);
    const half = halfOf(bits);
    if (half < 0) {
      this.byte(0xfa);
      this.big32(bits);
      return;
    }
    this.byte(0xf9);
    this.big16(<u16>half);
  }

  /** copy returns the bytes from an offset on, in an array of their own. */
  copy(from: u32 = 0): Uint8Array {
    return bytesAt(this.ptr + from, this.len - from);
  }
}

/** halfOf returns a number of 32 bits as one of 16, or -1 if it does not fit. It is not NaN. */
function halfOf(bits: u32): i32 {
  const sign = <i32>(bits >> 16) & 0x8000;
  const exponent = <i32>((bits >> 23) & 0xff);
  const fraction = bits & 0x7fffff;
  if (exponent == 0xff) return sign | 0x7c00;
  if (exponent == 0) return fraction == 0 ? sign : -1;
  const e = exponent - 127;
  if (e > 15 || e < -24) return -1;
  if (e >= -14) {
    return (fraction & 0x1fff) != 0 ? -1 : sign | ((e + 15) << 10) | <i32>(fraction >> 13);
  }
  // Below 2^-14 a half has no leading one.
  const shift = <u32>(13 + (-14 - e));
  const full = fraction | 0x800000;
  return (full & ((1 << shift) - 1)) != 0 ? -1 : sign | <i32>(full >> shift);
}

/** bytesAt returns a copy of what lies in memory. */
export function bytesAt(ptr: usize, n: u32): Uint8Array {
  const b = new Uint8Array(n);
  memory.copy(b.dataStart, ptr, n);
  return b;
}

/** stringAt returns the text that lies in memory as valid UTF-8. */
export function stringAt(ptr: usize, n: u32): string {
  if (asciiPrefix(ptr, n) < n) return String.UTF8.decodeUnsafe(ptr, n, false);
  const s = changetype<usize>(__new(n << 1, idof<string>()));
  let i: u32 = 0;
  for (; i + 4 <= n; i += 4) {
    let four = <u64>load<u32>(ptr + i);
    four = (four | four << 16) & 0xffff0000ffff;
    store<u64>(s + (i << 1), (four | four << 8) & 0xff00ff00ff00ff);
  }
  for (; i < n; i++) store<u16>(s + (i << 1), load<u8>(ptr + i));
  return changetype<string>(s);
}

/** sameBytes compares short texts. */
// @ts-ignore: decorator
@inline
export function sameBytes(a: usize, b: usize, n: u32): bool {
  let i: u32 = 0;
  while (i < n && load<u8>(a + i) == load<u8>(b + i)) i++;
  return i == n;
}

/** asciiPrefix returns how many bytes of ASCII there are at ptr, up to n. */
export function asciiPrefix(ptr: usize, n: u32): u32 {
  let i: u32 = 0;
  while (i + 8 <= n && (load<u64>(ptr + i) & 0x8080808080808080) == 0) i += 8;
  while (i < n && load<u8>(ptr + i) < 0x80) i++;
  return i;
}
