//! What the stories share: servers, actors, pictures.
