//! Codes to scan: the one of a deed, an event or a shop, and what a scanned one names.
//!
//! What is public has a public code; what is not has one for those who see it, and the code leads nobody else to it.

use std::sync::Arc;

use bytes::Bytes;
use domain::Code;
use domain::access::Permission;
use domain::deeds::DeedState;
use domain::events::EventState;
use domain::ids::{DeedId, EventId, MerchantId};
use domain::invitations::InvitationCode;
use domain::qr_codes::{Kind, Scene, word_of};
use foundation::{AnyId, App, Result, qr_codes};
use store::Db;
use store::events::calendar;

use crate::deeds::{Eyes, Reader};

/// How many words are drawn for a new code: that all of them are taken does not happen.
const WORDS: usize = 4;

/// What a code is wanted of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// A deed.
    Deed(DeedId),
    /// An event.
    Event(EventId),
    /// A shop.
    Merchant(MerchantId),
}

impl Object {
    fn kind(self) -> Kind {
        match self {
            Self::Deed(_) => Kind::Deed,
            Self::Event(_) => Kind::Event,
            Self::Merchant(_) => Kind::Merchant,
        }
    }
    fn id(self) -> AnyId {
        match self {
            Self::Deed(id) => AnyId::of(id),
            Self::Event(id) => AnyId::of(id),
            Self::Merchant(id) => AnyId::of(id),
        }
    }
    /// What is behind a word.
    fn of(kind: Kind, id: AnyId) -> Option<Self> {
        match kind {
            Kind::Deed => Some(Self::Deed(id.typed())),
            Kind::Event => Some(Self::Event(id.typed())),
            Kind::Merchant => Some(Self::Merchant(id.typed())),
            Kind::Invitation => None,
        }
    }
    /// Its id as everybody writes it.
    fn text(self) -> String {
        match self {
            Self::Deed(id) => id.to_string(),
            Self::Event(id) => id.to_string(),
            Self::Merchant(id) => id.to_string(),
        }
    }
    /// The refusal that there is none.
    const fn missing(self) -> Code {
        match self {
            Self::Deed(_) => Code::DeedNotFound,
            Self::Event(_) => Code::EventNotFound,
            Self::Merchant(_) => Code::ShopNotFound,
        }
    }
}

/// How a picture is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// Of pixels.
    #[default]
    Png,
    /// Drawn: always a plain code.
    Svg,
}

/// The picture of a code.
#[derive(Debug, Clone)]
pub struct Image {
    /// Its bytes.
    pub bytes: Bytes,
    /// How they are to be read.
    pub format: Format,
    /// Whether it is the mini-program's own; a plain one stands in for it.
    pub real: bool,
    /// Whether everybody may have it.
    pub public: bool,
}

impl Image {
    /// The one that WeChat made, or a plain one.
    pub(crate) fn of(
        app: &App,
        scene: &str,
        format: Format,
        real: Option<Bytes>,
        public: bool,
    ) -> Result<Self, Code> {
        let plain = || app.qr_codes.address(scene);
        let (bytes, real) = match (real, format) {
            (Some(bytes), _) => (bytes, true),
            (None, Format::Png) => (qr_codes::png(&plain())?, false),
            (None, Format::Svg) => (qr_codes::svg(&plain())?, false),
        };
        Ok(Self { bytes, format, real, public })
    }
}

/// Whether everybody sees it; `None` if there is no such thing, or none that anybody sees. Beside it, where it is.
fn stands(conn: &mut Db, object: Object) -> Result<Option<Standing>> {
    Ok(match object {
        Object::Deed(id) => match store::deeds::card(conn, id)?.filter(|card| !card.is_withdrawn()) {
            Some(card) => {
                let public = card.state()? == DeedState::Published;
                Some(Standing { public, unit: card.unit, author: Some((card.identity, card.resident)) })
            }
            None => None,
        },
        Object::Event(id) => match store::events::find(conn, id)? {
            Some(event) => {
                let public = match event.state()? {
                    EventState::Draft => false,
                    EventState::Cancelled => calendar::is_shown(conn, id)?,
                    EventState::Published | EventState::Completed => true,
                };
                Some(Standing { public, unit: event.unit, author: None })
            }
            None => None,
        },
        Object::Merchant(id) => {
            let shop = store::merchants::find(conn, id)?;
            shop.map(|shop| Standing { public: shop.takes_part(), unit: shop.unit, author: None })
        }
    })
}

