//! The WeChat server API: client and a faithful local stand-in.
