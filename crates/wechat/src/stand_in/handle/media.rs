//! Files that somebody asked about: what is found in them, and when.

use serde::{Deserialize, Serialize};

use super::{ControlError, Handle};
use crate::stand_in::media::{MediaJob, MediaVerdict, fetch};
use crate::stand_in::push::{self, Delivered, How};

/// A file that was looked at, and what became of telling so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinishedMedia {
    /// The file.
    #[serde(flatten)]
    pub job: MediaJob,
    /// The pushes; none where the console has no address.
    pub pushes: Vec<Delivered>,
}

impl Handle {
    /// From now on files are looked at by themselves, so many milliseconds of the real time after they were asked about; or only when told to.
    pub fn set_media_after_ms(&self, after_ms: Option<u64>) {
        self.0.world.lock().media.after_ms = after_ms;
    }

    /// Orders what is found in a file.
    pub fn set_media_verdict(&self, verdict: MediaVerdict) -> Result<(), ControlError> {
        self.0.world.lock().media.order(verdict)
    }

    /// The files that somebody asked about, oldest first.
    pub fn media(&self) -> Vec<MediaJob> {
        self.0.world.lock().media.jobs()
    }

    /// Looks at files in this order and tells each so many times what was found; without ids, at all that nobody has looked at. A file that was
    /// looked at before is only told of.
    pub async fn finish_media(
        &self,
        trace_ids: Option<&[String]>,
        times: u32,
    ) -> Result<Vec<FinishedMedia>, ControlError> {
        let trace_ids = match trace_ids {
            Some(ids) => ids.to_vec(),
            None => self.0.world.lock().media.waiting(),
        };
        let is_known = |id: &String| self.0.world.lock().media.job(id).is_some();
        if !trace_ids.iter().all(is_known) {
            return Err(ControlError::UnknownCheck);
        }
        let mut finished = Vec::new();
        for trace_id in &trace_ids {
            finished.push(self.finish_one(trace_id, times).await?);
        }
        Ok(finished)
    }

    pub(super) async fn finish_one(&self, trace_id: &str, times: u32) -> Result<FinishedMedia, ControlError> {
        let mut job = self.0.world.lock().media.job(trace_id).cloned().ok_or(ControlError::UnknownCheck)?;
        if job.found.is_none() {
            let fetched = fetch(&self.0.http, &job.url).await;
            let mut world = self.0.world.lock();
            let now_us = world.now_us();
            job = world.media.finish(trace_id, fetched, now_us).ok_or(ControlError::UnknownCheck)?;
        }
        let pushes = match (self.console(Some(&job.app_id)), &job.found) {
            (Ok((console, _)), Some(found)) => {
                let how = How { times, ..How::default() };
                self.tell(&console, &push::media_check(&job, found), &how).await?
            }
            _ => Vec::new(),
        };
        Ok(FinishedMedia { job, pushes })
    }
}
