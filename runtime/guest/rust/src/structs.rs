//! The macros that give structs a form on the wire.

use alloc::vec::Vec;

use crate::cbor::{put_head, put_text, MAP};
use crate::field::Field;

/// A message: a struct that travels under a name. [`messages!`](crate::messages) makes them.
pub trait Message: Field {
    /// How the message is called in bodies. 1 to 64 bytes.
    const NAME: &'static str;

    /// The body of the message: `{"name": {fields}}`, or the name alone if there are no fields.
    fn body(&self) -> Vec<u8> {
        let mut dst = Vec::with_capacity(64);
        if !Self::SCHEMA.fields.is_empty() {
            put_head(&mut dst, MAP, 1);
        }
        put_text(&mut dst, Self::NAME);
        if !Self::SCHEMA.fields.is_empty() {
            self.encode(&mut dst);
        }
        dst
    }
}

/// Structs that can be sent, stored and returned: they travel as maps with a key for each field. A key is the name of
/// the field, or what stands behind `as`. With `[omitempty]` a field that is zero or empty is left out.
///
/// ```
/// troupe::structs! {
///     /// What a warrior pays with, and who may ask him to.
///     pub struct Post {
///         pub currency: troupe::Address,
///         pub engine: troupe::Address,
///         pub kind: String as "type" [omitempty],
///     }
/// }
/// assert_eq!(Post::default().kind, "");
/// ```
#[macro_export]
macro_rules! structs {
    ($(
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $( $(#[$about:meta])* $access:vis $field:ident: $ty:ty $(as $wire:literal)? $([$omit:ident])? ),* $(,)?
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name {
            $( $(#[$about])* $access $field: $ty, )*
        }

        impl ::core::default::Default for $name {
            fn default() -> Self {
                $crate::Field::zero()
            }
        }

        impl $crate::Field for $name {
            const SCHEMA: $crate::export::Schema = $crate::export::Schema::object(&[
                $( $crate::export::FieldSchema {
                    name: $crate::wire_name!($field $($wire)?),
                    schema: <$ty as $crate::Field>::schema,
                }, )*
            ]);

            fn zero() -> Self {
                $name { $( $field: $crate::Field::zero(), )* }
            }

            fn encode(&self, dst: &mut $crate::export::Vec<u8>) {
                const ORDER: &[usize] =
                    &$crate::export::field_order([ $( $crate::wire_name!($field $($wire)?), )* ]);
                let fields: &[(&str, &dyn $crate::export::Part, bool)] = &[
                    $( ($crate::wire_name!($field $($wire)?), &self.$field, $crate::is_omitted!($($omit)?)), )*
                ];
                $crate::export::encode_object(dst, fields, ORDER);
            }

            #[allow(unused_mut, unused_variables, unused_assignments)]
            fn decode(&mut self, d: &mut $crate::export::Decoder) -> ::core::option::Option<()> {
                let ::core::option::Option::Some(pairs) = d.object()? else {
                    return ::core::option::Option::Some(());
                };
                let mut seen = [false; <$name as $crate::Field>::SCHEMA.fields()];
                for _ in 0..pairs {
                    let name = d.name()?;
                    let mut i = 0;
                    $(
                        if name == $crate::wire_name!($field $($wire)?) {
                            if ::core::mem::replace(&mut seen[i], true) {
                                return ::core::option::Option::None;
                            }
                            $crate::Field::decode(&mut self.$field, d)?;
                            continue;
                        }
                        i += 1;
                    )*
                    d.unknown()?;
                }
                d.close();
                ::core::option::Option::Some(())
            }
        }
    )*};
}

/// Structs that are messages: as [`structs!`](crate::structs), with the name under which each travels.
///
/// ```
/// use troupe::{Address, Message};
///
/// troupe::messages! {
///     /// Gives the sender's money to somebody else.
///     pub struct Transfer as "transfer" {
///         pub to: Address,
///         pub amount: u64,
///     }
///     pub struct Reset as "reset" {}
/// }
/// assert_eq!(Reset {}.body(), b"\x65reset");
/// ```
#[macro_export]
macro_rules! messages {
    ($(
        $(#[$meta:meta])*
        $vis:vis struct $name:ident as $wire:literal { $($fields:tt)* }
    )*) => {$(
        $crate::structs! {
            $(#[$meta])*
            $vis struct $name { $($fields)* }
        }

        impl $crate::Message for $name {
            const NAME: &'static str = $crate::export::message_name($wire);
        }
    )*};
}

#[doc(hidden)]
#[macro_export]
macro_rules! wire_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $wire:literal) => {
        $wire
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! is_omitted {
    () => {
        false
    };
    (omitempty) => {
        true
    };
}
