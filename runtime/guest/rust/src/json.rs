//! JSON as the body of a message: it is turned into deterministic CBOR, so that there is one judge of types.
//!
//! The reader follows a schema as far as it must: bytes from base64, floats that are written without a point, and the
//! integer keys of a map, which are texts in JSON. What does not match the schema it passes on as it is. It is strict: no
//! key twice, no invalid UTF-8, no lone surrogates.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::cbor::{put_bool, put_bytes, put_float, put_head, put_null, put_text, Head, ARRAY, MAP, NEGATIVE, UINT};
use crate::path::{quote, Path};
use crate::schema::{integer, Form, Schema, ANYTHING};
use crate::sort::sort_by;

/// Whether a body is JSON, not CBOR: the first byte tells.
pub(crate) fn is_json(body: &[u8]) -> bool {
    matches!(body.first(), Some(b'{' | b'"' | b' ' | b'\t' | b'\r' | b'\n'))
}

pub(crate) struct Json<'a> {
    pub src: &'a [u8],
    pub off: usize,
    pub depth: u32,
}

type Fault = String;

impl<'a> Json<'a> {
    pub fn new(src: &'a [u8], depth: u32) -> Self {
        Json { src, off: 0, depth }
    }

    /// Reads one value and the end of the text.
    pub fn document(&mut self, dst: &mut Vec<u8>, s: &'static Schema, at: &Path) -> Result<(), Fault> {
        self.value(dst, s, at)?;
        match self.peek() {
            0 => Ok(()),
            _ => Err(self.fault(at, "something follows the value")),
        }
    }

    /// Skips white space and returns the byte behind it, or 0 at the end. A NUL in the text is returned as 1: neither
    /// begins or ends anything.
    pub fn peek(&mut self) -> u8 {
        while let Some(&c) = self.src.get(self.off) {
            match c {
                b' ' | b'\t' | b'\n' | b'\r' => self.off += 1,
                0 => return 1,
                _ => return c,
            }
        }
        0
    }

    pub fn fault(&self, at: &Path, what: &str) -> Fault {
        let what = if self.off >= self.src.len() { "the text ends too early" } else { what };
        at.fault(&format!("byte {}: {what}", self.off))
    }

    pub fn value(&mut self, dst: &mut Vec<u8>, s: &'static Schema, at: &Path) -> Result<(), Fault> {
        match self.peek() {
            b'{' => self.nested(at, |r| r.object(dst, s, at)),
            b'[' => self.nested(at, |r| r.array(dst, s, at)),
            b'"' => {
                let text = self.text(at)?;
                if s.form != Form::Bytes {
                    put_text(dst, &text);
                    return Ok(());
                }
                let Some(raw) = base64(text.as_bytes()) else {
                    return Err(at.fault(&format!("expected bytes in base64, found {}", quote(text.as_bytes()))));
                };
                put_bytes(dst, &raw);
                Ok(())
            }
            b'-' | b'0'..=b'9' => self.number(dst, s.form == Form::Float, at),
            _ if self.word("true") => {
                put_bool(dst, true);
                Ok(())
            }
            _ if self.word("false") => {
                put_bool(dst, false);
                Ok(())
            }
            _ if self.word("null") => {
                put_null(dst);
                Ok(())
            }
            _ => Err(self.fault(at, "this is not JSON")),
        }
    }

    fn word(&mut self, w: &str) -> bool {
        let found = self.src[self.off..].starts_with(w.as_bytes());
        if found {
            self.off += w.len();
        }
        found
    }

