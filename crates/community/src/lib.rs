//! What residents and the desk do: one transaction per use case.
