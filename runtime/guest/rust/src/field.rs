//! The types that fields, stored values, answers and payloads can have.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::address::Address;
use crate::cbor::{
    put_bool, put_bytes, put_float, put_head, put_int, put_null, put_text, put_uint, Head, Wire, ARRAY, BYTES, MAP,
    NEGATIVE, TEXT, UINT,
};
use crate::error::{code, Error};
use crate::path::MAX_NAME;
use crate::schema::{explain, Form, Schema};
use crate::sort::sort_by;

/// How deep maps and arrays may nest in a message.
pub(crate) const MESSAGE_DEPTH: u32 = 64;
/// How deep they may nest in what an actor has encoded itself.
pub(crate) const VALUE_DEPTH: u32 = 256;

/// A type that has a form on the wire: booleans, integers, `f32`, `f64`, [`String`], [`Address`], `Vec<u8>` and `[u8; N]`
/// (bytes), `Vec<T>` and `[T; N]`, [`BTreeMap`] with keys of text or integers, [`Option`] and [`Box`] of such types, and
/// the structs of [`structs!`](crate::structs) and [`messages!`](crate::messages).
///
/// Null is the zero value of any type. The hidden items belong to the macros.
pub trait Field: Sized {
    #[doc(hidden)]
    const SCHEMA: Schema;

    #[doc(hidden)]
    fn schema() -> &'static Schema {
        &Self::SCHEMA
    }

    /// The value of a field that is missing.
    fn zero() -> Self;

    #[doc(hidden)]
    fn encode(&self, dst: &mut Vec<u8>);

    /// Decodes into a value that is zero. Values are never moved on the way: that would need room on the stack for each
    /// level of what nests.
    #[doc(hidden)]
    fn decode(&mut self, d: &mut Decoder) -> Option<()>;

    /// Whether a field that may be left out is.
    #[doc(hidden)]
    fn is_empty(&self) -> bool {
        false
    }

    // A list of bytes is not a list but bytes, so the items say what a list of them is.

    #[doc(hidden)]
    const LIST: Schema = Schema::list(None, Self::schema);

    #[doc(hidden)]
    fn encode_list(items: &[Self], dst: &mut Vec<u8>) {
        put_head(dst, ARRAY, items.len() as u64);
        for item in items {
            item.encode(dst);
        }
    }

    #[doc(hidden)]
    fn decode_list(h: Head, d: &mut Decoder) -> Option<Vec<Self>> {
        d.items(h)
    }
}

/// Appends the encoding of a value: what the data of a response, an answer or a payload is, or the body of an
/// instantiate message.
pub fn encode_value<T: Field>(v: &T) -> Vec<u8> {
    let mut dst = Vec::with_capacity(64);
    v.encode(&mut dst);
    dst
}

/// The value that [`encode_value`] or an actor in any other language has encoded. Fields that `T` does not have are
/// skipped. The error has the code [`code::MALFORMED`] and says where what is wrong.
pub fn decode_value<T: Field>(data: &[u8]) -> Result<T, Error> {
    match decode_stored(data) {
        Some(v) => Ok(v),
        None => Err(Error::new(code::MALFORMED, explain(T::schema(), data, "data", VALUE_DEPTH, false))),
    }
}

pub(crate) fn decode_stored<T: Field>(data: &[u8]) -> Option<T> {
    let mut d = Decoder::new(data, false);
    let mut v = T::zero();
    v.decode(&mut d)?;
    d.wire.at_end().then_some(v)
}

/// Appends a zero value. It is a function of its own so that a value that is on its way into a list has no room on the stack
/// of one that calls itself.
#[inline(never)]
fn push_zero<T: Field>(items: &mut Vec<T>) {
    items.push(T::zero());
}

/// Moves a zero value to the heap, see [`push_zero`].
#[inline(never)]
fn zero_box<T: Field>() -> Box<T> {
    Box::new(T::zero())
}

/// Puts a zero value into a place, see [`push_zero`].
#[inline(never)]
fn fill_zero<T: Field>(place: &mut Option<T>) {
    *place = Some(T::zero());
}

