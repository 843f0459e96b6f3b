// Keys of stored pairs: they order as the values do, and are readable where they are text.
//
// The last part of a key stands as it is. A part with another behind it must show its end: see appendPart and appendUint.

import { Buffer, bytesAt, stringAt } from "./buffer";
import { validUTF8 } from "./text";

/** Pair is a key of two parts, ordered by the first and then by the second. Parts may be pairs. */
export class Pair<A, B> {
  constructor(public first: A, public second: B) {}

  appendTo(b: Buffer, last: bool): void {
    appendKey<A>(b, this.first, false);
    appendKey<B>(b, this.second, last);
  }

  cutFrom(c: Cut, last: bool): void {
    this.first = cutKey<A>(c, false);
    this.second = cutKey<B>(c, last);
  }
}

/** Cut is a stored key that is taken apart. If it is none of the type, ok becomes false. */
@final
export class Cut {
  ok: bool = true;
  constructor(public ptr: usize, public len: u32) {}

  take(n: u32): void {
    this.ptr += n;
    this.len -= n;
  }
}

/** appendKey appends a key: a string, a Uint8Array, an integer or a Pair. */
export function appendKey<K>(b: Buffer, k: K, last: bool): void {
  if (isString<K>()) {
    if (last) return b.utf8(changetype<string>(k));
    const text = new Buffer();
    text.utf8(changetype<string>(k));
    appendPart(b, text.ptr, text.len, last);
  } else if (isInteger<K>()) {
    if (isSigned<K>()) appendSigned(b, <i64>k, last);
    else appendUint(b, <u64>k, last);
  } else if (idof<K>() == idof<Uint8Array>()) {
    const bytes = changetype<Uint8Array>(k);
    appendPart(b, bytes.dataStart, <u32>bytes.length, last);
  } else {
    k.appendTo(b, last);
  }
}

/** cutKey is the inverse of appendKey. It takes canonical encodings only, so that a key and its encoding are one to one. */
export function cutKey<K>(c: Cut, last: bool): K {
  if (isString<K>()) {
    const part = cutPart(c, last);
    if (!validUTF8(part.ptr, part.len)) c.ok = false;
    return changetype<K>(c.ok ? stringAt(part.ptr, part.len) : "");
  }
  if (isInteger<K>()) {
    if (isSigned<K>()) {
      const n = cutSigned(c, last);
      if (<i64><K>n != n) c.ok = false;
      return <K>n;
    }
    const n = cutUint(c, last);
    if (<u64><K>n != n) c.ok = false;
    return <K>n;
  }
  if (idof<K>() == idof<Uint8Array>()) {
    const part = cutPart(c, last);
    return changetype<K>(bytesAt(part.ptr, part.len));
  }
  const pair = changetype<K>(__new(offsetof<K>(), idof<K>()));
  pair.cutFrom(c, last);
  return pair;
}

/**
 * appendPart appends text. Behind a part that is not the last stands a zero byte, which orders a text before those that it
 * begins; a 0 or 1 in it stands as 1 1 or 1 2.
 */
function appendPart(b: Buffer, ptr: usize, len: u32, last: bool): void {
  if (last) return b.raw(ptr, len);
  for (let i: u32 = 0; i < len; i++) {
    const c = load<u8>(ptr + i);
    if (c <= 1) b.byte(1);
    b.byte(c <= 1 ? c + 1 : c);
  }
  b.byte(0);
}

function cutPart(c: Cut, last: bool): Buffer {
  const part = new Buffer(c.len);
  if (last) {
    part.raw(c.ptr, c.len);
    c.take(c.len);
    return part;
  }
  for (let i: u32 = 0; i < c.len; i++) {
    let b = load<u8>(c.ptr + i);
    if (b == 0) {
      c.take(i + 1);
      return part;
    }
    if (b == 1) {
      i++;
      b = i < c.len ? load<u8>(c.ptr + i) : 0;
      if (b != 1 && b != 2) break;
      b--;
    }
    part.byte(b);
  }
  c.ok = false;
  return part;
}

/**
 * appendUint appends an integer as a letter for the number of its digits, a for one, and the digits: 7 is a7, 42 is b42.
 * For the eye a "/" separates it from a next part.
 */
function appendUint(b: Buffer, n: u64, last: bool): void {
  const digits = n.toString();
  b.byte(<u8>(0x61 + digits.length - 1));
  b.utf8(digits);
  if (!last) b.byte(0x2f);
}

/**
 * appendSigned appends a negative integer as a capital for the number of its digits, Z for one, Y for two, and each digit
 * as what it lacks to 9, so that -5 is Z4 and the lesser number comes first; and any other as appendUint does.
 */
function appendSigned(b: Buffer, n: i64, last: bool): void {
  if (n >= 0) return appendUint(b, <u64>n, last);
  const digits = (0 - <u64>n).toString();
  b.byte(<u8>(0x5a - (digits.length - 1)));
  for (let i = 0; i < digits.length; i++) b.byte(<u8>(0x30 + 0x39 - digits.charCodeAt(i)));
  if (!last) b.byte(0x2f);
}

function cutUint(c: Cut, last: bool): u64 {
  const letter: u8 = c.len > 0 ? load<u8>(c.ptr) : 0;
  if (letter < 0x61 || letter > 0x74) {
    c.ok = false;
    return 0;
  }
  c.take(1);
  return cutDigits(c, letter - 0x61 + 1, last, false);
}

function cutSigned(c: Cut, last: bool): i64 {
  const letter: u8 = c.len > 0 ? load<u8>(c.ptr) : 0x61;
  if (letter >= 0x61) {
    const u = cutUint(c, last);
    if (u > <u64>i64.MAX_VALUE) c.ok = false;
    return <i64>u;
  }
  if (letter < 0x48 || letter > 0x5a) {
    c.ok = false;
    return 0;
  }
  c.take(1);
  const u = cutDigits(c, 0x5a - letter + 1, last, true);
  if (u == 0 || u > 1 << 63) c.ok = false;
  return <i64>(0 - u);
}

/** cutDigits splits off a number of so many digits, each complemented to 9 if so told, and the "/" behind it. */
function cutDigits(c: Cut, digits: u32, last: bool, complement: bool): u64 {
  let n: u64 = 0;
  c.ok = c.ok && c.len >= digits;
  for (let i: u32 = 0; i < digits && c.ok; i++) {
    let d = <u64>load<u8>(c.ptr + i) - 0x30;
    if (complement) d = 9 - d;
    // 2^64 has 20 digits; the first of several is not 0.
    const over = n > 1844674407370955161 || n == 1844674407370955161 && d > 5;
    c.ok = d <= 9 && !over && !(i == 0 && d == 0 && digits > 1);
    n = n * 10 + d;
  }
  if (!c.ok) return 0;
  c.take(digits);
  if (!last) {
    c.ok = c.len > 0 && load<u8>(c.ptr) == 0x2f;
    if (c.ok) c.take(1);
  }
  return n;
}
