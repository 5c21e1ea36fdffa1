//! A shop's figures: what it sold by day, week or month, on the screen and as a workbook.

use domain::access::ClerkActor;
use domain::period::{Period, Span};
use domain::{Day, FieldFault};
use foundation::{App, Error, Result};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
pub use store::redemptions::figures::Sold;

/// At most this many days are counted at once.
pub const DAYS_MAX: i32 = 400;
/// How many days are counted if nothing is said.
const DAYS_DEFAULT: i32 = 30;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// The first day; thirty days with the last if nothing is said.
    pub from: Option<Day>,
    /// The last day; today if nothing is said.
    pub until: Option<Day>,
    /// A day, a week or a month.
    pub by: Span,
}

/// The figures of a shop. Periods that are only begun are counted whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The first day of the first period.
    pub from: Day,
    /// The last day of the last period.
    pub until: Day,
    /// How long a period is.
    pub by: Span,
    /// Each period by its first day, in order; those in which nothing was sold, too.
    pub periods: Vec<(Day, Sold)>,
    /// All of them together; a customer of two periods is one.
    pub in_all: Sold,
}

/// The figures of the shop that this clerk runs.
pub async fn figures(app: &App, clerk: &ClerkActor, asked: Asked) -> Result<Figures> {
    let merchant = clerk.require_owner()?.merchant;
    let (from, end) = range(&asked, app.store.today())?;
    let by = asked.by;
    app.store
        .read(move |conn| {
            let sold = store::redemptions::figures::by(conn, merchant, by, (from, end))?;
            let in_all = store::redemptions::figures::in_all(conn, merchant, (from, end))?;
            let mut sold = sold.into_iter().peekable();
            let starts = std::iter::successors(Some(from), |start| Period { span: by, start: *start }.end());
            let periods = starts
                .take_while(|start| *start < end)
                .map(|start| match sold.next_if(|(day, _)| *day == start) {
                    Some(found) => found,
                    None => (start, Sold::default()),
                })
                .collect();
            Ok(Figures { from, until: end.plus(-1), by, periods, in_all })
        })
        .await
}

/// The first day of the first period, and the day after the last.
fn range(asked: &Asked, today: Day) -> Result<(Day, Day)> {
    let until = asked.until.unwrap_or(today);
    let from = asked.from.unwrap_or_else(|| until.plus(1 - DAYS_DEFAULT));
    let fault =
        |field: &str, code, zh: &str, en: &str| Err(Error::from(FieldFault::new(field, code, zh, en)));
    if until < from {
        return fault("until", "out_of_order", "结束日期不能早于开始日期", "not before the first day");
    }
    if until.0 - from.0 >= DAYS_MAX {
        return fault("until", "too_long", "一次最多统计 400 天", "at most 400 days at once");
    }
    let end = Period::of(asked.by, until).end().unwrap_or(until);
    Ok((Period::of(asked.by, from).start, end))
}

/// The columns of the workbook.
const COLUMNS: [&str; 8] = [
    "起始日期 From",
    "核销次数 Redemptions",
    "顾客 Customers",
    "新顾客 New",
    "回头客 Returning",
    "积分 Points",
    "实收 Cash (CNY)",
    "让利 Saved (CNY)",
];

/// The figures as an XLSX workbook.
pub fn workbook(figures: &Figures) -> Result<Vec<u8>> {
    write(figures).map_err(|e| Error::corrupt(format!("a workbook cannot be written: {e}")))
}

fn write(figures: &Figures) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("figures")?;
    let bold = Format::new().set_bold();
    for (column, name) in (0..).zip(COLUMNS) {
        sheet.write_with_format(0, column, name, &bold)?;
        sheet.set_column_width(column, 20)?;
    }
    let mut row = 1;
    for (start, sold) in &figures.periods {
        write_row(sheet, row, &start.to_string(), sold)?;
        row += 1;
    }
    write_row(sheet, row, "合计 In all", &figures.in_all)?;
    book.save_to_buffer()
}

fn write_row(sheet: &mut Worksheet, row: u32, start: &str, sold: &Sold) -> Result<(), XlsxError> {
    // A cell is a number to whoever adds them up; hundredths are exact in it up to far more than a shop sells.
    let (money, count) = (Format::new().set_num_format("0.00"), Format::new().set_num_format("0"));
    let hundredths = |n: i64| n as f64 / 100.0;
    sheet.write(row, 0, start)?;
    let counts = [sold.redemptions, sold.customers, sold.new_customers, sold.returning()];
    for (column, n) in (1..).zip(counts) {
        sheet.write_with_format(row, column, n as f64, &count)?;
    }
    let saved = sold.list.fen() - sold.cash.fen();
    let amounts = [sold.points.hundredths(), sold.cash.fen(), saved];
    for (column, n) in (5..).zip(amounts) {
        sheet.write_with_format(row, column, hundredths(n), &money)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(from: &str, until: &str, by: Span) -> Asked {
        Asked { from: Some(from.parse().unwrap()), until: Some(until.parse().unwrap()), by }
    }

    #[test]
    fn a_range_is_whole_periods_and_has_an_end() {
        let told = |asked: &Asked| range(asked, Day(20_514)).map(|(a, b)| (a.to_string(), b.to_string()));
        let whole = told(&asked("2026-02-11", "2026-03-02", Span::Month)).unwrap();
        assert_eq!(whole, ("2026-02-01".to_owned(), "2026-04-01".to_owned()));
        let weeks = told(&asked("2026-03-03", "2026-03-03", Span::Week)).unwrap();
        assert_eq!(weeks, ("2026-03-02".to_owned(), "2026-03-09".to_owned()));
        let by_default = told(&Asked { from: None, until: None, by: Span::Day }).unwrap();
        assert_eq!(by_default, ("2026-02-01".to_owned(), "2026-03-03".to_owned()));
        assert!(told(&asked("2026-03-03", "2026-03-02", Span::Day)).is_err());
        assert!(told(&asked("2025-01-01", "2026-03-02", Span::Day)).is_err());
    }

    #[test]
    fn a_workbook_is_one() {
        let sold = Sold { redemptions: 2, customers: 1, new_customers: 1, ..Sold::default() };
        let day: Day = "2026-03-02".parse().unwrap();
        let figures =
            Figures { from: day, until: day, by: Span::Day, periods: vec![(day, sold)], in_all: sold };
        let bytes = workbook(&figures).unwrap();
        assert!(bytes.starts_with(b"PK"), "a workbook is a zip");
    }
}
