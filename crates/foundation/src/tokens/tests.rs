//! Attacks on access tokens, one line each. All but the few that are told to be good must be refused, and for the right reason.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use domain::time::SECOND;
use domain::{Code, Ts};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::*;

const NOW: Ts = Ts(1_767_225_600 * SECOND);
const ISSUER: &str = "https://lanshan.example";
const AUDIENCE: &str = "resident";
const GRANT: Grant<'static> = Grant { iss: ISSUER, aud: AUDIENCE, sub: "res_1", sid: "sess_1" };

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token of these texts, signed by this key as if it were ours.
fn forge(header: &str, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let signed = format!("{}.{}", b64(header), b64(claims));
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), key, algorithm).unwrap();
    format!("{signed}.{signature}")
}

/// What a test changes of an otherwise good token.
struct Bench {
    keys: Keys,
    other: Signer,
}

impl Bench {
    fn new() -> Self {
        Self { keys: Keys::of(Signer::generate().unwrap()), other: Signer::generate().unwrap() }
    }
    fn header(&self) -> Value {
        json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.keys.current.kid() })
    }
    fn claims(&self) -> Value {
        let now = NOW.unix_seconds();
        json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "res_1", "sid": "sess_1", "jti": "one",
            "iat": now, "nbf": now, "exp": now + ACCESS_LIFE_S,
        })
    }
    fn sign(&self, header: &str, claims: &str) -> String {
        forge(header, claims, &self.keys.current.key, Algorithm::EdDSA)
    }
    fn with_header(&self, change: Value) -> String {
        self.sign(&merged(self.header(), change).to_string(), &self.claims().to_string())
    }
    fn with_claims(&self, change: Value) -> String {
        self.sign(&self.header().to_string(), &merged(self.claims(), change).to_string())
    }
    fn verify(&self, token: &str) -> Result<Claims, Code> {
        self.keys.verify(token, AUDIENCE, ISSUER, NOW)
    }
}

/// `null` takes a member away.
fn merged(mut base: Value, change: Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        let members = base.as_object_mut().unwrap();
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    base
}

fn refuse_all(bench: &Bench, attacks: &[(&str, String)]) {
    for (what, token) in attacks {
        assert_eq!(bench.verify(token), Err(Code::TokenInvalid), "{what}: {token:.200}");
    }
}

#[test]
fn a_token_of_ours_is_good_and_short() {
    let bench = Bench::new();
    let token = bench.keys.issue(GRANT, NOW).unwrap();
    let claims = bench.verify(&token).unwrap();
    assert_eq!((claims.sub.as_str(), claims.sid.as_str()), ("res_1", "sess_1"));
    assert_eq!(claims.exp - claims.iat, ACCESS_LIFE_S);
    assert_ne!(claims.jti, bench.verify(&bench.keys.issue(GRANT, NOW).unwrap()).unwrap().jti);
    assert!(token.len() < 600, "{}", token.len());
    assert!(bench.verify(&bench.with_claims(json!({}))).is_ok(), "the bench itself forges well");
    assert!(
        bench.verify(&bench.with_claims(json!({ "scope": "later" }))).is_ok(),
        "a claim of a newer version"
    );
}

