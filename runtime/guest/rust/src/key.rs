//! Keys of the state, ordered as bytes are, and readable where they are text.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::address::Address;

/// A type that can be the key of a [`Map`](crate::Map) or [`Set`](crate::Set): text, bytes, integers, and pairs of
/// such types, ordered by their first and then by their second part.
///
/// Text stands as it is. An integer stands as a letter for the number of its digits and the digits, 42 as `b42`, so that
/// keys order as numbers do; a negative one has capitals and complemented digits. A part with another behind it shows its
/// end: behind text stands a zero byte, behind an integer a "/".
pub trait Key: Sized {
    #[doc(hidden)]
    fn append(&self, dst: &mut Vec<u8>, last: bool);

    /// Splits a key off `src`. It takes canonical encodings only, so that a key and its encoding are one to one.
    #[doc(hidden)]
    fn cut(src: &[u8], last: bool) -> Option<(Self, &[u8])>;
}

/// What can stand for a key of type `K` where one is looked up: the key itself, or its borrowed form.
pub trait KeyOf<K> {
    #[doc(hidden)]
    fn append_to(&self, dst: &mut Vec<u8>, last: bool);
}

impl<K: Key> KeyOf<K> for K {
    fn append_to(&self, dst: &mut Vec<u8>, last: bool) {
        self.append(dst, last);
    }
}

impl KeyOf<String> for str {
    fn append_to(&self, dst: &mut Vec<u8>, last: bool) {
        append_part(dst, self.as_bytes(), last);
    }
}

impl KeyOf<Address> for str {
    fn append_to(&self, dst: &mut Vec<u8>, last: bool) {
        append_part(dst, self.as_bytes(), last);
    }
}

impl KeyOf<Vec<u8>> for [u8] {
    fn append_to(&self, dst: &mut Vec<u8>, last: bool) {
        append_part(dst, self, last);
    }
}

impl Key for String {
    fn append(&self, dst: &mut Vec<u8>, last: bool) {
        append_part(dst, self.as_bytes(), last);
    }

    fn cut(src: &[u8], last: bool) -> Option<(Self, &[u8])> {
        let (part, rest) = cut_part(src, last)?;
        Some((String::from_utf8(part).ok()?, rest))
    }
}

impl Key for Address {
    fn append(&self, dst: &mut Vec<u8>, last: bool) {
        append_part(dst, self.as_bytes(), last);
    }

    fn cut(src: &[u8], last: bool) -> Option<(Self, &[u8])> {
        let (part, rest) = String::cut(src, last)?;
        Some((part.into(), rest))
    }
}

impl Key for Vec<u8> {
    fn append(&self, dst: &mut Vec<u8>, last: bool) {
        append_part(dst, self, last);
    }

