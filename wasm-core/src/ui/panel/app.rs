//! The side panel, whole.

use std::rc::Rc;

use protocol::{Role, SpaceId};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::language::Key;
use crate::ui::backend::Source;
use crate::ui::chrome_page;
use crate::ui::panel::dialogs::Dialogs;
use crate::ui::panel::header::Header;
use crate::ui::panel::inflow::InflowWaiting;
use crate::ui::panel::space_list::SpaceList;
use crate::ui::panel::state::{Chosen, Input, Over, Panel, Starting};
use crate::ui::panel::streaming;
use crate::ui::parts::{Banner, Button, Empty, Loading, Name, SplitPane, Toast, Tone};
use crate::ui::port_source::PortSource;
use crate::ui::say::{refusal, say};
use crate::ui::space::conversation::Conversation;
use crate::ui::space::live::use_space;
use crate::ui::space::may;
use crate::ui::space::notices::Notices;
use crate::ui::space::stream_card::StreamCard;
use crate::ui::space::tabs::Tabs;
use crate::view::{LinkView, SpaceView};

/// What the panel starts with.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// From the address; `None` for the window's own.
    pub space: Option<SpaceId>,
}

fn read(panel: &UseReducerHandle<Panel>) {
    let listener = panel.clone();
    chrome_page::watch_projection(move |projection| listener.dispatch(Input::ProjectionRead(projection)));
    let panel = panel.clone();
    spawn_local(async move {
        panel.dispatch(Input::ProjectionRead(
            chrome_page::projection().await.unwrap_or_default(),
        ));
        match chrome_page::current_window().await {
            Ok(window) => panel.dispatch(Input::WindowKnown(window)),
            Err(words) => panel.dispatch(Input::WentWrong(Some(words))),
        }
    });
}

/// The side panel.
#[component]
pub fn PanelApp(props: &Props) -> Html {
    let start = props.space;
    let panel = use_reducer(move || Panel::new(start));
    let port = {
        let panel = panel.clone();
        use_memo((), move |()| {
            let on_projection =
                Callback::from(move |projection| panel.dispatch(Input::ProjectionRead(projection)));
            PortSource::open(start, on_projection)
        })
    };
    let source = {
        let port = (*port).clone();
        (*use_memo((), move |()| Source(Rc::new(port)))).clone()
    };
    use_effect_with((), {
        let panel = panel.clone();
        move |()| read(&panel)
    });
    use_effect_with(panel.space(), {
        let port = port.clone();
        move |space| port.show(*space)
    });
    let view = use_space(&source).filter(|view| panel.space() == Some(view.space));
    use_effect_with(view.as_deref().is_some_and(streams_here), {
        let panel = panel.clone();
        move |here| {
            if *here {
                panel.dispatch(Input::Streams(Starting::No));
            }
        }
    });
    let last = use_mut_ref(|| None::<Rc<SpaceView>>);
    if view.is_some() {
        last.borrow_mut().clone_from(&view);
    }
    // Sharing gives the space another id, which is not shown at once; the link that was made is told only
    // here, so its dialog stays.
    let under = if panel.over == Some(Over::Share) {
        last.borrow().clone()
    } else {
        view.clone()
    };
    let on_input = {
        let panel = panel.clone();
        Callback::from(move |input| panel.dispatch(input))
    };

    let on_said = on_input.reform(|()| Input::Said(None));
    let your_name = panel
        .projection
        .as_ref()
        .map(|projection| projection.your_name.clone())
        .unwrap_or_default();
    html! {
        <>
            { match view {
                Some(view) => open_space(&panel, view, &source, &on_input),
                None if panel.space().is_some() => absent_space(source.0.is_gone(), on_input.clone()),
                None => list(&panel, on_input.clone()),
            } }
            <Toast said={panel.said.clone()} on_close={on_said} />
            if let Some(view) = under {
                <Dialogs over={panel.over} {view} {source} {your_name} {on_input} />
            }
        </>
    }
}

fn list(panel: &Panel, on_input: Callback<Input>) -> Html {
    if !panel.is_ready() && panel.trouble.is_none() {
        return html! { <main class="panel"><Loading /></main> };
    }
    let projection = panel.projection.clone().unwrap_or_default();
    html! { <SpaceList {projection} window={panel.window} trouble={panel.trouble.clone()} {on_input} /> }
}

fn absent_space(gone: bool, on_input: Callback<Input>) -> Html {
    let onclick = move |_: MouseEvent| on_input.emit(Input::Chose(Chosen::List));
    html! {
        <main class="panel">
            if gone {
                <Empty icon={Name::Warning} text={say(Key::NoSuchSpaceHere)} whole=true>
                    <Button {onclick} testid="all-spaces">{ say(Key::AllSpaces) }</Button>
                </Empty>
            } else {
                <Loading />
            }
        </main>
    }
}

/// A tab of this browser is streamed into the space.
fn streams_here(view: &SpaceView) -> bool {
    view.streams.iter().any(|stream| stream.here)
}

fn open_space(panel: &Panel, view: Rc<SpaceView>, source: &Source, on_input: &Callback<Input>) -> Html {
    let on_text = {
        let on_input = on_input.clone();
        Callback::from(move |text| on_input.emit(Input::Drafted(text)))
    };
    let on_taken = {
        let on_input = on_input.clone();
        Callback::from(move |number| on_input.emit(Input::Taken(number)))
    };
    let on_close = {
        let on_input = on_input.clone();
        Callback::from(move |()| on_input.emit(Input::WentWrong(None)))
    };
    let streamable =
        panel.follows_window(view.space) && view.link != LinkView::Private && may(&view, Role::Editor);
    let on_stream = (streamable && !streams_here(&view)).then(|| {
        let (window, on_input) = (panel.window, on_input.clone());
        Callback::from(move |()| streaming::stream(window, &on_input))
    });
    let starting = if on_stream.is_some() {
        panel.starting
    } else {
        Starting::No
    };
    html! {
        <main class="panel">
            <Header view={view.clone()} on_input={on_input.clone()} {on_stream} starting={starting == Starting::Asked} />
            if let LinkView::Ended { reason } = &view.link {
                <Banner tone={Tone::Danger} testid="ended">{ refusal(reason) }{" "}{ say(Key::TabsStayHere) }</Banner>
            }
            if let Some(words) = panel.trouble.clone() {
                <Banner tone={Tone::Danger} {on_close}>{words}</Banner>
            }
            if let Starting::NeedsClick(tab) = starting {
                <Banner tone={Tone::Info} testid="needs-click" on_close={
                    let on_input = on_input.clone();
                    Callback::from(move |()| streaming::give_up(tab, &on_input))
                }>{ say(Key::ClickToStream) }</Banner>
            }
            <InflowWaiting view={view.clone()} source={source.clone()} />
            <Notices view={view.clone()} source={source.clone()} {on_text} />
            { for view.streams.iter().map(|stream| html! {
                <StreamCard key={stream.stream.to_string()} view={view.clone()} stream={stream.clone()} source={source.clone()} />
            }) }
            <SplitPane label={say(Key::PanesBar)} name="panel" first={html! { <Tabs view={view.clone()} source={source.clone()} /> }}
                second={html! { <Conversation {view} source={source.clone()} draft={panel.drafts.waiting.clone()} {on_taken} /> }} />
        </main>
    }
}
