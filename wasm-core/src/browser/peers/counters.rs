//! Reads the counters of a peer connection (`RTCStatsReport`).

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::RtcPeerConnection;

use super::super::{Failure, property, settled};
use crate::statistics::{Reading, Route};

/// What was counted until now.
pub(super) async fn read(peer: String, rtc: &RtcPeerConnection) -> Result<Reading, Failure> {
    let report = settled(rtc.get_stats()).await?;
    // A report is a Map that cannot be made: only its methods are there.
    let values: Function = Reflect::get(&report, &"values".into())?.dyn_into()?;
    let entries: Vec<JsValue> = Array::from(&values.call0(&report)?).iter().collect();
    Ok(reading(peer, &Entries(entries)))
}

struct Entries(Vec<JsValue>);

impl Entries {
    fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a JsValue> {
        self.0
            .iter()
            .filter(move |entry| text(entry, "type").as_deref() == Some(kind))
    }

    fn find(&self, id: &str) -> Option<&JsValue> {
        self.0
            .iter()
            .find(|entry| text(entry, "id").as_deref() == Some(id))
    }

    fn referred(&self, entry: &JsValue, name: &str) -> Option<&JsValue> {
        self.find(&text(entry, name)?)
    }
}

fn text(entry: &JsValue, name: &str) -> Option<String> {
    property(entry, name).as_string()
}

fn number(entry: &JsValue, name: &str) -> Option<f64> {
    property(entry, name).as_f64()
}

fn seconds_in_ms(entry: &JsValue, name: &str) -> Option<f64> {
    number(entry, name).map(|seconds| seconds * 1000.0)
}

fn reading(peer: String, entries: &Entries) -> Reading {
    let mut reading = Reading {
        peer,
        ..Reading::default()
    };
    for (kind, bytes, frames) in [
        ("inbound-rtp", "bytesReceived", "framesDecoded"),
        ("outbound-rtp", "bytesSent", "framesEncoded"),
    ] {
        for entry in entries.of_type(kind) {
            reading.bytes += number(entry, bytes).unwrap_or(0.0);
            reading.at_ms = number(entry, "timestamp").unwrap_or(0.0).max(reading.at_ms);
            if text(entry, "kind").as_deref() != Some("video") {
                continue;
            }
            reading.frames = number(entry, frames).unwrap_or(0.0);
            reading.size = pixels(entry, "frameWidth").zip(pixels(entry, "frameHeight"));
            let codec = entries.referred(entry, "codecId");
            let media_type = codec.and_then(|codec| text(codec, "mimeType"));
            reading.codec = media_type.map(|name| name.trim_start_matches("video/").to_owned());
            // The viewer counts what arrives; the host hears of it from the viewer.
            let arrived = entries
                .referred(entry, "remoteId")
                .filter(|_| kind == "outbound-rtp");
            let arrived = arrived.unwrap_or(entry);
            reading.lost = number(arrived, "packetsLost").unwrap_or(0.0);
            let packets = number(arrived, "packetsReceived").or_else(|| number(entry, "packetsSent"));
            reading.packets = packets.unwrap_or(0.0);
            reading.round_trip_ms = seconds_in_ms(arrived, "roundTripTime");
        }
    }
    if let Some(pair) = chosen_pair(entries) {
        let measured = seconds_in_ms(pair, "currentRoundTripTime");
        reading.round_trip_ms = measured.or(reading.round_trip_ms);
        let ends = ["localCandidateId", "remoteCandidateId"];
        let mut relayed = ends.iter().filter_map(|end| entries.referred(pair, end));
        reading.route = Some(
            if relayed.any(|end| text(end, "candidateType").as_deref() == Some("relay")) {
                Route::Relayed
            } else {
                Route::Direct
            },
        );
    }
    reading
}

/// The pair of candidates that the media takes.
fn chosen_pair(entries: &Entries) -> Option<&JsValue> {
    let by_transport = entries
        .of_type("transport")
        .find_map(|transport| entries.referred(transport, "selectedCandidatePairId"));
    // Firefox has no such transport, but marks the pair itself.
    by_transport.or_else(|| {
        entries
            .of_type("candidate-pair")
            .find(|pair| property(pair, "selected").is_truthy())
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a picture's size is a small whole number, and the cast stops at the bounds"
)]
fn pixels(entry: &JsValue, name: &str) -> Option<u32> {
    number(entry, name).map(|size| size as u32)
}
