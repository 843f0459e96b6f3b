import { Buffer, sameBytes } from "./buffer";

/** Form says how a type stands on the wire. */
export namespace Form {
  /** whatever the bytes say: what is known of the value of an unknown field */
  export const Any: i32 = 0;
  export const Bool: i32 = 1;
  export const Int: i32 = 2;
  export const Uint: i32 = 3;
  export const Float: i32 = 4;
  export const Text: i32 = 5;
  /** a byte string; base64 in JSON */
  export const Bytes: i32 = 6;
  export const List: i32 = 7;
  export const Pairs: i32 = 8;
  /** a map with the fields of a class */
  export const Fields: i32 = 9;
}

const UNKNOWN: i32 = 0;
const YES: i32 = 1;
const NO: i32 = 2;

/** Schema describes a type as it stands on the wire. It is built once; that of a recursive type has cycles. */
@final
export class Schema {
  elem: Schema | null = null;
  key: Schema | null = null;
  /** The fields, in the order in which the class names them. */
  readonly names: Array<string> = [];
  readonly schemas: Array<Schema> = [];
  /** The encoded names of the fields, and the order of the fields by them. */
  private encoded: Array<Buffer> = [];
  readonly order: Array<i32> = [];
  private strict: i32 = UNKNOWN;

  /** The length is that of bytes of which there are always so many, else -1. */
  constructor(readonly form: i32, readonly bits: i32 = 0, readonly length: i32 = -1) {}

  add(name: string, s: Schema): void {
    assert(this.names.indexOf(name) < 0, "two fields are called " + name);
    const key = new Buffer();
    key.text(name);
    let at = this.order.length;
    while (at > 0 && compare(key, this.encoded[this.order[at - 1]]) < 0) at--;
    this.order.push(0);
    for (let i = this.order.length - 1; i > at; i--) this.order[i] = this.order[i - 1];
    this.order[at] = this.names.length;
    this.names.push(name);
    this.schemas.push(s);
    this.encoded.push(key);
  }

  /** writeName appends the name of a field as a text. */
  writeName(i: i32, to: Buffer): void {
    const key = this.encoded[i];
    to.raw(key.ptr, key.len);
  }

  /** field returns the index of the field whose name lies in memory, -1 if there is none. */
  field(ptr: usize, len: u32): i32 {
    const head: u32 = len < 24 ? 1 : len <= 0xff ? 2 : len <= 0xffff ? 3 : 5;
    for (let i = 0, n = this.encoded.length; i < n; i++) {
      const key = unchecked(this.encoded[i]);
      if (key.len == head + len && sameBytes(key.ptr + head, ptr, len)) return i;
    }
    return -1;
  }

  /** fits reports whether an integer is in the range. */
  fits(negative: bool, arg: u64): bool {
    if (this.form == Form.Uint) return !negative && arg <= u64.MAX_VALUE >> (64 - this.bits);
    return arg <= <u64>i64.MAX_VALUE >> (64 - this.bits); // -1-arg reaches one lower than arg reaches up
  }

  /** isStrict reports whether bytes of a fixed length are a part of it: then a message is taken as it should be, or not at all. */
  isStrict(): bool {
    if (this.strict == UNKNOWN) {
      this.strict = NO; // for the cycle that leads back here
      let is = this.length >= 0;
      const elem = this.elem;
      if (elem != null && elem.isStrict()) is = true;
      for (let i = 0; i < this.schemas.length; i++) {
        if (this.schemas[i].isStrict()) is = true;
      }
      this.strict = is ? YES : NO;
    }
    return this.strict == YES;
  }

  isInteger(): bool { return this.form == Form.Int || this.form == Form.Uint; }

  /** number names a type of numbers by what it holds. */
  number(): string {
    return (this.form == Form.Int ? "int" : this.form == Form.Uint ? "uint" : "float") + this.bits.toString();
  }

  /** expected says what a decoder wants to find. */
  expected(): string {
    switch (this.form) {
      case Form.Bool: return "a boolean";
      case Form.Int: return "an integer";
      case Form.Uint: return "an unsigned integer";
      case Form.Float: return "a number";
      case Form.Text: return "text";
      case Form.Bytes: return "bytes";
      case Form.List: return "an array";
      case Form.Pairs:
      case Form.Fields: return "a map";
    }
    return "a value";
  }

  /** known lists the fields for an error. */
  known(): string {
    if (this.names.length == 0) return "there are none";
    return "known are " + sorted(this.names).join(", ");
  }
}

/** ANY is the schema of a value about which nothing is known. */
export const ANY = new Schema(Form.Any);

/** compare compares bytes. */
export function compare(a: Buffer, b: Buffer): i32 {
  const c = memory.compare(a.ptr, b.ptr, min(a.len, b.len));
  return c != 0 ? c : <i32>a.len - <i32>b.len;
}

/** sorted returns the texts in the order of their bytes. */
export function sorted(texts: Array<string>): Array<string> {
  return texts.slice(0).sort((a, b) => {
    const x = new Buffer();
    const y = new Buffer();
    x.utf8(a);
    y.utf8(b);
    return compare(x, y);
  });
}
