// JSON to CBOR, along a schema.

import { Buffer, FALSE, Major, NULL, TRUE, stringAt } from "./buffer";
import { integer } from "./check";
import { parseNumber } from "./number";
import { Path } from "./path";
import { ANY, Form, Schema, compare } from "./schema";
import { quoteBytes, validUTF8 } from "./text";

/** isJSON reports whether a body is JSON, not CBOR: the first byte tells. */
export function isJSON(ptr: usize, len: u32): bool {
  if (len == 0) return false;
  switch (load<u8>(ptr)) {
    case 0x7b: // {
    case 0x22: // "
    case 0x20:
    case 0x09:
    case 0x0d:
    case 0x0a:
      return true;
  }
  return false;
}

/** Entry is where a pair stands in a scratch buffer. */
@final
class Entry {
  constructor(public key: Buffer, public name: Buffer, public start: u32, public end: u32) {}
}

/**
 * JSONReader turns JSON into deterministic CBOR. It follows a schema as far as it must: bytes from base64, floats that are
 * written without a point, and the integer keys of a map, which are texts in JSON. What does not match the schema it
 * passes on as it is, so that there is one judge of types, which is check.
 */
@final
export class JSONReader {
  off: u32 = 0;
  fault: string = "";

  constructor(private ptr: usize, private len: u32, private depth: i32) {}

  /** document reads one value and the end of the text. */
  document(to: Buffer, s: Schema, at: Path): bool {
    return this.value(to, s, at) && (this.peek() == 0 || this.wrongAt(at, "something follows the value"));
  }

  private raw(): i32 { return this.off < this.len ? load<u8>(this.ptr + this.off) : 0; }

  /**
   * peek skips white space and returns the byte behind it, or 0 at the end. A NUL in the text is returned as 1: neither
   * begins or ends anything.
   */
  peek(): i32 {
    for (; this.off < this.len; this.off++) {
      const c = this.raw();
      if (c == 0) return 1;
      if (c != 0x20 && c != 0x09 && c != 0x0a && c != 0x0d) return c;
    }
    return 0;
  }

  private wrong(at: Path, what: string): bool {
    this.fault = at.fault(what);
    return false;
  }

  wrongAt(at: Path, what: string): bool {
    if (this.off >= this.len) what = "the text ends too early";
    return this.wrong(at, "byte " + this.off.toString() + ": " + what);
  }

  value(to: Buffer, s: Schema, at: Path): bool {
    const c = this.peek();
    if (c == 0x7b) return this.object(to, s, at);
    if (c == 0x5b) return this.array(to, s, at);
    if (c == 0x22) {
      const text = this.text(at);
      if (text == null) return false;
      if (s.form != Form.Bytes) {
        to.head(Major.Text, text.len);
        to.raw(text.ptr, text.len);
        return true;
      }
      const bytes = decodeBase64(text);
      if (bytes == null) return this.wrong(at, "expected bytes in base64, found " + quoteBytes(text.ptr, text.len));
      to.head(Major.Bytes, bytes.len);
      to.raw(bytes.ptr, bytes.len);
      return true;
    }
    if (c == 0x2d || c >= 0x30 && c <= 0x39) return this.number(to, s.form == Form.Float, at);
    if (this.word("true")) to.byte(TRUE);
    else if (this.word("false")) to.byte(FALSE);
    else if (this.word("null")) to.byte(NULL);
    else return this.wrongAt(at, "this is not JSON");
    return true;
  }

  private word(w: string): bool {
    const n = <u32>w.length;
    if (this.len - this.off < n) return false;
    for (let i: u32 = 0; i < n; i++) {
      if (load<u8>(this.ptr + this.off + i) != w.charCodeAt(i)) return false;
    }
    this.off += n;
    return true;
  }

  /** next consumes what separates items. It returns 1 if there is one, 0 at the end of the container, -1 for a fault. */
  private next(n: i32, end: i32, at: Path): i32 {
    const c = this.peek();
    if (c == end) {
      this.off++;
      return 0;
    }
    if (n == 0) return 1;
    if (c != 0x2c) {
      this.wrongAt(at, "a comma is missing");
      return -1;
    }
    this.off++;
    if (this.peek() == end) {
      this.wrongAt(at, "a value is missing behind the comma");
      return -1;
    }
    return 1;
  }

  private array(to: Buffer, s: Schema, at: Path): bool {
    if (this.depth == 0) return this.wrongAt(at.root(), "maps and arrays nest too deep");
    this.depth--;
    this.off++;
    const elem = s.form == Form.List ? s.elem! : ANY;
    const items = new Buffer();
    for (let n = 0; ; n++) {
      const more = this.next(n, 0x5d, at);
      if (more < 0) return false;
      if (more == 0) {
        to.head(Major.List, n);
        break;
      }
      if (!this.value(items, elem, new Path(at, 0, 0, n))) return false;
    }
    to.raw(items.ptr, items.len);
    this.depth++;
    return true;
  }

