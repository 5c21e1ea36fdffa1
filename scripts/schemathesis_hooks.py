"""What schemathesis cannot know of this API: which refusals of a well-formed request are matters of the town and not of form.

A specification says what a request looks like. It does not say that a day lies in the future, that a cursor was never given out, that
the bytes of a picture are none. Such refusals have codes of their own; those that speak of form stay failures.
"""

import datetime
import json
import re

import schemathesis

# If one of these answers what the specification allows, the specification says less than the code wants.
OF_FORM = {
    "malformed_json", "malformed_query", "malformed_path", "malformed_header", "unsupported_media_type",
    "body_too_large", "uri_too_long", "method_not_allowed", "idempotency_key_required", "precondition_required", "not_found",
}
# Of the faults of fields, those that a schema could have said. The rest weigh one field against another or against what is kept.
FIELD_FAULTS_OF_FORM = {"unknown_field", "missing", "wrong_form", "unknown_value", "too_short", "too_long", "bad_character", "bad_key"}

# Fields whose faults follow from what is kept: which rule tables are carried, and which decisions a review still needs.
BY_WHAT_IS_KEPT = {"carried", "publish", "grant"}

# What a pattern cannot say of texts: which neighbours a joiner of emoji needs, and what is hidden beyond U+FFFF.
BEYOND_A_PATTERN = re.compile("[\u200D\uFE0E\uFE0F\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]")


def is_beyond_a_pattern(case):
    return BEYOND_A_PATTERN.search(json.dumps([case.body, case.query], ensure_ascii=False, default=str)) is not None


def of_form(field, case):
    if field["code"] in ("bad_character", "too_short") and is_beyond_a_pattern(case):
        return False
    return field["code"] in FIELD_FAULTS_OF_FORM and field["field"] not in BY_WHAT_IS_KEPT


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps what is a failure."""
    if type(failure).__name__ != "RejectedPositiveData":
        return True
    try:
        problem = json.loads(response.content)
        code, fields = problem["code"], problem["fields"]
    except (ValueError, KeyError, TypeError):
        return True
    if code == "invalid":
        return not fields or any(of_form(field, case) for field in fields)
    # A board of a day that has not come is refused as the query that it is.
    if code == "malformed_query" and str((case.query or {}).get("date", "")) > datetime.date.today().isoformat():
        return False
    if code == "malformed_query" and is_beyond_a_pattern(case):
        return False
    return code in OF_FORM


@schemathesis.hook
def map_query(context, query):
    """Lists are mostly asked from their beginning: a made-up cursor is refused before anything is read. One in eight is kept."""
    cursor = query.get("cursor") if query else None
    if isinstance(cursor, str) and len(cursor) <= 512 and len(cursor) % 8:
        return {name: value for name, value in query.items() if name != "cursor"}
    return query