/// Reads values as they are, without words for what is wrong.
#[doc(hidden)]
pub struct Decoder<'a> {
    pub(crate) wire: Wire<'a>,
    pub(crate) strict: bool, // unknown fields are faults
    pub(crate) bent: bool,   // something was taken that does not quite have the form
    depth: u32,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(data: &'a [u8], strict: bool) -> Self {
        let depth = if strict { MESSAGE_DEPTH } else { VALUE_DEPTH };
        Decoder { wire: Wire::new(data), strict, bent: false, depth }
    }

    fn head(&mut self) -> Option<Head> {
        self.wire.head().ok()
    }

    /// Runs `read` on what is in a container.
    pub(crate) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.depth = self.depth.checked_sub(1)?;
        let v = read(self)?;
        self.depth += 1;
        Some(v)
    }

    fn items<T: Field>(&mut self, h: Head) -> Option<Vec<T>> {
        if h.major != ARRAY {
            return None;
        }
        self.nested(|d| {
            let mut items: Vec<T> = Vec::new(); // what was announced need not come
            for _ in 0..h.arg {
                push_zero(&mut items);
                items.last_mut()?.decode(d)?;
            }
            Some(items)
        })
    }

    fn text(&mut self, h: Head) -> Option<&'a str> {
        if h.major != TEXT {
            return None;
        }
        core::str::from_utf8(self.wire.take(h).ok()?).ok()
    }

    /// The head of the map that a struct is, `None` in the inner place if there is null.
    #[doc(hidden)]
    pub fn object(&mut self) -> Option<Option<u64>> {
        let h = self.head()?;
        if h.is_null() {
            return Some(None);
        }
        if h.major != MAP {
            return None;
        }
        self.depth = self.depth.checked_sub(1)?;
        Some(Some(h.arg))
    }

    /// The end of a map that [`Self::object`] has begun.
    #[doc(hidden)]
    pub fn close(&mut self) {
        self.depth += 1;
    }

    /// The name of the next field of a struct; empty, if it is none of a struct's.
    #[doc(hidden)]
    pub fn name(&mut self) -> Option<&'a str> {
        let h = self.head()?;
        match h.major {
            TEXT => self.text(h),
            UINT | NEGATIVE => Some(""),
            _ => None,
        }
    }

    /// Leaves out the value of a field that is not known, unless that is a fault.
    #[doc(hidden)]
    pub fn unknown(&mut self) -> Option<()> {
        if self.strict {
            return None;
        }
        self.wire.skip(self.depth).ok()
    }
}

macro_rules! integers {
    ($($t:ty: $form:ident, $put:ident as $wide:ty, $convert:ident;)*) => {$(
        impl Field for $t {
            const SCHEMA: Schema = Schema::scalar(Form::$form(<$t>::BITS));
            integer_parts!($t, $put, $wide, $convert);
        }
    )*};
}

macro_rules! integer_parts {
    ($t:ty, $put:ident, $wide:ty, $convert:ident) => {
        fn zero() -> Self {
            0
        }
        fn encode(&self, dst: &mut Vec<u8>) {
            $put(dst, <$wide>::from(*self));
        }
        fn decode(&mut self, d: &mut Decoder) -> Option<()> {
            let h = d.head()?;
            if !h.is_null() {
                *self = <$t>::try_from($convert(h)?).ok()?;
            }
            Some(())
        }
        fn is_empty(&self) -> bool {
            *self == 0
        }
    };
}

fn unsigned(h: Head) -> Option<u64> {
    (h.major == UINT).then_some(h.arg)
}

fn signed(h: Head) -> Option<i64> {
    let n = i64::try_from(h.arg).ok()?;
    match h.major {
        UINT => Some(n),
        NEGATIVE => Some(!n), // -1-n
        _ => None,
    }
}

integers! {
    u16: Uint, put_uint as u64, unsigned;
    u32: Uint, put_uint as u64, unsigned;
    u64: Uint, put_uint as u64, unsigned;
    i8: Int, put_int as i64, signed;
    i16: Int, put_int as i64, signed;
    i32: Int, put_int as i64, signed;
    i64: Int, put_int as i64, signed;
}

impl Field for u8 {
    const SCHEMA: Schema = Schema::scalar(Form::Uint(8));
    integer_parts!(u8, put_uint, u64, unsigned);

    const LIST: Schema = Schema::scalar(Form::Bytes);

    fn encode_list(items: &[u8], dst: &mut Vec<u8>) {
        put_bytes(dst, items);
    }