  private object(to: Buffer, s: Schema, at: Path): bool {
    if (this.depth == 0) return this.wrongAt(at.root(), "maps and arrays nest too deep");
    this.depth--;
    this.off++;
    const values = new Buffer();
    const entries = new Array<Entry>();
    while (true) {
      const more = this.next(entries.length, 0x7d, at);
      if (more < 0) return false;
      if (more == 0) break;
      const name = this.key(at);
      if (name == null) return false;
      const start = values.len;
      if (!this.value(values, valueSchema(s, name), new Path(at, name.ptr, name.len))) return false;
      entries.push(new Entry(encodedKey(s, name), name, start, values.len));
    }
    // Bytewise order of the encoded keys is what Core Deterministic Encoding asks for.
    entries.sort((a, b) => compare(a.key, b.key));
    to.head(Major.Pairs, entries.length);
    for (let i = 0; i < entries.length; i++) {
      const e = entries[i];
      if (i > 0 && compare(e.key, entries[i - 1].key) == 0) {
        return this.wrong(at, "the key " + quoteBytes(e.name.ptr, e.name.len) + " appears twice");
      }
      to.raw(e.key.ptr, e.key.len);
      to.raw(values.ptr + e.start, e.end - e.start);
    }
    this.depth++;
    return true;
  }

  /** key reads the key of a pair and the colon. */
  key(at: Path): Buffer | null {
    if (this.peek() != 0x22) {
      this.wrongAt(at, "a key is a text in quotes");
      return null;
    }
    const name = this.text(at);
    if (name == null) return null;
    if (this.peek() != 0x3a) {
      this.wrongAt(at, "a colon is missing");
      return null;
    }
    this.off++;
    return name;
  }

  /** number reads a number: an integer if it has neither fraction nor exponent, unless a float is wanted. */
  private number(to: Buffer, float: bool, at: Path): bool {
    const start = this.off;
    const negative = this.raw() == 0x2d;
    if (negative) this.off++;
    const digits = this.off;
    const n = this.digits();
    if (n == 0 || n > 1 && load<u8>(this.ptr + digits) == 0x30 || this.raw() == 0x2d) return this.malformedNumber(start, at);
    const c = this.raw();
    if (c != 0x2e && c != 0x65 && c != 0x45 && !float) return this.whole(to, start, digits, n, at);
    if (c == 0x2e) {
      this.off++;
      if (this.digits() == 0) return this.malformedNumber(start, at);
    }
    if (this.raw() == 0x65 || this.raw() == 0x45) {
      this.off++;
      if (this.raw() == 0x2b || this.raw() == 0x2d) this.off++;
      if (this.digits() == 0) return this.malformedNumber(start, at);
    }
    const v = parseNumber(this.ptr + start, this.off - start);
    if (abs(v) == Infinity) return this.wrong(at, "the number " + quoteBytes(this.ptr + start, this.off - start) + " is out of range");
    to.float(v);
    return true;
  }

  /** whole appends an integer of 65 bits. */
  private whole(to: Buffer, start: u32, digits: u32, n: u32, at: Path): bool {
    const negative = digits > start;
    let v: u64 = 0;
    let over = n > 20;
    for (let i: u32 = 0; i < n && !over; i++) {
      const d = <u64>load<u8>(this.ptr + digits + i) - 0x30;
      // -2^64 is the one value whose magnitude has no 64 bits.
      if (negative && v == 1844674407370955161 && d == 6 && i == 19) {
        to.head(Major.Negative, u64.MAX_VALUE);
        return true;
      }
      over = v > 1844674407370955161 || v == 1844674407370955161 && d > 5;
      v = v * 10 + d;
    }
    if (over) return this.wrong(at, "the integer " + quoteBytes(this.ptr + start, this.off - start) + " has more than 64 bits");
    if (negative && v > 0) to.head(Major.Negative, v - 1);
    else to.head(Major.Uint, v);
    return true;
  }

  private malformedNumber(start: u32, at: Path): bool {
    this.off = start;
    return this.wrongAt(at, "this is not a number of JSON");
  }

  /** digits skips digits, and returns how many. */
  private digits(): u32 {
    const start = this.off;
    while (this.off < this.len && this.raw() >= 0x30 && this.raw() <= 0x39) this.off++;
    return this.off - start;
  }

  /** text reads a string, whose opening quote is the next byte. */
  text(at: Path): Buffer | null {
    this.off++;
    let start = this.off;
    const out = new Buffer();
    while (this.off < this.len) {
      const c = this.raw();
      if (c == 0x22 || c == 0x5c) {
        if (!validUTF8(this.ptr + start, this.off - start)) {
          this.wrongAt(at, "a text is not valid UTF-8");
          return null;
        }
        out.raw(this.ptr + start, this.off - start);
        if (c == 0x22) {
          this.off++;
          return out;
        }
        if (!this.escape(out)) {
          this.wrongAt(at, "an escape in a text is wrong");
          return null;
        }
        start = this.off;
      } else if (c < 0x20) {
        this.wrongAt(at, "a control character stands in a text");
        return null;
      } else {
        this.off++;
      }
    }
    this.wrongAt(at, "");
    return null;
  }

