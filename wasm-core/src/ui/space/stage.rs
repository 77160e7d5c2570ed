//! A stream on the stage: the picture with everybody's pointers, and below it who streams what.

use std::rc::Rc;

use protocol::{Millis, Role};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, HtmlElement, HtmlVideoElement, MediaStream};
use yew::prelude::*;

use crate::command::Command;
use crate::language::Key;
use crate::ui::backend::Source;
use crate::ui::clock;
use crate::ui::parts::{Button, Icon, IconButton, Kind, LiveBadge, Name};
use crate::ui::say::{count, rich, say, say_with};
use crate::ui::space::details::Details;
use crate::ui::space::may;
use crate::ui::space::pointers::Pointers;
use crate::view::{MediaView, SpaceView, StreamView};

/// A pointer is sent at most this often: 30 times a second.
const POINT_EVERY_MS: i64 = 33;

/// What the stage needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The space.
    pub view: Rc<SpaceView>,
    /// The stream.
    pub stream: StreamView,
    /// Where wishes go and the picture comes from.
    pub source: Source,
}

/// Plays with sound if the browser lets it; else muted, and says so.
async fn play(video: HtmlVideoElement, on_muted: Callback<bool>) {
    video.set_muted(false);
    let attempt = match video.play() {
        Ok(promise) => JsFuture::from(promise).await,
        Err(error) => Err(error),
    };
    let Err(error) = attempt else {
        return on_muted.emit(false);
    };
    // Another picture came before this one played: that one has its own attempt.
    if error
        .dyn_ref::<js_sys::Error>()
        .is_some_and(|error| error.name() == "AbortError")
    {
        return;
    }
    video.set_muted(true);
    on_muted.emit(true);
    if let Ok(promise) = video.play() {
        let _ = JsFuture::from(promise).await;
    }
}

/// Where a mouse is in the picture, 0 to 1; `None` beside it.
fn place(video: &HtmlVideoElement, event: &MouseEvent) -> Option<(f32, f32)> {
    let frame = video.get_bounding_client_rect();
    if frame.width() <= 0.0 || frame.height() <= 0.0 {
        return None;
    }
    let x = (f64::from(event.client_x()) - frame.left()) / frame.width();
    let y = (f64::from(event.client_y()) - frame.top()) / frame.height();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a place in a picture needs no more precision"
    )]
    ((0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y)).then_some((x as f32, y as f32))
}

/// What is to be said instead of the picture.
fn status(stream: &StreamView) -> Option<String> {
    let key = if stream.here {
        Key::YouAreLive
    } else {
        match stream.media {
            MediaView::Off => Key::StreamOff,
            MediaView::Connecting => Key::StreamConnecting,
            MediaView::Playing if stream.paused => {
                return Some(say_with(Key::StreamPaused, &[("name", &stream.name)]));
            }
            MediaView::Playing => return None,
            MediaView::Interrupted => Key::StreamInterrupted,
            MediaView::NoPath => Key::NoPath,
        }
    };
    Some(say(key).to_owned())
}

