//! What passes between the host and a guest: CBOR arrays.

use alloc::string::String;
use alloc::vec::Vec;

use crate::address::Address;
use crate::call::{Env, Event, Reply, Response};
use crate::cbor::{put_bytes, put_head, put_null, put_text, put_uint, Wire, ARRAY, BYTES, NEGATIVE, TEXT, UINT};
use crate::error::{code, Error};

/// The input of an entry point for messages, beside its [`Env`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request<'a> {
    /// None is the body of the first message to a virtual actor.
    pub body: Option<&'a [u8]>,
    /// The code that was asked for, in an instantiate or migrate message.
    pub module: &'a str,
    /// Who may migrate the actor later. Empty: nobody.
    pub admin: &'a str,
}

pub(crate) struct Query<'a> {
    pub this: Address,
    pub sequence: u64,
    pub time: i64,
    pub body: Option<&'a [u8]>,
}

pub(crate) fn not_an_envelope() -> Error {
    Error::new(code::MALFORMED, "guest: the host has sent something that is no envelope of version 1 of its ABI")
}

pub(crate) fn message(input: &[u8]) -> Option<(Env, Request<'_>)> {
    let mut r = Reader { wire: Wire::new(input) };
    r.array(9)?;
    let env = r.env()?;
    let request = Request { body: r.nullable()?, module: r.text()?, admin: r.text()? };
    r.end((env, request))
}

pub(crate) fn reply(input: &[u8]) -> Option<(Env, Reply)> {
    let mut r = Reader { wire: Wire::new(input) };
    r.array(13)?;
    let env = r.env()?;
    let reply = Reply {
        id: r.uint()?,
        payload: r.nullable()?.map(Vec::from),
        callee: r.text()?.into(),
        gas_used: r.uint()?,
        error: r.error()?,
        data: r.nullable()?.map(Vec::from),
        events: r.list(Reader::event)?,
    };
    r.end((env, reply))
}

pub(crate) fn query(input: &[u8]) -> Option<Query<'_>> {
    let mut r = Reader { wire: Wire::new(input) };
    r.array(4)?;
    let query = Query { this: r.text()?.into(), sequence: r.uint()?, time: r.int()?, body: r.nullable()? };
    r.end(query)
}

struct Reader<'a> {
    wire: Wire<'a>,
}

impl<'a> Reader<'a> {
    fn head(&mut self, major: u8) -> Option<u64> {
        self.wire.head().ok().filter(|h| h.major == major).map(|h| h.arg)
    }

    fn uint(&mut self) -> Option<u64> {
        self.head(UINT)
    }

    fn int(&mut self) -> Option<i64> {
        let h = self.wire.head().ok()?;
        let n = i64::try_from(h.arg).ok()?;
        match h.major {
            UINT => Some(n),
            NEGATIVE => Some(!n),
            _ => None,
        }
    }

    fn array(&mut self, len: u64) -> Option<()> {
        (self.head(ARRAY)? == len).then_some(())
    }

    fn text(&mut self) -> Option<&'a str> {
        let h = self.wire.head().ok().filter(|h| h.major == TEXT)?;
        core::str::from_utf8(self.wire.take(h).ok()?).ok()
    }

    fn nullable(&mut self) -> Option<Option<&'a [u8]>> {
        let h = self.wire.head().ok()?;
        if h.is_null() {
            return Some(None);
        }
        (h.major == BYTES).then(|| self.wire.take(h).ok())
    }

    fn env(&mut self) -> Option<Env> {
        Some(Env {
            this: self.text()?.into(),
            sender: self.text()?.into(),
            sequence: self.uint()?,
            time: self.int()?,
            seed: self.nullable()??.try_into().ok()?,
            span: self.uint()?,
        })
    }

    fn error(&mut self) -> Option<Option<Error>> {
        let h = self.wire.head().ok()?;
        if h.is_null() {
            return Some(None);
        }
        if h.major != ARRAY || h.arg != 2 {
            return None;
        }
        Some(Some(Error::new(String::from(self.text()?), self.text()?)))
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        (0..self.head(ARRAY)?).map(|_| item(self)).collect()
    }

    fn event(&mut self) -> Option<Event> {
        self.array(3)?;
        Some(Event { actor: self.text()?.into(), kind: self.text()?.into(), attributes: self.list(Reader::attribute)? })
    }

    fn attribute(&mut self) -> Option<(String, String)> {
        self.array(2)?;
        Some((self.text()?.into(), self.text()?.into()))
    }

    fn end<T>(self, v: T) -> Option<T> {
        self.wire.at_end().then_some(v)
    }
}

fn put_array(dst: &mut Vec<u8>, len: usize) {
    put_head(dst, ARRAY, len as u64);
}

fn put_nullable(dst: &mut Vec<u8>, b: Option<&[u8]>) {
    match b {
        Some(b) => put_bytes(dst, b),
        None => put_null(dst),
    }
}

fn put_attributes(dst: &mut Vec<u8>, attributes: &[(String, String)]) {
    put_array(dst, attributes.len());
    for (key, value) in attributes {
        put_array(dst, 2);
        put_text(dst, key);
        put_text(dst, value);
    }
}

pub(crate) fn response(resp: &Response) -> Vec<u8> {
    let mut dst = Vec::with_capacity(256);
    put_array(&mut dst, 5);
    put_uint(&mut dst, 0);
    put_nullable(&mut dst, resp.data.as_deref());
    put_array(&mut dst, resp.messages.len());
    for m in &resp.messages {
        put_array(&mut dst, 5);
        put_uint(&mut dst, m.id);
        put_uint(&mut dst, m.reply_on as u64);
        put_uint(&mut dst, m.gas_limit);
        put_nullable(&mut dst, m.payload.as_deref());
        put_array(&mut dst, 5);
        put_uint(&mut dst, m.kind as u64);
        put_text(&mut dst, &m.to);
        put_nullable(&mut dst, m.body.as_deref());
        put_text(&mut dst, &m.module);
        put_text(&mut dst, &m.admin);
    }
    put_attributes(&mut dst, &resp.attributes);
    put_array(&mut dst, resp.events.len());
    for e in &resp.events {
        put_array(&mut dst, 2);
        put_text(&mut dst, &e.kind);
        put_attributes(&mut dst, &e.attributes);
    }
    dst
}

pub(crate) fn answer(data: Option<&[u8]>) -> Vec<u8> {
    let mut dst = Vec::with_capacity(32 + data.map_or(0, <[u8]>::len));
    put_array(&mut dst, 2);
    put_uint(&mut dst, 0);
    put_nullable(&mut dst, data);
    dst
}

pub(crate) fn failure(e: &Error) -> Vec<u8> {
    let mut dst = Vec::with_capacity(32 + e.code.len() + e.message.len());
    if e.no_entry {
        put_array(&mut dst, 1);
        put_uint(&mut dst, 2);
        return dst;
    }
    put_array(&mut dst, 3);
    put_uint(&mut dst, 1);
    put_text(&mut dst, &e.code);
    put_text(&mut dst, &e.message);
    dst
}
