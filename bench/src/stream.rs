//! A streamed tab: from the click to the first frame, and from the page's drawing to the viewer's decoding.
//!
//! The rival for the latter is a bare pair of peer connections in one page of the host's browser, which
//! captures the same tab with its sound: what WebRTC costs without TabSpace. Both keep sound and picture in step,
//! so the picture waits for the sound.

use serde_json::Value;
use tabspace_tests::launch::Launch;
use tabspace_tests::page::Page;
use tabspace_tests::people::{Streaming, VIDEO, ready_to_stream_in, t};
use tabspace_tests::site::PROBE;
use tabspace_tests::wait::PATIENCE;
use tabspace_tests::{Result, extension};

use crate::line::{Line, percentile, print, say};

const TRIES: usize = 20;

/// Frames of each try whose age is read. Where in the screen's frame a capture begins makes up to 17 ms, so that
/// many tries say more than many frames.
const FRAMES: usize = 60;

/// Collects the age of each decoded frame of a video's track in milliseconds, for a number of frames. Read from
/// the track and not from the screen: two browsers draw at different moments, by up to a frame of the screen.
const AGES: &str = "(async (video, frames) => {
    const track = video.srcObject.getVideoTracks()[0].clone();
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    const ages = [];
    while (ages.length < frames) {
        const { value: frame, done } = await reader.read();
        if (done) throw new Error('the stream ended');
        const now = Date.now();
        const seen = readCounter(frame);
        if (seen) ages.push((now % 2 ** 32) - seen.drawnAtMs);
        frame.close();
    }
    track.stop();
    return ages;
})";

/// A bare pair: captures the counter's tab, sends it to itself with VP8 and Opus, and plays it.
const PAIR: &str = "(async () => {
    const captured = await navigator.mediaDevices.getDisplayMedia({
        video: { frameRate: 30, width: { max: 1920 }, height: { max: 1200 } }, audio: true,
    });
    if (!captured.getAudioTracks().length) throw new Error('no sound was captured');
    const [from, to] = [new RTCPeerConnection(), new RTCPeerConnection()];
    from.onicecandidate = ({ candidate }) => candidate && to.addIceCandidate(candidate);
    to.onicecandidate = ({ candidate }) => candidate && from.addIceCandidate(candidate);
    const video = document.createElement('video');
    video.id = 'pair'; video.autoplay = true; video.srcObject = new MediaStream();
    document.body.append(video);
    to.ontrack = ({ track }) => { video.srcObject.addTrack(track); };
    for (const track of captured.getTracks()) {
        const sender = from.addTransceiver(track, { direction: 'sendonly', streams: [captured] });
        if (track.kind === 'audio') continue;
        const vp8 = RTCRtpSender.getCapabilities('video').codecs.filter((codec) => codec.mimeType === 'video/VP8');
        sender.setCodecPreferences(vp8);
    }
    await from.setLocalDescription();
    await to.setRemoteDescription(from.localDescription);
    await to.setLocalDescription();
    await from.setRemoteDescription(to.localDescription);
    window.stopPair = () => {
        window.pairPlays = false; video.remove();
        captured.getTracks().forEach((track) => track.stop()); from.close(); to.close();
    };
    await video.play();
    window.pairPlays = true;
})().catch((error) => { window.pairFailed = String(error); })";