    fn decode_list(h: Head, d: &mut Decoder) -> Option<Vec<u8>> {
        if h.major == BYTES {
            return Some(d.wire.take(h).ok()?.into());
        }
        d.bent = true; // a host takes an array of small integers, too
        d.items(h)
    }
}

impl Field for bool {
    const SCHEMA: Schema = Schema::scalar(Form::Bool);

    fn zero() -> Self {
        false
    }

    fn encode(&self, dst: &mut Vec<u8>) {
        put_bool(dst, *self);
    }

    fn decode(&mut self, d: &mut Decoder) -> Option<()> {
        match d.head()? {
            h if h.is_null() => {}
            h if h.is_bool() => *self = h.arg == 21,
            _ => return None,
        }
        Some(())
    }

    fn is_empty(&self) -> bool {
        !*self
    }
}

impl Field for f64 {
    const SCHEMA: Schema = Schema::scalar(Form::Float);

    fn zero() -> Self {
        0.0
    }

    fn encode(&self, dst: &mut Vec<u8>) {
        put_float(dst, *self);
    }

    fn decode(&mut self, d: &mut Decoder) -> Option<()> {
        *self = match d.head()? {
            h if h.is_null() => 0.0,
            h if h.is_float() => h.float(),
            h if h.major == UINT => h.arg as f64,
            h => signed(h)? as f64,
        };
        Some(())
    }

    fn is_empty(&self) -> bool {
        *self == 0.0
    }
}

impl Field for f32 {
    const SCHEMA: Schema = Schema::scalar(Form::Float);

    fn zero() -> Self {
        0.0
    }

    fn encode(&self, dst: &mut Vec<u8>) {
        put_float(dst, (*self).into());
    }

    fn decode(&mut self, d: &mut Decoder) -> Option<()> {
        let mut f = 0.0;
        f64::decode(&mut f, d)?;
        *self = f as f32;
        (f.is_nan() || f.is_infinite() || f.abs() <= f32::MAX.into()).then_some(())
    }

    fn is_empty(&self) -> bool {
        *self == 0.0
    }
}

impl Field for String {
    const SCHEMA: Schema = Schema::scalar(Form::Text);

    fn zero() -> Self {
        String::new()
    }

    fn encode(&self, dst: &mut Vec<u8>) {
        put_text(dst, self);
    }

