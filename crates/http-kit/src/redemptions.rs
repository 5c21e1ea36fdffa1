//! What both services say of redemptions.

/// A redemption as one side of it sees it, made from what the use cases say of it. What both sides see stands here; what only one sees, and
/// what each reads in other words, stands with the service.
#[macro_export]
macro_rules! redemption_view {
    (
        $(#[$meta:meta])* $name:ident from $seen:ty as $told:ident {
            $($(#[$first_meta:meta])* $first:ident: $first_type:ty = $first_value:expr,)*
            ; $(#[$price:meta])* price,
            $(#[$approval:meta])* approval,
            ; $($(#[$own_meta:meta])* $own:ident: $own_type:ty = $own_value:expr,)*
            ; $(#[$reason:meta])* void_reason,
            $(#[$receipt:meta])* receipt,
        }
    ) => {
        #[derive(Debug, ::serde::Serialize, ::utoipa::ToSchema)]
        $(#[$meta])*
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $($(#[$first_meta])* pub $first: $first_type,)*
            /// Without the offer, in yuan.
            #[schema(value_type = String, example = "35.00")]
            pub list_price: ::domain::Money,
            $(#[$price])*
            #[schema(value_type = String, example = "30.00")]
            pub price: ::domain::Money,
            /// The points that it costs beside.
            #[schema(value_type = String, example = "50.00")]
            pub points: ::domain::Points,
            /// `held`, `captured`, `cancelled`, `declined`, `expired` or `voided`.
            pub state: &'static str,
            $(#[$approval])*
            pub approval: &'static str,
            $($(#[$own_meta])* pub $own: $own_type,)*
            /// When the code was taken.
            #[schema(value_type = String, format = DateTime, example = "2026-03-02T02:00:00Z")]
            pub created_at: ::domain::Ts,
            /// Until when the points are held.
            #[schema(value_type = String, format = DateTime, example = "2026-03-02T02:02:00Z")]
            pub expires_at: ::domain::Ts,
            /// When it was captured or ended otherwise.
            #[schema(value_type = Option<String>, format = DateTime, example = "2026-03-02T02:00:08Z")]
            pub settled_at: Option<::domain::Ts>,
            /// When it was voided.
            #[schema(value_type = Option<String>, format = DateTime, example = "2026-03-02T03:00:00Z")]
            pub voided_at: Option<::domain::Ts>,
            $(#[$reason])*
            pub void_reason: Option<String>,
            $(#[$receipt])*
            pub receipt: Option<String>,
            /// The signed receipt of its return.
            pub void_receipt: Option<String>,
        }

        impl From<$seen> for $name {
            fn from(seen: $seen) -> Self {
                let $told = seen.told;
                Self {
                    $($first: $first_value,)*
                    list_price: $told.redemption.list_price(),
                    price: $told.redemption.price(),
                    points: $told.redemption.points(),
                    state: seen.state.word(),
                    approval: seen.approval.word(),
                    $($own: $own_value,)*
                    created_at: $told.redemption.created_at(),
                    expires_at: seen.expires_at,
                    settled_at: seen.settled_at,
                    voided_at: $told.redemption.voided_at(),
                    void_reason: $told.note,
                    receipt: $told.redemption.receipt,
                    void_receipt: $told.redemption.void_receipt,
                }
            }
        }
    };
}
