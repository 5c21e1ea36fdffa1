//! Made pictures: simple scenes of a village or a street, drawn from a number. The same number is always the same picture.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::chance::Chance;

/// How many different pictures there are.
pub const COUNT: u32 = 24;
/// Scenes; the pictures of one stand next to each other.
pub(super) const SCENES: u32 = 8;
/// Width and height in pixels.
pub const SIZE: (u32, u32) = (800, 600);

const W: i32 = 800;
const H: i32 = 600;
const QUALITY: u8 = 82;

type Rgb = [u8; 3];

/// The picture of a number (modulo [`COUNT`]) as JPEG.
pub fn jpeg(n: u32) -> Result<Vec<u8>, image::ImageError> {
    let canvas = draw(n % COUNT);
    let mut out = Vec::with_capacity(64 * 1024);
    JpegEncoder::new_with_quality(&mut out, QUALITY).write_image(
        &canvas.0,
        SIZE.0,
        SIZE.1,
        ExtendedColorType::Rgb8,
    )?;
    Ok(out)
}

/// Rows of red, green and blue.
struct Canvas(Vec<u8>);

fn draw(n: u32) -> Canvas {
    let mut chance = Chance::new(u64::from(n) + 4_096);
    let c = &mut chance;
    let mut canvas = Canvas(vec![0; (W * H * 3) as usize]);
    let season = [[116, 168, 92], [150, 176, 84], [186, 160, 88]][(n % 3) as usize];
    match n / (COUNT / SCENES) {
        0 => courtyard(&mut canvas, c, season),
        1 => street(&mut canvas, c, season),
        2 => park(&mut canvas, c, season),
        3 => night(&mut canvas, c),
        4 => under_the_tree(&mut canvas, c, season),
        5 => room(&mut canvas, c),
        6 => festival(&mut canvas, c),
        _ => river(&mut canvas, c, season),
    }
    canvas
}

fn courtyard(p: &mut Canvas, c: &mut Chance, season: Rgb) {
    p.sky([148, 200, 236], [236, 244, 240], 360);
    p.disc(120 + c.between(0, 500) as i32, 90, 44, [255, 214, 110]);
    p.hills(c, 340, 60, [134, 172, 150]);
    p.rect(0, 360, W, H, season);
    p.house(90, 400, 230, [238, 228, 208], [176, 84, 64]);
    p.house(440, 420, 280, [244, 238, 226], [122, 92, 84]);
    p.rect(0, 470, W, 480, [196, 180, 150]);
    (0..9).for_each(|i| p.flower(40 + i * 86 + c.between(0, 30) as i32, 540 + c.between(0, 40) as i32, c));
    p.tree(380, 470, 150, shade(season, -30));
    p.figure(330, 560, [210, 92, 84]);
}

fn street(p: &mut Canvas, c: &mut Chance, season: Rgb) {
    p.sky([170, 208, 230], [240, 240, 232], 400);
    for i in 0..5 {
        let tone = 176 + c.between(0, 50) as u8;
        p.block(
            i * 170 - 20,
            400,
            150,
            160 + c.between(0, 130) as i32,
            [tone, tone - 14, tone - 26],
            [226, 236, 240],
        );
    }
    p.rect(0, 400, W, H, [150, 150, 152]);
    p.rect(0, 400, W, 430, [206, 200, 190]);
    (0..6).for_each(|i| p.rect(40 + i * 140, 510, 110 + i * 140, 518, [236, 232, 214]));
    (0..4).for_each(|i| p.tree(110 + i * 200, 430, 110, shade(season, -10)));
    for (i, shirt) in [[226, 90, 60], [240, 150, 50], [226, 90, 60]].into_iter().enumerate() {
        let x = 220 + i as i32 * 150 + c.between(0, 40) as i32;
        p.figure(x, 520, shirt);
        p.rect(x + 24, 452, x + 28, 526, [130, 96, 60]);
        p.rect(x + 14, 520, x + 40, 534, [198, 168, 90]);
    }
}

