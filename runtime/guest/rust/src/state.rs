//! What an actor remembers, typed: values under readable keys.
//!
//! The stored bytes are those of the same helpers in the other languages, so that an actor can be migrated from one to
//! another. A stored key or value that is not of the type gives an error with [`code::CORRUPT_STATE`].

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use core::marker::PhantomData;

use crate::error::{code, Error, Result};
use crate::field::{decode_stored, encode_value, Field};
use crate::host::Iter;
use crate::key::{Key, KeyOf};
use crate::path::{quote, MAX_NAME};
use crate::{Order, Read, Write};

/// One value of type `V`, stored under the name itself.
pub struct Value<V> {
    name: &'static str,
    of: PhantomData<fn() -> V>,
}

impl<V: Field> Value<V> {
    /// The value of a name, which matches `[a-zA-Z0-9][a-zA-Z0-9._-]*` and has at most 64 bytes. Within an actor each
    /// helper needs a name of its own.
    pub const fn new(name: &'static str) -> Self {
        Value { name: checked_name(name), of: PhantomData }
    }

    /// The value, if there is one.
    pub fn get(&self, s: &impl Read) -> Result<Option<V>> {
        load(s, self.name.as_bytes())
    }

    /// The value, or the zero value if there is none.
    pub fn or_zero(&self, s: &impl Read) -> Result<V> {
        Ok(self.get(s)?.unwrap_or_else(V::zero))
    }

    /// Makes `v` the value.
    pub fn set(&self, s: &mut impl Write, v: &V) {
        s.set(self.name.as_bytes(), &encode_value(v));
    }

    /// Removes the value; it may be missing.
    pub fn delete(&self, s: &mut impl Write) {
        s.delete(self.name.as_bytes());
    }

    /// Lets `change` modify the value, zero if there is none, and writes it if that succeeds.
    pub fn update(&self, s: &mut impl Write, change: impl FnOnce(&mut V) -> Result) -> Result {
        let mut v = self.or_zero(s)?;
        change(&mut v)?;
        self.set(s, &v);
        Ok(())
    }
}

/// A number that only grows, from 0, stored under the name itself.
pub struct Counter {
    value: Value<u64>,
}

impl Counter {
    /// The counter of a name, see [`Value::new`].
    pub const fn new(name: &'static str) -> Self {
        Counter { value: Value::new(name) }
    }

    /// What the counter stands at.
    pub fn get(&self, s: &impl Read) -> Result<u64> {
        self.value.or_zero(s)
    }

    /// Adds 1 and returns the sum: the first number is 1.
    pub fn next(&self, s: &mut impl Write) -> Result<u64> {
        self.add(s, 1)
    }

    /// Adds `n` and returns the sum. If that would pass 2^64-1, the error has [`code::OVERFLOW`].
    pub fn add(&self, s: &mut impl Write, n: u64) -> Result<u64> {
        let v = self.get(s)?;
        let Some(sum) = v.checked_add(n) else {
            let name = self.value.name;
            return Err(Error::new(
                code::OVERFLOW,
                format!("the counter {name} stands at {v} and cannot take {n} more"),
            ));
        };
        self.value.set(s, &sum);
        Ok(sum)
    }
}

/// Values of type `V` under keys of type `K`, in the order of the keys. It holds no data itself; declare it as a static
/// and pass the call:
///
/// ```ignore
/// static BALANCES: Map<Address, u64> = Map::new("balances");
///
/// BALANCES.set(c, &m.to, &100); // writes the key "balances/alice"
/// ```
pub struct Map<K, V> {
    prefix: Cow<'static, [u8]>,
    named: bool, // the prefix is the name, to which a slash belongs
    of: PhantomData<fn() -> (K, V)>,
}

impl<K: Key, V: Field> Map<K, V> {
    /// The map of a name, see [`Value::new`].
    pub const fn new(name: &'static str) -> Self {
        Map { prefix: Cow::Borrowed(checked_name(name).as_bytes()), named: true, of: PhantomData }
    }

    /// The value of `k`, if there is one.
    pub fn get<Q: KeyOf<K> + ?Sized>(&self, s: &impl Read, k: &Q) -> Result<Option<V>> {
        load(s, &self.key(k))
    }

