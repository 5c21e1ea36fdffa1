//! From a stranger's bytes to a picture of ours. The format is told by the content, never by a name or a header; the size is read
//! before anything is decoded; and whatever goes wrong inside a decoder is an unreadable picture, not an ended process.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use domain::Code;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult, Limits, Rgb, RgbImage,
};
use sha2::{Digest, Sha256};

use super::{BYTES_MAX, EDGE_MAX, PIXELS_MAX, THUMBNAIL_EDGE_MAX};

/// The longest edge that is decoded: a panorama, but no strip of a pixel's height.
const DECODED_EDGE_MAX: u32 = 12_000;
/// What a decoder may allocate for the pixels.
const ALLOCATION_MAX: u64 = 160 * 1024 * 1024;
/// Where a photograph loses nothing that one sees.
const JPEG_QUALITY: u8 = 85;

/// A picture as it is kept: upright, small, in JPEG, without metadata.
#[derive(Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The SHA-256 of `jpeg`, in hexadecimal.
    pub hash: String,
    /// The width of `jpeg`.
    pub width: u32,
    /// The height of `jpeg`.
    pub height: u32,
    /// The picture.
    pub jpeg: Bytes,
    /// The picture, smaller.
    pub thumbnail: Bytes,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Prepared({} × {}, {})", self.width, self.height, self.hash)
    }
}

/// The format of these bytes, if it is one that is accepted and they are not too many.
pub(super) fn recognise(bytes: &[u8]) -> Result<ImageFormat, Code> {
    if bytes.len() > BYTES_MAX {
        return Err(Code::PictureTooLarge);
    }
    match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) => Ok(format),
        _ => Err(Code::PictureUnreadable),
    }
}

/// The picture in these bytes of this format, as it will be kept.
pub(super) fn prepare(bytes: &[u8], format: ImageFormat) -> Result<Prepared, Code> {
    // Nothing outlives the unwinding that could be left half done.
    let made = catch_unwind(AssertUnwindSafe(|| make(bytes, format)));
    made.unwrap_or_else(|_| {
        tracing::error!(?format, bytes = bytes.len(), "the decoder of pictures panicked");
        Err(Code::PictureUnreadable)
    })
}

fn make(bytes: &[u8], format: ImageFormat) -> Result<Prepared, Code> {
    if format == ImageFormat::Jpeg && !is_whole(bytes) {
        return Err(Code::PictureUnreadable);
    }
    let (decoded, orientation) = decode(bytes, format)?;
    // Turned only when it is small, since turning copies.
    let mut picture = scaled(DynamicImage::ImageRgb8(flattened(decoded)), EDGE_MAX);
    picture.apply_orientation(orientation);
    let jpeg = encoded(&picture)?;
    let (width, height) = (picture.width(), picture.height());
    let thumbnail = encoded(&scaled(picture, THUMBNAIL_EDGE_MAX))?;
    Ok(Prepared { hash: hex::encode(Sha256::digest(&jpeg)), width, height, jpeg, thumbnail })
}

/// Whether a JPEG goes on to its end: the decoder shows one that was cut off as grey from there on. What stands in segments before the
/// picture, such as a small one with an end of its own, does not count, and neither does what a telephone puts behind it.
fn is_whole(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[first, marker, high, low]) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        match (first, marker) {
            // The scan begins: in it 0xff is always followed by something else.
            (0xff, 0xda) => return bytes[at..].windows(2).any(|pair| pair == [0xff, 0xd9]),
            // These are markers alone, and what is none is passed over, as the decoder does.
            (0xff, 0x01 | 0xd0..=0xd8) => at += 2,
            (0xff, 0x02..=0xfe) => at += 2 + usize::from(u16::from_be_bytes([high, low])),
            _ => at += 1,
        }
    }
    false
}

fn decode(bytes: &[u8], format: ImageFormat) -> Result<(DynamicImage, Orientation), Code> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(DECODED_EDGE_MAX);
    limits.max_image_height = Some(DECODED_EDGE_MAX);
    limits.max_alloc = Some(ALLOCATION_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);

    let mut decoder = reader.into_decoder().map_err(why)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX || decoder.total_bytes() > ALLOCATION_MAX {
        return Err(Code::PictureTooLarge);
    }
    // A picture whose metadata is broken is shown as it lies.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(why)?;
    Ok((picture, orientation))
}

fn why(error: ImageError) -> Code {
    match error {
        ImageError::Limits(_) => Code::PictureTooLarge,
        _ => Code::PictureUnreadable,
    }
}

/// The picture on white paper.
fn flattened(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    let mut paper = RgbImage::new(picture.width(), picture.height());
    for (to, from) in paper.pixels_mut().zip(picture.pixels()) {
        let [red, green, blue, alpha] = from.0;
        *to = Rgb([red, green, blue].map(|ink| on_white(ink, alpha)));
    }
    paper
}

/// What one sees of so much ink of this opacity on white, rounded.
fn on_white(ink: u8, alpha: u8) -> u8 {
    let seen = u32::from(ink) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
    u8::try_from((seen + 127) / 255).unwrap_or(u8::MAX)
}

/// The picture with no edge longer than this; a smaller one stays as it is.
fn scaled(picture: DynamicImage, edge_max: u32) -> DynamicImage {
    let edge = picture.width().max(picture.height());
    if edge <= edge_max {
        picture
    } else if edge > 2 * edge_max {
        // Averages blocks: fast, without a copy in floating point, and at this ratio as good as any filter.
        picture.thumbnail(edge_max, edge_max)
    } else {
        picture.resize(edge_max, edge_max, FilterType::Triangle)
    }
}

fn encoded(picture: &DynamicImage) -> Result<Bytes, Code> {
    let mut jpeg = Vec::new();
    let written: ImageResult<()> =
        picture.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY));
    written.map_err(|error| {
        tracing::error!(%error, "a picture could not be written as JPEG");
        Code::Internal
    })?;
    Ok(jpeg.into())
}
