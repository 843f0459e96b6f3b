import { Major } from "./buffer";
import { Path } from "./path";
import { ANY, Form, Schema } from "./schema";
import { quoteBytes } from "./text";
import { Wire } from "./wire";

/** Bounds on what is decoded: bytes of a body, and how deep maps and arrays in it nest. */
export const MAX_BODY: u32 = 1 << 20;
export const MAX_DEPTH: i32 = 64;
/** The same for values that actors have encoded themselves. */
export const VALUE_DEPTH: i32 = 256;

/** integer returns the decimal form of an integer of CBOR. */
export function integer(negative: bool, arg: u64): string {
  if (!negative) return arg.toString();
  if (arg == u64.MAX_VALUE) return "-18446744073709551616";
  return "-" + (arg + 1).toString();
}

/**
 * check returns the first fault of data, or "". Data without a fault can be decoded along the schema. If known is set,
 * a field that the schema does not have is a fault.
 */
export function check(s: Schema, ptr: usize, len: u32, root: string, depth: i32, known: bool): string {
  const at = Path.of(root);
  const c = new Checker(new Wire(ptr, len, true), depth, known);
  const fault = c.all(s, at);
  // An array of small integers is taken for bytes, and a key that is null for zero, but only where nothing else is wrong.
  if (!c.bent || fault == "" && !(known && s.isStrict())) return fault;
  const strict = new Checker(new Wire(ptr, len, true), depth, known);
  strict.bends = false;
  return strict.all(s, at);
}

/** ZERO is where the text "0" lies. */
const ZERO: usize = changetype<usize>(String.UTF8.encode("0"));

/** Checker compares CBOR with a schema. */
@final
class Checker {
  fault: string = "";
  /** Something is wrong that has no message of its own, as a key that is there twice in two encodings. Other faults go first. */
  unfit: bool = false;
  /** Whether an array of small integers is taken for bytes, and a key that is null for zero; and whether one was. */
  bends: bool = true;
  bent: bool = false;

  constructor(private w: Wire, private depth: i32, private known: bool) {}

  /** all checks the value and that nothing follows. It returns the first fault, or "". */
  all(s: Schema, at: Path): string {
    if (!this.value(s, at)) return this.fault;
    if (this.w.off != this.w.len) return at.fault("something follows the value");
    return this.unfit ? at.fault("does not fit") : "";
  }

  private wrong(at: Path, what: string): bool {
    this.fault = at.fault(what);
    return false;
  }

  private twice(at: Path, ptr: usize, len: u32): bool {
    return this.wrong(at, "the key " + quoteBytes(ptr, len) + " appears twice");
  }

  private unexpected(s: Schema, at: Path): bool {
    return this.wrong(at, "expected " + s.expected() + ", found " + this.w.found());
  }

  value(s: Schema, at: Path): bool {
    const w = this.w;
    if (!w.head()) return this.wrong(at, w.fault);
    if (w.isNull()) return true; // it leaves the value that was there
    switch (w.major) {
      case Major.List:
      case Major.Pairs: {
        if (this.depth == 0) return this.wrong(at.root(), "maps and arrays nest too deep");
        this.depth--;
        const ok = this.container(s, at);
        this.depth++;
        return ok;
      }
      case Major.Text:
      case Major.Bytes:
        if (!w.take()) return this.wrong(at, w.fault);
        if (s.form != Form.Any && s.form != (w.major == Major.Text ? Form.Text : Form.Bytes)) return this.unexpected(s, at);
        if (s.length < 0 || <u32>s.length == w.size) return true;
        return this.wrong(at, "expected " + s.length.toString() + " bytes, found " + w.size.toString());
    }
    return this.scalar(s, at);
  }

  private scalar(s: Schema, at: Path): bool {
    const w = this.w;
    switch (s.form) {
      case Form.Any:
        return true;
      case Form.Bool:
        if (w.isBool()) return true;
        break;
      case Form.Float:
        if (w.isFloat() || w.major <= Major.Negative) {
          // A number that is too large for 32 bits has no message of its own.
          const v = w.float();
          if (s.bits == 32 && abs(v) != Infinity && abs(<f64><f32>v) == Infinity) this.unfit = true;
          return true;
        }
        break;
      case Form.Int:
      case Form.Uint:
        if (w.major <= Major.Negative) {
          if (s.fits(w.major == Major.Negative, w.arg)) return true;
          return this.wrong(at, "the integer is out of range for " + s.number());
        }
    }
    return this.unexpected(s, at);
  }

