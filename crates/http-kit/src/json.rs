//! Strict bodies and queries: JSON only, at most 64 KiB unless an operation takes more, unknown fields refused, limits checked; a fault names the field.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::rt::time::timeout;
use actix_web::{FromRequest, HttpRequest, web};
use domain::{Code, FieldFault, Refusal};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use validator::Validate;

use crate::problem::ApiError;
use crate::strict::Strict;

/// The largest JSON body, where an operation says nothing else.
pub const BODY_MAX: usize = 64 * 1024;
/// The longest query.
pub const QUERY_MAX: usize = 2 * 1024;

/// A JSON body that was read and whose limits were checked.
#[derive(Debug, Clone)]
pub struct Body<T, const MAX: usize = BODY_MAX> {
    /// The value.
    pub value: T,
    /// SHA-256 of the bytes.
    pub hash: [u8; 32],
}

impl<T: DeserializeOwned + Validate + 'static, const MAX: usize> FromRequest for Body<T, MAX> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type =
            req.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_json = essence == "application/json";
        let bytes = web::Payload::from_request(req, payload);
        Box::pin(async move {
            if !is_json {
                return Err(Code::UnsupportedMediaType.into());
            }
            let payload = bytes.await.map_err(|_| ApiError::from(Code::MalformedJson))?;
            let bytes = read(payload, MAX).await?;
            let value = parse::<T>(&bytes)?;
            Ok(Self { value, hash: Sha256::digest(&bytes).into() })
        })
    }
}

/// How long a body of at most so many bytes may take to arrive: on a poor line it does, and from who only holds a line open it does not.
pub const fn patience(max: usize) -> Duration {
    Duration::from_secs(10 + (max / (16 * 1024)) as u64)
}

/// Reads a body up to a limit.
pub async fn read(payload: web::Payload, max: usize) -> Result<web::Bytes, ApiError> {
    match timeout(patience(max), payload.to_bytes_limited(max)).await {
        Ok(Ok(Ok(bytes))) => Ok(bytes),
        Ok(Err(_)) => Err(Code::BodyTooLarge.into()),
        Ok(Ok(Err(_))) | Err(_) => Err(Code::MalformedJson.into()),
    }
}

/// Reads JSON and checks limits.
pub fn parse<T: DeserializeOwned + Validate>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut de = serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_path_to_error::deserialize(Strict(&mut de)).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() {
            Refusal::field(data_fault(&path, &inner.to_string()))
        } else {
            Code::MalformedJson.into()
        }
    })?;
    de.end().map_err(|_| ApiError::from(Code::MalformedJson))?;
    check(&value)?;
    Ok(value)
}

fn data_fault(path: &str, message: &str) -> FieldFault {
    let message = message.split(" at line ").next().unwrap_or(message);
    let code = match message {
        m if m.starts_with("unknown field") => "unknown_field",
        m if m.starts_with("missing field") => "missing",
        m if m.starts_with("duplicate field") => "duplicate",
        m if m.starts_with("unknown variant") => "unknown_value",
        _ => "wrong_form",
    };
    // serde names the field of unknown and missing ones in its message only.
    let named =
        message.split('`').nth(1).filter(|_| matches!(code, "unknown_field" | "missing" | "duplicate"));
    let path = match (path, named) {
        (".", Some(name)) => name.to_owned(),
        (path, Some(name)) if !path.ends_with(name) => format!("{path}.{name}"),
        (path, _) => path.to_owned(),
    };
    let zh = match code {
        "unknown_field" => "没有这个字段",
        "missing" => "缺少此字段",
        "duplicate" => "字段重复",
        "unknown_value" => "不是允许的取值",
        _ => "格式不正确",
    };
    FieldFault::new(path, code, zh, message)
}

/// Checks the limits that a type declares.
pub fn check<T: Validate>(value: &T) -> Result<(), ApiError> {
    let Err(errors) = value.validate() else { return Ok(()) };
    let mut fields = Vec::new();
    collect("", &errors, &mut fields);
    Err(Refusal { code: Code::Invalid, fields, retry_after_s: None }.into())
}

