//! The roster of an event as a file: a workbook, or a sheet to print and sign at the door.

use actix_web::http::header;
use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use community::events::{self, Line, Sheet};
use domain::events::hours;
use domain::ids::EventId;
use domain::time::Zone;
use domain::{Code, Ts};
use http_kit::html::escaped;
use http_kit::json::Params;
use http_kit::who::CurrentStaff;
use http_kit::{ApiError, Tenant};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(export_roster);
}

/// The form of the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SheetFormat {
    /// A workbook.
    #[default]
    Xlsx,
    /// A page to print.
    Html,
}

/// Which form.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `xlsx` if nothing is said.
    #[param(inline)]
    pub format: Option<SheetFormat>,
}

/// The bytes of a workbook.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary, example = "(the bytes of a workbook)")]
#[expect(dead_code, reason = "the bytes are sent as they are; this is how the specification shows them")]
pub struct WorkbookBytes(Vec<u8>);

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Gives the roster of an event out: as a workbook, or as a page to print with a column to sign in. At most 5,000 lines.
#[utoipa::path(tag = "staff events", security(("bearer" = [])), params(("id" = String, Path, description = "The event"), ExportQuery),
    responses((status = 200, description = "The roster", content(
        (WorkbookBytes = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (String = "text/html")))))]
#[get("/events/{id}/export")]
async fn export_roster(
    app: Tenant,
    who: CurrentStaff,
    id: Path<EventId>,
    query: Params<ExportQuery>,
) -> Result<HttpResponse, ApiError> {
    let sheet = events::sheet(&app, &who.0, *id).await?;
    let zone = app.store.zone().clone();
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CACHE_CONTROL, "no-store"));
    if query.0.format.unwrap_or_default() == SheetFormat::Html {
        // A page of other people's words: it runs nothing and fetches nothing.
        answer.insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ));
        answer.insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"));
        return Ok(answer.body(page(&sheet, &zone)));
    }
    let made = actix_web::web::block(move || workbook(&sheet, &zone)).await;
    let bytes = made.ok().and_then(Result::ok).ok_or(ApiError::from(Code::Internal))?;
    let name = format!("attachment; filename=\"{}.xlsx\"", *id);
    answer.insert_header((header::CONTENT_DISPOSITION, name));
    Ok(answer.content_type(XLSX).body(bytes))
}

const COLUMNS: [&str; 9] = ["序号", "姓名", "编号", "单位", "状态", "签到", "签退", "时长（小时）", "签名"];

fn state(line: &Line) -> &'static str {
    match line.sign_up.state.as_str() {
        "confirmed" => "已报名",
        "offered" => "候补待确认",
        "waiting" => "候补",
        _ => "",
    }
}

/// A moment as the clock on the wall shows it.
fn local(at: i64, zone: &Zone) -> String {
    let day = domain::Day::of(Ts(at), zone);
    let minutes = (at - day.starts_at(zone).0).div_euclid(60_000_000);
    format!("{day} {:02}:{:02}", minutes / 60, minutes % 60)
}

/// The cells of a line but for the number and the signature.
fn cells(line: &Line, zone: &Zone) -> [String; 7] {
    let moment = |at: Option<i64>| at.map(|at| local(at, zone)).unwrap_or_default();
    let row = &line.sign_up;
    [
        line.name.clone(),
        line.code.clone().unwrap_or_default(),
        line.unit_name.clone(),
        state(line).to_owned(),
        moment(row.checked_in_at),
        moment(row.checked_out_at),
        row.minutes.map(|minutes| hours(minutes).to_string()).unwrap_or_default(),
    ]
}

/// The workbook. Every cell of words is a text, so that nothing that somebody wrote is a formula.
fn workbook(sheet: &Sheet, zone: &Zone) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold();
    let page = book.add_worksheet();
    page.set_name("名单")?;
    let event = &sheet.event.event;
    page.write_string_with_format(0, 0, &event.title, &bold)?;
    page.write_string(1, 0, format!("{} — {}", local(event.starts_at, zone), local(event.ends_at, zone)))?;
    page.write_string(1, 4, &event.place)?;
    for (column, name) in (0..).zip(COLUMNS) {
        page.write_string_with_format(2, column, name, &bold)?;
    }
    for (number, line) in (1_u32..).zip(&sheet.lines) {
        page.write_number(number + 2, 0, number)?;
        for (column, cell) in (1..).zip(cells(line, zone)) {
            page.write_string(number + 2, column, cell)?;
        }
    }
    page.set_freeze_panes(3, 0)?;
    page.set_column_width(1, 14)?.set_column_width(5, 18)?.set_column_width(6, 18)?;
    book.save_to_buffer()
}

const STYLE: &str = "body{font-family:sans-serif;margin:1cm}table{border-collapse:collapse;width:100%}\
th,td{border:1px solid #000;padding:4px 6px;text-align:left}td:last-child{min-width:4cm}thead{display:table-header-group}";

/// The page to print.
fn page(sheet: &Sheet, zone: &Zone) -> String {
    let event = &sheet.event.event;
    let head: String = COLUMNS.iter().map(|name| format!("<th>{name}</th>")).collect();
    let rows: String = (1..)
        .zip(&sheet.lines)
        .map(|(number, line): (u32, &Line)| {
            let cells: String =
                cells(line, zone).iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
            format!("<tr><td>{number}</td>{cells}<td></td></tr>\n")
        })
        .collect();
    let title = escaped(&event.title);
    let (from, until) = (local(event.starts_at, zone), local(event.ends_at, zone));
    let (unit, place) = (escaped(&sheet.event.unit_name), escaped(&event.place));
    format!(
        "<!doctype html>\n<html lang=\"zh\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head>\n\
         <body><h1>{title}</h1><p>{unit} · {from} — {until} · {place}</p>\n\
         <table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table></body></html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_is_text_on_the_page() {
        assert_eq!(escaped("<b>\"王\" & '李'</b>"), "&lt;b&gt;&quot;王&quot; &amp; &#39;李&#39;&lt;/b&gt;");
        assert_eq!(local(1_772_845_200_000_000, &Zone::shanghai()), "2026-03-07 09:00");
    }
}
