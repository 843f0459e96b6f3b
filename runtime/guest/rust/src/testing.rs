//! A world in memory for unit tests of actors, on any target but WebAssembly: it stands for the host.
//!
//! It runs one actor, through the same envelopes as a host: what an error leaves is rolled back, sub-messages are not
//! delivered but returned. For whole transactions use `troupe test`.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;
use std::thread_local;

use crate::actor::{run, Actor};
use crate::address::Address;
use crate::call::{Env, Event, Kind, Reply, ReplyOn, Response, SubMsg};
use crate::cbor::{put_bytes, put_head, put_int, put_null, put_text, put_uint, Wire, ARRAY, BYTES, TEXT, UINT};
use crate::error::{Error, Result};
use crate::field::{decode_value, encode_value, Field};
use crate::host::decode_answer;
use crate::structs::Message;

/// The keys and values of an actor.
pub type State = BTreeMap<Vec<u8>, Vec<u8>>;

type Answer = Box<dyn Fn(&str, &[u8]) -> Result<Option<Vec<u8>>>>;
type RawAnswer = Box<dyn Fn(&str, &[u8]) -> Option<Vec<u8>>>;

/// One actor and what it sees. Two worlds share nothing.
pub struct World {
    /// What the next call sees, but for its sender.
    pub env: Env,
    pub state: State,
    /// What the actor has logged.
    pub log: Vec<String>,
    queries: Answer,
    raw_queries: RawAnswer,
}

impl World {
    /// The world of an actor with an address and without any state.
    pub fn new(this: &str) -> Self {
        World {
            env: Env { this: this.into(), sequence: 1, ..Env::default() },
            state: State::new(),
            log: Vec::new(),
            queries: Box::new(|to, _| Err(Error::new("unknown_actor", to))),
            raw_queries: Box::new(|_, _| None),
        }
    }

    /// What other actors answer: `answer` gets the address and the body of each query.
    pub fn on_query(&mut self, answer: impl Fn(&str, &[u8]) -> Result<Option<Vec<u8>>> + 'static) {
        self.queries = Box::new(answer);
    }

    /// What is in the state of other actors: `answer` gets the address and the key.
    pub fn on_query_raw(&mut self, answer: impl Fn(&str, &[u8]) -> Option<Vec<u8>> + 'static) {
        self.raw_queries = Box::new(answer);
    }

    pub fn execute<A: Actor>(&mut self, sender: &str, m: &impl Message) -> Result<Response> {
        self.deliver::<A>(0, sender, Some(&m.body()))
    }

    pub fn sudo<A: Actor>(&mut self, m: &impl Message) -> Result<Response> {
        self.deliver::<A>(4, "", Some(&m.body()))
    }

    pub fn instantiate<A: Actor>(&mut self, sender: &str, m: &impl Field) -> Result<Response> {
        self.deliver::<A>(1, sender, Some(&encode_value(m)))
    }

    pub fn migrate<A: Actor>(&mut self, sender: &str, m: &impl Field) -> Result<Response> {
        self.deliver::<A>(2, sender, Some(&encode_value(m)))
    }

    /// Delivers a body to an entry point for messages: 0 execute, 1 instantiate, 2 migrate, 4 sudo.
    pub fn deliver<A: Actor>(&mut self, entry: u32, sender: &str, body: Option<&[u8]>) -> Result<Response> {
        let mut input = Vec::new();
        put_head(&mut input, ARRAY, 9);
        self.put_env(&mut input, sender);
        put_nullable(&mut input, body);
        put_text(&mut input, "");
        put_text(&mut input, "");
        read_response(&self.call::<A>(entry, &input))
    }

    pub fn reply<A: Actor>(&mut self, r: &Reply) -> Result<Response> {
        let mut input = Vec::new();
        put_head(&mut input, ARRAY, 13);
        self.put_env(&mut input, "");
        put_uint(&mut input, r.id);
        put_nullable(&mut input, r.payload.as_deref());
        put_text(&mut input, &r.callee);
        put_uint(&mut input, r.gas_used);
        match &r.error {
            None => put_null(&mut input),
            Some(e) => {
                put_head(&mut input, ARRAY, 2);
                put_text(&mut input, &e.code);
                put_text(&mut input, &e.message);
            }
        }
        put_nullable(&mut input, r.data.as_deref());
        put_head(&mut input, ARRAY, r.events.len() as u64);
        for e in &r.events {
            put_head(&mut input, ARRAY, 3);
            put_text(&mut input, &e.actor);
            put_text(&mut input, &e.kind);
            put_head(&mut input, ARRAY, e.attributes.len() as u64);
            for (key, value) in &e.attributes {
                put_head(&mut input, ARRAY, 2);
                put_text(&mut input, key);
                put_text(&mut input, value);
            }
        }
        read_response(&self.call::<A>(6, &input))
    }

    pub fn query<A: Actor, R: Field>(&mut self, q: &impl Message) -> Result<R> {
        decode_value(&self.query_bytes::<A>(&q.body())?.unwrap_or_default())
    }