#[test]
fn a_header_decides_nothing() {
    let bench = Bench::new();
    let attacker = bench.other.verifier().jwk();
    let none = format!("{}.{}", b64(r#"{"alg":"none","typ":"at+jwt"}"#), b64(bench.claims().to_string()));
    let kid = bench.keys.current.kid();
    let twice = |names: &str| bench.sign(names, &bench.claims().to_string());
    refuse_all(
        &bench,
        &[
            ("alg none", format!("{none}.")),
            ("alg none without a dot", none.clone()),
            ("alg none with a signature", format!("{none}.{}", b64([0; 64]))),
            ("alg none and our kid", bench.with_header(json!({ "alg": "none" }))),
            ("alg nOnE", bench.with_header(json!({ "alg": "nOnE" }))),
            ("alg in small letters", bench.with_header(json!({ "alg": "eddsa" }))),
            ("alg Ed448", bench.with_header(json!({ "alg": "Ed448" }))),
            ("alg ES256", bench.with_header(json!({ "alg": "ES256" }))),
            ("alg RS256", bench.with_header(json!({ "alg": "RS256" }))),
            ("alg a list", bench.with_header(json!({ "alg": ["EdDSA"] }))),
            ("no alg", bench.with_header(json!({ "alg": null }))),
            ("typ JWT", bench.with_header(json!({ "typ": "JWT" }))),
            ("typ of a longer name", bench.with_header(json!({ "typ": "application/at+jwt" }))),
            ("typ in capitals", bench.with_header(json!({ "typ": "AT+JWT" }))),
            ("typ of a logout token", bench.with_header(json!({ "typ": "logout+jwt" }))),
            ("no typ", bench.with_header(json!({ "typ": null }))),
            ("no kid", bench.with_header(json!({ "kid": null }))),
            ("empty kid", bench.with_header(json!({ "kid": "" }))),
            ("kid a path", bench.with_header(json!({ "kid": "../../../../dev/null" }))),
            ("kid a path to ours", bench.with_header(json!({ "kid": format!("./{kid}") }))),
            ("kid SQL", bench.with_header(json!({ "kid": "x' UNION SELECT 'key' --" }))),
            ("kid a command", bench.with_header(json!({ "kid": "key|id" }))),
            ("kid with a NUL", bench.with_header(json!({ "kid": format!("{kid}\0") }))),
            ("kid a number", bench.with_header(json!({ "kid": 0 }))),
            ("kid of another key", bench.with_header(json!({ "kid": bench.other.kid() }))),
            ("jku", bench.with_header(json!({ "jku": "https://attacker.example/jwks.json" }))),
            ("jwk", bench.with_header(json!({ "jwk": attacker }))),
            ("x5u", bench.with_header(json!({ "x5u": "https://attacker.example/x.pem" }))),
            ("x5c", bench.with_header(json!({ "x5c": ["MIIB"] }))),
            ("crit", bench.with_header(json!({ "crit": ["exp"] }))),
            ("crit empty", bench.with_header(json!({ "crit": [] }))),
            ("b64 false", bench.with_header(json!({ "b64": false, "crit": ["b64"] }))),
            ("zip", bench.with_header(json!({ "zip": "DEF" }))),
            ("enc", bench.with_header(json!({ "enc": "A128GCM" }))),
            ("two alg", twice(&format!(r#"{{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"{kid}"}}"#))),
            ("two kid", twice(&format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"x","kid":"{kid}"}}"#))),
            (
                "two kid, one escaped",
                twice(&format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"x","\u006bid":"{kid}"}}"#)),
            ),
            ("header a list", twice("[]")),
            ("header null", twice("null")),
            ("header and more", twice(&format!("{} {{}}", bench.header()))),
        ],
    );
}

#[test]
fn only_our_keys_sign() {
    let bench = Bench::new();
    let (header, claims) = (bench.header().to_string(), bench.claims().to_string());
    let public = bench.keys.current.verifier().public();
    let x = bench.keys.current.verifier().jwk()["x"].as_str().unwrap().to_owned();
    let hs = |secret: &[u8], alg: &str| {
        let header = merged(bench.header(), json!({ "alg": alg })).to_string();
        forge(&header, &claims, &EncodingKey::from_secret(secret), Algorithm::HS256)
    };
    let good = bench.sign(&header, &claims);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let richer = b64(merged(bench.claims(), json!({ "sub": "staff_1" })).to_string());
    let foreign = Keys::of(bench.other.clone()).issue(GRANT, NOW).unwrap();
    refuse_all(
        &bench,
        &[
            ("HS256 with the public key", hs(&public, "HS256")),
            ("HS256 with the public key's text", hs(x.as_bytes(), "HS256")),
            ("HS256 with the JWK set", hs(bench.keys.jwks().to_string().as_bytes(), "HS256")),
            ("HMAC that says EdDSA", hs(&public, "EdDSA")),
            ("HMAC of the empty secret", hs(b"", "HS256")),
            ("another key under our kid", forge(&header, &claims, &bench.other.key, Algorithm::EdDSA)),
            ("another tenant's token", foreign),
            ("stripped signature", signed.to_owned()),
            ("empty signature", format!("{signed}.")),
            ("half a signature", format!("{signed}.{}", b64(&raw[..32]))),
            ("signature of zeros", format!("{signed}.{}", b64([0; 64]))),
            ("signature and a byte", format!("{signed}.{}", b64([raw.as_slice(), &[0]].concat()))),
            ("signature with padding", format!("{good}==")),
            ("signature of other claims", format!("{}.{richer}.{signature}", b64(&header))),
            ("trailing dot", format!("{good}.")),
            ("two trailing dots", format!("{good}..")),
            ("leading dot", format!(".{good}")),
            ("five parts", format!("{good}.a.b")),
            ("white space", format!("{good} ")),
            ("a new line", format!("{good}\n")),
            ("a Bearer left over", format!("Bearer {good}")),
            ("nothing", String::new()),
            ("dots", "..".to_owned()),
            ("no base64", "a!.b!.c!".to_owned()),
            ("Chinese", "积.善.家".to_owned()),
            ("other base64", format!("{}.{}.{signature}", STANDARD_NO_PAD.encode(">>>???"), b64(&claims))),
            (
                "a JSON serialization",
                json!({ "protected": b64(&header), "payload": b64(&claims), "signature": signature })
                    .to_string(),
            ),
            ("huge", format!("{signed}.{}", "A".repeat(1 << 20))),
            ("huge though signed", bench.with_claims(json!({ "pad": "x".repeat(TOKEN_BYTES_MAX) }))),
        ],
    );
}

#[test]
fn no_bit_of_a_token_may_turn() {
    let bench = Bench::new();
    let token = bench.keys.issue(GRANT, NOW).unwrap();
    for place in 0..token.len() {
        for bit in 0..7 {
            let mut bytes = token.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let turned = String::from_utf8(bytes).unwrap();
            assert_eq!(bench.verify(&turned), Err(Code::TokenInvalid), "bit {bit} of byte {place}");
        }
    }
    for end in 0..token.len() {
        assert_eq!(bench.verify(&token[..end]), Err(Code::TokenInvalid), "cut at {end}");
    }
}

#[test]
fn every_claim_is_there_once_and_ours() {
    let bench = Bench::new();
    let mut attacks: Vec<(&str, String)> = ["iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp"]
        .iter()
        .flat_map(|name| {
            let claims = bench.claims().to_string();
            let again = format!("{},\"{name}\":{}}}", &claims[..claims.len() - 1], bench.claims()[name]);
            [
                (*name, bench.with_claims(json!({ *name: null }))),
                (*name, bench.with_claims(json!({ *name: {} }))),
                (*name, bench.with_claims(json!({ *name: "" }))),
                (*name, bench.sign(&bench.header().to_string(), &again)),
            ]
        })
        .collect();
    let now = NOW.unix_seconds();
    let raw = |claims: &str| bench.sign(&bench.header().to_string(), claims);
    attacks.extend([
        ("another issuer", bench.with_claims(json!({ "iss": "https://attacker.example" }))),
        ("issuer with a slash", bench.with_claims(json!({ "iss": format!("{ISSUER}/") }))),
        ("issuer in capitals", bench.with_claims(json!({ "iss": ISSUER.to_uppercase() }))),
        ("issuers", bench.with_claims(json!({ "iss": [ISSUER] }))),
        ("another service", bench.with_claims(json!({ "aud": "merchant" }))),
        ("audiences", bench.with_claims(json!({ "aud": [AUDIENCE, "merchant"] }))),
        ("audience with more", bench.with_claims(json!({ "aud": format!("{AUDIENCE}s") }))),
        ("exp a text", bench.with_claims(json!({ "exp": (now + 300).to_string() }))),
        ("exp a fraction", bench.with_claims(json!({ "exp": now as f64 + 0.5 }))),
        ("exp beyond 64 bits", raw(&bench.claims().to_string().replace(&(now + 300).to_string(), "1e400"))),
        ("exp far away", bench.with_claims(json!({ "exp": i64::MAX }))),
        ("exp a second too far", bench.with_claims(json!({ "exp": now + ACCESS_LIFE_S + 1 }))),
        ("exp before iat", bench.with_claims(json!({ "exp": now - 1 }))),
        ("exp negative", bench.with_claims(json!({ "exp": i64::MIN }))),
        ("iat long ago", bench.with_claims(json!({ "iat": i64::MIN }))),
        ("iat in the future", bench.with_claims(json!({ "iat": now + LEEWAY_S + 1 }))),
        ("nbf in the future", bench.with_claims(json!({ "nbf": now + LEEWAY_S + 1 }))),
        ("nbf at the end of time", bench.with_claims(json!({ "nbf": i64::MAX }))),
        ("claims a list", raw("[]")),
        ("claims a text", raw("\"a\"")),
        ("claims empty", raw("{}")),
        ("claims and more", raw(&format!("{}x", bench.claims()))),
        ("claims deep", raw(&"[".repeat(1_000))),
    ]);
    refuse_all(&bench, &attacks);
}

#[test]
fn time_has_edges_of_five_seconds() {
    let bench = Bench::new();
    let token = bench.keys.issue(GRANT, NOW).unwrap();
    let at = |seconds: i64| bench.keys.verify(&token, AUDIENCE, ISSUER, NOW.plus_seconds(seconds)).err();
    assert_eq!(at(-LEEWAY_S - 1), Some(Code::TokenInvalid));
    assert_eq!(at(-LEEWAY_S), None);
    assert_eq!(at(ACCESS_LIFE_S + LEEWAY_S - 1), None);
    assert_eq!(at(ACCESS_LIFE_S + LEEWAY_S), Some(Code::TokenExpired));
    assert_eq!(at(365 * 86_400), Some(Code::TokenExpired));
    let later = NOW.plus_seconds(3_600);
    assert_eq!(
        bench.keys.verify(&token, "merchant", ISSUER, later),
        Err(Code::TokenInvalid),
        "not for us at all"
    );
    let last = Ts(NOW.plus_seconds(ACCESS_LIFE_S + LEEWAY_S).0 - 1);
    assert!(bench.keys.verify(&token, AUDIENCE, ISSUER, last).is_ok(), "the last microsecond");
    for end in [Ts(i64::MIN), Ts(i64::MAX)] {
        assert!(bench.keys.verify(&token, AUDIENCE, ISSUER, end).is_err());
    }
}

#[test]
fn a_key_changes_without_signing_anybody_out() {
    let (old, new) = (Signer::generate().unwrap(), Signer::generate().unwrap());
    let before = Keys { next: vec![new.verifier().clone()], ..Keys::of(old.clone()) };
    let after = Keys { previous: vec![old.verifier().clone()], ..Keys::of(new.clone()) };
    for (issuing, reading) in [(&before, &before), (&before, &after), (&after, &before), (&after, &after)] {
        let token = issuing.issue(GRANT, NOW).unwrap();
        assert!(reading.verify(&token, AUDIENCE, ISSUER, NOW).is_ok());
    }
    let gone = Keys::of(new);
    let token = before.issue(GRANT, NOW).unwrap();
    assert_eq!(gone.verify(&token, AUDIENCE, ISSUER, NOW), Err(Code::TokenInvalid));
}

#[test]
fn the_jwk_set_holds_public_keys_alone() {
    let keys = Keys {
        next: vec![Signer::generate().unwrap().verifier().clone()],
        ..Keys::of(Signer::generate().unwrap())
    };
    let set = keys.jwks();
    assert_eq!(set["keys"].as_array().unwrap().len(), 2);
    assert_eq!(set["keys"][0]["kid"], keys.current.kid());
    for key in set["keys"].as_array().unwrap() {
        assert!(key.get("d").is_none() && key["alg"] == "EdDSA" && key["use"] == "sig");
    }
}
