//! To be found here: rate.
