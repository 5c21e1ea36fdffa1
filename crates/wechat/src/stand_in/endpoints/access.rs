//! What every path with an access token has in common, and the smallest of them: `GET /cgi-bin/get_api_domain_ip`.

use serde_json::{Value, json};

use super::{Call, Refusal};
use crate::stand_in::tokens::Standing;
use crate::stand_in::world::World;

/// WeChat's own list of addresses, which the stand-in makes up.
pub(super) fn addresses(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    app_of_token(world, call)?;
    Ok(json!({ "ip_list": ["127.0.0.1"] }))
}

/// The id of the app whose token the call shows, or the number for what is wrong with the token.
pub(super) fn app_of_token(world: &World, call: &Call) -> Result<String, Refusal> {
    let token = call.query("access_token").ok_or(Refusal::NO_TOKEN)?;
    let now_us = world.now_us();
    let standings = world.apps.iter().flat_map(|app| [(app, &app.normal), (app, &app.stable)]);
    let known = standings
        .map(|(app, family)| (app, family.standing(token, now_us)))
        .find(|(_, standing)| *standing != Standing::Unknown);
    match known {
        Some((app, Standing::Valid)) => Ok(app.id.clone()),
        Some((_, Standing::Expired)) => Err(Refusal::TOKEN_EXPIRED),
        Some((_, Standing::Superseded)) => Err(Refusal::TOKEN_SUPERSEDED),
        Some((_, Standing::Unknown)) | None => Err(Refusal::BAD_TOKEN),
    }
}
