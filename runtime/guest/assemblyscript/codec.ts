import { Buffer, FALSE, Major, NULL, TRUE, bytesAt, stringAt } from "./buffer";
import { VALUE_DEPTH, check } from "./check";
import { Form, Schema, compare } from "./schema";
import { Wire } from "./wire";

/**
 * Fields describes a class in one place, for decoding, encoding and the texts of errors. A class whose values are messages,
 * or are stored, answered or carried in payloads, has a constructor whose arguments may be left out, and a method that names
 * its fields:
 *
 *     class Transfer {
 *       constructor(public to: string = "", public amount: u64 = 0) {}
 *       fields(f: Fields): void {
 *         this.to = f.of("to", this.to);
 *         this.amount = f.of("amount", this.amount);
 *       }
 *     }
 *
 * A field is a bool, an integer, a float, a string, a Uint8Array, an Array or a Map of these, a class that has fields itself,
 * or one of these or null. The method names the same fields in the same order in every call.
 */
@final
export class Fields {
  private next: i32 = 0;

  constructor(
    private mode: i32,
    private schema: Schema,
    private wire: Wire | null, // reading
    private offsets: StaticArray<u32> | null,
    private out: Buffer | null, // writing: values behind each other, without names
    private ends: StaticArray<u32> | null,
  ) {}

  /** of names a field and its value, and returns the value that the field is to have. */
  of<T>(name: string, value: T): T { return this.field<T>(name, value, false); }

  /** optional is as of, for a field that is not written if it is zero, empty or null. */
  optional<T>(name: string, value: T): T { return this.field<T>(name, value, true); }

  /** exactly is as of, for bytes of a fixed length. */
  exactly(name: string, value: Uint8Array, length: i32): Uint8Array {
    assert(value.length == length, "the bytes of a field have another length than it says");
    if (this.mode == DESCRIBING) {
      this.schema.add(name, new Schema(Form.Bytes, 0, length));
      return value;
    }
    return this.field<Uint8Array>(name, value, false);
  }

  private field<T>(name: string, value: T, optional: bool): T {
    if (this.mode == DESCRIBING) {
      this.schema.add(name, schemaOf<T>());
      return value;
    }
    const i = this.next++;
    if (this.mode == WRITING) {
      const out = this.out!;
      if (!optional || !isZero<T>(value)) write<T>(out, value);
      unchecked((this.ends![i] = out.len));
      return value;
    }
    const at = unchecked(this.offsets![i]);
    if (at == 0) return value; // it is not there: what begins at 0 is the map
    const wire = this.wire!;
    const behind = wire.off;
    wire.off = at;
    const v = read<T>(wire, value);
    wire.off = max(behind, wire.off);
    return v;
  }
}

const DESCRIBING: i32 = 0;
const READING: i32 = 1;
const WRITING: i32 = 2;

const BOOL = new Schema(Form.Bool);
const TEXT = new Schema(Form.Text);
const BYTES = new Schema(Form.Bytes);

/** The schemas of numbers: by the form, and within it by the size in powers of two. */
const NUMBERS: Array<Schema> = [
  new Schema(Form.Int, 8), new Schema(Form.Int, 16), new Schema(Form.Int, 32), new Schema(Form.Int, 64),
  new Schema(Form.Uint, 8), new Schema(Form.Uint, 16), new Schema(Form.Uint, 32), new Schema(Form.Uint, 64),
  new Schema(Form.Float, 32), new Schema(Form.Float, 64),
];

/** The schemas of classes, by the ids that the compiler gives these. */
const classes = new Map<u32, Schema>();

/** schemaOf returns the schema of a type. */
export function schemaOf<T>(): Schema {
  if (isBoolean<T>()) return BOOL;
  if (isInteger<T>()) return NUMBERS[(isSigned<T>() ? 0 : 4) + <i32>ctz<u32>(<u32>sizeof<T>())];
  if (isFloat<T>()) return NUMBERS[sizeof<T>() == 4 ? 8 : 9];
  if (isString<T>()) return TEXT;
  if (idof<nonnull<T>>() == idof<Uint8Array>()) return BYTES;
  const id = idof<nonnull<T>>();
  if (classes.has(id)) return classes.get(id);
  if (isArray<T>()) {
    const s = new Schema(Form.List);
    classes.set(id, s);
    s.elem = schemaOf<valueof<T>>();
    return s;
  }
  // @ts-ignore: the compiler decides it
  if (changetype<nonnull<T>>(0) instanceof Map) {
    const s = new Schema(Form.Pairs);
    classes.set(id, s);
    s.key = schemaOf<indexof<T>>();
    s.elem = schemaOf<valueof<T>>();
    assert(s.key!.form == Form.Text || s.key!.isInteger(), "the keys of a Map are texts or integers");
    return s;
  }
  const s = new Schema(Form.Fields);
  classes.set(id, s);
  const m = instantiate<nonnull<T>>();
  m.fields(new Fields(DESCRIBING, s, null, null, null, null));
  return s;
}