fn collect(prefix: &str, errors: &validator::ValidationErrors, out: &mut Vec<FieldFault>) {
    use validator::ValidationErrorsKind as Kind;
    for (name, kind) in errors.errors() {
        let path = if prefix.is_empty() { camel(name) } else { format!("{prefix}.{}", camel(name)) };
        match kind {
            Kind::Struct(inner) => collect(&path, inner, out),
            Kind::List(items) => {
                for (i, inner) in items {
                    collect(&format!("{path}[{i}]"), inner, out);
                }
            }
            Kind::Field(faults) => {
                for fault in faults {
                    let bound = |key: &str| fault.params.get(key).map(ToString::to_string);
                    let long = fault.code == "length";
                    let (zh, en) = match (bound("min"), bound("max")) {
                        (Some(min), Some(max)) if long => {
                            (format!("长度应在 {min} 到 {max} 之间"), format!("between {min} and {max} long"))
                        }
                        (Some(min), None) if long => {
                            (format!("长度至少 {min}"), format!("at least {min} long"))
                        }
                        (None, Some(max)) if long => {
                            (format!("长度最多 {max}"), format!("at most {max} long"))
                        }
                        (Some(min), Some(max)) => {
                            (format!("应在 {min} 到 {max} 之间"), format!("between {min} and {max}"))
                        }
                        (Some(min), None) => (format!("不小于 {min}"), format!("at least {min}")),
                        (None, Some(max)) => (format!("不大于 {max}"), format!("at most {max}")),
                        (None, None) => ("不符合要求".to_owned(), "not as required".to_owned()),
                    };
                    out.push(FieldFault::new(path.clone(), "out_of_range", zh, en));
                }
            }
        }
    }
}

fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut up = false;
    for c in name.chars() {
        if c == '_' {
            up = true;
        } else if up {
            out.extend(c.to_uppercase());
            up = false;
        } else {
            out.push(c);
        }
    }
    out
}

/// Parameters of the query; unknown ones are refused.
#[derive(Debug, Clone)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Params<T> {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(query(req.query_string()).map(Self))
    }
}

/// Reads the parameters of a query and checks limits; a fault names the parameter.
pub fn query<T: DeserializeOwned + Validate>(text: &str) -> Result<T, ApiError> {
    let malformed = |fields| Refusal { code: Code::MalformedQuery, fields, retry_after_s: None };
    let pairs = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(text.as_bytes()));
    let value: T = serde_path_to_error::deserialize(pairs).map_err(|error| {
        let path = error.path().to_string();
        malformed(vec![data_fault(&path, &error.into_inner().to_string())])
    })?;
    value.validate().map_err(|errors| {
        let mut fields = Vec::new();
        collect("", &errors, &mut fields);
        malformed(fields)
    })?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Wanted {
        #[validate(range(min = 1, max = 100))]
        page_limit: Option<u32>,
        unit: domain::ids::UnitId,
    }

    #[test]
    fn a_malformed_query_names_the_parameter() {
        let unit = domain::ids::UnitId::new();
        let good: Wanted = query(&format!("unit={unit}&pageLimit=3")).unwrap();
        assert_eq!((good.unit, good.page_limit), (unit, Some(3)));
        for (text, field, code) in [
            (format!("unit={unit}&colour=red"), "colour", "unknown_field"),
            ("pageLimit=3".to_owned(), "unit", "missing"),
            (format!("unit={unit}&unit={unit}"), "unit", "duplicate"),
            ("unit=deed_1".to_owned(), "unit", "wrong_form"),
            (format!("unit={unit}&pageLimit=many"), "pageLimit", "wrong_form"),
            (format!("unit={unit}&pageLimit=0"), "pageLimit", "out_of_range"),
        ] {
            let refusal = query::<Wanted>(&text).unwrap_err().refusal().clone();
            let fields: Vec<_> = refusal.fields.iter().map(|f| (f.field.as_str(), f.code)).collect();
            assert_eq!((refusal.code, fields), (Code::MalformedQuery, vec![(field, code)]), "{text}");
        }
    }
}