    /// Reads what is in a container, whose first byte is the next.
    fn nested(&mut self, at: &Path, read: impl FnOnce(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        if self.depth == 0 {
            return Err(self.fault(at.top(), "maps and arrays nest too deep"));
        }
        self.depth -= 1;
        self.off += 1;
        read(self)?;
        self.depth += 1;
        Ok(())
    }

    /// Consumes what separates items: false at the end of the container.
    fn next(&mut self, first: bool, end: u8, at: &Path) -> Result<bool, Fault> {
        let c = self.peek();
        if c == end {
            self.off += 1;
            return Ok(false);
        }
        if first {
            return Ok(true);
        }
        if c != b',' {
            return Err(self.fault(at, "a comma is missing"));
        }
        self.off += 1;
        if self.peek() == end {
            return Err(self.fault(at, "a value is missing behind the comma"));
        }
        Ok(true)
    }

    fn array(&mut self, dst: &mut Vec<u8>, s: &'static Schema, at: &Path) -> Result<(), Fault> {
        let elem = if s.form == Form::List { s.elem() } else { &ANYTHING };
        let mut items = Vec::new();
        let mut n = 0;
        while self.next(n == 0, b']', at)? {
            self.value(&mut items, elem, &at.item(n))?;
            n += 1;
        }
        put_head(dst, ARRAY, n);
        dst.extend(items);
        Ok(())
    }

    fn object(&mut self, dst: &mut Vec<u8>, s: &'static Schema, at: &Path) -> Result<(), Fault> {
        let mut entries: Vec<(Vec<u8>, String, Vec<u8>)> = Vec::new(); // key in CBOR, name, value in CBOR
        while self.next(entries.is_empty(), b'}', at)? {
            let name = self.key(at)?;
            let mut value = Vec::new();
            let schema = match s.form {
                Form::Map => s.elem(),
                _ => s.field(&name).unwrap_or(&ANYTHING),
            };
            self.value(&mut value, schema, &at.field(&name))?;
            entries.push((encoded_key(s, &name), name, value));
        }
        // Bytewise order of the encoded keys is what core deterministic encoding asks for.
        sort_by(&mut entries, |a, b| a.0 < b.0);
        put_head(dst, MAP, entries.len() as u64);
        for (i, (key, name, value)) in entries.iter().enumerate() {
            if i > 0 && *key == entries[i - 1].0 {
                return Err(at.fault(&format!("the key {} appears twice", quote(name.as_bytes()))));
            }
            dst.extend_from_slice(key);
            dst.extend_from_slice(value);
        }
        Ok(())
    }

    /// Reads the key of a pair and the colon.
    pub fn key(&mut self, at: &Path) -> Result<String, Fault> {
        if self.peek() != b'"' {
            return Err(self.fault(at, "a key is a text in quotes"));
        }
        let name = self.text(at)?;
        if self.peek() != b':' {
            return Err(self.fault(at, "a colon is missing"));
        }
        self.off += 1;
        Ok(name)
    }

    /// Reads a number: an integer if it has neither fraction nor exponent, unless a float is wanted.
    fn number(&mut self, dst: &mut Vec<u8>, float: bool, at: &Path) -> Result<(), Fault> {
        let src = self.src;
        let start = self.off;
        self.run(|c| c == b'-' || c.is_ascii_digit());
        let whole = ascii(&src[start..self.off]);
        let digits = whole.strip_prefix('-').unwrap_or(whole);
        if digits.is_empty() || digits.len() > 1 && digits.starts_with('0') || digits.contains('-') {
            return Err(self.not_a_number(start, at));
        }
        let c = self.byte();
        if !matches!(c, b'.' | b'e' | b'E') && !float {
            let Some(h) = integer_head(digits, whole.starts_with('-')) else {
                return Err(at.fault(&format!("the integer {} has more than 64 bits", quote(whole.as_bytes()))));
            };
            put_head(dst, h.major, h.arg);
            return Ok(());
        }
        if c == b'.' {
            self.off += 1;
            if self.run(|c| c.is_ascii_digit()) == 0 {
                return Err(self.not_a_number(start, at));
            }
        }
        if matches!(self.byte(), b'e' | b'E') {
            self.off += 1;
            if matches!(self.byte(), b'+' | b'-') {
                self.off += 1;
            }
            if self.run(|c| c.is_ascii_digit()) == 0 {
                return Err(self.not_a_number(start, at));
            }
        }
        let text = ascii(&src[start..self.off]);
        match text.parse::<f64>() {
            Ok(f) if f.is_finite() => put_float(dst, f),
            _ => return Err(at.fault(&format!("the number {} is out of range", quote(text.as_bytes())))),
        }
        Ok(())
    }

    fn not_a_number(&mut self, start: usize, at: &Path) -> Fault {
        self.off = start;
        self.fault(at, "this is not a number of JSON")
    }

    fn byte(&self) -> u8 {
        self.src.get(self.off).copied().unwrap_or(0)
    }

    /// Skips the bytes that are taken, and returns how many.
    fn run(&mut self, takes: impl Fn(u8) -> bool) -> usize {
        let n = self.src[self.off..].iter().take_while(|&&c| takes(c)).count();
        self.off += n;
        n
    }

    /// Reads a string, whose opening quote is the next byte.
    pub fn text(&mut self, at: &Path) -> Result<String, Fault> {
        self.off += 1;
        let mut out = String::new();
        loop {
            let start = self.off;
            self.run(|c| c != b'"' && c != b'\\' && c >= b' ');
            let src = self.src;
            let stop = src.get(self.off).copied();
            match stop {
                None => return Err(self.fault(at, "")),
                Some(b'"' | b'\\') => {}
                Some(_) => return Err(self.fault(at, "a control character stands in a text")),
            }
            match core::str::from_utf8(&src[start..self.off]) {
                Ok(run) => out += run,
                Err(_) => return Err(self.fault(at, "a text is not valid UTF-8")),
            }
            if stop == Some(b'"') {
                self.off += 1;
                return Ok(out);
            }
            match self.escape() {
                Some(c) => out.push(c),
                None => return Err(self.fault(at, "an escape in a text is wrong")),
            }
        }
    }

    /// What the escape at `off` stands for. It leaves `off` behind it, or on it if it is wrong.
    fn escape(&mut self) -> Option<char> {
        let simple = match self.src.get(self.off + 1)? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            _ => {
                let first = self.unit(self.off)?;
                if let Some(c) = char::from_u32(first) {
                    self.off += 6;
                    return Some(c);
                }
                let second = self.unit(self.off + 6)?;
                if first >= 0xdc00 || !(0xdc00..0xe000).contains(&second) {
                    return None;
                }
                self.off += 12;
                return char::from_u32(0x10000 + ((first - 0xd800) << 10 | (second - 0xdc00)));
            }
        };
        self.off += 2;
        Some(simple)
    }

