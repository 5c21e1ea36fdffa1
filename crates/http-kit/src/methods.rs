//! What answers a request that no operation takes: 405 with the methods that the address has, or 404 where it has none.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use domain::Code;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::PathItem;

use crate::problem::ApiError;

/// The methods of every address of an API.
#[derive(Debug, Clone, Default)]
pub struct Methods(Vec<(Vec<Segment>, Vec<&'static str>)>);

#[derive(Debug, Clone)]
enum Segment {
    Word(String),
    Any,
}

impl Methods {
    /// Those of a specification.
    pub fn of(openapi: &OpenApi) -> Self {
        let rows = openapi.paths.paths.iter().map(|(path, item)| (segments(path), methods(item)));
        Self(rows.collect())
    }

    /// The methods of this address. Routes are guarded by their methods, so that one that looks more special hides no other.
    fn at(&self, path: &str) -> Vec<&'static str> {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |template: &[Segment]| {
            template.len() == parts.len()
                && template.iter().zip(&parts).all(|(segment, part)| match segment {
                    Segment::Word(word) => word == part,
                    Segment::Any => !part.is_empty(),
                })
        };
        let found = self.0.iter().filter(|(template, _)| fits(template)).flat_map(|(_, methods)| methods);
        let mut found: Vec<_> = found.copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Refuses a request.
    pub fn refuse(&self, req: &HttpRequest) -> HttpResponse {
        let allowed = self.at(req.path());
        if allowed.is_empty() {
            return ApiError::from(Code::NotFound).error_response();
        }
        let mut response = ApiError::from(Code::MethodNotAllowed).error_response();
        if let Ok(allow) = header::HeaderValue::from_str(&allowed.join(", ")) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }
}

fn segments(path: &str) -> Vec<Segment> {
    let segment =
        |part: &str| if part.starts_with('{') { Segment::Any } else { Segment::Word(part.to_owned()) };
    path.split('/').map(segment).collect()
}

fn methods(item: &PathItem) -> Vec<&'static str> {
    let has = [
        ("GET", &item.get),
        ("PUT", &item.put),
        ("POST", &item.post),
        ("DELETE", &item.delete),
        ("PATCH", &item.patch),
    ];
    has.into_iter().filter(|(_, operation)| operation.is_some()).map(|(method, _)| method).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Methods {
        Methods(vec![
            (segments("/v1/deeds"), vec!["GET", "POST"]),
            (segments("/v1/deeds/{id}"), vec!["GET", "PUT"]),
            (segments("/v1/deeds/popular"), vec!["POST"]),
        ])
    }

    #[test]
    fn an_address_has_the_methods_of_every_route_that_fits() {
        assert_eq!(known().at("/v1/deeds"), ["GET", "POST"]);
        assert_eq!(known().at("/v1/deeds/x"), ["GET", "PUT"]);
        assert_eq!(known().at("/v1/deeds/popular"), ["GET", "POST", "PUT"]);
    }

    #[test]
    fn an_unknown_address_has_none() {
        for path in ["/v1", "/v1/deeds/", "/v1/deeds/x/y", "/"] {
            assert!(known().at(path).is_empty(), "{path}");
        }
    }
}
