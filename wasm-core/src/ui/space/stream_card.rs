//! A stream in short, for the side panel: who streams what, who watches, stop.

use std::rc::Rc;

use protocol::Role;
use yew::prelude::*;

use crate::command::Command;
use crate::language::Key;
use crate::ui::backend::Source;
use crate::ui::parts::{Button, Icon, Kind, LiveBadge, Name, People};
use crate::ui::say::{count, say, say_with};
use crate::ui::space::{faces, may};
use crate::view::{MediaView, SpaceView, StreamView};

/// What the card needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The space.
    pub view: Rc<SpaceView>,
    /// The stream.
    pub stream: StreamView,
    /// Where wishes go.
    pub source: Source,
}

/// The card.
#[component]
pub fn StreamCard(props: &Props) -> Html {
    let Props { view, stream, source } = props;
    let onclick = {
        let (source, id) = (source.clone(), stream.stream);
        move |_: MouseEvent| source.wish(Command::StopStream(id))
    };
    let title = if stream.here {
        say(Key::YouAreLive).to_owned()
    } else if stream.yours {
        say(Key::YouAreLiveElsewhere).to_owned()
    } else {
        say_with(Key::IsLive, &[("name", &stream.name)])
    };
    let trouble = match stream.media {
        MediaView::NoPath if stream.here => Some(Key::NoPathHost),
        MediaView::Interrupted => Some(Key::StreamInterrupted),
        _ => None,
    };
    html! {
        <section class="stream-card" data-testid="stream-card" aria-label={title.clone()}>
            <div class="grow">
                <div class="flex"><LiveBadge /><span class="strong clip">{title.clone()}</span></div>
                <bdi class="small muted clip block-line">{stream.title.clone()}</bdi>
                <div class="small muted flex watchers" data-testid="watchers">
                    <Icon name={Name::Eye} class="small" />{ count(Key::Watching, stream.watchers.len(), &[]) }
                    <People people={faces(view, &stream.watchers)} />
                    if stream.audio { <Icon name={Name::Sound} class="small" /> }
                </div>
                if let Some(trouble) = trouble { <p class="small warn-text" role="status">{ say(trouble) }</p> }
            </div>
            if stream.yours || may(view, Role::Owner) {
                <Button kind={Kind::Live} icon={Name::Stop} {onclick} testid="stop-stream">{ say(Key::Stop) }</Button>
            }
        </section>
    }
}
