//! Pictures: what comes from a stranger's telephone is read with limits, made small and free of what it tells about its maker,
//! and only then kept.

mod pool;

pub(crate) use pool::Pool;
