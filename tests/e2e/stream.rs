//! A tab is streamed with its sound, peer to peer.

use serde_json::Value;
use tabspace_tests::page::Page;
use tabspace_tests::site::TONE_HZ;
use tabspace_tests::wait::PATIENCE;
use tabspace_tests::{Failure, PrivatePostgres, Result};

use tabspace_tests::client::Client;
use tabspace_tests::launch::Launch;
use tabspace_tests::loudspeaker::Loudspeaker;
use tabspace_tests::native_viewer::NativeViewer;
use tabspace_tests::people::{
    Streaming, VIDEO, host, ready_to_stream, ready_to_stream_in, ready_to_stream_on, say, shows, t,
};

async fn tone(page: &Page, stream: &str) -> Result<f64> {
    let tone = page
        .evaluate_within(PATIENCE, &format!("measureTone({stream}, 1000)"))
        .await?;
    tone["hz"]
        .as_f64()
        .ok_or_else(|| Failure(format!("no tone: {tone}")))
}

#[tokio::test]
async fn the_guest_sees_and_hears_the_tab_and_the_host_still_hears_it() -> Result<()> {
    let loudspeaker = Loudspeaker::new()?;
    let mut streaming = ready_to_stream_in("stream", host().heard_by(&loudspeaker), Launch::new()).await?;
    streaming.start().await?;
    streaming.guest_sees().await?;
    let heard = tone(&streaming.guest, &format!("{VIDEO}.srcObject")).await?;
    assert!((heard - TONE_HZ).abs() < 5.0, "the guest hears {heard} Hz");
    loudspeaker.wait_for_tone(TONE_HZ).await?;
    streaming.world.picture(&streaming.guest, "guest-watches").await?;

    // Both see who watches.
    let panel = streaming.world.panel().await?;
    for page in [&streaming.guest, &panel] {
        page.wait_for(&shows("watchers", "1 watching"), "that Bob watches")
            .await?;
    }
    streaming.world.picture(&panel, "panel-live").await?;

    // The relay dies and comes back; the stream goes on.
    streaming.world.relay.kill();
    streaming.guest_sees().await?;
    streaming.world.relay.start_again()?;
    streaming.world.is_in(&streaming.guest).await?;
    streaming.guest_sees().await?;
    say(&streaming.guest, "still watching").await?;
    panel.wait_for_text("still watching").await?;

    // The host stops it.
    panel.click(&t("stop-stream")).await?;
    streaming
        .guest
        .wait_for(
            &format!("!{VIDEO} || !{VIDEO}.srcObject"),
            "that the stream ended",
        )
        .await?;
    panel
        .wait_for(
            &format!("!document.querySelector('{}')", t("stop-stream")),
            "that it ended for the host",
        )
        .await?;
    streaming.world.picture(&streaming.guest, "guest-ended").await?;
    Ok(())
}

