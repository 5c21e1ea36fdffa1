//! What signing in takes and answers, alike on both services.

use actix_web::web::Json;
use foundation::Service;
use foundation::app::App;
use foundation::sessions::{self, SignedIn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::ApiError;

/// A pair of tokens.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"accessToken": "eyJ0eXAiOiJhdCtqd3Qi…", "expiresIn": 300, "refreshToken": "jrt_AZLwwWsefMOYxNwMDAc5jw…",
    "tokenType": "Bearer", "subject": "idn_01jbr62tryfk1sh9p01j0gre6f"}))]
pub struct TokensView {
    /// Send it as `Authorization: Bearer …`.
    pub access_token: String,
    /// For how many seconds it is good.
    pub expires_in: i64,
    /// Send it to `sessions/refresh` when the access token has expired. It is good once.
    pub refresh_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Whose they are: an identity (`idn_…`), a staff account (`staff_…`) or a clerk (`clerk_…`).
    pub subject: String,
}

impl TokensView {
    /// The pair of a sign-in at this service.
    pub fn of(app: &App, service: Service, signed: SignedIn) -> Result<Json<Self>, ApiError> {
        let claims = sessions::verify(app, service, &signed.access)?;
        Ok(Json(Self {
            access_token: signed.access,
            expires_in: signed.expires_in_s,
            refresh_token: signed.refresh,
            token_type: "Bearer".to_owned(),
            subject: claims.sub.clone(),
        }))
    }
}

/// A code of `wx.login`.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"code": "0b3Kx0ll2TtYcd4Wlvnl2vKJDF2Kx0lV"}))]
pub struct WechatSignIn {
    /// The code: good for five minutes, once.
    #[validate(length(min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128)]
    pub code: String,
}

/// A sign-in by name and password.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"login": "secretary-1", "password": "correct horse battery"}))]
pub struct PasswordSignIn {
    /// The sign-in name.
    #[validate(length(min = 3, max = 40))]
    #[schema(min_length = 3, max_length = 40)]
    pub login: String,
    /// The password.
    #[validate(length(min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128, format = Password)]
    pub password: String,
}

/// A development sign-in.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "resident-1"}))]
pub struct DevSignIn {
    /// A name of the demo town, such as `resident-1`; a new one becomes a guest. `visitor` if nothing is said.
    #[serde(default = "visitor")]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub name: String,
}

fn visitor() -> String {
    "visitor".to_owned()
}

/// A refresh token.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"refreshToken": "jrt_AZLwwWsefMOYxNwMDAc5jw…"}))]
pub struct Refresh {
    /// The newest refresh token.
    #[validate(length(min = 1, max = 256))]
    #[schema(min_length = 1, max_length = 256)]
    pub refresh_token: String,
}

/// Keys.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "…", "x": "…"}]}))]
pub struct JwksView {
    /// Public keys (RFC 7517).
    pub keys: Vec<serde_json::Value>,
}

impl JwksView {
    /// The keys of a service.
    pub fn of(app: &App, service: Service) -> Result<Json<Self>, ApiError> {
        let keys = app.door(service)?.keys.jwks()["keys"].as_array().cloned().unwrap_or_default();
        Ok(Json(Self { keys }))
    }
}
