//! Actors: what a module does at each of its entry points.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::call::{Call, Reply, View};
use crate::cbor::{Head, Wire, MAP, TEXT, TOO_EARLY};
use crate::envelope::{self, Request};
use crate::error::{code, Error, Result};
use crate::field::{decode_value, encode_value, Decoder, Field, MESSAGE_DEPTH};
use crate::json::{is_json, Json};
use crate::path::{quote, Path};
use crate::schema::{check, explain, Schema};
use crate::sort::sort_by;
use crate::structs::Message;

/// What a module does, on bytes. Most actors are made by [`actor!`](crate::actor!), which puts structs in the place of
/// bytes.
///
/// Every call begins with the memory that the module had when it was installed: what an actor wants to remember it keeps
/// in its state.
pub trait Actor {
    /// An execute message.
    fn execute(c: &mut Call, m: Request) -> Result;

    /// Prepares a new instance. An actor that does not say how accepts an empty body only.
    fn instantiate(c: &mut Call, m: Request) -> Result {
        let _ = c;
        match m.body {
            None | Some([]) => Ok(()),
            _ => Err(Error::no_entry()),
        }
    }

    /// Takes over the state that an earlier module of the same actor has left.
    fn migrate(c: &mut Call, m: Request) -> Result {
        let _ = (c, m);
        Err(Error::no_entry())
    }

    /// A message that only the operator of the host can send.
    fn sudo(c: &mut Call, m: Request) -> Result {
        let _ = (c, m);
        Err(Error::no_entry())
    }

    /// The outcome of a sub-message that asked for a reply.
    fn reply(c: &mut Call, r: Reply) -> Result {
        let _ = (c, r);
        Err(Error::no_entry())
    }

    /// Answers a question about the state.
    fn query(v: &View, body: Option<&[u8]>) -> Result<Option<Vec<u8>>> {
        let _ = (v, body);
        Err(Error::no_entry())
    }
}

/// Runs the entry point of a number on an input, and returns the output.
#[doc(hidden)]
pub fn run<A: Actor>(entry: u32, input: &[u8]) -> Vec<u8> {
    let result = match entry {
        0 => message(input, A::execute),
        1 => message(input, A::instantiate),
        2 => message(input, A::migrate),
        4 => message(input, A::sudo),
        5 => query::<A>(input),
        6 => reply::<A>(input),
        _ => Err(Error::no_entry()),
    };
    result.unwrap_or_else(|e| envelope::failure(&e))
}

fn message(input: &[u8], handle: fn(&mut Call, Request) -> Result) -> Result<Vec<u8>> {
    let (env, request) = envelope::message(input).ok_or_else(envelope::not_an_envelope)?;
    let mut c = Call::new(&env);
    handle(&mut c, request)?;
    Ok(envelope::response(&c.response))
}

fn reply<A: Actor>(input: &[u8]) -> Result<Vec<u8>> {
    let (env, reply) = envelope::reply(input).ok_or_else(envelope::not_an_envelope)?;
    let mut c = Call::new(&env);
    A::reply(&mut c, reply)?;
    Ok(envelope::response(&c.response))
}

fn query<A: Actor>(input: &[u8]) -> Result<Vec<u8>> {
    let q = envelope::query(input).ok_or_else(envelope::not_an_envelope)?;
    let data = A::query(&View { this: &q.this, sequence: q.sequence, time: q.time }, q.body)?;
    Ok(envelope::answer(data.as_deref()))
}