#[tokio::test]
async fn the_host_sees_what_goes_out_and_mutes_and_pauses_it() -> Result<()> {
    let loudspeaker = Loudspeaker::new()?;
    let streaming = ready_to_stream_in("stream-paused", host().heard_by(&loudspeaker), Launch::new()).await?;
    streaming.start().await?;
    streaming.guest_sees().await?;
    let panel = streaming.world.panel().await?;
    let guest = &streaming.guest;

    // The small picture shows the page: white at its edge, and black cells of the counter.
    let thumbnail = format!(
        "(() => {{ const picture = document.querySelector('{} img'); if (!picture?.naturalWidth) return false; \
         const canvas = new OffscreenCanvas(picture.naturalWidth, picture.naturalHeight); \
         const context = canvas.getContext('2d'); context.drawImage(picture, 0, 0); \
         const data = context.getImageData(0, 0, canvas.width, canvas.height).data; \
         const light = data.filter((_, at) => at % 4 === 1); \
         return light.some((value) => value > 200) && light.some((value) => value < 60); }})()",
        t("thumbnail")
    );
    panel.wait_for(&thumbnail, "the small picture").await?;
    for page in [&panel, guest] {
        page.click(&t("show-details")).await?;
        for line in ["VP8", "Direct", "Mbit/s", "per second"] {
            page.wait_for(&shows("details", line), line).await?;
        }
    }
    streaming.world.picture(&panel, "panel-details").await?;
    streaming.world.picture(guest, "guest-details").await?;

    // Others hear nothing, the host does.
    panel.click(&t("mute-stream")).await?;
    guest
        .wait_for(&shows("host-muted", "Muted by the host"), "that it is muted")
        .await?;
    let silent = format!("measureTone({VIDEO}.srcObject, 400).then((tone) => tone.rms < 0.001)");
    guest.wait_for(&silent, "silence").await?;
    loudspeaker.wait_for_tone(TONE_HZ).await?;

    // Others see nothing either.
    panel.click(&t("pause-stream")).await?;
    let paused = shows("stage-status", "Ada paused the stream");
    guest.wait_for(&paused, "that it is paused").await?;
    let black = format!(
        "(() => {{ const canvas = new OffscreenCanvas(64, 40); const context = canvas.getContext('2d'); \
         context.drawImage({VIDEO}, 0, 0, 64, 40); \
         return context.getImageData(0, 0, 64, 40).data.every((value, at) => at % 4 === 3 || value < 40); }})()"
    );
    guest.wait_for(&black, "a black picture").await?;
    streaming.world.picture(guest, "guest-paused").await?;
    streaming.world.picture(&panel, "panel-paused").await?;

    // It goes on where the page is now.
    panel.click(&t("pause-stream")).await?;
    panel.click(&t("mute-stream")).await?;
    streaming.guest_sees().await?;
    let heard = tone(&streaming.guest, &format!("{VIDEO}.srcObject")).await?;
    assert!((heard - TONE_HZ).abs() < 5.0, "the guest hears {heard} Hz");

    // Who comes while it is paused is told.
    panel.click(&t("pause-stream")).await?;
    guest.wait_for(&paused, "that it is paused again").await?;
    guest.reload().await?;
    guest.wait_for(&paused, "that it is still paused").await
}

#[tokio::test]
async fn closing_the_tab_ends_the_stream_for_both_on_sqlite() -> Result<()> {
    closing_the_tab_ends_the_stream_for_both("stream-closed", &[]).await
}

#[tokio::test]
async fn closing_the_tab_ends_the_stream_for_both_on_postgres() -> Result<()> {
    let postgres = PrivatePostgres::start()?;
    let database = postgres.fresh_database();
    closing_the_tab_ends_the_stream_for_both("stream-closed-postgres", &[("DATABASE_URL", &database)]).await
}

async fn closing_the_tab_ends_the_stream_for_both(name: &str, settings: &[(&str, &str)]) -> Result<()> {
    let streaming = ready_to_stream_on(name, settings).await?;
    let _other = streaming
        .world
        .host
        .open(&streaming.world.site.page("/one"))
        .await?;
    streaming.counter.bring_to_front().await?;
    streaming.start().await?;
    streaming.guest_sees().await?;
    let Streaming {
        world,
        counter,
        guest,
        ..
    } = streaming;
    counter.close().await?;
    guest
        .wait_for(
            &format!("!{VIDEO} || !{VIDEO}.srcObject"),
            "that the stream ended",
        )
        .await?;
    let panel = world.panel().await?;
    panel
        .wait_for(
            &format!("!document.querySelector('{}')", t("stop-stream")),
            "that it ended for the host",
        )
        .await?;
    Ok(())
}

