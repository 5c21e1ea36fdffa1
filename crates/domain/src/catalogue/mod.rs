//! Rule catalogues.
