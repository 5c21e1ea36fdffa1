//! What lists have in common: see [`http_kit::paging`].

pub(crate) use http_kit::list_params;
pub(crate) use http_kit::paging::listed;
