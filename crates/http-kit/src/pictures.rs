//! Pictures over HTTP, alike on both services: reading an upload, and answering with a JPEG.

use actix_multipart::{Field, Multipart};
use actix_web::http::header;
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse};
use domain::Code;
use foundation::pictures::uploads::{Given, Picture};
use foundation::pictures::{BYTES_MAX, Size};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::ApiError;
use crate::answers::Created;
use crate::json::patience;

/// How much of a file that is too large is read and thrown away, so that a usual client hears why before its line is cut.
const DISCARDED_MAX: usize = 3 * BYTES_MAX;

/// An upload.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"file": "(the bytes of a JPEG, PNG or WebP)"}))]
#[expect(dead_code, reason = "it is read by hand; this is how the specification shows it")]
pub struct Upload {
    /// The picture: JPEG, PNG or WebP, at most 10 MB and 24 megapixels.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// A picture that was uploaded.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "pic_01jbr62tryfk1sh9p01j0gre6f", "width": 2048, "height": 1536}))]
pub struct PictureView {
    /// Its id, for `pictureIds` of what it is to belong to.
    pub id: String,
    /// Its width as kept.
    pub width: i32,
    /// Its height as kept.
    pub height: i32,
}

impl From<Picture> for PictureView {
    fn from(p: Picture) -> Self {
        Self { id: p.id.to_string(), width: p.width, height: p.height }
    }
}

impl PictureView {
    /// The answer to an upload.
    pub fn created(picture: Picture) -> Created<Self> {
        let location = format!("/v1/pictures/{}", picture.id);
        Created { body: picture.into(), location, replayed: false }
    }
}

/// Reads an upload: a form with one picture in the field `file`.
pub async fn uploaded(req: &HttpRequest, payload: Payload) -> Result<Bytes, ApiError> {
    let media_type =
        req.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !media_type.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
        return Err(Code::UnsupportedMediaType.into());
    }
    let file = only_file(Multipart::new(req.headers(), payload));
    timeout(patience(BYTES_MAX), file).await.map_err(|_| ApiError::from(Code::MalformedUpload))?
}

/// The bytes of the field `file`, which must be the only one.
async fn only_file(mut form: Multipart) -> Result<Bytes, ApiError> {
    let malformed = || ApiError::from(Code::MalformedUpload);
    let field = form.next().await.ok_or_else(malformed)?.map_err(|_| malformed())?;
    if field.name() != Some("file") {
        return Err(malformed());
    }
    let bytes = read(field).await?;
    match form.next().await {
        None => Ok(bytes),
        Some(_) => Err(malformed()),
    }
}

async fn read(mut field: Field) -> Result<Bytes, ApiError> {
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(|_| ApiError::from(Code::MalformedUpload))?;
        length += chunk.len();
        if length > DISCARDED_MAX {
            break;
        }
        if length > BYTES_MAX {
            bytes = Vec::new();
        } else {
            bytes.extend_from_slice(&chunk);
        }
    }
    if length > BYTES_MAX { Err(Code::PictureTooLarge.into()) } else { Ok(bytes.into()) }
}

/// Which of the two that are kept.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PictureSize {
    /// The picture.
    #[default]
    Full,
    /// The smaller one for lists.
    Thumb,
}

/// Which picture.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct PictureQuery {
    /// `full` if nothing is said.
    #[param(inline)]
    pub size: Option<PictureSize>,
}

impl PictureQuery {
    /// The one that is asked for.
    pub fn size(&self) -> Size {
        match self.size.unwrap_or_default() {
            PictureSize::Full => Size::Full,
            PictureSize::Thumb => Size::Thumbnail,
        }
    }
}

/// The bytes of a JPEG.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary, example = "(the bytes of a JPEG)")]
#[expect(dead_code, reason = "the bytes are sent as they are; this is how the specification shows them")]
pub struct Jpeg(Vec<u8>);

/// Answers with a picture: what everybody may see may be kept for ever, because its name is its content.
pub fn answer(req: &HttpRequest, size: Size, given: Given) -> HttpResponse {
    let suffix = if size == Size::Full { "" } else { "-t" };
    let tag = format!("\"{}{suffix}\"", &given.hash[..24.min(given.hash.len())]);
    let asked = req.headers().get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    let has_it = asked.is_some_and(|list| list.split(',').any(|t| t.trim().trim_start_matches("W/") == tag));
    let mut builder = if has_it { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    builder.insert_header((header::VARY, "Authorization"));
    if given.public {
        builder.insert_header((header::ETAG, tag));
        builder.insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"));
    } else {
        builder.insert_header((header::CACHE_CONTROL, "private, no-store"));
    }
    if has_it { builder.finish() } else { builder.content_type("image/jpeg").body(given.jpeg) }
}
