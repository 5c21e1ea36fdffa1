//! Pictures made in the test.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

/// A picture of this size in this format; `n` makes it unlike others.
pub fn made(n: u32, width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let shade = |x: u32, y: u32| Rgb([(x * 7 + n * 31) as u8, (y * 5 + n * 17) as u8, (x + y + n) as u8]);
    let picture = RgbImage::from_fn(width, height, shade);
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).expect("a picture can be written");
    out.into_inner()
}

/// A small JPEG.
pub fn jpeg(n: u32) -> Vec<u8> {
    made(n, 64, 48, ImageFormat::Jpeg)
}
