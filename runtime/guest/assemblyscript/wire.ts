import { Major } from "./buffer";
import { validUTF8 } from "./text";

/** kindName is the word for what was found. */
function kindName(major: u8): string {
  switch (major) {
    case Major.Uint: return "an unsigned integer";
    case Major.Negative: return "a negative integer";
    case Major.Bytes: return "bytes";
    case Major.Text: return "text";
    case Major.List: return "an array";
    case Major.Pairs: return "a map";
    case Major.Tag: return "a tag";
  }
  return "a simple value";
}

/** Wire reads CBOR. What it read last stands in its fields. */
@final
export class Wire {
  off: u32 = 0;
  /** What head has read. Of Major.Simple, info tells what arg is. */
  major: u8 = 0;
  info: u8 = 0;
  arg: u64 = 0;
  /** Where take has found the content of a string. */
  from: usize = 0;
  size: u32 = 0;
  /** Why head or take returned false. */
  fault: string = "";

  /** A placeless one leaves the offset out of faults: for data that is a part of what the sender of it knows. */
  constructor(public ptr: usize, public len: u32, private placeless: bool = false) {}

  /** over lets the wire read other data. */
  over(ptr: usize, len: u32): this {
    this.ptr = ptr;
    this.len = len;
    this.off = 0;
    return this;
  }

  /** head reads one head. It refuses tags, indefinite lengths and lengths beyond the end of the data. */
  head(): bool {
    if (this.off >= this.len) return this.wrong("the data ends too early");
    const at = this.ptr + this.off;
    const b = load<u8>(at);
    const major: u8 = b >> 5;
    const info: u8 = b & 31;
    let n: u32 = 0;
    if (info < 24 && major < Major.Tag) { // most heads
      const left = this.len - this.off - 1;
      if (major >= Major.Bytes && (major == Major.Pairs ? <u32>info * 2 : <u32>info) > left) return this.wrong("the data ends too early");
      this.major = major;
      this.info = info;
      this.arg = info;
      this.off++;
      return true;
    }
    if (info >= 24) {
      if (info < 28) n = 1 << (info - 24);
      else if (info == 31 && major != Major.Simple) return this.wrong("an indefinite length is not allowed");
      else return this.wrong("this is not CBOR");
    }
    const rest = this.len - this.off - 1;
    if (rest < n) return this.wrong("the data ends too early");
    let arg: u64 = info;
    if (n == 1) arg = load<u8>(at, 1);
    else if (n == 2) arg = bswap(load<u16>(at, 1));
    else if (n == 4) arg = bswap(load<u32>(at, 1));
    else if (n == 8) arg = bswap(load<u64>(at, 1));
    const left = <u64>(rest - n);
    if (major == Major.Tag) return this.wrong("a tag is not allowed");
    if (major == Major.Simple) {
      if (n == 1 && arg < 32) return this.wrong("this is not CBOR");
      if (n < 2 && (arg < 20 || arg > 23)) return this.wrong("a simple value is not allowed");
    } else if (major == Major.Pairs) {
      if (arg > left / 2) return this.wrong("the data ends too early");
    } else if (major >= Major.Bytes && arg > left) {
      return this.wrong("the data ends too early");
    }
    this.major = major;
    this.info = info;
    this.arg = arg;
    this.off += 1 + n;
    return true;
  }

  /** take reads the content of the byte or text string whose head has been read. */
  take(): bool {
    if (this.major == Major.Text && !validUTF8(this.ptr + this.off, <u32>this.arg)) return this.wrong("a text is not valid UTF-8");
    this.trust();
    return true;
  }

  /** trust is take for a text that is known to be one. */
  trust(): void {
    this.from = this.ptr + this.off;
    this.size = <u32>this.arg;
    this.off += this.size;
  }

  /** isNull reports whether the head that has been read is null or undefined. */
  isNull(): bool {
    return this.major == Major.Simple && this.info < 24 && (this.arg == 22 || this.arg == 23);
  }

  isFloat(): bool { return this.major == Major.Simple && this.info >= 25; }

  isBool(): bool { return this.major == Major.Simple && this.info < 25 && (this.arg == 20 || this.arg == 21); }

  /** found says what kind of item the head begins. */
  found(): string {
    if (this.isFloat()) return "a float";
    if (this.isBool()) return "a boolean";
    if (this.major == Major.Simple && (this.arg == 22 || this.arg == 23)) return "null";
    return kindName(this.major);
  }

  /** float returns the number that the head, of a float or an integer, is. */
  float(): f64 {
    if (this.major == Major.Uint) return <f64>this.arg;
    if (this.major == Major.Negative) return this.arg == u64.MAX_VALUE ? -18446744073709551616.0 : -<f64>(this.arg + 1);
    if (this.info == 27) return reinterpret<f64>(this.arg);
    if (this.info == 26) return <f64>reinterpret<f32>(<u32>this.arg);
    return halfToFloat(<u32>this.arg);
  }

  private wrong(what: string): bool {
    this.fault = this.placeless ? what : "byte " + this.off.toString() + ": " + what;
    return false;
  }
}

function halfToFloat(h: u32): f64 {
  const exponent = (h >> 10) & 31;
  const fraction = <f64>(h & 0x3ff);
  let v: f64;
  if (exponent == 0) v = fraction * 5.9604644775390625e-8; // 2^-24
  else if (exponent == 31) v = fraction == 0 ? Infinity : NaN;
  else v = (1024.0 + fraction) * reinterpret<f64>(<u64>(exponent - 25 + 1023) << 52);
  return (h & 0x8000) != 0 ? -v : v;
}
