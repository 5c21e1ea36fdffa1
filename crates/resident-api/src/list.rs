//! What lists have in common: parameters that choose, then those of a page; and the answer.

use domain::paging::Slice;
use http_kit::Tagged;
use http_kit::paging::PageView;
use serde::Serialize;

/// The parameters of a list: its own, and then where it goes on and how long a page is.
macro_rules! list_params {
    ($(#[$doc:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $of:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, serde::Deserialize, validator::Validate, utoipa::IntoParams)]
        #[serde(deny_unknown_fields, rename_all = "camelCase")]
        #[into_params(parameter_in = Query)]
        pub struct $name {
            $($(#[$of_field])* pub $field: $of,)*
            /// Where to go on: `nextCursor` of the page before.
            #[validate(length(max = 512))]
            #[param(max_length = 512)]
            pub cursor: Option<String>,
            /// How many items, 1 to 100; 20 if nothing is said.
            #[validate(range(min = 1, max = 100))]
            #[param(minimum = 1, maximum = 100)]
            pub limit: Option<u32>,
        }

        impl $name {
            /// The page that they ask for.
            pub(crate) fn page<K: serde::de::DeserializeOwned>(&self) -> Result<domain::paging::Page<K>, http_kit::ApiError> {
                http_kit::paging::page(self.cursor.as_deref(), self.limit)
            }
        }
    };
}
pub(crate) use list_params;

/// A page as its reader sees it.
pub(crate) fn listed<U, K: Serialize, V: From<U>>(found: Slice<U, K>) -> Tagged<PageView<V>> {
    Tagged::private(PageView::of(found, V::from))
}
