//! A stream in short, for the side panel: who streams what, who watches; at the host what goes out, and the
//! controls.

use std::rc::Rc;

use protocol::Role;
use yew::prelude::*;

use crate::command::Command;
use crate::language::Key;
use crate::ui::backend::Source;
use crate::ui::parts::{Button, Icon, IconButton, Kind, LiveBadge, Name, People};
use crate::ui::say::{count, say, say_with};
use crate::ui::space::details::Details;
use crate::ui::space::{faces, may};
use crate::view::{MediaView, SpaceView, StreamView};

/// What the card needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The space.
    pub view: Rc<SpaceView>,
    /// The stream.
    pub stream: StreamView,
    /// Where wishes go, and the small picture comes from.
    pub source: Source,
}

/// The card.
#[component]
pub fn StreamCard(props: &Props) -> Html {
    let Props { view, stream, source } = props;
    let detailed = use_state(|| false);
    let title = if stream.here && stream.paused {
        say(Key::YouPaused).to_owned()
    } else if stream.here {
        say(Key::YouAreLive).to_owned()
    } else if stream.yours {
        say(Key::YouAreLiveElsewhere).to_owned()
    } else if stream.paused {
        say_with(Key::StreamPaused, &[("name", &stream.name)])
    } else {
        say_with(Key::IsLive, &[("name", &stream.name)])
    };
    let trouble = match stream.media {
        MediaView::NoPath if stream.here => Some(Key::NoPathHost),
        MediaView::Interrupted => Some(Key::StreamInterrupted),
        _ => None,
    };
    let stops = stream.yours || may(view, Role::Owner);
    let wish = |command: Command| {
        let source = source.clone();
        Callback::from(move |_: MouseEvent| source.wish(command.clone()))
    };
    let pause = wish(Command::PauseStream {
        stream: stream.stream,
        paused: !stream.paused,
    });
    let mute = wish(Command::MuteStream {
        stream: stream.stream,
        muted: !stream.muted,
    });
    let details = {
        let detailed = detailed.clone();
        Callback::from(move |_: MouseEvent| detailed.set(!*detailed))
    };
    html! {
        <section class="stream-card" data-testid="stream-card" aria-label={title.clone()}>
            <div class="stream-line">
                if stream.here { <Thumbnail stream={stream.clone()} source={source.clone()} /> }
                <div class="grow">
                    <div class="flex">
                        if !stream.paused { <LiveBadge /> }
                        <span class="strong clip">{title.clone()}</span>
                    </div>
                    <bdi class="small muted clip block-line">{stream.title.clone()}</bdi>
                    <div class="small muted flex watchers" data-testid="watchers">
                        <Icon name={Name::Eye} class="small" />{ count(Key::Watching, stream.watchers.len(), &[]) }
                        <People people={faces(view, &stream.watchers)} />
                    </div>
                    if let Some(trouble) = trouble { <p class="small warn-text" role="status">{ say(trouble) }</p> }
                </div>
                if stops && !stream.here { <Stop onclick={wish(Command::StopStream(stream.stream))} /> }
            </div>
            if stream.here {
                <div class="stream-controls">
                    <Button icon={if stream.paused { Name::Play } else { Name::Pause }} onclick={pause} testid="pause-stream">
                        { say(if stream.paused { Key::ResumeStream } else { Key::PauseStream }) }
                    </Button>
                    if stream.audio {
                        <IconButton icon={if stream.muted { Name::Muted } else { Name::Sound }} label={say(Key::MuteStream)}
                            pressed={stream.muted} onclick={mute} testid="mute-stream" />
                    }
                    <IconButton icon={Name::Info} label={say(Key::Details)} expanded={*detailed} onclick={details} testid="show-details" />
                    <span class="grow"></span>
                    <Stop onclick={wish(Command::StopStream(stream.stream))} />
                </div>
            }
            if stream.here && *detailed { <Details stream={stream.stream} source={source.clone()} /> }
        </section>
    }
}

/// What stopping needs.
#[derive(Clone, PartialEq, Properties)]
struct StopProps {
    onclick: Callback<MouseEvent>,
}

#[component]
fn Stop(props: &StopProps) -> Html {
    html! {
        <Button kind={Kind::Live} icon={Name::Stop} onclick={props.onclick.clone()} testid="stop-stream">{ say(Key::Stop) }</Button>
    }
}

/// What the small picture needs.
#[derive(Clone, PartialEq, Properties)]
struct ThumbnailProps {
    stream: StreamView,
    source: Source,
}

/// What goes out, about once a second.
#[component]
fn Thumbnail(props: &ThumbnailProps) -> Html {
    let ThumbnailProps { stream, source } = props;
    let again = use_force_update();
    use_effect_with(source.clone(), move |source| {
        let subscription = source.0.subscribe(Callback::from(move |()| again.force_update()));
        move || drop(subscription)
    });
    let picture = source.0.thumbnail(stream.stream).filter(|_| !stream.paused);
    html! {
        <div class="thumbnail" data-testid="thumbnail">
            if let Some(picture) = picture {
                <img src={picture.to_string()} alt={say(Key::WhatGoesOut)} />
            } else {
                <Icon name={if stream.paused { Name::Pause } else { Name::Stream }} />
            }
        </div>
    }
}
