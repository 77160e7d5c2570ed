//! A space on the web page: tabs, stage and people, conversation; on a phone one of them at a time.

use std::collections::BTreeSet;
use std::rc::Rc;

use protocol::{Code, Role, StreamId};
use wasm_bindgen::{JsCast, closure::Closure};
use yew::prelude::*;

use crate::command::Command;
use crate::language::Key;
use crate::ui::backend::{LinkMaker, Source};
use crate::ui::parts::{Banner, Button, Dialog, Empty, Kind, Loading, Name, TabBar, Tone, View};
use crate::ui::say::{refusal, say, say_with};
use crate::ui::share::ShareForm;
use crate::ui::space::conversation::Conversation;
use crate::ui::space::draft::Drafts;
use crate::ui::space::live::use_space;
use crate::ui::space::members::Members;
use crate::ui::space::notices::Notices;
use crate::ui::space::people_strip::PeopleStrip;
use crate::ui::space::stage::Stage;
use crate::ui::space::tabs::Tabs;
use crate::ui::web::top::{Over, Top};
use crate::view::{LinkView, MediaView, SpaceView};

/// What the page needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The space.
    pub source: Source,
    /// Its links.
    pub links: LinkMaker,
    /// Back to the start page.
    pub on_home: Callback<()>,
}

/// What a phone shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pane {
    Tabs,
    Live,
    People,
}

impl Pane {
    const ALL: [Self; 3] = [Self::Tabs, Self::Live, Self::People];

    fn view(self) -> View {
        let (label, icon, shows, testid) = match self {
            Self::Tabs => (Key::Tabs, Name::Stack, "pane-tabs", "show-tabs"),
            Self::Live => (
                Key::LiveView,
                Name::Stream,
                "pane-stage pane-conversation",
                "show-live",
            ),
            Self::People => (Key::People, Name::Users, "pane-people", "show-people"),
        };
        View {
            label: say(label).into(),
            icon,
            shows: shows.into(),
            testid,
        }
    }
}

#[derive(Clone, PartialEq)]
struct Page {
    pane: Pane,
    over: Option<Over>,
    drafts: Drafts,
    /// The person left; the relay has not said so yet.
    leaving: bool,
}

enum Input {
    Went(Pane),
    Opened(Over),
    Closed,
    Drafted(String),
    Taken(u32),
    Left,
}

impl Reducible for Page {
    type Action = Input;

    fn reduce(self: Rc<Self>, input: Input) -> Rc<Self> {
        let mut next = (*self).clone();
        match input {
            Input::Went(pane) => next.pane = pane,
            Input::Opened(over) => next.over = Some(over),
            Input::Closed => next.over = None,
            Input::Drafted(text) => {
                next.drafts.put(&text);
                // On a phone the field is in this pane.
                next.pane = Pane::Live;
            }
            Input::Taken(number) => next.drafts.take(number),
            Input::Left => {
                next.over = None;
                next.leaving = true;
            }
        }
        Rc::new(next)
    }
}

/// Watches every stream once, without being asked; who stopped watching is left alone.
#[hook]
fn use_watching(source: &Source, view: Option<&Rc<SpaceView>>) {
    let asked = use_mut_ref(BTreeSet::<StreamId>::new);
    let live = view.filter(|view| view.link == LinkView::Live);
    let off: Vec<StreamId> = live
        .iter()
        .flat_map(|view| &view.streams)
        .filter(|stream| !stream.here && stream.media == MediaView::Off)
        .map(|stream| stream.stream)
        .collect();
    use_effect_with((source.clone(), off), move |(source, off)| {
        for stream in off {
            if asked.borrow_mut().insert(*stream) {
                source.wish(Command::Watch(*stream));
            }
        }
    });
}

/// Says that the person is away while the page is hidden.
#[hook]
fn use_idle(source: &Source) {
    use_effect_with(source.clone(), |source| {
        let document = web_sys::window().and_then(|window| window.document());
        let listener = {
            let (source, document) = (source.clone(), document.clone());
            Closure::<dyn Fn()>::new(move || {
                source.wish(Command::Idle(
                    document.as_ref().is_some_and(web_sys::Document::hidden),
                ));
            })
        };
        if let Some(document) = &document {
            let _ = document
                .add_event_listener_with_callback("visibilitychange", listener.as_ref().unchecked_ref());
        }
        move || {
            if let Some(document) = document {
                let _ = document.remove_event_listener_with_callback(
                    "visibilitychange",
                    listener.as_ref().unchecked_ref(),
                );
            }
        }
    });
}

/// What somebody can do whose space ended; nothing where no way leads back.
const fn advice(code: Code) -> Option<Key> {
    match code {
        Code::NotAMember => Some(Key::EndedAdvice),
        Code::Removed => Some(Key::RemovedAdvice),
        Code::NoSuchSpace => Some(Key::NoSuchSpaceAdvice),
        _ => None,
    }
}