pub(crate) async fn measure() -> Result<()> {
    say("stream: starting a relay, two browsers and a space");
    let launch = Launch::new()
        .extension(extension())
        .argument("--auto-select-tab-capture-source-by-title=Counter");
    let streaming = ready_to_stream_in("bench-stream", launch, Launch::new()).await?;

    let rival = streaming
        .world
        .host
        .open_window(&streaming.world.site.page("/plain"))
        .await?;
    rival.evaluate(PROBE).await?;

    let (mut first_frames, mut ours, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=TRIES {
        streaming.counter.bring_to_front().await?;
        start_pair(&rival).await?;
        bare.extend(ages(&rival, "document.querySelector('#pair')").await?);
        rival.evaluate("stopPair()").await?;

        let first = first_frame(&streaming).await?;
        first_frames.push(first);
        ours.extend(ages(&streaming.guest, VIDEO).await?);
        stop(&streaming).await?;
        say(&format!(
            "stream: try {round} of {TRIES}: first frame after {first:.0} ms"
        ));
    }
    for (metric, share) in [("drawn to decoded, p50", 0.5), ("drawn to decoded, p95", 0.95)] {
        print(&Line {
            bench: "stream",
            metric,
            unit: "ms",
            ours: percentile(&ours, share),
            rival: percentile(&bare, share),
            rival_name: "a bare RTCPeerConnection pair in one page",
            lower_is_better: true,
        });
    }
    for (metric, share) in [
        ("click to first frame, p50", 0.5),
        ("click to first frame, p95", 0.95),
    ] {
        print(&Line {
            bench: "stream",
            metric,
            unit: "ms",
            ours: percentile(&first_frames, share),
            rival: 500.0,
            rival_name: "the goal of 500 ms",
            lower_is_better: true,
        });
    }
    Ok(())
}

async fn start_pair(page: &Page) -> Result<()> {
    // A page may ask for a screen only from a click.
    let click = serde_json::json!({ "expression": PAIR, "userGesture": true });
    page.call("Runtime.evaluate", click).await?;
    page.wait_for("window.pairFailed || window.pairPlays", "the bare pair")
        .await?;
    match page.evaluate("window.pairFailed").await?.as_str() {
        Some(why) => Err(format!("the bare pair does not play: {why}").into()),
        None => Ok(()),
    }
}

async fn ages(page: &Page, video: &str) -> Result<Vec<f64>> {
    let seen: Value = page
        .evaluate_within(PATIENCE, &format!("({AGES})({video}, {FRAMES})"))
        .await?;
    Ok(seen
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_f64)
        .collect())
}

/// Clicks "Stream tab" and returns the milliseconds until the guest's first frame.
async fn first_frame(streaming: &Streaming) -> Result<f64> {
    streaming
        .guest
        .evaluate(&format!(
            "(() => {{ window.firstFrame = undefined; const look = () => {{ const video = {VIDEO};
                if (video?.srcObject) video.requestVideoFrameCallback(() => {{ window.firstFrame = Date.now(); }});
                else requestAnimationFrame(look); }}; look(); }})()"
        ))
        .await?;
    let popup = streaming.world.popup(&streaming.counter).await?;
    // Chrome closes the popup when the capture begins; what it stored stays.
    popup
        .evaluate(
            "addEventListener('click', () => { localStorage.clickedAt = Date.now(); }, { capture: true, once: true })",
        )
        .await?;
    popup.click(&t("stream-tab")).await?;
    streaming
        .guest
        .wait_for("window.firstFrame !== undefined", "the first frame")
        .await?;
    let first = streaming.guest.evaluate("window.firstFrame").await?;
    drop(popup);
    let popup = streaming.world.popup(&streaming.counter).await?;
    let clicked = popup.evaluate("Number(localStorage.clickedAt)").await?;
    popup.close().await?;
    match (clicked.as_f64(), first.as_f64()) {
        (Some(clicked), Some(first)) => Ok(first - clicked),
        _ => Err("the click or the frame has no time".into()),
    }
}

async fn stop(streaming: &Streaming) -> Result<()> {
    let popup = streaming.world.popup(&streaming.counter).await?;
    popup.click(&t("stop-stream")).await?;
    popup
        .wait_for(
            &format!("document.querySelector('{}')", t("stream-tab")),
            "that it ended",
        )
        .await?;
    popup.close().await?;
    streaming
        .guest
        .wait_for(&format!("!{VIDEO}?.srcObject"), "that the stream ended")
        .await
}