fn park(p: &mut Canvas, c: &mut Chance, season: Rgb) {
    p.sky([160, 206, 226], [244, 242, 226], 380);
    p.disc(640, 110, 40, [255, 226, 140]);
    p.hills(c, 370, 40, shade(season, 20));
    p.rect(0, 380, W, H, season);
    p.rect(0, 480, W, 520, [214, 200, 170]);
    (0..4).for_each(|i| {
        p.tree(70 + i * 220 + c.between(0, 50) as i32, 430 + (i % 2) * 20, 140, shade(season, -36))
    });
    p.rect(300, 440, 480, 452, [150, 108, 66]);
    p.rect(300, 462, 480, 474, [150, 108, 66]);
    p.rect(316, 474, 324, 500, [90, 80, 76]);
    p.rect(456, 474, 464, 500, [90, 80, 76]);
    p.lamp(560, 500, [255, 240, 190]);
    p.figure(350 + c.between(0, 60) as i32, 560, [88, 128, 176]);
}

fn night(p: &mut Canvas, c: &mut Chance) {
    p.sky([22, 30, 62], [64, 72, 110], 420);
    (0..60).for_each(|_| p.disc(c.between(0, 799) as i32, c.between(0, 260) as i32, 1, [230, 230, 250]));
    p.disc(620, 110, 46, [246, 238, 206]);
    p.disc(642, 100, 40, [30, 38, 72]);
    for i in 0..4 {
        p.block(i * 205 - 10, 430, 180, 140 + c.between(0, 120) as i32, [52, 54, 78], [252, 214, 120]);
    }
    p.rect(0, 430, W, H, [58, 60, 72]);
    p.lamp(180, 500, [255, 224, 140]);
    p.lamp(600, 500, [255, 224, 140]);
    for x in [300, 380, 460] {
        p.figure(x + c.between(0, 20) as i32, 560, [60, 84, 120]);
        p.rect(x - 16, 496, x - 4, 506, [214, 54, 54]);
    }
}

fn under_the_tree(p: &mut Canvas, c: &mut Chance, season: Rgb) {
    p.sky([178, 214, 226], [248, 244, 230], 400);
    p.hills(c, 380, 50, shade(season, 30));
    p.rect(0, 400, W, H, shade(season, 10));
    p.house(40, 410, 180, [240, 234, 220], [140, 96, 82]);
    p.rect(470, 240, 510, 470, [112, 82, 58]);
    for (x, y) in [(400, 210), (490, 150), (580, 210), (450, 250), (540, 250)] {
        p.disc(x, y, 84, shade(season, -40 + c.between(0, 14) as i32));
    }
    p.rect(380, 500, 560, 512, [150, 110, 70]);
    p.rect(396, 512, 404, 550, [120, 88, 58]);
    p.rect(536, 512, 544, 550, [120, 88, 58]);
    for (x, shirt) in
        [(330, [196, 90, 90]), (430, [92, 130, 170]), (510, [226, 170, 80]), (620, [110, 150, 110])]
    {
        p.figure(x, 520 + c.between(0, 24) as i32, shirt);
    }
}

fn room(p: &mut Canvas, c: &mut Chance) {
    p.sky([246, 236, 216], [238, 222, 196], 430);
    p.rect(0, 430, W, H, [182, 142, 104]);
    p.rect(90, 90, 330, 290, [126, 96, 70]);
    p.rect(100, 100, 320, 280, [186, 220, 236]);
    p.disc(260, 150, 26, [255, 226, 140]);
    p.rect(206, 100, 214, 280, [126, 96, 70]);
    p.rect(560, 120, 680, 260, [206, 60, 54]);
    p.disc(620, 190, 40, [250, 214, 120]);
    p.rect(300, 440, 560, 458, [136, 92, 58]);
    p.rect(320, 458, 336, 560, [116, 78, 50]);
    p.rect(524, 458, 540, 560, [116, 78, 50]);
    p.disc(400 + c.between(0, 60) as i32, 430, 12, [240, 240, 236]);
    p.figure(250, 540, [150, 150, 164]);
    p.figure(610, 540, [216, 110, 90]);
}

