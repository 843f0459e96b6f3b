//! CBOR (RFC 8949), as far as Troupe uses it: definite lengths, no tags, no simple values but false, true, null and
//! undefined. What is written is core deterministic (section 4.2.1); what is read may be any well-formed encoding.

use alloc::vec::Vec;

/// The major types (section 3.1).
pub(crate) const UINT: u8 = 0;
pub(crate) const NEGATIVE: u8 = 1;
pub(crate) const BYTES: u8 = 2;
pub(crate) const TEXT: u8 = 3;
pub(crate) const ARRAY: u8 = 4;
pub(crate) const MAP: u8 = 5;
pub(crate) const TAG: u8 = 6;
pub(crate) const SIMPLE: u8 = 7;

const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
const NULL: u8 = 0xf6;

/// The first part of a data item: its major type and its argument. Of a simple value, `info` tells what `arg` is.
#[derive(Clone, Copy)]
pub struct Head {
    pub major: u8,
    pub info: u8,
    pub arg: u64,
}

impl Head {
    /// What kind of item begins here, in words.
    pub fn kind(self) -> &'static str {
        match self.major {
            UINT => "an unsigned integer",
            NEGATIVE => "a negative integer",
            BYTES => "bytes",
            TEXT => "text",
            ARRAY => "an array",
            MAP => "a map",
            TAG => "a tag",
            _ if self.is_float() => "a float",
            _ if self.is_bool() => "a boolean",
            _ if self.arg == 22 || self.arg == 23 => "null",
            _ => "a simple value",
        }
    }

    pub fn is_float(self) -> bool {
        self.major == SIMPLE && (25..=27).contains(&self.info)
    }

    pub fn is_bool(self) -> bool {
        self.major == SIMPLE && !self.is_float() && (self.arg == 20 || self.arg == 21)
    }

    /// Whether this is null or undefined, which leave the zero value of any type.
    pub fn is_null(self) -> bool {
        self.major == SIMPLE && self.info < 24 && (self.arg == 22 || self.arg == 23)
    }

    pub fn is_integer(self) -> bool {
        self.major <= NEGATIVE
    }

    /// The value of a float of 16, 32 or 64 bits.
    pub fn float(self) -> f64 {
        match self.info {
            25 => half(self.arg as u16),
            26 => f32::from_bits(self.arg as u32).into(),
            _ => f64::from_bits(self.arg),
        }
    }
}

pub(crate) const TOO_EARLY: &str = "the data ends too early";

/// Reads CBOR from `data`, beginning at `off`. What is wrong is told in the words of the host.
pub(crate) struct Wire<'a> {
    pub data: &'a [u8],
    pub off: usize,
}

