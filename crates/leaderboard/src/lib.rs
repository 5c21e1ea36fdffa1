//! The live boards: in process and on Redis, one behaviour.
