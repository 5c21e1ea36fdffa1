//! The desk: reviews, reports, claims.

use serde_json::json;
use tests::town::TODAY;

use super::runner::check;
use super::{Row, row};

/// Reviews and reports. JW-13: who leads reads everything and operates nothing, which is the supervisor's column.
pub fn desk() -> Vec<Row> {
    let publish = json!({"publish": {"decision": "publish"}});
    let both = json!({"publish": {"decision": "publish"}, "grant": {"decision": "grant"}});
    let grant = json!({"grant": {"decision": "grant"}});
    vec![
        row("GET", "/v1/staff/reviews", "staff/reviews?unit={village}", "?xxxx +++++. ??"),
        row("GET", "/v1/staff/reviews", "staff/reviews", "?xxxx +++++o ??"),
        row("POST", "/v1/staff/reviews/{id}/claim", "staff/reviews/{newreview}/claim", "?xxxx ++xx+. ??"),
        row("POST", "/v1/staff/reviews/{id}/release", "staff/reviews/{myreview}/release", "?xxxx ++xx+. ??"),
        row("POST", "/v1/staff/reviews/{id}/decide", "staff/reviews/{myreview}/decide", "?xxxx ++xx+. ??")
            .json(publish),
        // Granting is another permission than publishing.
        row("POST", "/v1/staff/reviews/{id}/decide", "staff/reviews/{mygrant}/decide", "?xxxx x+xxx. ??")
            .json(both),
        row("POST", "/v1/staff/reviews/{id}/decide", "staff/reviews/{myclaim}/decide", "?xxxx x++xx. ??")
            .json(grant),
        row("GET", "/v1/staff/reports", "staff/reports?unit={village}", "?xxxx +++++. ??"),
        row("GET", "/v1/staff/reports", "staff/reports", "?xxxx +++++o ??"),
        row("POST", "/v1/staff/reports/{id}/decide", "staff/reports/{newreport}/decide", "?xxxx ++xx+. ??")
            .json(json!({"decision": "dismiss"})),
    ]
}

/// Claims that staff enter, read and reverse.
pub fn claims() -> Vec<Row> {
    let enter = json!({"residentId": "{newresident}", "itemId": "{item}", "dayOfAct": TODAY});
    vec![
        row("GET", "/v1/staff/claims", "staff/claims?unit={village}", "?xxxx +++++. ??"),
        row("GET", "/v1/staff/claims", "staff/claims", "?xxxx +++++o ??"),
        row("POST", "/v1/staff/claims", "staff/claims", "?xxxx ++xxx. ??").json(enter),
        row("GET", "/v1/staff/claims/{id}", "staff/claims/{claim}", "?xxxx +++++. ??"),
        row("POST", "/v1/staff/claims/{id}/reverse", "staff/claims/{newclaim}/reverse", "?xxxx x++xx. ??")
            .json(json!({"reason": "与另一条申报重复"})),
        row("GET", "/v1/staff/audit", "staff/audit?unit={village}", "?xxxx xxx++. ??"),
    ]
}

#[tokio::test]
async fn the_desk_reads_by_role_and_decides_by_permission() {
    check([desk(), claims()].concat()).await;
}
