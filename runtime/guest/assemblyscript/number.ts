// Decimal numbers to floats, rounded as IEEE 754 says: the value of a message must not depend on who reads it.

/** MAX_DIGITS is more than decide how a number is rounded: two floats differ from what is between them within 767. */
const MAX_DIGITS: i32 = 780;

/** Natural is a whole number of any size. */
@final
class Natural {
  private limbs: Array<u32> = [];

  /** times multiplies and adds. */
  times(factor: u32, add: u32 = 0): void {
    let carry: u64 = add;
    for (let i = 0; i < this.limbs.length; i++) {
      carry += <u64>this.limbs[i] * factor;
      this.limbs[i] = <u32>carry;
      carry >>= 32;
    }
    if (carry != 0) this.limbs.push(<u32>carry);
  }

  timesPower(base: u32, n: i32): void {
    for (; n > 0; n--) this.times(base);
  }

  static of(v: u64): Natural {
    const n = new Natural();
    if (v != 0) n.limbs.push(<u32>v);
    if (v >> 32 != 0) n.limbs.push(<u32>(v >> 32));
    return n;
  }

  compare(b: Natural): i32 {
    if (this.limbs.length != b.limbs.length) return this.limbs.length - b.limbs.length;
    for (let i = this.limbs.length - 1; i >= 0; i--) {
      if (this.limbs[i] != b.limbs[i]) return this.limbs[i] < b.limbs[i] ? -1 : 1;
    }
    return 0;
  }
}

/** Decimal is digits times a power of ten. */
@final
class Decimal {
  private digits: Array<u8> = [];
  private exponent: i32 = 0;

  /** parse reads a number of JSON, whose sign has been read. */
  static parse(ptr: usize, len: u32): Decimal {
    const d = new Decimal();
    let point = false;
    let more = false; // digits that are not kept, and are not all zero
    let i: u32 = 0;
    for (; i < len; i++) {
      const c = load<u8>(ptr + i);
      if (c == 0x2e) {
        point = true;
        continue;
      }
      if (c < 0x30 || c > 0x39) break;
      const kept = d.digits.length < MAX_DIGITS;
      if (kept && (c != 0x30 || d.digits.length > 0)) d.digits.push(c - 0x30);
      if (!kept && c != 0x30) more = true;
      if (point ? kept : !kept) d.exponent += point ? -1 : 1;
    }
    if (more) {
      d.digits.push(1);
      d.exponent--;
    }
    if (i < len) d.exponent += d.power(ptr + i + 1, len - i - 1);
    return d;
  }

  private power(ptr: usize, len: u32): i32 {
    let n = 0;
    let negative = false;
    for (let i: u32 = 0; i < len; i++) {
      const c = load<u8>(ptr + i);
      if (c == 0x2d) negative = true;
      else if (c != 0x2b && n < 100000000) n = n * 10 + (c - 0x30);
    }
    return negative ? -n : n;
  }

  /** compare compares with m times 2^x. */
  private compare(m: u64, x: i32): i32 {
    const a = new Natural();
    for (let i = 0; i < this.digits.length; i++) a.times(10, this.digits[i]);
    const b = Natural.of(m);
    a.timesPower(10, this.exponent);
    b.timesPower(10, -this.exponent);
    a.timesPower(2, -x);
    b.timesPower(2, x);
    return a.compare(b);
  }

  /** float returns the nearest float, of two the even one; or Infinity if that is beyond all. */
  float(): f64 {
    const n = this.digits.length;
    if (n == 0) return 0;
    if (n + this.exponent > 310) return Infinity;
    if (n + this.exponent < -330) return 0;
    let bits = reinterpret<u64>(this.guess());
    while (true) {
      const exponent = <i32>(bits >> 52);
      const m = exponent == 0 ? bits : bits & 0xfffffffffffff | 0x10000000000000;
      const x = (exponent == 0 ? 1 : exponent) - 1075;
      // Half way up.
      const up = this.compare(2 * m + 1, x - 1);
      if (up > 0 || up == 0 && (m & 1) != 0) {
        bits++;
        if (bits >> 52 == 0x7ff) return Infinity;
        if (up > 0) continue;
        break;
      }
      if (m == 0) break;
      // Half way down, which is nearer below a power of two.
      const edge = m == 0x10000000000000 && exponent > 1;
      const down = edge ? this.compare(4 * m - 1, x - 2) : this.compare(2 * m - 1, x - 1);
      if (down < 0 || down == 0 && (m & 1) != 0) {
        bits--;
        if (down < 0) continue;
      }
      break;
    }
    return reinterpret<f64>(bits);
  }

  /** guess returns a float that is near. */
  private guess(): f64 {
    let v: f64 = 0;
    let used = 0;
    for (; used < this.digits.length && used < 17; used++) v = v * 10 + <f64>this.digits[used];
    let e = this.exponent + this.digits.length - used;
    for (; e > 0 && v < f64.MAX_VALUE; e--) v *= 10;
    for (; e < 0 && v > 0; e++) v /= 10;
    return min(v, f64.MAX_VALUE);
  }
}

/** parseNumber returns the float that a number of JSON stands for; Infinity says that it is out of range. */
export function parseNumber(ptr: usize, len: u32): f64 {
  const negative = load<u8>(ptr) == 0x2d;
  const skip: u32 = negative ? 1 : 0;
  const v = Decimal.parse(ptr + skip, len - skip).float();
  return negative ? -v : v;
}
