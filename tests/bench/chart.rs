//! The cost of a request against the size of the town, as a drawing: a panel for reads and one for writes on each engine, both axes
//! logarithmic, so that a cost that does not grow is a level line.

use std::collections::BTreeSet;
use std::path::Path;

use plotters::coord::combinators::{BindKeyPoints, LogCoord, WithKeyPoints};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::Outcome;
use crate::figures::{Cost, Costs};

/// The drawing, in pixels.
const WIDE: u32 = 1_280;
const HIGH: u32 = 900;
/// Room beside each panel for the names of its lines.
const NAMES: i32 = 210;
/// A name is so high: two may not be closer.
const NAME_HIGH: i32 = 17;
const FONT: (&str, i32) = ("sans-serif", 15);
/// A workload has the same colour on both engines.
const COLOURS: [RGBColor; 12] = [
    RGBColor(31, 119, 180),
    RGBColor(214, 39, 40),
    RGBColor(44, 160, 44),
    RGBColor(148, 103, 189),
    RGBColor(230, 126, 14),
    RGBColor(23, 160, 175),
    RGBColor(140, 86, 75),
    RGBColor(200, 70, 160),
    RGBColor(90, 90, 90),
    RGBColor(150, 150, 20),
    RGBColor(10, 60, 110),
    RGBColor(110, 20, 30),
];

type Panel<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Axis = WithKeyPoints<LogCoord<f64>>;
type Plane<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;
type Line<'a> = (&'a str, &'a Cost, RGBColor);

/// Draws it into a file.
pub fn draw(costs: &Costs, file: &Path) -> Outcome {
    let sizes = range(costs.values().flat_map(|cost| cost.micros.iter().map(|(size, _)| *size)), 1.15);
    let micros = range(costs.values().flat_map(|cost| cost.micros.iter().map(|(_, micros)| *micros)), 1.3);
    let (Some(sizes), Some(micros)) = (sizes, micros) else { return Err("there is nothing to draw".into()) };
    let mut engines: Vec<&str> = costs.keys().map(|(engine, _)| engine.as_str()).collect();
    engines.dedup();
    let all = SVGBackend::new(file, (WIDE, HIGH)).into_drawing_area();
    all.fill(&WHITE)?;
    let all = all.titled(
        "Processor time of a request, its database included, by the size of the town",
        ("sans-serif", 22),
    )?;
    let panels = all.split_evenly((engines.len(), 2));
    for (n, panel) in panels.iter().enumerate() {
        let (engine, is_read) = (engines[n / 2], n % 2 == 0);
        let every =
            costs.iter().filter(|(_, cost)| cost.is_read == is_read).map(|((_, load), _)| load.as_str());
        let every: BTreeSet<&str> = every.collect();
        let line = |(n, load): (usize, &&str)| {
            let key = (engine.to_owned(), (*load).to_owned());
            let ((_, load), cost) = costs.get_key_value(&key)?;
            Some((load.as_str(), cost, COLOURS[n % COLOURS.len()]))
        };
        let lines: Vec<Line<'_>> = every.iter().enumerate().filter_map(line).collect();
        let title = format!("{} on {engine}", if is_read { "reads" } else { "writes and the day" });
        draw_panel(panel, &title, &lines, (sizes, micros))?;
    }
    Ok(all.present()?)
}

/// From the least to the most, with some room on both ends.
fn range(of: impl Iterator<Item = f64>, room: f64) -> Option<(f64, f64)> {
    let (least, most) =
        of.fold((f64::INFINITY, 0.0_f64), |(least, most), one| (least.min(one), most.max(one)));
    (most > 0.0).then_some((least / room, most * room))
}

fn draw_panel(
    panel: &Panel<'_>,
    title: &str,
    lines: &[Line<'_>],
    (sizes, micros): ((f64, f64), (f64, f64)),
) -> Outcome {
    let mut plane = ChartBuilder::on(panel)
        .caption(title, ("sans-serif", 18))
        .margin(8)
        .margin_right(NAMES)
        .x_label_area_size(42)
        .y_label_area_size(62)
        .build_cartesian_2d(
            (sizes.0..sizes.1).log_scale().with_key_points(measured(lines)),
            (micros.0..micros.1).log_scale().with_key_points(round_numbers(micros)),
        )?;
    plane
        .configure_mesh()
        .label_style(FONT)
        .light_line_style(WHITE)
        .bold_line_style(RGBColor(225, 225, 225))
        .x_desc("size, in towns of 38,000 residents")
        .y_desc("µs of processor a request")
        .x_label_formatter(&|size| number(*size))
        .y_label_formatter(&|micros| number(*micros))
        .draw()?;
    for (_, cost, colour) in lines {
        plane.draw_series(LineSeries::new(cost.micros.iter().copied(), colour.stroke_width(2)))?;
        let dot = |at: &(f64, f64)| Circle::new(*at, 4, colour.filled());
        plane.draw_series(cost.micros.iter().map(dot))?;
    }
    draw_names(panel, &plane, lines)
}

/// The sizes that were measured.
fn measured(lines: &[Line<'_>]) -> Vec<f64> {
    let mut sizes: Vec<f64> =
        lines.iter().flat_map(|(_, cost, _)| cost.micros.iter().map(|(size, _)| *size)).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    sizes
}

/// 1, 2, 5, 10, 20 and so on, as far as they lie between.
fn round_numbers((least, most): (f64, f64)) -> Vec<f64> {
    let decades = least.log10().floor() as i32..=most.log10().ceil() as i32;
    let numbers = decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|n| n * 10_f64.powi(decade)));
    numbers.filter(|n| (least..most).contains(n)).collect()
}

fn number(n: f64) -> String {
    if n < 1.0 { format!("{n:.2}") } else { format!("{n:.0}") }
}

/// The name of each line beside its end, with its last cost and how it grows; moved apart where lines end close together.
fn draw_names(panel: &Panel<'_>, plane: &Plane<'_, '_>, lines: &[Line<'_>]) -> Outcome {
    let (right, top) = panel.get_base_pixel();
    let ends = lines.iter().filter_map(|(workload, cost, colour)| {
        let end = *cost.micros.last()?;
        let slope = cost.slope().map_or_else(String::new, |slope| format!(", slope {slope:.2}"));
        Some((plane.backend_coord(&end), *colour, format!("{workload} {:.0}{slope}", end.1)))
    });
    let mut ends: Vec<((i32, i32), RGBColor, String)> =
        ends.map(|((x, y), colour, name)| ((x - right, y - top), colour, name)).collect();
    ends.sort_by_key(|((_, y), ..)| *y);
    let edge = i32::try_from(panel.dim_in_pixel().0)? - NAMES + 12;
    let mut places: Vec<i32> = ends.iter().map(|((_, y), ..)| *y).collect();
    for n in 1..places.len() {
        places[n] = places[n].max(places[n - 1] + NAME_HIGH);
    }
    // Those that were pushed below the panel push the others up again.
    let mut most = i32::try_from(panel.dim_in_pixel().1)? - NAME_HIGH;
    for place in places.iter_mut().rev() {
        *place = (*place).min(most);
        most = *place - NAME_HIGH;
    }
    for ((end, colour, name), y) in ends.into_iter().zip(places) {
        panel.draw(&PathElement::new([(end.0 + 5, end.1), (edge - 4, y)], colour.mix(0.4)))?;
        let style = FONT.into_font().color(&colour).pos(Pos::new(HPos::Left, VPos::Center));
        panel.draw(&Text::new(name, (edge, y), style))?;
    }
    Ok(())
}