#[tokio::test]
async fn the_media_goes_from_peer_to_peer_and_its_codec_is_vp8_and_opus() -> Result<()> {
    let streaming = ready_to_stream("stream-codec").await?;
    // The page's own connections are counted before the script of the page makes any.
    streaming
        .guest
        .evaluate(
            "(() => { const Real = RTCPeerConnection; window.peers = []; \
             window.RTCPeerConnection = function (...a) { const p = new Real(...a); window.peers.push(p); return p; }; \
             window.RTCPeerConnection.prototype = Real.prototype; })()",
        )
        .await?;
    streaming.start().await?;
    streaming.guest_sees().await?;
    let script = "(async () => { const out = { codecs: [], candidates: [], paths: [] }; \
        for (const peer of window.peers) { const stats = await peer.getStats(); for (const s of stats.values()) { \
          if (s.type === 'codec') out.codecs.push(s.mimeType); \
          if (s.type === 'local-candidate' || s.type === 'remote-candidate') out.candidates.push(s.candidateType); \
          if (s.type === 'candidate-pair' && s.nominated && s.state === 'succeeded' && s.bytesReceived > 0) \
            out.paths.push([s.localCandidateId, s.remoteCandidateId].map((id) => stats.get(id)?.candidateType)); } } \
        return out; })()";
    let stats: Value = streaming.guest.evaluate(script).await?;
    let list = |name: &str| stats[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let has = |name: &str| list("codecs").iter().any(|codec| codec == name);
    assert!(has("video/VP8") && has("audio/opus"), "{stats}");
    // The media came on a path between two candidates, and no candidate is a relay's.
    assert!(!list("paths").is_empty(), "{stats}");
    let candidates = list("candidates");
    assert!(
        !candidates.is_empty() && candidates.iter().all(|kind| kind != "relay"),
        "{stats}"
    );
    Ok(())
}

/// The guest's browser may send nothing but TCP through a proxy, and there is none: no candidate of one side
/// reaches the other. That it takes at most 10 s is tested in simulated time (`session/streams.rs`).
#[tokio::test]
async fn without_a_way_between_the_browsers_both_read_so() -> Result<()> {
    let no_udp = Launch::new().argument("--webrtc-ip-handling-policy=disable_non_proxied_udp");
    let streaming = ready_to_stream_in("stream-no-path", host(), no_udp).await?;
    let panel = streaming.world.panel().await?;
    streaming.start().await?;
    streaming
        .guest
        .wait_for_text("found no way to each other")
        .await?;
    streaming.world.picture(&streaming.guest, "guest-no-path").await?;
    panel.wait_for_text("Somebody cannot receive your stream").await?;
    streaming.world.picture(&panel, "host-no-path").await?;
    // The rest goes on: it is only the media that has no way.
    say(&streaming.guest, "I see nothing").await?;
    panel.wait_for_text("I see nothing").await
}

#[tokio::test]
async fn a_page_of_chrome_cannot_be_streamed_and_says_why() -> Result<()> {
    let streaming = ready_to_stream("stream-refused").await?;
    let version = streaming.world.host.open("chrome://version").await?;
    let popup = streaming.world.popup(&version).await?;
    popup.click(&t("stream-tab")).await?;
    popup
        .wait_for(
            &shows(
                "notice",
                "Chrome does not let its own pages and the Web Store be streamed",
            ),
            "the reason",
        )
        .await?;
    streaming.world.picture(&popup, "cannot-stream").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_native_viewer_receives_the_stream() -> Result<()> {
    let streaming = ready_to_stream("stream-native").await?;
    let (_, secret) = streaming.link.split_once('#').ok_or("the link has no secret")?;
    let (clara, wishes) = Client::arrive(streaming.world.relay.url(), "Clara").await?;
    let mut viewer = NativeViewer::of(clara.clone(), wishes);
    let space = clara.join(secret).await?;
    clara
        .until(space, "Ada", |view| {
            view.people
                .iter()
                .any(|person| person.name == "Ada" && person.here)
        })
        .await?;
    streaming.start().await?;
    let received = viewer.until(50, &["video/vp8", "audio/opus"]).await?;
    assert_eq!(received.len(), 2, "VP8 and Opus, nothing else: {received:?}");
    streaming.guest_sees().await?;
    Ok(())
}