fn festival(p: &mut Canvas, c: &mut Chance) {
    p.sky([250, 226, 190], [250, 240, 224], 380);
    p.hills(c, 360, 60, [196, 170, 150]);
    p.rect(0, 400, W, H, [206, 176, 142]);
    p.rect(120, 160, 680, 200, [196, 48, 44]);
    p.rect(130, 200, 150, 440, [150, 50, 44]);
    p.rect(650, 200, 670, 440, [150, 50, 44]);
    p.rect(120, 430, 680, 470, [160, 116, 80]);
    for i in 0..7 {
        let (x, y) = (180 + i * 74, 236 + (i % 2) * 16);
        p.rect(x - 2, 200, x + 2, y, [190, 150, 60]);
        p.disc(x, y + 20, 22, [220, 60, 48]);
    }
    for i in 0..5 {
        let x = 220 + i * 90 + c.between(0, 16) as i32;
        p.figure(x, 432, [226, 60 + (i * 30) as u8, 80]);
    }
    (0..9).for_each(|i| p.disc(50 + i * 90 + c.between(0, 20) as i32, 580, 34, [92, 84, 84]));
}

fn river(p: &mut Canvas, c: &mut Chance, season: Rgb) {
    p.sky([152, 198, 222], [240, 240, 230], 330);
    p.disc(170, 100, 40, [255, 220, 130]);
    p.hills(c, 320, 110, [120, 156, 150]);
    p.hills(c, 340, 60, shade(season, -10));
    p.rect(0, 350, W, H, [116, 168, 190]);
    for _ in 0..26 {
        let (x, y) = (c.between(0, 760) as i32, c.between(370, 500) as i32);
        p.rect(x, y, x + 46, y + 3, [168, 206, 218]);
    }
    p.rect(0, 510, W, H, shade(season, -6));
    (0..3).for_each(|i| p.tree(80 + i * 300, 520, 130, shade(season, -44)));
    (0..7).for_each(|i| p.disc(260 + i * 34, 520 - (i % 2) * 12, 18, [196, 178, 140]));
    p.figure(560, 570, [236, 120, 50]);
    p.figure(640, 580, [80, 120, 170]);
}

fn shade(colour: Rgb, by: i32) -> Rgb {
    colour.map(|v| u8::try_from((i32::from(v) + by).clamp(0, 255)).unwrap_or(0))
}

impl Canvas {
    /// Fills from `x0`, `y0` up to `x1`, `y1`, as far as it is on the canvas.
    fn rect(&mut self, x0: i32, y0: i32, x1: i32, y1: i32, colour: Rgb) {
        let (x0, x1) = (x0.clamp(0, W), x1.clamp(0, W));
        for y in y0.clamp(0, H)..y1.clamp(0, H) {
            let from = ((y * W + x0) * 3) as usize;
            let to = ((y * W + x1) * 3) as usize;
            self.0
                .get_mut(from..to)
                .unwrap_or_default()
                .chunks_exact_mut(3)
                .for_each(|p| p.copy_from_slice(&colour));
        }
    }

    /// A sky that changes from one colour to another down to `bottom`.
    fn sky(&mut self, from: Rgb, to: Rgb, bottom: i32) {
        for y in 0..H {
            let share = y.min(bottom);
            let mix = |i: usize| {
                let (a, b) = (i32::from(from[i]), i32::from(to[i]));
                u8::try_from((a + (b - a) * share / bottom).clamp(0, 255)).unwrap_or(0)
            };
            self.rect(0, y, W, y + 1, [mix(0), mix(1), mix(2)]);
        }
    }

    fn disc(&mut self, x: i32, y: i32, radius: i32, colour: Rgb) {
        for dy in -radius..=radius {
            let half = f64::from(radius * radius - dy * dy).sqrt() as i32;
            self.rect(x - half, y + dy, x + half + 1, y + dy + 1, colour);
        }
    }

