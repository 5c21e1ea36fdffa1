//! Handlers and views for shops.
