//! To be found here: tokens.
