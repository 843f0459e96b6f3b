// Texts of errors. They are those of Go's package typed, to the byte, because the text of an error is a part of the
// result of a transaction.

import { Buffer, asciiPrefix, stringAt } from "./buffer";

/** MAX_NAME bounds the name of a message or a state helper, and what is quoted of a text from outside, in bytes. */
export const MAX_NAME: u32 = 64;

/** runeLength returns the length of the character that begins at ptr, 0 if that is not valid UTF-8. */
function runeLength(ptr: usize, left: u32): u32 {
  const b = load<u8>(ptr);
  if (b < 0x80) return 1;
  if (b < 0xc2 || b > 0xf4 || left < 2) return 0;
  const c = load<u8>(ptr, 1);
  if (b < 0xe0) return (c & 0xc0) == 0x80 ? 2 : 0;
  let low: u8 = 0x80;
  let high: u8 = 0xbf;
  if (b == 0xe0) low = 0xa0;
  else if (b == 0xed) high = 0x9f;
  else if (b == 0xf0) low = 0x90;
  else if (b == 0xf4) high = 0x8f;
  if (c < low || c > high || left < 3 || (load<u8>(ptr, 2) & 0xc0) != 0x80) return 0;
  if (b < 0xf0) return 3;
  return left >= 4 && (load<u8>(ptr, 3) & 0xc0) == 0x80 ? 4 : 0;
}

/** validUTF8 reports whether bytes are a text. */
export function validUTF8(ptr: usize, len: u32): bool {
  let i = asciiPrefix(ptr, len);
  while (i < len) {
    const n = runeLength(ptr + i, len - i);
    if (n == 0) return false;
    i += n;
  }
  return true;
}

const DIGITS = "0123456789abcdef";

function hex(v: u32, digits: i32): string {
  let s = "";
  for (let shift = (digits - 1) * 4; shift >= 0; shift -= 4) s += DIGITS.charAt((v >> shift) & 15);
  return s;
}

/** quoteBytes quotes and cuts a text from outside, be it valid UTF-8 or not, in ASCII. */
export function quoteBytes(ptr: usize, len: u32): string {
  let end = len;
  if (len > MAX_NAME) {
    end = MAX_NAME;
    while (end > MAX_NAME - 4 && (load<u8>(ptr + end) & 0xc0) == 0x80) end--;
  }
  let s = '"';
  for (let i: u32 = 0; i < end; ) {
    const n = runeLength(ptr + i, end - i);
    if (n == 0) {
      s += "\\x" + hex(load<u8>(ptr + i), 2);
      i++;
      continue;
    }
    s += escaped(stringAt(ptr + i, n).codePointAt(0));
    i += n;
  }
  s += '"';
  return end < len ? s + "…" : s;
}

function escaped(c: u32): string {
  switch (c) {
    case 0x07: return "\\a";
    case 0x08: return "\\b";
    case 0x09: return "\\t";
    case 0x0a: return "\\n";
    case 0x0b: return "\\v";
    case 0x0c: return "\\f";
    case 0x0d: return "\\r";
    case 0x22: return '\\"';
    case 0x5c: return "\\\\";
  }
  if (c >= 0x20 && c < 0x7f) return String.fromCharCode(c);
  if (c < 0x80) return "\\x" + hex(c, 2);
  return c < 0x10000 ? "\\u" + hex(c, 4) : "\\U" + hex(c, 8);
}

/** quote is quoteBytes for a text. */
export function quote(s: string): string {
  const b = new Buffer();
  b.utf8(s);
  return quoteBytes(b.ptr, b.len);
}

function isUpper(c: i32): bool { return c >= 0x41 && c <= 0x5a; }
function isLower(c: i32): bool { return c >= 0x61 && c <= 0x7a || c >= 0x30 && c <= 0x39 || c == 0x5f; }

/** quotable returns a name as it is if it is short and plain, else quoted and cut. */
export function quotable(ptr: usize, len: u32): string {
  let plain = len > 0 && len <= MAX_NAME;
  for (let i: u32 = 0; plain && i < len; i++) {
    const c = load<u8>(ptr + i);
    plain = isLower(c) || isUpper(c) || c == 0x2d;
  }
  return plain ? stringAt(ptr, len) : quoteBytes(ptr, len);
}

/**
 * snake returns the name of the messages of a class: MintTo is "mint_to", HTTPGet "http_get". It puts "_" before each
 * capital that begins a word: one behind a small letter, or the last of a run of capitals that a small letter follows.
 */
export function snake(s: string): string {
  let out = "";
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (!isUpper(c)) {
      out += s.charAt(i);
      continue;
    }
    if (i > 0 && s.charCodeAt(i - 1) != 0x5f && (isLower(s.charCodeAt(i - 1)) || i + 1 < s.length && isLower(s.charCodeAt(i + 1)))) {
      out += "_";
    }
    out += String.fromCharCode(c + 0x20);
  }
  return out;
}

/** validName reports whether a state helper may have the name: [a-zA-Z0-9][a-zA-Z0-9._-]*, at most 64 bytes. */
export function validName(s: string): bool {
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    const letter = (isLower(c) || isUpper(c)) && c != 0x5f;
    if (!letter && (i == 0 || c != 0x2e && c != 0x2d && c != 0x5f)) return false;
  }
  return s.length > 0 && <u32>s.length <= MAX_NAME;
}
