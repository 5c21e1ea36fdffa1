//! What is told to the server of an app.

use super::{ControlError, Handle};
use crate::clock::SECOND_US;
use crate::stand_in::push::{
    self, Account, Body, Console, Delivered, How, NamedEvent, PushSettings, SubscriptionAnswer, Verified,
};

/// The most often that one order is carried out.
const TIMES_MAX: u32 = 100;
/// The longest that an order waits before it is carried out, in milliseconds.
const DELAY_MS_MAX: u64 = 60_000;

impl Handle {
    /// From now on the app is told what happens to it, and how.
    pub fn set_push(&self, settings: &PushSettings) -> Result<(), ControlError> {
        let mut world = self.0.world.lock();
        let app_id = world.known_app(settings.app_id.as_deref())?;
        let console = Console::read(settings, app_id.clone())?;
        world.consoles.insert(app_id, console);
        Ok(())
    }

    /// Asks the address of the app to prove itself, as the console does before it takes it.
    pub async fn verify_push(&self, app_id: Option<&str>) -> Result<Verified, ControlError> {
        let (console, now_us) = self.console(app_id)?;
        let question = push::question(&console, now_us.div_euclid(SECOND_US));
        Ok(push::verify(&self.0.http, &console, question).await)
    }

    /// Tells an event as WeChat writes it, and waits for its answers.
    pub async fn push_named(
        &self,
        app_id: Option<&str>,
        event: &NamedEvent,
        how: &How,
    ) -> Result<Vec<Delivered>, ControlError> {
        let (console, now_us) = self.console(app_id)?;
        let body = event.body(&Account { app_id: &console.app_id, at_s: now_us.div_euclid(SECOND_US) });
        self.tell(&console, &body, how).await
    }

    /// Tells an event as somebody has written it; what they left out of its head is filled in.
    pub async fn push_event(
        &self,
        app_id: Option<&str>,
        event: &serde_json::Map<String, serde_json::Value>,
        how: &How,
    ) -> Result<Vec<Delivered>, ControlError> {
        let (console, now_us) = self.console(app_id)?;
        let account = Account { app_id: &console.app_id, at_s: now_us.div_euclid(SECOND_US) };
        self.tell(&console, &push::whole(event, &account)?, how).await
    }

    /// Somebody answers the question whether messages of a template may be sent, and the server is told.
    pub async fn answer_popup(
        &self,
        app_id: Option<&str>,
        openid: &str,
        answer: SubscriptionAnswer,
    ) -> Result<Vec<Delivered>, ControlError> {
        self.console(app_id)?;
        if answer.accepted {
            self.subscribe(app_id, openid, &answer.template)?;
        }
        let event = NamedEvent::Popup { openid: openid.to_owned(), answers: vec![answer], alone: false };
        self.push_named(app_id, &event, &How::default()).await
    }

    /// What became of what was told without being ordered, oldest first.
    pub fn told(&self) -> Vec<Delivered> {
        self.0.world.lock().told.iter().cloned().collect()
    }

    pub(super) async fn tell(
        &self,
        console: &Console,
        event: &Body,
        how: &How,
    ) -> Result<Vec<Delivered>, ControlError> {
        if how.times > TIMES_MAX || how.delay_ms > DELAY_MS_MAX {
            return Err(ControlError::Bad("at most 100 times, and at most a minute later"));
        }
        push::send(&self.0.http, console, event, how, || self.now_us()).await
    }

    /// What the console has for the app, and what time it is.
    pub(super) fn console(&self, app_id: Option<&str>) -> Result<(Console, i64), ControlError> {
        let mut world = self.0.world.lock();
        let app_id = world.known_app(app_id)?;
        let console = world.consoles.get(&app_id).cloned().ok_or(ControlError::NoPush)?;
        Ok((console, world.now_us()))
    }
}