impl<'a> Wire<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Wire { data, off: 0 }
    }

    pub fn at_end(&self) -> bool {
        self.off == self.data.len()
    }

    /// Reads one head. It refuses tags, indefinite lengths and lengths beyond the end of the data.
    pub fn head(&mut self) -> Result<Head, &'static str> {
        let Some((&first, rest)) = self.data[self.off..].split_first() else {
            return Err(TOO_EARLY);
        };
        let (major, info) = (first >> 5, first & 31);
        let n = match info {
            0..=23 => 0,
            24..=27 => 1 << (info - 24),
            31 if major != SIMPLE => return Err("an indefinite length is not allowed"),
            _ => return Err("this is not CBOR"),
        };
        if rest.len() < n {
            return Err(TOO_EARLY);
        }
        let arg = if n == 0 { info.into() } else { rest[..n].iter().fold(0, |arg, &b| arg << 8 | u64::from(b)) };
        let left = (rest.len() - n) as u64;
        match major {
            TAG => return Err("a tag is not allowed"),
            SIMPLE if n == 1 && arg < 32 => return Err("this is not CBOR"),
            SIMPLE if n < 2 && !(20..=23).contains(&arg) => return Err("a simple value is not allowed"),
            BYTES | TEXT | ARRAY if arg > left => return Err(TOO_EARLY),
            MAP if arg > left / 2 => return Err(TOO_EARLY),
            _ => {}
        }
        self.off += 1 + n;
        Ok(Head { major, info, arg })
    }

    /// Returns the content of a byte or text string whose head has been read.
    pub fn take(&mut self, h: Head) -> Result<&'a [u8], &'static str> {
        let content = &self.data[self.off..][..h.arg as usize];
        if h.major == TEXT && core::str::from_utf8(content).is_err() {
            return Err("a text is not valid UTF-8");
        }
        self.off += content.len();
        Ok(content)
    }

    /// Leaves out one item and what is in it, nested at most `depth` deep.
    pub fn skip(&mut self, depth: u32) -> Result<(), &'static str> {
        let h = self.head()?;
        match h.major {
            BYTES | TEXT => self.off += h.arg as usize,
            ARRAY | MAP => {
                let depth = depth.checked_sub(1).ok_or("maps and arrays nest too deep")?;
                for _ in 0..h.arg << u32::from(h.major == MAP) {
                    self.skip(depth)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Appends the shortest head with the argument.
pub(crate) fn put_head(dst: &mut Vec<u8>, major: u8, arg: u64) {
    let m = major << 5;
    if arg < 24 {
        dst.push(m | arg as u8);
    } else if arg < 1 << 8 {
        dst.extend([m | 24, arg as u8]);
    } else if arg < 1 << 16 {
        dst.push(m | 25);
        dst.extend((arg as u16).to_be_bytes());
    } else if arg < 1 << 32 {
        dst.push(m | 26);
        dst.extend((arg as u32).to_be_bytes());
    } else {
        dst.push(m | 27);
        dst.extend(arg.to_be_bytes());
    }
}

pub(crate) fn put_uint(dst: &mut Vec<u8>, n: u64) {
    put_head(dst, UINT, n);
}

pub(crate) fn put_int(dst: &mut Vec<u8>, n: i64) {
    if n < 0 {
        put_head(dst, NEGATIVE, !n as u64); // -1-n
    } else {
        put_head(dst, UINT, n as u64);
    }
}

pub(crate) fn put_text(dst: &mut Vec<u8>, s: &str) {
    put_head(dst, TEXT, s.len() as u64);
    dst.extend_from_slice(s.as_bytes());
}

pub(crate) fn put_bytes(dst: &mut Vec<u8>, b: &[u8]) {
    put_head(dst, BYTES, b.len() as u64);
    dst.extend_from_slice(b);
}

pub(crate) fn put_bool(dst: &mut Vec<u8>, b: bool) {
    dst.push(if b { TRUE } else { FALSE });
}

pub(crate) fn put_null(dst: &mut Vec<u8>) {
    dst.push(NULL);
}

/// Appends a float in the shortest of the three forms that keeps its value. There is one NaN.
pub(crate) fn put_float(dst: &mut Vec<u8>, f: f64) {
    let single = f as f32;
    if f.is_nan() {
        dst.extend([0xf9, 0x7e, 0]);
    } else if f64::from(single).to_bits() != f.to_bits() {
        dst.push(0xfb);
        dst.extend(f.to_bits().to_be_bytes());
    } else if let Some(half) = to_half(single) {
        dst.push(0xf9);
        dst.extend(half.to_be_bytes());
    } else {
        dst.push(0xfa);
        dst.extend(single.to_bits().to_be_bytes());
    }
}

/// Widens a float of 16 bits (appendix D). The scales are powers of two, so nothing is rounded.
fn half(b: u16) -> f64 {
    let (exponent, mantissa) = (i32::from(b >> 10 & 31), f64::from(b & 0x3ff));
    let scale = |e: i32| f64::from_bits(((1023 + e) as u64) << 52);
    let f = match exponent {
        0 => mantissa * scale(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * scale(exponent - 25),
    };
    if b >> 15 == 0 {
        f
    } else {
        -f
    }
}

/// Narrows a float to 16 bits, if that keeps its value.
fn to_half(f: f32) -> Option<u16> {
    let bits = f.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let (exponent, mantissa) = ((bits >> 23 & 255) as i32 - 127, bits & 0x7f_ffff);
    let h = match exponent {
        -127 if mantissa == 0 => 0,
        128 => 0x7c00 | (mantissa >> 13) as u16,
        -14..=15 => ((exponent + 15) as u16) << 10 | (mantissa >> 13) as u16,
        -24..=-15 => ((mantissa | 0x80_0000) >> (-exponent - 1)) as u16,
        _ => return None,
    } | sign;
    (half(h).to_bits() == f64::from(f).to_bits()).then_some(h)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(b: &[u8]) -> alloc::string::String {
        b.iter().map(|b| alloc::format!("{b:02x}")).collect()
    }

    /// The examples of RFC 8949, appendix A.
    #[test]
    fn integers() {
        for (n, want) in [
            (0, "00"),
            (23, "17"),
            (24, "1818"),
            (100, "1864"),
            (1000, "1903e8"),
            (1_000_000, "1a000f4240"),
            (1_000_000_000_000, "1b000000e8d4a51000"),
            (-1, "20"),
            (-10, "29"),
            (-100, "3863"),
            (-1000, "3903e7"),
            (i64::MIN, "3b7fffffffffffffff"),
        ] {
            let mut b = Vec::new();
            put_int(&mut b, n);
            assert_eq!(hex(&b), want, "{n}");
        }
        let mut b = Vec::new();
        put_uint(&mut b, u64::MAX);
        assert_eq!(hex(&b), "1bffffffffffffffff");
    }

    #[test]
    fn floats() {
        for (f, want) in [
            (0.0, "f90000"),
            (-0.0, "f98000"),
            (1.0, "f93c00"),
            (1.1, "fb3ff199999999999a"),
            (1.5, "f93e00"),
            (65504.0, "f97bff"),
            (65520.0, "fa477ff000"),
            (100000.0, "fa47c35000"),
            (3.4028234663852886e+38, "fa7f7fffff"),
            (1e300, "fb7e37e43c8800759c"),
            (5.960464477539063e-8, "f90001"),
            (6.103515625e-5, "f90400"),
            (6.097555160522461e-5, "f903ff"),
            (2.9802322387695312e-8, "fa33000000"),
            (-4.0, "f9c400"),
            (f64::INFINITY, "f97c00"),
            (f64::NEG_INFINITY, "f9fc00"),
            (f64::NAN, "f97e00"),
            (-f64::NAN, "f97e00"),
            (f64::MIN_POSITIVE, "fb0010000000000000"),
        ] {
            let mut b = Vec::new();
            put_float(&mut b, f);
            assert_eq!(hex(&b), want, "{f}");
            let back = Wire::new(&b).head().unwrap_or_else(|e| panic!("{e}")).float();
            assert!(back.to_bits() == f.to_bits() || f.is_nan() && back.is_nan(), "{f} came back as {back}");
        }
    }

    #[test]
    fn every_half_comes_back() {
        for h in 0..=u16::MAX {
            let f = half(h);
            let mut b = Vec::new();
            put_float(&mut b, f);
            let want = if f.is_nan() { 0x7e00 } else { h };
            assert_eq!(hex(&b), alloc::format!("f9{want:04x}"));
        }
    }

    #[test]
    fn what_is_refused() {
        for (data, want) in [
            (&b""[..], TOO_EARLY),
            (b"\x19\x01", TOO_EARLY),
            (b"\x62a", TOO_EARLY),
            (b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", TOO_EARLY),
            (b"\xa2\x01\x02\x03", TOO_EARLY),
            (b"\x9f\xff", "an indefinite length is not allowed"),
            (b"\xff", "this is not CBOR"),
            (b"\x1c", "this is not CBOR"),
            (b"\xf8\x14", "this is not CBOR"),
            (b"\xe0", "a simple value is not allowed"),
            (b"\xc0\x00", "a tag is not allowed"),
        ] {
            assert_eq!(Wire::new(data).head().err(), Some(want), "{data:x?}");
        }
    }

    #[test]
    fn skipping() {
        let data = b"\xa2\x61a\x82\x01\x40\x02\xf9\x3c\x00\x05";
        let mut w = Wire::new(data);
        assert_eq!(w.skip(2), Ok(()));
        assert_eq!(w.off, data.len() - 1);
        assert_eq!(Wire::new(data).skip(1), Err("maps and arrays nest too deep"));
    }
}
