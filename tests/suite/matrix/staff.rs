//! People and administration.

use serde_json::json;
use tests::town::PASSWORD;

use super::runner::check;
use super::{Body, Row, row};

/// Households, residents, requests to join, imports.
pub fn people() -> Vec<Row> {
    let household = json!({"unitId": "{group}", "code": "{newcode}"});
    let household_now = json!({"code": "{newcode}", "door": null, "householderId": null, "hidden": false});
    let resident = json!({"unitId": "{group}", "name": "李新人"});
    let resident_now = json!({"unitId": "{group}", "householdId": null, "code": null, "name": "李旧人", "nickname": null,
        "hidden": false, "state": "active"});
    let mut moved = resident_now.clone();
    moved["unitId"] = json!("{foreign}");
    vec![
        row("GET", "/v1/staff/households", "staff/households?unit={village}", "?xxxx +++++. ??"),
        row("GET", "/v1/staff/households", "staff/households", "?xxxx +++++o ??"),
        row("POST", "/v1/staff/households", "staff/households", "?xxxx ++xx+. ??").json(household),
        row("PUT", "/v1/staff/households/{id}", "staff/households/{newhousehold}", "?xxxx ++xx+. ??")
            .json(household_now)
            .version("v1"),
        row("GET", "/v1/staff/residents", "staff/residents?unit={village}", "?xxxx +++++. ??"),
        row("GET", "/v1/staff/residents", "staff/residents", "?xxxx +++++o ??"),
        row("POST", "/v1/staff/residents", "staff/residents", "?xxxx ++xx+. ??").json(resident),
        row("GET", "/v1/staff/residents/{id}", "staff/residents/{resident}", "?xxxx +++++. ??"),
        row("PUT", "/v1/staff/residents/{id}", "staff/residents/{newresident}", "?xxxx ++xx+. ??")
            .json(resident_now)
            .version("v1"),
        // A move out of reach: the village may not push people into units that it does not reach, nor pull them out.
        row("PUT", "/v1/staff/residents/{id}", "staff/residents/{newresident}", "?xxxx ..xx+. ??")
            .json(moved)
            .version("v1"),
        row("GET", "/v1/staff/residents", "staff/residents?household={home}", "?xxxx +++++o ??"),
        row("GET", "/v1/staff/corrections", "staff/corrections?unit={village}", "?xxxx ++xx+. ??"),
        row("GET", "/v1/staff/corrections", "staff/corrections", "?xxxx ++xx+o ??"),
        row(
            "POST",
            "/v1/staff/corrections/{id}/decide",
            "staff/corrections/{newcorrection}/decide",
            "?xxxx ++xx+. ??",
        )
        .json(json!({"decision": "done"})),
        row("GET", "/v1/staff/join-requests", "staff/join-requests?unit={village}", "?xxxx +++++. ??"),
        row("GET", "/v1/staff/join-requests", "staff/join-requests", "?xxxx +++++o ??"),
        row(
            "POST",
            "/v1/staff/join-requests/{id}/decide",
            "staff/join-requests/{newjoin}/decide",
            "?xxxx ++xx+. ??",
        )
        .json(json!({"decision": "accept", "newResident": {}})),
        row(
            "POST",
            "/v1/staff/join-requests/{id}/decide",
            "staff/join-requests/{newjoin}/decide",
            "?xxxx ..xx+. ??",
        )
        .json(json!({"decision": "accept", "residentId": "{newfar}"})),
        Row {
            body: Body::Csv,
            ..row(
                "POST",
                "/v1/staff/imports",
                "staff/imports?unit={village}&entity=households",
                "?xxxx x+xx+. ??",
            )
        },
        row("GET", "/v1/staff/imports/{id}", "staff/imports/{import}", "?xxxx x+xx+. ??"),
        row("POST", "/v1/staff/imports/{id}/apply", "staff/imports/{newimport}/apply", "?xxxx x+xx+. ??"),
    ]
}

/// Units, policies, catalogues, accounts and roles.
pub fn administration() -> Vec<Row> {
    let unit = json!({"parentId": "{village}", "type": "group", "setting": "rural", "name": "又一组", "code": "{newcode}"});
    let unit_now = json!({"name": "改名组", "code": "{newcode}", "setting": "rural"});
    let account = json!({"login": "{newlogin}", "name": "赵书记", "password": PASSWORD, "unitId": "{village}",
        "role": "secretary"});
    let account_now = json!({"name": "赵书记", "disabled": true, "residentId": null});
    let role = json!({"staffId": "{newaccount}", "unitId": "{group}", "role": "assessor"});
    let revoked = "staff/roles?staffId={newaccount}&unitId={village}&role=grid_worker";
    let draft = json!({"unitId": "{village}", "carried": "sample-composed", "awardsOnly": true});
    let abroad = json!({"unitId": "{foreign}", "carried": "sample-composed", "awardsOnly": true});
    vec![
        row("POST", "/v1/staff/units", "staff/units", "?xxxx xxxx+. ??").json(unit),
        row("GET", "/v1/staff/units/{id}", "staff/units/{village}", "?xxxx +++++. ??"),
        row("PUT", "/v1/staff/units/{id}", "staff/units/{newunit}", "?xxxx xxxx+. ??")
            .json(unit_now)
            .version("v1"),
        row("GET", "/v1/staff/policies/{unitId}", "staff/policies/{village}", "?xxxx +++++. ??"),
        row("PUT", "/v1/staff/policies/{unitId}", "staff/policies/{newunit}", "?xxxx xxxx+. ??")
            .json(json!({"claimDaysBack": 60}))
            .version("v0"),
        row("GET", "/v1/staff/catalogues", "staff/catalogues?unit={village}", "?xxxx +++++. ??"),
        row("GET", "/v1/staff/catalogues", "staff/catalogues", "?xxxx +++++o ??"),
        row("POST", "/v1/staff/catalogues", "staff/catalogues", "?xxxx x+xx+. ??").json(draft),
        row("POST", "/v1/staff/catalogues", "staff/catalogues", "?xxxx ....++ ??").json(abroad),
        row("GET", "/v1/staff/catalogues/{id}", "staff/catalogues/{draft}", "?xxxx +++++. ??"),
        row(
            "POST",
            "/v1/staff/catalogues/{id}/adopt",
            "staff/catalogues/{newdraft}/adopt",
            "?xxxx x+xx+. ??",
        )
        .json(json!({"forceFrom": "2026-04-01"}))
        .version("v1"),
        row("GET", "/v1/staff/accounts", "staff/accounts?unit={village}", "?xxxx xxxx+. ??"),
        row("GET", "/v1/staff/accounts", "staff/accounts", "?xxxx xxxx+x ??"),
        row("POST", "/v1/staff/accounts", "staff/accounts", "?xxxx xxxx+x ??").json(account),
        row("PUT", "/v1/staff/accounts/{id}", "staff/accounts/{newaccount}", "?xxxx xxxx+x ??")
            .json(account_now)
            .version("v1"),
        row("PUT", "/v1/staff/roles", "staff/roles", "?xxxx xxxx+. ??").json(role),
        row("DELETE", "/v1/staff/roles", revoked, "?xxxx xxxx+. ??"),
    ]
}

#[tokio::test]
async fn staff_keep_people_within_their_reach() {
    check(people()).await;
}

#[tokio::test]
async fn operations_administer_and_nobody_else() {
    check(administration()).await;
}