/** zero returns what a value of the type is if nothing else is said. */
export function zero<T>(): T {
  if (!isReference<T>()) return <T>0;
  if (isNullable<T>()) return changetype<T>(0);
  if (isString<T>()) return changetype<T>("");
  if (idof<T>() == idof<Uint8Array>()) return changetype<T>(new Uint8Array(0));
  return instantiate<T>();
}

function isZero<T>(v: T): bool {
  if (!isReference<T>()) return v == <T>0;
  if (isNullable<T>()) return v == null;
  if (isString<T>()) return changetype<string>(v).length == 0;
  if (idof<nonnull<T>>() == idof<Uint8Array>() || isArray<T>()) return v.length == 0;
  // @ts-ignore: the compiler decides it
  if (changetype<nonnull<T>>(0) instanceof Map) return v.size == 0;
  return false;
}

/** write appends the encoding of a value. */
export function write<T>(to: Buffer, v: T): void {
  if (isNullable<T>()) {
    if (v == null) to.byte(NULL);
    else write<nonnull<T>>(to, changetype<nonnull<T>>(v));
    return;
  }
  if (isBoolean<T>()) {
    to.byte(v ? TRUE : FALSE);
  } else if (isInteger<T>()) {
    if (isSigned<T>()) to.int(<i64>v);
    else to.head(Major.Uint, <u64>v);
  } else if (isFloat<T>()) {
    to.float(<f64>v);
  } else if (isString<T>()) {
    to.text(changetype<string>(v));
  } else if (idof<nonnull<T>>() == idof<Uint8Array>()) {
    to.bytes(changetype<Uint8Array>(v));
  } else if (isArray<T>()) {
    to.head(Major.List, v.length);
    for (let i = 0; i < v.length; i++) write<valueof<T>>(to, v[i]);
    // @ts-ignore: the compiler decides it
  } else if (changetype<nonnull<T>>(0) instanceof Map) {
    writePairs<T>(to, v);
  } else {
    writeFields<T>(to, v);
  }
}

/** writeFields appends the fields of a class in the order of their encoded names. */
function writeFields<T>(to: Buffer, v: T): void {
  const s = schemaOf<T>();
  const n = s.names.length;
  const values = new Buffer();
  const ends = new StaticArray<u32>(n);
  v.fields(new Fields(WRITING, s, null, null, values, ends));
  let present = 0;
  for (let i = 0; i < n; i++) {
    if (ends[i] > (i > 0 ? ends[i - 1] : 0)) present++;
  }
  to.head(Major.Pairs, present);
  for (let j = 0; j < n; j++) {
    const i = s.order[j];
    const start = i > 0 ? ends[i - 1] : 0;
    if (ends[i] == start) continue;
    s.writeName(i, to);
    to.raw(values.ptr + start, ends[i] - start);
  }
}

@final
class Pair {
  constructor(public key: Buffer, public value: Buffer) {}
}

/** writePairs appends a Map in the order of its encoded keys. */
function writePairs<T>(to: Buffer, m: T): void {
  const pairs = new Array<Pair>();
  const keys = m.keys();
  for (let i = 0; i < keys.length; i++) {
    const p = new Pair(new Buffer(), new Buffer());
    write<indexof<T>>(p.key, keys[i]);
    write<valueof<T>>(p.value, m.get(keys[i]));
    pairs.push(p);
  }
  pairs.sort((a, b) => compare(a.key, b.key));
  to.head(Major.Pairs, pairs.length);
  for (let i = 0; i < pairs.length; i++) {
    to.raw(pairs[i].key.ptr, pairs[i].key.len);
    to.raw(pairs[i].value.ptr, pairs[i].value.len);
  }
}