/// Makes an actor of handlers, which are functions on structs:
///
/// ```
/// use troupe::{Address, Call, Map, Result, View};
///
/// troupe::messages! {
///     pub struct Mint as "mint" { pub to: Address, pub amount: u64 }
///     pub struct Balance as "balance" { pub of: Address }
/// }
///
/// static BALANCES: Map<Address, u64> = Map::new("balances");
///
/// troupe::actor! {
///     /// Keeps who owns how much.
///     pub struct Currency;
///
///     execute { Mint => mint }
///     query { Balance => balance }
/// }
///
/// fn mint(c: &mut Call, m: Mint) -> Result {
///     let owned = BALANCES.or_zero(c, &m.to)?;
///     BALANCES.set(c, &m.to, &(owned + m.amount));
///     Ok(())
/// }
///
/// fn balance(v: &View, q: Balance) -> Result<u64> {
///     BALANCES.or_zero(v, &q.of)
/// }
/// ```
///
/// The sections, each of which may be missing, come in this order:
///
/// | section | handler |
/// |---|---|
/// | `instantiate => open;` | `fn(&mut Call, M) -> Result`, the body being the fields of `M` alone |
/// | `instantiate(virtual) => open;` | the same, and the first message to an address may instantiate the actor there, with the zero value |
/// | `migrate => f;` | `fn(&mut Call, M) -> Result` |
/// | `execute { Mint => mint, … }` | `fn(&mut Call, Mint) -> Result` |
/// | `query { Balance => balance, … }` | `fn(&View, Balance) -> Result<A>` |
/// | `sudo { … }` | as execute |
/// | `reply { 1 => paid, _ => other }` | `fn(&mut Call, &Reply, P) -> Result`, `P` being the payload, or `()` to ignore it |
#[macro_export]
macro_rules! actor {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident;
        $(instantiate $(($mode:tt))? => $instantiate:expr;)?
        $(migrate => $migrate:expr;)?
        $(execute { $($e:ty => $execute:expr),* $(,)? })?
        $(query { $($q:ty => $query:expr),* $(,)? })?
        $(sudo { $($s:ty => $sudo:expr),* $(,)? })?
        $(reply { $($id:pat => $reply:expr),* $(,)? })?
    ) => {
        $(#[$meta])*
        $vis struct $name;

        impl $crate::Actor for $name {
            fn instantiate(c: &mut $crate::Call, m: $crate::Request) -> $crate::Result {
                $( return $crate::export::instantiate(c, m, $crate::is_virtual!($($mode)?), $instantiate); )?
                #[allow(unreachable_code)]
                $crate::export::instantiate_empty(m)
            }

            fn migrate(c: &mut $crate::Call, m: $crate::Request) -> $crate::Result {
                $( return $crate::export::migrate(c, m, $migrate); )?
                #[allow(unreachable_code)]
                $crate::export::takes_no_migrate()
            }

            fn execute(c: &mut $crate::Call, m: $crate::Request) -> $crate::Result {
                let table: &[$crate::export::Entry<$crate::export::Handle>] = &[$($(
                    $crate::export::Entry::new::<$e>(|c, fields| $crate::export::handle::<$e>(c, fields, $execute)),
                )*)?];
                const _: () = $crate::export::distinct(&[$($( <$e as $crate::Message>::NAME, )*)?]);
                $crate::export::deliver("execute", table, c, m.body)
            }

            fn sudo(c: &mut $crate::Call, m: $crate::Request) -> $crate::Result {
                let table: &[$crate::export::Entry<$crate::export::Handle>] = &[$($(
                    $crate::export::Entry::new::<$s>(|c, fields| $crate::export::handle::<$s>(c, fields, $sudo)),
                )*)?];
                const _: () = $crate::export::distinct(&[$($( <$s as $crate::Message>::NAME, )*)?]);
                $crate::export::deliver("sudo", table, c, m.body)
            }

            fn query(
                v: &$crate::View,
                body: ::core::option::Option<&[u8]>,
            ) -> $crate::Result<::core::option::Option<$crate::export::Vec<u8>>> {
                let table: &[$crate::export::Entry<$crate::export::Answer>] = &[$($(
                    $crate::export::Entry::new::<$q>(|v, fields| $crate::export::respond::<$q, _>(v, fields, $query)),
                )*)?];
                const _: () = $crate::export::distinct(&[$($( <$q as $crate::Message>::NAME, )*)?]);
                $crate::export::ask(table, v, body)
            }

            fn reply(c: &mut $crate::Call, r: $crate::Reply) -> $crate::Result {
                #[allow(unreachable_patterns)]
                match r.id {
                    $($( $id => $crate::export::replied(c, &r, $reply), )*)?
                    id => $crate::export::takes_no_reply(id),
                }
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! is_virtual {
    () => {
        false
    };
    (virtual) => {
        true
    };
}

/// The largest body that is decoded, in bytes.
const MAX_BODY: usize = 1 << 20;

/// What is done with the fields of a message.
#[doc(hidden)]
pub type Handle = fn(&mut Call, &[u8]) -> Result;

/// What is said to the fields of a query.
#[doc(hidden)]
pub type Answer = fn(&View, &[u8]) -> Result<Vec<u8>>;

/// One handler with what it takes.
#[doc(hidden)]
pub struct Entry<F> {
    name: &'static str,
    schema: fn() -> &'static Schema,
    run: F,
}

impl<F> Entry<F> {
    pub const fn new<M: Message>(run: F) -> Self {
        Entry { name: M::NAME, schema: M::schema, run }
    }
}

/// Checks when the program is compiled that no message has two handlers.
#[doc(hidden)]
pub const fn distinct(names: &[&str]) {
    let mut i = 0;
    while i < names.len() {
        let mut j = 0;
        while j < i {
            assert!(!same(names[i], names[j]), "two handlers claim the same message");
            j += 1;
        }
        i += 1;
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

#[doc(hidden)]
pub fn deliver(kind: &str, table: &[Entry<Handle>], c: &mut Call, body: Option<&[u8]>) -> Result {
    let (entry, fields) = find(kind, table, body.unwrap_or_default())?;
    (entry.run)(c, &fields)
}

#[doc(hidden)]
pub fn ask(table: &[Entry<Answer>], v: &View, body: Option<&[u8]>) -> Result<Option<Vec<u8>>> {
    let (entry, fields) = find("query", table, body.unwrap_or_default())?;
    (entry.run)(v, &fields).map(Some)
}

#[doc(hidden)]
pub fn handle<M: Message>(c: &mut Call, fields: &[u8], run: impl FnOnce(&mut Call, M) -> Result) -> Result {
    let m = decode_fields(M::NAME, fields)?;
    run(c, m)
}

#[doc(hidden)]
pub fn respond<Q: Message, A: Field>(
    v: &View,
    fields: &[u8],
    run: impl FnOnce(&View, Q) -> Result<A>,
) -> Result<Vec<u8>> {
    let q = decode_fields(Q::NAME, fields)?;
    Ok(encode_value(&run(v, q)?))
}

#[doc(hidden)]
pub fn instantiate<M: Field>(
    c: &mut Call,
    m: Request,
    is_virtual: bool,
    run: impl FnOnce(&mut Call, M) -> Result,
) -> Result {
    let body = m.body.unwrap_or_default();
    if body.is_empty() && !is_virtual {
        let message =
            "instantiate: the body is empty; the actor must be created with a message and does not come up by its first one";
        return Err(Error::new(code::MALFORMED, message));
    }
    let m = decode_body("instantiate", body)?;
    run(c, m)
}

/// Instantiates an actor that has no handler for it: the body is empty, or has no fields.
#[doc(hidden)]
pub fn instantiate_empty(m: Request) -> Result {
    let body = m.body.unwrap_or_default();
    let trimmed = core::str::from_utf8(body).map_or(body, |text| text.trim().as_bytes());
    if matches!(trimmed, b"" | b"\xa0" | b"{}") {
        return Ok(());
    }
    Err(Error::new(code::UNSUPPORTED, "the actor takes no instantiate message"))
}

#[doc(hidden)]
pub fn migrate<M: Field>(c: &mut Call, m: Request, run: impl FnOnce(&mut Call, M) -> Result) -> Result {
    let m = decode_body("migrate", m.body.unwrap_or_default())?;
    run(c, m)
}

#[doc(hidden)]
pub fn takes_no_migrate() -> Result {
    Err(Error::new(code::UNSUPPORTED, "the actor takes no migrate message"))
}

/// What a handler of replies gets of the payload: any [`Field`], the zero value if there was none; or `()`, if it does
/// not want to see it.
pub trait Payload: Sized {
    #[doc(hidden)]
    fn from_reply(r: &Reply) -> Result<Self>;
}

impl Payload for () {
    fn from_reply(_: &Reply) -> Result<Self> {
        Ok(())
    }
}

impl<T: Field> Payload for T {
    fn from_reply(r: &Reply) -> Result<Self> {
        match r.payload.as_deref() {
            None | Some([]) => Ok(T::zero()),
            Some(data) => decode_value(data).map_err(|_| {
                let message = format!("the payload of reply {} does not fit its handler", r.id);
                Error::new(code::MALFORMED, message)
            }),
        }
    }
}

#[doc(hidden)]
pub fn replied<P: Payload>(c: &mut Call, r: &Reply, run: impl FnOnce(&mut Call, &Reply, P) -> Result) -> Result {
    run(c, r, P::from_reply(r)?)
}

#[doc(hidden)]
pub fn takes_no_reply(id: u64) -> Result {
    Err(Error::new(code::UNSUPPORTED, format!("the actor has no handler for reply {id}")))
}

/// Takes a body apart: returns the handler of the message and the fields in CBOR, empty if there are none.
fn find<'t, 'b, F>(kind: &str, table: &'t [Entry<F>], body: &'b [u8]) -> Result<(&'t Entry<F>, Cow<'b, [u8]>)> {
    let malformed = |message: String| Error::new(code::MALFORMED, message);
    if table.is_empty() {
        return Err(Error::new(code::UNSUPPORTED, format!("the actor takes no {kind} messages")));
    }
    if body.is_empty() {
        return Err(malformed(r#"the body is empty; a message is {"name": {…}} or "name""#.into()));
    }
    check_length(body)?;
    if is_json(body) {
        return find_json(kind, table, body);
    }
    let mut w = Wire::new(body);
    let Ok(mut h) = w.head() else {
        return Err(malformed(
            r#"the body is neither CBOR nor JSON; a message is {"name": {…}} or "name", quotes included"#.into(),
        ));
    };
    let bare = h.major == TEXT;
    if !bare {
        if h.major != MAP || h.arg != 1 {
            return Err(malformed(shape(h)));
        }
        h = match w.head() {
            Ok(h) if h.major == TEXT => h,
            _ => return Err(malformed("message: its one key, the name, is a text".into())),
        };
    }
    let name = w.take(h).map_err(|e| malformed(format!("message: byte {}: {e}", w.off)))?;
    let Some(entry) = table.iter().find(|e| e.name.as_bytes() == name) else {
        return Err(unknown(kind, table, name));
    };
    let fields = &body[w.off..];
    if bare && !fields.is_empty() {
        return Err(malformed(format!("message: byte {}: something follows the name", w.off)));
    }
    if !bare && fields.is_empty() {
        return Err(malformed(format!("message: {TOO_EARLY}")));
    }
    Ok((entry, fields.into()))
}

/// Is [`find`] for JSON. The fields that it returns are in CBOR, too.
fn find_json<'t, F>(kind: &str, table: &'t [Entry<F>], body: &[u8]) -> Result<(&'t Entry<F>, Cow<'static, [u8]>)> {
    let malformed = |message: String| Error::new(code::MALFORMED, message);
    let at = Path::root("message");
    let mut r = Json::new(body, MESSAGE_DEPTH);
    let mut fields = Vec::new();
    let bare = r.peek() == b'"';
    let name = if bare {
        r.text(&at)
    } else if r.peek() != b'{' {
        Err(r.fault(&at, r#"a message is {"name": {…}} or "name""#))
    } else {
        r.off += 1;
        if r.peek() == b'}' {
            return Err(malformed("message: a message has one key, its name".into()));
        }
        r.key(&at)
    }
    .map_err(malformed)?;
    let Some(entry) = table.iter().find(|e| e.name == name) else {
        return Err(unknown(kind, table, name.as_bytes()));
    };
    if !bare {
        r.value(&mut fields, (entry.schema)(), &Path::root(&name)).map_err(malformed)?;
        if r.peek() != b'}' {
            return Err(malformed(r.fault(&at, "a message has one key, its name")));
        }
        r.off += 1;
    }
    if r.peek() != 0 {
        return Err(malformed(r.fault(&at, "something follows the message")));
    }
    Ok((entry, fields.into()))
}

fn unknown<F>(kind: &str, table: &[Entry<F>], name: &[u8]) -> Error {
    let mut names: Vec<&str> = table.iter().map(|e| e.name).collect();
    sort_by(&mut names, |a, b| a < b);
    let message = format!("no {kind} message {}; known are {}", quote(name), names.join(", "));
    Error::new(code::UNKNOWN_MESSAGE, message)
}

fn shape(h: Head) -> String {
    let found = match h.major {
        MAP => format!("a map with {} keys", h.arg),
        _ => h.kind().into(),
    };
    format!("message: expected a map with one key, the name, or the name alone as text; found {found}")
}

fn check_length(body: &[u8]) -> Result {
    if body.len() > MAX_BODY {
        let message = format!("a body has at most {MAX_BODY} bytes, this one has {}", body.len());
        return Err(Error::new(code::BODY_TOO_LARGE, message));
    }
    Ok(())
}

/// Decodes a body that has no name in it: that of an instantiate or migrate message.
fn decode_body<M: Field>(kind: &str, body: &[u8]) -> Result<M> {
    check_length(body)?;
    if !is_json(body) {
        return decode_fields(kind, body);
    }
    let mut fields = Vec::new();
    Json::new(body, MESSAGE_DEPTH)
        .document(&mut fields, M::schema(), &Path::root(kind))
        .map_err(|message| Error::new(code::MALFORMED, message))?;
    decode_fields(kind, &fields)
}

/// Decodes the fields of a message. It is strict: unknown fields are faults.
fn decode_fields<M: Field>(name: &str, fields: &[u8]) -> Result<M> {
    if fields.is_empty() {
        return Ok(M::zero());
    }
    let malformed = |message| Error::new(code::MALFORMED, message);
    let mut d = Decoder::new(fields, true);
    let mut v = M::zero();
    if v.decode(&mut d).is_none() || !d.wire.at_end() {
        return Err(malformed(explain(M::schema(), fields, name, MESSAGE_DEPTH, true)));
    }
    if d.bent && M::schema().is_strict(&mut Vec::new()) {
        check(M::schema(), fields, name, MESSAGE_DEPTH, true).map_err(malformed)?;
    }
    Ok(v)
}