  /** escape appends what the escape at off stands for. It leaves off behind it, or on it if it is wrong. */
  private escape(out: Buffer): bool {
    if (this.off + 1 >= this.len) return false;
    const c = load<u8>(this.ptr + this.off + 1);
    let plain: i32 = -1;
    switch (c) {
      case 0x22: // "
      case 0x5c: // \
      case 0x2f: // /
        plain = c;
        break;
      case 0x62: plain = 0x08; break; // b
      case 0x66: plain = 0x0c; break; // f
      case 0x6e: plain = 0x0a; break; // n
      case 0x72: plain = 0x0d; break; // r
      case 0x74: plain = 0x09; break; // t
    }
    if (plain >= 0) {
      this.off += 2;
      out.byte(<u8>plain);
      return true;
    }
    const first = this.unit(this.off);
    if (first < 0) return false;
    if (first < 0xd800 || first > 0xdfff) {
      this.off += 6;
      out.utf8(String.fromCodePoint(first));
      return true;
    }
    const second = this.unit(this.off + 6);
    if (first > 0xdbff || second < 0xdc00 || second > 0xdfff) return false;
    this.off += 12;
    out.utf8(String.fromCharCode(first, second));
    return true;
  }

  /** unit reads the code unit of the escape \uXXXX at off, -1 if there is none. */
  private unit(off: u32): i32 {
    if (off + 6 > this.len || load<u8>(this.ptr + off) != 0x5c || load<u8>(this.ptr + off + 1) != 0x75) return -1;
    let n = 0;
    for (let i: u32 = 2; i < 6; i++) {
      let c: i32 = load<u8>(this.ptr + off + i);
      if (c >= 0x30 && c <= 0x39) c -= 0x30;
      else if ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66) c = (c | 0x20) - 0x61 + 10;
      else return -1;
      n = n << 4 | c;
    }
    return n;
  }
}

/** encodedKey returns the key of a pair of a map that s describes. */
function encodedKey(s: Schema, name: Buffer): Buffer {
  const key = new Buffer();
  if (s.form == Form.Pairs && s.key!.form != Form.Text) {
    const text = stringAt(name.ptr, name.len);
    const negative = text.startsWith("-");
    const digits = negative ? text.substring(1) : text;
    const v = U64.parseInt(digits);
    // Only the form that the number is written in stands for it.
    if (!negative && integer(false, v) == text) {
      key.head(Major.Uint, v);
      return key;
    }
    if (negative && v > 0 && integer(true, v - 1) == text) {
      key.head(Major.Negative, v - 1);
      return key;
    }
  }
  key.head(Major.Text, name.len);
  key.raw(name.ptr, name.len);
  return key;
}

function valueSchema(s: Schema, name: Buffer): Schema {
  if (s.form == Form.Pairs) return s.elem!;
  if (s.form == Form.Fields) {
    const i = s.field(name.ptr, name.len);
    if (i >= 0) return s.schemas[i];
  }
  return ANY;
}

function digitOf(c: i32): i32 {
  if (c >= 0x41 && c <= 0x5a) return c - 0x41;
  if (c >= 0x61 && c <= 0x7a) return c - 0x61 + 26;
  if (c >= 0x30 && c <= 0x39) return c - 0x30 + 52;
  return c == 0x2b ? 62 : c == 0x2f ? 63 : -1;
}

/** decodeBase64 decodes with padding, whose spare bits must be zero. Line ends are skipped. It returns null for anything else. */
function decodeBase64(text: Buffer): Buffer | null {
  const out = new Buffer(text.len);
  let bits: u32 = 0;
  let n = 0; // digits in bits
  let padding = 0;
  for (let i: u32 = 0; i < text.len; i++) {
    const c: i32 = load<u8>(text.ptr + i);
    if (c == 0x0a || c == 0x0d) continue;
    if (c == 0x3d) {
      padding++;
      if (n + padding > 4 || n < 2) return null;
      continue;
    }
    const d = digitOf(c);
    if (d < 0 || padding > 0) return null;
    bits = bits << 6 | d;
    n++;
    if (n == 4) {
      out.byte(<u8>(bits >> 16));
      out.byte(<u8>(bits >> 8));
      out.byte(<u8>bits);
      bits = 0;
      n = 0;
    }
  }
  if (n == 0) return padding == 0 ? out : null;
  if (n + padding != 4) return null;
  if (n == 2) {
    if ((bits & 15) != 0) return null;
    out.byte(<u8>(bits >> 4));
  } else {
    if ((bits & 3) != 0) return null;
    out.byte(<u8>(bits >> 10));
    out.byte(<u8>(bits >> 2));
  }
  return out;
}