/** read returns the value at the offset of a wire that check has found right. Null leaves the value as it was. */
export function read<T>(w: Wire, was: T): T {
  const at = w.off;
  w.head();
  if (w.isNull()) return was;
  if (isBoolean<T>()) return <T>(w.arg == 21);
  if (isInteger<T>()) return <T>(w.major == Major.Negative ? ~w.arg : w.arg);
  if (isFloat<T>()) return <T>w.float();
  if (isString<T>()) {
    w.trust(); // check has looked at it
    return changetype<T>(stringAt(w.from, w.size));
  }
  if (idof<nonnull<T>>() == idof<Uint8Array>()) {
    if (w.major == Major.List) return changetype<T>(smallIntegers(w));
    w.take();
    return changetype<T>(bytesAt(w.from, w.size));
  }
  if (isArray<T>()) {
    const list = instantiate<nonnull<T>>();
    for (let n = w.arg; n > 0; n--) list.push(read<valueof<T>>(w, zero<valueof<T>>()));
    return list;
  }
  // @ts-ignore: the compiler decides it
  if (changetype<nonnull<T>>(0) instanceof Map) {
    const m = instantiate<nonnull<T>>();
    for (let n = w.arg; n > 0; n--) {
      const key = read<indexof<T>>(w, zero<indexof<T>>());
      m.set(key, read<valueof<T>>(w, zero<valueof<T>>()));
    }
    return m;
  }
  w.off = at;
  const v = instantiate<nonnull<T>>();
  readFields<nonnull<T>>(w, v, schemaOf<T>());
  return v;
}

/** smallIntegers reads an array that stands for bytes. */
function smallIntegers(w: Wire): Uint8Array {
  const b = new Uint8Array(<i32>w.arg);
  for (let i = 0; i < b.length; i++) {
    w.head();
    b[i] = w.isNull() ? 0 : <u8>w.arg;
  }
  return b;
}

/** readFields fills an object from the map at the offset of a wire that check has found right. Null leaves it as it is. */
export function readFields<T>(w: Wire, v: T, s: Schema): void {
  w.head();
  if (w.isNull()) return;
  const offsets = new StaticArray<u32>(s.names.length);
  for (let n = w.arg; n > 0; n--) {
    w.head();
    let i = -1;
    if (w.major == Major.Text) {
      w.trust();
      i = s.field(w.from, w.size);
    }
    if (i >= 0) offsets[i] = w.off;
    skip(w);
  }
  v.fields(new Fields(READING, s, w, offsets, null, null));
}

/** skip goes behind a value that check has found right. */
function skip(w: Wire): void {
  for (let left: u64 = 1; left > 0; left--) {
    w.head();
    if (w.major == Major.Bytes || w.major == Major.Text) w.off += <u32>w.arg;
    else if (w.major == Major.List) left += w.arg;
    else if (w.major == Major.Pairs) left += 2 * w.arg;
  }
}

/**
 * Decoded is a value, or why there is none. If there is no value it is zero.
 */
@final
export class Decoded<T> {
  constructor(readonly value: T, readonly fault: string) {}
}

const glance = new Wire(0, 0);

/** decodeAt decodes what encode has made. Fields that T does not have are skipped. */
export function decodeAt<T>(ptr: usize, len: u32): Decoded<T> {
  if (isInteger<T>() && !isBoolean<T>()) {
    // What most states hold, and what can be told at a glance.
    const w = glance.over(ptr, len);
    if (w.head() && w.off == len && w.major <= Major.Negative && schemaOf<T>().fits(w.major == Major.Negative, w.arg)) {
      return new Decoded<T>(<T>(w.major == Major.Negative ? ~w.arg : w.arg), "");
    }
  }
  const fault = check(schemaOf<T>(), ptr, len, "data", VALUE_DEPTH, false);
  if (fault != "") return new Decoded<T>(zero<T>(), fault);
  return new Decoded<T>(read<T>(new Wire(ptr, len), zero<T>()), "");
}

/** encode returns the encoding of a value: the body of an instantiate or migrate message, data, a payload. */
export function encode<T>(v: T): Uint8Array {
  const b = new Buffer();
  write<T>(b, v);
  return b.copy();
}
