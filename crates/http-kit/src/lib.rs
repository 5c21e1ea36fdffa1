//! What both services share of actix: server, errors, extractors, paging, limits, health, metrics.
