//! What a check of content said, for whoever decides.

use domain::content::{Finding, Verdict};
use serde::Serialize;
use utoipa::ToSchema;

/// What a check said.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"verdict": "review", "label": 10001, "labelZh": "广告", "labelEn": "advertising"}))]
pub struct FindingView {
    /// `passed`, `review` (in doubt), `failed` (nobody could look at it), `risky`, or `waiting` (of a picture that is being looked at).
    pub verdict: String,
    /// Why, by WeChat's number; 0 where there is none.
    pub label: i64,
    /// Why, in Chinese; null where there is nothing to say.
    pub label_zh: Option<String>,
    /// Why, in English.
    pub label_en: Option<String>,
}

impl From<Finding> for FindingView {
    fn from(Finding { verdict, label }: Finding) -> Self {
        let names = matches!(verdict, Verdict::Review | Verdict::Risky).then(|| label.names());
        Self {
            verdict: verdict.word().to_owned(),
            label: label.0,
            label_zh: names.map(|(zh, _)| zh.to_owned()),
            label_en: names.map(|(_, en)| en.to_owned()),
        }
    }
}
