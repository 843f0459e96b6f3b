//! The exports of the dialect, version 1.

use alloc::format;
use core::fmt::Display;

use crate::actor::{run, Actor};
use crate::host;

/// Makes an actor the actor of the module: exports what the host calls. Use it once, in the crate that is compiled as a
/// `cdylib`. On any other target than WebAssembly it does nothing, so that `cargo test` works.
///
/// A crate that begins with `#![cfg_attr(target_arch = "wasm32", no_std)]` writes `troupe::module!(Currency);`. One that
/// uses the standard library writes `troupe::module!(Currency, std);` and turns on the feature `std` of this crate.
#[macro_export]
macro_rules! module {
    ($actor:ty) => {
        $crate::module!(@entries $actor, ());

        #[cfg(target_arch = "wasm32")]
        #[panic_handler]
        fn troupe_panic(info: &::core::panic::PanicInfo<'_>) -> ! {
            $crate::export::panicked(info)
        }
    };
    ($actor:ty, std) => {
        $crate::module!(@entries $actor, ::std::panic::set_hook(::std::boxed::Box::new(|info| {
            $crate::export::panicked(info);
        })));
    };
    (@entries $actor:ty, $begin:expr) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[global_allocator]
            static BUMP: $crate::export::Bump = $crate::export::Bump;

            /// The mark of the dialect and its version. It is never called.
            #[export_name = "troupe_abi_1"]
            extern "C" fn troupe_abi_1() {}

            #[export_name = "troupe_alloc"]
            extern "C" fn troupe_alloc(size: usize) -> *mut u8 {
                $crate::export::room(size)
            }

            #[export_name = "troupe_call"]
            extern "C" fn troupe_call(entry: u32, ptr: *const u8, len: usize) -> u64 {
                $begin;
                // SAFETY: the host has written len bytes to what troupe_alloc returned, and the memory is this call's.
                let input = unsafe { ::core::slice::from_raw_parts(ptr, len) };
                $crate::export::call::<$actor>(entry, input)
            }
        };
    };
}

/// Room for an input. Nothing is ever freed: the host throws the memory away after the call.
pub fn room(size: usize) -> *mut u8 {
    core::mem::ManuallyDrop::new(alloc::vec::Vec::with_capacity(size)).as_mut_ptr()
}

/// Runs an entry point and returns where the output stands: the address in the upper half, the length in the lower.
pub fn call<A: Actor>(entry: u32, input: &[u8]) -> u64 {
    let output = run::<A>(entry, input).leak();
    (output.as_ptr() as u64) << 32 | output.len() as u64
}

/// Ends the call with the code "panic". The text goes to the trace.
pub fn panicked(info: &impl Display) -> ! {
    host::abort(&format!("{info}"));
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    panic!("the host goes on after an abort");
}
