//! What types look like on the wire, and the words for what does not fit.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::cbor::{Head, Wire, ARRAY, BYTES, MAP, NEGATIVE, TEXT, UINT};
use crate::path::{quote, Path};
use crate::sort::sort_by;

/// How a type stands on the wire. It serves to read JSON and to say what is wrong with a message; what fits is decoded
/// without it.
#[derive(Clone, Copy)]
pub struct Schema {
    pub(crate) form: Form,
    /// The number of bytes or items, if it is fixed.
    pub(crate) length: Option<usize>,
    /// Of a list or map. It is a function because a type can hold itself.
    pub(crate) elem: Option<fn() -> &'static Schema>,
    /// The keys of a map: text or integers.
    pub(crate) key: Option<fn() -> &'static Schema>,
    pub(crate) fields: &'static [FieldSchema],
}

/// One field of a struct.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct FieldSchema {
    pub name: &'static str,
    pub schema: fn() -> &'static Schema,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Form {
    /// Whatever the bytes say.
    Any,
    Bool,
    /// A signed integer of so many bits.
    Int(u32),
    Uint(u32),
    Float,
    Text,
    Bytes,
    List,
    Map,
    Object,
}

/// The schema of a value about which nothing is known.
pub(crate) static ANYTHING: Schema = Schema::scalar(Form::Any);

impl Schema {
    pub(crate) const fn scalar(form: Form) -> Self {
        Schema { form, length: None, elem: None, key: None, fields: &[] }
    }

    #[doc(hidden)]
    pub const fn object(fields: &'static [FieldSchema]) -> Self {
        Schema { fields, ..Schema::scalar(Form::Object) }
    }

    /// The number of fields.
    #[doc(hidden)]
    pub const fn fields(&self) -> usize {
        self.fields.len()
    }

    pub(crate) const fn list(length: Option<usize>, elem: fn() -> &'static Schema) -> Self {
        Schema { length, elem: Some(elem), ..Schema::scalar(Form::List) }
    }

    pub(crate) const fn map(key: fn() -> &'static Schema, elem: fn() -> &'static Schema) -> Self {
        Schema { key: Some(key), elem: Some(elem), ..Schema::scalar(Form::Map) }
    }

    pub(crate) fn elem(&self) -> &'static Schema {
        self.elem.map_or(&ANYTHING, |f| f())
    }

    pub(crate) fn key(&self) -> &'static Schema {
        self.key.map_or(&ANYTHING, |f| f())
    }

    pub(crate) fn field(&self, name: &str) -> Option<&'static Schema> {
        self.fields.iter().find(|f| f.name == name).map(|f| (f.schema)())
    }

    /// Whether a value may hold what decoders would bend to fit. Such values are checked first.
    pub(crate) fn is_strict(&'static self, seen: &mut Vec<*const Schema>) -> bool {
        if seen.contains(&core::ptr::from_ref(self)) {
            return false;
        }
        seen.push(self);
        self.length.is_some()
            || self.elem.is_some_and(|f| f().is_strict(seen))
            || self.fields.iter().any(|f| (f.schema)().is_strict(seen))
    }

    fn expected(&self) -> &'static str {
        match self.form {
            Form::Any => "a value",
            Form::Bool => "a boolean",
            Form::Int(_) => "an integer",
            Form::Uint(_) => "an unsigned integer",
            Form::Float => "a number",
            Form::Text => "text",
            Form::Bytes => "bytes",
            Form::List => "an array",
            Form::Map | Form::Object => "a map",
        }
    }

    /// Whether the integer is in the range of the type.
    fn fits(&self, h: Head) -> bool {
        match self.form {
            Form::Uint(bits) => h.major == UINT && h.arg <= u64::MAX >> (64 - bits),
            Form::Int(bits) => h.arg <= i64::MAX as u64 >> (64 - bits), // -1-arg reaches one lower than arg reaches up
            _ => false,
        }
    }

    fn unknown_field(&self, name: &str) -> String {
        let mut names: Vec<&str> = self.fields.iter().map(|f| f.name).collect();
        sort_by(&mut names, |a, b| a < b);
        if names.is_empty() {
            return format!("unknown field {}; there are none", quote(name.as_bytes()));
        }
        format!("unknown field {}; known are {}", quote(name.as_bytes()), names.join(", "))
    }
}

/// The first fault of data that does not fit, beginning with where it is; `root` names the whole. `known` says that
/// unknown fields are faults.
pub(crate) fn explain(s: &'static Schema, data: &[u8], root: &str, depth: u32, known: bool) -> String {
    check(s, data, root, depth, known).err().unwrap_or_else(|| format!("{root}: does not fit"))
}

pub(crate) fn check(s: &'static Schema, data: &[u8], root: &str, depth: u32, known: bool) -> Result<(), String> {
    let mut c = Checker { wire: Wire::new(data), depth, known };
    let at = Path::root(root);
    c.value(s, &at)?;
    if !c.wire.at_end() {
        return Err(at.fault("something follows the value"));
    }
    Ok(())
}

