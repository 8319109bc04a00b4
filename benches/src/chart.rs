//! The chart: CPU time for each sustained call, on a scale of powers of ten.

use crate::{Result, versus::Measured};
use plotters::prelude::*;

const ROW: u32 = 28;
const WIDTH: u32 = 860;

/// Draws it to a file.
pub(crate) fn draw(all: &[Measured], path: &str) -> Result<()> {
    let rows = all.len() as u32;
    let root = SVGBackend::new(path, (WIDTH, ROW * rows + 96)).into_drawing_area();
    root.fill(&WHITE)?;
    let most = all.iter().map(|one| one.cpu).fold(100.0, f64::max) * 1.6;
    let mut chart = ChartBuilder::on(&root)
        .caption("CPU time to time a call, ns (10⁷ calls, everything included)", ("sans-serif", 17))
        .margin(14)
        .x_label_area_size(30)
        .y_label_area_size(200)
        .build_cartesian_2d((10.0..most).log_scale(), (0..rows).into_segmented())?;
    let name = |at: &SegmentValue<u32>| match at {
        SegmentValue::CenterOf(at) => name_at(all, rows, *at),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(all.len())
        .y_label_formatter(&name)
        .x_label_formatter(&|nanos| format!("{nanos:.0}"))
        .label_style(("sans-serif", 13))
        .axis_style(BLACK.mix(0.4))
        .draw()?;
    for (place, one) in (0..rows).rev().zip(all) {
        let color = match &*one.name {
            "two clock reads" => RGBColor(130, 130, 130),
            name if name.starts_with("perfkit") => RGBColor(0, 114, 178),
            _ => RGBColor(213, 94, 0),
        };
        let (below, above) = (SegmentValue::Exact(place), SegmentValue::Exact(place + 1));
        let mut bar = Rectangle::new([(10.0, below), (one.cpu.max(10.5), above)], color.filled());
        bar.set_margin(4, 4, 0, 0);
        let text = EmptyElement::at((one.cpu.max(10.5), SegmentValue::CenterOf(place)))
            + Text::new(format!("{:.0}", one.cpu), (6, -6), ("sans-serif", 13));
        chart.draw_series([bar])?;
        chart.draw_series([text])?;
    }
    root.present()?;
    Ok(())
}

fn name_at(all: &[Measured], rows: u32, place: u32) -> String {
    let from_top = rows.checked_sub(place + 1).and_then(|at| all.get(at as usize));
    from_top.map(|one| one.name.clone()).unwrap_or_default()
}
