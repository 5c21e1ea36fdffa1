//! Pictures made here, good ones and bad ones.

use domain::Code;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, GenericImageView, ImageEncoder, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use sha2::{Digest, Sha256};

use super::*;

const SECRET_PLACE: &[u8] = b"26 deg 35 min N, 111 deg 39 min E";

fn prepare(bytes: &[u8]) -> Result<Prepared, Code> {
    decode::recognise(bytes).and_then(|format| decode::prepare(bytes, format))
}

/// Four quarters of four colours, so that one sees which way is up.
fn quarters(width: u32, height: u32) -> DynamicImage {
    let picture = RgbImage::from_fn(width, height, |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => Rgb([220, 30, 30]),
        (false, true) => Rgb([30, 220, 30]),
        (true, false) => Rgb([30, 30, 220]),
        (false, false) => Rgb([220, 220, 30]),
    });
    picture.into()
}

/// EXIF by hand: the orientation, and where the picture was taken.
fn exif(orientation: u8) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let (first, gps) = (8, 8 + 2 + 2 * 12 + 4);
    let place = gps + 2 + 12 + 4;
    let end = 0_u32.to_le_bytes();
    [
        b"II*\0".to_vec(),
        u32::to_le_bytes(first).to_vec(),
        2_u16.to_le_bytes().to_vec(),
        entry(0x0112, 3, 1, orientation.into()),
        entry(0x8825, 4, 1, gps),
        end.to_vec(),
        1_u16.to_le_bytes().to_vec(),
        entry(0x001c, 7, SECRET_PLACE.len().try_into().unwrap(), place),
        end.to_vec(),
        SECRET_PLACE.to_vec(),
    ]
    .concat()
}

/// The picture in this format, with this EXIF if any.
fn file(picture: &DynamicImage, format: ImageFormat, exif: Option<Vec<u8>>) -> Vec<u8> {
    fn write(picture: &DynamicImage, mut encoder: impl ImageEncoder, exif: Option<Vec<u8>>) {
        if let Some(exif) = exif {
            encoder.set_exif_metadata(exif).unwrap();
        }
        picture.write_with_encoder(encoder).unwrap();
    }
    let mut bytes = Vec::new();
    match format {
        ImageFormat::Jpeg => write(picture, JpegEncoder::new_with_quality(&mut bytes, 95), exif),
        ImageFormat::Png => write(picture, PngEncoder::new(&mut bytes), exif),
        ImageFormat::WebP => write(picture, WebPEncoder::new_lossless(&mut bytes), exif),
        other => panic!("{other:?} is not made here"),
    }
    bytes
}

const FORMATS: [ImageFormat; 3] = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP];

fn read(jpeg: &[u8]) -> DynamicImage {
    assert_eq!(image::guess_format(jpeg).unwrap(), ImageFormat::Jpeg);
    image::load_from_memory(jpeg).unwrap()
}

fn alike(one: Rgba<u8>, other: Rgba<u8>) -> bool {
    one.0.iter().zip(other.0).all(|(a, b)| a.abs_diff(b) < 24)
}

