//! Plain codes: a QR code of an address, as PNG or SVG.

use std::fmt::Write;

use bytes::Bytes;
use domain::Code;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use qrcode::{Color, EcLevel, QrCode};

/// Modules of white around it, as the standard has it.
const QUIET: usize = 4;
/// Pixels of a module in a PNG: about as wide as WeChat's own.
const SCALE: usize = 16;

/// The modules of a code, row by row; true is dark. A level that bears a fold and a stain.
fn modules(text: &str) -> Result<(usize, Vec<bool>), Code> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| Code::Internal)?;
    Ok((code.width(), code.to_colors().into_iter().map(|color| color == Color::Dark).collect()))
}

/// A code of this text as PNG.
pub fn png(text: &str) -> Result<Bytes, Code> {
    let (width, dark) = modules(text)?;
    let side = (width + 2 * QUIET) * SCALE;
    let pixel = |at: usize| {
        let module = |n: usize| (n / SCALE).checked_sub(QUIET).filter(|n| *n < width);
        match (module(at % side), module(at / side)) {
            (Some(x), Some(y)) if dark[y * width + x] => 0,
            _ => u8::MAX,
        }
    };
    let pixels: Vec<u8> = (0..side * side).map(pixel).collect();
    let mut out = Vec::new();
    let edge = u32::try_from(side).map_err(|_| Code::Internal)?;
    let written = PngEncoder::new(&mut out).write_image(&pixels, edge, edge, ExtendedColorType::L8);
    written.map_err(|_| Code::Internal)?;
    Ok(out.into())
}

/// A code of this text as SVG, one unit a module.
pub fn svg(text: &str) -> Result<Bytes, Code> {
    let (width, dark) = modules(text)?;
    let side = width + 2 * QUIET;
    let mut path = String::new();
    for (y, row) in dark.chunks(width).enumerate() {
        let mut x = 0;
        while let Some(start) = row[x..].iter().position(|dark| *dark).map(|n| n + x) {
            let run = row[start..].iter().take_while(|dark| **dark).count();
            // Writing to a text does not fail.
            let _ = write!(path, "M{} {}h{run}v1h-{run}z", start + QUIET, y + QUIET);
            x = start + run;
        }
    }
    let out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path d=\"{path}\"/></svg>"
    );
    Ok(out.into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "https://points.example.org/c/d=7k2m9qxd4";

    #[test]
    fn a_picture_holds_the_modules_with_white_around_them() {
        let (width, dark) = modules(TEXT).unwrap();
        let picture = image::load_from_memory(&png(TEXT).unwrap()).unwrap().to_luma8();
        let side = width + 2 * QUIET;
        assert_eq!(picture.dimensions(), ((side * SCALE) as u32, (side * SCALE) as u32));
        for y in 0..side {
            for x in 0..side {
                let inside = (QUIET..QUIET + width).contains(&x) && (QUIET..QUIET + width).contains(&y);
                let expected = inside && dark[(y - QUIET.min(y)) * width + x - QUIET.min(x)];
                let at = |n: usize| (n * SCALE + SCALE / 2) as u32;
                assert_eq!(picture.get_pixel(at(x), at(y)).0[0] == 0, expected, "{x} {y}");
            }
        }
        // The three corners that tell a reader where the code is.
        assert!(dark[0] && dark[width - 1] && dark[(width - 1) * width] && !dark[width + 1]);
    }

    #[test]
    fn a_drawing_has_every_dark_module_once() {
        let (width, dark) = modules(TEXT).unwrap();
        let drawn = String::from_utf8(svg(TEXT).unwrap().to_vec()).unwrap();
        let (_, path) = drawn.rsplit_once("d=\"M").unwrap();
        let runs = path.trim_end_matches("\"/></svg>").split('M').map(|run| {
            let (_, rest) = run.split_once('h').unwrap();
            rest.split_once('v').unwrap().0.parse::<usize>().unwrap()
        });
        assert_eq!(runs.sum::<usize>(), dark.iter().filter(|dark| **dark).count());
        assert!(drawn.contains(&format!("viewBox=\"0 0 {0} {0}\"", width + 2 * QUIET)));
    }
}
