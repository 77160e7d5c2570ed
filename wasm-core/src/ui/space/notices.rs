//! What is to be told once: refusals, streams that ended, another role.

use std::rc::Rc;

use protocol::op::StreamEnd;
use yew::prelude::*;

use crate::command::Command;
use crate::language::Key;
use crate::ui::backend::Source;
use crate::ui::parts::{Banner, Button, Kind, Tone};
use crate::ui::say::{count, refusal, say, say_with};
use crate::ui::share::role_name;
use crate::view::{NoticeKind, SpaceView};

/// What the notices need.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The space.
    pub view: Rc<SpaceView>,
    /// Where wishes go.
    pub source: Source,
    /// A refused text is put back into the composer.
    pub on_text: Callback<String>,
}

fn words(kind: &NoticeKind) -> (Tone, String) {
    match kind {
        NoticeKind::Refused { reason, .. } => (Tone::Danger, refusal(reason)),
        NoticeKind::StreamEnded { name, yours, reason } => {
            let name = [("name", name.as_str())];
            match (yours, reason) {
                (true, StreamEnd::Stopped) => (Tone::Info, say(Key::YourStreamEnded).to_owned()),
                (true, StreamEnd::TabClosed) => (Tone::Info, say(Key::YourStreamTabClosed).to_owned()),
                (true, _) => (Tone::Warning, say(Key::YourStreamFailed).to_owned()),
                (false, StreamEnd::Stopped) => (Tone::Info, say_with(Key::StreamEndedStopped, &name)),
                (false, StreamEnd::TabClosed) => (Tone::Info, say_with(Key::StreamEndedTabClosed, &name)),
                (false, StreamEnd::HostGone) => (Tone::Warning, say_with(Key::StreamEndedHostGone, &name)),
                (false, _) => (Tone::Warning, say_with(Key::StreamEndedFailed, &name)),
            }
        }
        NoticeKind::RoleChanged { role } => (
            Tone::Info,
            say_with(Key::RoleChanged, &[("role", say(role_name(*role)))]),
        ),
        NoticeKind::NotSaved => (Tone::Danger, say(Key::NotSavedNotice).to_owned()),
        NoticeKind::ManyClosed(_) => (Tone::Info, say(Key::ManyClosedNotice).to_owned()),
        NoticeKind::LeftOut(tabs) => (Tone::Info, count(Key::TabsIgnored, *tabs, &[])),
        NoticeKind::Full => {
            let words = [say(Key::CodeSpaceFull), say(Key::TabsStayHere)];
            (Tone::Warning, words.join(" "))
        }
        NoticeKind::NotOpened(tabs) => (Tone::Info, count(Key::TabsNotOpened, *tabs, &[])),
        NoticeKind::ManyWent { page, tabs, .. } => {
            (Tone::Info, count(Key::ManyWentNotice, *tabs, &[("page", page)]))
        }
    }
}

/// The notices, the newest below.
#[component]
pub fn Notices(props: &Props) -> Html {
    if props.view.notices.is_empty() && !props.view.read_only {
        return Html::default();
    }
    html! {
        <div class="notices">
            if props.view.read_only {
                <Banner tone={Tone::Warning}>{ say(Key::CodeReadOnly) }</Banner>
            }
            { for props.view.notices.iter().map(|notice| {
                let (tone, words) = words(&notice.kind);
                let (source, id) = (props.source.clone(), notice.id);
                let on_close = Callback::from(move |()| source.wish(Command::Dismiss(id)));
                let text = match &notice.kind {
                    NoticeKind::Refused { text: Some(text), .. } => Some(text.clone()),
                    _ => None,
                };
                let put_back = notice.kind.binned().map(|binned| {
                    let (source, on_close) = (props.source.clone(), on_close.clone());
                    move |_: MouseEvent| { source.wish(Command::TakeOut(binned)); on_close.emit(()); }
                });
                html! {
                    <Banner key={id} {tone} on_close={on_close.clone()}>
                        {words}
                        if let Some(onclick) = put_back {
                            <Button kind={Kind::Link} {onclick} testid="put-closed-back">{ say(Key::LibraryPutBack) }</Button>
                        }
                        if let Some(text) = text {
                            <Button kind={Kind::Link} onclick={
                                let (on_text, on_close) = (props.on_text.clone(), on_close);
                                move |_: MouseEvent| { on_text.emit(text.clone()); on_close.emit(()); }
                            }>{ say(Key::PutBack) }</Button>
                        }
                    </Banner>
                }
            }) }
        </div>
    }
}
