//! The allocator of the process. What is built for tests counts how often it is asked: what a request allocates is seen there, exactly and
//! on a busy machine too.

#[cfg(debug_assertions)]
pub use counting::{ALLOCATOR, Allocator, count};
#[cfg(not(debug_assertions))]
pub use mimalloc::MiMalloc as Allocator;

/// The allocator.
#[cfg(not(debug_assertions))]
pub const ALLOCATOR: Allocator = mimalloc::MiMalloc;

/// Gives back to the system what this thread used for a while and does not need any more, and what SQLite does not, which uses the system's
/// allocator. By themselves both would keep it until they need more.
pub fn give_back() {
    // SAFETY: both may be called by any thread at any time.
    #[expect(unsafe_code, reason = "allocators are C libraries")]
    unsafe {
        libmimalloc_sys::mi_collect(true);
        #[cfg(target_env = "gnu")]
        libc::malloc_trim(0);
    }
}

#[cfg(debug_assertions)]
mod counting {
    use std::alloc::{GlobalAlloc, Layout};
    use std::sync::atomic::{AtomicU64, Ordering};

    use mimalloc::MiMalloc;

    static COUNT: AtomicU64 = AtomicU64::new(0);

    /// Counts, and hands on.
    #[derive(Debug)]
    pub struct Allocator;

    /// The allocator.
    pub const ALLOCATOR: Allocator = Allocator;

    /// How often memory was asked for so far.
    pub fn count() -> u64 {
        COUNT.load(Ordering::Relaxed)
    }

    // SAFETY: every call goes to the other allocator as it came.
    #[expect(unsafe_code, reason = "an allocator is unsafe by its trait")]
    unsafe impl GlobalAlloc for Allocator {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            COUNT.fetch_add(1, Ordering::Relaxed);
            unsafe { MiMalloc.alloc(layout) }
        }
        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            COUNT.fetch_add(1, Ordering::Relaxed);
            unsafe { MiMalloc.alloc_zeroed(layout) }
        }
        unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            COUNT.fetch_add(1, Ordering::Relaxed);
            unsafe { MiMalloc.realloc(old, layout, size) }
        }
        unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
            unsafe { MiMalloc.dealloc(old, layout) }
        }
    }
}