    /// Reads the code unit of the escape \uXXXX at `off`.
    fn unit(&self, off: usize) -> Option<u32> {
        let digits = self.src.get(off..off + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |n, &c| Some(n << 4 | char::from(c).to_digit(16)?))
    }
}

/// Digits, signs, points and letters are what was looked for.
fn ascii(s: &[u8]) -> &str {
    core::str::from_utf8(s).unwrap_or("")
}

/// The head of an integer, if it has one.
fn integer_head(digits: &str, negative: bool) -> Option<Head> {
    let head = |major, arg| Some(Head { major, info: 0, arg });
    match digits.parse::<u64>() {
        Ok(n) if negative && n > 0 => head(NEGATIVE, n - 1),
        Ok(n) => head(UINT, n),
        Err(_) if negative && digits == "18446744073709551616" => head(NEGATIVE, u64::MAX),
        Err(_) => None,
    }
}

/// The key of a pair of a map that the schema describes.
fn encoded_key(s: &Schema, name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() + 9);
    if s.form == Form::Map && s.key().form != Form::Text {
        let digits = name.strip_prefix('-').unwrap_or(name);
        if let Some(h) = integer_head(digits, digits.len() < name.len()).filter(|&h| integer(h) == name) {
            put_head(&mut key, h.major, h.arg);
            return key;
        }
    }
    put_text(&mut key, name);
    key
}

/// Decodes base64 with padding. As in most readers, line breaks do not count; bits that stand for nothing must be zero.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = text.iter().copied().filter(|&c| c != b'\r' && c != b'\n').collect();
    if text.len() % 4 != 0 {
        return None;
    }
    let padding = text.iter().rev().take_while(|&&c| c == b'=').count();
    if padding > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut n) = (0u32, 0);
    for &c in &text[..text.len() - padding] {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        n += 6;
        if n >= 8 {
            n -= 8;
            out.push((bits >> n) as u8);
            bits &= (1 << n) - 1;
        }
    }
    (bits == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<String, String> {
        let mut out = Vec::new();
        Json::new(json.as_bytes(), 64).document(&mut out, &ANYTHING, &Path::root("json"))?;
        Ok(out.iter().map(|b| format!("{b:02x}")).collect())
    }

    /// The cases of the host, from runtime/actor/typed/testdata.
    #[test]
    fn as_the_host_reads_it() {
        let cases = include_str!("../../../actor/typed/testdata/json/from.txt");
        let mut n = 0;
        for case in cases.split("\n\n") {
            let Some((input, want)) = case.split_once("\n----\n") else { continue };
            let Some((_, input)) = input.split_once("from-json\n") else { continue };
            let got = read(input).unwrap_or_else(|e| format!("malformed: {e}"));
            assert_eq!(got, want.trim_end(), "{input}");
            n += 1;
        }
        assert!(n > 20, "{n} cases");
    }

    #[test]
    fn base64_is_strict() {
        for (text, want) in [
            ("", Some(&b""[..])),
            ("AQID", Some(b"\x01\x02\x03")),
            ("/+8=", Some(b"\xff\xef")),
            ("AQ==", Some(b"\x01")),
            ("A\nQ=\r\n=", Some(b"\x01")),
            ("AQI", None),
            ("AQ=", None),
            ("A===", None),
            ("AR==", None),
            ("AQ==AQ==", None),
            ("AQ-_", None),
            ("====", None),
        ] {
            assert_eq!(base64(text.as_bytes()).as_deref(), want, "{text}");
        }
    }
}
