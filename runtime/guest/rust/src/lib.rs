//! Actors of Troupe in Rust: a WebAssembly module of the dialect `troupe`, version 1 of its ABI.
//!
//! ```
//! #![cfg_attr(target_arch = "wasm32", no_std)]
//! use troupe::prelude::*;
//!
//! troupe::messages! {
//!     /// Adds to what the sender has.
//!     pub struct Add as "add" { pub n: u64 }
//!     /// Asks what somebody has. The answer is a number.
//!     pub struct Total as "total" { pub of: Address }
//! }
//!
//! static TOTALS: Map<Address, u64> = Map::new("totals");
//!
//! troupe::actor! {
//!     pub struct Totals;
//!
//!     execute { Add => add }
//!     query { Total => total }
//! }
//!
//! fn add(c: &mut Call, m: Add) -> Result {
//!     if m.n == 0 {
//!         fail!("nothing", "{} adds nothing", c.sender());
//!     }
//!     let total = TOTALS.or_zero(c, c.sender())? + m.n;
//!     TOTALS.set(c, c.sender(), &total);
//!     c.emit("added", &[("who", c.sender()), ("n", &m.n)]);
//!     c.answer(&total)
//! }
//!
//! fn total(v: &View, q: Total) -> Result<u64> {
//!     TOTALS.or_zero(v, &q.of)
//! }
//!
//! troupe::module!(Totals);
//!
//! // A unit test needs no host.
//! let mut world = troupe::testing::World::new("totals");
//! world.execute::<Totals>("alice", &Add { n: 5 })?;
//! assert_eq!(world.query::<Totals, u64>(&Total { of: "alice".into() })?, 5);
//! # Ok::<(), troupe::Error>(())
//! ```
//!
//! # On the wire and in the state
//!
//! Bodies, answers, stored keys and values, and the codes and texts of errors are byte for byte those of the typed layers
//! in the other languages: an actor in Rust can take the place of one in Go, and its callers and its state see no
//! difference. The body of a message is a map of one key, the name, to its fields, in CBOR or JSON; what is written is
//! core deterministic CBOR (RFC 8949, section 4.2.1).
//!
//! # Without the standard library
//!
//! The crate needs `core` and `alloc` alone and has no dependencies. Memory is allocated forward and never freed, because the host
//! throws it away after each call. A panic ends the call with the code "panic" and rolls it back.

#![no_std]

extern crate alloc;
#[cfg(any(test, not(target_arch = "wasm32")))]
extern crate std;

mod abi;
mod actor;
mod address;
#[cfg(target_arch = "wasm32")]
mod bump;
mod call;
mod cbor;
mod envelope;
mod error;
mod field;
mod host;
mod json;
mod key;
mod path;
mod rand;
mod schema;
mod sort;
mod state;
mod structs;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use actor::{Actor, Payload};
pub use address::Address;
pub use call::{Attribute, Call, Env, Event, Kind, Order, Read, Reply, ReplyOn, Response, Sub, SubMsg, View, Write};
pub use envelope::Request;
pub use error::{code, Error, Result};
pub use field::{decode_value, encode_value, Field, MapKey};
pub use host::Iter;
pub use key::{Key, KeyOf};
pub use rand::Rand;
pub use state::{Counter, Keys, Map, Pairs, Set, Value};
pub use structs::Message;

/// What an actor usually needs, of this crate and, where there is no standard library, of `alloc`.
pub mod prelude {
    pub use crate::{
        code, error, fail, Address, Call, Counter, Error, Map, Message, Order, Read, Reply, Result, Set, Value, View,
        Write,
    };
    pub use alloc::boxed::Box;
    pub use alloc::collections::BTreeMap;
    pub use alloc::format;
    pub use alloc::string::{String, ToString};
    pub use alloc::vec;
    pub use alloc::vec::Vec;
}

/// What the macros expand to. It is no part of the interface.
#[doc(hidden)]
pub mod export {
    pub use crate::abi::{call, panicked, room};
    pub use crate::actor::{
        ask, deliver, distinct, handle, instantiate, instantiate_empty, migrate, replied, respond, run,
        takes_no_migrate, takes_no_reply, Answer, Entry, Handle,
    };
    #[cfg(target_arch = "wasm32")]
    pub use crate::bump::Bump;
    pub use crate::field::{encode_object, field_order, message_name, Decoder, Part};
    pub use crate::schema::{FieldSchema, Schema};
    pub use alloc::format;
    pub use alloc::vec::Vec;
}
