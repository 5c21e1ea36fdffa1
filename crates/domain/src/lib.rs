//! Pure facts and decisions of the points system: no I/O, no async.
