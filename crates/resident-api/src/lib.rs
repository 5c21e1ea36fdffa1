//! Handlers and views for residents, the public and the staff desk.