/// Whether the middles of the four quarters have the same colours.
fn same_side_up(one: &DynamicImage, other: &DynamicImage) -> bool {
    let quarter = |picture: &DynamicImage, x: u32, y: u32| {
        picture.get_pixel(picture.width() * x / 4, picture.height() * y / 4)
    };
    [(1, 1), (3, 1), (1, 3), (3, 3)].into_iter().all(|(x, y)| alike(quarter(one, x, y), quarter(other, x, y)))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn every_orientation_comes_out_upright_and_nothing_tells_the_place() {
    let upright = quarters(64, 48);
    for format in FORMATS {
        for orientation in 1..=8_u8 {
            // As the telephone lies, so that turning by the orientation gives the upright picture.
            let lying = match orientation {
                2 => upright.fliph(),
                3 => upright.rotate180(),
                4 => upright.flipv(),
                5 => upright.rotate90().fliph(),
                6 => upright.rotate270(),
                7 => upright.rotate270().fliph(),
                8 => upright.rotate90(),
                _ => upright.clone(),
            };
            let bytes = file(&lying, format, Some(exif(orientation)));
            assert!(contains(&bytes, SECRET_PLACE));
            let prepared = prepare(&bytes).unwrap();
            assert_eq!((prepared.width, prepared.height), (64, 48), "{format:?} {orientation}");
            for jpeg in [&prepared.jpeg, &prepared.thumbnail] {
                assert!(same_side_up(&read(jpeg), &upright), "{format:?} {orientation}");
                assert!(
                    !contains(jpeg, SECRET_PLACE) && !contains(jpeg, b"Exif"),
                    "{format:?} {orientation}"
                );
            }
        }
    }
}

#[test]
fn a_broken_exif_is_no_reason_to_refuse() {
    for exif in [vec![], vec![0; 20], exif(0), exif(9), exif(255), exif(6)[..15].to_vec()] {
        let prepared = prepare(&file(&quarters(64, 48), ImageFormat::Jpeg, Some(exif))).unwrap();
        assert_eq!((prepared.width, prepared.height), (64, 48));
    }
}

#[test]
fn a_large_picture_is_made_small_and_a_small_one_is_left() {
    for ((width, height), full, thumbnail) in [
        ((64, 48), (64, 48), (64, 48)),
        ((600, 400), (600, 400), (480, 320)),
        ((2_048, 1_536), (2_048, 1_536), (480, 360)),
        ((3_000, 1_500), (2_048, 1_024), (480, 240)),
        ((1_000, 5_000), (410, 2_048), (96, 480)),
        ((12_000, 1), (2_048, 1), (480, 1)),
        ((1, 1), (1, 1), (1, 1)),
    ] {
        let prepared = prepare(&file(&quarters(width, height), ImageFormat::Jpeg, None)).unwrap();
        assert_eq!((prepared.width, prepared.height), full, "{width} × {height}");
        let (kept, small) = (read(&prepared.jpeg), read(&prepared.thumbnail));
        assert_eq!((kept.dimensions(), small.dimensions()), (full, thumbnail), "{width} × {height}");
        if height > 1 {
            assert!(same_side_up(&kept, &quarters(width, height)) && same_side_up(&small, &kept));
        }
    }
}

#[test]
fn the_same_picture_has_the_same_name() {
    let bytes = file(&quarters(64, 48), ImageFormat::Png, None);
    let prepared = prepare(&bytes).unwrap();
    assert_eq!(prepared.hash, hex::encode(Sha256::digest(&prepared.jpeg)));
    assert_eq!(prepare(&bytes).unwrap(), prepared);
    assert_ne!(prepare(&file(&quarters(64, 50), ImageFormat::Png, None)).unwrap().hash, prepared.hash);
    assert!(format!("{prepared:?}").len() < 200, "the bytes do not stand in the log");
}

#[test]
fn what_is_transparent_lies_on_white() {
    let glass =
        RgbaImage::from_fn(64, 64, |x, _| if x < 32 { Rgba([0, 0, 0, 0]) } else { Rgba([200, 0, 0, 128]) });
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let kept = read(&prepare(&file(&glass.clone().into(), format, None)).unwrap().jpeg);
        assert!(alike(kept.get_pixel(10, 32), Rgba([255, 255, 255, 255])), "{format:?}");
        assert!(alike(kept.get_pixel(54, 32), Rgba([227, 127, 127, 255])), "{format:?}");
    }
}

#[test]
fn every_kind_of_pixels_is_read() {
    let picture = quarters(64, 48);
    let kinds: [DynamicImage; 7] = [
        picture.to_luma8().into(),
        picture.to_luma_alpha8().into(),
        picture.to_rgba8().into(),
        picture.to_luma16().into(),
        picture.to_luma_alpha16().into(),
        picture.to_rgb16().into(),
        picture.to_rgba16().into(),
    ];
    for kind in kinds {
        let prepared = prepare(&file(&kind, ImageFormat::Png, None));
        assert!(prepared.is_ok(), "{:?}", kind.color());
    }
}

#[test]
fn what_is_no_picture_of_the_three_kinds_is_refused() {
    let mut gif =
        b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;".to_vec();
    gif.resize(200, 0);
    let others: [&[u8]; 8] = [
        b"",
        b"\xff",
        b"\xff\xd8\xff",
        b"<svg onload='alert(1)'/>",
        b"%PDF-1.7",
        &gif,
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"\x89PNG\r\n\x1a\n",
    ];
    for bytes in others {
        assert_eq!(prepare(bytes), Err(Code::PictureUnreadable), "{:?}", bytes.get(..8));
    }
}