    fn cut(src: &[u8], last: bool) -> Option<(Self, &[u8])> {
        cut_part(src, last)
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn append(&self, dst: &mut Vec<u8>, last: bool) {
        self.0.append(dst, false);
        self.1.append(dst, last);
    }

    fn cut(src: &[u8], last: bool) -> Option<(Self, &[u8])> {
        let (a, rest) = A::cut(src, false)?;
        let (b, rest) = B::cut(rest, last)?;
        Some(((a, b), rest))
    }
}

macro_rules! integer_keys {
    ($($t:ty: $append:ident($wide:ty), $cut:ident;)*) => {$(
        impl Key for $t {
            fn append(&self, dst: &mut Vec<u8>, last: bool) {
                $append(dst, <$wide>::from(*self), last);
            }

            fn cut(src: &[u8], last: bool) -> Option<(Self, &[u8])> {
                let (n, rest) = $cut(src, last)?;
                Some((n.try_into().ok()?, rest))
            }
        }
    )*};
}

integer_keys! {
    u8: append_uint(u64), cut_uint;
    u16: append_uint(u64), cut_uint;
    u32: append_uint(u64), cut_uint;
    u64: append_uint(u64), cut_uint;
    i8: append_signed(i64), cut_signed;
    i16: append_signed(i64), cut_signed;
    i32: append_signed(i64), cut_signed;
    i64: append_signed(i64), cut_signed;
}

/// A 0 or 1 in text that is not the last part stands as 1 1 or 1 2.
fn append_part(dst: &mut Vec<u8>, s: &[u8], last: bool) {
    if last {
        dst.extend_from_slice(s);
        return;
    }
    for &c in s {
        if c <= 1 {
            dst.extend([1, c + 1]);
        } else {
            dst.push(c);
        }
    }
    dst.push(0);
}

fn cut_part(src: &[u8], last: bool) -> Option<(Vec<u8>, &[u8])> {
    if last {
        return Some((src.into(), &[]));
    }
    let mut part = Vec::with_capacity(src.len());
    let mut bytes = src.iter();
    loop {
        part.push(match *bytes.next()? {
            0 => return Some((part, bytes.as_slice())),
            1 => match *bytes.next()? {
                c @ (1 | 2) => c - 1,
                _ => return None,
            },
            c => c,
        });
    }
}

fn append_uint(dst: &mut Vec<u8>, n: u64, last: bool) {
    let digits = n.to_string();
    dst.push(b'a' + digits.len() as u8 - 1);
    dst.extend(digits.bytes());
    if !last {
        dst.push(b'/');
    }
}

fn append_signed(dst: &mut Vec<u8>, n: i64, last: bool) {
    if n >= 0 {
        return append_uint(dst, n as u64, last);
    }
    let digits = n.unsigned_abs().to_string();
    dst.push(b'Z' + 1 - digits.len() as u8);
    dst.extend(digits.bytes().map(complement));
    if !last {
        dst.push(b'/');
    }
}

/// What a digit lacks to 9.
fn complement(digit: u8) -> u8 {
    b'0' + b'9' - digit
}

fn cut_uint(src: &[u8], last: bool) -> Option<(u64, &[u8])> {
    let (&letter, rest) = src.split_first()?;
    if !(b'a'..=b't').contains(&letter) {
        return None;
    }
    cut_digits(rest, (letter - b'a') as usize + 1, last, |c| c)
}

fn cut_signed(src: &[u8], last: bool) -> Option<(i64, &[u8])> {
    let (&letter, rest) = src.split_first()?;
    if letter >= b'a' {
        let (n, rest) = cut_uint(src, last)?;
        return Some((n.try_into().ok()?, rest));
    }
    if !(b'H'..=b'Z').contains(&letter) {
        return None;
    }
    let (n, rest) = cut_digits(rest, (b'Z' - letter) as usize + 1, last, complement)?;
    if n == 0 || n > 1 << 63 {
        return None;
    }
    Some(((n as i64).wrapping_neg(), rest))
}

/// Splits off a number of so many digits and the "/" behind it.
fn cut_digits(src: &[u8], digits: usize, last: bool, plain: fn(u8) -> u8) -> Option<(u64, &[u8])> {
    if src.len() < digits {
        return None;
    }
    let (text, rest) = src.split_at(digits);
    let mut n = 0u64;
    for &c in text {
        if !c.is_ascii_digit() {
            return None;
        }
        n = n.checked_mul(10)?.checked_add((plain(c) - b'0').into())?;
    }
    if digits > 1 && plain(text[0]) == b'0' {
        return None;
    }
    if last {
        return Some((n, rest));
    }
    Some((n, rest.strip_prefix(b"/")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use core::fmt::Debug;

    fn encoded<K: Key>(k: &K) -> Vec<u8> {
        let mut b = Vec::new();
        k.append(&mut b, true);
        b
    }

    fn check<K: Key + PartialEq + Debug>(k: K, want: &[u8]) {
        let b = encoded(&k);
        assert_eq!(b, want, "{k:?}");
        let (back, rest) = K::cut(&b, true).expect("what was appended can be cut off");
        assert_eq!((back, rest), (k, &[][..]));
    }

    #[test]
    fn forms() {
        check(Address::from("alice"), b"alice");
        check(7u8, b"a7");
        check(42u64, b"b42");
        check(u64::MAX, b"t18446744073709551615");
        check(0i64, b"a0");
        check(42i64, b"b42");
        check(-5i64, b"Z4");
        check(-42i8, b"Y57");
        check(i64::MIN, b"H0776627963145224191");
        check((String::from("a\0\x01b"), String::from("\0")), b"a\x01\x01\x01\x02b\0\0");
        check((7u64, String::new()), b"a7/");
        check((-7i64, 8u16), b"Z2/a8");
        check(((1u8, 2u8), (String::from("x"), vec![0u8])), b"a1/a2/x\0\0");
        check(vec![0u8, 255], b"\0\xff");
    }

    #[test]
    fn order() {
        let numbers = [i64::MIN, -1000, -999, -100, -99, -10, -9, -1, 0, 1, 9, 10, 99, 100, i64::MAX];
        assert!(numbers.windows(2).all(|w| encoded(&w[0]) < encoded(&w[1])));
        let pairs = ["", "\0", "\0\0", "\x01", "a", "a\0", "aa", "b"].map(|s| (String::from(s), 0u8));
        assert!(pairs.windows(2).all(|w| encoded(&w[0]) < encoded(&w[1])));
    }

    #[test]
    fn what_is_none() {
        for s in [&b""[..], b"a", b"b1", b"b01", b"ax", b"u1", b"t99999999999999999999", b"Z4", b"/1"] {
            assert!(
                u64::cut(s, true).is_none() || !u64::cut(s, true).is_some_and(|(_, rest)| rest.is_empty()),
                "{s:?}"
            );
        }
        for s in [&b"Z9"[..], b"Y9", b"Y90", b"G1", b"H0776627963145224190", b"t18446744073709551615"] {
            assert!(i64::cut(s, true).is_none(), "{s:?}");
        }
        assert!(u8::cut(b"c256", true).is_none());
        assert!(i8::cut(b"c128", true).is_none() && i8::cut(b"X871", true).is_some());
        assert!(u64::cut(b"a7", false).is_none());
        assert!(String::cut(b"abc", false).is_none());
        assert!(String::cut(b"\x01\x03\0", false).is_none() && String::cut(b"\x01", false).is_none());
        assert!(String::cut(b"\xff", true).is_none());
    }
}
