//! What is asked of the codecs, beside what [`crate::session::description`] asks in writing.

use js_sys::{Array, JsString, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{RtcRtpReceiver, RtcRtpSender, RtcRtpTransceiver};

use super::{object, property};

/// The most that a picture may take, in bits per second: text stays sharp on a local network, and the
/// bandwidth estimate goes below it by itself.
pub const VIDEO_MOST_BPS: u32 = 6_000_000;
/// Frames per second.
pub const FRAME_RATE: u32 = 30;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = RtcRtpTransceiver)]
    type Codecs;
    #[wasm_bindgen(method, catch, js_name = setCodecPreferences)]
    fn prefer(this: &Codecs, codecs: &Array) -> Result<(), JsValue>;

    #[wasm_bindgen(extends = RtcRtpSender)]
    type Parameters;
    #[wasm_bindgen(method, catch, js_name = getParameters)]
    fn read(this: &Parameters) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = setParameters)]
    fn write(this: &Parameters, parameters: &JsValue) -> Result<Promise, JsValue>;
}

/// How a sender of pictures is made.
pub fn video_encodings() -> Array {
    Array::of1(&object([
        ("maxBitrate", VIDEO_MOST_BPS.into()),
        ("maxFramerate", FRAME_RATE.into()),
    ]))
}

/// Puts VP8 before all other codecs: of those that every browser has, it is the fastest from page to viewer
/// in software. A browser without it keeps its own order.
pub fn prefer_vp8(transceiver: &RtcRtpTransceiver) {
    let Some(capabilities) = RtcRtpReceiver::get_capabilities("video") else {
        return;
    };
    let codecs: Array = property(&capabilities, "codecs").unchecked_into();
    let is_vp8 = |codec: &JsValue| {
        property(codec, "mimeType")
            .dyn_into::<JsString>()
            .is_ok_and(|mime| mime.to_lower_case() == "video/vp8")
    };
    let (first, rest): (Vec<JsValue>, Vec<JsValue>) = codecs.iter().partition(is_vp8);
    if !first.is_empty() {
        let ordered: Array = first.into_iter().chain(rest).collect();
        let _ = transceiver.unchecked_ref::<Codecs>().prefer(&ordered);
    }
}

/// When the path gets narrow, frames are dropped before text becomes unreadable.
pub fn keep_resolution(sender: &RtcRtpSender) {
    let sender: &Parameters = sender.unchecked_ref();
    let Ok(parameters) = sender.read() else { return };
    let _ = Reflect::set(
        &parameters,
        &"degradationPreference".into(),
        &"maintain-resolution".into(),
    );
    if let Ok(promise) = sender.write(&parameters) {
        wasm_bindgen_futures::spawn_local(async move {
            // Only a hint: a browser that does not know it sends all the same.
            let _ = super::settled(promise).await;
        });
    }
}

/// Asks for the shortest buffer before playing: a conversation about a page is live.
pub fn play_at_once(receiver: &RtcRtpReceiver) {
    // The standard's name and Chrome's older one; whichever is not known becomes a harmless property.
    let _ = Reflect::set(receiver, &"jitterBufferTarget".into(), &0.into());
    let _ = Reflect::set(receiver, &"playoutDelayHint".into(), &0.into());
}
