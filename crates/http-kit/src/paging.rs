//! Cursor pages: `{items, nextCursor}`. A cursor is opaque: base64url of the JSON of the last item's sort key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Code;
use domain::paging::{PAGE_DEFAULT, PAGE_MAX, Page, Slice};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answers::Tagged;
use crate::problem::ApiError;

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PageView<T> {
    /// The items.
    pub items: Vec<T>,
    /// Send it as `cursor` to get the next page; null on the last.
    pub next_cursor: Option<String>,
}

impl<T> PageView<T> {
    /// A page of views.
    pub fn of<U, K: Serialize>(slice: Slice<U, K>, view: impl FnMut(U) -> T) -> Self {
        let next_cursor = slice.next.as_ref().map(encode);
        Self { items: slice.items.into_iter().map(view).collect(), next_cursor }
    }
}

/// Writes a sort key as a cursor.
pub fn encode<K: Serialize>(key: &K) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

/// Reads what [`encode`] wrote.
pub fn decode<K: DeserializeOwned>(cursor: &str) -> Result<K, ApiError> {
    let malformed = || ApiError::from(Code::MalformedCursor);
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| malformed())?;
    // No key holds U+0000, and PostgreSQL takes no text that does.
    if bytes.windows(6).any(|w| w == br"\u0000") {
        return Err(malformed());
    }
    serde_json::from_slice(&bytes).map_err(|_| malformed())
}

/// The page that `cursor` and `limit` ask for.
pub fn page<K: DeserializeOwned>(cursor: Option<&str>, limit: Option<u32>) -> Result<Page<K>, ApiError> {
    let limit = limit.unwrap_or(PAGE_DEFAULT);
    if limit == 0 || limit > PAGE_MAX {
        return Err(Code::MalformedQuery.into());
    }
    Ok(Page { after: cursor.map(decode).transpose()?, limit })
}

/// The parameters of every list.
#[derive(Debug, Clone, Default, Deserialize, validator::Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// Where to go on: `nextCursor` of the page before.
    #[validate(length(max = 512))]
    #[param(max_length = 512)]
    pub cursor: Option<String>,
    /// How many items, 1 to 100; 20 if nothing is said.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
}

impl PageParams {
    /// The page that they ask for.
    pub fn page<K: DeserializeOwned>(&self) -> Result<Page<K>, ApiError> {
        page(self.cursor.as_deref(), self.limit)
    }
}

/// The parameters of a list: its own, and then where it goes on and how long a page is.
#[macro_export]
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
            pub fn page<K: serde::de::DeserializeOwned>(&self) -> Result<domain::paging::Page<K>, $crate::ApiError> {
                $crate::paging::page(self.cursor.as_deref(), self.limit)
            }
        }
    };
}

/// A page as its reader sees it.
pub fn listed<U, K: Serialize, V: From<U>>(found: Slice<U, K>) -> Tagged<PageView<V>> {
    Tagged::private(PageView::of(found, V::from))
}