/// The stage.
#[component]
pub fn Stage(props: &Props) -> Html {
    let Props { view, stream, source } = props;
    let (video, frame, stage) = (use_node_ref(), use_node_ref(), use_node_ref());
    let (muted, detailed) = (use_state(|| false), use_state(|| false));
    let pointed = use_mut_ref(|| Millis(0));
    let media: Option<MediaStream> = source.0.media(stream.stream);
    let on_muted = {
        let muted = muted.clone();
        Callback::from(move |now| muted.set(now))
    };
    use_effect_with(media.as_ref().map(MediaStream::id), {
        let (video, media, on_muted) = (video.clone(), media.clone(), on_muted.clone());
        move |_| {
            if let Some(video) = video.cast::<HtmlVideoElement>() {
                video.set_src_object(media.as_ref());
                if media.is_some() {
                    spawn_local(play(video, on_muted));
                }
            }
        }
    });
    // The frame has the picture's own shape, so that pointers lie on the picture, not on the bars beside it.
    let fit = {
        let (video, frame) = (video.clone(), frame.clone());
        Callback::from(move |_: Event| {
            if let (Some(video), Some(frame)) =
                (video.cast::<HtmlVideoElement>(), frame.cast::<HtmlElement>())
                && video.video_height() > 0
            {
                let ratio = f64::from(video.video_width()) / f64::from(video.video_height());
                let _ = frame.style().set_property("--ratio", &ratio.to_string());
            }
        })
    };
    let may_point = may(view, Role::Commenter) && media.is_some() && !stream.here;
    let onmousemove = {
        let (video, source, pointed, id) = (video.clone(), source.clone(), pointed.clone(), stream.stream);
        move |event: MouseEvent| {
            let now = clock::now();
            if !may_point || now.since(*pointed.borrow()) < POINT_EVERY_MS {
                return;
            }
            if let Some(video) = video.cast::<HtmlVideoElement>() {
                *pointed.borrow_mut() = now;
                source.wish(Command::Point {
                    stream: id,
                    at: place(&video, &event),
                });
            }
        }
    };
    let onmouseleave = {
        let (source, id) = (source.clone(), stream.stream);
        move |_: MouseEvent| {
            if may_point {
                source.wish(Command::Point { stream: id, at: None });
            }
        }
    };
    let unmute = {
        let (video, muted) = (video.clone(), muted.clone());
        move |_: MouseEvent| {
            if let Some(video) = video.cast::<HtmlVideoElement>() {
                video.set_muted(!video.muted());
                muted.set(video.muted());
                if video.paused() {
                    let _ = video.play();
                }
            }
        }
    };
    let full = {
        let stage = stage.clone();
        move |_: MouseEvent| {
            if let Some(stage) = stage.cast::<Element>() {
                let _ = stage.request_fullscreen();
            }
        }
    };
    let again = {
        let (source, id) = (source.clone(), stream.stream);
        move |_: MouseEvent| source.wish(Command::Watch(id))
    };
    let details = {
        let detailed = detailed.clone();
        move |_: MouseEvent| detailed.set(!*detailed)
    };
    let status = status(stream);
    let retry = matches!(stream.media, MediaView::NoPath | MediaView::Off) && !stream.here;
    let line = [
        ("name", html! { <bdi class="strong">{stream.name.clone()}</bdi> }),
        ("what", html! { <bdi class="strong">{stream.title.clone()}</bdi> }),
    ];
    html! {
        <figure class="stage" ref={stage} data-testid="stage">
            <div class="picture" {onmousemove} {onmouseleave}>
                <div class="frame" ref={frame}>
                    <video ref={video} autoplay=true playsinline=true onloadedmetadata={fit.clone()} onresize={fit} data-testid="stage-video" aria-label={stream.title.clone()}></video>
                    if status.is_none() || stream.here { <Pointers pointers={stream.pointers.clone()} /> }
                </div>
                if let Some(status) = &status {
                    <div class="stage-status" role="status" data-testid="stage-status">
                        if stream.media == MediaView::Connecting { <span class="spinner" aria-hidden="true"></span> }
                        if stream.paused && stream.media == MediaView::Playing { <Icon name={Name::Pause} class="large" /> }
                        <p>{status}</p>
                        if retry {
                            <Button onclick={again} testid="watch-again">{ say(if stream.media == MediaView::Off { Key::Watch } else { Key::TryAgain }) }</Button>
                        }
                    </div>
                }
                if *detailed { <Details stream={stream.stream} source={source.clone()} /> }
                if *muted && stream.audio && !stream.muted && media.is_some() && status.is_none() {
                    <Button kind={Kind::Primary} icon={Name::Muted} class="click-for-sound" onclick={unmute.clone()} testid="click-for-sound">{ say(Key::ClickForSound) }</Button>
                }
            </div>
            <figcaption class="controls">
                if !stream.paused { <LiveBadge /> }
                <span class="small clip grow">{ rich(if stream.yours { Key::YouStream } else { Key::Streams }, &line) }</span>
                <span class="small muted flex wide-only" data-testid="watchers"><Icon name={Name::Eye} class="small" />{ count(Key::Watching, stream.watchers.len(), &[]) }</span>
                if stream.muted && !stream.paused {
                    <span class="small muted flex" data-testid="host-muted"><Icon name={Name::Muted} class="small" />{ say(Key::HostMuted) }</span>
                } else if stream.audio && media.is_some() {
                    <IconButton icon={if *muted { Name::Muted } else { Name::Sound }} label={say(Key::Mute)} pressed={*muted} onclick={unmute} testid="mute" />
                }
                <IconButton icon={Name::Info} label={say(Key::Details)} expanded={*detailed} onclick={details} testid="show-details" />
                <IconButton icon={Name::Full} label={say(Key::FullScreen)} onclick={full} testid="full-screen" />
                if stream.yours || may(view, Role::Owner) {
                    <Button kind={Kind::Live} testid="stop-stream" onclick={
                        let (source, id) = (source.clone(), stream.stream);
                        move |_: MouseEvent| source.wish(Command::StopStream(id))
                    }>{ say(Key::Stop) }</Button>
                }
            </figcaption>
        </figure>
    }
}