    /// The value of `k`, or the zero value if there is none.
    pub fn or_zero<Q: KeyOf<K> + ?Sized>(&self, s: &impl Read, k: &Q) -> Result<V> {
        Ok(self.get(s, k)?.unwrap_or_else(V::zero))
    }

    /// Whether there is a value of `k`, without decoding it.
    pub fn has<Q: KeyOf<K> + ?Sized>(&self, s: &impl Read, k: &Q) -> bool {
        s.get(&self.key(k)).is_some()
    }

    /// Makes `v` the value of `k`.
    pub fn set<Q: KeyOf<K> + ?Sized>(&self, s: &mut impl Write, k: &Q, v: &V) {
        s.set(&self.key(k), &encode_value(v));
    }

    /// Removes `k`; it may be missing.
    pub fn delete<Q: KeyOf<K> + ?Sized>(&self, s: &mut impl Write, k: &Q) {
        s.delete(&self.key(k));
    }

    /// Lets `change` modify the value of `k`, zero if there is none, and writes it if that succeeds.
    pub fn update<Q: KeyOf<K> + ?Sized>(
        &self,
        s: &mut impl Write,
        k: &Q,
        change: impl FnOnce(&mut V) -> Result,
    ) -> Result {
        let key = self.key(k);
        let mut v = load(s, &key)?.unwrap_or_else(V::zero);
        change(&mut v)?;
        s.set(&key, &encode_value(&v));
        Ok(())
    }

    /// All pairs, ascending.
    pub fn all(&self, s: &impl Read) -> Pairs<K, V> {
        self.range(s, None, None, Order::Ascending)
    }

    /// The pairs with `from` <= key < `to` in the order asked for. A bound that is none is open. What is written while
    /// the iterator runs does not show in it.
    pub fn range(&self, s: &impl Read, from: Option<&K>, to: Option<&K>, order: Order) -> Pairs<K, V> {
        Pairs { scan: self.scan(s, from, to, order), of: PhantomData }
    }

    /// The keys with `from` <= key < `to` in the order asked for, without decoding the values.
    pub fn keys(&self, s: &impl Read, from: Option<&K>, to: Option<&K>, order: Order) -> Keys<K> {
        Keys { scan: self.scan(s, from, to, order), of: PhantomData }
    }

    /// Removes all pairs.
    pub fn clear(&self, s: &mut impl Write) {
        for (key, _) in self.scan(s, None, None, Order::Ascending).iter {
            s.delete(&key);
        }
    }

    fn scan(&self, s: &impl Read, from: Option<&K>, to: Option<&K>, order: Order) -> Scan {
        let prefix = self.start();
        let start = from.map_or_else(|| prefix.clone(), |k| self.key(k));
        let end = to.map_or_else(|| prefix_end(&prefix), |k| Some(self.key(k)));
        Scan { iter: s.range(Some(&start), end.as_deref(), order), skip: prefix.len() }
    }

    /// The prefix of all keys.
    fn start(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(64);
        key.extend_from_slice(&self.prefix);
        if self.named {
            key.push(b'/');
        }
        key
    }

    fn key<Q: KeyOf<K> + ?Sized>(&self, k: &Q) -> Vec<u8> {
        let mut key = self.start();
        k.append_to(&mut key, true);
        key
    }
}

impl<A: Key, B: Key, V: Field> Map<(A, B), V> {
    /// The part of the map whose keys begin with `first`: a map of the second parts. What is written in it is written in
    /// this one.
    pub fn under<Q: KeyOf<A> + ?Sized>(&self, first: &Q) -> Map<B, V> {
        let mut prefix = self.start();
        first.append_to(&mut prefix, false);
        Map { prefix: Cow::Owned(prefix), named: false, of: PhantomData }
    }
}

/// The pairs of a [`Map`].
pub struct Pairs<K, V> {
    scan: Scan,
    of: PhantomData<fn() -> (K, V)>,
}

impl<K: Key, V: Field> Iterator for Pairs<K, V> {
    type Item = Result<(K, V)>;

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.scan.iter.next()?;
        let Some(v) = decode_stored(&value) else {
            return Some(Err(corrupt("value", &key)));
        };
        Some(cut(&key, self.scan.skip).map(|k| (k, v)))
    }
}

