//! Codes at the door of an event: made from a secret of the event, for one way and one window of time. Which windows count, and how a code
//! is written and compared, says `domain::events`.

use domain::events::{Way, door_code, door_windows, is_door_code};
use domain::{Code, Ts};

use crate::codes::mac;
use crate::tokens::chance;

/// Bytes of the secret of an event.
const SECRET_BYTES: usize = 32;

/// The secret of a new event. Fails only if the system gives no randomness.
pub fn secret() -> Result<Vec<u8>, Code> {
    Ok(chance::<SECRET_BYTES>()?.to_vec())
}

/// The code of a way in a window.
pub fn code(secret: &[u8], way: Way, window: i64) -> String {
    door_code(&mac(secret, &[way.word().as_bytes(), &window.to_be_bytes()]))
}

/// Whether this is a code that counts now.
pub fn opens(secret: &[u8], way: Way, typed: &str, now: Ts) -> bool {
    let [current, before] = door_windows(now).map(|window| is_door_code(&code(secret, way, window), typed));
    current | before
}

#[cfg(test)]
mod tests {
    use domain::time::SECOND;

    use super::*;

    #[test]
    fn a_code_counts_in_its_window_and_the_next_for_its_way_and_its_event() {
        let (mine, other) = (secret().unwrap(), secret().unwrap());
        let now = Ts(1_772_845_200 * SECOND);
        let shown = code(&mine, Way::In, domain::events::door_window(now));
        assert!(opens(&mine, Way::In, &shown, now) && opens(&mine, Way::In, &shown, now.plus_seconds(59)));
        assert!(!opens(&mine, Way::In, &shown, now.plus_seconds(60)));
        assert!(!opens(&mine, Way::In, &shown, Ts(now.0 - 1)));
        assert!(!opens(&mine, Way::Out, &shown, now) && !opens(&other, Way::In, &shown, now));
    }
}
