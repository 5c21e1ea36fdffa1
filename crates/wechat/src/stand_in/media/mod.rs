//! Pictures and sounds that somebody asked about: each is a job, which is finished when it is told to, or by itself after a while.
//!
//! To finish a job is to fetch the file, to find what somebody has ordered to be found, and to push it. A job that is finished is not looked at
//! again; finishing it once more pushes the same event, as WeChat does when it repeats itself.

mod download;

use std::collections::VecDeque;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::ControlError;
use crate::Suggestion;
use crate::clock::SECOND_US;

pub(super) use self::download::{Fetched, fetch};

/// The last so many jobs are remembered.
const JOBS_MAX: usize = 10_000;
/// Orders of what is found that are remembered.
const RULES_MAX: usize = 10_000;
/// For so long the same person does not ask about the same file again. How long WeChat means by it is not documented.
const REPEAT_US: i64 = 60 * SECOND_US;
/// What WeChat says where it could not fetch the file.
const NOT_FETCHED: i64 = -1008;
/// What may be wrong with a file, and that nothing is.
const LABELS: [i64; 5] = [NOTHING, 20_001, 20_002, 20_006, OTHER];
const NOTHING: i64 = 100;
const OTHER: i64 = 21_000;

/// What is found in a file: by its SHA-256, by a part of its address, or in the next ones that are asked about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaVerdict {
    /// The file of this SHA-256, in hexadecimal digits.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Files with this in their address.
    #[serde(default)]
    pub url: Option<String>,
    /// So many files that are asked about next.
    #[serde(default)]
    pub next: Option<u32>,
    /// What WeChat advises.
    pub suggest: Suggestion,
    /// WeChat's number for why; 100 for what passes and 21000 for the rest, if not told.
    #[serde(default)]
    pub label: Option<i64>,
}

/// What WeChat advises, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Advice {
    suggest: Suggestion,
    label: i64,
}

/// A file that somebody asked about.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaJob {
    /// The id that whoever asked was answered with.
    pub trace_id: String,
    /// The app that asked.
    pub app_id: String,
    /// Whose file it is.
    pub openid: String,
    /// Where it is.
    pub url: String,
    /// 1 for a sound, 2 for a picture.
    pub media_type: i64,
    /// Where it is shown, as WeChat counts.
    pub scene: i64,
    /// When, in microseconds since 1970 by the stand-in's clock.
    pub asked_us: i64,
    /// What is found in it whatever it is.
    #[serde(skip)]
    ordered: Option<Advice>,
    /// What was found; nothing as long as nobody has looked.
    pub found: Option<MediaFound>,
}

/// What came of looking at a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaFound {
    /// 0, or -1008 where it could not be fetched.
    pub errcode: i64,
    /// What WeChat advises; nothing where it could not be fetched.
    pub suggest: Option<Suggestion>,
    /// Why.
    pub label: Option<i64>,
    /// The SHA-256 of what was fetched, in hexadecimal digits.
    pub sha256: Option<String>,
    /// How much was fetched.
    pub bytes: Option<usize>,
    /// When, in seconds since 1970 by the stand-in's clock.
    pub at_s: i64,
}

/// It names somebody, and an address may be signed.
impl fmt::Debug for MediaJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaJob")
            .field("trace_id", &self.trace_id)
            .field("found", &self.found)
            .finish_non_exhaustive()
    }
}

enum Rule {
    Sha256(String, Advice),
    Url(String, Advice),
}

#[derive(Default)]
pub(super) struct Media {
    jobs: VecDeque<MediaJob>,
    rules: Vec<Rule>,
    next: VecDeque<Advice>,
    /// After how many milliseconds of the real time a job finishes by itself.
    pub(super) after_ms: Option<u64>,
}

/// What somebody asks about.
pub(super) struct Asked<'a> {
    pub(super) app_id: &'a str,
    pub(super) openid: &'a str,
    pub(super) url: &'a str,
    pub(super) media_type: i64,
    pub(super) scene: i64,
}

