//! Where in a value a decoder stands, and how names from outside are shown.

use alloc::format;
use alloc::string::String;

/// The longest name of a message, in bytes, and the longest text from outside in an error.
pub(crate) const MAX_NAME: usize = 64;

/// The longest path in an error, in bytes.
const MAX_PATH: usize = 256;

/// A list on the stack, so that it costs nothing until something is wrong.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    up: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Name(&'a str),
    Index(u64),
}

impl<'a> Path<'a> {
    pub fn root(name: &'a str) -> Self {
        Path { up: None, step: Step::Name(name) }
    }

    pub fn field(&'a self, name: &'a str) -> Path<'a> {
        // A field without a name shows as the first item of a list does.
        let step = if name.is_empty() { Step::Index(0) } else { Step::Name(name) };
        Path { up: Some(self), step }
    }

    pub fn item(&'a self, index: u64) -> Path<'a> {
        Path { up: Some(self), step: Step::Index(index) }
    }

    /// Where the path begins. Faults of depth are told there: the rest would be long and say nothing.
    pub fn top(&self) -> &Path<'a> {
        let mut p = self;
        while let Some(up) = p.up {
            p = up;
        }
        p
    }

    fn text(&self) -> String {
        let Some(up) = self.up else {
            return match self.step {
                Step::Name(name) => name.into(),
                Step::Index(_) => String::new(),
            };
        };
        match self.step {
            Step::Name(name) => format!("{}.{}", up.text(), quotable(name)),
            Step::Index(i) => format!("{}[{i}]", up.text()),
        }
    }

    /// Says what is wrong here.
    pub fn fault(&self, what: &str) -> String {
        let mut place = self.text();
        if place.len() > MAX_PATH {
            let mut end = MAX_PATH;
            while !place.is_char_boundary(end) {
                end -= 1;
            }
            place.truncate(end);
            place.push('…');
        }
        format!("{place}: {what}")
    }
}

/// Returns a name as it is if it is short and plain, else quoted and cut: it may come from outside.
pub(crate) fn quotable(name: &str) -> String {
    let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
    if !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(plain) {
        return name.into();
    }
    quote(name.as_bytes())
}

/// Quotes and cuts a text from outside. All that is not ASCII is escaped: what else is printable differs between
/// versions of Unicode.
pub(crate) fn quote(s: &[u8]) -> String {
    if s.len() <= MAX_NAME {
        return quoted(s);
    }
    let mut end = MAX_NAME;
    while end > MAX_NAME - 4 && s[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    quoted(&s[..end]) + "…"
}

fn quoted(s: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in s.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                ' '..='~' => out.push(c),
                '\x07' => out += "\\a",
                '\x08' => out += "\\b",
                '\x0c' => out += "\\f",
                '\n' => out += "\\n",
                '\r' => out += "\\r",
                '\t' => out += "\\t",
                '\x0b' => out += "\\v",
                '\0'..='\x7f' => out += &format!("\\x{:02x}", c as u32),
                '\u{80}'..='\u{ffff}' => out += &format!("\\u{:04x}", c as u32),
                _ => out += &format!("\\U{:08x}", c as u32),
            }
        }
        for b in chunk.invalid() {
            out += &format!("\\x{b:02x}");
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting() {
        for (s, want) in [
            (&b"plain"[..], r#""plain""#),
            (b"a\"\\\x07\x08\x0c\n\r\t\x0b\0\x7f", r#""a\"\\\a\b\f\n\r\t\v\x00\x7f""#),
            ("é世😀\u{fffd}".as_bytes(), r#""\u00e9\u4e16\U0001f600\ufffd""#),
            (b"\xff\xe4\xb8x", r#""\xff\xe4\xb8x""#),
        ] {
            assert_eq!(quote(s), want);
        }
    }

    #[test]
    fn what_is_long_is_cut_between_characters() {
        let s = "x".repeat(63) + "é" + "y";
        assert_eq!(quote(s.as_bytes()), format!("\"{}\"…", "x".repeat(63)));
        assert_eq!(quote("x".repeat(65).as_bytes()), format!("\"{}\"…", "x".repeat(64)));
    }

    #[test]
    fn paths() {
        let root = Path::root("transfer");
        let list = root.field("list");
        let item = list.item(3);
        let odd = item.field("a b");
        assert_eq!(odd.fault("wrong"), r#"transfer.list[3]."a b": wrong"#);
        assert_eq!(odd.top().fault("wrong"), "transfer: wrong");
        let long = root.field(&"x".repeat(64)).fault("");
        assert_eq!(long.len(), "transfer.".len() + 64 + 2);
    }
}
