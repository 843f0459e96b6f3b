//! What an entry point sees of the world, and what it can ask for.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::address::Address;
use crate::error::{Error, Result};
use crate::field::{decode_value, encode_value, Field};
use crate::host::{self, Iter};
use crate::rand::Rand;
use crate::structs::Message;

/// The direction of a range. Keys are compared as bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Ascending = 0,
    Descending = 1,
}

mod sealed {
    pub trait Sealed {}
}

/// What every entry point can do, queries included: read the state of the actor, ask others, measure and log.
/// [`Call`] and [`View`] implement it.
pub trait Read: sealed::Sealed {
    /// The value of a key, as bytes. An empty value is there.
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        host::get(key)
    }

    /// The pairs with `start` <= key < `end`. A bound that is none is open. What is written while the iterator runs does
    /// not show in it.
    fn range(&self, start: Option<&[u8]>, end: Option<&[u8]>, order: Order) -> Iter {
        host::range(start, end, order)
    }

    /// Asks another actor the query `q` and decodes its answer. In a transaction the answer counts in everything written
    /// so far. The error is the callee's own, or has the code "malformed" if the answer is no `A`.
    fn ask<A: Field>(&self, to: &str, q: &impl Message) -> Result<A> {
        decode_value(&host::query(to, &q.body())?.unwrap_or_default())
    }

    /// Asks another actor with a body that is no typed message.
    fn query(&self, to: &str, body: &[u8]) -> Result<Option<Vec<u8>>> {
        host::query(to, body)
    }

    /// Reads one key of any actor. An actor that is not there has no keys.
    fn query_raw(&self, to: &str, key: &[u8]) -> Option<Vec<u8>> {
        host::query_raw(to, key)
    }

    /// What the call may still use.
    fn gas_left(&self) -> u64 {
        host::gas_left()
    }

    /// Charges work that the host cannot see. If there is not enough left the call ends at once.
    fn use_gas(&self, n: u64) {
        host::use_gas(n);
    }

    /// Adds a line to the trace. It has no effect on the transaction.
    fn log(&self, text: &str) {
        host::log(text);
    }
}

/// What entry points can do that may write: all but queries.
pub trait Write: Read {
    /// Makes `value` the value of `key`. A key has 1 to 65,536 bytes and a value at most 131,072; a write beyond that ends
    /// the call with an error that the caller can catch.
    fn set(&mut self, key: &[u8], value: &[u8]) {
        host::set(key, value);
    }

    /// Removes a key; it may be missing.
    fn delete(&mut self, key: &[u8]) {
        host::delete(key);
    }
}

/// Who called, when, in which transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Env {
    /// The actor that runs.
    pub this: Address,
    /// Who sent the message: an actor or a user. Empty in a reply and in a sudo call.
    pub sender: Address,
    /// The place of the transaction in the serial order, from 1.
    pub sequence: u64,
    /// The time of the transaction, in nanoseconds since 1970 UTC: the same for the whole tree.
    pub time: i64,
    /// The randomness of the transaction, not for secrets.
    pub seed: [u8; 32],
    /// The number of this call in its tree, from 0.
    pub span: u64,
}

/// A running call that may write. It collects what shall happen: its messages, events and data take effect when the
/// handler returns `Ok`.
pub struct Call<'a> {
    env: &'a Env,
    pub(crate) response: Response,
}

impl sealed::Sealed for Call<'_> {}
impl Read for Call<'_> {}
impl Write for Call<'_> {}

impl<'a> Call<'a> {
    pub(crate) fn new(env: &'a Env) -> Self {
        Call { env, response: Response::default() }
    }