/// The keys of a [`Map`] or [`Set`].
pub struct Keys<K> {
    scan: Scan,
    of: PhantomData<fn() -> K>,
}

impl<K: Key> Iterator for Keys<K> {
    type Item = Result<K>;

    fn next(&mut self) -> Option<Self::Item> {
        let (key, _) = self.scan.iter.next()?;
        Some(cut(&key, self.scan.skip))
    }
}

struct Scan {
    iter: Iter,
    skip: usize, // the prefix of the keys
}

/// A set of keys of type `K`, in their order. It is stored as a [`Map`] of `K` to true.
pub struct Set<K> {
    map: Map<K, bool>,
}

impl<K: Key> Set<K> {
    /// The set of a name, see [`Value::new`].
    pub const fn new(name: &'static str) -> Self {
        Set { map: Map::new(name) }
    }

    /// Whether `k` is in the set.
    pub fn has<Q: KeyOf<K> + ?Sized>(&self, s: &impl Read, k: &Q) -> bool {
        self.map.has(s, k)
    }

    /// Puts `k` into the set and returns whether it was not there.
    pub fn add<Q: KeyOf<K> + ?Sized>(&self, s: &mut impl Write, k: &Q) -> bool {
        let is_new = !self.map.has(s, k);
        if is_new {
            self.map.set(s, k, &true);
        }
        is_new
    }

    /// Removes `k`; it may be missing.
    pub fn delete<Q: KeyOf<K> + ?Sized>(&self, s: &mut impl Write, k: &Q) {
        self.map.delete(s, k);
    }

    /// Removes all keys.
    pub fn clear(&self, s: &mut impl Write) {
        self.map.clear(s);
    }

    /// All keys, ascending.
    pub fn all(&self, s: &impl Read) -> Keys<K> {
        self.range(s, None, None, Order::Ascending)
    }

    /// The keys with `from` <= key < `to` in the order asked for. A bound that is none is open.
    pub fn range(&self, s: &impl Read, from: Option<&K>, to: Option<&K>, order: Order) -> Keys<K> {
        self.map.keys(s, from, to, order)
    }
}

impl<A: Key, B: Key> Set<(A, B)> {
    /// The part of the set whose keys begin with `first`: a set of the second parts.
    pub fn under<Q: KeyOf<A> + ?Sized>(&self, first: &Q) -> Set<B> {
        Set { map: self.map.under(first) }
    }
}

fn load<V: Field>(s: &impl Read, key: &[u8]) -> Result<Option<V>> {
    let Some(data) = s.get(key) else { return Ok(None) };
    match decode_stored(&data) {
        Some(v) => Ok(Some(v)),
        None => Err(corrupt("value", key)),
    }
}

fn cut<K: Key>(key: &[u8], prefix: usize) -> Result<K> {
    match K::cut(&key[prefix..], true) {
        Some((k, [])) => Ok(k),
        _ => Err(corrupt("key", key)),
    }
}

fn corrupt(what: &str, key: &[u8]) -> Error {
    let key = quote(key);
    Error::new(code::CORRUPT_STATE, format!("the {what} at {key} is not of the type that the actor expects"))
}

/// The least key that is greater than every key with the prefix; none if there is none.
fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let i = prefix.iter().rposition(|&c| c != 0xff)?;
    let mut end = prefix[..=i].to_vec();
    end[i] += 1;
    Some(end)
}

/// A name has no "/", which therefore ends it: no stored key of one helper can be that of another.
const fn checked_name(name: &'static str) -> &'static str {
    let b = name.as_bytes();
    assert!(!b.is_empty() && b.len() <= MAX_NAME, "the name of a state helper has 1 to 64 bytes");
    let mut i = 0;
    while i < b.len() {
        let plain = b[i].is_ascii_alphanumeric() || i > 0 && (b[i] == b'_' || b[i] == b'.' || b[i] == b'-');
        assert!(plain, "the name of a state helper matches [a-zA-Z0-9][a-zA-Z0-9._-]*");
        i += 1;
    }
    name
}