  private container(s: Schema, at: Path): bool {
    const list = this.w.major == Major.List;
    if (list && s.form == Form.Bytes && this.bends) return this.smallIntegers(s, at);
    if (s.form != Form.Any && s.form != Form.List && list || s.form != Form.Any && s.form != Form.Pairs && s.form != Form.Fields && !list) {
      return this.unexpected(s, at);
    }
    const n = this.w.arg;
    if (list) {
      const elem = s.form == Form.Any ? s : s.elem!;
      for (let i: u64 = 0; i < n; i++) {
        if (!this.value(elem, new Path(at, 0, 0, <i32>i))) return false;
      }
      return true;
    }
    if (s.form == Form.Any && !this.known) { // a field that the reader has no use for may hold anything
      for (let i: u64 = 0; i < 2 * n; i++) {
        if (!this.value(s, new Path(at, 0, 0, 0))) return false;
      }
      return true;
    }
    // Most keys name fields. Of them it is enough to note that they were there.
    let seen: StaticArray<u32> | null = null;
    let others: Keys | null = null;
    if (s.form == Form.Fields) seen = new StaticArray<u32>(s.names.length);
    else others = new Keys();
    for (let i: u64 = 0; i < n; i++) {
      if (!this.pair(s, at, seen, others)) return false;
    }
    return true;
  }

  /** smallIntegers checks an array that stands for bytes. */
  private smallIntegers(s: Schema, at: Path): bool {
    const w = this.w;
    this.bent = true;
    for (let n = w.arg; n > 0; n--) {
      if (!w.head() || !w.isNull() && (w.major != Major.Uint || w.arg > 0xff)) return this.unexpected(s, at);
    }
    return true;
  }

  /** pair checks one key and its value. For each field, seen has a bit for each length of head that its key had; others has all other keys. */
  private pair(s: Schema, at: Path, seen: StaticArray<u32> | null, others: Keys | null): bool {
    const w = this.w;
    const start = w.off;
    if (!w.head()) return this.wrong(at, w.fault);
    let text = w.major == Major.Text;
    const negative = w.major == Major.Negative;
    let arg = w.arg;
    let ptr: usize;
    let len: u32;
    if (this.bends && s.form == Form.Pairs && w.isNull()) { // the zero key
      this.bent = true;
      text = s.key!.form == Form.Text;
      arg = 0;
      ptr = ZERO;
      len = text ? 0 : 1;
    } else if (text) {
      if (!w.take()) return this.wrong(at, w.fault);
      ptr = w.from;
      len = w.size;
    } else if (w.major > Major.Negative) {
      return this.wrong(at, "a key is text or an integer, found " + w.found());
    } else {
      const digits = String.UTF8.encode(integer(negative, arg));
      ptr = changetype<usize>(digits);
      len = digits.byteLength;
    }
    const field = text && seen != null ? s.field(ptr, len) : -1;
    if (field >= 0) {
      // Two keys of one field have the same bytes if their heads have the same length.
      const bit: u32 = 1 << (w.off - start - len);
      const before = unchecked(seen![field]);
      if ((before & bit) != 0) return this.twice(at, ptr, len);
      if (before != 0) this.unfit = true;
      unchecked((seen![field] = before | bit));
    } else if (others != null) {
      if (others.has(w.ptr + start, w.off - start)) return this.twice(at, ptr, len);
      if (others.hasMeaning(text, ptr, len)) this.unfit = true;
    }
    let next = s;
    if (s.form == Form.Pairs) {
      const k = s.key!;
      if (text ? k.form != Form.Text : !k.isInteger() || !k.fits(negative, arg)) {
        return this.wrong(at, "expected " + k.expected() + " as key, found " + quoteBytes(ptr, len));
      }
      next = s.elem!;
    } else if (s.form == Form.Fields) {
      if (field >= 0) next = s.schemas[field];
      else if (this.known) return this.wrong(at, "unknown field " + quoteBytes(ptr, len) + "; " + s.known());
      else next = ANY;
    }
    return this.value(next, new Path(at, ptr, len));
  }
}

/** Keys are those of a map that have been read. */
@final
class Keys {
  private raw: Set<string> = new Set();
  private meanings: Set<string> = new Set();

  /** has reports whether the encoded key was there, and keeps it. */
  has(ptr: usize, len: u32): bool { return seenBefore(this.raw, latin(ptr, len)); }

  /** hasMeaning reports whether another encoding of the key was there, and keeps it. */
  hasMeaning(text: bool, ptr: usize, len: u32): bool { return seenBefore(this.meanings, (text ? "t" : "i") + latin(ptr, len)); }
}

function seenBefore(set: Set<string>, key: string): bool {
  if (set.has(key)) return true;
  set.add(key);
  return false;
}

/** latin returns bytes as characters, one for each. */
function latin(ptr: usize, len: u32): string {
  const s = changetype<string>(__new(len << 1, idof<string>()));
  for (let i: u32 = 0; i < len; i++) store<u16>(changetype<usize>(s) + (i << 1), load<u8>(ptr + i));
  return s;
}