    fn decode(&mut self, d: &mut Decoder) -> Option<()> {
        let h = d.head()?;
        if !h.is_null() {
            *self = d.text(h)?.into();
        }
        Some(())
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl Field for Address {
    const SCHEMA: Schema = String::SCHEMA;

    fn zero() -> Self {
        Address::default()
    }

    fn encode(&self, dst: &mut Vec<u8>) {
        put_text(dst, self);
    }

    fn decode(&mut self, d: &mut Decoder) -> Option<()> {
        let mut s = String::new();
        s.decode(d)?;
        *self = s.into();
        Some(())
    }

    fn is_empty(&self) -> bool {
        str::is_empty(self)
    }
}

impl<T: Field> Field for Vec<T> {
    const SCHEMA: Schema = T::LIST;

    fn zero() -> Self {
        Vec::new()
    }

    fn encode(&self, dst: &mut Vec<u8>) {
        T::encode_list(self, dst);
    }

    fn decode(&mut self, d: &mut Decoder) -> Option<()> {
        let h = d.head()?;
        if !h.is_null() {
            *self = T::decode_list(h, d)?;
        }
        Some(())
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Field, const N: usize> Field for [T; N] {
    const SCHEMA: Schema = Schema { length: Some(N), ..T::LIST };

    fn zero() -> Self {
        core::array::from_fn(|_| T::zero())
    }

    fn encode(&self, dst: &mut Vec<u8>) {
        T::encode_list(self, dst);
    }

    fn decode(&mut self, d: &mut Decoder) -> Option<()> {
        let h = d.head()?;
        if !h.is_null() {
            *self = T::decode_list(h, d)?.try_into().ok()?;
        }
        Some(())
    }
}

/// What may be absent: null.
impl<T: Field> Field for Option<T> {
    const SCHEMA: Schema = T::SCHEMA;

    fn zero() -> Self {
        None
    }

    fn encode(&self, dst: &mut Vec<u8>) {
        match self {
            Some(v) => v.encode(dst),
            None => put_null(dst),
        }
    }

    fn decode(&mut self, d: &mut Decoder) -> Option<()> {
        let start = d.wire.off;
        if d.head()?.is_null() {
            return Some(());
        }
        d.wire.off = start;
        fill_zero(self);
        self.as_mut()?.decode(d)
    }

    fn is_empty(&self) -> bool {
        self.is_none()
    }
}

/// What a type needs that holds itself.
impl<T: Field> Field for Box<T> {
    const SCHEMA: Schema = T::SCHEMA;

    fn zero() -> Self {
        zero_box()
    }

    fn encode(&self, dst: &mut Vec<u8>) {
        (**self).encode(dst);
    }

    fn decode(&mut self, d: &mut Decoder) -> Option<()> {
        (**self).decode(d)
    }

    fn is_empty(&self) -> bool {
        (**self).is_empty()
    }
}

/// The types that the keys of a map have in a message: text and integers.
pub trait MapKey: Field + Ord {}

impl MapKey for String {}
impl MapKey for Address {}
impl MapKey for u8 {}
impl MapKey for u16 {}
impl MapKey for u32 {}
impl MapKey for u64 {}
impl MapKey for i8 {}
impl MapKey for i16 {}
impl MapKey for i32 {}
impl MapKey for i64 {}

impl<K: MapKey, V: Field> Field for BTreeMap<K, V> {
    const SCHEMA: Schema = Schema::map(K::schema, V::schema);

    fn zero() -> Self {
        BTreeMap::new()
    }

    fn encode(&self, dst: &mut Vec<u8>) {
        let mut pairs: Vec<(Vec<u8>, &V)> = self.iter().map(|(k, v)| (encode_value(k), v)).collect();
        sort_by(&mut pairs, |a, b| a.0 < b.0); // which is not the order of the keys
        put_head(dst, MAP, pairs.len() as u64);
        for (key, v) in pairs {
            dst.extend(key);
            v.encode(dst);
        }
    }

    fn decode(&mut self, d: &mut Decoder) -> Option<()> {
        let h = d.head()?;
        if h.is_null() {
            return Some(());
        }
        if h.major != MAP {
            return None;
        }
        d.nested(|d| {
            for _ in 0..h.arg {
                let mut key = K::zero();
                key.decode(d)?;
                let mut value = zero_box::<V>();
                value.decode(d)?;
                if self.insert(key, *value).is_some() {
                    return None;
                }
            }
            Some(())
        })
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

/// A field of a struct while the struct is encoded.
#[doc(hidden)]
pub trait Part {
    fn put(&self, dst: &mut Vec<u8>);
    fn left_out(&self) -> bool;
}

impl<T: Field> Part for T {
    fn put(&self, dst: &mut Vec<u8>) {
        self.encode(dst);
    }

    fn left_out(&self) -> bool {
        self.is_empty()
    }
}

/// Encodes a struct: its fields, each with its name and whether it may be left out, in an order.
#[doc(hidden)]
pub fn encode_object(dst: &mut Vec<u8>, fields: &[(&str, &dyn Part, bool)], order: &[usize]) {
    let stays = |i: &&usize| !(fields[**i].2 && fields[**i].1.left_out());
    put_head(dst, MAP, order.iter().filter(stays).count() as u64);
    for &i in order.iter().filter(stays) {
        put_text(dst, fields[i].0);
        fields[i].1.put(dst);
    }
}

/// The order in which the fields of a struct are encoded: bytewise, of their encoded names.
#[doc(hidden)]
pub const fn field_order<const N: usize>(names: [&str; N]) -> [usize; N] {
    let mut order = [0; N];
    let mut i = 0;
    while i < N {
        let mut at = i;
        while at > 0 && before(names[i], names[order[at - 1]]) {
            order[at] = order[at - 1];
            at -= 1;
        }
        assert!(at == 0 || before(names[order[at - 1]], names[i]), "two fields of a struct have the same name");
        order[at] = i;
        i += 1;
    }
    order
}

/// The shorter name comes first, because its length does.
const fn before(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return a.len() < b.len();
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return a[i] < b[i];
        }
        i += 1;
    }
    false
}

/// Checks the name of a message when the program is compiled.
#[doc(hidden)]
pub const fn message_name(name: &'static str) -> &'static str {
    assert!(!name.is_empty() && name.len() <= MAX_NAME, "the name of a message has 1 to 64 bytes");
    name
}