    /// Hills whose ridge walks up and down.
    fn hills(&mut self, c: &mut Chance, base: i32, height: i32, colour: Rgb) {
        let mut from = height / 2;
        for part in 0..8 {
            let to = c.between(0, i64::from(height)) as i32;
            for x in 0..100 {
                // A smooth step from one height to the next.
                let t = f64::from(x) / 100.0;
                let up = f64::from(from) + f64::from(to - from) * t * t * (3.0 - 2.0 * t);
                let x = part * 100 + x;
                self.rect(x, base - up as i32, x + 1, base + 60, colour);
            }
            from = to;
        }
    }

    fn house(&mut self, x: i32, ground: i32, width: i32, wall: Rgb, roof: Rgb) {
        let height = width / 2;
        let top = ground + 60 - height;
        self.rect(x, top, x + width, ground + 60, wall);
        for row in 0..height / 2 {
            let out = 20 - row * (20 + width / 2) / (height / 2).max(1);
            self.rect(x - out, top - row, x + width + out, top - row + 1, roof);
        }
        self.rect(
            x + width / 2 - 18,
            ground + 60 - height / 2,
            x + width / 2 + 18,
            ground + 60,
            shade(roof, -20),
        );
        for at in [x + width / 8, x + width - width / 8 - 40] {
            self.rect(at, top + height / 5, at + 40, top + height / 5 + 36, [176, 210, 224]);
        }
    }

    /// A block of flats with windows.
    fn block(&mut self, x: i32, ground: i32, width: i32, height: i32, wall: Rgb, window: Rgb) {
        self.rect(x, ground - height, x + width, ground, wall);
        for row in 0..height / 44 {
            for column in 0..width / 40 {
                let (wx, wy) = (x + 12 + column * 40, ground - height + 14 + row * 44);
                let lit = if (row * 3 + column * 5 + x) % 4 == 0 { shade(window, -70) } else { window };
                self.rect(wx, wy, wx + 22, wy + 26, lit);
            }
        }
    }

    fn tree(&mut self, x: i32, ground: i32, height: i32, leaves: Rgb) {
        self.rect(x - 7, ground - height / 2, x + 7, ground, [116, 86, 60]);
        let r = height / 3;
        for (dx, dy, lighter) in [(-r / 2, 0, 0), (r / 2, 4, 0), (0, -r / 2, 12)] {
            self.disc(x + dx, ground - height * 2 / 3 + dy, r, shade(leaves, lighter));
        }
    }

    fn flower(&mut self, x: i32, y: i32, c: &mut Chance) {
        self.rect(x - 1, y, x + 2, y + 18, [84, 130, 76]);
        let colour = *c.pick(&[[232, 96, 110], [246, 196, 80], [236, 236, 246]]);
        self.disc(x, y, 8, colour);
        self.disc(x, y, 3, [250, 220, 120]);
    }

    fn lamp(&mut self, x: i32, ground: i32, light: Rgb) {
        self.rect(x - 3, ground - 170, x + 3, ground, [70, 72, 80]);
        self.disc(x, ground - 176, 16, light);
    }

    fn figure(&mut self, x: i32, ground: i32, shirt: Rgb) {
        self.rect(x - 12, ground - 30, x - 2, ground, [70, 74, 92]);
        self.rect(x + 2, ground - 30, x + 12, ground, [70, 74, 92]);
        self.rect(x - 16, ground - 78, x + 16, ground - 28, shirt);
        self.disc(x, ground - 92, 15, [236, 200, 168]);
        self.rect(x - 14, ground - 106, x + 14, ground - 98, [56, 48, 44]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_picture() {
        let pictures: Vec<Vec<u8>> = [0, 1, 8, 23].into_iter().map(|n| jpeg(n).unwrap_or_default()).collect();
        assert_eq!(jpeg(COUNT + 8).ok().as_ref(), pictures.get(2));
        for (i, picture) in pictures.iter().enumerate() {
            assert!(pictures[..i].iter().all(|other| other != picture));
            let read = image::load_from_memory(picture).map(|p| (p.width(), p.height()));
            assert_eq!(read.ok(), Some(SIZE));
        }
    }
}
