//! What the use cases about people and administration have in common with those of shops.

pub(crate) use foundation::desk::{
    Deed, Place, optional, reach, reach_object, record, roots, smallest, unchanged, wanted,
};