/// The page.
#[component]
pub fn SpacePage(props: &Props) -> Html {
    let Props {
        source,
        links,
        on_home,
    } = props;
    let page = use_reducer(|| Page {
        pane: Pane::Live,
        over: None,
        drafts: Drafts::default(),
        leaving: false,
    });
    let view = use_space(source);
    use_watching(source, view.as_ref());
    use_idle(source);
    use_effect_with(view.as_ref().map(|view| view.name.clone()), |name| {
        let document = web_sys::window().and_then(|window| window.document());
        if let (Some(name), Some(document)) = (name, document) {
            document.set_title(&say_with(Key::PageTitle, &[("space", name)]));
        }
    });
    let has_left = page.leaving
        && view
            .as_ref()
            .is_some_and(|view| matches!(view.link, LinkView::Ended { .. }));
    use_effect_with(has_left, {
        let on_home = on_home.clone();
        move |has_left| {
            if *has_left {
                on_home.emit(());
            }
        }
    });
    let Some(view) = view else {
        return html! { <main class="plain"><Loading text={Key::Connecting} /></main> };
    };
    if let LinkView::Ended { reason } = &view.link {
        return html! {
            <main class="plain">
                <div class="card" data-testid="ended" data-code={reason.code.as_str()}>
                    <Empty icon={Name::Warning} text={refusal(reason)} whole=true>
                        if let Some(advice) = advice(reason.code) { <p class="hint">{ say(advice) }</p> }
                        <a class="button" href="/">{ say(Key::ToStart) }</a>
                    </Empty>
                </div>
            </main>
        };
    }
    let on_open = {
        let page = page.clone();
        Callback::from(move |over| page.dispatch(Input::Opened(over)))
    };
    let on_text = {
        let page = page.clone();
        Callback::from(move |text| page.dispatch(Input::Drafted(text)))
    };
    let on_taken = {
        let page = page.clone();
        Callback::from(move |number| page.dispatch(Input::Taken(number)))
    };
    let pane = match page.pane {
        Pane::Tabs => "show-tabs",
        Pane::Live => "show-live",
        Pane::People => "show-people",
    };
    let views = Pane::ALL.map(Pane::view).to_vec();
    let chosen = Pane::ALL
        .iter()
        .position(|pane| *pane == page.pane)
        .unwrap_or_default();
    let on_choose = {
        let page = page.clone();
        Callback::from(move |at: usize| page.dispatch(Input::Went(Pane::ALL[at])))
    };
    html! {
        <div class={classes!("space-page", pane)}>
            <Top view={view.clone()} {on_open} />
            if view.link == LinkView::Reconnecting {
                <Banner tone={Tone::Warning} testid="reconnecting">{ say(Key::ReconnectingBanner) }</Banner>
            }
            <Notices view={view.clone()} source={source.clone()} {on_text} />
            <main class="cols">
                <nav class="left" id="pane-tabs" aria-label={say(Key::Tabs)}><Tabs view={view.clone()} source={source.clone()} /></nav>
                <section class="mid" id="pane-stage" aria-label={say(Key::LiveView)} tabindex="0">
                    { for view.streams.iter().map(|stream| html! {
                        <Stage key={stream.stream.to_string()} view={view.clone()} stream={stream.clone()} source={source.clone()} />
                    }) }
                    if view.streams.is_empty() {
                        <div class="empty-stage" data-testid="empty-stage"><Empty icon={Name::Stream} text={say(Key::NothingLive)} /></div>
                    }
                    <PeopleStrip view={view.clone()} />
                </section>
                <div class="right" id="pane-conversation"><Conversation view={view.clone()} source={source.clone()} draft={page.drafts.waiting.clone()} {on_taken} /></div>
                <section class="people-pane" id="pane-people"><Members view={view.clone()} source={source.clone()} /></section>
            </main>
            <nav class="bottom" aria-label={say(Key::Views)}>
                <TabBar label={say(Key::Views)} {views} {chosen} {on_choose} />
            </nav>
            { over(&page, &view, source, links) }
        </div>
    }
}

fn over(page: &UseReducerHandle<Page>, view: &Rc<SpaceView>, source: &Source, links: &LinkMaker) -> Html {
    let on_close = {
        let page = page.clone();
        Callback::from(move |()| page.dispatch(Input::Closed))
    };
    match page.over {
        None => Html::default(),
        Some(Over::Members) => html! {
            <Dialog title={say(Key::Members)} {on_close} testid="members-dialog"><Members view={view.clone()} source={source.clone()} /></Dialog>
        },
        Some(Over::Invite) => html! {
            <Dialog title={say(Key::Invite)} {on_close} testid="share-dialog">
                <ShareForm links={links.clone()} your_name={String::new()} ask_name={false} role={view.role} />
            </Dialog>
        },
        Some(Over::Leave) => {
            let last_owner = view.role == Role::Owner
                && !view
                    .people
                    .iter()
                    .any(|person| !person.you && person.role == Role::Owner);
            let leave = {
                let (source, page) = (source.clone(), page.clone());
                move |_: MouseEvent| {
                    source.wish(Command::Leave);
                    page.dispatch(Input::Left);
                }
            };
            let cancel = {
                let on_close = on_close.clone();
                move |_: MouseEvent| on_close.emit(())
            };
            html! {
                <Dialog title={say(Key::LeaveSpace)} {on_close} testid="end-dialog">
                    <p>{ if last_owner { say(Key::CodeLastOwner).to_owned() } else { say_with(Key::LeaveSure, &[("space", &view.name)]) } }</p>
                    <div class="buttons">
                        <Button onclick={cancel}>{ say(Key::Cancel) }</Button>
                        <Button kind={Kind::Danger} disabled={last_owner} onclick={leave} testid="confirm-leave">{ say(Key::Leave) }</Button>
                    </div>
                </Dialog>
            }
        }
    }
}
