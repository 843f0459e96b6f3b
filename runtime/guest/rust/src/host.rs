//! The imports of the dialect, version 1. On any other target than WebAssembly a world in memory stands for the host,
//! see [`testing`](crate::testing).

use alloc::vec::Vec;

use crate::cbor::{Wire, ARRAY, BYTES, TEXT, UINT};
use crate::error::{Error, Result};
use crate::Order;

#[cfg(target_arch = "wasm32")]
mod imports {
    #[link(wasm_import_module = "troupe")]
    extern "C" {
        pub fn state_get(key: *const u8, key_len: usize, out: *mut u8, cap: usize) -> i32;
        pub fn state_set(key: *const u8, key_len: usize, value: *const u8, value_len: usize);
        pub fn state_delete(key: *const u8, key_len: usize);
        pub fn state_range(start: *const u8, start_len: usize, end: *const u8, end_len: i32, order: u32) -> u32;
        pub fn range_next(iterator: u32, out: *mut u8, cap: usize) -> i32;
        pub fn range_close(iterator: u32);
        pub fn query(to: *const u8, to_len: usize, body: *const u8, body_len: usize, out: *mut u8, cap: usize) -> i32;
        pub fn query_raw(to: *const u8, to_len: usize, key: *const u8, key_len: usize, out: *mut u8, cap: usize)
            -> i32;
        pub fn take(out: *mut u8, cap: usize) -> i32;
        pub fn gas_left() -> u64;
        pub fn use_gas(n: u64);
        pub fn log(text: *const u8, text_len: usize);
        pub fn abort(text: *const u8, text_len: usize);
    }
}

#[cfg(not(target_arch = "wasm32"))]
use crate::testing::imports;

/// Most of what is read fits here at once, without a second call of the host.
const USUAL: usize = 256;

/// Returns what the host has found: `call` gets room, and says how many bytes there are, less than 0 if nothing is there.
/// What does not fit the host keeps until it is taken.
fn fetch(call: impl FnOnce(*mut u8, usize) -> i32) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(USUAL);
    let n = usize::try_from(call(out.as_mut_ptr(), USUAL)).ok()?;
    if n > USUAL {
        out.reserve_exact(n);
        // SAFETY: the host writes n bytes, for which there is room.
        unsafe { imports::take(out.as_mut_ptr(), n) };
    }
    // SAFETY: the host has written n bytes.
    unsafe { out.set_len(n) };
    Some(out)
}

pub(crate) fn get(key: &[u8]) -> Option<Vec<u8>> {
    // SAFETY: here and below, the pointers and lengths are those of slices; the host copies what it is given.
    fetch(|out, cap| unsafe { imports::state_get(key.as_ptr(), key.len(), out, cap) })
}

pub(crate) fn set(key: &[u8], value: &[u8]) {
    unsafe { imports::state_set(key.as_ptr(), key.len(), value.as_ptr(), value.len()) }
}

pub(crate) fn delete(key: &[u8]) {
    unsafe { imports::state_delete(key.as_ptr(), key.len()) }
}

/// Pairs of keys and values, as bytes, in the order that was asked for.
pub struct Iter {
    handle: u32,
}

pub(crate) fn range(start: Option<&[u8]>, end: Option<&[u8]>, order: Order) -> Iter {
    let (start, open) = (start.unwrap_or_default(), (core::ptr::null(), -1));
    let (end, end_len) = end.map_or(open, |end| (end.as_ptr(), end.len() as i32));
    Iter { handle: unsafe { imports::state_range(start.as_ptr(), start.len(), end, end_len, order as u32) } }
}

impl Iterator for Iter {
    type Item = (Vec<u8>, Vec<u8>);

    fn next(&mut self) -> Option<Self::Item> {
        let pair = fetch(|out, cap| unsafe { imports::range_next(self.handle, out, cap) })?;
        let (len, pair) = pair.split_first_chunk()?;
        let (key, value) = pair.split_at(u32::from_le_bytes(*len) as usize);
        Some((key.into(), value.into()))
    }
}

impl Drop for Iter {
    fn drop(&mut self) {
        unsafe { imports::range_close(self.handle) }
    }
}

pub(crate) fn query(to: &str, body: &[u8]) -> Result<Option<Vec<u8>>> {
    let answer =
        fetch(|out, cap| unsafe { imports::query(to.as_ptr(), to.len(), body.as_ptr(), body.len(), out, cap) });
    decode_answer(&answer.unwrap_or_default()).unwrap_or_else(|| Err(crate::envelope::not_an_envelope()))
}

/// Decodes `[0, data]` or `[1, code, message]`.
pub(crate) fn decode_answer(data: &[u8]) -> Option<Result<Option<Vec<u8>>>> {
    let mut w = Wire::new(data);
    let mut head = |major| w.head().ok().filter(|h| h.major == major);
    let len = head(ARRAY)?.arg;
    match (len, head(UINT)?.arg) {
        (2, 0) => match w.head().ok()? {
            h if h.is_null() => Some(Ok(None)),
            h if h.major == BYTES => Some(Ok(Some(w.take(h).ok()?.into()))),
            _ => None,
        },
        (3, 1) => {
            let mut text = || {
                let h = w.head().ok().filter(|h| h.major == TEXT)?;
                core::str::from_utf8(w.take(h).ok()?).ok().map(alloc::string::String::from)
            };
            Some(Err(Error::new(text()?, text()?)))
        }
        _ => None,
    }
}

pub(crate) fn query_raw(to: &str, key: &[u8]) -> Option<Vec<u8>> {
    fetch(|out, cap| unsafe { imports::query_raw(to.as_ptr(), to.len(), key.as_ptr(), key.len(), out, cap) })
}

pub(crate) fn gas_left() -> u64 {
    unsafe { imports::gas_left() }
}

pub(crate) fn use_gas(n: u64) {
    unsafe { imports::use_gas(n) }
}

pub(crate) fn log(text: &str) {
    unsafe { imports::log(text.as_ptr(), text.len()) }
}

/// Ends the call with the code "panic". The text goes to the trace.
pub(crate) fn abort(text: &str) {
    unsafe { imports::abort(text.as_ptr(), text.len()) }
}
