//! An allocator that only goes forward. The memory of a module is thrown away after each call.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::ptr;

/// The bytes of a page of WebAssembly.
const PAGE: usize = 65536;

/// Allocates one part behind the other, from the end of the static data on. What is freed comes back only if it was
/// allocated last, as it often is when something grows.
pub struct Bump;

struct Next(Cell<usize>);

// SAFETY: a module has one thread.
unsafe impl Sync for Next {}

/// The end of what is allocated, 0 in the beginning.
static NEXT: Next = Next(Cell::new(0));

extern "C" {
    /// The linker puts it behind the static data and the stack.
    static __heap_base: u8;
}

// SAFETY: parts never overlap, because NEXT only goes back over the last one.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let free = match NEXT.0.get() {
            0 => &raw const __heap_base as usize,
            next => next,
        };
        let Some(start) = free.checked_next_multiple_of(layout.align()) else { return ptr::null_mut() };
        if grow(start, layout.size()) {
            start as *mut u8
        } else {
            ptr::null_mut()
        }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        if is_last(at, layout) {
            NEXT.0.set(at as usize);
        }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if is_last(at, layout) {
            return if grow(at as usize, size) { at } else { ptr::null_mut() };
        }
        if size <= layout.size() {
            return at;
        }
        // SAFETY: the caller guarantees that size fits an isize with this alignment.
        let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
        if !new.is_null() {
            ptr::copy_nonoverlapping(at, new, layout.size());
        }
        new
    }
}

fn is_last(at: *mut u8, layout: Layout) -> bool {
    at as usize + layout.size() == NEXT.0.get()
}

/// Makes what begins at start and has size bytes the last part, if there is memory for it.
fn grow(start: usize, size: usize) -> bool {
    let Some(end) = start.checked_add(size) else { return false };
    let have = core::arch::wasm32::memory_size(0) * PAGE;
    if end > have && core::arch::wasm32::memory_grow(0, (end - have).div_ceil(PAGE)) == usize::MAX {
        return false;
    }
    NEXT.0.set(end);
    true
}