    pub fn env(&self) -> &'a Env {
        self.env
    }

    /// The actor that runs.
    pub fn this(&self) -> &'a Address {
        &self.env.this
    }

    /// Who sent the message.
    pub fn sender(&self) -> &'a Address {
        &self.env.sender
    }

    /// A generator of random numbers for this call.
    pub fn rand(&self) -> Rand {
        Rand::new(self.env)
    }

    /// Emits an event. An attribute is text, an integer, a float or a boolean:
    ///
    /// ```ignore
    /// c.emit("transfer", &[("to", &m.to), ("amount", &m.amount)]);
    /// ```
    pub fn emit(&mut self, kind: &str, attributes: &[(&str, &dyn Attribute)]) {
        let attributes = attributes.iter().map(|(key, value)| (key.to_string(), value.text())).collect();
        self.response.events.push(Event { actor: Address::default(), kind: kind.into(), attributes });
    }

    /// Adds attributes to the event by which the host itself reports this call.
    pub fn attribute(&mut self, attributes: &[(&str, &dyn Attribute)]) {
        self.response.attributes.extend(attributes.iter().map(|(key, value)| (key.to_string(), value.text())));
    }

    /// Makes `v` the data of the call: what its sender, or a reply handler of its sender, gets. The last one counts.
    pub fn answer(&mut self, v: &impl Field) -> Result {
        self.response.data = Some(encode_value(v));
        Ok(())
    }

    /// Is [`Call::answer`] for data that is encoded already. `None` takes back an earlier answer.
    pub fn answer_raw(&mut self, data: Option<Vec<u8>>) -> Result {
        self.response.data = data;
        Ok(())
    }

    /// Asks the host to deliver an execute message to another actor, when the handler has returned.
    pub fn execute(&mut self, to: &str, m: &impl Message) -> Sub<'_> {
        self.add(SubMsg { to: to.into(), body: Some(m.body()), ..SubMsg::default() })
    }

    /// Asks the host to create an actor from a module. The host picks the address (see [`Sub::at`]), a reply tells it;
    /// nobody is admin (see [`Sub::admin`]). Without a message the body is empty.
    pub fn instantiate<M: Field>(&mut self, module: &str, m: Option<&M>) -> Sub<'_> {
        let body = m.map(encode_value);
        self.add(SubMsg { kind: Kind::Instantiate, module: module.into(), body, ..SubMsg::default() })
    }

    /// Asks the host to put an actor, of which this one is the admin, on another module.
    pub fn migrate<M: Field>(&mut self, to: &str, module: &str, m: Option<&M>) -> Sub<'_> {
        let body = m.map(encode_value);
        self.add(SubMsg { kind: Kind::Migrate, to: to.into(), module: module.into(), body, ..SubMsg::default() })
    }

    /// Asks the host to hand an actor, of which this one is the admin, to another admin, or for ever to nobody if it is
    /// empty.
    pub fn set_admin(&mut self, to: &str, admin: &str) -> Sub<'_> {
        self.add(SubMsg { kind: Kind::SetAdmin, to: to.into(), admin: admin.into(), ..SubMsg::default() })
    }

    /// Adds a sub-message that is made by hand.
    pub fn add(&mut self, m: SubMsg) -> Sub<'_> {
        self.response.messages.push(m);
        Sub { m: self.response.messages.last_mut().expect("it was just added") }
    }
}

/// A running query: nothing in it can write.
pub struct View<'a> {
    pub(crate) this: &'a Address,
    pub(crate) sequence: u64,
    pub(crate) time: i64,
}

impl sealed::Sealed for View<'_> {}
impl Read for View<'_> {}

impl<'a> View<'a> {
    /// The actor that runs.
    pub fn this(&self) -> &'a Address {
        self.this
    }

    /// That of the running transaction or, in a query from outside, of the last one.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// In nanoseconds since 1970 UTC.
    pub fn time(&self) -> i64 {
        self.time
    }
}

/// What a message asks for. The numbers are those of the ABI.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Execute = 0,
    Instantiate = 1,
    Migrate = 2,
    SetAdmin = 3,
}

/// In which cases a reply is wanted. Without one on error, the failure of a sub-message is the failure of the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplyOn {
    #[default]
    Never = 0,
    Success = 1,
    Error = 2,
    Always = 3,
}

/// A message that the host is asked to deliver after the entry point has returned, as a subtransaction of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubMsg {
    pub id: u64,
    pub reply_on: ReplyOn,
    pub gas_limit: u64,
    pub payload: Option<Vec<u8>>,
    pub kind: Kind,
    pub to: Address,
    pub body: Option<Vec<u8>>,
    pub module: String,
    pub admin: Address,
}

/// A sub-message to be refined: by default it wants no reply, and its subtree may use all the gas that is left.
pub struct Sub<'a> {
    m: &'a mut SubMsg,
}

