//! What every use case stands on: configuration, tenants, sessions, pictures, worker.