struct Standing {
    public: bool,
    unit: domain::ids::UnitId,
    author: Option<(domain::ids::IdentityId, Option<domain::ids::ResidentId>)>,
}

/// Whether everybody sees it, to who sees it; refused to everybody else.
fn seen(conn: &mut Db, reader: Reader, object: Object, now: domain::Ts) -> Result<bool> {
    let found = stands(conn, object)?.ok_or(foundation::Error::from(object.missing()))?;
    if found.public {
        return Ok(true);
    }
    let eyes = Eyes::open(conn, reader, now)?;
    let own = found.author.is_some_and(|(identity, resident)| eyes.is_author(identity, resident));
    if own || eyes.reaches(conn, Permission::ReadDesk, found.unit)? {
        Ok(false)
    } else {
        Err(object.missing().into())
    }
}

/// The code of something, as the reader may see it.
pub async fn image(app: &Arc<App>, reader: Reader, object: Object, format: Format) -> Result<Image> {
    if matches!(object, Object::Merchant(_)) {
        app.require_merchants()?;
    }
    let now = app.now();
    let (public, word) = app
        .store
        .read(move |conn| {
            let public = seen(conn, reader, object, now)?;
            Ok((public, store::qr_codes::find(conn, object.kind(), object.id())?))
        })
        .await?;
    let word = match word {
        Some(word) => word,
        None => first(app, object).await?,
    };
    let scene = Scene::Public(object.kind(), word).text();
    let real = match format {
        Format::Png => qr_codes::kept_or_made(app, object.kind(), &scene).await?,
        Format::Svg => None,
    };
    Ok(Image::of(app, &scene, format, real, public)?)
}

/// Gives something its word.
async fn first(app: &App, object: Object) -> Result<String> {
    let now = app.now();
    let mut words = Vec::with_capacity(WORDS);
    for _ in 0..WORDS {
        words.push(word_of(foundation::chance()?));
    }
    app.store
        .write_quietly(move |conn| store::qr_codes::make(conn, object.kind(), object.id(), &words, now))
        .await
}

/// Where a plain code leads that a telephone's camera has read.
#[derive(Debug)]
pub struct Way {
    /// What it names.
    pub kind: Kind,
    /// The code of an invitation, which is typed in: WeChat is not told of it.
    pub invitation: Option<InvitationCode>,
    /// The address that opens the mini-program there, if WeChat makes one.
    pub link: Option<Arc<str>>,
}

/// Where the plain code with this scene leads; refused where it leads to nothing that everybody sees.
pub async fn way(app: &App, scene: &str) -> Result<Way> {
    let Named { kind, .. } = resolve(app, Reader::default(), scene).await?;
    let invitation = match Scene::read(scene) {
        Some(Scene::Invitation(code)) => Some(code),
        _ => None,
    };
    let told = invitation.is_none().then_some(scene);
    Ok(Way { kind, link: qr_codes::link(app, kind, told).await, invitation })
}

/// What a scanned code names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What it is.
    pub kind: Kind,
    /// Its id; none of an invitation.
    pub id: Option<String>,
    /// Whether it leads everybody there.
    pub public: bool,
}

/// What a scanned code names, to who may see it. An invitation is named by its code alone, and looked up when it is redeemed, where who tries
/// too many is stopped.
pub async fn resolve(app: &App, reader: Reader, scene: &str) -> Result<Named> {
    let unknown = || foundation::Error::from(Code::QrCodeNotFound);
    let word = match Scene::read(scene).ok_or_else(unknown)? {
        Scene::Invitation(_) => return Ok(Named { kind: Kind::Invitation, id: None, public: true }),
        Scene::Public(kind, _) if kind == Kind::Merchant && !app.merchants => return Err(unknown()),
        Scene::Public(kind, word) => (kind, word),
    };
    let now = app.now();
    app.store
        .read(move |conn| {
            let (kind, word) = word;
            let named = store::qr_codes::object(conn, &word)?.filter(|(found, _)| *found == kind);
            let object = named.and_then(|(kind, id)| Object::of(kind, id)).ok_or_else(unknown)?;
            let public = seen(conn, reader, object, now).map_err(|e| match e {
                foundation::Error::Refused(_) => unknown(),
                other => other,
            })?;
            Ok(Named { kind, id: Some(object.text()), public })
        })
        .await
}
