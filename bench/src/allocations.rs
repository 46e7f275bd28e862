//! Counts what a piece of work allocates.
//!
//! The crates that do this count all the time, or allocate anew where a block could grow, and so would change the times
//! that are measured beside.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::Relaxed};

/// What a piece of work asked of the allocator.
#[derive(Clone, Copy, Default)]
pub(crate) struct Allocations {
    /// Calls, those that made a block larger or smaller included.
    pub(crate) count: usize,
    /// The most bytes that were held at once.
    pub(crate) peak: usize,
}

/// Counts while `work` runs.
pub(crate) fn count(work: impl FnOnce()) -> Allocations {
    COUNT.store(0, Relaxed);
    HELD.store(0, Relaxed);
    PEAK.store(0, Relaxed);
    COUNTING.store(true, Relaxed);
    work();
    COUNTING.store(false, Relaxed);
    Allocations { count: COUNT.load(Relaxed), peak: PEAK.load(Relaxed).max(0) as usize }
}

/// Off while time is measured.
static COUNTING: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicUsize = AtomicUsize::new(0);
static HELD: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn note(calls: usize, bytes: isize) {
    if !COUNTING.load(Relaxed) {
        return;
    }
    COUNT.fetch_add(calls, Relaxed);
    let held = HELD.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(held, Relaxed);
}

#[expect(unsafe_code, reason = "an allocator can be written no other way")]
// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size() as isize);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, size as isize - layout.size() as isize);
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        note(0, -(layout.size() as isize));
        unsafe { System.dealloc(block, layout) }
    }
}
