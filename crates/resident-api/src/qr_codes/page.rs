//! Where a plain code leads who reads it with a telephone's camera: into the mini-program, or to a page that says how to get there.

use actix_web::http::{StatusCode, header};
use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use community::qr_codes::{self, Way};
use domain::Code;
use domain::qr_codes::Kind;
use http_kit::html::escaped;
use http_kit::{ApiError, Tenant};

const STYLE: &str = "body{font:18px/1.6 system-ui,'PingFang SC','Noto Sans CJK SC',sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem;color:#222}\
h1{font-size:1.4rem}p[lang=en]{color:#666;font-size:.9rem}a{display:block;padding:.7rem;border-radius:6px;background:#07803f;color:#fff;text-align:center;text-decoration:none}\
code{font-size:1.3rem;letter-spacing:.05em}";

/// Opens what a plain code names, for who read it with a telephone's camera.
///
/// Leads on to the address that WeChat makes for it; where WeChat makes none, a page says how to open the mini-program. The code of an
/// invitation is shown to be typed in, and told to nobody. What is not public leads to a page that says so, with 404.
#[utoipa::path(tag = "qr codes",
    params(("scene" = String, Path, description = "The scene, as the code carries it", example = "d=7k2m9qxd4", pattern = "^[a-z]=[0-9A-Za-z]{9,12}$")),
    responses((status = 200, description = "How to open it", content_type = "text/html", body = String),
        (status = 302, description = "The mini-program opens"),
        (status = 404, description = "It leads to nothing that everybody sees", content_type = "text/html", body = String)))]
#[get("/c/{scene}")]
pub(crate) async fn open_code(app: Tenant, scene: Path<String>) -> Result<HttpResponse, ApiError> {
    match qr_codes::way(&app, &scene).await {
        Ok(Way { link: Some(link), invitation: None, .. }) => Ok(HttpResponse::Found()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::LOCATION, &*link))
            .finish()),
        Ok(way) => Ok(answer(StatusCode::OK, &how(&way))),
        Err(foundation::Error::Refused(refusal)) if refusal.code == Code::QrCodeNotFound => {
            Ok(answer(StatusCode::NOT_FOUND, &nothing()))
        }
        Err(other) => Err(other.into()),
    }
}

fn answer(status: StatusCode, page: &str) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // The address of an invitation's page holds its code.
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ))
        .content_type("text/html; charset=utf-8")
        .body(page.to_owned())
}

fn page(title: &str, inside: &str) -> String {
    format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>{inside}</body></html>\n"
    )
}

fn nothing() -> String {
    page(
        "此码已失效",
        "<p>它所指的内容不存在，或未公开。</p><p lang=\"en\">What this code named is gone, or is not shown to everybody.</p>",
    )
}

fn how(way: &Way) -> String {
    let title = match way.kind {
        Kind::Deed => "一条善行",
        Kind::Event => "活动签到",
        Kind::Merchant => "商家",
        Kind::Invitation => "家庭邀请",
    };
    let mut inside = String::new();
    if let Some(code) = &way.invitation {
        inside.push_str(&format!(
            "<p>在小程序的“加入家庭”中输入邀请码：</p><p lang=\"en\">Enter this code in the mini-program to join the household:</p><p><code>{}</code></p>",
            escaped(&code.shown())
        ));
    } else {
        inside.push_str("<p>请在微信中打开本地的积分小程序，用其中的“扫一扫”扫描此码。</p><p lang=\"en\">Open the points mini-program of this place in WeChat, and scan this code with it.</p>");
    }
    if let Some(link) = &way.link {
        inside.push_str(&format!(
            "<p><a href=\"{}\">打开小程序 · Open the mini-program</a></p>",
            escaped(link)
        ));
    }
    page(title, &inside)
}