/// Walks along a schema and finds what is wrong: the slow path, for values that could not be decoded.
struct Checker<'a> {
    wire: Wire<'a>,
    depth: u32,
    known: bool,
}

impl<'a> Checker<'a> {
    fn value(&mut self, s: &'static Schema, at: &Path) -> Result<(), String> {
        let h = self.wire.head().map_err(|e| at.fault(e))?;
        if h.is_null() {
            return Ok(());
        }
        match h.major {
            ARRAY | MAP => {
                if self.depth == 0 {
                    return Err(at.top().fault("maps and arrays nest too deep"));
                }
                self.depth -= 1;
                self.container(s, h, at)?;
                self.depth += 1;
                Ok(())
            }
            TEXT | BYTES => {
                let content = self.wire.take(h).map_err(|e| at.fault(e))?;
                check_string(s, h, content, at)
            }
            _ => check_scalar(s, h, at),
        }
    }

    fn container(&mut self, s: &'static Schema, h: Head, at: &Path) -> Result<(), String> {
        let fits = match s.form {
            Form::Any => return self.pairs_or_items(s, h, at),
            Form::List => h.major == ARRAY,
            Form::Map | Form::Object => h.major == MAP,
            _ => false,
        };
        if !fits {
            return Err(unexpected(s, h, at));
        }
        match s.length {
            Some(n) if n as u64 != h.arg => Err(at.fault(&format!("expected {n} items, found {}", h.arg))),
            _ => self.pairs_or_items(s, h, at),
        }
    }

    fn pairs_or_items(&mut self, s: &'static Schema, h: Head, at: &Path) -> Result<(), String> {
        if h.major == ARRAY {
            let elem = s.elem();
            for i in 0..h.arg {
                self.value(elem, &at.item(i))?;
            }
            return Ok(());
        }
        let mut seen = BTreeSet::new();
        for _ in 0..h.arg {
            self.pair(s, at, &mut seen)?;
        }
        Ok(())
    }

    /// Checks one key and its value.
    fn pair(&mut self, s: &'static Schema, at: &Path, seen: &mut BTreeSet<&'a [u8]>) -> Result<(), String> {
        let start = self.wire.off;
        let h = self.wire.head().map_err(|e| at.fault(e))?;
        let name = if h.major == TEXT {
            let content = self.wire.take(h).map_err(|e| at.fault(e))?;
            String::from_utf8_lossy(content).into_owned()
        } else if h.is_integer() {
            integer(h)
        } else {
            return Err(at.fault(&format!("a key is text or an integer, found {}", h.kind())));
        };
        if !seen.insert(&self.wire.data[start..self.wire.off]) {
            return Err(at.fault(&format!("the key {} appears twice", quote(name.as_bytes()))));
        }
        let next = match s.form {
            Form::Map => {
                let key = s.key();
                let fits = if h.major == TEXT { key.form == Form::Text } else { key.fits(h) };
                if !fits {
                    let (want, found) = (key.expected(), quote(name.as_bytes()));
                    return Err(at.fault(&format!("expected {want} as key, found {found}")));
                }
                s.elem()
            }
            Form::Object => match s.field(&name) {
                Some(field) if h.major == TEXT => field,
                _ if self.known => return Err(at.fault(&s.unknown_field(&name))),
                _ => &ANYTHING,
            },
            _ => s,
        };
        self.value(next, &at.field(&name))
    }
}

fn check_scalar(s: &Schema, h: Head, at: &Path) -> Result<(), String> {
    let fits = match s.form {
        Form::Any => true,
        Form::Bool => h.is_bool(),
        Form::Float => h.is_float() || h.is_integer(),
        Form::Int(bits) | Form::Uint(bits) if h.is_integer() => {
            if s.fits(h) {
                return Ok(());
            }
            let sign = if matches!(s.form, Form::Uint(_)) { "u" } else { "" };
            return Err(at.fault(&format!("the integer is out of range for {sign}int{bits}")));
        }
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(unexpected(s, h, at))
}

fn check_string(s: &Schema, h: Head, content: &[u8], at: &Path) -> Result<(), String> {
    match (s.form, h.major) {
        (Form::Any, _) | (Form::Text, TEXT) => Ok(()),
        (Form::Bytes, BYTES) => match s.length {
            Some(n) if n != content.len() => Err(at.fault(&format!("expected {n} bytes, found {}", content.len()))),
            _ => Ok(()),
        },
        _ => Err(unexpected(s, h, at)),
    }
}

fn unexpected(s: &Schema, h: Head, at: &Path) -> String {
    at.fault(&format!("expected {}, found {}", s.expected(), h.kind()))
}

/// The decimal form of an integer of CBOR.
pub(crate) fn integer(h: Head) -> String {
    match (h.major, h.arg) {
        (NEGATIVE, u64::MAX) => "-18446744073709551616".into(), // the one whose magnitude has no u64
        (NEGATIVE, arg) => format!("-{}", arg + 1),
        (_, arg) => arg.to_string(),
    }
}
