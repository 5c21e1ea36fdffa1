//! Pages of lists: how many at most, and the cursor. A cursor is opaque to clients; it holds the sort key of the last item shown.

/// The page size when none is asked for.
pub const PAGE_DEFAULT: u32 = 20;
/// The largest page.
pub const PAGE_MAX: u32 = 100;

/// A page asked for: after which key, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<K> {
    /// The key of the last item already seen.
    pub after: Option<K>,
    /// How many items at most.
    pub limit: u32,
}

/// A page of items and the key from which the next one starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice<T, K> {
    /// The items.
    pub items: Vec<T>,
    /// The key of the last item, if more follow.
    pub next: Option<K>,
}

impl<T, K> Slice<T, K> {
    /// Cuts a list of up to `limit + 1` items into a page.
    pub fn cut(mut items: Vec<T>, limit: u32, key: impl Fn(&T) -> K) -> Self {
        let limit = limit as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(key) } else { None };
        Self { items, next }
    }
    /// The same page of other items.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Slice<U, K> {
        Slice { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}