impl Media {
    /// Whether the same person has asked about the same file a moment ago.
    pub(super) fn has_just_been_asked(&self, asked: &Asked<'_>, now_us: i64) -> bool {
        let is_same =
            |job: &MediaJob| job.url == asked.url && job.openid == asked.openid && job.app_id == asked.app_id;
        self.jobs.iter().rev().any(|job| is_same(job) && (now_us - job.asked_us).abs() < REPEAT_US)
    }

    pub(super) fn ask(&mut self, asked: &Asked<'_>, trace_id: String, now_us: i64) {
        if self.jobs.len() >= JOBS_MAX {
            self.jobs.pop_front();
        }
        self.jobs.push_back(MediaJob {
            trace_id,
            app_id: asked.app_id.to_owned(),
            openid: asked.openid.to_owned(),
            url: asked.url.to_owned(),
            media_type: asked.media_type,
            scene: asked.scene,
            asked_us: now_us,
            ordered: self.next.pop_front(),
            found: None,
        });
    }

    /// Orders what is found.
    pub(super) fn order(&mut self, verdict: MediaVerdict) -> Result<(), ControlError> {
        let MediaVerdict { sha256, url, next, suggest, label } = verdict;
        let implied = if suggest == Suggestion::Pass { NOTHING } else { OTHER };
        let advice = Advice { suggest, label: label.unwrap_or(implied) };
        if !LABELS.contains(&advice.label) {
            return Err(ControlError::Bad("a file is labelled 100, 20001, 20002, 20006 or 21000"));
        }
        if self.rules.len() + self.next.len() + next.unwrap_or(0) as usize > RULES_MAX {
            return Err(ControlError::Bad("that is more than anybody orders"));
        }
        match (sha256, url, next) {
            (Some(sha256), None, None) => self.rules.push(Rule::Sha256(sha256.to_ascii_lowercase(), advice)),
            (None, Some(part), None) if !part.is_empty() => self.rules.push(Rule::Url(part, advice)),
            (None, None, Some(times)) => self.next.extend((0..times).map(|_| advice)),
            _ => return Err(ControlError::Bad("a verdict is by one of sha256, url and next")),
        }
        Ok(())
    }

    pub(super) fn jobs(&self) -> Vec<MediaJob> {
        self.jobs.iter().cloned().collect()
    }

    pub(super) fn job(&self, trace_id: &str) -> Option<&MediaJob> {
        self.jobs.iter().rev().find(|job| job.trace_id == trace_id)
    }

    /// The ids of what nobody has looked at, oldest first.
    pub(super) fn waiting(&self) -> Vec<String> {
        self.jobs.iter().filter(|job| job.found.is_none()).map(|job| job.trace_id.clone()).collect()
    }

    /// Keeps what was found, unless somebody was faster; the job as it is now.
    pub(super) fn finish(
        &mut self,
        trace_id: &str,
        fetched: Option<Fetched>,
        now_us: i64,
    ) -> Option<MediaJob> {
        let job = self.jobs.iter().rev().find(|job| job.trace_id == trace_id)?;
        let advice = fetched.as_ref().map(|fetched| self.advise(job, fetched));
        let job = self.jobs.iter_mut().rev().find(|job| job.trace_id == trace_id)?;
        job.found.get_or_insert_with(|| MediaFound {
            errcode: if fetched.is_some() { 0 } else { NOT_FETCHED },
            suggest: advice.map(|advice| advice.suggest),
            label: advice.map(|advice| advice.label),
            bytes: fetched.as_ref().map(|fetched| fetched.bytes),
            sha256: fetched.map(|fetched| fetched.sha256),
            at_s: now_us.div_euclid(SECOND_US),
        });
        Some(job.clone())
    }

    /// What was ordered last counts.
    fn advise(&self, job: &MediaJob, fetched: &Fetched) -> Advice {
        let by_rule = self.rules.iter().rev().find_map(|rule| match rule {
            Rule::Sha256(sha256, advice) => (*sha256 == fetched.sha256).then_some(*advice),
            Rule::Url(part, advice) => job.url.contains(part).then_some(*advice),
        });
        job.ordered.or(by_rule).unwrap_or(Advice { suggest: Suggestion::Pass, label: NOTHING })
    }
}
