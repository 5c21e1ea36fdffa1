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

/// Gives back the pages of the program itself: of what was needed once, such as to start, each touch brought sixteen. What is needed again
/// comes from the file, which the kernel keeps: some hundred short faults.
#[cfg(target_os = "linux")]
pub fn give_back_program() {
    // SAFETY: the callback is called before this returns, and takes no data.
    #[expect(unsafe_code, reason = "where the program lies is only to be had from C")]
    unsafe {
        libc::dl_iterate_phdr(Some(give_back_first), std::ptr::null_mut());
    }
}

/// Nothing is known of this system.
#[cfg(not(target_os = "linux"))]
pub fn give_back_program() {}

/// For the first object, which is the program.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "segments are described by C, and advice is given in C")]
unsafe extern "C" fn give_back_first(
    object: *mut libc::dl_phdr_info,
    _: libc::size_t,
    _: *mut libc::c_void,
) -> libc::c_int {
    const PAGE: u64 = 4096;
    // SAFETY: the loader hands over a description that is whole while this runs.
    let (object, segments) = unsafe {
        let object = &*object;
        (object, std::slice::from_raw_parts(object.dlpi_phdr, usize::from(object.dlpi_phnum)))
    };
    // What may be written holds what the loader put there, which is in no file.
    for segment in segments.iter().filter(|s| s.p_type == libc::PT_LOAD && s.p_flags & libc::PF_W == 0) {
        let begins = (object.dlpi_addr + segment.p_vaddr).next_multiple_of(PAGE);
        let ends = (object.dlpi_addr + segment.p_vaddr + segment.p_memsz) / PAGE * PAGE;
        if begins < ends {
            // SAFETY: whole pages of a mapping of a file that nobody writes: they are read again from there. Advice that is refused changes nothing.
            unsafe {
                libc::madvise(begins as *mut libc::c_void, (ends - begins) as usize, libc::MADV_DONTNEED);
            }
        }
    }
    1
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