    pub fn query_bytes<A: Actor>(&mut self, body: &[u8]) -> Result<Option<Vec<u8>>> {
        let mut input = Vec::new();
        put_head(&mut input, ARRAY, 4);
        put_text(&mut input, &self.env.this);
        put_uint(&mut input, self.env.sequence);
        put_int(&mut input, self.env.time);
        put_nullable(&mut input, Some(body));
        let output = self.call::<A>(5, &input);
        no_entry(&output)?;
        decode_answer(&output).expect("a guest answers with an envelope")
    }

    fn put_env(&self, input: &mut Vec<u8>, sender: &str) {
        put_text(input, &self.env.this);
        put_text(input, sender);
        put_uint(input, self.env.sequence);
        put_int(input, self.env.time);
        put_bytes(input, &self.env.seed);
        put_uint(input, self.env.span);
    }

    /// Runs the entry point in this world.
    fn call<A: Actor>(&mut self, entry: u32, input: &[u8]) -> Vec<u8> {
        let before = self.state.clone();
        let host = Host {
            state: core::mem::take(&mut self.state),
            log: core::mem::take(&mut self.log),
            queries: core::mem::replace(&mut self.queries, Box::new(|_, _| Ok(None))),
            raw_queries: core::mem::replace(&mut self.raw_queries, Box::new(|_, _| None)),
            ..Host::default()
        };
        HOST.with_borrow_mut(|h| *h = host);
        let output = run::<A>(entry, input);
        let host = HOST.take();
        self.log = host.log;
        self.queries = host.queries;
        self.raw_queries = host.raw_queries;
        let succeeded = matches!(output[..], [first, 0, ..] if first >> 5 == ARRAY);
        self.state = if succeeded { host.state } else { before };
        output
    }
}

fn put_nullable(dst: &mut Vec<u8>, b: Option<&[u8]>) {
    match b {
        Some(b) => put_bytes(dst, b),
        None => put_null(dst),
    }
}

fn no_entry(output: &[u8]) -> Result {
    match output {
        [0x81, 2] => Err(Error::no_entry()),
        _ => Ok(()),
    }
}

fn read_response(output: &[u8]) -> Result<Response> {
    no_entry(output)?;
    if let Some(Err(e)) = decode_answer(output) {
        return Err(e);
    }
    let mut r = Output { wire: Wire::new(output) };
    Ok(r.response())
}

/// Reads what this crate has written itself, so it need not be careful.
struct Output<'a> {
    wire: Wire<'a>,
}

impl Output<'_> {
    fn head(&mut self, major: u8) -> u64 {
        let h = self.wire.head().expect("an output is whole");
        assert_eq!(h.major, major, "at byte {} of an output", self.wire.off);
        h.arg
    }

    fn text(&mut self) -> String {
        let h = self.wire.head().expect("an output is whole");
        assert_eq!(h.major, TEXT, "at byte {} of an output", self.wire.off);
        String::from_utf8_lossy(self.wire.take(h).expect("a text is UTF-8")).to_string()
    }

    fn nullable(&mut self) -> Option<Vec<u8>> {
        let h = self.wire.head().expect("an output is whole");
        if h.is_null() {
            return None;
        }
        assert_eq!(h.major, BYTES, "at byte {} of an output", self.wire.off);
        Some(self.wire.take(h).expect("an output is whole").into())
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.head(ARRAY)).map(|_| item(self)).collect()
    }

    fn response(&mut self) -> Response {
        self.head(ARRAY);
        self.head(UINT);
        Response {
            data: self.nullable(),
            messages: self.list(Output::message),
            attributes: self.list(Output::attribute),
            events: self.list(Output::event),
        }
    }

    fn message(&mut self) -> SubMsg {
        self.head(ARRAY);
        let id = self.head(UINT);
        let reply_on = [ReplyOn::Never, ReplyOn::Success, ReplyOn::Error, ReplyOn::Always][self.head(UINT) as usize];
        let gas_limit = self.head(UINT);
        let payload = self.nullable();
        self.head(ARRAY);
        let kind = [Kind::Execute, Kind::Instantiate, Kind::Migrate, Kind::SetAdmin][self.head(UINT) as usize];
        SubMsg {
            id,
            reply_on,
            gas_limit,
            payload,
            kind,
            to: self.text().into(),
            body: self.nullable(),
            module: self.text(),
            admin: self.text().into(),
        }
    }

    fn event(&mut self) -> Event {
        self.head(ARRAY);
        Event { actor: Address::default(), kind: self.text(), attributes: self.list(Output::attribute) }
    }

    fn attribute(&mut self) -> (String, String) {
        self.head(ARRAY);
        (self.text(), self.text())
    }
}

/// What the imports work on while a call runs.
struct Host {
    state: State,
    log: Vec<String>,
    queries: Answer,
    raw_queries: RawAnswer,
    pending: Vec<u8>,
    iterators: Vec<std::vec::IntoIter<(Vec<u8>, Vec<u8>)>>,
}

impl Default for Host {
    fn default() -> Self {
        Host {
            state: State::new(),
            log: Vec::new(),
            queries: Box::new(|_, _| Ok(None)),
            raw_queries: Box::new(|_, _| None),
            pending: Vec::new(),
            iterators: Vec::new(),
        }
    }
}

