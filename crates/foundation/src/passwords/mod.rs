//! To be found here: passwords.