impl Sub<'_> {
    /// Asks for a reply with the ID if the sub-message succeeds.
    pub fn on_success(self, id: u64) -> Self {
        self.reply_on(id, ReplyOn::Success)
    }

    /// Asks for a reply with the ID if the sub-message fails. Its subtree is rolled back, and the call itself goes on
    /// unless the handler of the reply fails.
    pub fn on_error(self, id: u64) -> Self {
        self.reply_on(id, ReplyOn::Error)
    }

    /// Asks for a reply with the ID in both cases.
    pub fn always(self, id: u64) -> Self {
        self.reply_on(id, ReplyOn::Always)
    }

    fn reply_on(self, id: u64, on: ReplyOn) -> Self {
        self.m.id = id;
        self.m.reply_on = on;
        self
    }

    /// Gives the sub-message a value that comes back in the reply.
    pub fn payload(self, v: &impl Field) -> Self {
        self.m.payload = Some(encode_value(v));
        self
    }

    /// Bounds the gas of the subtree. Only with such a limit can it run out of gas without taking the transaction with
    /// it.
    pub fn gas_limit(self, n: u64) -> Self {
        self.m.gas_limit = n;
        self
    }

    /// Chooses the address of an actor that is to be created.
    pub fn at(self, address: &str) -> Self {
        self.m.to = address.into();
        self
    }

    /// Makes an address the admin of an actor that is to be created.
    pub fn admin(self, admin: &str) -> Self {
        self.m.admin = admin.into();
        self
    }
}

/// A fact that a transaction publishes when it commits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Who emitted it. Empty in an event that is to be emitted.
    pub actor: Address,
    pub kind: String,
    pub attributes: Vec<(String, String)>,
}

/// What an entry point asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// `None` and empty differ.
    pub data: Option<Vec<u8>>,
    pub messages: Vec<SubMsg>,
    pub attributes: Vec<(String, String)>,
    pub events: Vec<Event>,
}

/// The outcome of a sub-message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    pub id: u64,
    pub payload: Option<Vec<u8>>,
    /// Who was called. For an instantiation it is the address of the new actor.
    pub callee: Address,
    pub gas_used: u64,
    /// None if the sub-message succeeded. Otherwise its subtree has been rolled back, and there are no data and events.
    pub error: Option<Error>,
    pub data: Option<Vec<u8>>,
    pub events: Vec<Event>,
}

impl Reply {
    /// The data of the callee, decoded.
    pub fn decode<T: Field>(&self) -> Result<T> {
        decode_value(self.data.as_deref().unwrap_or_default())
    }
}

/// What can be the value of an attribute of an event.
pub trait Attribute {
    #[doc(hidden)]
    fn text(&self) -> String;
}

macro_rules! attributes {
    ($($t:ty)*) => {$(
        impl Attribute for $t {
            fn text(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

attributes! { String Address bool u8 u16 u32 u64 i8 i16 i32 i64 }

impl Attribute for &str {
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Attribute for Cow<'_, str> {
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Attribute for f64 {
    fn text(&self) -> String {
        float(alloc::format!("{self:e}"), self)
    }
}

impl Attribute for f32 {
    fn text(&self) -> String {
        float(alloc::format!("{self:e}"), self)
    }
}

/// The shortest text that is read back as the same number, with an exponent below 1e-04 and from 1e+06 on.
fn float(scientific: String, plain: &dyn ToString) -> String {
    match scientific.split_once('e') {
        None if scientific == "NaN" => scientific,
        None if scientific.starts_with('-') => "-Inf".into(),
        None => "+Inf".into(),
        Some((digits, exponent)) => match exponent.parse::<i32>() {
            Ok(e) if (-4..6).contains(&e) => plain.to_string(),
            Ok(e) => alloc::format!("{digits}e{}{:02}", if e < 0 { '-' } else { '+' }, e.abs()),
            Err(_) => scientific,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What strconv.FormatFloat of Go gives with 'g' and -1.
    #[test]
    fn floats() {
        for (f, want) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.5, "1.5"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (123456.0, "123456"),
            (1e6, "1e+06"),
            (-1234567.5, "-1.2345675e+06"),
            (1e100, "1e+100"),
            (5e-324, "5e-324"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (999999.5, "999999.5"),
        ] {
            assert_eq!(Attribute::text(&f), want);
        }
        assert_eq!(Attribute::text(&0.1f32), "0.1");
    }
}