thread_local! {
    static HOST: RefCell<Host> = RefCell::default();
}

/// The imports of the dialect, with the contracts of the real ones.
pub(crate) mod imports {
    use super::*;
    use core::slice::from_raw_parts;

    unsafe fn bytes<'a>(at: *const u8, len: usize) -> &'a [u8] {
        from_raw_parts(at, len)
    }

    unsafe fn text<'a>(at: *const u8, len: usize) -> &'a str {
        core::str::from_utf8(bytes(at, len)).expect("addresses and logs are UTF-8")
    }

    /// Hands out a result, or keeps it until it is taken.
    unsafe fn give(found: Option<Vec<u8>>, out: *mut u8, cap: usize) -> i32 {
        let Some(found) = found else { return -1 };
        let n = found.len();
        if n <= cap {
            out.copy_from_nonoverlapping(found.as_ptr(), n);
        } else {
            HOST.with_borrow_mut(|h| h.pending = found);
        }
        n as i32
    }

    pub(crate) unsafe fn take(out: *mut u8, cap: usize) -> i32 {
        let found = HOST.with_borrow_mut(|h| core::mem::take(&mut h.pending));
        assert!(!found.is_empty() && found.len() <= cap, "there is nothing to take, or it does not fit");
        give(Some(found), out, cap)
    }

    pub(crate) unsafe fn state_get(key: *const u8, key_len: usize, out: *mut u8, cap: usize) -> i32 {
        let found = HOST.with_borrow(|h| h.state.get(bytes(key, key_len)).cloned());
        give(found, out, cap)
    }

    pub(crate) unsafe fn state_set(key: *const u8, key_len: usize, value: *const u8, value_len: usize) {
        let (key, value) = (bytes(key, key_len).into(), bytes(value, value_len).into());
        HOST.with_borrow_mut(|h| h.state.insert(key, value));
    }

    pub(crate) unsafe fn state_delete(key: *const u8, key_len: usize) {
        HOST.with_borrow_mut(|h| h.state.remove(bytes(key, key_len)));
    }

    pub(crate) unsafe fn state_range(
        start: *const u8,
        start_len: usize,
        end: *const u8,
        end_len: i32,
        order: u32,
    ) -> u32 {
        let start = bytes(start, start_len);
        let end = usize::try_from(end_len).ok().map(|n| bytes(end, n));
        HOST.with_borrow_mut(|h| {
            let inside = |key: &[u8]| key >= start && end.is_none_or(|end| key < end);
            let pairs = h.state.iter().filter(|(key, _)| inside(key)).map(|(k, v)| (k.clone(), v.clone()));
            let mut pairs: Vec<_> = pairs.collect();
            if order == 1 {
                pairs.reverse();
            }
            h.iterators.push(pairs.into_iter());
            h.iterators.len() as u32 - 1
        })
    }

    pub(crate) unsafe fn range_next(iterator: u32, out: *mut u8, cap: usize) -> i32 {
        let next = HOST.with_borrow_mut(|h| h.iterators[iterator as usize].next());
        let found = next.map(|(key, value)| {
            let mut pair = (key.len() as u32).to_le_bytes().to_vec();
            pair.extend(key);
            pair.extend(value);
            pair
        });
        give(found, out, cap)
    }

    pub(crate) unsafe fn range_close(iterator: u32) {
        // An iterator may be dropped after its call.
        HOST.with_borrow_mut(|h| h.iterators.get_mut(iterator as usize).map(|it| it.by_ref().count()));
    }

    pub(crate) unsafe fn query(
        to: *const u8,
        to_len: usize,
        body: *const u8,
        body_len: usize,
        out: *mut u8,
        cap: usize,
    ) -> i32 {
        let answer = HOST.with_borrow(|h| (h.queries)(text(to, to_len), bytes(body, body_len)));
        let mut found = Vec::new();
        match answer {
            Ok(data) => {
                put_head(&mut found, ARRAY, 2);
                put_uint(&mut found, 0);
                put_nullable(&mut found, data.as_deref());
            }
            Err(e) => found = crate::envelope::failure(&e),
        }
        give(Some(found), out, cap)
    }

    pub(crate) unsafe fn query_raw(
        to: *const u8,
        to_len: usize,
        key: *const u8,
        key_len: usize,
        out: *mut u8,
        cap: usize,
    ) -> i32 {
        let found = HOST.with_borrow(|h| (h.raw_queries)(text(to, to_len), bytes(key, key_len)));
        give(found, out, cap)
    }

    pub(crate) unsafe fn gas_left() -> u64 {
        u64::MAX
    }

    pub(crate) unsafe fn use_gas(_: u64) {}

    pub(crate) unsafe fn log(at: *const u8, len: usize) {
        let line = text(at, len).to_string();
        HOST.with_borrow_mut(|h| h.log.push(line));
    }

    /// Natively a panic is a panic.
    pub(crate) unsafe fn abort(_: *const u8, _: usize) {}
}