/// A PNG that claims this size and holds next to nothing.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = file(&quarters(8, 8), ImageFormat::Png, None);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
    })
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    assert!(prepare(&bomb(8, 8)).is_ok(), "the header is written well");
    for (width, height) in [(30_000, 30_000), (12_001, 8), (8, 12_001), (5_017, 5_017), (i32::MAX as u32, 1)]
    {
        let start = std::time::Instant::now();
        assert_eq!(prepare(&bomb(width, height)), Err(Code::PictureTooLarge), "{width} × {height}");
        assert!(start.elapsed().as_millis() < 500, "{width} × {height}");
    }
    assert_eq!(prepare(&bomb(0, 8)), Err(Code::PictureUnreadable));
    assert_eq!(prepare(&bomb(4_000, 3_000)), Err(Code::PictureUnreadable), "a lie within the limits");
    let mut jpeg = file(&quarters(8, 8), ImageFormat::Jpeg, None);
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0x2e, 0xe0, 0x2e, 0xe0]);
    assert_eq!(prepare(&jpeg), Err(Code::PictureTooLarge), "12000 × 12000");
}

#[test]
fn too_many_bytes_are_not_looked_at() {
    let mut bytes = file(&quarters(8, 8), ImageFormat::Jpeg, None);
    bytes.resize(BYTES_MAX, 0);
    assert!(prepare(&bytes).is_ok());
    bytes.push(0);
    assert_eq!(prepare(&bytes), Err(Code::PictureTooLarge));
}

#[test]
fn a_picture_cut_off_anywhere_is_an_answer_not_a_panic() {
    for format in FORMATS {
        let bytes = file(&noise(120, 90), format, Some(exif(6)));
        for end in (0..bytes.len()).step_by(100).chain(0..60) {
            let code = prepare(&bytes[..end]).err();
            // A JPEG with a small one in front is not whole for that one's end.
            let refused = matches!(code, Some(Code::PictureUnreadable | Code::PictureTooLarge));
            assert!(
                refused || format != ImageFormat::Jpeg && code.is_none(),
                "{format:?} at {end}: {code:?}"
            );
        }
    }
}

#[test]
fn what_stands_between_segments_or_behind_the_end_costs_no_picture() {
    let whole = file(&noise(120, 90), ImageFormat::Jpeg, None);
    for between in [&b""[..], b"\xff"] {
        let bytes = [&whole[..2], between, &whole[2..], b"\0\xff\xda and more"].concat();
        assert!(prepare(&bytes).is_ok(), "{between:?}");
    }
}

#[test]
fn turned_bytes_are_an_answer_not_a_panic() {
    // A generator without a library: what it finds once, it finds again.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for format in FORMATS {
        let good = file(&noise(40, 30), format, Some(exif(6)));
        for _ in 0..300 {
            let mut bytes = good.clone();
            for _ in 0..=next(6) {
                // Mostly the front, where the structure stands.
                let place = if next(2) == 0 { next(bytes.len()) } else { next(bytes.len().min(200)) };
                bytes[place] = u8::try_from(next(256)).unwrap();
            }
            let _any_answer = prepare(&bytes);
        }
    }
}

fn noise(width: u32, height: u32) -> DynamicImage {
    let pixel =
        |x: u32, y: u32| [x * 7 + y * y, x * x + y * 3, x * y].map(|ink| u8::try_from(ink % 256).unwrap());
    RgbImage::from_fn(width, height, |x, y| Rgb(pixel(x, y))).into()
}

#[tokio::test]
async fn a_full_pool_sends_away_and_no_picture_takes_no_place() {
    let picture: Bytes = file(&noise(1_200, 900), ImageFormat::Jpeg, None).into();
    let decoder = Decoder::new(1, 1);
    let mut uploads = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (decoder, picture) = (decoder.clone(), picture.clone());
        uploads.spawn(async move { decoder.prepare(picture).await });
    }
    let mut refused = 0;
    while let Some(answer) = uploads.join_next().await {
        if let Err(refusal) = answer.unwrap() {
            assert_eq!(refusal.code, Code::Busy);
            assert!(refusal.retry_after_s.is_some());
            refused += 1;
        }
    }
    assert!(refused > 0);
    let refusal = decoder.prepare(Bytes::from_static(b"no picture")).await.unwrap_err();
    assert_eq!(refusal.code, Code::PictureUnreadable);
    assert!(decoder.prepare(picture).await.is_ok());
}
